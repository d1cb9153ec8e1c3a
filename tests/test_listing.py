"""Sources without a feed: a page's links, a sitemap or a JSON list, each in the shape of the publisher that has it."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest

from attribution.model import Feed
from attribution.query import Query
from bot.jobs import Polled, poll_feed, retry_articles
from bot.tools import Tools, open_tools
from feeds.catalogue import catalogue, entry
from feeds.errors import FeedError, Trouble
from feeds.listing import MOST_LINKS, named_by, posts_of, read
from feeds.parse import MOST_POSTS
from feeds.shape import Format, Shape
from storage import claims, feeds, schema
from storage.db import connect, rows
from tests.makers import FCDO, rss
from tests.web import Web

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = datetime(2026, 11, 20, tzinfo=UTC)
LINKS = Shape(format=Format.LISTING, links="a")
SITEMAP = Shape(format=Format.SITEMAP)
SITEMAP_NS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS_NS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article that a page lists: its number on the site, its title."""

    number: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A publisher without a feed: `page` writes its list, `path` an article's address; `dated`: the list shows days."""

    feed: str
    page: Callable[[Sequence[Item]], str]
    path: Callable[[Item], str]
    title: str
    said: str
    accused: str
    dated: bool = True
    kind: str = "text/html; charset=utf-8"


def document(inside: str) -> str:
    menu = '<nav><a href="/">Home</a><a href="/en/about">About us</a><a href="/en/contact">Contact</a></nav>'
    return f"<!doctype html><html><head><title>News</title></head><body>{menu}<main>{inside}</main></body></html>"


def many(line: str, path: Callable[[Item], str]) -> Callable[[Sequence[Item]], str]:
    """A page of such lines, with an article's path and title filled in."""
    return lambda items: document(
        "".join(line.format(path=path(one), title=escape(one.title), number=one.number) for one in items)
    )


def slug(one: Item) -> str:
    return "-".join(word for word in one.title.lower().replace("'", "").split() if word.isalnum())


def nato(items: Sequence[Item]) -> str:
    pages = [{"title": one.title, "link": nato_path(one), "eventCity": "Brussels"} for one in items]
    return json.dumps({"total": len(items), "pages": pages})


def nato_path(one: Item) -> str:
    return f"/en/news-and-events/events/transcripts/2026/11/20/{slug(one)}"


def german_path(one: Item) -> str:
    return f"/en/newsroom/news/{slug(one)}-{2_700_000 + one.number}"


