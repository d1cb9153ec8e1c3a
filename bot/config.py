"""Settings from the environment or a `.env` file, every problem reported at once."""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from storage.db import PREFIX, StorageError, path_of

T = TypeVar("T")
KEY_BYTES = 32  # of a Fernet key, which is written in URL-safe base64
MAKE_A_KEY = "make one with: head -c 32 /dev/urandom | base64 | tr '+/' '-_'"
LOGIN = re.compile(r"^(\S*?://)?\S*@")
HERE = ("localhost", "127.0.0.1", "::1")


class ConfigError(Exception):
    """The settings cannot be used; `str(error)` has one line for each problem, with what to do."""


def _database(url: str) -> str:
    try:
        path_of(url if url.startswith(PREFIX) else without_login(url))
    except StorageError as error:
        raise ValueError(str(error)) from error
    return url


def without_login(url: str) -> str:
    """An address as it may be shown: a name and a password in it are left out."""
    return LOGIN.sub(r"\1", url)


def _address(url: str) -> str:
    try:
        web = url.startswith(("http://", "https://")) and bool(urlsplit(url).hostname)
    except ValueError:  # a host that begins with [ and does not end, say
        web = False
    if not web:
        raise ValueError(f"{without_login(url)!r} is no http(s) address.")
    return url


def _site(url: str) -> str:
    found = urlsplit(_address(url))
    if found.scheme != "https" and found.hostname not in HERE:
        raise ValueError(f"{url!r} is no https address, and Slack sends people back to no other.")
    if found.path.strip("/") or found.query or found.fragment:
        raise ValueError(f"{url!r} has a path: it is an address such as https://bot.example.org.")
    return url.rstrip("/")


def _keys(text: SecretStr) -> SecretStr:
    keys = _split(text.get_secret_value())
    if not keys or not all(map(_is_key, keys)):
        raise ValueError(f"wants one key, or several with commas between them, each 32 bytes as base64: {MAKE_A_KEY}")
    return text


def _is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text)) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def _split(text: str) -> tuple[str, ...]:
    return tuple(one for one in re.split(r"[\s,]+", text) if one)


def _ids(text: object) -> object:
    return frozenset(_split(text)) if isinstance(text, str) else text


def _channel(text: str) -> str:
    if not re.fullmatch(r"[CG][A-Z0-9]{2,}", text):
        raise ValueError(
            f"{text!r} is no channel's ID, such as C012AB3CD: Slack shows it at the end of a channel's details."
        )
    return text


def _ports(text: object) -> object:
    if not isinstance(text, str):
        return text
    wrong = [one for one in _split(text) if not (one.isascii() and one.isdigit() and 0 < int(one[:6]) < 65536)]
    if wrong:
        raise ValueError(f"{wrong[0][:20]!r} is no port: list numbers from 1 to 65535, with commas between them.")
    return frozenset(map(int, _split(text)))


def _token(prefix: str, kind: str) -> AfterValidator:
    def check(token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith(prefix):
            raise ValueError(f"wants Slack's {kind} token, which starts with {prefix}")
        return token

    return AfterValidator(check)


class Settings(BaseSettings):
    """What an operator sets; the names stay for good. Secrets never show in a representation."""

    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", hide_input_in_errors=True)

    database_url: Annotated[str, AfterValidator(_database)] = f"{PREFIX}attribution.db"
    slack_bot_token: Annotated[SecretStr, _token("xoxb-", "bot")] | None = None
    slack_app_token: Annotated[SecretStr, _token("xapp-", "app-level")] | None = None
    slack_signing_secret: SecretStr | None = None
    slack_client_id: str | None = None
    slack_client_secret: SecretStr | None = None
    token_key: Annotated[SecretStr, AfterValidator(_keys)] | None = None
    public_url: Annotated[str, AfterValidator(_site)] | None = None
    slack_api_url: Annotated[str, AfterValidator(_address)] = "https://slack.com/api/"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    admins: Annotated[frozenset[str], NoDecode, BeforeValidator(_ids)] = frozenset()
    operator_channel: Annotated[str, AfterValidator(_channel)] | None = None
    feeds_ports: Annotated[frozenset[int], NoDecode, BeforeValidator(_ports)] = frozenset()
    feeds_proxy: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None, repr=False
    )  # may hold a password
    log_format: Literal["plain", "json"] = "plain"
    health_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    health_host: str = "127.0.0.1"


def secrets(settings: Settings) -> tuple[str, ...]:
    """Everything that the settings hold and nobody may see."""
    held = [one.get_secret_value() for _, one in settings if isinstance(one, SecretStr)]
    logins = [urlsplit(one).password or "" for _, one in settings if isinstance(one, str) and "@" in one]
    return tuple({*held, *(part for one in held for part in _split(one)), *logins, *map(unquote, logins)} - {""})


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth:
    """What it takes to be installed in many workspaces. `keys`: that tokens are encrypted with, the first with which
    new ones are; `site`: where people reach the bot, without a slash at its end."""

    client_id: str
    client_secret: SecretStr
    keys: tuple[SecretStr, ...]
    site: str
    signing_secret: SecretStr
    port: int


def oauth(settings: Settings) -> OAuth | None:
    """What the settings say of many workspaces, None where they are for one or for a terminal.

    Raises ConfigError for settings that are meant for many workspaces and do not suffice."""
    if not of_many(settings) or settings.slack_bot_token:
        return None
    if problems := list(oauth_problems(settings)):
        raise ConfigError("\n".join(f"{what} {todo}" for what, todo in problems))
    return OAuth(
        client_id=_given(settings.slack_client_id),
        client_secret=_given(settings.slack_client_secret),
        keys=tuple(map(SecretStr, _split(_given(settings.token_key).get_secret_value()))),
        site=_given(settings.public_url),
        signing_secret=_given(settings.slack_signing_secret),
        port=_given(settings.port),
    )


def _given(value: T | None) -> T:
    assert value is not None, "what is missing is a problem, and was told"
    return value


def of_many(settings: Settings) -> list[str]:
    """The settings given that are of use for many workspaces alone."""
    names = ("slack_client_id", "slack_client_secret", "token_key", "public_url")
    return [name.upper() for name in names if getattr(settings, name) is not None]


def oauth_problems(settings: Settings) -> Iterator[tuple[str, str]]:
    """What is wrong with settings that are meant for many workspaces, and what to do, each a sentence."""
    wanted = {
        "SLACK_CLIENT_ID": "the app's Client ID (Basic Information)",
        "SLACK_CLIENT_SECRET": "the app's Client Secret (Basic Information)",
        "SLACK_SIGNING_SECRET": "the app's Signing Secret (Basic Information)",
        "TOKEN_KEY": f"the key that tokens are encrypted with: {MAKE_A_KEY}",
        "PUBLIC_URL": "the https address under which the bot is reached, such as https://bot.example.org",
        "PORT": "the port that the bot listens on",
    }
    given = ", ".join(of_many(settings))
    for name, what in wanted.items():
        if getattr(settings, name.lower()) is None:
            yield f"{name} is not set, and many workspaces want it ({given} asks for them).", f"Set it to {what}."
    if settings.slack_app_token is not None:
        yield f"SLACK_APP_TOKEN is for one workspace, and {given} asks for many.", "Unset one or the other."


def load() -> Settings:
    """The settings; raises ConfigError that names every setting that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigError("\n".join(_problem(one) for one in error.errors())) from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"The file .env is not UTF-8 ({error.reason}): save it as UTF-8.") from error


def _problem(error: Any) -> str:
    setting = str(error["loc"][0]).upper()
    return f"{setting}: {error['msg'].removeprefix('Value error, ')}"
