"""What each method of the Web API wants: arguments, scopes, whether it reads JSON; by Slack's schemas where present."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REFERENCE = Path(__file__).parents[3] / "shared" / "reference" / "slack-api" / "methods"
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
READ = ("channels:read", "groups:read", "im:read", "mpim:read")
OPEN = ("channels:manage", "groups:write", "im:write", "mpim:write")
STRUCTURES = {"attachments", "blocks", "metadata", "view"}  # may come as JSON in a form, or as they are in a JSON body
BOOLEANS = (True, False, "true", "false", "1", "0", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A method. `scopes`: any one of them will do; `reads_json`: a JSON body counts; `types` and `choices`: what an
    argument may be."""

    required: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    reads_json: bool = True
    types: Mapping[str, frozenset[str]] = field(default_factory=dict)
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _spec(*required: str, scopes: tuple[str, ...] = (), reads_json: bool = True) -> Spec:
    return Spec(required=frozenset(required), scopes=frozenset(scopes), reads_json=reads_json)


BUILT_IN = {
    "api.test": _spec(),
    "apps.connections.open": _spec(),
    "auth.test": _spec(),
    "chat.delete": _spec("channel", "ts", scopes=("chat:write",)),
    "chat.getPermalink": _spec("channel", "message_ts", reads_json=False),
    "chat.postEphemeral": _spec("channel", "user", scopes=("chat:write",)),
    "chat.postMessage": _spec("channel", scopes=("chat:write",)),
    "chat.update": _spec("channel", "ts", scopes=("chat:write",)),
    "conversations.history": _spec("channel", scopes=HISTORY),
    "conversations.info": _spec("channel", scopes=READ, reads_json=False),
    "conversations.list": _spec(scopes=READ, reads_json=False),
    "conversations.open": _spec(scopes=OPEN),
    "conversations.replies": _spec("channel", "ts", scopes=HISTORY),
    "oauth.v2.access": _spec(reads_json=False),
    "users.info": _spec("user", scopes=("users:read",), reads_json=False),
    "views.open": _spec("view"),
    "views.publish": _spec("user_id", "view"),
    "views.update": _spec("view"),
}


def specs(folder: Path = REFERENCE) -> dict[str, Spec]:
    """The methods that the local Slack has, as Slack's schemas describe them, else as the table here does."""
    return {method: _read(folder / f"{method}.json") or built_in for method, built_in in BUILT_IN.items()}


def problems(spec: Spec, args: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a call's arguments, as sentences."""
    for name in sorted(spec.required - args.keys()):
        yield f"missing required field: {name}"
    for name, value in args.items():
        if not _fits(name, value, spec.types.get(name, frozenset())):
            yield f"{name} must be {' or '.join(sorted(spec.types[name]))}"
        if name in spec.choices and value not in spec.choices[name]:
            yield f"{name} must be one of {', '.join(spec.choices[name])}"


def _fits(name: str, value: Any, types: frozenset[str]) -> bool:
    if not types or name in STRUCTURES:
        return True
    fits = {
        "string": isinstance(value, str),
        "boolean": value in BOOLEANS,
        "number": str(value).replace(".", "", 1).isdecimal(),
        "integer": str(value).isdecimal(),
        "array": isinstance(value, list | str),
        "null": value is None,
    }
    return any(fits.get(one, True) for one in types)


def _read(path: Path) -> Spec | None:
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    properties = found["args"]["properties"]
    return Spec(
        required=frozenset(found["args"].get("required", ())) - {"token"},
        scopes=frozenset(found["scope"].get("bot", ())),
        reads_json=bool(found.get("json_input_supported")),
        types={name: frozenset(_all(one, "type")) for name, one in properties.items()},
        choices={name: tuple(choices) for name, one in properties.items() for choices in _all(one, "enum")},
    )


def _all(one: Mapping[str, Any], key: str) -> Iterator[Any]:
    """A property's own value of a key, and those of its alternatives."""
    yield from ([one[key]] if key in one else [])
    yield from (part[key] for part in one.get("anyOf", ()) if key in part)
