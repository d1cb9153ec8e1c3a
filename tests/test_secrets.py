"""No secret in a log, an error, a number or an answer: every secret is a planted word, everything fails, and all that
came out is searched."""

import asyncio
import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import aiohttp
import pytest
import structlog
from cryptography.fernet import Fernet
from pydantic import SecretStr

from attribution.model import Feed, Publisher
from bot import config, log, paths
from bot.cards import notice
from bot.cli import cli
from bot.config import ConfigError, Settings
from bot.log import HIDDEN, LONGEST, hider
from bot.run import prepare
from bot.tokens import Vault
from storage import feeds, installs, outbox
from storage.channels import Channel, put
from storage.db import connect, run
from storage.installs import Install
from storage.outbox import Message, Op
from tests.slack import LocalSlack
from tests.test_app import free_port, listening

ROOT = Path(__file__).parents[1]
WORD = "cAnArY"
KEY = Fernet.generate_key().decode()
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
LOGIN = f"operator:{WORD}-login"
# A password that JSON, Python and addresses each write in a way of their own.
ODD = f'{WORD}-pa"ss\\word1'
PROXY_LOGIN = f"operator:{ODD}"
# One workspace, its own tokens; and many, whose tokens are in the database.
ONE = {
    "SLACK_BOT_TOKEN": f"xoxb-{WORD}-bot",
    "SLACK_APP_TOKEN": f"xapp-{WORD}-app",
    "SLACK_SIGNING_SECRET": f"{WORD}-signing",
}
MANY = {
    "SLACK_CLIENT_ID": "1.2",
    "SLACK_CLIENT_SECRET": f"{WORD}-client",
    "SLACK_SIGNING_SECRET": f"{WORD}-signing",
    "TOKEN_KEY": KEY,
    "PUBLIC_URL": "https://bot.example.org",
}
SECRET = [name.upper() for name, one in Settings.model_fields.items() if "SecretStr" in str(one.annotation)]
Started = subprocess.Popen[str]


def unseen(text: str, what: str = "") -> None:
    """Fails where a planted word, or a part of the key, is in a text."""
    lines = [line for line in text.splitlines() if WORD in line or KEY[:12] in line]
    assert lines == [], what


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A database in which a feed with a password in its address is due, and messages that Slack will refuse."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    with connect(url) as db:
        prepare(db, datetime.now(UTC), slack=True)
        run(db, "update feeds set next_poll_at = '2999-01-01T00:00:00Z'")
        address = f"http://{LOGIN}@feeds.example.org/feed.xml"
        feeds.put(db, [(Feed(id="added-secretive", publisher=Publisher(name="Own"), url=address), None)])
        for number in range(4):
            put(db, Channel(tenant=f"T{number}", id=f"C{number}", created_at=NOW))
            one = Message(
                tenant=f"T{number}",
                key=f"k{number}",
                channel=f"C{number}",
                op=Op.POST,
                payload=notice("Hello"),
                due_at=NOW,
            )
            outbox.put(db, one, NOW)
        vault, other = Vault([KEY]), Vault([Fernet.generate_key().decode()])
        for tenant, locked in (("T0", vault), ("T1", vault), ("T2", other)):
            token, refresh = locked.locked(f"xoxe.xoxb-{WORD}-{tenant}"), locked.locked(f"xoxe-{WORD}-{tenant}")
            installs.put(
                db,
                Install(tenant=tenant, enterprise="", token=token, refresh=refresh, expires_at=NOW, installed_at=NOW),
            )
    return url


def environment(database: str, slack: LocalSlack | None = None, /, **settings: str) -> dict[str, str]:
    over = {
        "DATABASE_URL": database,
        "PYTHONPATH": str(ROOT),
        "FEEDS_PROXY": f"http://{PROXY_LOGIN}@127.0.0.1:{free_port()}",
    }
    over |= {"SLACK_API_URL": slack.url} if slack else {}
    clean = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    return clean | over | settings


@pytest.fixture
def started() -> Iterator[list[Started]]:
    running: list[Started] = []
    yield running
    for one in running:
        one.kill()
        one.communicate()


def begun(started: list[Started], given: dict[str, str], folder: Path) -> Started:
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], env=given, cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    started.append(bot)
    return bot


