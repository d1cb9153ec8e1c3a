"""`attribution-bot feedback`: what people reported, as labelled posts: a row of posts and of labels in one, as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlite_utils import Database

from attribution.model import Claim, Post, Standing
from attribution.publishers import publisher_of
from bot.marks import WRONG
from storage import claims, feedback, feeds, posts
from storage.feedback import Report, Wrong

Row = dict[str, Any]


def labelled(db: Database, tenant: str | None = None, since: datetime | None = None) -> Iterator[Row]:
    """The reports that stand as labelled posts, oldest first; `tenant`: one workspace's; `since`: made then or later.

    Columns are those of tests/corpus: what was reported is right in them, the rest is as the bot read it. A row is
    `borderline`, which leaves it out of scores, where what would be right was not said. A post that is stored no more,
    or a record of the archive, is left out. No person and no channel is named.
    """
    for report in feedback.every(db, tenant, since):
        found = _post(db, report)
        if found is not None and found[1].feed != feeds.ARCHIVE:  # a record of ours is no post of anybody's
            number, post = found
            yield _about(report, post) | _label(report, _standing(db, number)) | _told(report)


def _post(db: Database, report: Report) -> tuple[int | None, Post] | None:
    said = report.said
    if said.claim is not None:
        return posts.of_claim(db, said.claim)
    return posts.at(db, said.link) or (None, _unread(said.link))


def _unread(link: str) -> Post:
    """A page that no feed has brought: its address is all there is."""
    host = urlsplit(link).hostname or ""
    return Post(
        feed="", url=link, guid="", title="", text="", published_at=None, language=None, publisher=publisher_of(host)
    )


def _standing(db: Database, post: int | None) -> Mapping[int, Claim]:
    """A post's attributions by id, the withdrawn ones left out."""
    if post is None:
        return {}
    found, withdrawn = claims.of_post(db, post)
    stands = Standing.ATTRIBUTION
    return {each: claim for each, claim in found.items() if claim.standing is stands and each not in withdrawn}


def _about(report: Report, post: Post) -> Row:
    return {
        "id": f"report-{report.tenant}-{report.number}",
        "url": post.url,
        "publisher": _publisher(post),
        "country_of_publisher": post.publisher.speaker,
        "published": f"{post.published_at:%Y-%m-%d}" if post.published_at else None,
        "lang": post.language,
        "title": post.title,
        "text": post.text,
    }


def _publisher(post: Post) -> str:
    """The host or the name of a publisher, whichever leads back to who speaks there."""
    host, speaker = urlsplit(post.url).hostname or "", post.publisher.speaker
    either = (host.removeprefix("www."), post.publisher.name)
    return next((one for one in either if one and publisher_of(one, speaker).speaker == speaker), either[0])


def _label(report: Report, read: Mapping[int, Claim]) -> Row:
    """What a post is by a report: the union of its attributions, the reported one as the reporter says."""
    said, others = report.said, [claim for each, claim in read.items() if each != report.said.claim]
    if said.kind is Wrong.NOT_ATTRIBUTION:
        return _fields(others) if others else {"label": "none", "borderline": False}
    fields = _fields(list(read.values()))
    instead = said.instead.split(",") if said.instead else []
    match said.kind:
        case Wrong.ACCUSED:
            return fields | _right("accused", instead, others)
        case Wrong.ACCUSER:
            return fields | _right("attributed_by", instead, others)
        case Wrong.MISSED:
            return {"label": "attribution", **_twice("accused", instead), "borderline": True}
    return fields | {"case": said.instead or None, "not_case": said.case}


def _fields(read: Sequence[Claim]) -> Row:
    kinds = list(dict.fromkeys(str(claim.kind) for claim in read))
    groups = dict.fromkeys(
        name for claim in read for name in (*claim.agencies, *(actor.names[0] for actor in claim.actors))
    )
    return {
        "label": "attribution",
        **_twice("accused", _union(read, "accused")),
        **_twice("attributed_by", _union(read, "attributed_by", "supported_by")),
        **_twice("groups", list(groups)),
        **_twice("victims", _union(read, "victims")),
        "kind": kinds[0] if kinds else None,
        "kind_allowed": kinds,
        "confidence_phrase": next((claim.confidence.phrase for claim in read if claim.confidence.phrase), None),
        "borderline": not read,
    }


def _right(field: str, instead: Sequence[str], others: Sequence[Claim]) -> Row:
    """A field as the reporter says, beside what the post's other attributions have there."""
    also = _union(others, field, *(["supported_by"] if field == "attributed_by" else []))
    return _twice(field, sorted({*instead, *also})) | {"borderline": not instead}


def _twice(field: str, values: Sequence[str]) -> Row:
    """What is wanted in a field, and its twin of what is allowed there: one reader makes no difference of the two."""
    return {field: list(values), f"{field}_allowed": list(values)}


def _union(read: Sequence[Claim], *fields: str) -> list[str]:
    return sorted({code for claim in read for field in fields for code in getattr(claim, field)})


def _told(report: Report) -> Row:
    words = f": {report.said.words}" if report.said.words else ""
    return {"note": f"Reported {report.at:%Y-%m-%d}, {WRONG[report.said.kind]}{words}", "reported": report.said.kind}
