"""Cards, replies, lists and digests: what they say, and that nobody's words break out of them."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution.digest import compile_digest
from attribution.model import (
    Actor,
    Claim,
    Confidence,
    Found,
    Kind,
    Likelihood,
    Origin,
    PartialDate,
    Publisher,
    PublisherKind,
    Role,
    Scheme,
    Standing,
    Tie,
)
from attribution.view import CaseView, Correction
from bot import marks
from bot.cards import card, notice, reply
from bot.escape import clean, cut, mrkdwn, size, web_url
from bot.roundups import digest, late, listing
from storage.cards import Hidden
from storage.feedback import Report, Said, Wrong
from tests.card_samples import (
    ALBANIA,
    ALBANIA_EXPELS,
    CORRECTED,
    GONE,
    IRAN_DENIES,
    JOINT,
    NATO_BACKS,
    NINTH,
    REPORTED,
    SANCTIONED,
    SEVENTH,
    SINGAPORE,
    UK_CONDEMNS,
    US_JOINS,
    US_SANCTIONS,
    case_about,
    messages,
    week,
)
from tests.slack_limits import links, mentions, modelled, problems

Payload = dict[str, Any]
NOW = NINTH
EVIL = (
    "<!channel>",
    "<!here|here>",
    "<@U012ABCDEF>",
    "<#C012ABCDEF>",
    "<!subteam^S012>",
    "<http://evil.example|UK condemns Iran>",
    "http://evil.example/",
    "*bold* _it_ ~no~ `code` ```pre```",
    "> quoted",
    "&lt;!channel&gt; &amp;amp;",
    "\u202egnissim\u202c \u2066\u2069\u200b\u200e\ufeff",
    "שלום *עולם* (1)",
    "e" + "\u0301" * 400,
    "👩‍👩‍👧‍👦" * 90,
    "x" * 10_000,
    "\n> a\n* b\n- c\x00\x07\x1b[31m",
    ":tada: @channel @here",
)


MEMBERS = "US AU CA NZ GB CZ FI DE IT JP NL PL ES FR SE NO DK EE LV LT UA RO BG HR SI SK HU AT BE IE PT"
JOINING = "IS GR CY MT LU AL MK ME RS BA XK MD GE AM AZ TR IL IN KR SG TH VN PH MY ID BR MX CL AR CO "


def said(payload: Payload) -> str:
    """All words a reader sees in the blocks, in order."""
    return "\n".join(_words(block) for block in payload["blocks"])


def _words(block: Any) -> str:
    if isinstance(block, list):
        return "".join(_words(item) for item in block)
    if not isinstance(block, dict):
        return ""
    text = block.get("text")
    if isinstance(text, str):
        return text.replace("\u00a0", " ")
    ends = "\n" * str(block["type"]).startswith("rich")
    return _words(text) + _words(block.get("elements")) + ends


def good(payload: Payload) -> None:
    """A message that Slack takes, that calls on nobody and that slack_sdk's own models know."""
    assert problems(payload) == []
    assert mentions(payload) == []
    for block in payload["blocks"]:
        assert modelled(block) == block


# What a card says


@pytest.mark.parametrize("name", sorted(messages()))
def test_every_sample_is_a_message_that_slack_takes(name: str) -> None:
    for payload in messages()[name]:
        good(payload)


def test_a_card_says_first_who_accuses_whom_then_the_headline_and_the_sentence() -> None:
    shown = said(card(ALBANIA, NOW)).splitlines()
    assert shown[0] == "🇬🇧 United Kingdom accuses 🇮🇷 Iran"
    assert shown[1] == UK_CONDEMNS.title
    assert shown[2] == f"“{UK_CONDEMNS.claim.quote}”"


def test_a_card_links_the_headline_to_the_post() -> None:
    assert links(card(replace(ALBANIA, statements=(UK_CONDEMNS,)), NOW)) == {UK_CONDEMNS.url}


