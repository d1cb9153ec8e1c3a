"""Hedges on two axes, with the phrase as written."""

from collections.abc import Collection

import pytest

from attribution.confidence import confidence_of
from attribution.details import details_of
from attribution.marks import Clause, clause_of, words_of
from attribution.model import Analytic, Confidence, Likelihood, Scheme, Standing
from attribution.phrases import book_of
from attribution.plain import post_from_plain
from attribution.read import read
from attribution.sentences import Sentence


def _clause(text: str, language: str = "en") -> Clause:
    book = book_of(language)
    assert book is not None
    return clause_of(words_of(Sentence(text, 0), book), book, language, None)


def _of(text: str, language: str = "en", speakers: Collection[str] = ()) -> Confidence:
    return confidence_of(_clause(text, language), details_of(language), speakers)


@pytest.mark.parametrize(
    ("text", "language", "likelihood", "phrase"),
    [
        ("It was almost certainly the GRU.", "en", Likelihood.ALMOST_CERTAIN, "almost certainly"),
        ("It is highly likely that China did it.", "en", Likelihood.HIGHLY_LIKELY, "highly likely"),
        ("Russia probably did it.", "en", Likelihood.LIKELY, "probably"),
        ("There is a realistic possibility that Iran did it.", "en", Likelihood.POSSIBLE, "realistic possibility"),
        ("Suspected North Korean hackers did it.", "en", Likelihood.POSSIBLE, "Suspected"),
        ("Russia did it.", "en", Likelihood.STATED, ""),
        ("Es war sehr wahrscheinlich der GRU.", "de", Likelihood.HIGHLY_LIKELY, "sehr wahrscheinlich"),
        ("La Russie est très probablement responsable.", "fr", Likelihood.HIGHLY_LIKELY, "très probablement"),
        ("De groep wordt vrijwel zeker gesteund door Rusland.", "nl", Likelihood.ALMOST_CERTAIN, "vrijwel zeker"),
        ("APT40は中国政府を背景に持つ可能性が高い。", "ja", Likelihood.HIGHLY_LIKELY, "可能性が高い"),
        ("疑似美国情报机构所为。", "zh", Likelihood.POSSIBLE, "疑似"),
    ],
)
def test_likelihood_is_a_step_of_the_scale_with_the_words_as_written(
    text: str, language: str, likelihood: Likelihood, phrase: str
) -> None:
    confidence = _of(text, language)
    assert (confidence.likelihood, confidence.phrase) == (likelihood, phrase)


@pytest.mark.parametrize(
    ("text", "analytic"),
    [
        ("We say so with high confidence.", Analytic.HIGH),
        ("The agency has medium confidence.", Analytic.MODERATE),
        ("They link it with low confidence to APT29.", Analytic.LOW),
        ("We are sure.", None),
    ],
)
def test_analytic_confidence_is_an_axis_of_its_own(text: str, analytic: Analytic | None) -> None:
    assert _of(text).analytic is analytic


def test_of_several_hedges_the_strongest_counts() -> None:
    confidence = _of("Almost certainly the GRU, likely since 2022.")
    assert confidence.likelihood is Likelihood.ALMOST_CERTAIN


@pytest.mark.parametrize(
    ("speakers", "scheme"), [({"GB"}, Scheme.PHIA), ({"US"}, Scheme.ICD203), ({"FR"}, None), ({"GB", "US"}, None)]
)
def test_the_scheme_is_the_speakers_and_none_where_two_yardsticks_meet(
    speakers: set[str], scheme: Scheme | None
) -> None:
    assert _of("It was likely Russia.", speakers=speakers).scheme is scheme


def test_a_flat_statement_has_no_scheme() -> None:
    assert _of("Russia did it.", speakers={"GB"}) == Confidence()


def test_allegedly_in_an_indictment_is_the_form_of_the_law() -> None:
    assert _of("The officers allegedly hacked the party.").likelihood is Likelihood.STATED


def _said(publisher: str, title: str, text: str) -> Confidence:
    post = post_from_plain({"id": "x", "publisher": publisher, "lang": "en", "title": title, "text": text})
    found = [claim.confidence for claim in read(post).claims if claim.standing is Standing.ATTRIBUTION]
    assert len(found) == 1, "the sentences are not read as one attribution"
    return found[0]


