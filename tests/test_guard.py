import asyncio
import socket
import threading
import time
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import FeedError, Trouble
from feeds.fetch import fetch, open_session
from feeds.guard import LOOKUPS, Resolver, public_only
from tests.web import Web

ALL_PORTS = range(1 << 16)

NOT_PUBLIC = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",  # metadata, Alibaba
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",  # metadata, Azure
    "169.254.169.254",  # metadata, nearly everyone
    "169.254.170.2",  # credentials of containers, AWS
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.0.192",  # metadata, Oracle
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "3fff::1",
    "64:ff9b:1::808:808",
    "fc00::1",
    "fd00:ec2::254",  # metadata, AWS
    "fd20:ce::254",  # metadata, Google
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "193.0.6.139", "2606:4700::1111", "2a00:1450:4001::200e"]
WRAPPERS = {
    "mapped": lambda ip: IPv6Address((0xFFFF << 32) | int(ip)),
    "compatible": lambda ip: IPv6Address(int(ip)),
    "nat64": lambda ip: IPv6Address((0x64FF9B << 96) | int(ip)),
    "6to4": lambda ip: IPv6Address((0x2002 << 112) | (int(ip) << 80) | 1),
    "teredo server": lambda ip: IPv6Address((0x20010000 << 96) | (int(ip) << 64) | (~0x08080808 & 0xFFFFFFFF)),
    "teredo client": lambda ip: IPv6Address((0x20010000 << 96) | (0x08080808 << 64) | (~int(ip) & 0xFFFFFFFF)),
}
wrappers = pytest.mark.parametrize("wrapper", WRAPPERS)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_what_is_not_of_the_public_internet_is_not_dialled(address: str) -> None:
    assert not public_only(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_dialled(address: str) -> None:
    assert public_only(ip_address(address))


@wrappers
@pytest.mark.parametrize("address", [address for address in NOT_PUBLIC if ":" not in address])
def test_an_address_wrapped_in_ipv6_is_judged_by_what_it_wraps(wrapper: str, address: str) -> None:
    assert not public_only(WRAPPERS[wrapper](IPv4Address(address)))


@wrappers
def test_a_public_address_wrapped_in_ipv6_stays_public(wrapper: str) -> None:
    assert public_only(WRAPPERS[wrapper](IPv4Address("8.8.4.4")))


@given(st.ip_addresses())
def test_whatever_is_allowed_is_global_and_unicast(ip: IPv4Address | IPv6Address) -> None:
    if public_only(ip):
        assert not ip.is_multicast
        assert not ip.is_loopback
        assert not ip.is_link_local


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "127.1",
        "127.0.0.1.",
        "localhost",
        "LocalHost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "１２７.０.０.１",
    ],
)
async def test_no_spelling_of_a_private_address_gets_past_the_guard(host: str) -> None:
    async with Web() as web, open_session(may_dial=public_only) as session:
        web.serve("/feed.xml", "<rss/>")
        with pytest.raises(FeedError) as caught:
            await fetch(session, f"http://{host}:{web.port}/feed.xml", ports=ALL_PORTS)
    assert caught.value.trouble is Trouble.REFUSED
    assert web.requests == []


async def test_a_redirect_to_a_private_address_is_not_followed() -> None:
    async with Web() as web, open_session(may_dial=lambda ip: str(ip) == "127.0.0.1") as session:
        web.redirect("/feed.xml", f"http://127.0.0.2:{web.port}/secret")
        with pytest.raises(FeedError, match=r"127\.0\.0\.2") as caught:
            await fetch(session, web.url("/feed.xml"), ports=ALL_PORTS)
    assert caught.value.trouble is Trouble.REFUSED
    assert [seen.path for seen in web.requests] == ["/feed.xml"]


Answers = list[tuple[int, int, int, str, tuple[str, int]]]


def addresses(*hosts: str) -> Answers:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in hosts]