@pytest.mark.parametrize(
    "expected",
    [
        "Against: 🇦🇱 Albania and e-Albania",
        "Accused: 🇮🇷 Iran · linked to the state",
        "How sure: “almost certain”, British yardstick · 🇺🇸 United States: stated as fact (“has concluded”)",
        "Happened: July 2022",
        "By: NCSC",
        "Also: 🇺🇸 United States, 🇦🇱 Albania (expulsion)",
        "Backed by: NATO, 🇪🇺 European Union",
        "🇮🇷 Iran denies it",
        "Statement · 7 September · Foreign, Commonwealth &amp; Development Office",
        "case 2022-17 · 9 sources · seen ",
    ],
)
def test_a_card_shows_the_whole_case_in_words(expected: str) -> None:
    assert expected in said(card(ALBANIA, NOW))


def test_the_text_of_a_card_has_the_full_meaning_without_the_blocks() -> None:
    text = card(ALBANIA, NOW)["text"].replace("\u00a0", " ")
    for words in (
        "United Kingdom (NCSC) accuses Iran",
        "Albania",
        "“almost certain”",
        "United States",
        "denies",
        "NCSC",
    ):
        assert words in text
    assert f"<{UK_CONDEMNS.url}|{UK_CONDEMNS.title}>" in text


def test_a_denial_and_backers_are_not_among_the_accusers() -> None:
    also = next(line for line in said(card(ALBANIA, NOW)).splitlines() if line.startswith("Also"))
    assert "Iran" not in also
    assert "NATO" not in also


def test_a_second_card_leads_with_what_opened_it_and_links_the_first() -> None:
    payload = card(SANCTIONED, NOW, opened_by=US_SANCTIONS.id)
    assert said(payload).startswith("🇺🇸 United States accuses 🇮🇷 Iran, with sanctions\nTreasury sanctions")
    assert "Also: 🇬🇧 United Kingdom, 🇦🇱 Albania (expulsion)" in said(payload)
    assert SANCTIONED.previous_url in links(payload)
    assert "HomeLand Justice (Storm-0842)" in said(payload)


def test_a_joiner_that_later_adds_a_deed_is_shown_with_it() -> None:
    assert "Also: 🇺🇸 United States (sanctions), 🇦🇱 Albania (expulsion)" in said(card(SANCTIONED, NOW))


def test_a_group_without_a_state_is_named_with_its_usual_home_as_background_only() -> None:
    payload = card(SINGAPORE, NOW)
    assert said(payload).startswith("🇸🇬 Singapore names UNC3886 (no state named)\n")
    assert "no state named; usually ascribed to China, source MISP" in said(payload)
    assert "🇨🇳" not in said(payload)
    assert "accuse" not in said(payload).casefold()
    assert "(no state named; usually ascribed to China, source MISP)" in payload["text"]


def test_many_accusers_are_counted_in_the_title_and_named_below() -> None:
    shown = said(card(JOINT, NOW)).splitlines()
    assert shown[0] == "🇺🇸 United States, 🇦🇺 Australia, 🇨🇦 Canada and 10 others accuse 🇨🇳 China"
    (by,) = [line for line in shown if line.startswith("By: ")]
    assert by.count(",") >= 11
    assert "🇵🇱 Poland" in by
    assert "NSA" in by


def test_a_headline_only_reading_says_so_and_the_press_only_reports() -> None:
    shown = said(card(CORRECTED, SEVENTH))
    assert "Read from the headline alone" in shown
    assert "reported by Adriatic Wire (sample)" in shown


def test_a_withdrawn_statement_is_struck_and_said_to_be_gone() -> None:
    payload = card(CORRECTED, SEVENTH)
    assert said(payload).startswith("🇬🇧 United Kingdom accuses 🇮🇷 Iran")
    struck = [part for part in parts(payload) if part.get("style", {}).get("strike")]
    assert [part["text"].replace("\u00a0", " ") for part in struck] == ["🇬🇧 United Kingdom accuses 🇷🇺 Russia"]
    assert "withdrawn: the post no longer says so" in said(payload)