@pytest.mark.parametrize(
    ("language", "text", "phrase"),
    [
        ("de", "Mit an Sicherheit grenzender Wahrscheinlichkeit war es der GRU.", "Mit an Sicherheit grenzender"),
        ("fr", "L'agence estime avec un haut niveau de confiance que la Russie est responsable.", "haut niveau de"),
        ("nl", "Met een hoge mate van zekerheid zit de GRU erachter.", "Met een hoge mate van zekerheid"),
        ("no", "Det er overveiende sannsynlig at Russland sto bak.", "overveiende sannsynlig"),
        ("sv", "Med hög sannolikhet låg GRU bakom.", "Med hög sannolikhet"),
        ("da", "Med stor sandsynlighed stod Rusland bag.", "Med stor sandsynlighed"),
        ("cs", "Vysoká míra jistoty ukazuje na Čínu.", "Vysoká míra jistoty"),
        ("pl", "Wiele wskazuje na to, że stoi za tym GRU.", "Wiele wskazuje"),
        ("uk", "З високим рівнем впевненості це зробило ГРУ.", "З високим рівнем впевненості"),
        ("ru", "С высокой степенью уверенности за этим стоят США.", "С высокой степенью уверенности"),
        ("it", "È altamente probabile che sia stato il GRU.", "altamente probabile"),
        ("es", "Es altamente probable que fuera el GRU.", "altamente probable"),
        ("ja", "中国の関与が疑われる。", "関与が疑われる"),
        ("ko", "북한 소행일 가능성이 높다.", "가능성이 높다"),
        ("zh", "极有可能是美国情报机构所为。", "极有可能"),
    ],
)
def test_a_hedge_is_shown_as_written_in_every_language_that_is_read(language: str, text: str, phrase: str) -> None:
    assert _of(text, language).phrase.startswith(phrase)


def test_the_degree_nearest_to_the_quoted_sentence_counts() -> None:
    text = (
        "Russia's GRU is highly likely responsible for the cyber attack on Georgia. " + "The minister thanked all. " * 8
    )
    text += "It is almost certain that Russia's GRU was behind cyber attacks elsewhere."
    assert _said("gov.uk", "Statement on a cyber attack", text).phrase == "highly likely"


def test_a_sentence_beside_the_accusation_may_say_how_sure_it_is() -> None:
    said = _said(
        "gov.uk", "UK statement", "Russia's GRU carried out the cyber attack. We hold this view with high confidence."
    )
    assert (said.analytic, said.phrase) == (Analytic.HIGH, "high confidence")


def test_a_publisher_s_own_yardstick_is_meant_whoever_joins() -> None:
    title = "UK and US say Russia's GRU was almost certainly behind the cyber attacks"
    assert _said("ncsc.gov.uk", title, "").scheme is Scheme.PHIA
    assert _said("cisa.gov", title, "").scheme is Scheme.ICD203


def test_a_judgement_without_a_degree_is_kept_in_words_only() -> None:
    said = _said("gov.uk", "UK statement", "It was definitely Russia's GRU that carried out the cyber attack.")
    assert (said.likelihood, said.phrase) == (Likelihood.STATED, "definitely")


@pytest.mark.parametrize(
    ("sentence", "phrase"),
    [
        ("APT28 was likely behind the cyber attack on Georgia, the UK says.", "likely"),
        ("The UK says likely Russian state hackers carried out the cyber attack on Georgia.", "likely"),
        ("Russia probably hacked the parliament of Georgia, the UK says.", "probably"),
        ("The UK says suspected Russian state hackers were behind the cyber attack on Georgia.", "suspected"),
        ("The UK says Russian state hackers likely used stolen passwords for the cyber attack on Georgia.", ""),
        ("The UK says Russian state hackers possibly read old mail in the cyber attack on Georgia.", ""),
    ],
)
def test_a_weak_hedge_counts_where_it_doubts_who_did_it_not_how(sentence: str, phrase: str) -> None:
    assert _said("gov.uk", "UK condemns cyber attack by Russia's GRU", sentence).phrase == phrase


def test_a_weak_hedge_in_a_sentence_that_accuses_nobody_is_about_something_else() -> None:
    text = "Russia's GRU carried out the cyber attack, the UK says. Some of the data is believed to be for sale."
    assert _said("gov.uk", "UK condemns cyber attack by Russia's GRU", text) == Confidence()


@pytest.mark.parametrize(
    "text",
    [
        "The suspected officers of Russia's GRU hacked the party's mail, prosecutors said.",
        "Russia's GRU hacked the party. They are presumed innocent unless proven guilty beyond a reasonable doubt.",
    ],
)
def test_the_form_of_the_law_is_no_hedge_in_an_indictment(text: str) -> None:
    assert _said("justice.gov", "US charges officers of Russia's GRU with hacking a party", text) == Confidence()


def test_of_both_axes_the_words_of_likelihood_are_shown() -> None:
    said = _said(
        "gov.uk",
        "UK statement",
        "NCSC assesses with high confidence that the GRU was almost certainly behind the hack.",
    )
    assert (said.phrase, said.likelihood, said.analytic) == (
        "almost certainly",
        Likelihood.ALMOST_CERTAIN,
        Analytic.HIGH,
    )


def test_confidence_may_be_told_beside_any_sentence_that_accuses() -> None:
    text = (
        "The UK has sanctioned companies that helped the cyber programme of Russia's GRU. "
        "The ambassador was told so this morning at the Foreign Office in London. "
        "The ministers of several other countries had been informed the day before. "
        "Russia's GRU ran the espionage campaign against Georgia. Our agencies have high confidence in this."
    )
    assert _said("gov.uk", "UK sanctions Russia over cyber attacks", text).analytic is Analytic.HIGH
