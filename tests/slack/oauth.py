"""How an app is installed, as Slack does it: the page that asks a person, codes, tokens that expire and are renewed."""

import base64
import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.slack.store import APP, BOT_USER, Json, RefusalError, Workspace

LASTS = 43_200  # seconds that a token lasts (docs.slack.dev, "Using token rotation")
CODE_LASTS = 600.0


@dataclass(slots=True, kw_only=True)
class Token:
    """A bot's token. `spaces`: the workspaces it is good for; `trouble`: the error that it is refused with."""

    value: str
    spaces: list[Workspace]
    expires_at: float | None = None
    trouble: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a person allowed: for one workspace, or with `of_all` for all of its organisation."""

    person: str
    space: Workspace
    spaces: list[Workspace]
    of_all: bool
    scope: str
    redirect_uri: str
    made_at: float


@dataclass(slots=True, kw_only=True)
class Registry:
    """The app as Slack knows it. `rotates`: whether tokens expire; `lasts`: seconds that they last; `redirect_urls`:
    where people may be sent back to; `renewals`: how often tokens were renewed."""

    client_id: str = "111.222"
    client_secret: str = "local-client-secret"
    redirect_urls: set[str] = field(default_factory=set)
    rotates: bool = False
    lasts: int = LASTS
    renewals: int = 0
    tokens: dict[str, Token] = field(default_factory=dict)
    _refresh: dict[str, Token] = field(default_factory=dict)
    _codes: dict[str, Grant] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def consent(self, url: str, *, person: str, space: Workspace, spaces: list[Workspace], of_all: bool) -> str:
        """A person opens the address of Slack's page and allows it; the address they are sent back to.

        RefusalError for what Slack shows as an error of the app's."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}
        self._check_asked(asked)
        code = f"{next(self._numbers)}.code"
        grant = {"scope": asked["scope"], "redirect_uri": asked["redirect_uri"], "made_at": time.time()}
        self._codes[code] = Grant(person=person, space=space, spaces=spaces, of_all=of_all, **grant)  # type: ignore[arg-type]  # mixed values
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def denial(self, url: str) -> str:
        """A person opens the address of Slack's page and cancels; the address they are sent back to."""
        asked = parse_qs(urlsplit(url).query)
        return f"{asked['redirect_uri'][0]}?{urlencode({'error': 'access_denied', 'state': asked['state'][0]})}"

    def access(self, args: Json, credentials: str) -> Json:
        """What oauth.v2.access does; raises RefusalError."""
        self._check_client(args, credentials)
        if args.get("grant_type") == "refresh_token":
            return self._renewed(args.get("refresh_token", ""))
        if args.get("grant_type", "authorization_code") != "authorization_code":
            raise RefusalError("invalid_grant_type")
        return self._installed(args)

    def check(self, value: str) -> Token:
        """A known token; raises RefusalError for what became of it."""
        token = self.tokens[value]
        if token.trouble:
            raise RefusalError(token.trouble)
        if token.expires_at is not None and token.expires_at <= time.time():
            raise RefusalError("token_expired")
        return token

    def revoke(self, space: Workspace, trouble: str = "account_inactive") -> None:
        """Ends every token that is good for a workspace."""
        for token in self.tokens.values():
            if space in token.spaces:
                token.trouble = trouble
        self._refresh = {name: token for name, token in self._refresh.items() if space not in token.spaces}

    def expire(self) -> None:
        """Lets every token that can expire do so now."""
        for token in self.tokens.values():
            token.expires_at = time.time() - 1 if token.expires_at else None

    def _check_asked(self, asked: Json) -> None:
        if asked.get("client_id") != self.client_id:
            raise RefusalError("invalid_client_id")
        if asked.get("redirect_uri") not in self.redirect_urls:
            raise RefusalError("bad_redirect_uri")
        if not asked.get("scope"):
            raise RefusalError("no_scopes")

    def _check_client(self, args: Json, credentials: str) -> None:
        name, _, secret = _basic(credentials).partition(":")
        if args.get("client_id", name) != self.client_id:
            raise RefusalError("invalid_client_id")
        if args.get("client_secret", secret) != self.client_secret:
            raise RefusalError("bad_client_secret")

    def _installed(self, args: Json) -> Json:
        code = args.get("code", "")
        if code in self._used:
            raise RefusalError("code_already_used")
        grant = self._codes.pop(code, None)
        if grant is None or time.time() - grant.made_at > CODE_LASTS:
            raise RefusalError("invalid_code")
        if args.get("redirect_uri", grant.redirect_uri) != grant.redirect_uri:
            raise RefusalError("bad_redirect_uri")
        self._used.add(code)
        enterprise = grant.space.enterprise
        about: Json = {
            "bot_user_id": BOT_USER,
            "app_id": APP,
            "scope": grant.scope,
            "authed_user": {"id": grant.person},
        }
        about |= {"enterprise": {"id": enterprise, "name": "Org"} if enterprise else None}
        about |= {"team": None if grant.of_all else {"id": grant.space.team, "name": grant.space.name}}
        return self._issue(grant.spaces) | about | {"is_enterprise_install": grant.of_all}

    def _renewed(self, refresh: str) -> Json:
        old = self._refresh.pop(refresh, None)
        if old is None:
            raise RefusalError("invalid_refresh_token")
        self.renewals += 1
        return self._issue(old.spaces)

    def _issue(self, spaces: list[Workspace]) -> Json:
        number = next(self._numbers)
        expires_at = time.time() + self.lasts if self.rotates else None
        token = Token(value=f"xoxb-issued-{number}", spaces=spaces, expires_at=expires_at)
        self.tokens[token.value] = token
        answer: Json = {"access_token": token.value, "token_type": "bot"}
        if self.rotates:
            self._refresh[f"xoxe-1-{number}"] = token
            answer |= {"expires_in": self.lasts, "refresh_token": f"xoxe-1-{number}"}
        return answer


def _basic(credentials: str) -> str:
    kind, _, value = credentials.partition(" ")
    return base64.b64decode(value).decode() if kind == "Basic" else ""