def dutch(items: Sequence[Item]) -> str:
    entries = "".join(
        f"<url><loc>https://www.rijksoverheid.nl{dutch_path(one)}</loc><news:news><news:publication><news:name>"
        "Rijksoverheid</news:name><news:language>nl</news:language></news:publication><news:publication_date>"
        f"2026-11-20T01:00:00+01:00</news:publication_date><news:title>{escape(one.title)}</news:title></news:news></url>"
        for one in items
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset {SITEMAP_NS} {NEWS_NS}>{entries}</urlset>'


def dutch_path(one: Item) -> str:
    return f"/actueel/nieuws/2026/11/20/{slug(one)}"


def chinese_path(one: Item) -> str:
    return f"/eng/xw/fyrbt/202611/t20261120_{11_700_000 + one.number}.html"


def iranian_path(one: Item) -> str:
    return f"/portal/NewsView/{770_000 + one.number}/{slug(one)}"


SITES = (
    Site(
        feed="nato-transcripts",
        page=nato,
        path=nato_path,
        title="NATO condemns Russia for cyber attack on Estonia",
        said="NATO holds Russia responsible for the cyber attack on the government networks of Estonia.",
        accused="RU",
        kind="application/json",
    ),
    Site(
        feed="de-foreign-office-english",
        page=many(
            '<article><a href="{path}"><img src="/blob/{number}.jpg" alt=""></a>'
            '<h3><a href="{path}">{title}</a></h3><p>In Berlin today.</p><a href="{path}">Read more</a></article>',
            german_path,
        ),
        path=german_path,
        title="Germany condemns Russia for cyber attack on air traffic control",
        said="Germany holds Russia responsible for the cyber attack on its air traffic control.",
        accused="RU",
        dated=False,
    ),
    Site(
        feed="nl-government",
        page=dutch,
        path=dutch_path,
        title="Nederland houdt Rusland verantwoordelijk voor cyberaanval op de politie",
        said="Het kabinet houdt Rusland verantwoordelijk voor de cyberaanval op de politie.",
        accused="RU",
        kind="application/xml",
    ),
    Site(
        feed="lv-foreign-ministry",
        page=many(
            '<div class="views-row"><div class="date">20.11.2026.</div><h3><a href="{path}">{title}</a></h3></div>',
            lambda one: f"/en/article/{slug(one)}",
        ),
        path=lambda one: f"/en/article/{slug(one)}",
        title="Latvia condemns Russia for cyber attack on ministry",
        said="Latvia holds Russia responsible for the cyber attack on its ministry of defence.",
        accused="RU",
    ),
    Site(
        feed="cz-nukib-english",
        page=many(
            '<div class="item"><a href="{path}" aria-label="{title}"><img src="/i/{number}.png"></a>'
            '<span class="date">20. 11. 2026</span><h2><a href="{path}">{title}</a></h2></div>',
            lambda one: f"/en/infoservis-en/news/{2300 + one.number}-{slug(one)}/",
        ),
        path=lambda one: f"/en/infoservis-en/news/{2300 + one.number}-{slug(one)}/",
        title="Czech Republic attributes cyber attack on its foreign ministry to China",
        said="The Czech Republic holds China responsible for the cyber attack on its foreign ministry.",
        accused="CN",
    ),
    Site(
        feed="jp-foreign-ministry-releases",
        page=many(
            '<dl class="title-list"><dt class="list-title">November 20</dt><dd><ul><li><a href="{path}">{title}</a>'
            "</li></ul></dd></dl>",
            lambda one: f"/press/release/pressite_000001_{one.number:05}.html",
        ),
        path=lambda one: f"/press/release/pressite_000001_{one.number:05}.html",
        title="Japan condemns North Korea for cyber attack on exchange",
        said="Japan holds North Korea responsible for the cyber attack on a crypto exchange.",
        accused="KP",
        dated=False,
    ),
    Site(
        feed="jp-prime-minister",
        page=many(
            '<li><a href="{path}"><span class="day">November 20, 2026</span><h4>{title}</h4></a></li>',
            lambda one: f"/105/statement/202611/20_{one.number:05}.html",
        ),
        path=lambda one: f"/105/statement/202611/20_{one.number:05}.html",
        title="Japan condemns North Korea for cyber attack on exchange",
        said="Japan holds North Korea responsible for the cyber attack on a crypto exchange.",
        accused="KP",
    ),
    Site(
        feed="cn-foreign-ministry",
        page=many(
            "<li><a href='.{path}' target='_blank'>{title}</a><span>(2026-11-20)</span></li>",
            lambda one: chinese_path(one).removeprefix("/eng/xw/fyrbt"),
        ),
        path=chinese_path,
        title="China condemns the United States for cyber attack on time service center",
        said="China holds the United States responsible for the cyber attack on its national time service center.",
        accused="US",
    ),
    Site(
        feed="ir-foreign-ministry",
        page=many(
            '<div class="news"><a href="{path}"><img src="/{number}.jpg"></a><a href="{path}" title="{title}">'
            '{title}</a><time datetime="2026-11-20T00:00:00Z">Friday</time></div>',
            iranian_path,
        ),
        path=iranian_path,
        title="Iran condemns Israel for cyber attack on fuel stations",
        said="Iran holds Israel responsible for the cyber attack on its fuel stations.",
        accused="IL",
    ),
    Site(
        feed="eu-eeas",
        page=many(
            '<div class="card"><div class="card-body"><span>Statement</span><h5 class="card-title"><a href="{path}">'
            '{title}</a></h5></div><div class="card-footer"><time>20.11.2026</time></div></div>',
            lambda one: f"/eeas/{slug(one)}_en",
        ),
        path=lambda one: f"/eeas/{slug(one)}_en",
        title="Russia: EU condemns cyber attack on Germany",
        said="The European Union holds Russia responsible for the cyber attack on parties in Germany.",
        accused="RU",
    ),
    Site(
        feed="nz-ncsc-news",
        page=many(
            '<a class="card__link" href="{path}"><h3>{title}</h3><p>20 November 2026</p></a>',
            lambda one: f"/news/{slug(one)}/",
        ),
        path=lambda one: f"/news/{slug(one)}/",
        title="New Zealand condemns China for cyber attack on parliament",
        said="New Zealand holds China responsible for the cyber attack on its parliament.",
        accused="CN",
    ),
)
OLD = tuple(Item(number=number, title=f"The minister opens the new bridge, part {number}") for number in range(1, 6))


@dataclass(slots=True)
class Bench:
    """A web, a database and the tools, and one publisher's list on it."""

    web: Web
    tools: Tools
    polls: int = 0

    def put(self, site: Site) -> Feed:
        """The catalogue's feed of a site, at a local address with the real one's path."""
        real = entry(site.feed).feed
        feed = replace(real, url=self.web.url("/" + real.url.split("/", 3)[3]))
        with connect(self.tools.database) as db:
            feeds.put(db, [(feed, None)])
        return feed

    async def poll(self, site: Site, feed: Feed, items: Sequence[Item]) -> Polled:
        """Polls after serving these items, twenty minutes after the last poll."""
        page = site.page(items).replace("https://www.rijksoverheid.nl", self.web.url(""))
        self.web.serve(feed.url.removeprefix(self.web.url("")), page, content_type=site.kind)
        self.polls += 1
        return await poll_feed(self.tools, feed.id, NOW + self.polls * timedelta(minutes=20))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    database = f"sqlite:///{tmp_path / 'test.db'}"
    async with Web() as web, open_tools(database, lambda _: True, ports=frozenset(range(1 << 16))) as tools:
        with connect(database) as db:
            schema.require_current(db)
        yield Bench(web=web, tools=tools)


def test_every_source_without_a_feed_has_a_page_here() -> None:
    without = {one.feed.id for one in catalogue() if one.shape.format is not Format.FEED and one.disabled is None}
    assert {site.feed for site in SITES} == without


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.feed)
async def test_a_listed_attribution_is_read_from_its_article_and_what_stood_there_before_is_silent(
    bench: Bench, site: Site
) -> None:
    feed = bench.put(site)
    seeded = await bench.poll(site, feed, OLD)
    assert (seeded.trouble, seeded.text, seeded.stored.new, seeded.stored.brought) == (None, "", len(OLD), ())
    news = Item(number=9, title=site.title)
    bench.web.serve(site.path(news), document(f"<h1>{site.title}</h1><p>{site.said}</p>"), content_type="text/html")
    polled = await bench.poll(site, feed, (news, *OLD[:-1]))
    assert (polled.stored.new, polled.stored.edited, polled.stored.gap) == (1, 0, False)
    with connect(bench.tools.database) as db:
        (found, *_) = claims.find(db, Query())
        (stored,) = rows(db, "select * from posts order by id desc limit 1")
        quiet = [row["title"] for row in rows(db, "select title from posts order by id limit 5")]
    assert found.claim.accused == {site.accused}
    assert found.claim.attributed_by == {feed.publisher.speaker}
    assert found.claim.quote in {site.title, site.said}
    assert (found.url, stored["title"]) == (bench.web.url(site.path(news)), site.title)
    assert site.said in stored["text"]
    assert stored["published_at"].startswith("2026-11-20T00:00" if site.dated else "2026-11-20T12:40")
    assert quiet == [one.title for one in OLD]


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.feed)
async def test_a_page_whose_links_are_gone_has_changed_and_says_so(bench: Bench, site: Site) -> None:
    feed = bench.put(site)
    await bench.poll(site, feed, OLD)
    polled = await bench.poll(replace(site, page=changed), feed, OLD)
    assert polled.trouble is Trouble.MALFORMED
    assert "The page has changed: " in polled.text
    with connect(bench.tools.database) as db:
        found = feeds.get(db, feed.id)
    assert found
    assert found[1].failures == 1
    assert (await bench.poll(site, feed, OLD)).stored.new == 0


