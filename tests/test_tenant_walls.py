"""One workspace never sees nor changes what is another's: two, with the same ids and marked words in every table that
the schema has, and all that can be typed, pressed, chosen and submitted in the first."""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlite_utils import Database

from attribution.model import Feed, Found, Publisher
from bot import commands, marks
from bot.deliver import deliver
from bot.manifest import SCOPES
from bot.shortcut import READ
from bot.slack import open_slack
from bot.tools import open_tools
from feeds.guard import public_only
from storage import feeds, schema
from storage.db import connect, rows, run
from tests.card_samples import UK_CONDEMNS
from tests.slack import Answer, LocalSlack
from tests.stocked import STATEMENTS, stock, store
from tests.test_app import World, served

MINE, THEIRS = "T0LOCAL", "T0OTHER"
MARK = {MINE: "ownword", THEIRS: "canary"}
CASE = "2022-17"
STAMP = "2022-09-08T10:00:00Z"
TYPED = (
    "", "iran", "mentions:yes", f"case:{CASE}", '"canary"', '"ownword"', "stats", "stats iran", "help", "help list",
    "list", "feeds", "status", "digest",
    "digest now", "digest weekly tue 10:00 UTC", "threads off", "settings", "subscribe iran",
    "feed pause https://canary.example.com/feed", "feed resume https://canary.example.com/feed",
    "feed remove https://canary.example.com/feed", "feed add https://canary.example.com/feed",
    "feed remove own-canary", "unsubscribe iran", 'unsubscribe "canary"', "unsubscribe", "digest off", "list",
    "unsubscribe all", "status",
)  # fmt: skip
MOST_PRESSED = 150
Json = dict[str, Any]


def tables(column: str) -> list[str]:
    """The tables of a new database that have a column of this name."""
    db = Database(memory=True)
    schema.migrate(db)
    names = [found["name"] for found in rows(db, "select name from sqlite_master where type = 'table'")]
    found = [name for name in names if any(one["name"] == column for one in columns_of(db, name))]
    db.close()
    return found


def columns_of(db: Database, table: str) -> list[Json]:
    return rows(db, "select * from pragma_table_info(:name)", name=table)


# Generated from the schema: a column that is not named here holds a marked word, a table that is new has one, too.


def value(tenant: str, table: str, column: Json, channel: str, user: str) -> Any:
    """What a column holds in a tenant's row: ids as the other tenant has them, where anything can be said a mark."""
    name, mark = str(column["name"]), f"{MARK[tenant]}-{table}-{column['name']}"
    alike = {
        "tenant": tenant, "channel": channel, "case_id": CASE, "number": 1, "state": "open", "op": "post",
        "zone": "UTC", "digest_time": "09:00", "query": f'"{mark}"', "corrections": json.dumps([[STAMP, mark]]),
        "payload": json.dumps({"text": mark}), "kind": "wrong_accused", "claim": 1, "link": "https://example.org/x",
        "digest_week": "2022-W36", "refresh": None, "undone_at": None, "undone_by": None, "opened_by": 1,
        "created_by": user,
    }  # fmt: skip
    own = {("channels", "id"): channel, ("outbox", "state"): "dead", ("feedback", "instead"): "RU"}
    if (table, name) in own:
        return own[table, name]
    if name in alike:
        return alike[name]
    if name == "at" or name.endswith("_at") or name == "until":
        return STAMP
    return mark if str(column["type"]).lower() == "text" else 1


def fill(db: Database, tenant: str, channel: str, user: str) -> None:
    run(db, "pragma foreign_keys = off")
    for table in tables("tenant"):
        columns = columns_of(db, table)
        values = {str(one["name"]): value(tenant, table, one, channel, user) for one in columns}
        if table == "outbox":
            values["seq"] = len(rows(db, "select 1 from outbox")) + 1
        names = ", ".join(values)
        run(db, f"insert into {table} ({names}) values ({', '.join(f':{name}' for name in values)})", **values)
    run(db, "pragma foreign_keys = on")
    mark = MARK[tenant]
    own = Feed(
        id=f"own-{mark}", publisher=Publisher(name=f"{mark}-feed"), url=f"https://{mark}.example.com/feed", owner=tenant
    )
    feeds.put(db, [(own, None)])
    store(db, reported(tenant))


