"""What the methods of the Web API do, each a function of the workspace and its arguments; RefusalError for a no."""

from collections.abc import Callable
from typing import Any

from tests.slack.checks import check_message, check_view
from tests.slack.store import BOT, BOT_USER, SITE, Channel, Json, Message, RefusalError, Workspace

SUFFIX = {"public": "channels", "private": "groups", "im": "im"}


def _auth_test(space: Workspace, args: Json) -> Json:
    found = {"url": SITE, "team": space.name, "user": "bot", "team_id": space.team, "user_id": BOT_USER, "bot_id": BOT}
    return found | ({"enterprise_id": space.enterprise} if space.enterprise else {})


def _api_test(space: Workspace, args: Json) -> Json:
    if "error" in args:
        raise RefusalError(args["error"], args=args)
    return {"args": args}


def _post_message(space: Workspace, args: Json) -> Json:
    if args["channel"] in space.users:  # a person's id: the bot's conversation with them
        channel = space.conversation_with(args["channel"])
    else:
        channel = _to_post_in(space, args["channel"])
    made = space.add_message(channel, check_message(args))
    return {"channel": channel.id, "ts": made.ts, "message": made.as_json(metadata=True)}


def _update(space: Workspace, args: Json) -> Json:
    channel = _channel(space, args["channel"])
    message = _message(channel, args["ts"])
    if message.user != BOT_USER:
        raise RefusalError("cant_update_message")
    if channel.archived:
        raise RefusalError("is_inactive")
    read = check_message(args, update=True)
    message.edits.append({"text": message.text, "blocks": message.blocks})
    message.text = read.get("text") or message.text
    if "blocks" in read or read.get("text"):  # text alone takes the blocks away
        message.blocks = read.get("blocks") or []
    if "metadata" in read:  # without any the old is kept
        message.metadata = read["metadata"] or None
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": message.as_json(metadata=True)}


def _delete(space: Workspace, args: Json) -> Json:
    channel = _channel(space, args["channel"])
    message = _message(channel, args["ts"])
    if message.user != BOT_USER:
        raise RefusalError("cant_delete_message")
    message.deleted = True
    return {"channel": channel.id, "ts": message.ts}


def _post_ephemeral(space: Workspace, args: Json) -> Json:
    channel = _to_post_in(space, args["channel"])
    if args["user"] not in channel.members:
        raise RefusalError("user_not_in_channel")
    space.ephemerals.append((channel.id, args["user"], check_message(args)))
    return {"message_ts": space.ts()}


def _permalink(space: Workspace, args: Json) -> Json:
    channel = _channel(space, args["channel"])
    message = _message(channel, args["message_ts"])
    thread = f"?thread_ts={message.thread_ts}&cid={channel.id}" if message.thread_ts else ""
    link = f"{SITE}archives/{channel.id}/p{message.ts.replace('.', '')}{thread}"
    return {"channel": channel.id, "permalink": link}


def _history(space: Workspace, args: Json) -> Json:
    channel = _to_read(space, args["channel"], "history")
    found = [one for one in channel.roots() if _within(one, args)]
    # The page closest to `oldest` where that alone is given, else to `latest`; newest first in each.
    forward = "oldest" in args and "latest" not in args
    page, more = _page(found if forward else found[::-1], args, 100)
    return _shown(page[::-1] if forward else page, args) | more


def _replies(space: Workspace, args: Json) -> Json:
    channel = _to_read(space, args["channel"], "history")
    root = channel.messages.get(args["ts"])
    if root is None or root not in channel.roots():
        raise RefusalError("thread_not_found")
    page, more = _page([one for one in channel.thread(root.ts) if _within(one, args)], args, 1000)
    return _shown([root, *page], args) | more


def _info(space: Workspace, args: Json) -> Json:
    return {"channel": _about(_to_read(space, args["channel"], "read", member=False))}


def _list(space: Workspace, args: Json) -> Json:
    kinds = {"public_channel": "public", "private_channel": "private", "im": "im"}
    wanted = {kinds[one] for one in args.get("types", "public_channel").split(",") if one in kinds}
    for kind in wanted:
        _want_scope(space, f"{SUFFIX[kind]}:read")
    found = [one for one in space.channels.values() if one.kind in wanted]
    seen = [one for one in found if one.kind != "private" or BOT_USER in one.members]
    if args.get("exclude_archived") in (True, "true", "1", 1):
        seen = [one for one in seen if not one.archived]
    page, more = _page(seen, args, 100)
    return {"channels": [_about(one) for one in page]} | more


def _open(space: Workspace, args: Json) -> Json:
    _want_scope(space, "im:write")
    if "users" not in args:
        raise RefusalError("users_list_not_supplied")
    if args["users"] not in space.users:
        raise RefusalError("user_not_found")
    return {"channel": {"id": space.conversation_with(args["users"]).id}}


