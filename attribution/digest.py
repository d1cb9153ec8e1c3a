"""When a channel's digest is due, and what it tells, grouped by who is accused."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from attribution.model import Found, Role, Standing
from attribution.words import by_name, ordered

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What was said about one case in the period, oldest first; `case` is None for a claim that belongs to none."""

    case: str | None
    statements: tuple[Found, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The cases in which the same states are accused: those new in the period, and the older ones with news."""

    accused: frozenset[str]
    new: tuple[Entry, ...] = ()
    older: tuple[Entry, ...] = ()

    @property
    def statements(self) -> int:
        """How many statements the group has; denials are none."""
        return sum(_counts(one) for entry in (*self.new, *self.older) for one in entry.statements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How many cases were opened and statements made in a period."""

    cases: int = 0
    statements: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many statements accuse a state in the period, and in the one of equal length before."""

    accused: str
    now: int
    before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What was recorded from `since` until `until`: the most talked of first, late statements apart.

    `before` counts the period of equal length before; `tallies` does so by accused state, the most accused first;
    `posts` and `feeds` say what was read to find it.
    """

    since: datetime
    until: datetime
    groups: tuple[Group, ...] = ()
    late: tuple[Found, ...] = ()
    count: Count = Count()
    before: Count = Count()
    tallies: tuple[Tally, ...] = ()
    posts: int = 0
    feeds: int = 0


def due_at(week: str, day: int, at: time, zone: tzinfo) -> datetime:
    """The first instant, in UTC, at which the wall clock of a zone shows `at` or later on that day of an ISO week.

    `week` is written as in ISO 8601, "2022-W36"; `day` is 1 for Monday to 7. An hour that comes twice counts the
    first time; one that is skipped is due at the moment of skipping. ValueError for a week or day that is none.
    """
    local = datetime.combine(date.fromisoformat(f"{week}-{day}"), at.replace(tzinfo=None))
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return first
    # In a gap PEP 495 reads fold=1 with the offset after it, which is an instant before the gap.
    return _first_past(local, local.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _first_past(local: datetime, before: datetime, after: datetime, zone: tzinfo) -> datetime:
    while after - before > SECOND:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).replace(tzinfo=None) >= local:
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)


def last_due(now: datetime, day: int, at: time, zone: tzinfo) -> tuple[str, datetime]:
    """The ISO week and instant of the digest that was due last, at `now` or before."""
    today = now.astimezone(zone).date()
    weeks = [_week(today - timedelta(days=ago)) for ago in (-1, 0, 7, 14)]
    due = ((week, due_at(week, day, at, zone)) for week in dict.fromkeys(weeks))
    return next((week, instant) for week, instant in due if instant <= now)


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def digest_key(channel: str, week: str) -> str:
    """What names a channel's digest of an ISO week, so that none is sent twice."""
    return f"digest {channel} {week}"


def compile_digest(
    *,
    since: datetime,
    until: datetime,
    found: Iterable[Found],
    new_cases: Collection[str],
    late: Iterable[Found] = (),
    earlier: Iterable[Found] = (),
    earlier_cases: Collection[str] = (),
    posts: int = 0,
    feeds: int = 0,
) -> Digest:
    """The digest of the statements recorded from `since` until `until`: those that were news to their cases.

    `new_cases` are those opened in the period, `late` the statements first seen too late to alert, `earlier` and
    `earlier_cases` what the period of equal length before had. Mentions and what was withdrawn are left out.
    """
    behind = [one for one in late if _told(one)]
    seen_late = {one.id for one in behind}
    told = sorted((one for one in found if _told(one) and one.id not in seen_late), key=_recorded)
    had = [one for one in earlier if _told(one)]
    return Digest(
        since=since,
        until=until,
        groups=_groups(_entries(told), new_cases),
        late=tuple(sorted(behind, key=_recorded)),
        count=_count(told, new_cases),
        before=_count(had, earlier_cases),
        tallies=_tallies(told, had),
        posts=posts,
        feeds=feeds,
    )


def _told(found: Found) -> bool:
    return found.claim.standing is Standing.ATTRIBUTION and found.withdrawn_at is None


def _counts(found: Found) -> bool:
    return found.claim.role not in (Role.DENIES, Role.WITHDRAWS)


def _recorded(found: Found) -> tuple[datetime, int]:
    return found.recorded_at, found.id


def _count(told: Sequence[Found], new_cases: Collection[str]) -> Count:
    counted = [one for one in told if _counts(one)]
    return Count(cases=len({one.case for one in counted if one.case in new_cases}), statements=len(counted))


def _tallies(told: Iterable[Found], had: Iterable[Found]) -> tuple[Tally, ...]:
    now, before = _by_accused(told), _by_accused(had)
    most_first = sorted(by_name(now | before), key=lambda code: (-now[code], -before[code]))
    return tuple(Tally(accused=code, now=now[code], before=before[code]) for code in most_first)


def _by_accused(statements: Iterable[Found]) -> Counter[str]:
    return Counter(code for one in statements if _counts(one) for code in one.claim.accused)


def _entries(told: Iterable[Found]) -> list[Entry]:
    cases: dict[str | int, list[Found]] = {}
    for one in told:
        cases.setdefault(one.case or one.id, []).append(one)
    return [Entry(case=same[0].case, statements=tuple(same)) for same in cases.values()]


def _groups(entries: Iterable[Entry], new_cases: Collection[str]) -> tuple[Group, ...]:
    together: dict[frozenset[str], list[Entry]] = {}
    for entry in entries:
        together.setdefault(_accused(entry), []).append(entry)
    groups = [
        Group(
            accused=accused,
            new=tuple(entry for entry in same if entry.case is None or entry.case in new_cases),
            older=tuple(entry for entry in same if entry.case is not None and entry.case not in new_cases),
        )
        for accused, same in together.items()
    ]
    return tuple(sorted(groups, key=_weight))


def _accused(entry: Entry) -> frozenset[str]:
    return frozenset().union(*(one.claim.accused for one in entry.statements))


def _weight(group: Group) -> tuple[bool, int, list[str]]:
    """Sorts the most talked of first, where nobody is named last."""
    return not group.accused, -group.statements, ordered(group.accused)
