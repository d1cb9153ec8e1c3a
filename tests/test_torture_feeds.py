"""Hostile and broken feeds, from a real server through real processes to the database: each ends in posts or in an
error that says why, within its limits, and delays nobody."""

import asyncio
import json
import os
import re
import ssl
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bot import overviews, status
from bot.escape import mrkdwn
from bot.reply import Viewer
from feeds.worker import MEMORY, SECONDS
from storage import feeds, schema
from storage.db import connect, rows
from storage.feeds import FeedState
from tests.makers import FCDO
from tests.once import once
from tests.test_jobs import TITLE, Bench, accusing, opened
from tests.torture import FEEDS, ONE, rss
from tests.torture_poller import GOOD, LIMITS, NOW
from tests.web import Web

ROOT = Path(__file__).parents[1]
MAIN = 200  # MB that the bot's own process may take
LONG = bool(os.environ.get("TORTURE"))
linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process takes on Linux only")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What polling all of them did: of each its state, how many posts it has, and its seconds and its neighbour's;
    megabytes of the main process and of the largest worker; what the web was asked."""

    states: dict[str, FeedState]
    posts: dict[str, int]
    took: dict[str, tuple[float, float]]
    main: float
    worker: float
    asked: list[str]
    shown: str
    status: str


async def polled(folder: Path, how: str) -> Run:
    """Serves all and has a process of its own poll them."""
    database = f"sqlite:///{folder / 'torture.db'}"
    async with Web() as web:
        with connect(database) as db:
            schema.require_current(db)
            web.serve("/good.xml", ONE, validators=False)
            feeds.put(db, [(replace(FCDO, id=GOOD, url=web.url("/good.xml")), None)])
            for number, (name, one) in enumerate(FEEDS.items()):
                one.serve(web, f"/{number}")
                feeds.put(db, [(replace(FCDO, id=name, url=web.url(f"/{number}")), None)])
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.torture_poller", database, how, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )  # fmt: skip
        telling = asyncio.create_task(process.communicate())
        worker = 0
        while not telling.done():
            worker = max([worker, *await asyncio.to_thread(_sizes, process.pid)])
            await asyncio.sleep(0.1)
        said = json.loads((await telling)[0])
        asked = [one.path for one in web.requests]
    with connect(database) as db:
        states = {feed.id: state for feed, state, _ in feeds.health(db)}
        carried = rows(db, "select feed, count(distinct post) as n from sightings group by feed")
        pages = [
            overviews.shown_feeds(db, Viewer(tenant="T", channel="C", user="U"), NOW, at)
            for at in range(0, len(FEEDS), 10)
        ]
        return Run(
            states=states, posts={one["feed"]: one["n"] for one in carried}, took=said["took"], main=said["memory"],
            worker=worker / 1024, asked=asked, shown="\n".join(str(one["text"]) for one in pages),
            status="\n".join(status.lines(db, NOW)),
        )  # fmt: skip


def _sizes(session: int) -> list[int]:
    """The most kB that each process of a session has taken, but for its leader."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if int(path.name) != session and os.getsid(int(path.name)) == session:
                high = re.search(r"VmHWM:\s+(\d+)", (path / "status").read_text())
                found.append(int(high[1]) if high else 0)
        except (OSError, ValueError):  # it has ended
            continue
    return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return await once(tmp_path_factory, "torture", lambda: polled(tmp_path_factory.mktemp("torture"), "one"))


@pytest.mark.parametrize("name", FEEDS)
def test_it_ends_in_posts_or_in_an_error_fit_to_show(run: Run, name: str) -> None:
    expected, state = FEEDS[name], run.states[name]
    said = f"{state.trouble}: {state.trouble_text}; {run.posts.get(name, 0)} posts"
    if expected.posts is not None:
        assert (state.trouble, run.posts.get(name, 0)) == (None, expected.posts), said
        return
    assert state.trouble in expected.troubles, said
    text = state.trouble_text or ""
    assert text.endswith(".")
    assert text.isprintable()
    assert 20 < len(text) < 250
    assert "Error" not in text
    assert mrkdwn(f"{name} · since") in run.shown
    assert state.next_poll_at
    assert state.next_poll_at > NOW


@pytest.mark.parametrize("name", FEEDS)
def test_it_takes_no_more_than_its_time_and_delays_nobody(run: Run, name: str) -> None:
    seconds, beside = run.took[name]
    # The server's time, a worker's for the feed and one for its article, and what a busy machine adds.
    assert seconds < 2 * (LIMITS.total.total_seconds() + SECONDS) + 2
    assert beside < 2


@linux
def test_all_of_them_together_take_no_more_memory_than_is_granted(run: Run) -> None:
    assert run.main < MAIN
    assert 20 < run.worker < MEMORY >> 20


def test_a_good_feed_beside_them_is_well(run: Run) -> None:
    assert run.states[GOOD].trouble is None
    assert run.posts[GOOD] == 1


# Beside them, what their neighbours' and the next poll say


@pytest.mark.skipif(not LONG, reason="takes a minute: `make torture` sets TORTURE")
@linux
async def test_all_of_them_at_once_take_no_more_memory_and_the_second_time_little_of_anybodys_time(
    tmp_path: Path,
) -> None:
    run = await polled(tmp_path, "all")
    assert run.main < MAIN
    assert run.worker < MEMORY >> 20
    first, second = (run.took[f"good at {hour}"][0] for hour in ("12", "00"))
    # Behind all that is hostile for the first time; then a process is kept free of what was too heavy.
    assert first < 4 * SECONDS
    assert second < 2 * SECONDS


