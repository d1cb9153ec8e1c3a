"""The manifest is what the code needs of Slack, no more and no less, and Slack's own schema takes it."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from attribution.model import Standing
from attribution.read import read
from bot import manifest
from bot.app import PATH
from bot.commands import parse_command
from bot.help import COMMAND
from bot.slack import open_slack
from feeds.catalogue import entry
from feeds.parse import parse
from storage.outbox import Message, Op
from tests.slack import LocalSlack
from tests.slack.schemas import specs

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "slack.md").read_text(encoding="utf-8")
SCHEMA = ROOT.parent / "shared" / "reference" / "slack-manifest" / "manifest.schema.1.0.0.json"
RENEW = ".venv/bin/python -m bot.manifest > manifest.json"
# All that the schema says of what the manifest has; any other key of it would go unchecked here.
KNOWN = {
    "_note",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "uniqueItems",
    "pattern",
    "default",
} | {
    *(
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "$ref",
        "description",
        "title",
        "definitions",
        "$schema",
    ),
    *("_note", "enum"),
}
TYPES: dict[str, Any] = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int}
LENGTHS = {"minLength": "__ge__", "minItems": "__ge__", "maxLength": "__le__", "maxItems": "__le__"}
CLIENT_METHODS = {name for name in vars(AsyncWebClient) if "_" in name.strip("_")} - {"api_call"}
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
Json = dict[str, Any]


def trees() -> Iterator[ast.AST]:
    for path in sorted((ROOT / "bot").glob("*.py")):
        yield ast.parse(path.read_text(encoding="utf-8"))


def called() -> set[str]:
    """The Web API's methods that the bot names anywhere, as Slack writes them."""
    nodes = [node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {node.attr.replace("_", ".") for node in nodes if node.attr in CLIENT_METHODS}


def listened() -> set[str]:
    """The events that the app has a listener of its own for."""
    calls = [node for tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = [call.args[0] for call in calls if ast.unparse(call.func) == "app.event" and call.args]
    return {str(name.value) for name in names if isinstance(name, ast.Constant)}


def problems(value: Any, schema: Json, whole: Json, at: str = "") -> Iterator[str]:
    """What a JSON schema (draft 7, as much of it as Slack's uses here) has against a value."""
    if "$ref" in schema:
        yield from problems(value, whole["definitions"][schema["$ref"].removeprefix("#/definitions/")], whole, at)
        return
    yield from (f"{at}: the schema's {key} is not checked here" for key in schema.keys() - KNOWN)
    if not isinstance(value, TYPES[schema["type"]]):
        yield f"{at}: is no {schema['type']}"
        return
    yield from (f"{at}: {key} {schema[key]}" for key, fits in LENGTHS.items() if not _fits(value, schema, key, fits))
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: is not as {schema['pattern']}"
    if value not in schema.get("enum", [value]):
        yield f"{at}: is none of {schema['enum']}"
    if schema.get("uniqueItems") and len(set(map(str, value))) < len(value):
        yield f"{at}: says one thing twice"
    yield from _inside(value, schema, whole, at)


def _fits(value: Any, schema: Json, key: str, fits: str) -> bool:
    return key not in schema or bool(getattr(len(value), fits)(schema[key]))


def _inside(value: Any, schema: Json, whole: Json, at: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from problems(one, schema["items"], whole, f"{at}/{number}")
    if isinstance(value, dict):
        yield from (f"{at}/{name}: is missing" for name in set(schema.get("required", ())) - value.keys())
        yield from (f"{at}/{name}: is unknown" for name in value.keys() - schema["properties"].keys())
        for name in value.keys() & schema["properties"].keys():
            yield from problems(value[name], schema["properties"][name], whole, f"{at}/{name}")


# The file and Slack's schema


def test_the_file_is_what_the_code_says() -> None:
    held = (ROOT / "manifest.json").read_text(encoding="utf-8")
    assert held == f"{manifest.shown()}\n", f"renew it: {RENEW}"


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's schema of manifests is not on this machine")
@pytest.mark.parametrize("site", [None, "https://bot.example.org"])
def test_slacks_own_schema_takes_the_manifest(site: str | None) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert list(problems(manifest.manifest(site), schema, schema)) == []


def _without_a_name(made: Json) -> None:
    del made["display_information"]["name"]


def _with_an_invented_key(made: Json) -> None:
    made["settings"]["socket_mode"] = True


def _with_a_long_description(made: Json) -> None:
    made["display_information"]["description"] = "x" * 141


def _with_a_command_without_its_slash(made: Json) -> None:
    made["features"]["slash_commands"][0]["command"] = "attribution"


def _with_a_shortcut_of_no_kind(made: Json) -> None:
    made["features"]["shortcuts"][0]["type"] = "channel"


def _with_a_word_for_a_truth(made: Json) -> None:
    made["settings"]["interactivity"]["is_enabled"] = "yes"


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's schema of manifests is not on this machine")
@pytest.mark.parametrize(
    "spoil",
    [
        _without_a_name,
        _with_an_invented_key,
        _with_a_long_description,
        _with_a_command_without_its_slash,
        _with_a_word_for_a_truth,
        _with_a_shortcut_of_no_kind,
    ],
)
def test_the_check_by_schema_finds_what_is_wrong(spoil: Callable[[Json], None]) -> None:
    schema, made = json.loads(SCHEMA.read_text(encoding="utf-8")), manifest.manifest()
    spoil(made)
    assert len(list(problems(made, schema, schema))) == 1


# Scopes and events


@pytest.mark.parametrize("method", sorted(called()))
def test_every_method_that_is_called_has_its_scope(method: str) -> None:
    allowed_by = specs()[method].scopes
    assert not allowed_by or allowed_by & manifest.SCOPES.keys(), f"{method} needs one of {sorted(allowed_by)}"


def test_the_methods_of_sending_and_looking_up_are_seen() -> None:
    assert called() >= {"chat.postMessage", "chat.update", "chat.delete", "conversations.history", "auth.test"}


def test_no_scope_is_asked_for_that_no_method_needs() -> None:
    needed = {scope for method in called() for scope in specs()[method].scopes}
    assert set(manifest.SCOPES) <= needed | {"commands"}


def test_what_the_bot_cannot_do_without_is_never_optional() -> None:
    scopes = manifest.manifest()["oauth_config"]["scopes"]
    assert set(scopes["bot"]) - set(scopes["bot_optional"]) == {"commands", "chat:write"}
    assert set(scopes["bot_optional"]) < set(scopes["bot"])


@pytest.mark.parametrize("kind", ["public", "private"])
async def test_with_these_scopes_a_message_is_sent_changed_and_found_again(kind: Any) -> None:
    async with LocalSlack(paced=False) as slack:
        slack.space.scopes = set(manifest.SCOPES)
        channel = slack.channel("alerts", kind)
        card = Message(tenant="T", key="k", channel=channel, op=Op.POST, payload={"text": "news"}, due_at=NOW)
        async with open_slack(slack.bot_token, slack.url, pace=0) as far:
            sent = await far.send(card)
            found = await far.look_up(card)
        assert (sent.tried.code, found and found.ts) == (None, sent.ts)
        assert slack.refusals == []


def test_every_event_that_is_listened_to_is_subscribed_and_no_other() -> None:
    assert listened() == {*manifest.EVENTS, *manifest.OF_ORGANISATIONS}


# What people see


def test_every_form_of_the_usage_hint_is_a_command() -> None:
    command = manifest.manifest()["features"]["slash_commands"][0]
    assert command["command"] == COMMAND
    for form in command["usage_hint"].split(" | "):
        parse_command(form, date(2026, 1, 5))


def test_over_http_every_address_is_the_one_that_the_bot_listens_at() -> None:
    made = manifest.manifest("https://bot.example.org/")
    addresses = {made["features"]["slash_commands"][0]["url"], made["settings"]["interactivity"]["request_url"]}
    assert addresses == {"https://bot.example.org/slack/events"}
    assert made["settings"]["socket_mode_enabled"] is False
    assert made["oauth_config"]["redirect_urls"] == ["https://bot.example.org/slack/oauth_redirect"]
    assert made["settings"]["event_subscriptions"]["request_url"] == "https://bot.example.org/slack/events"


def test_over_http_alone_the_app_can_be_installed_for_a_whole_organisation() -> None:
    over_http, by_socket = manifest.manifest("https://bot.example.org")["settings"], manifest.manifest()["settings"]
    assert (over_http["org_deploy_enabled"], by_socket["org_deploy_enabled"]) == (True, False)
    assert set(manifest.OF_ORGANISATIONS) <= set(over_http["event_subscriptions"]["bot_events"])
    assert not set(manifest.OF_ORGANISATIONS) & set(by_socket["event_subscriptions"]["bot_events"])


# What docs/slack.md says


def test_the_guide_gives_each_scope_with_its_reason_and_no_other() -> None:
    rows = re.findall(r"^\| `([a-z:]+)`( \(optional\))? \| (.+?) \| (.+?) \|$", GUIDE, re.MULTILINE)
    assert {name: reason for name, _, reason, _ in rows} == {
        name: scope.reason.replace(COMMAND, f"`{COMMAND}`") for name, scope in manifest.SCOPES.items()
    }
    assert [name for name, optional, *_ in rows if optional] == list(manifest.OPTIONAL)
    assert manifest.TWICE_OR_LOST in {without for *_, without in rows}


def test_the_guide_names_the_address_that_the_bot_listens_at() -> None:
    assert f"`{PATH}`" in GUIDE


def test_the_rehearsal_of_the_guide_is_an_attribution() -> None:
    [feed] = re.findall(r"cat > news.xml <<END\n(.*?)\nEND", GUIDE, re.DOTALL)
    body = re.sub(r"\$\(.*\)", "Mon, 05 Jan 2026 09:00:00 GMT", feed).encode()
    [post] = parse(body, "application/rss+xml", "https://www.example.org/feed", entry("gb-fcdo").feed)
    [claim] = read(post).claims
    assert (claim.standing, claim.accused, claim.attributed_by) == (
        Standing.ATTRIBUTION,
        frozenset({"RU"}),
        frozenset({"GB"}),
    )