def test_a_card_whose_only_statement_is_withdrawn_says_so_first() -> None:
    payload = card(GONE, SEVENTH)
    assert said(payload).startswith("Withdrawn: 🇬🇧 United Kingdom accuses 🇷🇺 Russia")
    assert payload["text"].startswith("Withdrawn: ")
    assert [part["style"] for part in parts(payload) if part["type"] == "link"] == [{"strike": True}]


def test_a_correction_says_when_and_what_the_card_said_before() -> None:
    assert "updated 14:32 UTC: was “United Kingdom accuses Russia”" in said(card(CORRECTED, SEVENTH))
    assert "updated 7 September 2022 14:32 UTC: was" in said(card(CORRECTED, SEVENTH + timedelta(days=1)))


def test_an_archives_fact_is_never_shown_as_a_quotation() -> None:
    fact = replace(UK_CONDEMNS, claim=replace(UK_CONDEMNS.claim, origin=Origin.ARCHIVE, quote="In our own words."))
    payload = card(replace(ALBANIA, statements=(fact,)), NOW)
    assert "In our own words." in said(payload)
    assert "“In our own words" not in json.dumps(payload, ensure_ascii=False)


def test_a_headline_that_is_the_sentence_stands_once() -> None:
    payload = card(replace(CORRECTED, statements=(REPORTED,), corrections=()), SEVENTH)
    assert said(payload).count(REPORTED.title) == 1
    assert links(payload) == {REPORTED.url}


def test_a_date_without_an_hour_is_not_moved_to_the_readers_zone() -> None:
    context = card(ALBANIA, NOW)["blocks"][-1]["elements"][0]["text"]
    assert " · 7 September · " in context
    assert (
        f"seen <!date^{int(SEVENTH.timestamp())}^{{date_short_pretty}} {{time}}|7 September 2022 13:41 UTC>" in context
    )


def test_a_case_without_statements_is_no_card() -> None:
    with pytest.raises(ValueError, match="2022-17"):
        card(replace(ALBANIA, statements=()), NOW)


def parts(payload: Payload) -> list[Payload]:
    """The elements of the rich text."""
    found: list[Payload] = []
    for block in payload["blocks"]:
        for element in block["elements"] if block["type"] == "rich_text" else []:
            found += element["elements"]
    return found


def test_the_longest_case_is_still_a_message_that_slack_takes() -> None:
    world = frozenset(MEMBERS.split())
    said_by = replace(
        JOINT.statements[0].claim,
        attributed_by=world,
        quote="word " * 2000,
        speakers=tuple(f"Bureau {number} {'of security ' * 9}" for number in range(60)),
    )
    first = replace(JOINT.statements[0], claim=said_by, title="word " * 2000, url=f"https://x.example/{'a' * 2900}")
    joiners = [
        replace(US_JOINS, id=number, url=f"https://x.example/{number}{'b' * 450}", withdrawn_at=gone)
        for number, gone in enumerate([None] * 30 + [NOW] * 30, 100)
    ]
    joiners = [
        replace(one, claim=replace(one.claim, attributed_by=frozenset({code})))
        for one, code in zip(joiners, (JOINING * 2).split(), strict=True)
    ]
    good(card(replace(JOINT, statements=(first, *joiners)), NOW))


# What replies and lists say


@pytest.mark.parametrize(
    ("news", "expected"),
    [
        (UK_CONDEMNS, "🇬🇧 United Kingdom accuses 🇮🇷 Iran"),
        (US_JOINS, "🇺🇸 United States joins and is surer: stated as fact (“has concluded”)"),
        (ALBANIA_EXPELS, "🇦🇱 Albania joins with expulsions"),
        (NATO_BACKS, "NATO backs those who accuse 🇮🇷 Iran"),
        (IRAN_DENIES, "🇮🇷 Iran denies it"),
        (US_SANCTIONS, "🇺🇸 United States adds sanctions and names HomeLand Justice (Storm-0842)"),
    ],
)
def test_a_reply_says_what_is_new_with_the_sentence_and_the_link(news: Found, expected: str) -> None:
    payload = reply(SANCTIONED, news, NOW)
    shown = said(payload).splitlines()
    assert shown[:3] == [expected, news.title, f"“{news.claim.quote}”"]
    assert links(payload) == {news.url}
    assert payload["text"].replace("\u00a0", " ").startswith(f"{expected}. “{news.claim.quote}”")


