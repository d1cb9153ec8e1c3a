"""The local Slack's own rules, held against slack_sdk's client and slack_bolt's real Socket Mode."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.slack import LocalSlack
from tests.slack.people import USES
from tests.slack.schemas import BUILT_IN, REFERENCE, specs

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "words"}}
STAMP = {"event_type": "stamp", "event_payload": {"key": "k1"}}


@pytest.fixture
async def slack() -> AsyncIterator[LocalSlack]:
    async with LocalSlack(paced=False) as slack:
        yield slack


@pytest.fixture
async def client(slack: LocalSlack) -> AsyncIterator[AsyncWebClient]:
    async with session() as opened:
        yield client_of(slack, opened)


@asynccontextmanager
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as opened:
        yield opened


def client_of(slack: LocalSlack, opened: aiohttp.ClientSession, token: str | None = None) -> AsyncWebClient:
    return AsyncWebClient(token=token or slack.bot_token, base_url=slack.url, session=opened, retry_handlers=[])


async def refused(call: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


# Tokens and arguments


async def test_a_token_says_whose_it_is(client: AsyncWebClient) -> None:
    found = await client.auth_test()
    assert found["team_id"].startswith("T")
    assert "chat:write" in found.headers["X-OAuth-Scopes"]


async def test_a_token_is_refused_by_kind_and_by_what_became_of_it(slack: LocalSlack, client: AsyncWebClient) -> None:
    assert client.session is not None
    wrong_kind, unknown = (client_of(slack, client.session, token) for token in (slack.app_token, "xoxb-no"))
    assert await refused(wrong_kind.auth_test()) == "not_allowed_token_type"
    assert await refused(unknown.auth_test()) == "invalid_auth"
    assert await refused(client.apps_connections_open(app_token=slack.bot_token)) == "not_allowed_token_type"
    for trouble in ("token_revoked", "token_expired", "account_inactive"):
        slack.token_troubles[slack.bot_token] = trouble
        assert await refused(client.auth_test()) == trouble


async def test_what_is_asked_without_its_scope_is_refused_with_the_scope_it_needs(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    private = slack.channel("secret", "private")
    slack.scopes.discard("groups:history")
    with pytest.raises(SlackApiError) as caught:
        await client.conversations_history(channel=private)
    assert (caught.value.response["error"], caught.value.response["needed"]) == ("missing_scope", "groups:history")
    slack.scopes.discard("chat:write")
    assert await refused(client.chat_postMessage(channel=private, text="x")) == "missing_scope"


async def test_arguments_are_wanted_as_the_method_describes_them(client: AsyncWebClient) -> None:
    assert await refused(client.api_call("chat.update", json={"channel": "C1"})) == "invalid_arguments"
    assert await refused(client.api_call("users.info", json={"user": "U1"})) == "invalid_arguments"  # reads no JSON
    assert await refused(client.api_call("chat.postMassage", json={})) == "unknown_method"
    if REFERENCE.exists():
        wrong = {"channel": "C1", "text": ["no", "string"]}
        assert await refused(client.api_call("chat.postMessage", json=wrong)) == "invalid_arguments"


async def test_a_method_is_asked_by_form_by_json_and_by_address(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel = slack.channel("general")
    blocks = '[{"type": "divider"}]'
    await client.api_call("chat.postMessage", data={"channel": channel, "text": "form", "blocks": blocks})
    await client.api_call("chat.postMessage", json={"channel": channel, "text": "json"})
    await client.api_call("chat.postMessage", http_verb="GET", params={"channel": channel, "text": "address"})
    assert [one.text for one in slack.messages(channel)] == ["form", "json", "address"]
    assert slack.messages(channel)[0].blocks == [{"type": "divider"}]


@pytest.mark.skipif(not REFERENCE.exists(), reason="Slack's own schemas are not here to compare with")
def test_the_built_in_table_agrees_with_slacks_schemas(tmp_path: Path) -> None:
    described = {method: (one.required, one.scopes) for method, one in specs().items() if method != "api.test"}
    assert described == {
        method: (one.required, one.scopes) for method, one in specs(tmp_path).items() if method != "api.test"
    }
    assert specs(tmp_path) == BUILT_IN


# Channels and messages


async def test_where_one_may_not_post_is_said_as_slack_says_it(slack: LocalSlack, client: AsyncWebClient) -> None:
    outside, hidden = slack.channel("outside", member=False), slack.channel("hidden", "private", member=False)
    archived = slack.channel("old", archived=True)
    found = {one: await refused(client.chat_postMessage(channel=one, text="x")) for one in (outside, hidden, archived)}
    assert found == {outside: "not_in_channel", hidden: "channel_not_found", archived: "is_archived"}
    assert await refused(client.chat_postMessage(channel="C404", text="x")) == "channel_not_found"
    slack.scopes.add("chat:write.public")
    assert (await client.chat_postMessage(channel=outside, text="x"))["ok"]


TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    ({"text": " "}, "no_text"),
    ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
    ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]}, "invalid_blocks"),
    ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks"),
    ({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}, "invalid_blocks"),
    ({"blocks": [{"type": "context", "elements": [SECTION["text"]] * 11}]}, "invalid_blocks"),
    ({"blocks": [{"type": "rich_text", "elements": []}]}, "invalid_blocks"),
    ({"blocks": [{"type": "sektion"}]}, "invalid_blocks"),
    ({"blocks": [SECTION | {"colour": "red"}]}, "invalid_blocks"),
    ({"blocks": "not json"}, "invalid_blocks_format"),
    ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}] * 5}, "msg_blocks_too_long"),
    ({"metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
    ({"metadata": {"event_type": "x", "event_payload": {"k": "x" * 16_000}}}, "metadata_too_large"),
]


@pytest.mark.parametrize(("changed", "code"), TOO_MUCH)
async def test_contents_are_refused_as_slack_refuses_them(
    slack: LocalSlack, client: AsyncWebClient, changed: dict[str, Any], code: str
) -> None:
    payload = {"channel": slack.channel("general"), "text": "words"} | changed
    assert await refused(client.api_call("chat.postMessage", json=payload)) == code
    assert [refusal["error"] for _, refusal in slack.refusals] == [code]


async def test_a_reply_to_what_is_gone_becomes_a_message_of_its_own(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel = slack.channel("general")
    root = await client.chat_postMessage(channel=channel, text="root")
    reply = await client.chat_postMessage(channel=channel, text="reply", thread_ts=root["ts"])
    assert reply["message"]["thread_ts"] == root["ts"]
    await client.chat_delete(channel=channel, ts=reply["ts"])
    slack.delete(channel, root["ts"])
    stray = await client.chat_postMessage(channel=channel, text="stray", thread_ts=root["ts"])
    assert "thread_ts" not in stray["message"]
    assert [one["text"] for one in (await client.conversations_history(channel=channel))["messages"]] == ["stray"]


async def test_a_deleted_root_with_replies_leaves_its_stone(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel = slack.channel("general")
    root = await client.chat_postMessage(channel=channel, text="root")
    for _ in range(2):
        await client.chat_postMessage(channel=channel, text="reply", thread_ts=root["ts"])
        slack.delete(channel, root["ts"])
    found = await client.conversations_replies(channel=channel, ts=root["ts"])
    assert [one.get("subtype") for one in found["messages"]] == ["tombstone", None, None]


async def test_an_update_keeps_metadata_and_takes_blocks_away_where_it_has_none(
    slack: LocalSlack, client: AsyncWebClient
) -> None:
    channel = slack.channel("general")
    posted = await client.chat_postMessage(channel=channel, text="one", blocks=[SECTION], metadata=STAMP)
    await client.chat_update(channel=channel, ts=posted["ts"], text="two")
    (message,) = slack.messages(channel)
    assert (message.text, message.blocks, message.metadata) == ("two", [], STAMP)
    assert message.edits == [{"text": "one", "blocks": [SECTION]}]


async def test_only_ones_own_message_that_is_there_can_be_updated(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel = slack.channel("general")
    theirs = slack.say(channel, "hello", user=slack.user("ana"))
    assert await refused(client.chat_update(channel=channel, ts=theirs.ts, text="x")) == "cant_update_message"
    posted = await client.chat_postMessage(channel=channel, text="x")
    assert await refused(client.chat_update(channel=channel, ts=posted["ts"], text="x" * 4001)) == "msg_too_long"
    slack.about(channel).archived = True
    assert await refused(client.chat_update(channel=channel, ts=posted["ts"], text="y")) == "is_inactive"
    slack.delete(channel, posted["ts"])
    assert await refused(client.chat_update(channel=channel, ts=posted["ts"], text="y")) == "message_not_found"


async def test_history_is_paged_and_shows_metadata_to_who_asks(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel = slack.channel("general")
    posted = [await client.chat_postMessage(channel=channel, text=f"{n}", metadata=STAMP) for n in range(5)]
    pages = [
        [one["text"] for one in page["messages"]]
        async for page in await client.conversations_history(channel=channel, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    after = await client.conversations_history(
        channel=channel, oldest=posted[0]["ts"], limit=2, include_all_metadata=True
    )
    assert [one["text"] for one in after["messages"]] == ["2", "1"]  # the page closest to oldest
    assert after["messages"][0]["metadata"] == STAMP
    assert "metadata" not in (await client.conversations_history(channel=channel))["messages"][0]


async def test_a_second_post_within_a_second_is_too_many(client: AsyncWebClient, slack: LocalSlack) -> None:
    slack.paced = True
    first, second = slack.channel("first"), slack.channel("second")
    await client.chat_postMessage(channel=first, text="x")
    await client.chat_postMessage(channel=second, text="x")
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=first, text="x")
    assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")


async def test_a_link_leads_to_a_message_that_is_there(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel = slack.channel("general")
    posted = await client.chat_postMessage(channel=channel, text="x")
    link = (await client.chat_getPermalink(channel=channel, message_ts=posted["ts"]))["permalink"]
    assert link.endswith(f"/archives/{channel}/p{posted['ts'].replace('.', '')}")
    assert await refused(client.chat_getPermalink(channel=channel, message_ts="1.1")) == "message_not_found"


async def test_people_and_channels_can_be_asked_for(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel, hidden = slack.channel("general"), slack.channel("hidden", "private", member=False)
    user = slack.user("ana", admin=True)
    assert (await client.users_info(user=user))["user"]["is_admin"]
    assert await refused(client.users_info(user="U404")) == "user_not_found"
    assert (await client.conversations_info(channel=channel))["channel"]["is_member"]
    assert await refused(client.conversations_info(channel=hidden)) == "channel_not_found"
    found = await client.conversations_list(types="public_channel,private_channel")
    assert [one["id"] for one in found["channels"]] == [channel]
    opened = (await client.conversations_open(users=user))["channel"]["id"]
    posted = await client.chat_postMessage(channel=user, text="to you alone")
    assert posted["channel"] == opened
    assert [one.text for one in slack.messages(user)] == ["to you alone"]


async def test_only_who_is_there_sees_what_is_for_them_alone(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel, user = slack.channel("general"), slack.user("ana")
    await client.chat_postEphemeral(channel=channel, user=user, text="psst")
    assert [payload["text"] for _, _, payload in slack.space.ephemerals] == ["psst"]
    assert await refused(client.chat_postEphemeral(channel=channel, user="U404", text="x")) == "user_not_in_channel"


# What goes wrong on demand


async def test_calls_go_wrong_as_told_and_then_right_again(slack: LocalSlack, client: AsyncWebClient) -> None:
    channel = slack.channel("general")
    slack.next("chat.postMessage", "ratelimited", retry_after=7)
    with pytest.raises(SlackApiError) as caught:
        await client.chat_postMessage(channel=channel, text="limited")
    assert caught.value.response.headers["Retry-After"] == "7"
    slack.next("chat.postMessage", "reset")
    with pytest.raises(aiohttp.ClientError):
        await client.chat_postMessage(channel=channel, text="reset")
    slack.next("chat.postMessage", "hang")
    with pytest.raises(TimeoutError):
        await client.chat_postMessage(channel=channel, text="hang")
    slack.next("chat.postMessage", "500")
    assert await refused(client.chat_postMessage(channel=channel, text="500")) == "internal_error"
    assert slack.messages(channel) == []
    slack.next("chat.postMessage", "accept_then_reset", times=2)
    for _ in range(2):
        with pytest.raises(aiohttp.ClientError):
            await client.chat_postMessage(channel=channel, text="accepted")
    await client.chat_postMessage(channel=channel, text="right")
    assert [one.text for one in slack.messages(channel)] == ["accepted", "accepted", "right"]


# Views


MODAL = {"type": "modal", "title": {"type": "plain_text", "text": "Settings"}, "blocks": [SECTION]}


async def test_a_trigger_opens_one_view_within_three_seconds(slack: LocalSlack, client: AsyncWebClient) -> None:
    trigger = slack.space.trigger()
    assert (await client.views_open(trigger_id=trigger, view=MODAL))["view"]["id"] in slack.space.views
    assert await refused(client.views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"
    late = slack.space.trigger()
    slack.forward(3.1)
    assert await refused(client.views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"
    assert await refused(client.views_open(trigger_id="1.2.3", view=MODAL)) == "invalid_trigger_id"


async def test_views_are_checked_updated_and_published(slack: LocalSlack, client: AsyncWebClient) -> None:
    long = MODAL | {"title": {"type": "plain_text", "text": "x" * 25}}
    assert await refused(client.views_open(trigger_id=slack.space.trigger(), view=long)) == "invalid_arguments"
    view = (await client.views_open(trigger_id=slack.space.trigger(), view=MODAL))["view"]
    await client.views_update(view_id=view["id"], hash=view["hash"], view=MODAL | {"callback_id": "two"})
    assert slack.space.views[view["id"]]["callback_id"] == "two"
    assert await refused(client.views_update(view_id=view["id"], hash="old", view=MODAL)) == "hash_conflict"
    await client.views_publish(user_id="U1", view={"type": "home", "blocks": [SECTION]})
    assert slack.space.homes["U1"]["blocks"] == [SECTION]


# Socket Mode, HTTP and response URLs, with a real Bolt app


def bolt_app(slack: LocalSlack, opened: aiohttp.ClientSession) -> AsyncApp:
    app = AsyncApp(client=client_of(slack, opened), signing_secret=slack.signing_secret)

    @app.command("/attribution")
    async def answer(ack: AsyncAck, respond: AsyncRespond, command: dict[str, Any]) -> None:
        if command["text"] == "slow":
            await asyncio.sleep(0.5)
        button = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}
        await ack(text=f"about {command['text']}", blocks=[{"type": "actions", "elements": [button]}])
        if command["text"] == "twice":
            await respond(text="and more")

    @app.action("more")
    async def more(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(text="more", replace_original=True)

    @app.view("settings")
    async def submitted(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"b": "no such zone"})

    @app.event("app_home_opened")
    async def home(event: dict[str, Any], client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [SECTION]})

    return app


@asynccontextmanager
async def over_socket(slack: LocalSlack) -> AsyncIterator[AsyncSocketModeHandler]:
    async with session() as opened:
        app = bolt_app(slack, opened)
        handler = AsyncSocketModeHandler(app, slack.app_token, web_client=client_of(slack, opened), ping_interval=0.2)
        await handler.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt types it not
        try:
            await slack.connected()
            yield handler
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]  # slack_bolt types it not
            running = [handler.client.message_processor, handler.client.message_receiver]
            running.append(handler.client.current_session_monitor)
            for task in filter(None, running):
                with suppress(asyncio.CancelledError):
                    await task


@asynccontextmanager
async def over_http(slack: LocalSlack) -> AsyncIterator[str]:
    async with session() as opened:
        runner = web.AppRunner(bolt_app(slack, opened).web_app("/slack/events"))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
        await runner.cleanup()


async def test_a_command_goes_over_socket_mode_and_its_answer_comes_back(slack: LocalSlack) -> None:
    channel, user = slack.channel("general"), slack.user("ana")
    async with over_socket(slack):
        answer = await slack.slash("/attribution", "twice", channel=channel, user=user)
        said = await answer.said(2)
        clicked = await slack.click(said[0], "more", user=user, channel=channel)
        assert [one["text"] for one in said] == ["about twice", "and more"]
        assert [one["text"] for one in await clicked.said()] == ["more"]
        await slack.event({"type": "app_home_opened", "user": user, "tab": "home"})
        asked = {"type": "input", "block_id": "b", "label": {"type": "plain_text", "text": "Zone"}}
        asked |= {"element": {"type": "plain_text_input", "action_id": "zone"}}
        view = MODAL | {"id": "V1", "callback_id": "settings", "blocks": [asked]}
        submitted = await slack.submit(view, {}, user=user)
        assert submitted.ack == {"response_action": "errors", "errors": {"b": "no such zone"}}
        await slack.called("views.publish")
    assert [one.kind for one in slack.acks] == ["slash_commands", "interactive", "events_api", "interactive"]
    assert all(0 < one.seconds < 3 for one in slack.acks)
    assert slack.socket.stray == []


async def test_a_command_without_an_answer_in_time_or_without_a_listener_has_failed(slack: LocalSlack) -> None:
    channel, user = slack.channel("general"), slack.user("ana")
    assert (await slack.slash("/attribution", "x", channel=channel, user=user)).failure == "dispatch_failed"
    slack.people.patience = 0.1
    async with over_socket(slack):
        assert (await slack.slash("/attribution", "slow", channel=channel, user=user)).failure == "operation_timeout"


async def test_a_refreshed_and_a_broken_connection_are_opened_again(slack: LocalSlack) -> None:
    channel, user = slack.channel("general"), slack.user("ana")
    async with over_socket(slack):
        for opened, end in ((2, slack.socket.refresh), (3, slack.socket.drop)):
            await end()
            await slack.connected(opened)
            answer = await slack.slash("/attribution", "iran", channel=channel, user=user)
            assert (answer.failure, answer.messages[0]["text"]) == (None, "about iran")


async def test_a_command_goes_over_http_with_a_signature_that_must_be_right(slack: LocalSlack) -> None:
    channel, user = slack.channel("general"), slack.user("ana")
    async with over_http(slack) as url:
        answer = await slack.slash("/attribution", "twice", channel=channel, user=user, url=url)
        assert [one["text"] for one in await answer.said(2)] == ["about twice", "and more"]
        clicked = await slack.click(answer.messages[0], "more", user=user, channel=channel, url=url)
        assert [one["text"] for one in await clicked.said()] == ["more"]
        for signing in ("forged", "old"):
            refusal = await slack.slash("/attribution", "x", channel=channel, user=user, url=url, signing=signing)
            assert (refusal.status, refusal.failure, refusal.messages) == (401, "dispatch_failed", [])


async def test_a_response_url_works_five_times_and_half_an_hour(slack: LocalSlack) -> None:
    channel, user = slack.channel("general"), slack.user("ana")
    answer = await slack.slash("/attribution", "x", channel=channel, user=user)
    late = await slack.slash("/attribution", "x", channel=channel, user=user)

    async def respond(url: str, **payload: Any) -> tuple[int, str]:
        async with session() as opened, opened.post(url, json=payload) as said:
            return said.status, await said.text()

    assert (await respond(answer.response_url, text=""))[0] == 400
    assert await respond(answer.response_url, text="to all", response_type="in_channel") == (200, "ok")
    for number in range(1, USES):
        assert await respond(answer.response_url, text=f"{number}") == (200, "ok")
    assert (await respond(answer.response_url, text="x"))[0] == 404
    slack.forward(1801)
    assert (await respond(late.response_url, text="x"))[0] == 404
    assert len(answer.later) == USES
    assert [one.text for one in slack.messages(channel)] == ["to all"]
