"""What a channel would have been told of late, had it asked: the rules of announcing, told over again. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from attribution.announce import MOST_CARDS, Act, Heard, Standing, act, opening
from attribution.model import Found
from attribution.query import Query
from storage.recent import Recent

LIST = "list"  # in place of more cards than one post may open


@dataclass(frozen=True, slots=True, kw_only=True)
class Foreseen:
    """What would have been posted: cards, replies in their threads, lists in place of too many cards, and statements
    seen late, which come with a digest or in a list of their own; `newest`: what they told, the newest first."""

    cards: int = 0
    replies: int = 0
    lists: int = 0
    late: int = 0
    newest: tuple[Found, ...] = ()


@dataclass(slots=True, kw_only=True)
class _Channel:
    """The channel as it would stand: since when each case's card has had no news."""

    queries: Sequence[Query]
    threads: bool
    cards: dict[str, datetime] = field(default_factory=dict)


def foreseen(recent: Sequence[Recent], queries: Sequence[Query], *, threads: bool) -> Foreseen:
    """What a channel without any card would have been told of `recent`, in their order, had it asked for `queries`."""
    channel = _Channel(queries=queries, threads=threads)
    fresh = [one for one in recent if one.heard is Heard.FRESH]
    posts = groupby(fresh, key=lambda one: (one.post, one.found.recorded_at))
    told = [one for _, together in posts for one in _told(channel, list(together))]
    late = [one.found for one in recent if one.heard is Heard.LATE and _wanted(queries, one)]
    counts = Counter(what for what, _ in told)
    seen = [one for what, one in told if what is not Act.UPDATE]
    return Foreseen(
        cards=counts[Act.OPEN],
        replies=counts[Act.UPDATE_AND_REPLY],
        lists=counts[LIST],
        late=len(late),
        newest=tuple(sorted((*seen, *late), key=lambda one: (one.recorded_at, one.id), reverse=True)),
    )


def _told(channel: _Channel, together: Sequence[Recent]) -> Iterator[tuple[str, Found]]:
    """What one post's statements would have done, in the order of announcing."""
    acts = [(one, _act(channel, one)) for one in together]
    to_open = opening((one.found, what) for one, what in acts)
    if len(to_open) > MOST_CARDS:
        yield LIST, next(iter(to_open.values()))
    else:
        for case, found in to_open.items():
            channel.cards[case] = found.recorded_at
            yield Act.OPEN, found
    for one, what in acts:
        if what in (Act.UPDATE, Act.UPDATE_AND_REPLY) and one.found.case not in to_open:
            channel.cards[str(one.found.case)] = one.found.recorded_at
            yield what, one.found


def _act(channel: _Channel, one: Recent) -> Act:
    news_at = channel.cards.get(str(one.found.case))
    standing = Standing(has_card=news_at is not None, news_at=news_at)
    matches = _wanted(channel.queries, one)
    now = one.found.recorded_at
    return act(one.added, standing, now, matches=matches, stronger=one.stronger, threads=channel.threads)


def _wanted(queries: Iterable[Query], one: Recent) -> bool:
    return any(query.matches(one.found) for query in queries)