def test_a_reply_tells_a_new_accused_and_one_who_takes_it_back() -> None:
    wider = replace(US_JOINS, id=8, claim=replace(US_JOINS.claim, accused=frozenset({"IR", "RU"})))
    back = replace(UK_CONDEMNS, id=9, claim=replace(UK_CONDEMNS.claim, role=Role.WITHDRAWS))
    view = replace(ALBANIA, statements=(UK_CONDEMNS, US_JOINS, wider, back))
    assert said(reply(view, wider, NOW)).startswith("🇺🇸 United States accuses 🇷🇺 Russia\n")
    assert said(reply(view, back, NOW)).startswith("🇬🇧 United Kingdom no longer accuses 🇮🇷 Iran\n")


def test_who_leaves_the_hedge_out_is_not_called_surer() -> None:
    flat = replace(US_JOINS, claim=replace(US_JOINS.claim, confidence=Confidence()))
    view = replace(ALBANIA, statements=(UK_CONDEMNS, flat))
    assert said(reply(view, flat, NOW)).startswith("🇺🇸 United States joins\n")
    assert "How sure: “almost certain”, British yardstick\n" in said(card(view, NOW))


def test_a_government_that_follows_up_with_an_advisory_adds_it() -> None:
    advice = replace(UK_CONDEMNS, id=8, claim=replace(UK_CONDEMNS.claim, kind=Kind.ADVISORY))
    view = replace(ALBANIA, statements=(UK_CONDEMNS, advice))
    assert said(reply(view, advice, NOW)).startswith("🇬🇧 United Kingdom adds an advisory\n")


def test_one_post_with_many_cases_is_one_list_with_their_ids() -> None:
    views = [case_about(state, number) for number, state in enumerate(("RU", "CN", "KP", "IR"))]
    payload = listing(views, NOW)
    good(payload)
    assert said(payload).startswith("4 attributions in one post\nTreasury acts against four states · US Department")
    for view, state in zip(views, ("Russia", "China", "North Korea", "Iran"), strict=True):
        assert state in said(payload)
        assert f"case {view.id}" in said(payload)


def test_a_list_that_is_too_long_says_how_many_it_leaves_out() -> None:
    many = [replace(UK_CONDEMNS, id=number, case=f"2022-{number}") for number in range(200)]
    payload = late(many, NOW)
    good(payload)
    listed = said(payload).count("\ncase 2022-")
    assert 5 < listed < 200
    assert f"and {200 - listed} others, not listed here" in said(payload)


def test_what_was_seen_late_is_listed_with_its_day_and_source() -> None:
    shown = said(late([REPORTED], NOW))
    assert "1 statement first seen more than three days after publication" in shown
    assert "case 2022-18 · 7 September · reported by Adriatic Wire (sample)" in shown


def test_a_notice_keeps_its_lines() -> None:
    payload = notice("Paused: <#C1> is archived.\nUnarchive it & I go on.")
    good(payload)
    assert said(payload).strip() == "Paused: <#C1> is archived.\nUnarchive it & I go on."
    assert payload["text"] == "Paused: &lt;#C1&gt; is archived.\nUnarchive it &amp; I go on."


# What the digest says


def test_a_digest_counts_against_the_period_before_and_says_what_was_read() -> None:
    (payload,) = week()
    assert said(payload).startswith(
        "Attributions from 5 to 12 September 2022\n"
        "3 new cases, 9 statements and 1 seen late (the 7 days before: 0 new cases and 1 statement)."
        " Read: 1,234 posts of 103 feeds.\n"
    )


