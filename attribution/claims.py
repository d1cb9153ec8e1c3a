"""Findings -> claims: the sentences that are one accusation, put together with everything they say."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attribution import gazetteer
from attribution.confidence import confidence_in, is_hedged
from attribution.dates import happened_in
from attribution.details import details_for, details_in
from attribution.findings import Finding, Placed
from attribution.kinds import kind_of
from attribution.marks import BREAKS, Clause, Named
from attribution.model import (
    Actor,
    Claim,
    Confidence,
    Kind,
    PartialDate,
    Post,
    PublisherKind,
    Role,
    Standing,
    Tie,
    strongest,
)
from attribution.names import Form, Name, Sort, find
from attribution.organisations import organisations_in
from attribution.parts import joint_authors
from attribution.phrases import Book, Cue
from attribution.roles import Accused, Hold
from attribution.speech import codes_of
from attribution.standing import accused_in
from attribution.victims import victims_of

LONGEST_QUOTE = 500
MOST_BEFORE_TITLE = 4  # substantial sentences that are quoted rather than the title
# Rules by which the act is the state's own, not that of someone it stands behind.
ORGAN_RULES = frozenset(
    {"blamed by name", "said to be behind it", "said to have done it", "an act that is a state's own"}
)
# No service, but all of a state's, or a ministry or party above them.
GENERIC = frozenset({"ris", "us-ic", "mod-ru", "dpp-tw", "mss-services", "mois-services", "rgb-services"})
# Forms of law and trade in which groups and firms are named beside the state they work for.
AGAINST_FIRMS = ("charges", "legal", "sanctions")
# How far down such a sentence is this post's own act.
FIRMS_WITHIN = 14
# Words between "backed by" and the state, and between the state and "backed".
TIE_REACH = 4
BEHIND = 2
# Words between "overlaps with" and the group that is compared.
COMPARED_REACH = 6
# Letters of a short name: "GTsST", "Unit 26165".
SHORT = 10
# Marks that some names run across: 台湾"资通电军.
QUOTES = frozenset('"“”„«»「」')
# How many words of evidence a field keeps.
MOST_EVIDENCE = 12


def claim_of(
    post: Post,
    standing: Standing,
    findings: Sequence[Finding],
    placed: Sequence[Placed],
    narrated: Sequence[Finding] = (),
) -> Claim:
    """One claim from the findings that make it; the one that says it best is quoted.

    `narrated` are sentences that nobody is named as saying: they only add the names of groups and services.
    """
    details = details_for(post)
    best = max(findings, key=lambda finding: _quotable(finding, details))
    accused, by, supported_by = _sides(post, standing, findings, placed)
    own, clauses = own_voice(post), [best.clause, *(finding.clause for finding in findings)]
    whole = placed if standing is Standing.ATTRIBUTION else _only(findings)
    kind = kind_of(placed, details, post.publisher.name)
    confidence = confidence_in(best, findings, placed, own, details, charged=kind is Kind.INDICTMENT)
    said = [*findings, *narrated]
    groups = [*_groups_of(said, details), *(_firms_in(whole, accused) if standing is Standing.ATTRIBUTION else ())]
    return Claim(
        standing=standing,
        accused=accused,
        attributed_by=by - supported_by,
        supported_by=supported_by,
        role=_role(best, own, supported_by),
        tie=_tie(findings, details),
        actors=_actors(groups, by, accused),
        agencies=_agencies(said, accused),
        speakers=_speakers(post, findings),
        victims=victims_of(whole, accused, by, own, details),
        organisations=organisations_in(clauses, accused),
        confidence=confidence,
        kind=kind,
        quote=quote_of(best),
        rule=_strongest_rule(best),
        made_on=_day(post.published_at),
        happened=_happened(clauses, post.published_at),
        evidence=_evidence(best, confidence),
    )


def _sides(
    post: Post, standing: Standing, findings: Sequence[Finding], placed: Sequence[Placed]
) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Who is accused, who speaks, and who of them only supports; co-signers belong to what is said now alone."""
    by = frozenset[str]().union(*(finding.by for finding in findings))
    if standing is Standing.MENTION:
        return accused_in(findings) - by, by, frozenset()
    by |= own_voice(post)
    accused = accused_in(findings) - by
    by |= joint_authors(placed, by, accused)
    return accused, by, _supporters(findings, placed, by, own_voice(post))


def denial_of(post: Post, clause: Clause, denier: frozenset[str], accusers: frozenset[str]) -> Claim:
    """The accused's own denial, which recalls the accusation: of what, against whom."""
    by = accusers - denier
    return Claim(
        standing=Standing.MENTION,
        accused=denier,
        attributed_by=by,
        victims=victims_of([Placed(clause, 0)], denier, by, frozenset(), details_for(post)),
        role=Role.DENIES,
        quote=cut_around(clause, 0),
        rule="denied by the accused",
        made_on=_day(post.published_at),
        evidence=tuple(("role", clause.words(cue.first, cue.last)) for cue in clause.of("denies")),
    )


