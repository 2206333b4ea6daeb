"""The sample whose summary is kept at each validation."""

from pathlib import Path

from data.validation import read_record
from evaluation.watched_sample import WATCHED_SAMPLE, WatchedSample, add_watched_text

SAMPLE = WatchedSample(document_id="a", reference="Anna opened a bridge")


def read(folder: Path) -> WatchedSample:
    return read_record(folder / WATCHED_SAMPLE, WatchedSample)


def test_texts_are_kept_by_step_with_their_score(tmp_path: Path) -> None:
    add_watched_text(tmp_path, SAMPLE, 50, "a a a")
    add_watched_text(tmp_path, SAMPLE, 100, "Anna opened a bridge")
    texts = read(tmp_path).texts
    assert [(each.step, each.text) for each in texts] == [(50, "a a a"), (100, "Anna opened a bridge")]
    assert 0 < texts[0].rougeL < texts[1].rougeL == 1


def test_a_resume_drops_the_texts_of_the_steps_that_it_repeats(tmp_path: Path) -> None:
    for step in (50, 100, 150):
        add_watched_text(tmp_path, SAMPLE, step, f"text of {step}")
    add_watched_text(tmp_path, SAMPLE, 100, "again")
    assert [(each.step, each.text) for each in read(tmp_path).texts] == [(50, "text of 50"), (100, "again")]


def test_another_sample_starts_anew(tmp_path: Path) -> None:
    add_watched_text(tmp_path, SAMPLE, 50, "first")
    other = WatchedSample(document_id="b", reference="Ben won the cup")
    add_watched_text(tmp_path, other, 100, "second")
    assert (read(tmp_path).document_id, [each.step for each in read(tmp_path).texts]) == ("b", [100])


def test_a_damaged_file_begins_anew(tmp_path: Path) -> None:
    (tmp_path / WATCHED_SAMPLE).write_text("{")
    add_watched_text(tmp_path, SAMPLE, 50, "first")
    assert [each.step for each in read(tmp_path).texts] == [50]
