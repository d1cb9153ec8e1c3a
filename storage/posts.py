"""Posts and where they were seen: one canonical URL is one post, whatever feeds carry it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlite_utils import Database

from attribution.identity import Known, Window, feed_hash, key_of
from attribution.model import Post
from storage.db import Row, instant, moment, row, rows, run, stamp
from storage.feeds import ARCHIVE, publisher

WORDS_COUNT_FOR = timedelta(days=30)  # how long equal words mean the same post, where URL and guid are missing
MOST_VERSIONS = 50  # hashes remembered of one entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A post whose article is to be tried again: the post as its feed served it, when it was first seen so, and the
    tries since."""

    id: int
    post: Post
    owner: str | None
    first_seen: datetime
    tries: int


def known(db: Database, post: Post, owner: str | None, now: datetime) -> list[Known]:
    """The stored posts of the same owner that an entry may be, oldest first. What the archive says of an address is no
    post that was read there."""
    sql = """
        select p.id, p.url, p.title, p.content_hash, s.guid, s.known_hashes
        from posts p left join sightings s on s.post = p.id and s.feed = :feed
        where coalesce(p.owner, '') = coalesce(:owner, '') and p.feed <> :archive and (
            (p.url = :url and :url <> '')
            or p.id in (select post from sightings where feed = :feed and guid = :guid and :guid <> '')
            or (p.feed = :feed and p.content_hash = :words and p.first_seen_at >= :recent))
        order by p.id"""
    asked = {"feed": post.feed, "url": post.url, "guid": post.guid, "words": feed_hash(post.title, post.text)}
    recent = stamp(now - WORDS_COUNT_FOR)
    return [_known(r) for r in rows(db, sql, owner=owner, recent=recent, archive=ARCHIVE, **asked)]


def add(
    db: Database, post: Post, body: Window, now: datetime, owner: str | None, *, seeded: bool = False
) -> int | None:
    """Stores a new post; its id, or None where another feed brought it in the meantime. `seeded`: it was in its feed's
    first body, before the bot."""
    sql = """
        insert into posts (key, feed, url, guid, title, teaser, text, published_at, language, publisher, publisher_kind,
            speaker, owner, content_hash, first_seen_at, seeded)
        values (:key, :feed, :url, :guid, :title, :text, :text, :published_at, :language, :publisher, :publisher_kind,
            :speaker, :owner, :content_hash, :now, :seeded)
        on conflict (key) do nothing returning id"""
    key = key_of(post, body, (stamp(now) or "")[:10])
    values = _values(post, now) | {"owner": owner, "seeded": int(seeded)}
    found = row(db, sql, key=f"{owner or ''} {key}", now=stamp(now), **values)
    return found["id"] if found else None


def dated(post: Post, now: datetime) -> Post:
    """A post with the time it counts as published: a date in the future is cut to when it was first seen, none means
    then, too."""
    return replace(post, published_at=min(post.published_at or now, now))


def published_at(db: Database, post_id: int) -> datetime | None:
    """When a stored post counts as published."""
    found = row(db, "select published_at from posts where id = :id", id=post_id)
    return moment(found["published_at"]) if found else None


def of_claim(db: Database, claim_id: int) -> tuple[int, Post] | None:
    """The post that makes a claim, in the words that were read, with its id; None if it is there no more."""
    found = row(db, "select p.* from posts p join claims c on c.post = p.id where c.id = :id", id=claim_id)
    return (found["id"], _as_read(found)) if found else None


def at(db: Database, url: str) -> tuple[int, Post] | None:
    """The shared post with an address, in the words that were read, with its id; None if no feed has brought it."""
    sql = "select * from posts where url = :url and owner is null and feed <> :archive order by id limit 1"
    found = row(db, sql, url=url, archive=ARCHIVE)
    return (found["id"], _as_read(found)) if found else None


def was_seeded(db: Database, post_id: int) -> bool:
    """Whether a post was in its feed's first body."""
    found = row(db, "select seeded from posts where id = :id", id=post_id)
    return bool(found and found["seeded"])


def rewrite(db: Database, post_id: int, served: Post, text: str, *, headline_only: bool) -> None:
    """Stores a post's words anew: as its feed serves them, and the text that was read."""
    sql = """update posts set title = :title, teaser = :teaser, text = :text, headline_only = :headline_only
             where id = :id"""
    values = {"title": served.title, "teaser": served.text, "text": text, "headline_only": int(headline_only)}
    run(db, sql, id=post_id, **values)


def mark_edited(db: Database, post_id: int, now: datetime) -> None:
    """Notes when a post's words were last seen to change; its article is wanted anew from then on."""
    sql = "update posts set edited_at = :now, article_tries = 0, article_due_at = null where id = :id"
    run(db, sql, id=post_id, now=stamp(now))