def changed(items: Sequence[Item]) -> str:
    """What a site serves after it was made anew: the same headlines at other addresses, in another shape."""
    lines = "".join(f'<li><a href="/new/{one.number}">{one.title}</a></li>' for one in items)
    return f'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>Our new site</p><ul>{lines}</ul></body></html>'


@pytest.mark.parametrize(("name", "silent"), [("de-foreign-office-english", True), ("lv-foreign-ministry", False)])
async def test_a_listing_without_days_that_is_all_new_is_learned_in_silence(
    bench: Bench, name: str, silent: bool
) -> None:
    site = next(site for site in SITES if site.feed == name)
    feed = bench.put(site)
    await bench.poll(site, feed, OLD)
    moved = [Item(number=one.number + 50, title=f"{one.title} again") for one in OLD]
    polled = await bench.poll(site, feed, [*moved, Item(number=70, title=site.title)])
    assert (polled.stored.gap, polled.stored.new) == (True, len(OLD) + 1)
    assert (await bench.poll(site, feed, [Item(number=71, title="A road is closed"), *moved])).stored.new == 1
    with connect(bench.tools.database) as db:
        seeded = [bool(row["seeded"]) for row in rows(db, "select seeded from posts order by id")]
    assert seeded == [True] * len(OLD) + [silent] * (len(OLD) + 1) + [False]


