"""A feed's entries into the database: which are new, what they say, and everything stored in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlite_utils import Database

from attribution import announce
from attribution.announce import Heard
from attribution.cases import SILENT, Told
from attribution.identity import Fate, Window, folded, identify, window
from attribution.model import Claim, Feed, PartialDate, Post, Reading, Standing
from attribution.read import read
from attribution.renowned import taken_apart
from attribution.retry import article_again
from attribution.revise import Changes, revise
from attribution.words import who
from bot.announce import News, correct, tell_late, tell_own
from bot.announce import announce as tell
from feeds.article import Article
from feeds.catalogue import shape_of
from feeds.listing import named_by
from feeds.shape import Format
from storage import cases, claims, feeds, posts
from storage.cases import LEAD
from storage.claims import Stored as StoredClaim
from storage.db import transaction
from storage.feeds import FeedState

CHANGED = (Fate.NEW, Fate.EDITED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a feed: the post as served, what became of it, the stored post it is, if any, and the workspace that
    added the feed, if one did."""

    post: Post
    fate: Fate
    id: int | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A new or edited entry after reading. `post` as read, with its article where that was fetched;
    `wants_article`: the article could not be had, this is the headline's reading."""

    entry: Entry
    post: Post
    reading: Reading
    wants_article: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a poll brought: counts, and each post that makes an attribution with its claims."""

    new: int = 0
    edited: int = 0
    gap: bool = False
    brought: tuple[tuple[Post, Claim], ...] = ()


def sift(db: Database, feed: Feed, body: Sequence[Post], now: datetime) -> list[Entry]:
    """Tells a body's new, edited, moved and known entries apart, in their order."""
    seen = window(body)
    entries = []
    for post in body:
        fate, match = identify(post, seen, posts.known(db, post, feed.owner, now))
        known_at = posts.published_at(db, match.id) if match else None
        timed = replace(post, published_at=known_at) if known_at else posts.dated(post, now)
        entries.append(Entry(post=timed, fate=fate, id=match.id if match else None, owner=feed.owner))
    return entries


def read_entries(entries: Sequence[Entry]) -> list[Read]:
    """Reads entries as their feed served them."""
    return [
        Read(entry=entry, post=entry.post, reading=Reading() if _untitled(entry.post) else read(entry.post))
        for entry in entries
    ]


def read_article(headline: Read, article: Article) -> Read:
    """Reads an entry again with its article's text, below the teaser where the article lacks it; and with its title,
    where a sitemap gave none."""
    teaser, text = headline.entry.post.text, article.text
    whole = text if folded(teaser) in folded(text) else f"{teaser}\n{text}"
    title = article.title if _untitled(headline.entry.post) else headline.entry.post.title
    post = replace(headline.entry.post, title=title, text=whole)
    return replace(headline, post=post, reading=read(post), wants_article=False)