def own_voice(post: Post) -> frozenset[str]:
    """The state or body whose own publication a post is: whatever it reports of others, it joins or supports."""
    official = post.publisher.kind in (PublisherKind.GOVERNMENT, PublisherKind.BODY)
    return frozenset({post.publisher.speaker}) if official and post.publisher.speaker else frozenset()


def _only(findings: Sequence[Finding]) -> list[Placed]:
    return [Placed(finding.clause, finding.place) for finding in findings]


def _quotable(finding: Finding, book: Book) -> tuple[int, bool, bool, int]:
    """The sentence that accuses most strongly and says how surely; one of the text before the title, which a reader
    sees anyway."""
    return (
        finding.hold,
        is_hedged(finding, book),
        finding.firm and 0 < finding.place <= MOST_BEFORE_TITLE,
        -finding.place,
    )


def _supporters(
    findings: Sequence[Finding], placed: Sequence[Placed], by: frozenset[str], own: frozenset[str]
) -> frozenset[str]:
    """Those of the claim's speakers who only stand with another: no sentence of theirs accuses without saying so."""
    accusing = frozenset[str]().union(
        *(finding.by - own | codes_of(finding.speakers) for finding in findings if not finding.clause.has("support"))
    )
    standing_with = {code for finding in findings if finding.clause.has("support") for code in finding.by}
    if any(here.clause.has("support") for here in placed if here.place <= 1):
        standing_with |= own
    supporting = frozenset(standing_with & by) - accusing
    return supporting if by - supporting else frozenset()


def _role(best: Finding, own: frozenset[str], supported_by: frozenset[str]) -> Role:
    speaking = own or best.by
    if speaking and speaking <= supported_by:
        return Role.SUPPORTS
    return Role.JOINS if best.clause.has("joins") else Role.LEADS


def _tie(findings: Sequence[Finding], book: Book) -> Tie:
    """The strongest tie by which any sentence holds a state responsible."""
    held = [_tie_of(finding.clause, one, book) for finding in findings for one in finding.accused]
    return strongest(Tie, [tie for tie in held if tie]) or Tie.LINKED


def _tie_of(clause: Clause, one: Accused, book: Book) -> Tie | None:
    """How one name is tied to the act: as the words beside it say, else by what it is; None where it is not held."""
    if one.hold is not Hold.STATE:
        return None
    beside = {cue.sign for cue in details_in(clause, book) if _stands_by(clause, one.named, cue)}
    if "linking" in beside:
        return Tie.LINKED
    if "sponsoring" in beside:
        return Tie.SPONSORED
    if one.named.name.sort is Sort.AGENCY or one.rule in ORGAN_RULES:
        return Tie.ORGAN
    tied = "tie" in one.named.head | one.named.before and not clause.has("loose")
    return Tie.SPONSORED if tied else Tie.LINKED


def _stands_by(clause: Clause, named: Named, cue: Cue) -> bool:
    """Whether words stand shortly before a name, or in its own phrase: "backed by Russia", "Russia-backed hackers"."""
    if cue.last < named.first:
        near = named.first - cue.last <= TIE_REACH * clause.wide
        return near and BREAKS.isdisjoint(clause.between(cue.last, named.first))
    behind = TIE_REACH * clause.wide if clause.verb_final or clause.wide > 1 else BEHIND
    return cue.first <= max(named.reach, named.last + behind)


def _actors(groups: Iterable[Name], by: frozenset[str], accused: frozenset[str]) -> tuple[Actor, ...]:
    """The groups named, each once; a government that accuses another state does not hold its own responsible."""
    own = by - accused if accused else frozenset()
    written: dict[str, list[str]] = {}
    for name in groups:
        if name.home not in own:
            written.setdefault(name.id, []).append(name.words)
    return tuple(_actor(actor, words) for actor, words in written.items())


def _groups_of(findings: Iterable[Finding], book: Book) -> Iterator[Name]:
    """The groups that findings hold responsible, not those they are only compared with."""
    for finding in findings:
        for one in finding.accused:
            if one.named.name.sort is Sort.GROUP and not _is_compared(finding.clause, one.named, book):
                yield one.named.name


def _is_compared(clause: Clause, named: Named, book: Book) -> bool:
    """ "overlaps with APT28", "a sister of the Lazarus Group": a group beside the one that did it."""
    return any(
        cue.sign == "compared" and 0 < named.first - cue.last <= COMPARED_REACH * clause.wide
        for cue in details_in(clause, book)
    )