async def test_a_publisher_that_has_a_feed_again_is_read(bench: Bench) -> None:
    nato_site = SITES[0]
    feed = bench.put(nato_site)
    body = rss({"title": "A statement", "link": "https://www.example.org/1"}).decode()
    assert (await bench.poll(replace(nato_site, page=lambda _: body), feed, ())).stored.new == 1


async def test_a_plain_sitemaps_post_takes_title_and_claim_from_its_article_and_none_from_its_address(
    bench: Bench,
) -> None:
    site = next(site for site in SITES if site.feed == "nl-government")
    plainly = replace(site, page=plain_sitemap)
    feed = bench.put(plainly)
    assert (await bench.poll(plainly, feed, OLD)).stored.new == len(OLD)
    news = Item(number=9, title=site.title)
    polled = await bench.poll(plainly, feed, (news, *OLD))
    assert (polled.stored.new, polled.stored.brought) == (1, ())
    page = document(f"<h1>{site.title}</h1><p>{site.said}</p>").replace(">News<", f">{site.title}<")
    bench.web.serve(site.path(news), page, content_type="text/html")
    assert await retry_articles(bench.tools, NOW + timedelta(hours=2)) == 1
    with connect(bench.tools.database) as db:
        (found, *_) = claims.find(db, Query())
    assert found.claim.accused == {"RU"}
    assert found.claim.quote in {site.title, site.said}
    assert found.title == site.title


def plain_sitemap(items: Sequence[Item]) -> str:
    entries = "".join(
        f"<url><loc>https://www.rijksoverheid.nl{dutch_path(one)}</loc><lastmod>2026-11-20</lastmod></url>"
        for one in items
    )
    return f"<urlset {SITEMAP_NS}>{entries}</urlset>"


def listed(page: str, shape: Shape = LINKS, url: str = "https://ministry.example/en/news/") -> list[tuple[str, ...]]:
    """What is read of a page: addresses, titles and days."""
    posts = read(page.encode(), "", url, FCDO, shape)
    return [(one.url, one.title, one.published_at.date().isoformat() if one.published_at else "") for one in posts]


def refused(page: str, shape: Shape = LINKS) -> FeedError:
    with pytest.raises(FeedError) as caught:
        read(page.encode(), "", "https://ministry.example/en/news/", FCDO, shape)
    assert str(caught.value).endswith(".")
    return caught.value


def test_several_links_to_one_article_are_one_entry_with_its_headline() -> None:
    page = """<ul><li><a href="1"><img src="1.jpg"></a><h3><a href="1#top">A treaty is signed</a></h3>
    <a href="1">Read more</a></li>
    <li><a href="2"><h3>A road <b>re</b>opens</h3><p>On 3 May 2026</p></a></li></ul>"""
    base = "https://ministry.example/en/news"
    assert listed(page) == [(f"{base}/1", "A treaty is signed", ""), (f"{base}/2", "A road reopens", "2026-05-03")]