def _untitled(post: Post) -> bool:
    """Whether a post's title is made of its address: words that nobody said, and that make no claim."""
    return shape_of(post.feed).format is Format.SITEMAP and post.title == named_by(post.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What storing a post's claims goes by: whose feed, when, and whether it is the feed's first poll; `late` collects
    what is seen late, to be told of in one message."""

    owner: str | None
    now: datetime
    seeding: bool = False
    late: list[News] = field(default_factory=list)


def store(
    db: Database, feed: Feed, state: FeedState, entries: Sequence[Entry], readings: Sequence[Read], now: datetime
) -> Stored:
    """Writes one poll down, all of it or nothing: sightings, posts, claims, cases and how the feed fares.

    `feed`: with the address to ask next time."""
    body = window([entry.post for entry in entries])
    known_ids = [entry.id for entry in entries if entry.id is not None]
    with transaction(db):
        if feeds.get(db, feed.id) is None:  # its workspace left while it was asked
            return Stored()
        gap = bool(entries) and state.seeded_at is not None and not posts.carried(db, feed.id, known_ids)
        seeding = state.seeded_at is None or (gap and _undated(feed, entries, now))
        told = Telling(owner=feed.owner, now=now, seeding=seeding)
        for entry in entries:
            _store_known(db, entry, now)
        brought = [pair for one in readings for pair in _store_read(db, one, body, told)]
        tell_late(db, told.late, now)
        feeds.save_state(db, feed.id, _with_gap(state, gap=gap, seen=bool(entries), now=now), feed.url)
    fates = [entry.fate for entry in entries]
    return Stored(new=fates.count(Fate.NEW), edited=fates.count(Fate.EDITED), gap=gap, brought=tuple(brought))


def _undated(feed: Feed, entries: Sequence[Entry], now: datetime) -> bool:
    """Whether a listing shows no day at all. Where it also shows nothing that was known (its site was made anew, or the
    bot was off for long) nobody can tell news from what is old: it is learned in silence, as at the first poll."""
    listing = shape_of(feed.id).format is Format.LISTING
    return listing and all(entry.post.published_at == now for entry in entries)


def store_article(db: Database, post_id: int, one: Read, owner: str | None, now: datetime) -> list[tuple[Post, Claim]]:
    """Writes down an article that was had after all; the claims it brought."""
    with transaction(db):
        _rewrite(db, post_id, one)
        posts.want_article(db, post_id, None)
        told = Telling(owner=owner, now=now, seeding=posts.was_seeded(db, post_id))
        brought = _store_claims(db, post_id, one, told)
        tell_late(db, told.late, now)
        return brought


def _store_known(db: Database, entry: Entry, now: datetime) -> None:
    if entry.id is None:
        return
    if entry.fate in (Fate.MOVED, Fate.EDITED):
        posts.move(db, entry.id, entry.post.url)
    posts.sight(db, entry.id, entry.post, now)


def _store_read(db: Database, one: Read, body: Window, told: Telling) -> list[tuple[Post, Claim]]:
    if one.entry.fate is Fate.EDITED and one.entry.id is not None:
        return _store_edit(db, one.entry.id, one, told)
    post_id = posts.add(db, one.entry.post, body, told.now, told.owner, seeded=told.seeding)
    if post_id is None:  # another feed stored it since it was sifted: its next poll will sight it
        return []
    posts.sight(db, post_id, one.entry.post, told.now)
    _rewrite(db, post_id, one)
    _queue_article(db, post_id, one, told)
    return _store_claims(db, post_id, one, told)


def _store_edit(db: Database, post_id: int, one: Read, told: Telling) -> list[tuple[Post, Claim]]:
    posts.mark_edited(db, post_id, told.now)
    _rewrite(db, post_id, one)
    _queue_article(db, post_id, one, told)
    return _store_claims(db, post_id, one, told)


def _queue_article(db: Database, post_id: int, one: Read, told: Telling) -> None:
    # What a workspace's feed holds when it is added is told to nobody, and may be thousands: its headlines are enough.
    if one.wants_article and not (told.seeding and told.owner is not None):
        posts.want_article(db, post_id, article_again(told.now, 1, told.now))


def _rewrite(db: Database, post_id: int, one: Read) -> None:
    served = replace(one.entry.post, title=one.post.title)  # the article's, where the feed has none
    posts.rewrite(db, post_id, served, one.post.text, headline_only=one.wants_article)


def _store_claims(db: Database, post_id: int, one: Read, told: Telling) -> list[tuple[Post, Claim]]:
    before, withdrawn = claims.of_post(db, post_id)
    changes = revise(before, _said(one, told.now))
    # What the article said stands until it can be read again: a headline alone takes nothing back.
    gone = () if one.wants_article else tuple(each for each in changes.gone if each not in withdrawn)
    back = {each: claim for each, claim in changes.kept.items() if claim != before[each] or each in withdrawn}
    _revise(db, before, replace(changes, kept=back, gone=gone), one.post.title, told.now)
    heard = announce.heard(one.post.published_at, told.now, seeding=told.seeding)
    if told.owner is not None:
        _store_own(db, post_id, one.post, changes.brought, heard, told)
        return [(one.post, claim) for claim in changes.brought]
    stored = (_store_claim(db, post_id, one.post, claim, heard, told) for claim in changes.brought)
    news = [each for each in stored if each]
    tell(db, post_id, [each for each in news if each.heard is Heard.FRESH], told.now)
    told.late.extend(each for each in news if each.heard is Heard.LATE)
    return [(one.post, claim) for claim in changes.brought]


def _said(one: Read, now: datetime) -> list[Claim]:
    """What a post claims; a claim over several known operations as one of each, so that each joins its own case."""
    on = (one.post.published_at or now).date()
    lead = one.post.text[:LEAD]
    return [part for claim in one.reading.claims for part in taken_apart(claim, one.post.title, lead, on)]


def _revise(db: Database, before: Mapping[int, Claim], changes: Changes, title: str, now: datetime) -> None:
    was: dict[str, list[Claim]] = {}
    for claim_id in (*changes.gone, *changes.kept):
        case = claims.case_of(db, claim_id)
        if claim_id in changes.gone:
            claims.withdraw(db, claim_id, now, "the post no longer says so")
        else:
            claims.amend(db, claim_id, changes.kept[claim_id], title)
        if case:
            said_otherwise = claim_id in changes.gone or who(changes.kept[claim_id]) != who(before[claim_id])
            was.setdefault(case, []).extend([before[claim_id]] if said_otherwise else [])
    for case, old in was.items():
        cases.retell(db, case)
        correct(db, case, old, now)


def _store_own(db: Database, post_id: int, post: Post, brought: Sequence[Claim], heard: Heard, told: Telling) -> None:
    """What a workspace's own feed says: it speaks for nobody, so that it opens, joins and alters no case."""
    assert told.owner is not None, "somebody's own"
    stored = StoredClaim(post=post_id, title=post.title, owner=told.owner, heard=heard)
    ids = [claims.add(db, _dated(claim, told.now), stored, told.now) for claim in brought]
    found = claims.get(db, ids) if heard is Heard.FRESH else []
    tell_own(db, told.owner, post_id, [one for one in found if one.claim.standing is Standing.ATTRIBUTION], told.now)


def _dated(claim: Claim, now: datetime) -> Claim:
    """What bears no date was said when it was first seen."""
    return claim if claim.made_on else replace(claim, made_on=PartialDate(day=now.date()))


def _store_claim(db: Database, post_id: int, post: Post, claim: Claim, heard: Heard, told: Telling) -> News | None:
    claim = _dated(claim, told.now)
    stored = StoredClaim(post=post_id, title=post.title, heard=heard)
    # A mention recalls: it opens, joins and alters no case. What the accused say of
    # an accusation, and that its accuser takes it back, is shown beside it.
    if claim.standing is Standing.MENTION and claim.role not in SILENT:
        claims.add(db, claim, stored, told.now)
        return None
    joined = cases.join(db, _as_told(claim, post, told.now), told.now)
    if joined is None:
        claims.add(db, claim, stored, told.now)
        return None
    claim_id = claims.add(db, claim, replace(stored, case=joined.case, news=joined.added, trace=joined.trace), told.now)
    (found,) = claims.get(db, [claim_id])
    return News(found=found, case=joined.case, added=joined.added, heard=heard, stronger=joined.stronger)


def _as_told(claim: Claim, post: Post, now: datetime) -> Told:
    said_on = claim.made_on.day if claim.made_on else now.date()
    return Told(claim=claim, title=post.title, text=post.text[:LEAD], said_on=said_on)


def _with_gap(state: FeedState, *, gap: bool, seen: bool, now: datetime) -> FeedState:
    # An empty body says nothing of what was there before: the first one that holds something seeds.
    seeded = replace(state, seeded_at=state.seeded_at or (now if seen else None))
    return replace(seeded, gaps=state.gaps + 1, last_gap_at=now) if gap else seeded