def _user(space: Workspace, args: Json) -> Json:
    if args["user"] not in space.users:
        raise RefusalError("user_not_found")
    return {"user": space.users[args["user"]]}


def _view_open(space: Workspace, args: Json) -> Json:
    space.exchange(args.get("trigger_id", ""))
    view = check_view(args["view"], "modal")
    external = view.get("external_id")
    if external and any(one.get("external_id") == external for one in space.views.values()):
        raise RefusalError("duplicate_external_id")
    return {"view": space.keep_view(view, space.number("V0"))}


def _view_update(space: Workspace, args: Json) -> Json:
    ids = (args.get("view_id"), args.get("external_id"))
    found = [
        one for one in space.views.values() if one["id"] == ids[0] or (ids[1] and one.get("external_id") == ids[1])
    ]
    if not found:
        raise RefusalError("not_found")
    if args.get("hash", found[0]["hash"]) != found[0]["hash"]:
        raise RefusalError("hash_conflict")
    return {"view": space.keep_view(check_view(args["view"], "modal"), found[0]["id"])}


def _view_publish(space: Workspace, args: Json) -> Json:
    home = space.homes.get(args["user_id"])
    if home and args.get("hash", home["hash"]) != home["hash"]:
        raise RefusalError("hash_conflict")
    view = check_view(args["view"], "home") | {"id": space.number("V0"), "hash": space.number("")}
    space.homes[args["user_id"]] = view
    return {"view": view}


METHODS: dict[str, Callable[[Workspace, Json], Json]] = {
    "api.test": _api_test,
    "auth.test": _auth_test,
    "chat.delete": _delete,
    "chat.getPermalink": _permalink,
    "chat.postEphemeral": _post_ephemeral,
    "chat.postMessage": _post_message,
    "chat.update": _update,
    "conversations.history": _history,
    "conversations.info": _info,
    "conversations.list": _list,
    "conversations.open": _open,
    "conversations.replies": _replies,
    "users.info": _user,
    "views.open": _view_open,
    "views.publish": _view_publish,
    "views.update": _view_update,
}


def _channel(space: Workspace, name: str) -> Channel:
    found = space.channels.get(name)
    if found is None or (found.kind == "private" and BOT_USER not in found.members):
        raise RefusalError("channel_not_found")  # a private channel does not exist for who is not in it
    return found


def _to_post_in(space: Workspace, name: str) -> Channel:
    channel = _channel(space, name)
    if channel.archived:
        raise RefusalError("is_archived")
    if BOT_USER not in channel.members and "chat:write.public" not in space.scopes:
        raise RefusalError("not_in_channel")
    return channel


def _to_read(space: Workspace, name: str, what: str, *, member: bool = True) -> Channel:
    channel = _channel(space, name)
    _want_scope(space, f"{SUFFIX[channel.kind]}:{what}")
    if member and BOT_USER not in channel.members:
        raise RefusalError("not_in_channel")
    return channel


def _want_scope(space: Workspace, scope: str) -> None:
    if scope not in space.scopes:
        raise RefusalError("missing_scope", needed=scope, provided=",".join(sorted(space.scopes)))


def _message(channel: Channel, ts: str) -> Message:
    found = channel.messages.get(ts)
    if found is None or found.deleted:
        raise RefusalError("message_not_found")
    return found


def _within(message: Message, args: Json) -> bool:
    at, oldest, latest = float(message.ts), float(args.get("oldest", 0)), float(args.get("latest", "inf"))
    inclusive = args.get("inclusive") in (True, "true", "1", 1)
    return oldest < at < latest or (inclusive and at in (oldest, latest))


def _page(found: list[Any], args: Json, usual: int) -> tuple[list[Any], Json]:
    """One page of a list, and what leads to the next."""
    cursor = args.get("cursor") or "next:0"
    if not cursor.startswith("next:"):
        raise RefusalError("invalid_cursor")
    start, length = int(cursor.removeprefix("next:")), int(args.get("limit") or usual)
    more = len(found) > start + length
    following = f"next:{start + length}" if more else ""
    return found[start : start + length], {"has_more": more, "response_metadata": {"next_cursor": following}}


def _shown(page: list[Message], args: Json) -> Json:
    metadata = args.get("include_all_metadata") in (True, "true", "1", 1)
    return {"messages": [one.as_json(metadata=metadata) for one in page]}


def _about(channel: Channel) -> Json:
    about: Json = {"id": channel.id, "is_archived": channel.archived, "is_member": BOT_USER in channel.members}
    about |= {
        "is_im": channel.kind == "im",
        "is_private": channel.kind == "private",
        "is_channel": channel.kind != "im",
    }
    return about | ({"user": channel.name} if channel.kind == "im" else {"name": channel.name})