def test_a_link_called_read_more_takes_the_heading_beside_it_or_its_label() -> None:
    page = """<div><h3>A treaty is signed</h3><a href="1">Read more</a></div><div>
    <a href="2" aria-label="A road opens">More</a></div>
    <div><a href="3">More sanctions against the hackers of Moscow</a></div>"""
    assert [title for _, title, _ in listed(page)] == [
        "A treaty is signed",
        "A road opens",
        "More sanctions against the hackers of Moscow",
    ]


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ('<a href="1">T</a><time datetime="2026-05-03T23:30:00-02:00">x</time>', "2026-05-04"),
        ('<a href="/2026/05/03/x">T</a> 4 May 2026', "2026-05-03"),
        ('<a href="t20260503_1.html">T</a>', "2026-05-03"),
        ('<a href="1">T</a> 3. 5. 2026', "2026-05-03"),
        ('<a href="1">T</a> 03.05.2026.', "2026-05-03"),
        ('<a href="1">T</a> May 3, 2026', "2026-05-03"),
        ('<a href="1">T</a> 3 May 2026', "2026-05-03"),
        ('<a href="1">T</a> (2026-05-03)', "2026-05-03"),
        ('<a href="1">T</a> 03/05/2026', ""),  # the third of May or the fifth of March
        ('<a href="1">T</a> 31.02.2026', ""),
        ('<a href="20261399">T</a>', ""),
        ('<a href="120260503">T</a>', ""),
        ('<a href="1">Five years after the attack of 3 May 2021</a>', ""),  # what it is about, not when it was said
        ('<a href="1">Five years after 3 May 2021</a> 3 May 2026', "2026-05-03"),
    ],
)
def test_a_day_is_taken_where_one_is_shown_and_never_guessed(line: str, day: str) -> None:
    page = f'<ul><li>{line}</li><li><a href="/other">Another</a></li></ul>'
    assert listed(page)[0][2] == day


def test_only_addresses_of_articles_count() -> None:
    page = '<a href="/news/12-x">One</a><a href="/news/">All news</a><a href="javascript:go()">Two</a><a>Three</a>'
    shape = replace(LINKS, address=r"/news/\d+-")
    assert [title for _, title, _ in listed(page, shape)] == ["One"]


@pytest.mark.parametrize("behind", ["", "/", "?from=home", "/?utm_source=x#top", "#top"])
def test_what_stands_behind_an_address_hides_no_article(behind: str) -> None:
    page = f'<a href="/news/12-x.html{behind}">One</a><a href="/news/all">All news</a>'
    assert [title for _, title, _ in listed(page, replace(LINKS, address=r"/news/\d+-x\.html$"))] == ["One"]


def test_of_a_page_without_end_the_first_articles_are_read() -> None:
    entries = "".join(f'<li><h3><a href="/{number}">Part {number}</a></h3></li>' for number in range(MOST_LINKS + 100))
    found = listed(f"<ul>{entries}</ul>")
    assert len(found) == MOST_POSTS
    assert found[-1][1] == f"Part {MOST_POSTS - 1}"


def test_of_a_sitemap_without_end_the_newest_articles_are_read() -> None:
    lines = [
        f"<loc>https://m.example/part-{number}</loc><lastmod>20{number // 300:02}-01-01</lastmod>"
        for number in range(MOST_LINKS + 100)
    ]
    found = listed(urlset(*lines), SITEMAP)
    assert len(found) == MOST_POSTS
    assert found[0][2] == "2016-01-01"
    assert found[-1][2] > "2009"


def test_a_page_says_itself_what_its_links_are_relative_to() -> None:
    page = '<base href="https://www.ministry.example/x/"><a href="1">One</a><a href="2">Two</a>'
    assert listed(page)[0][0] == "https://www.ministry.example/x/1"


def test_markup_in_a_title_is_no_markup() -> None:
    page = '<a href="1">AT&amp;T &lt;script&gt;<!-- no --><script>no()</script></a><a href="2">Two</a>'
    assert listed(page)[0][1] == "AT&T <script>"


@pytest.mark.parametrize(
    ("page", "trouble", "words"),
    [
        ("<html><body><p>Hello</p></body></html>", Trouble.MALFORMED, "it has no link that “a” selects"),
        ("", Trouble.MALFORMED, "it has no link"),
        ("<title>Just a moment...</title><p>Checking your browser</p>", Trouble.BLOCKED, "Just a moment"),
        ("<title>Page not found</title><p>Sorry.</p>", Trouble.SOFT_404, "Page not found"),
    ],
)
def test_a_page_without_entries_says_why(page: str, trouble: Trouble, words: str) -> None:
    error = refused(page)
    assert error.trouble is trouble
    assert words in str(error)


def test_a_selector_that_finds_only_other_addresses_says_so() -> None:
    error = refused('<a href="/1">One</a>', replace(LINKS, address="/news/"))
    assert "The page has changed: it has no link that “a” selects" in str(error)


def urlset(*entries: str) -> str:
    return f"<urlset {SITEMAP_NS} {NEWS_NS}>{''.join(f'<url>{one}</url>' for one in entries)}</urlset>"