def test_a_digest_lists_new_cases_older_ones_and_late_ones_apart() -> None:
    shown = said(week()[0])
    heads = ("🇮🇷 Iran: new cases", "🇰🇵 North Korea: news of older cases", "No state named: new cases", "Seen late")
    assert [shown.index(head) for head in heads] == sorted(shown.index(head) for head in heads)
    assert "also 🇺🇸 United States (sanctions), 🇦🇱 Albania (expulsion)" in shown
    assert "backed by NATO, 🇪🇺 European Union" in shown


def test_the_words_of_a_notification_have_the_headings_too() -> None:
    many = [replace(UK_CONDEMNS, id=number, case=f"2022-{number}") for number in range(200)]
    text = late(many, NOW)["text"]
    assert f"and {200 - text.count('case 2022-')} others, not listed here" in text
    text = week()[0]["text"]
    assert [text.count(f"{head}\n") for head in ("Iran: new cases", "No state named: new cases", "Seen late")] == [
        1,
        1,
        1,
    ]


def test_an_empty_week_is_one_line_with_what_was_read() -> None:
    until = datetime(2022, 10, 3, tzinfo=UTC)
    empty = compile_digest(since=until - timedelta(days=7), until=until, found=[], new_cases=[], posts=980, feeds=101)
    (payload,) = digest(empty)
    good(payload)
    assert said(payload).strip() == "No attributions from 26 September to 2 October 2022. Read: 980 posts of 101 feeds."


def test_a_long_digest_is_several_messages_cut_between_cases() -> None:
    found = [
        replace(one, id=one.id + 10 * number, case=f"2022-{number}")
        for number in range(60)
        for one in (UK_CONDEMNS, US_JOINS)
    ]
    until = datetime(2022, 9, 12, tzinfo=UTC)
    made = compile_digest(
        since=until - timedelta(days=7), until=until, found=found, new_cases={one.case for one in found if one.case}
    )
    pages = digest(made)
    assert len(pages) > 1
    for payload in pages:
        good(payload)
    shown = "".join(map(said, pages))
    assert f"(1 of {len(pages)})" in shown
    assert [shown.count(f"case 2022-{number} ·") for number in range(60)] == [1] * 60
    assert all("🇮🇷 Iran: new cases" in said(payload) for payload in pages)


# Other people's words


@pytest.mark.parametrize("evil", EVIL, ids=range(len(EVIL)))
def test_hostile_words_break_out_of_nothing(evil: str) -> None:
    hostile = hostile_case(evil)
    made = [
        card(hostile, NOW),
        reply(hostile, hostile.statements[-1], NOW),
        listing([hostile] * 5, NOW),
        late(hostile.statements, NOW),
        notice(evil),
    ]
    for payload in made:
        good(payload)
        assert links(payload) <= {"https://www.example.org/posts/1", "https://www.example.org/posts/2"}


def hostile_case(evil: str) -> CaseView:
    """A case whose every word from outside is the same attack."""
    actor = Actor(id="x", names=(evil, evil), home="RU", source=evil)
    first = replace(UK_CONDEMNS, title=evil, publisher=Publisher(name=evil, kind=PublisherKind.PRESS))
    changed: dict[str, Any] = {"quote": evil, "speakers": (evil,), "agencies": (evil,), "organisations": (evil,)}
    claim = replace(first.claim, actors=(actor,), confidence=Confidence(phrase=evil, scheme=Scheme.PHIA), **changed)
    first = replace(first, claim=claim)
    second = replace(first, id=2, url="https://www.example.org/posts/2", claim=replace(claim, accused=frozenset()))
    was = Correction(at=NOW, was=evil)
    return CaseView(id="2022-17", statements=(first, second), sources=2, corrections=(was,))