def reported(tenant: str) -> Found:
    """What a workspace's own feed was found to say."""
    mark = MARK[tenant]
    claim = replace(UK_CONDEMNS.claim, quote=f"{mark}-quote says it", attributed_by=frozenset())
    return replace(
        UK_CONDEMNS, claim=claim, case=None, owner=tenant, title=f"{mark}-title", url=f"https://{mark}.example.com/post"
    )


def owned_by(db: Database, tenant: str) -> dict[str, list[Json]]:
    """All that a tenant has, table by table."""
    own = {name: rows(db, f"select * from {name} where tenant = :tenant", tenant=tenant) for name in tables("tenant")}
    more = {name: rows(db, f"select * from {name} where owner = :tenant", tenant=tenant) for name in tables("owner")}
    return own | more


# All that somebody can do


@dataclass(slots=True, kw_only=True)
class Visitor:
    """Somebody who types, presses and submits whatever there is, and notes what is shown."""

    world: World
    shown: list[Any] = field(default_factory=list)
    done: set[tuple[str, str, str]] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    async def take(self, answer: Answer, what: str) -> None:
        """Notes an answer and presses all that is in it."""
        if answer.failure:
            self.failures.append(f"{what}: {answer.failure}")
        for message in answer.messages:
            self.shown.append(message)
            await self.press_all(message)
        await self.windows()

    async def windows(self) -> None:
        space = self.world.slack.space
        for view in [*space.views.values(), *space.homes.values()]:
            await self.press_all(view)
            if view.get("callback_id") and view.get("submit") and self.new("submit", view["callback_id"], ""):
                sent = await self.world.slack.submit(view, filled(view), user=self.world.user, url=self.world.url)
                await self.take(sent, f"submit {view['callback_id']}")

    async def press_all(self, content: Json) -> None:
        for one in elements(content):
            if self.new(content.get("type", "message"), one["action_id"], one.get("value", "")):
                chosen = choice(one, self.world.channel)
                values = filled(content) if "callback_id" in content else None
                pressed = await self.world.slack.click(
                    content, one["action_id"], user=self.world.user, channel=self.world.channel, chosen=chosen,
                    values=values, url=self.world.url,
                )  # fmt: skip
                await self.take(pressed, f"press {one['action_id']}")

    def new(self, *what: str) -> bool:
        if what in self.done or len(self.done) > MOST_PRESSED:
            return False
        self.done.add((what[0], what[1], what[2]))
        return True


def elements(content: Json) -> Iterator[Json]:
    """All that can be used in a message or a window."""
    for block in content.get("blocks", []):
        for one in (*block.get("elements", []), block.get("accessory", {}), block.get("element", {})):
            if one.get("action_id") and not one.get("url"):
                yield one


def choice(element: Json, channel: str) -> Json:
    """What an element then holds."""
    match element["type"]:
        case "static_select" | "external_select" | "radio_buttons":
            chosen = element.get("initial_option") or (element.get("options") or [{}])[0]
            return {"selected_option": chosen}
        case "checkboxes":
            return {"selected_options": element.get("options", [])}
        case "conversations_select":
            return {"selected_conversation": channel}
        case "timepicker":
            return {"selected_time": element.get("initial_time")}
        case "plain_text_input":
            return {"value": element.get("initial_value") or "Russia"}
    return {}


