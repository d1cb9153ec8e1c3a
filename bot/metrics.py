"""The numbers that a monitor reads, by the names that docs/running.md explains. The only file that knows
prometheus_client."""

from collections import Counter as Count
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import product

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector

from attribution.model import Standing
from attribution.retry import Answer
from bot.jobs import Polled
from feeds.errors import Trouble
from storage.outbox import Message, Op, State
from storage.vitals import Vitals

CONTENT_TYPE = CONTENT_TYPE_LATEST
MINUTE, HOUR = 60, 3600
# From "at once" to the three days after which nothing is an alert any more.
LAGS = (MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR)

# Labels are words of ours, few and known: no feed's, channel's or workspace's id, which would tell who subscribes what.
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client has it without types
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
POLLS = Counter("attribution_polls", "Polls of feeds", ["outcome"], registry=REGISTRY)
POSTS = Counter("attribution_posts", "Posts that polls brought", ["fate"], registry=REGISTRY)
CLAIMS = Counter("attribution_claims", "Claims that posts were found to make", ["standing"], registry=REGISTRY)
DELIVERIES = Counter("attribution_deliveries", "Tries to deliver a message", ["op", "outcome"], registry=REGISTRY)
LAG = Histogram(
    "attribution_alert_lag_seconds", "From a post's publication to its card in a channel", buckets=LAGS,
    registry=REGISTRY,
)  # fmt: skip
MESSAGES = Gauge("attribution_outbox_messages", "Messages in the outbox", ["state"], registry=REGISTRY)
OLDEST = Gauge("attribution_outbox_oldest_seconds", "Age of the longest waiting message", registry=REGISTRY)
FEEDS = Gauge("attribution_feeds", "Shared feeds that are read", ["health"], registry=REGISTRY)
LAST_POLL = Gauge("attribution_last_poll_timestamp_seconds", "When any feed was last polled", registry=REGISTRY)
WORKING = Gauge("attribution_at_work", "1 while some process polls and delivers", registry=REGISTRY)
DOOR = Gauge("attribution_door_open", "1 while Slack can be heard", ["door"], registry=REGISTRY)
READY = Gauge("attribution_ready", "1 where /readyz answers 200", registry=REGISTRY)


def word(text: str) -> str:
    """A label's value: without spaces."""
    return text.replace(" ", "_")


def _begin() -> None:
    """Every counter is there from the start, at 0: of one that appears as 1, `increase()` sees no increase."""
    for outcome in ("read", "unchanged", *Trouble):
        POLLS.labels(word(outcome))
    for fate in ("new", "edited"):
        POSTS.labels(fate)
    for standing in Standing:
        CLAIMS.labels(standing)
    for op, answer in product(Op, Answer):
        DELIVERIES.labels(op, word(answer))


_begin()


def polled(one: Polled) -> None:
    """Counts a poll and what it brought."""
    POLLS.labels(word(one.trouble or ("unchanged" if one.unchanged else "read"))).inc()
    POSTS.labels("new").inc(one.stored.new)
    POSTS.labels("edited").inc(one.stored.edited)
    for standing, count in Count(claim.standing for _, claim in one.stored.brought).items():
        CLAIMS.labels(standing).inc(count)


def tried(message: Message, outcome: Answer) -> None:
    """Counts a try to deliver a message, and what is done about it."""
    DELIVERIES.labels(message.op, word(outcome)).inc()


def alerted(published_at: datetime, now: datetime) -> None:
    """Counts an alert by how long after publication it arrived."""
    LAG.observe(max((now - published_at) / timedelta(seconds=1), 0))


def page(vitals: Vitals, doors: Mapping[str, bool], *, ready: bool, now: datetime) -> bytes:
    """All numbers in Prometheus' text format, those of the database as it is now."""
    for state in State:
        MESSAGES.labels(state).set(vitals.messages.get(state, 0))
    OLDEST.set((now - vitals.oldest_at).total_seconds() if vitals.oldest_at else 0)
    for health, count in (("well", vitals.well), ("failing", vitals.failing), ("gone", vitals.gone)):
        FEEDS.labels(health).set(count)
    LAST_POLL.set(vitals.polled_at.timestamp() if vitals.polled_at else 0)
    for door, is_open in doors.items():
        DOOR.labels(door).set(is_open)
    WORKING.set(vitals.holder is not None)
    READY.set(ready)
    return generate_latest(REGISTRY)