@pytest_asyncio.fixture(loop_scope="function")
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    async with opened(tmp_path) as bench:
        yield bench


def counts(bench: Bench) -> tuple[int, int, int]:
    """Posts, claims, and claims that would alert."""
    (found,) = bench.rows("""select (select count(*) from posts) as posts, (select count(*) from claims) as claims,
                             (select count(*) from claims where heard = 'fresh') as fresh""")
    return found["posts"], found["claims"], found["fresh"]


async def test_a_feed_that_dates_everything_anew_each_poll_brings_nothing_new(bench: Bench) -> None:
    for day in range(1, 6):
        polled = await bench.poll(*(accusing(n, date=f"0{day} Sep 2022 10:0{n}:00 GMT") for n in range(4)))
        assert polled.trouble is None
        assert (polled.stored.new, polled.stored.edited, polled.stored.gap) == (4 if day == 1 else 0, 0, False)
    assert counts(bench)[0] == 4
    assert counts(bench)[2] == 0


async def test_one_guid_for_all_is_no_guid(bench: Bench) -> None:
    for first in range(3):
        polled = await bench.poll(*(accusing(n, guid="1", title=f"{TITLE} {n}") for n in range(first, first + 4)))
        assert (polled.stored.new, polled.stored.edited) == (4 if first == 0 else 1, 0)
    assert counts(bench)[0] == 6


async def test_new_guids_and_new_queries_each_poll_bring_nothing_new(bench: Bench) -> None:
    for number in range(4):
        polled = await bench.poll(accusing(guid=f"run-{number}", link=f"https://m.example/1?utm_source={number}"))
        assert polled.stored.new == (1 if number == 0 else 0)


async def test_dates_to_come_are_those_of_the_first_sight_and_none_alerts_twice(bench: Bench) -> None:
    await bench.poll(accusing(1))
    polled = await bench.poll(accusing(1), accusing(2, date="Fri, 01 Jan 2099 00:00:00 GMT", title=f"{TITLE} again"))
    assert polled.stored.new == 1
    dates = [one["published_at"] for one in bench.rows("select published_at from posts order by id")]
    assert all(date < "2022-09-08" for date in dates)
    assert (await bench.poll(accusing(1), accusing(2, date="", title=f"{TITLE} again"))).stored.new == 0


@pytest.mark.parametrize("where", ["entity", "parameter", "doctype", "include", "stylesheet"])
async def test_nothing_that_a_feed_names_is_fetched_or_opened_for_reading_it(
    bench: Bench, tmp_path: Path, where: str
) -> None:
    secret = tmp_path / "secret.dtd"
    secret.write_text("hidden")
    bench.web.serve("/taken", "<!ENTITY x 'hidden'>")
    taken = bench.web.url("/taken")
    head = {
        "entity": f"<!DOCTYPE rss [<!ENTITY x SYSTEM '{secret.as_uri()}'><!ENTITY y SYSTEM '{taken}'>]>",
        "parameter": f"<!DOCTYPE rss [<!ENTITY % x SYSTEM '{taken}'> %x;]>",
        "doctype": f"<!DOCTYPE rss SYSTEM '{taken}'>",
        "include": "",
        "stylesheet": f"<?xml-stylesheet type='text/xsl' href='{taken}'?>",
    }[where]
    include = f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='{secret.as_uri()}' parse='text'/>"
    text = f"It was &x; &y; them. {include if where == 'include' else ''}"
    body = rss(f"<title>A statement</title><guid>1</guid><description>{text}</description>", head=head)
    bench.web.serve("/feed.xml", body)
    await bench.poll()
    assert [seen.path for seen in bench.web.requests] == ["/feed.xml"]
    assert "hidden" not in str(bench.rows("select title, text, teaser from posts"))


TLS = """
import asyncio, sys
from feeds.errors import FeedError
from feeds.fetch import fetch, open_session

async def main():
    async with open_session(may_dial=lambda _: True) as session:
        for url in sys.argv[1:]:
            try:
                print((await fetch(session, url, ports=range(65536))).status)
            except FeedError as error:
                print(error)

asyncio.run(main())
"""


async def test_no_redirect_leads_from_https_to_http_over_real_connections(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(vouched_for(tmp_path))
    async with Web(context) as secure, Web() as web:
        web.serve("/feed.xml", ONE)
        secure.serve("/feed.xml", ONE)
        secure.redirect("/moved", secure.url("/feed.xml"))
        secure.redirect("/down", web.url("/feed.xml"))
        web.redirect("/up", secure.url("/moved"))
        web.redirect("/up-and-down", secure.url("/down"))
        urls = [secure.url("/moved"), secure.url("/down"), web.url("/up"), web.url("/up-and-down")]
        asked = await asyncio.create_subprocess_exec(
            sys.executable, "-c", TLS, *urls, cwd=ROOT, stdout=asyncio.subprocess.PIPE,
            env={"PYTHONPATH": str(ROOT), "SSL_CERT_FILE": str(tmp_path / "both.pem")},
        )  # fmt: skip
        moved, down, up, up_and_down = (await asked.communicate())[0].decode().splitlines()
        assert (moved, up) == ("200", "200")
        assert "from https to http" in down
        assert "from https to http" in up_and_down
        assert "/feed.xml" not in [seen.path for seen in web.requests]


def vouched_for(folder: Path) -> Path:
    """A file with a key and the certificate for 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "both.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + made.public_bytes(Encoding.PEM))
    return file
