"""Claims as a STIX 2.1 bundle. The only file that knows stix2, which comes with the extra `attribution-bot[stix]`.

What is made of a claim: a note with its wording, an opinion with how sure it is, the relationships it asserts
(intrusion-set -> attributed-to -> threat-actor -> attributed-to -> identity, and -> targets -> identity), beside the
incident that its case is and one report a case. An id is a UUIDv5 (RFC 9562, 5.5) over the content that makes the
object what it is, so that the same claim has the same ids in every run, and another content another id.

Only what a claim says is related. It names services and groups of a state without saying which group is whose, so one
of each are a pair, and several groups are laid to the state's unnamed actors.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import cache, partial
from importlib import import_module
from typing import Any
from uuid import UUID, uuid5

from attribution import names
from attribution.archive import ALSO, contested, grade
from attribution.gazetteer import groups
from attribution.model import Actor, Claim, Found, Likelihood, Origin, PublisherKind, Role
from attribution.names import Sort
from attribution.plain import claim_as_plain
from attribution.query import Query, written
from attribution.words import sure, who
from bot.exports.errors import ExportError

NAMESPACE = UUID("6a284cd8-4423-4901-a6b4-f078a0496aa4")
# Of what the tables hold rather than a claim: when those were drawn up.
EDITION = datetime(2026, 11, 1, tzinfo=UTC)
# TLP 2.0 as STIX 2.1 has it (OASIS, cti-stix-common-objects, extension-definition-specifications/tlp-2.0).
TLP_CLEAR = "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"
TLP_CREATED = "2022-10-01T00:00:00.000Z"
TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
ASSERTING = (Role.LEADS, Role.JOINS, Role.SUPPORTS)
# The five steps of STIX's opinion (STIX 2.1, 10.15): that there is one at all is agreement, how far the words say.
OPINIONS = {
    Likelihood.STATED: "strongly-agree",
    Likelihood.ALMOST_CERTAIN: "strongly-agree",
    Likelihood.HIGHLY_LIKELY: "agree",
    Likelihood.LIKELY: "agree",
    Likelihood.POSSIBLE: "neutral",
}
DISSENT = {Role.DENIES: "strongly-disagree", Role.WITHDRAWS: "disagree"}
NUMBER = re.compile(r"\d")
BODIES = ("EU", "UN")  # of two letters, as states' codes are; longer codes are bodies all
MISSING = (
    "STIX needs the library stix2: pip install 'attribution-bot[stix]', or install from requirements-stix.txt in"
    " place of requirements.txt."
)

Thing = Any  # an object of stix2, which has no types
Pair = tuple[Thing, str, Thing]  # what is related, how, and to what


@dataclass(slots=True, kw_only=True)
class Told:
    """What a report will say of one case: `refs` in order; `oldest`: the first statement, by day; `modified`."""

    refs: dict[str, None] = field(default_factory=dict)
    oldest: Found
    modified: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What a claim says of one accused state: it, its actors as one, its named services, the groups laid to it."""

    state: Thing
    unnamed: Thing
    services: Sequence[Thing]
    groups: Sequence[Thing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """Makes objects of one claim: all dated as it, all revoked if it was withdrawn."""

    key: str
    common: Mapping[str, Any]

    def make(self, kind: str, key: str, **values: Any) -> Thing:
        """An object of this claim; `key` tells it from the claim's others of that kind."""
        return _made(kind, f"{self.key} {key}", {**self.common, **values})


def as_stix(found: Iterable[Found], asked: Query, opened: Mapping[str, datetime]) -> Iterator[str]:
    """A bundle of the claims, piece by piece. `opened`: when each case was opened, which tells it from one of that id
    in another database. Raises ExportError, at once, where stix2 is missing."""
    models()
    return _bundle(_objects(found, asked, opened))


@cache
def models() -> Any:
    """The library. Raises ExportError, with how to get it, where it is missing."""
    try:
        return import_module("stix2.v21")
    except ImportError as error:
        raise ExportError(MISSING) from error


def identified(kind: str, key: str) -> str:
    """The id of an object: always the same for a kind and a key."""
    return f"{kind}--{uuid5(NAMESPACE, f'{kind} {key}')}"


def _bundle(objects: Iterable[Thing]) -> Iterator[str]:
    # Written piece by piece, with the id last: a million claims are more than a machine may hold as objects.
    ids = hashlib.sha256()
    before = '{"type": "bundle", "objects": [\n'
    for thing in objects:
        ids.update(f"{thing['id']} {thing.get('modified', '')}\n".encode())
        yield before + str(thing.serialize(ensure_ascii=False))
        before = ",\n"
    yield f'\n], "id": "{identified("bundle", ids.hexdigest())}"}}\n'


def _objects(found: Iterable[Found], asked: Query, opened: Mapping[str, datetime]) -> Iterator[Thing]:
    """Every object once; those that others refer to before them."""
    seen: set[str] = set()
    told: dict[str, Told] = {}
    yield _marking()
    yield _publisher()
    for one in found:
        made = list(_of_claim(one, opened))
        yield from _unseen(made, seen)
        if one.case is not None:
            _tell(told, one.case, one, made)
    for case, about in told.items():
        yield _report(case, about, asked, opened)


def _unseen(made: Iterable[Thing], seen: set[str]) -> Iterator[Thing]:
    for thing in made:
        if thing["id"] not in seen:
            seen.add(thing["id"])
            yield thing


def _tell(told: dict[str, Told], case: str, one: Found, made: Iterable[Thing]) -> None:
    about = told.setdefault(case, Told(oldest=one, modified=_modified(one)))
    about.refs.update(dict.fromkeys(thing["id"] for thing in made))
    about.oldest = min(about.oldest, one, key=lambda each: (_said_at(each), each.id))
    about.modified = max(about.modified, _modified(one), one.recorded_at)


def _of_claim(one: Found, opened: Mapping[str, datetime]) -> Iterator[Thing]:
    claim, maker = one.claim, _maker(one)
    incident = [_incident(one.case, opened)] if one.case is not None else []
    sides = [_party(code) for code in sorted(claim.attributed_by | claim.supported_by | claim.accused)]
    things, pairs = _asserted(claim, incident)
    relationships = [_related(maker, *pair) for pair in pairs]
    yield from (*incident, *sides, *things, *relationships)
    about = [*incident, *sides, *things, *relationships]
    note = _note(one, maker, about or [_publisher()])
    yield note
    held = relationships or incident if claim.role in ASSERTING else incident
    if held or claim.role in ASSERTING:
        yield _opinion(claim, maker, held or [note])


def _asserted(claim: Claim, incident: list[Thing]) -> tuple[list[Thing], list[Pair]]:
    """What a claim says there is, and how it says they belong together; a denial says neither."""
    if claim.role not in ASSERTING:
        return [], []
    behind = [_behind(code, claim) for code in sorted(claim.accused)]
    loose = [_threat_actor(_owner(agency), agency) for agency in claim.agencies if _organ_of(agency, claim) is None]
    sets = [_intrusion_set(actor) for actor in claim.actors]
    victims = [*(_victim(code) for code in sorted(claim.victims)), *map(_organisation, claim.organisations)]
    unnamed = [one.unnamed for one in behind]
    doers = sets or [service for one in behind for service in one.services] or [*loose, *unnamed]
    pairs = [*(pair for one in behind for pair in _laid(one)), *_hits(doers, unnamed, victims)]
    pairs += [(each, "related-to", doer) for each in incident for doer in doers]
    heads = [(one, actor) for one in behind for actor in _heads(one, pairs)]
    pairs += [(actor, "attributed-to", one.state) for one, actor in heads]
    return [*loose, *(actor for _, actor in heads), *sets, *victims], pairs


def _behind(code: str, claim: Claim) -> Behind:
    return Behind(
        state=_party(code),
        unnamed=_threat_actor(code, None),
        services=[_threat_actor(code, agency) for agency in claim.agencies if _organ_of(agency, claim) == code],
        groups=[_intrusion_set(actor) for actor in claim.actors if _laid_to(actor, claim.accused) == code],
    )


def _laid(one: Behind) -> Iterator[Pair]:
    """Whose each group is. Of several groups or several services no claim says which is whose: those are the state's,
    whichever service it was."""
    head = one.services[0] if len(one.services) == len(one.groups) == 1 else one.unnamed
    yield from ((group, "attributed-to", head) for group in one.groups)


def _heads(one: Behind, pairs: Iterable[Pair]) -> list[Thing]:
    """The actors that are the state's own: its services, and the unnamed where one is spoken of or no service is."""
    spoken_of = {thing["id"] for source, _, target in pairs for thing in (source, target)}
    unnamed = [] if one.services and one.unnamed["id"] not in spoken_of else [one.unnamed]
    return [*one.services, *unnamed]


def _hits(doers: Sequence[Thing], states: Sequence[Thing], victims: Sequence[Thing]) -> list[Pair]:
    """Who targets whom. Of several that are named and several that were hit no claim says which hit which: that is
    said of the accused as wholes."""
    told = len(victims) == 1 or (len(doers) == 1 and len(states) <= 1)
    return [(one, "targets", victim) for one in (doers if told else states) for victim in victims]


def _laid_to(actor: Actor, accused: frozenset[str]) -> str | None:
    """Which of the accused a group is laid to: the only one, else its usual home if that is one of them."""
    if len(accused) == 1:
        return min(accused)
    return actor.home if actor.home in accused else None


def _organ_of(agency: str, claim: Claim) -> str | None:
    """Which of the accused a service is an organ of; None where that cannot be told.

    A numbered unit that the tables do not know is the only accused's where it stands beside a service that they do, as
    beside what it is part of ("PLA, 54th Research Institute"); any other may be an ally ("IRGC, Hezbollah")."""
    owners = _owners(agency)
    if not owners and len(claim.accused) == 1 and NUMBER.search(agency):
        owners = owners.union(*map(_owners, claim.agencies))
    accused = owners & claim.accused
    return min(accused) if len(accused) == 1 else None


def _owner(agency: str) -> str | None:
    """Whose a service is, whoever is accused; None where nobody is known, or several have one of that name."""
    owners = _owners(agency)
    return min(owners) if len(owners) == 1 else None


@cache
def _owners(agency: str) -> frozenset[str]:
    return frozenset(code for name in names.find(agency) if name.sort is Sort.AGENCY for code in name.states)


# Objects of the tables, the same in every bundle


@cache
def _marking() -> Thing:
    extension = {"extension_type": "property-extension", "tlp_2_0": "clear"}
    return models().MarkingDefinition(
        id=TLP_CLEAR, created=TLP_CREATED, name="TLP:CLEAR", extensions={TLP_EXTENSION: extension}
    )


@cache
def _publisher() -> Thing:
    return _fixed("identity", "us", name="attribution-bot", identity_class="system")


@cache
def _party(code: str) -> Thing:
    """A government or body. STIX's vocabulary has no class "government": that is said by the sector."""
    body = code in BODIES or len(code) != 2
    return _fixed(
        "identity",
        f"government {code}",
        name=names.label(code) if body else f"{names.label(code)} (government)",
        identity_class="organization",
        sectors=["government" if body else "government-national"],
        labels=[f"{PublisherKind.BODY if body else PublisherKind.GOVERNMENT}:{code}"],
    )


@cache
def _victim(code: str) -> Thing:
    """Whoever was hit in a state: as often its firms or citizens as its government."""
    name = f"{names.label(code)} (victims)"
    return _fixed("identity", f"victims {code}", name=name, identity_class="class", labels=[f"victim:{code}"])


def _organisation(name: str) -> Thing:
    return _fixed("identity", f"organisation {name}", name=name, identity_class="organization", labels=["victim"])


def _threat_actor(code: str | None, agency: str | None) -> Thing:
    name = agency or f"{names.label(code or '')} (state actors)"
    kind = "nation-state" if code else "unknown"
    return _fixed("threat-actor", f"{code} {agency or ''}", name=name, threat_actor_types=[kind])


def _intrusion_set(actor: Actor) -> Thing:
    group = groups().get(actor.id)
    name = group.label if group else actor.names[-1]
    aliases = [alias for alias in group.aliases if alias != name] if group else []
    more = {"aliases": aliases} if aliases else {}
    return _fixed("intrusion-set", actor.id, name=name, labels=[f"actor:{actor.id}"], **more)


def _incident(case: str, opened: Mapping[str, datetime]) -> Thing:
    dates = {"created": opened[case], "modified": opened[case]}
    return _made("incident", _case_key(case, opened), {**dates, "name": f"Case {case}", "labels": [f"case:{case}"]})


def _case_key(case: str, opened: Mapping[str, datetime]) -> str:
    return f"{case} {opened[case].isoformat()}"


# Objects of a claim


def _maker(one: Found) -> Maker:
    said = json.dumps([one.url, one.case, claim_as_plain(one.claim)], sort_keys=True)
    dates = {"created": _said_at(one), "modified": _modified(one)}
    return Maker(key=said, common={**dates, "revoked": True} if one.withdrawn_at else dates)


def _said_at(one: Found) -> datetime:
    """When a claim was made, as it has it itself; so that two databases give the same claim the same dates."""
    day = one.claim.made_on
    return datetime.combine(day.day, time(tzinfo=UTC)) if day else one.recorded_at


def _modified(one: Found) -> datetime:
    return max(_said_at(one), one.withdrawn_at) if one.withdrawn_at else _said_at(one)


def _related(maker: Maker, source: Thing, how: str, target: Thing) -> Thing:
    ends = {"source_ref": source["id"], "target_ref": target["id"]}
    return maker.make("relationship", f"{ends['source_ref']} {how} {ends['target_ref']}", relationship_type=how, **ends)


def _note(one: Found, maker: Maker, about: Iterable[Thing]) -> Thing:
    """The wording; the words of an archive claim are a fact in ours, which its label origin:archive says."""
    return maker.make(
        "note",
        "",
        abstract=who(one.claim),
        content=one.claim.quote,
        labels=list(_labels(one.claim)),
        object_refs=list(dict.fromkeys(thing["id"] for thing in about)),
        external_references=list(_sources(one)),
        **_authors(one.claim),
    )


def _opinion(claim: Claim, maker: Maker, about: Iterable[Thing]) -> Thing:
    return maker.make(
        "opinion",
        "",
        opinion=DISSENT.get(claim.role) or OPINIONS[claim.confidence.likelihood],
        explanation=sure(claim.confidence),
        object_refs=[thing["id"] for thing in about],
        **_authors(claim),
    )


def _report(case: str, about: Told, asked: Query, opened: Mapping[str, datetime]) -> Thing:
    """What a case's claims say that were asked for. A narrower question's report holds fewer, so it is another."""
    dates = {"created": opened[case], "modified": max(about.modified, opened[case])}
    said = {"name": f"Case {case}: {who(about.oldest.claim)}", "published": _said_at(about.oldest)}
    kinds = {"report_types": ["threat-report"], "object_refs": list(about.refs)}
    return _made("report", f"{_case_key(case, opened)} {written(asked)}", {**dates, **said, **kinds})


def _authors(claim: Claim) -> dict[str, list[str]]:
    spoke = [*(names.label(code) for code in sorted(claim.attributed_by | claim.supported_by)), *claim.speakers]
    return {"authors": spoke} if spoke else {}


def _labels(claim: Claim) -> Iterator[str]:
    for name in ("standing", "origin", "role", "tie", "kind"):
        yield f"{name}:{getattr(claim, name)}"
    yield from (f"by:{code}" for code in sorted(claim.attributed_by))
    yield from (f"backed-by:{code}" for code in sorted(claim.supported_by))
    sure_of = claim.confidence
    known = {
        "likelihood": sure_of.likelihood,
        "analytic": sure_of.analytic,
        "scheme": sure_of.scheme,
        "said": claim.made_on,
        "happened": claim.happened,
        "grade": grade(claim),
        "contested": contested(claim),
    }
    yield from (f"{name}:{value}" for name, value in known.items() if value)


def _sources(one: Found) -> Iterator[dict[str, str]]:
    publisher = one.publisher.name or "attribution-bot"
    where = {"url": one.url} if one.url.startswith(("http://", "https://")) else {}
    yield {"source_name": publisher, "description": one.title or publisher, **where}
    if one.claim.origin is Origin.ARCHIVE:
        yield from ({"source_name": publisher, "url": words} for name, words in one.claim.evidence if name == ALSO)


# The library


def _fixed(kind: str, key: str, **values: Any) -> Thing:
    return _made(kind, key, {"created": EDITION, "modified": EDITION, **values})


def _made(kind: str, key: str, values: Mapping[str, Any]) -> Thing:
    name = "".join(part.capitalize() for part in kind.split("-"))
    make: Callable[..., Thing] = partial(getattr(models(), name), id=identified(kind, key))
    return make(created_by_ref=identified("identity", "us"), object_marking_refs=[TLP_CLEAR], **values)
