"""What response headers mean: how long a copy stays fresh, when to come back, which page is a challenge. Pure."""

import string
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote

RawHeaders = Sequence[tuple[bytes, bytes]]

LONGEST = timedelta(hours=24)


def header(headers: RawHeaders, name: str) -> str | None:
    """The first header of that name as text that gives the same bytes in UTF-8, None where there is none, it is empty,
    or its bytes are no UTF-8 (it could be neither stored nor sent back as it was)."""
    try:
        return _raw(headers, name).decode() or None
    except UnicodeDecodeError:
        return None


def location(headers: RawHeaders) -> str | None:
    """Where a redirect leads, None where it does not say. Bytes that are no UTF-8 are percent-encoded,
    as browsers do."""
    raw = _raw(headers, "Location")
    try:
        return raw.decode() or None
    except UnicodeDecodeError:
        return quote(raw, safe=string.punctuation)


def _raw(headers: RawHeaders, name: str) -> bytes:
    wanted = name.lower().encode()
    return next((value for key, value in headers if key.lower() == wanted), b"")


def fresh_for(headers: RawHeaders) -> timedelta | None:
    """How long from now the server calls its answer fresh (RFC 9111, 4.2.1), at most 24 h: max-age less Age, else
    Expires less Date. None where it says nothing, forbids reuse, or the time is over."""
    cache = directives(header(headers, "Cache-Control") or "")
    if "no-store" in cache or "no-cache" in cache:
        return None
    if "max-age" in cache:
        age = seconds(header(headers, "Age") or "") or timedelta()
        return capped((seconds(cache["max-age"]) or timedelta()) - age)
    return between(header(headers, "Date"), header(headers, "Expires"))


def retry_after(headers: RawHeaders) -> timedelta | None:
    """How long the server asks to be left alone (RFC 9110, 10.2.3), at most 24 h: seconds, or a date, which counts
    from its own Date so that a wrong clock harms neither side."""
    value = header(headers, "Retry-After") or ""
    wait = seconds(value)
    return between(header(headers, "Date"), value) if wait is None else capped(wait)


def is_challenge(headers: RawHeaders) -> bool:
    """Whether a firewall put a test for browsers in the page's place, as the two largest say in a header of their own
    (Cloudflare: "Detect a challenge page response"; AWS WAF: "x-amzn-waf-action")."""
    return header(headers, "cf-mitigated") == "challenge" or header(headers, "x-amzn-waf-action") is not None


def directives(value: str) -> dict[str, str]:
    """Cache-Control as a mapping, names in lower case, the first of two winning; quotes around a value are allowed
    (RFC 9111, 5.2 and 4.2.1)."""
    pairs = [part.strip().partition("=") for part in value.split(",")]
    return {name.strip().lower(): text.strip().strip('"') for name, _, text in reversed(pairs)}


def seconds(value: str) -> timedelta | None:
    """Delta-seconds (RFC 9111, 1.2.2), at most 24 h; None of anything else."""
    number = value.strip()
    if not (number.isascii() and number.isdigit()):
        return None
    return min(timedelta(seconds=int(number.lstrip("0")[:9] or 0)), LONGEST)


def between(start: str | None, end: str | None) -> timedelta | None:
    """From one HTTP date to another, at most 24 h; None unless both are dates and the second is the later."""
    first, last = http_date(start), http_date(end)
    return capped(last - first) if first and last else None


def http_date(value: str | None) -> datetime | None:
    """An HTTP date in any of its three forms (RFC 9110, 5.6.7), None of anything else."""
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def capped(wait: timedelta) -> timedelta | None:
    """At most 24 h, None of nothing or less."""
    return min(wait, LONGEST) if wait > timedelta() else None
