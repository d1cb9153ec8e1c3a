"""Settings from the environment or a `.env` file, every problem reported at once."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from storage.db import PREFIX, StorageError, path_of


class ConfigError(Exception):
    """The settings cannot be used; `str(error)` has one line for each problem, with what to do."""


def _database(url: str) -> str:
    try:
        path_of(url)
    except StorageError as error:
        raise ValueError(str(error)) from error
    return url


def _address(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{url!r} is no http(s) address.")
    return url


def _ids(text: object) -> object:
    return frozenset(re.split(r"[\s,]+", text.strip())) - {""} if isinstance(text, str) else text


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
    slack_api_url: Annotated[str, AfterValidator(_address)] = "https://slack.com/api/"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    admins: Annotated[frozenset[str], NoDecode, BeforeValidator(_ids)] = frozenset()
    feeds_proxy: Annotated[str, AfterValidator(_address)] | None = None


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
