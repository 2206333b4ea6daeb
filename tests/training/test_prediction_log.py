"""Predictions that are stored while they are generated."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from data.errors import Stopped, Unavailable
from data.progress import Silent
from training.generation.generate_text import Prediction
from training.generation.prediction_log import PredictionLog, work_digest

NAMES = ["a", "b", "c", "d", "e"]


class StopsAt(Silent):
    """Asks to stop after a number of samples."""

    def __init__(self, num_done: int) -> None:
        self.limit, self.done = num_done, 0

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self.done = done

    def should_stop(self) -> bool:
        return self.done >= self.limit


def write(path: Path, stop_at: int = 99, work: str = "work") -> list[list[str]]:
    """Predict the names in batches of two until the listener asks to stop; return the batches."""
    batches: list[list[str]] = []

    def generate(batch: Sequence[str]) -> list[Prediction]:
        batches.append(list(batch))
        return [
            Prediction(
                document_id=name, reference="", num_pages=1, text=f"{name} in a batch of {len(batch)} \u00e9"
            )
            for name in batch
        ]

    log = PredictionLog(path, work)
    try:
        log.run(NAMES, 2, generate, StopsAt(stop_at))
        log.finish(lambda prediction: {"text": prediction.text})
    except Stopped:
        pass
    return batches


@pytest.fixture
def undisturbed(tmp_path: Path) -> bytes:
    write(tmp_path / "undisturbed.jsonl")
    return (tmp_path / "undisturbed.jsonl").read_bytes()


@pytest.mark.parametrize("stop_at", [0, 1, 3])
def test_a_stop_costs_no_text_and_changes_no_byte(tmp_path: Path, undisturbed: bytes, stop_at: int) -> None:
    path = tmp_path / "texts.jsonl"
    made = write(path, stop_at)
    assert not path.exists()
    assert [*made, *write(path)] == [["a", "b"], ["c", "d"], ["e"]]
    assert path.read_bytes() == undisturbed
    assert sorted(file.name for file in tmp_path.iterdir()) == ["texts.jsonl", "undisturbed.jsonl"]


@pytest.mark.parametrize(("num_cut", "garbage"), [(1, b""), (40, b""), (40, b"\0\0\n")])
def test_a_crash_while_writing_costs_one_batch(
    tmp_path: Path, undisturbed: bytes, num_cut: int, garbage: bytes
) -> None:
    path = tmp_path / "texts.jsonl"
    write(path, stop_at=3)
    [unfinished] = tmp_path.glob(".texts.jsonl.*.partial")
    unfinished.write_bytes(unfinished.read_bytes()[:-num_cut] + garbage)
    assert write(path) == [["c", "d"], ["e"]]
    assert path.read_bytes() == undisturbed


def test_each_work_of_one_name_goes_on_with_its_own_texts(tmp_path: Path, undisturbed: bytes) -> None:
    path = tmp_path / "texts.jsonl"
    for work in ("earlier weights", "work"):
        assert write(path, stop_at=3, work=work) == [["a", "b"], ["c", "d"]]
    for work in ("earlier weights", "work"):
        assert write(path, work=work) == [["e"]]
        assert path.read_bytes() == undisturbed


def test_texts_that_an_earlier_version_left_are_kept(tmp_path: Path) -> None:
    path, unfinished = tmp_path / "texts.jsonl", tmp_path / ".texts.jsonl.partial"
    write(path, stop_at=3)
    [present] = tmp_path.glob(".texts.jsonl.*.partial")
    present.rename(unfinished)
    assert write(path) == [["e"]]
    unfinished.write_bytes(b'{"work": "another"}\n')
    assert len(write(path)) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["texts.jsonl"]


def test_other_weights_are_another_work() -> None:
    model = torch.nn.Linear(3, 3)
    same, other_words = work_digest(model, "a"), work_digest(model, "b")
    assert same == work_digest(model, "a") != other_words
    with torch.no_grad():
        model.weight[1, 2] += 1e-6
    assert work_digest(model, "a") != same


def test_a_single_sample_that_exceeds_the_memory_has_a_clear_message(tmp_path: Path) -> None:
    def generate(batch: Sequence[str]) -> list[Prediction]:
        raise RuntimeError("CUDA error: out of memory")

    with pytest.raises(Unavailable, match="a single summary"):
        PredictionLog(tmp_path / "texts.jsonl", "work").run(NAMES, 2, generate, Silent())
