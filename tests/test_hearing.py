"""Slack's door over HTTP: what anybody on the internet may send to it costs no memory, no traceback and no log."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot import hearing
from bot.app import LONGEST_KIND
from bot.replays import Replays
from storage.db import connect, run
from tests.slack import LocalSlack
from tests.slack.signing import signed
from tests.stocked import stock
from tests.test_app import World, posted, request_of, served

FORM, JSON = {"Content-Type": "application/x-www-form-urlencoded"}, {"Content-Type": "application/json"}
AT, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
WELL_FORMED = f"v0={'a' * 64}"
LONG = "x" * 8000  # about the longest header that aiohttp takes


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Replays]:
    """What each door that is opened remembers."""
    made: list[Replays] = []

    def remembering() -> Replays:
        made.append(Replays())
        return made[-1]

    monkeypatch.setattr(hearing, "Replays", remembering)
    return made


@pytest.fixture
async def world(tmp_path: Path, kept: list[Replays]) -> AsyncIterator[World]:
    path = tmp_path / "test.db"
    with connect(f"sqlite:///{path}") as db:
        stock(db)
    async with LocalSlack(paced=False) as slack, served(slack, path, http=True) as world:
        yield world


def signed_request(world: World, body: str, kind: dict[str, str] = FORM) -> tuple[bytes, dict[str, str]]:
    """A body that whoever has Slack's secret signed."""
    return body.encode(), signed(world.slack.signing_secret, body, time.time()) | kind


@pytest.mark.parametrize("body", [b"ssl_check=1", b"[]", b"payload=[1]", b"[" * 100_000, b"command=%2Fattribution"])
async def test_what_is_not_signed_is_not_remembered(world: World, kept: list[Replays], body: bytes) -> None:
    kind = JSON if body.startswith(b"[") else FORM

    for number in range(20):
        signature = {AT: str(int(time.time())), SIGNATURE: f"{number}{LONG}"}
        assert await posted(world, body, signature | kind) == 401
    assert sum(map(len, kept)) == 0
    assert await posted(world, *request_of(world, "help")) == 200
    assert sum(map(len, kept)) == 1


async def test_a_body_that_was_cut_off_keeps_no_request_of_slacks_away(world: World) -> None:
    body, headers = request_of(world, "subscribe iran")
    address = urlsplit(world.url)
    assert isinstance(address.port, int)
    _, writer = await asyncio.open_connection("127.0.0.1", address.port)
    given = headers | {"Host": "bot", "Content-Length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    writer.write(f"POST {address.path!s} HTTP/1.1\r\n{lines}\r\n".encode() + body[:20])
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    await asyncio.sleep(0.1)
    assert await posted(world, body, headers) == 200
    assert world.subscribed() == ["IR"]


@pytest.mark.parametrize(
    "forged",
    [
        {AT: "abc", SIGNATURE: WELL_FORMED},
        {AT: "9" * 5000, SIGNATURE: WELL_FORMED},
        {AT: "٣", SIGNATURE: WELL_FORMED},
        {AT: "-1", SIGNATURE: WELL_FORMED},
        {AT: "", SIGNATURE: WELL_FORMED},
        {AT: "NOW", SIGNATURE: "v0=é"},
        {AT: "NOW", SIGNATURE: f"v0={'é' * 64}"},
        {AT: "NOW", SIGNATURE: WELL_FORMED},
        {AT: "NOW"},
        {SIGNATURE: WELL_FORMED},
        {},
    ],
    ids=str,
)
async def test_a_forged_request_is_refused_and_leaves_one_short_line_in_the_log(
    world: World, forged: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    headers = {name: value.replace("NOW", str(int(time.time()))) for name, value in forged.items()}
    body = urlencode({"command": "planted\n2026-01-01T00:00:00Z [info] word" + "A" * 100_000, "type": "planted"})
    capsys.readouterr()
    assert await posted(world, body.encode(), headers | FORM) == 401
    logged = "".join(capsys.readouterr())
    assert "a request is not signed by Slack" in logged
    assert len(logged.splitlines()) == 1
    assert len(logged) < 200
    assert "planted" not in logged


@pytest.mark.parametrize("body", ["ssl_check=1", "ssl_check=1&token=legacy", "token=legacy&ssl_check=1"])
async def test_slacks_look_at_the_certificate_comes_unsigned_and_is_answered(world: World, body: str) -> None:
    assert await posted(world, body.encode(), FORM) == 200


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("ssl_check=1&command=%2Fattribution&text=subscribe+iran", {}),
        ("ssl_check=1&payload=%7B%7D", {}),
        ("ssl_check=0", {}),
        ("ssl_check=1&ssl_check=1", {}),
        ("token=legacy", {}),
        (f"ssl_check=1&token={'x' * 1000}", {}),
        ("ssl_check=1", {SIGNATURE: "x", AT: "1"}),
        ("ssl_check=1", {SIGNATURE: WELL_FORMED}),
    ],
)
async def test_what_only_poses_as_a_look_at_the_certificate_is_refused(
    world: World, body: str, headers: dict[str, str]
) -> None:
    assert await posted(world, body.encode(), FORM | headers) == 401
    assert world.subscribed() == []


async def test_a_look_of_unknown_length_is_refused_unread(world: World) -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield b"ssl_check=1"

    assert world.url is not None
    async with aiohttp.ClientSession() as session, session.post(world.url, data=drip(), headers=FORM) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("[]", JSON),
        ("5", JSON),
        ("null", JSON),
        ("{broken", JSON),
        ("[" * 100_000, JSON),
        ('{"event": ' * 50_000, JSON),
        ('{"authorizations": 5}', JSON),
        ('{"team": 5}', JSON),
        ("payload=[1]", FORM),
        ("payload=5", FORM),
        ("payload={broken", FORM),
        (f"payload={'[' * 100_000}", FORM),
    ],
    ids=lambda one: str(one)[:24],
)
async def test_what_is_signed_and_cannot_be_read_is_a_bad_request_without_a_traceback(
    world: World, body: str, kind: dict[str, str], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert await posted(world, *signed_request(world, body, kind)) == 400
    logged = "".join(capsys.readouterr()) + caplog.text
    assert "a request of Slack's cannot be read" in logged
    assert "Traceback" not in logged
    assert len(logged) < 1000


async def test_what_is_logged_of_a_failed_answer_is_short_however_long_its_command(world: World) -> None:
    with connect(f"sqlite:///{world.database}") as db:
        run(db, "update claims set claim = 'broken'")
    body, headers = request_of(world, "iran")
    longer = body.decode().replace("command=", f"command={'x' * 100_000}")
    with capture_logs() as logged:
        await posted(world, *signed_request(world, longer))
        assert await posted(world, body, headers) == 200
    kinds = [one["kind"] for one in logged if one["event"] == "an answer failed"]
    assert kinds
    assert max(map(len, kinds)) <= LONGEST_KIND
