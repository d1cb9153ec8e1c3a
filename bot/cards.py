"""What the bot says about cases, as payloads for Slack: cards, replies, notices. Pure; lists are in roundups.py."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import takewhile

from attribution.model import Actor, Analytic, Claim, Confidence, Found, Kind, Likelihood, Role
from attribution.view import CaseView, Correction
from attribution.words import (
    DEEDS,
    SCHEMES,
    TIES,
    by_name,
    counted,
    day,
    flagged,
    joined,
    named,
    no_state,
    sayers,
    some,
    sure,
    who,
)
from bot import blocks, telling
from bot.blocks import Part, Run, line, link, message, shown, words
from bot.escape import clean, cut, mrkdwn
from bot.telling import ACCUSING, NAME_LENGTH, NAMED_IN_TITLE, QUOTE_LENGTH

FORMS = DEEDS | {Kind.ADVISORY: "an advisory", Kind.REPORT: "a report"}
LISTED = (40, 12, 5, 2)  # names in a list, from generous to what fits beside the longest of everything else
WAS_LENGTH = 200
CORRECTIONS = 3  # the latest: the database has the others
WITHDRAWN = "withdrawn: the post no longer says so"


def card(
    view: CaseView,
    now: datetime,
    *,
    opened_by: int | None = None,
    disputed: Sequence[str] = (),
    buttons: Sequence[Part] = (),
) -> Part:
    """A case as a message: who accuses whom first, then the sentence that says so, then all else in words.

    `opened_by` is the id of the statement that opened this card, which it leads with as long as that stands; without
    it, or once that is withdrawn, the first statement that stands. `disputed`: lines of mrkdwn that say who disputes
    it. ValueError for a case without statements.
    """
    lead = lead_of(view, opened_by)
    below = [{"type": "actions", "elements": list(buttons)}] if buttons else []
    return _fitting(lambda most: _marked(_card(view, lead, most, now), disputed, below))


def reply(view: CaseView, found: Found, now: datetime) -> Part:
    """News for a card's thread: what the statement adds to those before it, its sentence, its link."""
    news = _news(view, found)
    parts = [*telling.said(found, words(news, "bold")), blocks.section(_aside(found))]
    text = mrkdwn(f"{news}. {telling.quotation(found)}") + f" {blocks.address(telling.source(found), found.url)}"
    small = blocks.context(f"case {mrkdwn(view.id)}", *telling.form(found, now))
    return message(text, [blocks.rich(*parts), small])


def lead_of(view: CaseView, opened_by: int | None = None) -> Found:
    """The statement a card leads with: `opened_by` if it stands, else the first that stands, else the first.

    ValueError for a case without statements."""
    accusing = [one for one in view.statements if one.claim.role in ACCUSING] or list(view.statements)
    if not accusing:
        raise ValueError(f"Case {view.id} has no statements: there is nothing to show.")
    standing = [one for one in accusing if not one.withdrawn_at]
    opened = [one for one in standing if one.id == opened_by]
    return (opened or standing or accusing)[0]


def notice(text: str) -> Part:
    """A small message in the bot's own words, lines kept: a channel paused, a subscription confirmed."""
    own = cut("\n".join(clean(row) for row in text.strip().split("\n")), blocks.TEXT_LENGTH)
    return message(mrkdwn(own), [blocks.rich(blocks.section(words(own)))])


# News


def _news(view: CaseView, found: Found) -> str:
    """What a statement adds to those that stand before it: "🇺🇸 United States joins, with sanctions"."""
    if found.claim.role in (Role.DENIES, Role.WITHDRAWS):
        return telling.answer(found)
    before = [one for one in takewhile(lambda one: one.id != found.id, view.statements) if not one.withdrawn_at]
    if found.claim.role is Role.SUPPORTS or not before:
        return telling.title(found)
    known = [one.claim for one in before if one.claim.role in ACCUSING]
    fresh = sayers(found.claim) - frozenset().union(*(sayers(claim) for claim in known))
    by = by_name(fresh or sayers(found.claim), found.publisher.speaker)
    added = list(_added(found.claim, known, joins=bool(fresh), many=len(by) > 1))
    subject = some([flagged(code) for code in by], NAMED_IN_TITLE)
    return f"{subject} {joined(added)}" if by and added else telling.title(found)


