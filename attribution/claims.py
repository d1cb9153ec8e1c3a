"""Findings -> claims: the sentences of one post put together into as few claims as there really are."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attribution import gazetteer
from attribution.confidence import confidence_of, surer
from attribution.findings import Finding, Placed
from attribution.kinds import kind_of
from attribution.model import Actor, Claim, Confidence, Kind, PartialDate, Post, PublisherKind, Role, Standing, Tie
from attribution.names import Form, Name, Sort
from attribution.standing import accused_in, joint_authors
from attribution.victims import victims_of

LONGEST_QUOTE = 500


def claim_of(
    post: Post, standing: Standing, findings: Sequence[Finding], best: Finding, placed: Sequence[Placed]
) -> Claim:
    """One claim from the findings that make it; `best` is the one that is quoted."""
    by = frozenset[str]().union(*(finding.by for finding in findings)) | own_voice(post)
    accused = accused_in(findings) - by
    by |= joint_authors(placed, by, accused)
    return Claim(
        standing=standing,
        accused=accused,
        attributed_by=by,
        tie=_tie(findings),
        actors=_actors(findings),
        agencies=_agencies(findings, accused),
        speakers=_words(
            named.name.words for finding in findings for named in finding.speakers if named.name.sort is Sort.AGENCY
        ),
        victims=victims_of(placed, accused, by),
        confidence=_confidence(findings),
        kind=kind_of(placed),
        quote=quote_of(best),
        rule=_rule(best),
        made_on=_day(post.published_at),
        evidence=_evidence(best),
    )


def own_voice(post: Post) -> frozenset[str]:
    """The state or body whose own publication a post is: whatever it reports of others, it joins or supports."""
    official = post.publisher.kind in (PublisherKind.GOVERNMENT, PublisherKind.BODY)
    return frozenset({post.publisher.speaker}) if official and post.publisher.speaker else frozenset()


def _tie(findings: Sequence[Finding]) -> Tie:
    for finding in findings:
        if any(one.named.name.sort is Sort.AGENCY or one.rule in ORGAN_RULES for one in finding.accused):
            return Tie.ORGAN
    tied = any("tie" in one.named.head | one.named.before for finding in findings for one in finding.accused)
    return Tie.SPONSORED if tied else Tie.LINKED


ORGAN_RULES = frozenset(
    {"blamed by name", "said to be behind it", "said to have done it", "an act that is a state's own"}
)


def _actors(findings: Iterable[Finding]) -> tuple[Actor, ...]:
    written: dict[str, list[str]] = {}
    for finding in findings:
        for one in finding.accused:
            if one.named.name.sort is Sort.GROUP:
                written.setdefault(one.named.name.id, []).append(one.named.name.words)
    return tuple(_actor(actor, words) for actor, words in written.items())


def _actor(actor: str, words: Sequence[str]) -> Actor:
    known = gazetteer.groups()[actor]
    return Actor(id=actor, names=_words([*words, known.label]), home=known.home, source=known.source)


def _agencies(findings: Iterable[Finding], accused: frozenset[str]) -> tuple[str, ...]:
    return _words(
        _service(one.named.name)
        for finding in findings
        for one in finding.accused
        if one.named.name.sort is Sort.AGENCY
        and one.named.name.form is not Form.METONYM
        and not accused.isdisjoint(one.named.name.states)
    )


def _service(name: Name) -> str:
    """A service as written, with its usual short name where that is another: "Federal Security Service (FSB)"."""
    return name.words if name.label.casefold() in name.words.casefold() else f"{name.words} ({name.label})"


def _words(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(words.split()) for words in found))


def _confidence(findings: Sequence[Finding]) -> Confidence:
    found = [confidence_of(finding.clause, finding.by) for finding in findings]
    chosen = found[0]
    for confidence in found[1:]:
        chosen = surer(chosen, confidence)
    return chosen


def quote_of(finding: Finding) -> str:
    """The finding's sentence, cut at spaces around its accusation where it is longer than a quotation should be."""
    text = finding.clause.sentence.text
    if len(text) <= LONGEST_QUOTE:
        return text
    middle = finding.clause.tokens[finding.accused[0].named.first].start
    start = max(0, min(middle - LONGEST_QUOTE // 2, len(text) - LONGEST_QUOTE))
    cut = text[start : start + LONGEST_QUOTE]
    if start and " " in cut:
        cut = cut[cut.index(" ") + 1 :]
    return cut.rsplit(" ", 1)[0] if " " in cut and start + LONGEST_QUOTE < len(text) else cut


def _rule(best: Finding) -> str:
    strongest = max(best.accused, key=lambda one: one.hold)
    return strongest.rule


def _day(at: datetime | None) -> PartialDate | None:
    return PartialDate(day=at.date()) if at else None


def _evidence(best: Finding) -> tuple[tuple[str, str], ...]:
    said = [("attributed_by", named.name.words) for named in best.speakers]
    held = [("accused", best.clause.words(one.named.first, one.named.reach)) for one in best.accused]
    return tuple(dict.fromkeys([*said, *held]))