@pytest.mark.parametrize(
    ("quote", "shown"),
    [
        ("*UNK_FistBump* & <b>friends</b>", "“*UNK_FistBump* & <b>friends</b>”"),
        ("a\n\n  b\u2028c", "“a b c”"),
        ("<!channel>", "“<!channel>”"),
        ("می‌خواهم", "“\u2068می‌خواهم\u2069”"),
    ],
)
def test_a_quote_is_shown_verbatim(quote: str, shown: str) -> None:
    one = replace(UK_CONDEMNS, claim=replace(UK_CONDEMNS.claim, quote=quote))
    assert said(card(replace(ALBANIA, statements=(one,)), NOW)).splitlines()[2] == shown


def test_text_is_escaped_once() -> None:
    one = replace(UK_CONDEMNS, claim=replace(UK_CONDEMNS.claim, quote="R&D <dept> &amp;"))
    assert "“R&amp;D &lt;dept&gt; &amp;amp;”" in card(replace(ALBANIA, statements=(one,)), NOW)["text"]


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("short", 5, "short"),
        ("one two three four", 12, "one two…"),
        ("🇮🇷🇬🇧🇺🇸", 9, "🇮🇷🇬🇧…"),
        ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 13, "👩‍👩‍👧‍👦…"),
        ("e\u0301e\u0301e\u0301", 4, "e\u0301…"),
        ("日本語の文章です", 5, "日本語の…"),
    ],
)
def test_a_text_is_cut_between_graphemes(text: str, most: int, expected: str) -> None:
    assert cut(text, most) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.gov.uk/a?b=1&c=2#d", "https://www.gov.uk/a?b=1&c=2#d"),
        ("https://x.example/a b|c<d>", "https://x.example/a%20b%7Cc%3Cd%3E"),
        ("https://x.example/%20", "https://x.example/%20"),
        ("https://例え.jp/道", "https://%E4%BE%8B%E3%81%88.jp/%E9%81%93"),
        ("javascript:alert(1)", None),
        ("slack://channel?id=C1", None),
        ("//x.example/", None),
        ("https://[::1", None),
        ("", None),
        (f"https://x.example/{'a' * 3000}", None),
    ],
)
def test_only_web_addresses_are_linked(url: str, expected: str | None) -> None:
    assert web_url(url) == expected


def test_a_post_without_a_web_address_is_shown_without_a_link() -> None:
    one = replace(UK_CONDEMNS, url="javascript:alert(1)")
    payload = card(replace(ALBANIA, statements=(one,)), NOW)
    good(payload)
    assert links(payload) == set()
    assert one.title in said(payload)