async def told(port: int) -> str:
    pages = []
    async with aiohttp.ClientSession() as session:
        for path in (paths.ALIVE, paths.READY, paths.METRICS):
            async with session.get(f"http://127.0.0.1:{port}{path}") as answer:
                pages.append(await answer.text())
    return "\n".join(pages)


@pytest.mark.parametrize("form", ["plain", "json"])
@pytest.mark.parametrize("settings", [ONE, MANY], ids=["one", "many"])
async def test_a_bot_whom_everything_fails_tells_no_secret(
    database: str, tmp_path: Path, started: list[Started], settings: dict[str, str], form: str
) -> None:
    port, health = free_port(), free_port()
    async with LocalSlack(paced=False) as slack:
        for method in ("chat.postMessage", "apps.connections.open", "oauth.v2.access"):
            for how in ("500", "html", "text", "reset", "invalid_auth"):
                slack.next(method, how)
        ports = {"PORT": str(port), "HEALTH_PORT": str(health), "LOG_FORMAT": form}
        bot = begun(started, environment(database, slack, **settings, **ports), tmp_path)
        await listening(health)
        await listening(port)
        await slack.called("chat.postMessage" if settings is ONE else "oauth.v2.access", 2, within=15)
        async with aiohttp.ClientSession() as session:
            forged = {"X-Slack-Request-Timestamp": "1", "X-Slack-Signature": f"v0={WORD}"}
            async with session.post(f"http://127.0.0.1:{port}/slack/events", data=WORD, headers=forged) as answer:
                assert answer.status == 401
        await asyncio.sleep(2)  # until the feed, too, has failed
        unseen(await told(health), "what a monitor is told")
        bot.send_signal(signal.SIGTERM)
        out, complaints = await asyncio.to_thread(bot.communicate, timeout=15)
    unseen(out + complaints, "the log")
    assert "polled" in complaints
    assert "not delivered" in complaints or "a token could not be renewed" in complaints
    if form == "json":
        lines = [json.loads(line) for line in complaints.splitlines()]
        assert {"event", "level", "timestamp"} <= set.intersection(*(set(line) for line in lines))
        assert any(line.get("feed") == "added-secretive" for line in lines)
        if settings is ONE:
            assert any(line.get("tenant") == "T0" and line.get("channel") == "C0" for line in lines)
    shown = command(["status"], environment(database, **settings), tmp_path)
    assert "secretive fails" in shown
    unseen(shown, "status")