def _added(claim: Claim, known: Sequence[Claim], *, joins: bool, many: bool) -> Iterator[str]:
    """The verbs of what a claim adds to the claims known before it."""
    alike = {one.kind for one in known if one.attributed_by >= claim.attributed_by}
    form = FORMS[claim.kind] if claim.kind in FORMS.keys() - alike else ""
    if joins:
        yield ("join" if many else "joins") + (f" with {form}" if form else "")
    elif form:
        yield f"{'add' if many else 'adds'} {form}"
    if accused := claim.accused - frozenset().union(*(one.accused for one in known)):
        yield f"{'accuse' if many else 'accuses'} {joined([flagged(code) for code in by_name(accused)])}"
    if actors := _new_actors(claim, known):
        yield f"{'name' if many else 'names'} {some(actors, 2)}"
    if known and _surer(claim.confidence, [one.confidence for one in known]):
        yield f"{'are' if many else 'is'} surer: {shown(sure(claim.confidence))}"


def _new_actors(claim: Claim, known: Iterable[Claim]) -> list[str]:
    ids = {actor.id for one in known for actor in one.actors}
    return [shown(named(actor), NAME_LENGTH) for actor in claim.actors if actor.id not in ids]


def _surer(said: Confidence, before: Sequence[Confidence]) -> bool:
    """Only words of confidence make surer: who merely leaves the hedge out has said nothing of it."""
    likelihoods, analytics = list(Likelihood), [*Analytic, None]
    return bool(said.phrase) and (
        all(likelihoods.index(said.likelihood) < likelihoods.index(one.likelihood) for one in before)
        or all(analytics.index(said.analytic) < analytics.index(one.analytic) for one in before)
    )


# A card


def _card(view: CaseView, lead: Found, most: int, now: datetime) -> Part:
    facts = [run for run in _facts(view, lead, most, now) if run]
    rich = blocks.rich(*telling.said(lead), blocks.section(blocks.lines(facts)))
    return message(_meaning(view, lead, most, now), [blocks.header(_heading(lead)), rich, _small(view, lead, now)])


def _marked(payload: Part, disputed: Sequence[str], below: Sequence[Part]) -> Part:
    """A card with who disputes it right under its title, and its buttons."""
    title, *rest = payload["blocks"]
    lines = [blocks.context("\n".join(disputed))] if disputed else []
    text = "\n".join([*(line.replace("*Disputed*", "Disputed", 1) for line in disputed), payload["text"]])
    return {**payload, "text": text, "blocks": [title, *lines, *rest, *below]}


def _fitting(build: Callable[[int], Part]) -> Part:
    """The most generous message that Slack still takes."""
    built = (build(most) for most in LISTED)
    return next((payload for payload in built if blocks.fits(payload)), build(LISTED[-1]))


def _heading(lead: Found) -> str:
    """The title with as many names as Slack's header has room for."""
    tried = [telling.title(lead, most) for most in (NAMED_IN_TITLE, 2, 1)]
    return next((text for text in tried if len(text.encode("utf-16-le")) <= 2 * blocks.HEADER_LENGTH), tried[-1])


def _facts(view: CaseView, lead: Found, most: int, now: datetime) -> Iterator[Run]:
    accusing = [lead, *(one for one in _standing(view, *ACCUSING) if one is not lead)]
    yield words(WITHDRAWN, "italic") if lead.withdrawn_at else []
    yield _fact("Against", words(telling.victims(accusing, most)))
    yield _fact("Accused" if any(one.claim.accused for one in accusing) else "Named", _accused(accusing, most))
    yield _fact("How sure", _how_sure(accusing))
    yield _fact("Happened", words(day(lead.claim.happened, now)) if lead.claim.happened else [])
    yield _fact("By", words(_by(lead, most)))
    yield _fact("Also", telling.also(lead, accusing[1:], most))
    yield _fact("Backed by", telling.backing([one for one in view.statements if not one.withdrawn_at], most))
    yield from _answers(view, most)
    yield from _taken_back(view, lead, most)
    yield _aside(lead)
    yield from (_corrected(one, now) for one in view.corrections[-CORRECTIONS:])


def _fact(label: str, run: Run) -> Run:
    return line(words(f"{label}:", "bold"), words(" "), run) if run else []


def _standing(view: CaseView, *roles: Role) -> list[Found]:
    return [one for one in view.statements if not one.withdrawn_at and one.claim.role in roles]


