"""`make oauth-e2e`: the real bot process is installed in npm's `emulate`, a Slack of somebody else's making.

What `emulate` 0.12 lacks, this plays itself, signed as Slack signs it: slash commands and the event app_uninstalled.
Methods that read want to be asked by POST there, by GET as well at Slack, which is how slack_sdk asks: a relay between
the two turns one into the other. It knows one workspace, tokens that never expire, and no organisations, so renewing
and Enterprise Grid are held by the tests beside the local Slack alone.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web
from cryptography.fernet import Fernet

from bot import paths
from bot.cards import notice
from bot.run import prepare
from storage import channels, installs, outbox, tenants
from storage.db import connect, row, rows, run, transaction
from storage.outbox import Message, Op
from tests.slack.signing import signed
from tests.test_app import free_port, listening

HERE = Path(__file__).parent
NODE = HERE / "node_modules" / ".bin" / "node"
EMULATE = HERE / "node_modules" / "emulate" / "dist" / "index.js"
CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET, PERSON = "111.222", "e2e-client-secret", "e2e-signing-secret", "xoxp-ada"
WITHIN = 15.0  # seconds for what the bot does by itself
Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`api`: where emulate answers; `site`: where the bot does."""

    api: str
    site: str
    database: str
    bot: subprocess.Popen[str]
    session: aiohttp.ClientSession

    async def ask(self, method: str, **args: str) -> Json:
        """A person asks Slack."""
        headers = {"Authorization": f"Bearer {PERSON}"}
        async with self.session.post(f"{self.api}/api/{method}", json=args, headers=headers) as said:
            answer: Json = await said.json()
        assert answer["ok"], (method, answer)
        return answer

    async def tell(self, body: str, kind: str) -> Json:
        """Slack tells the bot."""
        headers = {"Content-Type": kind} | signed(SIGNING_SECRET, body, time.time())
        async with self.session.post(self.site + paths.SLACK, data=body, headers=headers) as said:
            assert said.status == 200, await said.text()
            text = await said.text()
        return json.loads(text) if text.startswith("{") else {"text": text}

    async def until(self, holds: Callable[[], Any], what: str) -> Any:
        """Waits for what the bot does by itself."""
        for _ in range(int(WITHIN / 0.1)):
            if found := holds():
                return found
            await asyncio.sleep(0.1)
        raise TimeoutError(what)

    def of(self, sql: str, **values: Any) -> Json | None:
        """One row of the bot's database."""
        with connect(self.database) as db:
            return row(db, sql, **values)


def seeded(folder: Path, site: str) -> Path:
    """What emulate begins with."""
    app = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "name": "attribution-bot"}
    slack = {
        "team": {"name": "Emulated", "domain": "emulated"},
        "users": [{"name": "ada", "real_name": "Ada", "email": "ada@example.org", "is_admin": True}],
        "channels": [{"name": "attributions"}],
        "oauth_apps": [app | {"redirect_uris": [site + paths.INSTALLED]}],
        "tokens": [{"token": PERSON, "user": "ada", "type": "user"}],
        "signing_secret": SIGNING_SECRET,
        "strict_scopes": True,
    }
    path = folder / "emulate.json"
    path.write_text(json.dumps({"slack": slack}))
    return path


@asynccontextmanager
async def relay(to: str, session: aiohttp.ClientSession) -> AsyncIterator[str]:
    """An address at which emulate's methods can be asked by GET too."""

    async def pass_on(request: web.Request) -> web.StreamResponse:
        asked = {name: value for name, value in request.headers.items() if name in ("Authorization", "Content-Type")}
        reads = request.method == "GET" and request.path.startswith("/api/")
        how: Json = {"data": dict(request.query)} if reads else {"data": await request.read(), "params": request.query}
        method = "POST" if reads else request.method
        async with session.request(method, to + request.path, headers=asked, allow_redirects=False, **how) as said:
            kept = {name: value for name, value in said.headers.items() if name in ("Content-Type", "Location")}
            return web.Response(status=said.status, body=await said.read(), headers=kept)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", pass_on)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextmanager
def process(command: list[str], folder: Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A process that ends with the test."""
    log = (folder / f"{Path(command[-1]).stem}.log").open("w")
    with subprocess.Popen(
        command, cwd=folder, env=os.environ | environment, text=True, stdout=log, stderr=subprocess.STDOUT
    ) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGTERM)
            started.wait(10)
            log.close()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    slack_port, port = free_port(), free_port()
    api, site = f"http://127.0.0.1:{slack_port}", f"http://127.0.0.1:{port}"
    database = f"sqlite:///{tmp_path / 'e2e.db'}"
    with connect(database) as db:
        prepare(db, datetime.now(UTC), slack=True)
        run(db, "update feeds set next_poll_at = '2999-01-01T00:00:00Z'")
    seed = str(seeded(tmp_path, site))
    emulate = [str(NODE), str(EMULATE), "start", "--service", "slack", "--port", str(slack_port), "--seed", seed]
    settings = {
        "DATABASE_URL": database,
        "PYTHONPATH": str(HERE.parent),
        "SLACK_CLIENT_ID": CLIENT_ID,
        "SLACK_CLIENT_SECRET": CLIENT_SECRET,
        "SLACK_SIGNING_SECRET": SIGNING_SECRET,
        "TOKEN_KEY": Fernet.generate_key().decode(),
        "PUBLIC_URL": site,
        "PORT": str(port),
    }
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session, relay(api, session) as slack:
        with (
            process(emulate, tmp_path),
            process([sys.executable, "-m", "bot", "run"], tmp_path, SLACK_API_URL=f"{slack}/api/", **settings) as bot,
        ):
            await listening(slack_port)
            await listening(port)
            yield World(api=api, site=site, database=database, bot=bot, session=session)
    told = (tmp_path / "run.log").read_text()
    assert "Traceback" not in told
    assert not re.search(r"xox[bpe]-", told)


async def installed(world: World) -> str:
    """Somebody installs the app in a browser; the words of the last page."""
    async with world.session.get(world.site + paths.INSTALL, allow_redirects=False) as begun:
        assert begun.status == 302
        cookie, where = begun.headers["Set-Cookie"].split(";")[0], begun.headers["Location"]
    async with world.session.get(where) as asked:
        form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', await asked.text()))
    form = {name: value.replace("&amp;", "&") for name, value in form.items()}
    async with world.session.post(f"{world.api}/oauth/v2/authorize/callback", data=form, allow_redirects=False) as sent:
        assert sent.status == 302
        back = sent.headers["Location"]
    async with world.session.get(back, headers={"Cookie": cookie}) as page:
        assert page.status == 200
        return await page.text()


def queue(world: World, tenant: str, channel: str, key: str) -> None:
    now = datetime.now(UTC)
    with connect(world.database) as db, transaction(db):
        told = Message(tenant=tenant, key=key, channel=channel, op=Op.POST, payload=notice(key), due_at=now)
        outbox.put(db, told, now)


async def texts(world: World, channel: str) -> list[str]:
    found = await world.ask("conversations.history", channel=channel)
    return [one["text"] for one in found["messages"]]


async def test_install_post_look_up_archive_and_leave(world: World) -> None:
    page = await installed(world)
    assert "attribution-bot is installed in Emulated" in page
    with connect(world.database) as db:
        [install] = installs.every(db)
    assert "xoxb" not in install.token
    tenant = install.tenant

    # A channel subscribes, and the confirmation stands there.
    people = await world.ask("auth.test")
    listed = await world.ask("conversations.list")
    channel = next(one["id"] for one in listed["channels"] if one["name"] == "attributions")
    await world.ask("conversations.invite", channel=channel, users=install.bot_user)
    typed = {"command": "/attribution", "text": "subscribe iran", "team_id": tenant, "channel_id": channel}
    who = {"user_id": people["user_id"], "user_name": "ada", "response_url": "http://127.0.0.1:9/", "trigger_id": "1.1"}
    answer = await world.tell(urlencode(typed | who), "application/x-www-form-urlencoded")
    assert "Subscribed" in answer["text"]
    assert any("This channel now hears of" in text for text in await texts(world, channel))

    # A message is posted; one that nobody knows of whether it arrived is found by its metadata and not sent again.
    queue(world, tenant, channel, "first")
    sent = "select * from outbox where key = :key and state = 'sent'"
    first = await world.until(lambda: world.of(sent, key="first"), "the message was not sent")
    with connect(world.database) as db:
        run(db, "update outbox set state = 'doubt', ts = null, due_at = '2020-01-01T00:00:00Z' where key = 'first'")
    again = await world.until(lambda: world.of(sent, key="first"), "the message was not found")
    assert again["ts"] == first["ts"]
    assert [text for text in await texts(world, channel) if "first" in text] == ["first"]

    # An archived channel is paused, and resumed once it takes messages again.
    await world.ask("conversations.archive", channel=channel)
    queue(world, tenant, channel, "second")
    paused = "select * from channels where paused_why = 'is_archived'"
    await world.until(lambda: world.of(paused), "the channel was not paused")
    await world.ask("conversations.unarchive", channel=channel)
    with connect(world.database) as db:
        channels.try_now(db, tenant, channel, datetime.now(UTC))
    await world.until(lambda: world.of(sent, key="second"), "the message was not sent later")
    assert world.of(paused) is None
    assert "second" in await texts(world, channel)

    # The app is removed, and with it all that is the workspace's.
    event = {"type": "event_callback", "team_id": tenant, "event": {"type": "app_uninstalled"}}
    await world.tell(json.dumps(event | {"event_time": int(time.time()) + 1}), "application/json")
    await world.until(lambda: not world.of("select * from installs"), "nothing was removed")
    with connect(world.database) as db:
        left = {
            name: rows(db, f"select * from {name} where tenant = :tenant", tenant=tenant) for name in tenants.TABLES
        }
    assert not any(left.values()), left