def move(db: Database, post_id: int, url: str) -> None:
    """Gives a post its new address; one that another post already has is left to that post."""
    sql = """update posts set url = :url, key = coalesce(owner, '') || ' url ' || :url where id = :id
             and not exists (select 1 from posts where key = coalesce(owner, '') || ' url ' || :url)"""
    run(db, sql, id=post_id, url=url)


def sight(db: Database, post_id: int, post: Post, now: datetime) -> None:
    """Notes that a feed carries a post, under which guid and in which words."""
    words = feed_hash(post.title, post.text)
    seen = row(
        db, "select known_hashes from sightings where feed = :feed and post = :post", feed=post.feed, post=post_id
    )
    hashes = json.loads(seen["known_hashes"]) if seen else []
    known_hashes = json.dumps([*(one for one in hashes if one != words), words][-MOST_VERSIONS:])
    sql = """
        insert into sightings (feed, post, guid, feed_hash, known_hashes, seen_at, last_seen_at)
        values (:feed, :post, :guid, :words, :known, :now, :now)
        on conflict (feed, post) do update set
            guid = :guid, feed_hash = :words, known_hashes = :known, last_seen_at = :now"""
    run(db, sql, feed=post.feed, post=post_id, guid=post.guid, words=words, known=known_hashes, now=stamp(now))


def want_article(db: Database, post_id: int, due_at: datetime | None) -> None:
    """Sets when a post's article is to be tried again, None for never; counts the try."""
    sql = "update posts set article_due_at = :due, article_tries = article_tries + 1 where id = :id"
    run(db, sql, id=post_id, due=stamp(due_at))


def articles_due(db: Database, now: datetime, limit: int, own: int) -> list[Due]:
    """The posts whose article is to be tried again: everybody's first, then each owner's in turn, at most `own` of
    each; longest waiting first. However many one owner's feeds bring, the others' are not kept waiting."""
    sql = """
        select p.* from posts p join (
            select id, row_number() over (partition by owner order by article_due_at, id) as turn
            from posts where article_due_at <= :now) queued on queued.id = p.id
        where p.owner is null or queued.turn <= :own
        order by p.owner is not null, queued.turn, p.article_due_at, p.id limit :limit"""
    return [_due(r) for r in rows(db, sql, now=stamp(now), limit=limit, own=own)]


def read_between(db: Database, since: datetime, until: datetime) -> tuple[int, int]:
    """How many posts were first seen from one time to before another, and in how many feeds."""
    sql = """select count(*) as posts, count(distinct feed) as feeds from posts
             where first_seen_at >= :since and first_seen_at < :until and owner is null and feed <> :archive"""
    found = row(db, sql, since=stamp(since), until=stamp(until), archive=ARCHIVE)
    return (found["posts"], found["feeds"]) if found else (0, 0)


def carried(db: Database, feed_id: str, ids: Sequence[int]) -> bool:
    """Whether a feed carried any of these posts before."""
    if not ids:
        return False
    marks = ", ".join(str(int(one)) for one in ids)
    sql = f"select 1 from sightings where feed = :feed and post in ({marks}) limit 1"  # noqa: S608 - whole numbers
    return row(db, sql, feed=feed_id) is not None


def _known(found: Row) -> Known:
    hashes = json.loads(found["known_hashes"] or "[]")
    return Known(
        id=found["id"],
        url=found["url"],
        guid=found["guid"] or "",
        title=found["title"],
        content_hash=found["content_hash"],
        hashes=frozenset(hashes),
    )


def _values(post: Post, now: datetime) -> Row:
    return {
        "feed": post.feed,
        "url": post.url,
        "guid": post.guid,
        "title": post.title,
        "text": post.text,
        "published_at": stamp(dated(post, now).published_at),
        "language": post.language,
        "publisher": post.publisher.name,
        "publisher_kind": post.publisher.kind,
        "speaker": post.publisher.speaker,
        "content_hash": feed_hash(post.title, post.text),
    }


def _due(found: Row) -> Due:
    return Due(
        id=found["id"],
        post=_served(found),
        owner=found["owner"],
        first_seen=instant(found["edited_at"] or found["first_seen_at"]),
        tries=found["article_tries"],
    )


def _served(found: Row) -> Post:
    return Post(
        feed=found["feed"],
        url=found["url"],
        guid=found["guid"],
        title=found["title"],
        text=found["teaser"],
        published_at=moment(found["published_at"]),
        language=found["language"],
        publisher=publisher(found),
    )


def _as_read(found: Row) -> Post:
    return replace(_served(found), text=found["text"])
