"""Which post is this? URLs in their canonical form, and what counts as the same words."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from attribution.model import Post

# Parameters that say where a reader came from, never which page it is.
TRACKING = re.compile(
    r"utm_.+|fbclid|gclid|dclid|msclkid|mc_[ce]id|_ga|_gl|igshid|yclid|wt[._].+|cmpid|smid|ocid", re.IGNORECASE
)
DEFAULT_PORTS = {"http": ":80", "https": ":443"}
SPACES = re.compile(r"\s+")
TAGS = re.compile(r"<[^<>]{0,500}>")


class Fate(StrEnum):
    """What an entry of a feed is: a post never seen, one seen before, one whose words changed, one at a new address."""

    NEW = "new"
    SEEN = "seen"
    EDITED = "edited"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A stored post as identity sees it. `guid` and `hashes` are of its sighting in the feed that is being read;
    `hashes` is empty where that feed never carried it."""

    id: int
    url: str
    guid: str
    title: str
    content_hash: str
    hashes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What one feed body holds, counted: which addresses and (guid, address) pairs stand in it more than once."""

    urls: frozenset[str]
    shared_urls: frozenset[str]
    shared_ids: frozenset[tuple[str, str]]


def window(posts: Sequence[Post]) -> Window:
    """Counts the addresses and ids of one feed body."""
    urls = Counter(post.url for post in posts)
    ids = Counter((post.guid, post.url) for post in posts)
    return Window(
        urls=frozenset(urls),
        shared_urls=frozenset(url for url, count in urls.items() if count > 1),
        shared_ids=frozenset(pair for pair, count in ids.items() if count > 1),
    )


def identify(post: Post, body: Window, known: Sequence[Known]) -> tuple[Fate, Known | None]:
    """Which of the known posts an entry is, and whether it changed; (NEW, None) if none.

    `known`: the stored posts that share its address, its guid in this feed, or its words in this feed these 30 days.
    The canonical link comes first, the guid second, the words third.
    """
    match = _by_guid(post, body, known) or _by_url(post, body, known)
    if match:
        return _changed(post, match), match
    if moved := _moved(post, body, known):
        return Fate.EDITED if _changed(post, moved) is Fate.EDITED else Fate.MOVED, moved
    if match := _by_words(post, body, known):
        return Fate.SEEN, match
    return Fate.NEW, None


def key_of(post: Post, body: Window, day: str) -> str:
    """What a new post is unique by: its address, else its guid in its feed, else its words in its feed on that day."""
    if post.url and post.url not in body.shared_urls:
        return f"url {post.url}"
    if post.guid and (post.guid, post.url) not in body.shared_ids:
        return f"guid {post.feed} {post.guid} {post.url}"
    return f"words {post.feed} {feed_hash(post.title, post.text)} {day}"


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


def folded(text: str) -> str:
    """The text for comparing and searching: NFKC, case folded, runs of spaces as one, no NUL (it ends SQL text)."""
    text = text.replace("\0", "")
    return SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def feed_hash(title: str, text: str) -> str:
    """What a feed served, as 32 hex digits: equal for versions that differ in spaces, punctuation or markup only."""
    served = "".join(character for character in folded(TAGS.sub(" ", f"{title}\n{text}")) if character.isalnum())
    return hashlib.sha256(served.encode()).hexdigest()[:32]


def _kept(query: str) -> str:
    # Only a query that has something to lose is rewritten, so that odd encodings of the rest survive.
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not TRACKING.fullmatch(name)]
    return query if len(kept) == len(pairs) else urlencode(kept)


def _by_guid(post: Post, body: Window, known: Sequence[Known]) -> Known | None:
    if not post.guid or (post.guid, post.url) in body.shared_ids:
        return None
    return next((one for one in known if one.hashes and (one.guid, one.url) == (post.guid, post.url)), None)


def _by_url(post: Post, body: Window, known: Sequence[Known]) -> Known | None:
    if not post.url or post.url in body.shared_urls:
        return None
    same = [one for one in known if one.url == post.url]
    # An address that several posts of this feed have had is a listing's: there the guid identifies.
    several = sum(bool(one.hashes) for one in same) > 1
    return None if several else next(iter(same), None)


def _moved(post: Post, body: Window, known: Sequence[Known]) -> Known | None:
    if not post.guid or not post.url:
        return None
    same = (one for one in known if one.hashes and one.guid == post.guid and one.url not in body.urls)
    return next((one for one in same if folded(one.title) == folded(post.title)), None)


def _by_words(post: Post, body: Window, known: Sequence[Known]) -> Known | None:
    if (post.url and post.url not in body.shared_urls) or (post.guid and (post.guid, post.url) not in body.shared_ids):
        return None
    words = feed_hash(post.title, post.text)
    return next((one for one in known if one.content_hash == words and one.url == post.url), None)


def _changed(post: Post, match: Known) -> Fate:
    # A version served before is a stale cache's, no edit: feeds go back to old bodies and forth again.
    fresh = match.hashes and feed_hash(post.title, post.text) not in match.hashes
    return Fate.EDITED if fresh else Fate.SEEN
