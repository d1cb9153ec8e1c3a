"""Time zones as people look for them: by city, by country, by offset. Pure but for the tables of zones."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from attribution import names
from bot.blocks import Part
from bot.commands import zones

MOST = 100  # options that Slack shows
NEAR = 0.75
# Shown before anything is typed: UTC, then one of the largest cities of each hour, from west to east.
USUAL = (
    *("UTC", "America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York", "America/Sao_Paulo"),
    *("Europe/London", "Europe/Paris", "Europe/Kyiv", "Asia/Dubai", "Asia/Kolkata", "Asia/Singapore", "Asia/Tokyo"),
    *("Australia/Sydney", "Pacific/Auckland"),
)
# Older names and bare offsets, which somebody has to type in full to mean them.
OLD = ("Etc/", "US/", "SystemV/", "posix/", "right/")


def option(zone: str, now: datetime) -> Part:
    """A zone as an option of a menu: "Europe/London (UTC+01:00)"."""
    offset = f"{now.astimezone(ZoneInfo(zone)):%z}"
    return {"text": {"type": "plain_text", "text": f"{zone} (UTC{offset[:3]}:{offset[3:]})"[:75]}, "value": zone}


def found(typed: str) -> list[str]:
    """The zones that somebody may mean, the likeliest first: by a city's beginning, any part of the name, the country;
    where nothing is, what is written nearly so."""
    wanted = "_".join(typed.casefold().split())
    if not wanted:
        return list(USUAL)
    known = zones()
    ranked = sorted((rank, zone) for name, zone in known.items() if (rank := _rank(wanted, name)) is not None)
    matching = [zone for _, zone in ranked]
    every = [*_of_country(typed), *matching]
    return list(dict.fromkeys(every or _near(wanted)))[:MOST]


def _rank(wanted: str, name: str) -> tuple[int, bool] | None:
    old = name.startswith(tuple(one.casefold() for one in OLD)) or "/" not in name
    if wanted == name:
        return 0, old
    if name.rsplit("/", 1)[-1].startswith(wanted):
        return 1, old
    return (2, old) if wanted in name else None


def _near(wanted: str) -> Sequence[str]:
    cities = {name.rsplit("/", 1)[-1]: zone for name, zone in zones().items()}
    return [cities[name] for name in get_close_matches(wanted, cities, n=5, cutoff=NEAR)]


def _of_country(typed: str) -> Sequence[str]:
    return _countries().get(names.state(typed) or "", ())


@cache
def _countries() -> dict[str, list[str]]:
    """The zones of each country (ISO 3166-1 alpha-2), the most populous first, as tzdata's zone.tab has them."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    told: defaultdict[str, list[str]] = defaultdict(list)
    for row in table.splitlines():
        if row and not row.startswith("#"):
            code, _, zone = row.split("\t")[:3]
            told[code].append(zone)
    return dict(told)
