"""Requests as Slack signs them (docs.slack.dev: verifying requests from Slack)."""

import hashlib
import hmac
from typing import Literal

Signing = Literal["right", "forged", "old"]


def signed(secret: str, body: str, now: float, signing: Signing = "right") -> dict[str, str]:
    """The headers of a request with this body. `forged`: by somebody without the secret; `old`: ten minutes ago,
    rightly signed then."""
    at = str(int(now - (600 if signing == "old" else 0)))
    key = "somebody else's" if signing == "forged" else secret
    digest = hmac.new(key.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}