def _firms_in(placed: Iterable[Placed], accused: frozenset[str]) -> Iterator[Name]:
    """The groups and firms of the accused that a post sanctions or charges, in sentences that name no state."""
    for here in placed:
        if here.place <= FIRMS_WITHIN and here.clause.has(*AGAINST_FIRMS) and not here.clause.has("recalls", "denies"):
            for named in here.clause.named:
                if named.name.sort is Sort.GROUP and named.name.home in accused:
                    yield named.name


def _actor(actor: str, words: Sequence[str]) -> Actor:
    known = gazetteer.groups()[actor]
    return Actor(id=actor, names=_words([*words, known.label]), home=known.home, source=known.source)


def _agencies(findings: Iterable[Finding], accused: frozenset[str]) -> tuple[str, ...]:
    """The services that findings name, by the longest name they are given there, and a short one."""
    services: dict[str, list[str]] = {}
    for finding in findings:
        for one in finding.accused:
            name = one.named.name
            if _is_service(name) and not accused.isdisjoint(name.states):
                services.setdefault(name.id, []).extend(_written(finding.clause, one.named))
    return _words(_service(written, gazetteer.labels()[service]) for service, written in services.items())


def _written(clause: Clause, named: Named) -> list[str]:
    """A name as written, and the short one in brackets behind it."""
    behind = clause.sentence.text[named.name.end : clause.tokens[named.last].end].strip(" (（,[\n")
    return [named.name.words, behind] if behind else [named.name.words]


def _is_service(name: Name) -> bool:
    return name.sort is Sort.AGENCY and name.form is not Form.METONYM and name.id not in GENERIC


def _service(written: Sequence[str], label: str) -> str:
    """A service as written, with the short name it is given, else its usual one: "Federal Security Service (FSB)"."""
    long = max((words for words in written if _is_whole(words)), key=len, default=written[0])
    short = next((words for words in written if len(words) <= SHORT and _letters(words) not in _letters(long)), label)
    return long if _letters(short) in _letters(long) else f"{long} ({short})"


def _is_whole(words: str) -> bool:
    """Whether a name does not run across a quotation or a bracket, as some do."""
    return QUOTES.isdisjoint(words) and words.count("(") == words.count(")")


def _letters(words: str) -> str:
    return "".join(character for character in words.casefold() if character.isalnum())


def _speakers(post: Post, findings: Iterable[Finding]) -> tuple[str, ...]:
    """The bodies that speak, by their usual names: the publisher's own first, where it is one."""
    own = [name for name in find(post.publisher.name) if not own_voice(post).isdisjoint(name.states)]
    spoken = [named.name for finding in findings for named in finding.speakers]
    return _words(name.label for name in (*own, *spoken) if name.sort is Sort.AGENCY)


def _words(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(words.split()) for words in found))


def quote_of(finding: Finding) -> str:
    """The finding's sentence, verbatim, cut around its accusation where it is too long for a quotation."""
    return cut_around(finding.clause, finding.clause.tokens[finding.accused[0].named.first].start)


def cut_around(clause: Clause, middle: int) -> str:
    """A sentence, or where it is too long the part around an offset, cut at spaces."""
    text = clause.sentence.text
    if len(text) <= LONGEST_QUOTE:
        return text
    start = max(0, min(middle - LONGEST_QUOTE // 2, len(text) - LONGEST_QUOTE))
    cut = text[start : start + LONGEST_QUOTE]
    if start and " " in cut:
        cut = cut[cut.index(" ") + 1 :]
    return cut.rsplit(" ", 1)[0] if " " in cut and start + LONGEST_QUOTE < len(text) else cut


def _strongest_rule(best: Finding) -> str:
    return max(best.accused, key=lambda one: one.hold).rule


def _happened(clauses: Sequence[Clause], published_at: datetime | None) -> PartialDate | None:
    """When it took place, by the first of these sentences that says so."""
    told = (happened_in(clause, published_at) for clause in clauses)
    return next((dated for dated in told if dated), None)


def _day(at: datetime | None) -> PartialDate | None:
    return PartialDate(day=at.date()) if at else None


def _evidence(best: Finding, confidence: Confidence) -> tuple[tuple[str, str], ...]:
    """The words that gave each field, as they stand in the sentence that is quoted or in what led to it."""
    clause = best.clause
    found = [("attributed_by", named.name.words) for named in best.speakers]
    found += [("accused", clause.words(one.named.first, one.named.reach)) for one in best.accused]
    found += [("cyber", clause.words(cue.first, cue.last)) for cue in clause.of("cyber", "computing")]
    found += [
        ("cue", clause.words(cue.first, cue.last)) for cue in clause.of("blames", "by_after", "by_before", "charges")
    ]
    if confidence.phrase:
        found.append(("confidence", confidence.phrase))
    return tuple(dict.fromkeys(found))[:MOST_EVIDENCE]