def _by(lead: Found, most: int) -> str:
    """Who speaks, so far as the title does not say it: all of many governments, and their bodies by name."""
    codes = by_name(lead.claim.attributed_by, lead.publisher.speaker)
    many = some([flagged(code) for code in codes], most) if len(codes) > NAMED_IN_TITLE + 1 else ""
    bodies = telling.some_names(lead.claim.speakers, most)
    return f"{many} ({bodies})" if many and bodies else many or bodies


def _accused(accusing: Sequence[Found], most: int) -> Run:
    claims = [one.claim for one in accusing]
    states = list(dict.fromkeys(code for claim in claims for code in by_name(claim.accused)))
    groups = dict.fromkeys(agency for claim in claims for agency in claim.agencies)
    actors = {actor.id: actor for claim in reversed(claims) for actor in claim.actors}
    detail = [*groups, *(named(actor) for actor in reversed(actors.values()))]
    held = some([flagged(code) for code in states], most)
    said = [held, TIES[claims[0].tie] if states else "", telling.some_names(detail, most)]
    return words(" · ".join(part for part in [*said, *_background(states, actors.values())] if part))


def _background(states: Sequence[str], actors: Iterable[Actor]) -> list[str]:
    return [] if states else [shown(no_state(actors))]


def _how_sure(accusing: Sequence[Found]) -> Run:
    """How sure the lead says it is, and who of the others says to be surest where that is surer."""
    said = accusing[0].claim.confidence
    yardstick = f", {SCHEMES[said.scheme]}" if said.scheme else ""
    surer = [one for one in accusing[1:] if _surer(one.claim.confidence, [said])]
    surest = min(surer, key=lambda one: list(Likelihood).index(one.claim.confidence.likelihood), default=None)
    others = [f"{telling.short(surest)}: {shown(sure(surest.claim.confidence))}"] if surest else []
    return words(" · ".join([shown(sure(said)) + yardstick, *others]))


def _answers(view: CaseView, most: int) -> Iterator[Run]:
    """Denials, and accusers who take theirs back."""
    for one in _standing(view, Role.DENIES, Role.WITHDRAWS)[-most:]:
        yield link(telling.answer(one), one.url, "bold")


def _taken_back(view: CaseView, lead: Found, most: int) -> Iterator[Run]:
    """Other statements whose posts were edited and say it no more."""
    for found in [one for one in view.statements if one.withdrawn_at and one is not lead][-most:]:
        gone = telling.title(found, 1).removeprefix("Withdrawn: ")
        yield line(link(gone, found.url, "strike"), words(" "), words(WITHDRAWN, "italic"))


def _aside(found: Found) -> Run:
    """That only the headline could be read, where it is so."""
    return words("Read from the headline alone: the article could not be had", "italic") if found.headline_only else []


def _corrected(correction: Correction, now: datetime) -> Run:
    at = blocks.utc(correction.at, now)
    return words(f"updated {at}: was “{shown(correction.was, WAS_LENGTH)}”", "italic")


def _small(view: CaseView, lead: Found, now: datetime) -> Part:
    seen = blocks.moment(lead.recorded_at, "{date_short_pretty} {time}", now)
    earlier = blocks.address("earlier card", view.previous_url) if view.previous_url else ""
    sources = counted(view.sources, "source")
    return blocks.context(*telling.form(lead, now), "\n", f"case {mrkdwn(view.id)}", sources, f"seen {seen}", earlier)


def _meaning(view: CaseView, lead: Found, most: int, now: datetime) -> str:
    """The card in sentences, for a notification, a screen reader, and wherever blocks do not show."""
    facts = [telling.flat(run) for run in _facts(view, lead, min(most, LISTED[1]), now) if run]
    withdrawn = "Withdrawn: " if lead.withdrawn_at else ""
    said = f"{withdrawn}{who(lead.claim)}. {telling.quotation(lead)}"
    about = " ".join(_ended(part) for part in (shown(said, 2 * QUOTE_LENGTH), *facts))
    post = blocks.address(shown(lead.title) or "The post", lead.url)
    return f"{mrkdwn(about)} {post}, {', '.join(telling.form(lead, now))}"


def _ended(sentence: str) -> str:
    """A sentence with a full stop, unless the quotation at its end brings one."""
    return sentence if sentence.rstrip('”’"').endswith((".", "!", "?", "。")) else f"{sentence}."
