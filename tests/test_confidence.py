"""Hedges on two axes, with the phrase as written."""

import pytest

from attribution.confidence import confidence_of
from attribution.marks import Clause, clause_of, words_of
from attribution.model import Analytic, Confidence, Likelihood, Scheme
from attribution.phrases import book_of
from attribution.sentences import Sentence


def _clause(text: str, language: str = "en") -> Clause:
    book = book_of(language)
    assert book is not None
    return clause_of(words_of(Sentence(text, 0), book), book, language, None)


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
    confidence = confidence_of(_clause(text, language))
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
    assert confidence_of(_clause(text)).analytic is analytic


def test_of_several_hedges_the_strongest_counts() -> None:
    confidence = confidence_of(_clause("Almost certainly the GRU, likely since 2022."))
    assert confidence.likelihood is Likelihood.ALMOST_CERTAIN


@pytest.mark.parametrize(
    ("speakers", "scheme"), [({"GB"}, Scheme.PHIA), ({"US"}, Scheme.ICD203), ({"FR"}, None), ({"GB", "US"}, None)]
)
def test_the_scheme_is_the_speakers_and_none_where_two_yardsticks_meet(
    speakers: set[str], scheme: Scheme | None
) -> None:
    assert confidence_of(_clause("It was likely Russia."), speakers).scheme is scheme


def test_a_flat_statement_has_no_scheme() -> None:
    assert confidence_of(_clause("Russia did it."), {"GB"}) == Confidence()


def test_allegedly_in_an_indictment_is_the_form_of_the_law() -> None:
    assert confidence_of(_clause("The officers allegedly hacked the party.")).likelihood is Likelihood.STATED
