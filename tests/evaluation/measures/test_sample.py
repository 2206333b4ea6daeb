"""The measures of one summary: facts, chrF and length, and what is not defined."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu import sentence_chrf

from evaluation.measures.registry import MEASURES
from evaluation.measures.sample import MeasuredDocument

DOCUMENT = "The mayor of Oslo met Carla Bruni. Sales rose to 1,200 in May. Rain fell."
REFERENCE = "The mayor met Bruni. Sales rose to 1200 in May."


def test_facts_are_counted_by_hand() -> None:
    """The reference holds Bruni, 1200 and May; the summary holds May, Berlin and 7."""
    measured = MeasuredDocument(DOCUMENT, REFERENCE)
    summary = "The sales of May rose in Berlin by 7."
    assert measured.missing_facts(summary) == ("Bruni", "1200")
    assert measured.unsupported_facts(summary) == ("Berlin", "7")
    values = measured.measure(summary)
    assert (values["missing_facts"], values["unsupported_facts"]) == (pytest.approx(2 / 3),) * 2


def test_the_reference_as_summary_misses_nothing() -> None:
    values = MeasuredDocument(DOCUMENT, REFERENCE).measure(REFERENCE)
    assert (values["chrf"], values["missing_facts"], values["length_ratio"]) == (pytest.approx(1), 0, 1)
    assert values["unsupported_facts"] == 0


def test_all_measures_and_no_others_have_a_row_in_the_registry() -> None:
    measured = MeasuredDocument(DOCUMENT, REFERENCE)
    assert set(measured.measure("A text.")) == set(MEASURES)
    of_document = {key for key, measure in MEASURES.items() if measure.is_of_document}
    assert set(measured.measure_reference()) == of_document
    assert set(MeasuredDocument(" ", REFERENCE).measure("A text.")) == set(MEASURES) - of_document


@given(
    summary=st.text(max_size=60), reference=st.text(min_size=1, max_size=60).filter(lambda text: text.strip())
)
def test_chrf_is_sacrebleus(summary: str, reference: str) -> None:
    value = MeasuredDocument("", reference).measure(summary)["chrf"]
    assert value == pytest.approx(sentence_chrf(summary, [reference]).score / 100)


def test_chrf_sees_what_words_do_not_in_a_script_without_spaces() -> None:
    measured = MeasuredDocument("", "市长周五开放了新桥")
    near, far = (measured.measure(text)["chrf"] for text in ("市长开放了新桥", "今天下雨"))
    assert near is not None
    assert far is not None
    assert near > 0.4
    assert far < 0.1


def test_an_empty_summary_has_no_share_of_its_own_words() -> None:
    values = MeasuredDocument(DOCUMENT, REFERENCE).measure("")
    undefined = {key for key, value in values.items() if value is None}
    assert undefined == {"unsupported_facts", "coverage", "density", "novel_bigrams", "novel_trigrams"}
    assert (values["chrf"], values["missing_facts"], values["length_ratio"]) == (0, 1, 0)


def test_without_a_reference_nothing_is_compared_with_it() -> None:
    values = MeasuredDocument(DOCUMENT, "").measure("The mayor of Oslo.")
    assert {values[key] for key in ("chrf", "missing_facts", "length_ratio")} == {None}
    assert values["coverage"] == 1


@given(document=st.text(max_size=80), reference=st.text(max_size=40), summary=st.text(max_size=40))
def test_shares_stay_between_0_and_1_for_any_text(document: str, reference: str, summary: str) -> None:
    values = MeasuredDocument(document, reference).measure(summary)
    shares = [values.get(key) for key, measure in MEASURES.items() if measure.is_percent]
    assert all(share is None or 0 <= share <= 1 for share in shares)


def test_a_value_is_shown_on_its_scale() -> None:
    assert MEASURES["coverage"].format(0.5) == "50.0%"
    assert MEASURES["density"].format(2.5) == "2.50"
    assert MEASURES["length_ratio"].format(1.25) == "1.25×"
