"""The nouns everyone may import. A post has someone who *speaks* and someone who is *accused*: never a bare country."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T", bound=StrEnum)


class PublisherKind(StrEnum):
    """Who stands behind a feed: only a government or an intergovernmental body speaks for itself."""

    GOVERNMENT = "government"
    BODY = "body"
    PRESS = "press"
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """ATTRIBUTION announces, joins or reports an attribution; MENTION recalls one and never alerts."""

    ATTRIBUTION = "attribution"
    MENTION = "mention"


class Origin(StrEnum):
    """LIVE was read from a post and has a verbatim quote; ARCHIVE is a fact in our own words."""

    LIVE = "live"
    ARCHIVE = "archive"


class Role(StrEnum):
    """What the attributing side does in this claim."""

    LEADS = "leads"
    JOINS = "joins"
    SUPPORTS = "supports"
    DENIES = "denies"
    WITHDRAWS = "withdraws"


class Tie(StrEnum):
    """How the accused state is tied to the operation, strongest first."""

    ORGAN = "organ"
    SPONSORED = "sponsored"
    LINKED = "linked"


class Kind(StrEnum):
    """The form the attribution takes."""

    STATEMENT = "statement"
    ADVISORY = "advisory"
    SANCTIONS = "sanctions"
    INDICTMENT = "indictment"
    EXPULSION = "expulsion"
    DISRUPTION = "disruption"
    REPORT = "report"


class Likelihood(StrEnum):
    """How probable the speaker says it is, strongest first; STATED is a flat assertion."""

    STATED = "stated"
    ALMOST_CERTAIN = "almost_certain"
    HIGHLY_LIKELY = "highly_likely"
    LIKELY = "likely"
    POSSIBLE = "possible"


class Analytic(StrEnum):
    """Analytic confidence: how good the speaker says the evidence is (ICD 203, PHIA), strongest first."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"


class Scheme(StrEnum):
    """Whose yardstick a hedge is from; the same words stand for different ranges."""

    PHIA = "phia"
    ICD203 = "icd203"


class Precision(StrEnum):
    """How exactly a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publisher:
    """Who publishes. `speaker`: ISO 3166-1 alpha-2 or a body (EU, NATO, UN, OSCE), None unless government or body."""

    name: str
    kind: PublisherKind = PublisherKind.UNKNOWN
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source of posts. `owner`: None for the catalogue's and the operator's feeds, else the tenant that added it."""

    id: str
    publisher: Publisher
    url: str
    language: str | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One publication as read. `published_at` is aware, UTC; `text` is plain text; `language` is ISO 639-1 if known."""

    feed: str
    url: str
    guid: str
    title: str
    text: str
    published_at: datetime | None
    language: str | None
    publisher: Publisher


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialDate:
    """A date as exactly as it is known: the first day of its month or year where `precision` is coarser."""

    day: date
    precision: Precision = Precision.DAY

    def __str__(self) -> str:
        return self.day.isoformat()[: {Precision.DAY: 10, Precision.MONTH: 7, Precision.YEAR: 4}[self.precision]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A group held responsible. `id`: a stable slug; `names`: as written first, then the canonical name;
    `home`: the state it is usually ascribed to, shown as background with its `source`, never the accusation."""

    id: str
    names: tuple[str, ...]
    home: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confidence:
    """How sure they say they are, on two axes; `phrase` as written, empty for a flat statement."""

    likelihood: Likelihood = Likelihood.STATED
    analytic: Analytic | None = None
    phrase: str = ""
    scheme: Scheme | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One attribution: who holds which states responsible for what, in which sentence.

    `accused`, `attributed_by`, `supported_by`, `victims` hold ISO 3166-1 alpha-2 codes or bodies (EU, NATO ...);
    `accused` may be empty (a group named, no state). `speakers` are the attributing side's own bodies ("NCSC", "FCDO"),
    `agencies` the accused's ("GRU", "Unit 26165"); `organisations` are named victims that are no states.
    `quote` is verbatim from the post's title or text; `evidence` maps a field's name to the words that gave it.
    """

    standing: Standing
    origin: Origin = Origin.LIVE
    accused: frozenset[str] = frozenset()
    attributed_by: frozenset[str] = frozenset()
    supported_by: frozenset[str] = frozenset()
    role: Role = Role.LEADS
    tie: Tie = Tie.LINKED
    actors: tuple[Actor, ...] = ()
    agencies: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    victims: frozenset[str] = frozenset()
    organisations: tuple[str, ...] = ()
    confidence: Confidence = Confidence()
    kind: Kind = Kind.STATEMENT
    quote: str
    rule: str
    made_on: PartialDate | None = None
    happened: PartialDate | None = None
    evidence: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A stored claim and where it stands: what a question is answered with. `owner` as its feed's."""

    id: int
    claim: Claim
    case: str | None
    title: str
    url: str
    publisher: Publisher
    recorded_at: datetime
    withdrawn_at: datetime | None = None
    headline_only: bool = False
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a post says. `gate` names the gate a quiet post failed, `language` what it was read as,
    `by_names_only` that no phrase book exists for that language."""

    claims: tuple[Claim, ...] = ()
    gate: str | None = None
    language: str | None = None
    by_names_only: bool = False

    @property
    def standing(self) -> Standing | None:
        """The strongest of the claims', None without any."""
        return strongest(Standing, (claim.standing for claim in self.claims))


def strongest(scale: type[T], values: Iterable[T]) -> T | None:
    """The value that stands first in its scale, None of no values."""
    order = list(scale)
    return min(values, key=order.index, default=None)
