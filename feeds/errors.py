"""What can go wrong between a feed and its posts, named for what the reader of a status line can do."""

from datetime import timedelta
from enum import StrEnum


class Trouble(StrEnum):
    """Why a source could not be read."""

    BLOCKED = "blocked"  # 401, 403, 407, 451 or a challenge page
    GONE = "gone"  # 410: the publisher asks not to be asked again
    MALFORMED = "malformed"  # neither a feed nor a page that can be read
    NOT_FOUND = "not found"  # 404
    RATE_LIMITED = "rate limited"  # 429
    REDIRECTS = "redirects"  # a loop, too many hops, or a hop to somewhere refused
    REFUSED = "refused"  # an address this bot does not go to
    SERVER = "server error"  # 5xx
    SOFT_404 = "soft 404"  # a page with status 200 where a feed should be
    TIMEOUT = "timeout"
    TOO_LARGE = "too large"
    UNREACHABLE = "unreachable"  # DNS, TCP or TLS failed


class FeedError(Exception):
    """A source could not be read. `str(error)` is one sentence fit to show; `retry_after` is the server's own wish."""

    def __init__(self, trouble: Trouble, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.trouble = trouble
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[type["FeedError"], tuple[Trouble, str], dict[str, timedelta | None]]:
        # Raised in worker processes: pickle would call FeedError(message) and break the pool that reads it.
        return FeedError, (self.trouble, str(self)), {"retry_after": self.retry_after}