WORDS = st.one_of(
    st.text(max_size=60), st.sampled_from(EVIL), st.lists(st.sampled_from(EVIL), max_size=4).map(" ".join)
)
URLS = st.one_of(
    st.integers(0, 99).map(lambda number: f"https://www.example.org/posts/{number}"),
    st.text(max_size=40).map(lambda tail: f"https://www.example.org/{tail}"),
    st.integers(400, 2900).map(lambda length: "https://www.example.org/" + "a" * length),
    WORDS,
)
CODES = st.frozensets(st.sampled_from(("IR", "RU", "GB", "US", "EU", "NATO", "CN", "BA", "AL", "ZZ")), max_size=10)
ACTORS = st.builds(Actor, id=WORDS, names=st.tuples(WORDS, WORDS), home=st.sampled_from((None, "RU")), source=WORDS)
CLAIMS = st.builds(
    Claim,
    standing=st.just(Standing.ATTRIBUTION),
    origin=st.sampled_from(Origin),
    accused=CODES,
    attributed_by=CODES,
    supported_by=CODES,
    victims=CODES,
    role=st.sampled_from(Role),
    tie=st.sampled_from(Tie),
    kind=st.sampled_from(Kind),
    actors=st.lists(ACTORS, max_size=3).map(tuple),
    agencies=st.lists(WORDS, max_size=3).map(tuple),
    speakers=st.lists(WORDS, max_size=3).map(tuple),
    organisations=st.lists(WORDS, max_size=3).map(tuple),
    confidence=st.builds(Confidence, likelihood=st.sampled_from(Likelihood), phrase=WORDS),
    quote=WORDS,
    rule=st.just("test"),
    made_on=st.none() | st.builds(PartialDate, day=st.dates(date(1999, 1, 1), date(2030, 1, 1))),
)
FOUND = st.builds(
    Found,
    id=st.integers(1, 9),
    claim=CLAIMS,
    case=st.sampled_from((None, "2022-17", "2022-18")),
    title=WORDS,
    url=URLS,
    publisher=st.builds(
        Publisher, name=WORDS, kind=st.sampled_from(PublisherKind), speaker=st.sampled_from((None, "GB"))
    ),
    recorded_at=st.just(SEVENTH),
    withdrawn_at=st.sampled_from((None, NINTH)),
    headline_only=st.booleans(),
)
VIEWS = st.builds(
    CaseView,
    id=st.just("2022-17"),
    statements=st.lists(FOUND, min_size=1, max_size=12).map(tuple),
    sources=st.integers(1, 999),
    previous_url=st.none() | URLS,
    corrections=st.lists(st.builds(Correction, at=st.just(NINTH), was=WORDS), max_size=5).map(tuple),
)
MAKERS: tuple[Callable[[CaseView], list[Payload]], ...] = (
    lambda view: [card(view, NOW)],
    lambda view: [card(view, NOW, opened_by=view.statements[-1].id)],
    lambda view: [reply(view, view.statements[-1], NOW)],
    lambda view: [listing([view] * 4, NOW)],
    lambda view: [late(view.statements, NOW)],
    lambda view: digest(
        compile_digest(
            since=SEVENTH, until=NINTH, found=view.statements, new_cases={"2022-17"}, late=view.statements[:1]
        )
    ),
)


@settings(max_examples=60, deadline=None)
@given(view=VIEWS, make=st.sampled_from(MAKERS))
def test_every_payload_is_within_slacks_limits_mentions_nobody_and_links_only_the_posts(
    view: CaseView, make: Callable[[CaseView], list[Payload]]
) -> None:
    own = {web_url(one.url) for one in view.statements} | {web_url(view.previous_url or "")}
    for payload in make(view):
        good(payload)
        assert links(payload) <= own


@given(st.text())
def test_clean_text_hides_nothing_and_stays_on_one_line(text: str) -> None:
    shown = clean(text)
    assert shown == clean(shown.strip("\u2068\u2069"))
    assert not set(shown) & set("\n\r\t\x00\u202a\u202b\u202d\u202e\u2066\u2067\u200b\u200e\u200f\ufeff\u2028")


@given(st.text(), st.integers(1, 50))
def test_a_cut_text_is_never_too_long(text: str, most: int) -> None:
    assert size(cut(text, most)) <= most


@given(WORDS)
def test_nothing_is_markup_after_escaping(text: str) -> None:
    escaped = mrkdwn(text)
    assert "<" not in escaped
    assert ">" not in escaped


# Disputes and buttons


@given(st.lists(st.sampled_from(EVIL), min_size=1, max_size=8), st.sampled_from(EVIL))
@settings(deadline=None)
def test_what_reporters_write_stays_words_and_the_card_fits_with_its_buttons(written: list[str], why: str) -> None:
    said = [Said(kind=Wrong.ACCUSED, case="2022-17", claim=1, instead="RU", words=text) for text in written]
    made = [Report(tenant="T", number=n, said=one, user="U0ADA", channel="C", at=NOW) for n, one in enumerate(said)]
    buttons = [marks.details("2022-17"), marks.report("2022-17")]
    payload = card(ALBANIA, NOW, disputed=marks.disputed(made, ALBANIA), buttons=buttons)
    hidden = marks.hidden(ALBANIA, Hidden(by="U0ADA", why=why, at=NOW), NOW)
    for one in (payload, hidden):
        assert problems(one) == []
        assert set(mentions(one)) == {"<@U0ADA"}
    assert len(payload["text"].splitlines()) == 1 + min(len(made), marks.DISPUTES) + (len(made) > marks.DISPUTES)
