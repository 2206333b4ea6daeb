"""Samples that several results have in common: matched, sorted by their disagreement, searched and paged."""

from pathlib import Path

import pytest

from data.errors import StorageError
from evaluation.samples.index_file import write_index
from evaluation.samples.pairs import CommonSamples, PairOrder
from evaluation.samples.record import SampleRecord

SCORES = ((0.1, 0.9, 0.5), (0.4, 0.4, 0.4), (0.8, 0.2, 0.8), (0.3, 0.5, 0.4))
"""Of each sample in each of three results."""


def make_record(sample: int, result: int) -> SampleRecord:
    return SampleRecord(
        document_id=f"d-{sample}",
        reference=f"reference {sample}",
        prediction=f"text of result{result} on {sample}",
        score=SCORES[sample][result],
    )


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    found = []
    for result in range(3):
        found.append(tmp_path / f"{result}.sqlite")
        write_index(found[-1], "key", [make_record(sample, result) for sample in range(4)])
    return found


def positions(paths: list[Path], order: PairOrder, search: str = "", start: int = 0) -> list[int]:
    with CommonSamples.open(paths) as common:
        return [position for position, _ in common.page(search, order, start, 2).samples]


@pytest.mark.parametrize(
    ("order", "expected"),
    [("disagreement", [0, 2]), ("first_worst", [0, 3]), ("first_best", [1, 2]), ("position", [0, 1])],
)
def test_the_order_is_by_the_scores_of_all(paths: list[Path], order: PairOrder, expected: list[int]) -> None:
    assert positions(paths, order) == expected


def test_two_results_are_ordered_by_their_difference(paths: list[Path]) -> None:
    assert positions(paths[:2], "first_best") == [2, 1]
    assert positions(paths[:2], "first_worst", start=1) == [3, 1]


def test_a_page_holds_what_each_result_wrote(paths: list[Path]) -> None:
    with CommonSamples.open(paths) as common:
        page = common.page("", "disagreement", 1, 1)
    [(position, records)] = page.samples
    assert (position, page.num_common, page.num_selected) == (2, 4, 4)
    texts = [record.prediction for record in records]
    assert texts == [f"text of result{result} on 2" for result in range(3)]


def test_words_of_any_result_are_found(paths: list[Path]) -> None:
    assert positions(paths, "position", "result1 on 3") == [3]
    assert positions(paths, "position", "reference 1") == [1]
    assert positions(paths, "position", "nowhere") == []


def test_another_document_at_the_same_position_is_not_the_same_sample(
    paths: list[Path], tmp_path: Path
) -> None:
    other = tmp_path / "other.sqlite"
    records = [make_record(0, 1), SampleRecord(document_id="d-1", reference="another", score=0.5)]
    write_index(other, "key", records)
    with CommonSamples.open([paths[0], other]) as common:
        assert common.scores() == [(0.1, 0.9)]
        assert common.page("", "position", 0, 9).num_common == 1


def test_samples_without_a_score_are_shown_and_not_counted(tmp_path: Path, paths: list[Path]) -> None:
    other = tmp_path / "other.sqlite"
    record = SampleRecord(document_id="d-0", reference="reference 0", error="not readable")
    write_index(other, "key", [record])
    with CommonSamples.open([paths[0], other]) as common:
        assert common.scores() == []
        assert common.page("", "first_worst", 0, 9).num_selected == 1


def test_eight_results_are_read_together(paths: list[Path]) -> None:
    with CommonSamples.open([*paths, *paths, *paths[:2]]) as common:
        assert len(common.scores()[0]) == 8


def test_a_damaged_index_is_named(paths: list[Path]) -> None:
    paths[1].write_bytes(b"no database")
    with pytest.raises(StorageError, match=paths[1].name), CommonSamples.open(paths) as common:
        common.scores()
