"""Extractive fragments, coverage, density and new n-grams: by hand, and against the paper's procedure."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.measures.copying import CopiedDocument, coverage, density
from evaluation.words import words

DOCUMENT = "The mayor of Oslo opened the new bridge on Friday. Rain fell on the old town of Oslo."
FEW_WORDS = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=12)


def newsroom_fragments(document: Sequence[str], summary: Sequence[str]) -> list[int]:
    """Figure 3 of Grusky et al. 2018, step by step, with the indices of the paper from 0."""
    found, i = [], 0
    while i < len(summary):
        best = j = 0
        while j < len(document):
            if summary[i] != document[j]:
                j += 1
                continue
            length = 0
            while (
                i + length < len(summary)
                and j + length < len(document)
                and summary[i + length] == document[j + length]
            ):
                length += 1
            best, j = max(best, length), j + length
        if best:
            found.append(best)
        i += max(best, 1)
    return found


def test_a_worked_example() -> None:
    """The summary is [the mayor of oslo] crowds [opened the] gate [on friday]: 4 + 2 + 2 of 10 words."""
    summary = words("The mayor of Oslo: crowds opened the gate on Friday.")
    fragments = CopiedDocument(DOCUMENT).fragments(summary)
    assert (len(summary), fragments) == (10, [4, 2, 2])
    assert coverage(fragments, len(summary)) == pytest.approx(8 / 10)
    assert density(fragments, len(summary)) == pytest.approx((16 + 4 + 4) / 10)


def test_the_search_goes_on_after_each_run_it_has_tried() -> None:
    """In `a a a b` the run `a a` is tried first, so the longer `a a b` inside it is not seen."""
    assert CopiedDocument("a a a b").fragments(["a", "a", "b"]) == [2, 1]


@given(document=FEW_WORDS, summary=FEW_WORDS)
def test_fragments_are_those_of_the_paper(document: list[str], summary: list[str]) -> None:
    assert CopiedDocument(" ".join(document)).fragments(summary) == newsroom_fragments(document, summary)


@given(document=FEW_WORDS, summary=FEW_WORDS)
def test_coverage_and_density_stay_in_their_ranges(document: list[str], summary: list[str]) -> None:
    fragments = CopiedDocument(" ".join(document)).fragments(summary)
    covered, dense = coverage(fragments, len(summary)), density(fragments, len(summary))
    if not summary:
        assert (covered, dense) == (None, None)
        return
    assert covered is not None
    assert dense is not None
    assert covered == pytest.approx(sum(word in document for word in summary) / len(summary))
    assert covered <= dense <= len(summary)


@given(summary=FEW_WORDS.filter(bool), before=FEW_WORDS, after=FEW_WORDS)
def test_what_stands_in_the_document_as_a_whole_has_no_new_n_gram(
    summary: list[str], before: list[str], after: list[str]
) -> None:
    document = CopiedDocument(" ".join([*before, *summary, *after]))
    assert document.novel_share(summary, 2) in (None, 0)
    assert document.novel_share(summary, 3) in (None, 0)
    assert coverage(document.fragments(summary), len(summary)) == 1


def test_new_n_grams_are_counted_by_hand() -> None:
    """the mayor | mayor opened | opened the | the bridge: two of four pairs, all three triples are new."""
    document, summary = CopiedDocument(DOCUMENT), words("The mayor opened the bridge")
    assert document.novel_share(summary, 2) == pytest.approx(2 / 4)
    assert document.novel_share(summary, 3) == 1
    assert document.novel_share(summary[:2], 3) is None


def test_scripts_without_spaces_are_read_by_character() -> None:
    summary = words("市长开桥")
    fragments = CopiedDocument("市长在周五开放了新桥").fragments(summary)
    assert fragments == [2, 1, 1]
    assert coverage(fragments, len(summary)) == 1
