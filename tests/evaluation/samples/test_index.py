"""The index of samples: order, search, marks, histogram, pages."""

import random
from pathlib import Path

import pytest

from data.errors import StorageError
from evaluation.samples.index import Order, SampleIndex, SamplePage, Selection, has_key
from evaluation.samples.index_file import NUM_BINS, write_index
from evaluation.samples.record import Mark, SampleRecord

NUM_SAMPLES = 500


def make_records() -> list[SampleRecord]:
    draw = random.Random(7)
    return [
        SampleRecord(
            document_id=f"doc-{number}",
            row=number,
            prediction=f"The mayor of town {number} spoke",
            reference=f"Straße {number} 市长说话",
            score=None if number == 9 else draw.random(),
            length=draw.randrange(200),
            num_pages=1,
            marks=(Mark.failed if number == 9 else Mark.cut | Mark.looping) if number % 3 == 0 else Mark(0),
            unsupported=("Oslo",) if number == 4 else ("Oslo", "7") if number == 300 else (),
            missing=("Rome",) if number == 4 else (),
            measures={"chrf": 0.25, "density": 3.5},
        )
        for number in range(NUM_SAMPLES)
    ]


RECORDS = make_records()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "index.sqlite"
    write_index(path, "one", iter(RECORDS))
    return path


def page(
    path: Path, selection: Selection | None = None, order: Order = "position", start: int = 0
) -> SamplePage:
    with SampleIndex.open(path) as index:
        return index.page(selection or Selection(), order, start, 20)


def test_a_page_holds_whole_samples_in_order(path: Path) -> None:
    found = page(path, start=40)
    assert found.samples == tuple((number, RECORDS[number]) for number in range(40, 60))
    assert (found.num_samples, found.num_selected) == (NUM_SAMPLES, NUM_SAMPLES)


def test_the_worst_come_first_and_what_failed_before_them(path: Path) -> None:
    scores = [
        record.score
        for start in range(0, 500, 20)
        for _, record in page(path, order="worst", start=start).samples
    ]
    assert scores[0] is None
    assert scores[1:] == sorted(score for score in scores if score is not None)
    best = [record.score for _, record in page(path, order="best").samples]
    assert best == scores[:-21:-1]
    made_up = [position for position, _ in page(path, order="unsupported").samples[:2]]
    assert made_up == [300, 4]
    lengths = [record.length for _, record in page(path, order="longest").samples]
    assert lengths == sorted((record.length for record in RECORDS), reverse=True)[:20]


def test_shuffled_pages_show_each_sample_once(path: Path) -> None:
    seen = [
        number for start in range(0, 500, 20) for number, _ in page(path, order="random", start=start).samples
    ]
    assert sorted(seen) == list(range(NUM_SAMPLES))
    assert seen != sorted(seen)


@pytest.mark.parametrize(
    ("search", "positions"),
    [
        ("town 41 spoke", [41]),
        ("TOWN 41", [41, *range(410, 420)]),
        ("strasse", []),
        ("straße 41 市长", [41]),
        ("长说", list(range(20))),
        ("doc-7", [7, *range(70, 80), *range(700, 700)]),
        ('"; DROP TABLE samples', []),
        ("nothing of this", []),
        ("AND OR NOT *", []),
    ],
)
def test_words_that_stand_together_are_found(path: Path, search: str, positions: list[int]) -> None:
    found = page(path, Selection(search=search))
    assert [number for number, _ in found.samples] == positions[:20]


def test_marks_and_bins_select_together_and_are_counted(path: Path) -> None:
    found = page(path, Selection(mark=Mark.looping, bins=(0, 9)))
    expected = [
        number
        for number, record in enumerate(RECORDS)
        if Mark.looping in record.marks and record.score is not None and record.score < 0.5
    ]
    assert found.num_selected == len(expected)
    assert [number for number, _ in found.samples] == expected[:20]
    assert found.marks == {Mark.cut: 166, Mark.looping: 166, Mark.failed: 1}
    assert len(found.histogram) == NUM_BINS
    assert sum(found.histogram) == 166


def test_the_place_of_a_sample_is_where_its_page_shows_it(path: Path) -> None:
    with SampleIndex.open(path) as index:
        place = index.place(123, Selection(), "random")
        assert place is not None
        [(position, _)] = index.page(Selection(), "random", place, 1).samples
        assert position == 123
        assert index.place(1, Selection(mark=Mark.cut), "random") is None


def test_an_index_without_scores_has_no_histogram(tmp_path: Path) -> None:
    write_index(tmp_path / "x", "k", [SampleRecord(document_id="a")])
    assert page(tmp_path / "x").histogram == ()


def test_a_damaged_or_missing_index_is_said_and_has_no_key(path: Path, tmp_path: Path) -> None:
    assert has_key(path, "one")
    assert not has_key(path, "two")
    path.write_bytes(path.read_bytes()[:5000])
    for broken in (path, tmp_path / "missing.sqlite"):
        assert not has_key(broken, "one")
        with pytest.raises(StorageError, match="cannot be used"):
            page(broken)


def test_an_index_that_was_interrupted_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> object:
        yield RECORDS[0]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_index(tmp_path / "x", "k", broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []
