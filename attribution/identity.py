"""Which post is this? URLs in their canonical form, and what counts as the same words."""

import hashlib
import re
import unicodedata
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# Parameters that say where a reader came from, never which page it is.
TRACKING = re.compile(r"utm_.+|fbclid|gclid|dclid|msclkid|mc_[ce]id|_ga|_gl|igshid|yclid|wt[._].+|cmpid|smid|ocid", re.I)
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
SPACES = re.compile(r"\s+")
TAGS = re.compile(r"<[^<>]{0,500}>")


def canonical_url(url: str) -> str:
    """The address without fragment, tracking parameters and default port, scheme and host in lower case.

    Anything that is no http(s) address, or cannot be split, comes back stripped of spaces only.
    """
    url = url.strip()
    try:
        scheme, host, path, query, _ = urlsplit(url)
    except ValueError:
        return url
    scheme = scheme.lower()
    if scheme not in DEFAULT_PORTS or not host:
        return url
    return urlunsplit((scheme, host.lower().removesuffix(DEFAULT_PORTS[scheme]), path or "/", _kept(query), ""))


def normal(text: str) -> str:
    """The words alone, for comparing: NFKC, tags and spaces folded, case folded."""
    return SPACES.sub(" ", TAGS.sub(" ", unicodedata.normalize("NFKC", text))).strip().casefold()


def feed_hash(title: str, text: str) -> str:
    """What a feed served, as 32 hex digits: equal for versions that differ in spaces, entities or markup only."""
    served = "".join(character for character in normal(f"{title}\n{text}") if character.isalnum())
    return hashlib.sha256(served.encode()).hexdigest()[:32]


def _kept(query: str) -> str:
    # Only a query that has something to lose is rewritten, so that odd encodings of the rest survive.
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not TRACKING.fullmatch(name)]
    return query if len(kept) == len(pairs) else urlencode(kept)