async def test_a_name_that_resolves_elsewhere_the_second_time_is_refused_the_second_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [addresses("127.0.0.1"), addresses("127.0.0.2")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    async with Web() as web:
        web.serve("/feed.xml", "<rss/>", headers={"Connection": "close"})
        url = f"http://rebinding.test:{web.port}/feed.xml"
        for expected in (200, Trouble.REFUSED):  # a session each, so that no name is remembered
            async with open_session(may_dial=lambda ip: str(ip) == "127.0.0.1") as session:
                try:
                    outcome: object = (await fetch(session, url, ports=ALL_PORTS)).status
                except FeedError as error:
                    outcome = error.trouble
                assert outcome == expected
    assert len(web.requests) == 1


async def test_of_a_names_addresses_only_the_allowed_are_dialled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses("127.0.0.3", "127.0.0.1", "127.0.0.2"))
    async with Web() as web, open_session(may_dial=lambda ip: str(ip) == "127.0.0.1") as session:
        web.serve("/feed.xml", "<rss/>")
        got = await fetch(session, f"http://several.test:{web.port}/feed.xml", ports=ALL_PORTS)
    assert got.body == b"<rss/>"


async def test_a_name_with_private_addresses_only_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses("127.0.0.3", "127.0.0.2"))
    async with open_session(may_dial=public_only) as session:
        with pytest.raises(FeedError) as caught:
            await fetch(session, "http://inside.test/feed.xml")
    assert caught.value.trouble is Trouble.REFUSED


async def test_dead_names_keep_no_one_else_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(*_: object, **__: object) -> Answers:
        time.sleep(1)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", dead)
    async with open_session(may_dial=public_only) as session:
        lookups = [asyncio.create_task(fetch(session, f"http://dead-{n}.test/")) for n in range(20)]
        await asyncio.sleep(0.05)
        started = time.perf_counter()
        await asyncio.to_thread(int)
        waited = time.perf_counter() - started
        outcomes = await asyncio.gather(*lookups, return_exceptions=True)
    assert waited < 0.7
    assert {outcome.trouble for outcome in outcomes if isinstance(outcome, FeedError)} == {Trouble.UNREACHABLE}
    assert len([outcome for outcome in outcomes if isinstance(outcome, FeedError)]) == 20


async def test_so_many_names_are_looked_up_at_once_and_no_more_and_their_threads_end_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    go_on = threading.Event()

    def slow(*_: object, **__: object) -> Answers:
        assert go_on.wait(10)
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    async with open_session(may_dial=public_only) as session:
        lookups = [asyncio.create_task(fetch(session, f"http://dead-{n}.test/")) for n in range(LOOKUPS + 8)]
        await asyncio.sleep(0.2)
        at_work = dns_threads()
        given_up, lookups = lookups[-1], lookups[:-1]
        given_up.cancel()
        go_on.set()
        outcomes = await asyncio.gather(*lookups, return_exceptions=True)
        assert given_up.cancelled()
    assert [len(at_work), all(thread.daemon for thread in at_work)] == [LOOKUPS, True]
    assert {outcome.trouble for outcome in outcomes if isinstance(outcome, FeedError)} == {Trouble.UNREACHABLE}
    assert len([outcome for outcome in outcomes if isinstance(outcome, FeedError)]) == LOOKUPS + 7
    for thread in at_work:
        thread.join(5)
    assert not dns_threads()


async def test_a_resolver_that_is_closed_gives_up_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, asked = threading.Event(), []

    def slow(host: str, *_: object, **__: object) -> Answers:
        asked.append(host)
        assert go_on.wait(10)
        return addresses("127.0.0.1")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    resolver = Resolver()
    lookups = [asyncio.create_task(resolver.resolve(f"{n}.test")) for n in range(LOOKUPS + 3)]
    await asyncio.sleep(0.2)
    await resolver.close()
    go_on.set()
    outcomes = await asyncio.gather(*lookups, return_exceptions=True)
    assert [isinstance(outcome, asyncio.CancelledError) for outcome in outcomes] == [False] * LOOKUPS + [True] * 3
    assert len(asked) == LOOKUPS


def dns_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("dns")]