def test_a_plain_sitemap_gives_the_newest_first_titled_by_their_addresses() -> None:
    page = urlset(
        "<loc>https://m.example/news/old-treaty-signed</loc><lastmod>2026-05-01</lastmod>",
        "<loc>https://m.example/about</loc>",
        "<loc>https://m.example/news/2026/iran-attacks_albania.html</loc><lastmod>2026-05-03T10:00:00+02:00</lastmod>",
    )
    assert listed(page, SITEMAP) == [
        ("https://m.example/news/2026/iran-attacks_albania.html", "Iran Attacks Albania", "2026-05-03"),
        ("https://m.example/news/old-treaty-signed", "Old Treaty Signed", "2026-05-01"),
        ("https://m.example/about", "About", ""),
    ]


def test_the_title_and_place_of_a_picture_are_not_the_entrys() -> None:
    image = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    page = urlset(
        f"<image:image {image}><image:loc>https://m.example/i.png</image:loc><image:title>A photo</image:title>"
        "</image:image>"
        "<loc>https://m.example/1</loc><news:news><news:title>A treaty &amp; more</news:title></news:news>"
    )
    assert listed(page, SITEMAP) == [("https://m.example/1", "A treaty & more", "")]


def test_an_empty_news_sitemap_is_a_quiet_day() -> None:
    assert listed(urlset(), SITEMAP) == []


@pytest.mark.parametrize(
    ("page", "trouble", "words"),
    [
        (
            "<sitemapindex><sitemap><loc>x</loc></sitemap></sitemapindex>",
            Trouble.MALFORMED,
            "no sitemap of articles but <sitemapindex>",
        ),
        ("<urlset><url>", Trouble.MALFORMED, "The page has changed: it is no XML"),
        ("<!doctype html><title>Access denied</title>", Trouble.BLOCKED, "turns robots away"),
        (urlset("<loc>mailto:a@b.example</loc>"), Trouble.MALFORMED, "none of its 1 links has an address"),
    ],
)
def test_what_is_no_sitemap_says_what_it_is(page: str, trouble: Trouble, words: str) -> None:
    error = refused(page, SITEMAP)
    assert error.trouble is trouble
    assert words in str(error)


def test_entities_of_a_sitemap_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("https://m.example/secret")
    page = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>' + urlset(
        "<loc>&e;</loc>", "<loc>https://m.example/1</loc>"
    )
    assert [link for link, *_ in listed(page, SITEMAP)] == ["https://m.example/1"]


LIST = Shape(format=Format.JSON, items="data.results", title="head.line", link="path", date="on")


def test_a_json_list_is_read_by_its_paths() -> None:
    results = [
        {"head": {"line": "A <b>treaty</b> is signed"}, "path": "/1", "on": "03 May 2026"},
        {"head": {"line": "A road opens"}, "path": "/2026/05/04/2", "on": None},
        {"head": "no line", "path": "/3"},
        "no object",
        {"head": {"line": "No link"}, "path": 7},
    ]
    assert listed(json.dumps({"data": {"results": results}}), LIST) == [
        ("https://ministry.example/1", "A treaty is signed", "2026-05-03"),
        ("https://ministry.example/2026/05/04/2", "A road opens", "2026-05-04"),
    ]


@pytest.mark.parametrize(
    "page", ['{"data": {"results": []}}', '{"data": []}', "[]", "7", '{"data": {"results": {"a": 1}}}']
)
def test_a_json_list_that_is_empty_or_gone_has_changed(page: str) -> None:
    assert "The page has changed: its list “data.results” is empty" in str(refused(page, LIST))


@pytest.mark.parametrize("page", ["{", "[" * 100_000, "\ufeff"])
def test_what_is_no_json_says_so(page: str) -> None:
    assert "it is no JSON" in str(refused(page, LIST))


def test_the_words_of_an_address() -> None:
    assert named_by("https://m.example/news/2026/11/uk-condemns-attack.html") == "Uk Condemns Attack"
    assert named_by("https://m.example/news/nieuws-%C3%A9%C3%A9n/12") == "Nieuws Één"
    assert named_by("https://m.example/") == ""


def test_a_feed_of_no_row_is_read_as_a_feed() -> None:
    (post,) = posts_of(rss({"title": "A statement"}), "application/xml", FCDO.url, replace(FCDO, id="own-1"))
    assert post.title == "A statement"