def filled(view: Json) -> Json:
    """What the fields of a window hold when it is submitted."""
    inputs = [block for block in view["blocks"] if block["type"] == "input"]
    return {
        block["block_id"]: {
            block["element"]["action_id"]: {"type": block["element"]["type"]} | choice(block["element"], "C0")
        }
        for block in inputs
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of it: all words shown or sent, the other tenant's rows before and after, and what failed."""

    words: str
    before: dict[str, list[Json]]
    after: dict[str, list[Json]]
    pressed: frozenset[str]
    failures: list[str]


async def visited(folder: Path) -> Seen:
    database = folder / "test.db"
    async with LocalSlack(paced=False) as slack:
        slack.space.scopes = set(SCOPES)
        with connect(f"sqlite:///{database}") as db:
            stock(db, STATEMENTS)
        async with served(slack, database) as world:
            admin = replace(world, user=slack.user("alan", admin=True))
            with connect(f"sqlite:///{database}") as db:
                for tenant in (MINE, THEIRS):
                    fill(db, tenant, world.channel, admin.user)
                before = owned_by(db, THEIRS)
            visitor = Visitor(world=admin)
            await visit(visitor)
            async with open_slack(slack.bot_token, slack.url, pace=0) as far, tools_of(database) as tools:
                await deliver(tools, far, datetime.now(UTC), MINE)
            with connect(f"sqlite:///{database}") as db:
                after = owned_by(db, THEIRS)
        sent = [call.args for call in slack.calls]
        words = json.dumps([visitor.shown, sent, slack.space.views, slack.space.homes], default=str)
        pressed = frozenset(f"{kind} {name}" for kind, name, _ in visitor.done)
        return Seen(words=words, before=before, after=after, pressed=pressed, failures=visitor.failures)


@asynccontextmanager
async def tools_of(database: Path) -> Any:
    async with open_tools(f"sqlite:///{database}", public_only) as tools:
        yield tools


async def visit(visitor: Visitor) -> None:
    world = visitor.world
    await home(visitor)
    for text in TYPED:
        await visitor.take(await world.slash(text), f"type {text}")
    buttons = [marks.details(CASE), marks.report(CASE), marks.button(marks.SHOW, "Show", CASE)]
    await visitor.press_all({"blocks": [{"type": "actions", "elements": buttons}]})
    message = {"text": "The UK condemns Iran for its cyber attack on Albania.", "ts": "1.2", "user": world.user}
    read = await world.slack.shortcut(READ, message, channel=world.channel, user=world.user, url=world.url)
    await visitor.take(read, "shortcut")
    await asyncio.sleep(0.5)  # what is shown later, in windows
    await visitor.windows()
    await home(visitor)


async def home(visitor: Visitor) -> None:
    event = {"type": "app_home_opened", "user": visitor.world.user, "channel": "D0", "tab": "home"}
    await visitor.take(await visitor.world.slack.event(event), "home")
    await asyncio.sleep(0.5)
    await visitor.windows()


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    with tempfile.TemporaryDirectory() as folder:
        yield asyncio.run(visited(Path(folder)))


def test_all_that_can_be_typed_is_typed() -> None:
    kinds = {type(commands.parse_command(text, date(2022, 9, 9))) for text in TYPED}
    assert kinds == set(get_args(commands.Command))


def test_the_visit_went_through_the_windows_and_met_no_failure(seen: Seen) -> None:
    assert seen.failures == []
    assert "Something went wrong" not in seen.words
    assert sum(one.startswith("submit ") for one in seen.pressed) >= 2
    assert len(seen.pressed) >= 10


@pytest.mark.parametrize("table", [*tables("tenant"), *tables("owner")])
def test_no_word_of_another_workspaces_row_is_shown(seen: Seen, table: str) -> None:
    assert seen.before[table], f"{table} has nothing of the other workspace: fill it"
    own = [str(one) for found in seen.before[table] for one in found.values() if "canary" in str(one)]
    typed = {"canary", "https://canary.example.com/feed", "own-canary"}  # what the visitor typed comes back
    assert [one for one in own if one not in typed and one.strip('"') in seen.words] == []
    assert f"canary-{table}" not in seen.words
    assert not any(word in seen.words for word in ("canary-feed", "canary-title", "canary-quote"))


@pytest.mark.parametrize("table", [*tables("tenant"), *tables("owner")])
def test_no_row_of_another_workspace_is_changed(seen: Seen, table: str) -> None:
    assert seen.after[table] == seen.before[table]


@pytest.mark.parametrize(
    "word", ["ownword-subscriptions-query", "ownword.example.com", "ownword-quote", "ownword-channels-paused_why"]
)
def test_the_visitor_does_see_what_is_the_own_workspaces(seen: Seen, word: str) -> None:
    assert word in seen.words
