"""Where the bot never goes, whatever a workspace, a redirect or a feed's links say: over real connections, to a server
that would answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from ipaddress import IPv6Address, ip_address
from pathlib import Path

import aiohttp
import pytest

from bot.jobs import poll_feed
from bot.tools import Tools, open_tools
from feeds.errors import FeedError, Trouble
from feeds.fetch import WEB_PORTS, Fetched, fetch, open_session
from feeds.guard import Address, public_only
from storage import feeds, schema
from storage.db import connect, rows
from tests.makers import FCDO, NOW, item, rss
from tests.web import Web

INSIDE = "127.0.0.2"  # stands for every address that is not allowed; something listens there
# What leads to it, on one system or another, in one parser or another.
SPELLINGS = [
    "127.0.0.2",
    "127.2",
    "127.0.2",
    "2130706434",
    "017700000002",
    "0177.0.0.2",
    "0177.0.0.02",
    "0x7f000002",
    "0x7F.0x0.0x0.0x2",
    "0x7f.2",
    "00000177.0.0.2",
    "127.0.0.2.",
    "127.0.0.2..",
    "１２７.０.０.２",
    "127。0。0。2",
    "①②⑦.⓪.⓪.②",
    "%31%32%37.0.0.2",
    "[::ffff:127.0.0.2]",
    "[::ffff:7f00:2]",
    "[0:0:0:0:0:FFFF:7F00:0002]",
    "[::127.0.0.2]",
    "[64:ff9b::7f00:2]",
    "[64:ff9b::127.0.0.2]",
    "[2002:7f00:2::]",
    "[2002:7f00:2::1]",
    "[2001:0:808:808::80ff:fffd]",  # Teredo, the client's address inverted
    "[2001:0:7f00:2::f7f7:f7f7]",  # Teredo, the server's
    "[::ffff:127.0.0.2%25lo]",
    "someone@127.0.0.2",
    "ncsc.gov.uk@127.0.0.2",
    "127.0.0.1:80@127.0.0.2",
    "127.0.0.1\\@127.0.0.2",
    "127.0.0.1%2f@127.0.0.2",
    "a:b@c@127.0.0.2",
]


@dataclass(slots=True)
class World:
    """A web at 127.0.0.1, which is allowed, and who connected to what is not."""

    web: Web
    session: aiohttp.ClientSession
    ports: frozenset[int]
    knocked: list[str] = field(default_factory=list)

    async def get(self, url: str) -> Fetched:
        """Fetches as the bot does."""
        return await fetch(self.session, url, ports=self.ports)

    def inside(self, host: str) -> str:
        """An address of the inside in some spelling, at the port something listens at."""
        return f"http://{host}:{self.web.port}/secret"


def outside(ip: Address) -> bool:
    """As `public_only`, with 127.0.0.1 for the public internet: what wraps an address is what it wraps."""
    return str(ip) == "127.0.0.1" or public_only(ip)


@asynccontextmanager
async def opened(ports: frozenset[int] = frozenset()) -> AsyncIterator[World]:
    async with Web() as web, open_session(may_dial=outside) as session:
        world = World(web=web, session=session, ports=WEB_PORTS | {web.port} | ports)

        async def knock(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            world.knocked.append(str(writer.get_extra_info("sockname")))
            writer.close()

        async with await asyncio.start_server(knock, INSIDE, web.port):
            yield world


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with opened() as world:
        yield world


async def refused(world: World, url: str) -> Trouble:
    with pytest.raises(FeedError) as caught:
        await world.get(url)
    assert str(caught.value).endswith(".")
    return caught.value.trouble


async def test_the_inside_would_answer(world: World) -> None:
    _, writer = await asyncio.open_connection(INSIDE, world.web.port)
    writer.close()
    mapped, other = await asyncio.open_connection(f"::ffff:{INSIDE}", world.web.port)
    other.close()
    await mapped.read()
    assert len(world.knocked) == 2


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_no_spelling_leads_inside_from_a_feeds_address(world: World, spelling: str) -> None:
    trouble = await refused(world, world.inside(spelling))
    assert trouble in (Trouble.REFUSED, Trouble.UNREACHABLE)
    assert world.knocked == []


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("form", ["http://{}:{}/secret", "//{}:{}/secret"])
async def test_no_spelling_leads_inside_from_a_redirect(world: World, spelling: str, form: str) -> None:
    url = world.web.redirect("/feed.xml", form.format(spelling, world.web.port), status=302)
    trouble = await refused(world, url)
    assert trouble in (Trouble.REFUSED, Trouble.UNREACHABLE, Trouble.REDIRECTS, Trouble.NOT_FOUND)
    assert world.knocked == []
    assert {seen.headers["Host"] for seen in world.web.requests} == {f"127.0.0.1:{world.web.port}"}


async def test_no_spelling_leads_inside_from_the_links_of_a_feed(world: World, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path / 'test.db'}"
    with connect(database) as db:
        schema.require_current(db)
    async with open_tools(database, outside, ports=world.ports) as tools:
        await poll_links(world, tools)
    assert world.knocked == []
    with connect(database) as db:
        assert rows(db, "select url from posts where url <> '' and headline_only = 0") == []
        assert len(rows(db, "select url from posts where headline_only = 1")) > len(SPELLINGS)


async def poll_links(world: World, tools: Tools) -> None:
    teaser = {"title": "Foreign Secretary on Iran", "text": "On a cyber attack."}
    links = [world.inside(one) for one in SPELLINGS]
    links += [world.web.redirect(f"/news/{n}", world.inside(one)) for n, one in enumerate(SPELLINGS)]
    for number, link in enumerate(links):  # a feed each: of one, only the first dozen articles are had
        feed = replace(FCDO, id=f"f{number}", url=world.web.url(f"/{number}.xml"))
        world.web.serve(f"/{number}.xml", rss(item(number, link=link, **teaser)))
        with connect(tools.database) as db:
            feeds.put(db, [(feed, None)])
        polled = await poll_feed(tools, feed.id, NOW)
        assert polled.trouble is None, polled.text


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest/meta-data/",
        "http://168.63.129.16/metadata",
        "http://100.100.100.200/latest/meta-data/",
        "http://192.0.0.192/opc/v2/",
        "http://[::ffff:a9fe:a9fe]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:a9fe:a9fe::]/",
        "http://2852039166/",
        "http://0/",
        "http://[::]/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://192.168.1.1/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://[ff02::1]/",
        "http://[fe80::1%25lo]/",
    ],
)
async def test_metadata_services_and_all_that_is_private_are_refused(world: World, url: str) -> None:
    assert await refused(world, url) is Trouble.REFUSED


async def test_other_ports_are_refused_until_the_operator_lists_them() -> None:
    async with Web() as other:
        other.serve("/feed.xml", "<rss/>")
        async with opened() as world:
            assert await refused(world, other.url("/feed.xml")) is Trouble.REFUSED
            assert await refused(world, world.web.redirect("/x", other.url("/feed.xml"))) is Trouble.REDIRECTS
        assert other.requests == []
        async with opened(frozenset({other.port})) as world:
            assert (await world.get(other.url("/feed.xml"))).body == b"<rss/>"
            assert (await world.get(world.web.redirect("/x", other.url("/feed.xml")))).body == b"<rss/>"


def test_what_stands_for_the_public_internet_here_is_no_wider_than_it() -> None:
    wrapped = IPv6Address((0xFFFF << 32) | int(ip_address(INSIDE)))
    assert not outside(ip_address(INSIDE))
    assert not outside(wrapped)