def command(words: list[str], given: dict[str, str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bot", *words],
        env=given, cwd=folder, text=True, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


@pytest.mark.parametrize("settings", [ONE, MANY | {"PORT": "3999"}], ids=["one", "many"])
async def test_doctor_tells_no_secret(database: str, tmp_path: Path, settings: dict[str, str]) -> None:
    async with LocalSlack() as slack:
        given = environment(database, slack, **settings)
        shown = await asyncio.to_thread(command, ["doctor"], given, tmp_path)
    assert "FAULT" in shown
    unseen(shown, "doctor")


def test_poll_tells_no_secret(database: str, tmp_path: Path) -> None:
    asked = ["poll", "--feed", f"http://{LOGIN}@127.0.0.1:{free_port()}/feed.xml", "--feed", "added-secretive"]
    for proxy in ("", f"http://{PROXY_LOGIN}@127.0.0.1:{free_port()}"):
        unseen(command(asked, environment(database, **ONE) | {"FEEDS_PROXY": proxy}, tmp_path), "poll")


@pytest.mark.parametrize("name", ["--help", *(f"{name} --help" for name in sorted(cli.commands))])
def test_help_shows_no_setting(name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    for setting in SECRET:
        monkeypatch.setenv(setting, f"xoxb-{WORD}")
    with pytest.raises(SystemExit):
        cli(name.split())
    unseen(capsys.readouterr().out)


@pytest.mark.parametrize("command_name", ["run", "doctor", "status", "poll", "migrate"])
def test_settings_that_cannot_be_used_are_named_and_not_shown(tmp_path: Path, command_name: str) -> None:
    wrong = dict.fromkeys(SECRET, f"{WORD}-nothing-of-the-kind")
    wrong |= dict.fromkeys(("FEEDS_PROXY", "SLACK_API_URL", "PUBLIC_URL"), f"socks5://{LOGIN}@127.0.0.1")
    wrong |= {"DATABASE_URL": f"postgresql://{LOGIN}@127.0.0.1/db"}
    shown = command([command_name], environment("", **wrong), tmp_path)
    assert "SLACK_BOT_TOKEN" in shown
    assert "Traceback" not in shown
    unseen(shown, command_name)


@pytest.mark.parametrize(
    "address", [f"http://[{LOGIN}@proxy", f"socks5://o:{WORD}/x@proxy", f"http://{LOGIN}@", f"{LOGIN}@proxy"]
)
def test_an_address_that_is_none_shows_no_login(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEEDS_PROXY", address)
    with pytest.raises(ConfigError) as caught:
        config.load()
    unseen(str(caught.value))


def test_settings_show_no_secret_however_they_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (ONE | MANY | {"FEEDS_PROXY": f"http://{LOGIN}@proxy:3128", "PORT": "3000"}).items():
        monkeypatch.setenv(name, value)
    found = config.load()
    many = config.oauth(found.model_copy(update={"slack_bot_token": None, "slack_app_token": None}))
    unseen(f"{found} {found!r} {many!r}")


def test_every_secret_of_the_settings_is_hidden_in_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (ONE | MANY | {"FEEDS_PROXY": f"http://o:{WORD}%2Bx@proxy:3128"}).items():
        monkeypatch.setenv(name, value)
    found = config.load()
    held = [one.get_secret_value() for _, one in found if isinstance(one, SecretStr)]
    assert len(held) == len(SECRET)
    hide = hider(config.secrets(found))
    for one in (*held, f"{WORD}%2Bx", f"{WORD}+x"):
        assert hide(f"before {one} after") == f"before {HIDDEN} after"


@pytest.mark.parametrize(
    "secret",
    [
        f"xoxb-1-{WORD}", f"xoxe.xoxb-1-{WORD}", f"xoxe-1-{WORD}", f"xapp-1-{WORD}", f"xoxp-{WORD}",
        f"wss://x.slack.com/link?ticket={WORD}", f"gAAAAABn{WORD}_{'x' * 64}==",
    ],
)  # fmt: skip
def test_what_looks_like_a_secret_is_hidden_wherever_it_stands(secret: str) -> None:
    hidden = hider()(f"SlackApiError(token={secret!r})")
    assert secret not in hidden
    assert WORD not in hidden
    assert hidden.startswith("SlackApiError(token='[hidden]")


@pytest.fixture
def logging_again() -> Iterator[None]:
    """Logging as it is set up here ends with the test."""
    root, hook = logging.getLogger(), sys.excepthook
    kept, level = root.handlers, root.level
    yield
    root.handlers, sys.excepthook = kept, hook
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (f"posting to https://hooks.slack.com/commands/T0/1/{WORD} failed", f"posting to https://{HIDDEN} failed"),
        (f"'https://hooks.slack-gov.com/actions/T0/1/{WORD}'", f"'https://{HIDDEN}'"),
        (f'{{"response_url": "https:\\/\\/hooks.slack.com\\/app\\/T0\\/{WORD}"}}', None),
        (f"response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT0%2F{WORD}&text=iran", None),
        (f"GET /slack/oauth_redirect?code=1.2.{WORD}&state=x", f"GET /slack/oauth_redirect?code={HIDDEN}&state=x"),
        (f"<https://bot.example.org/slack/oauth_redirect?state=x&code=1.2.{WORD}>", None),
        (f"http://operator:p@{WORD}@proxy:3128/", f"http://{HIDDEN}proxy:3128/"),
        (f"token_xoxb-1-{WORD} nxoxe-1", f"token_{HIDDEN} nxoxe-1"),
    ],
)
def test_what_lets_its_bearer_speak_or_in_is_hidden(line: str, left: str | None) -> None:
    hidden = hider()(line)
    unseen(hidden)
    assert HIDDEN in hidden
    assert left in (None, hidden)


def test_what_is_no_secret_is_left_alone() -> None:
    line = (
        "polled feed=gb-ncsc url=https://www.example.org/a@b?x=1&zip-code=7 user=@ada channel=C0123 xoxo"
        ' at hooks.slack.com: "trouble" code=invalid_auth \\n'
    )
    assert hider(["short", 'quo"ted'])(line) == line


ODD_SECRETS = [ODD, f"{WORD} pässwört\n€😀", f"{WORD}\\\\", f'it\'s "{WORD}"', f"\\{WORD}\\n", f"100%{WORD}/+&=?#"]


WRITERS: list[Callable[[str], str]] = [
    str,
    repr,
    ascii,
    json.dumps,
    quote,
    quote_plus,
    lambda one: repr(one.encode()),
    lambda one: repr(f"'\"{one}"),
    lambda one: json.dumps(one, ensure_ascii=False),
    lambda one: re.sub("%..", lambda byte: byte[0].lower(), quote(one, safe="")),
]


@pytest.mark.parametrize("secret", ODD_SECRETS)
def test_a_secret_is_hidden_however_it_is_written(secret: str) -> None:
    hide = hider([secret])
    for first, second in product(WRITERS, repeat=2):
        written = second(first(secret))
        assert WORD not in hide(written), written


@pytest.mark.parametrize("form", ["plain", "json"])
@pytest.mark.parametrize("secret", ODD_SECRETS)
def test_no_line_of_a_log_shows_a_secret_that_has_to_be_escaped(logging_again: None, form: str, secret: str) -> None:
    seen = io.StringIO()
    logging.getLogger().handlers = []
    with redirect_stderr(seen):
        log.configure(form, [secret])
        logger = structlog.get_logger()
        logger.info(f"said {secret}", password=secret, deep={secret: [(secret, {"a": secret.encode()})]})
        logger.info("said", object=ValueError(secret), quoted=repr({"password": secret}), count=3, none=None)
        logging.getLogger("library").error("theirs %s %r", secret, [secret])
        try:
            raise LookupError({"password": secret})
        except LookupError:
            logger.exception("ours")
            logging.getLogger("library").exception("theirs")
    unseen(seen.getvalue())
    assert seen.getvalue().count(HIDDEN) >= 10
    if form == "json":
        lines: list[Any] = [json.loads(line) for line in seen.getvalue().splitlines()]
        assert len(lines) == 5
        assert lines[0]["password"] == HIDDEN
        assert (lines[1]["count"], lines[1]["none"]) == (3, None)


@pytest.mark.parametrize("form", ["plain", "json"])
def test_what_a_stranger_sent_makes_no_line_of_a_log_longer_than_some_tracebacks(
    logging_again: None, form: str
) -> None:
    seen = io.StringIO()
    logging.getLogger().handlers = []
    secret = f"{WORD}-{'x' * 40}"
    with redirect_stderr(seen):
        log.configure(form, [secret])
        try:
            raise ValueError("sent " * 200_000)
        except ValueError as error:
            structlog.get_logger().exception("ours", error=error)
        structlog.get_logger().info("ours", long="." * (LONGEST // 2 - 10) + secret + "." * LONGEST)
    text = seen.getvalue()
    assert len(text) < 4 * LONGEST
    assert "Traceback (most recent call last)" in text, "where it happened is said"
    unseen(text, "a secret is hidden before it may be cut in two")


@pytest.mark.parametrize("form", ["plain", "json"])
def test_tracebacks_of_ours_of_libraries_and_of_the_end_hold_no_secret(logging_again: None, form: str) -> None:
    seen = io.StringIO()
    logging.getLogger().handlers = []  # pytest's own, which keep a program's from being set up
    with redirect_stderr(seen):
        log.configure(form, [f"{WORD}-signing"])
        log.bind({"tenant": "T1", "channel": None})
        token = f"xoxb-{WORD}"
        try:
            raise RuntimeError(f"{token} {WORD}-signing")
        except RuntimeError as error:
            structlog.get_logger().exception("ours", signing=f"{WORD}-signing")
            logging.getLogger("library").exception("theirs %s", token)
            sys.excepthook(type(error), error, error.__traceback__)
    text = seen.getvalue()
    unseen(text)
    assert text.count("Traceback") == 3
    assert text.count("test_secrets.py") == 3, "where it happened is said"
    if form == "json":
        lines: list[Any] = [json.loads(line) for line in text.splitlines()]
        assert [line["level"] for line in lines] == ["error", "error", "critical"]
        assert [line["tenant"] for line in lines] == ["T1"] * 3
