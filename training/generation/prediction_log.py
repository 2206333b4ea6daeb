"""Predictions stored as they are generated: after a stop or a crash they are not generated again.

Until the work is finished they are in a hidden file of that work beside the final one: a header line with the
digest of the work, then one line per prediction. A resume keeps complete batches only, so the finished file
has the same bytes as that of a run without a stop.
"""

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object
from torch import nn

from data.errors import Stopped, Unavailable
from data.progress import Progress
from data.store.files import TEMPORARY_SUFFIX, new_file, storage_error
from training.generation.generate_text import Item, Items, Prediction, generate_rounds
from training.models.device import is_out_of_memory


class PredictionLog:
    """The predictions of one piece of work."""

    def __init__(self, path: Path, work: str) -> None:
        """Set up the log; `run` reads the predictions that an earlier run of the same work left.

        Args:
            path: the finished file.
            work: digest of everything that decides the texts.
        """
        self._path = path
        name = hashlib.sha256(work.encode()).hexdigest()[:16]
        self._unfinished = path.with_name(f".{path.name}.{name}{TEMPORARY_SUFFIX}")
        self._unfinished_earlier = path.with_name(f".{path.name}{TEMPORARY_SUFFIX}")
        """The unfinished file of earlier versions, which served any work in turn."""
        self._work = work
        self.predictions: list[Prediction] = []
        """The predictions so far, in order; empty in all processes but the first."""

    def run(
        self,
        items: Items[Item],
        batch_size: int,
        generate: Callable[[Sequence[Item]], list[Prediction]],
        progress: Progress,
    ) -> None:
        """Generate the predictions that are missing.

        Raises:
            Stopped: the listener asked to stop; all processes end after the same round, from which a later
                run continues.
            StorageError: the disk is full or not writable.
            Unavailable: the GPU's memory does not hold a single sample.
        """
        is_main_process = PartialState().is_main_process
        [done] = broadcast_object_list([self._resume(batch_size, len(items)) if is_main_process else 0])
        if done:
            progress.message(f"{done:,} of {len(items):,} texts are there from before.")
        progress.advance(done, len(items), "samples")
        rounds = generate_rounds(items, batch_size, generate, done)
        while done < len(items):
            # Only the first process has a listener; all must end after the same round.
            if any(gather_object([progress.should_stop()])):
                raise Stopped
            made = _next_round(rounds)
            done += len(made)
            if is_main_process:
                self._append(made)
            progress.advance(done, len(items), "samples")

    def finish(self, record: Callable[[Prediction], Mapping[str, Any]]) -> None:
        """Write the finished file, `record` of each prediction as a JSON object per line; remove the log."""
        write_predictions(self._path, self.predictions, record)
        self._unfinished.unlink(missing_ok=True)

    def _resume(self, batch_size: int, num_items: int) -> int:
        """Read the complete batches of the same work, cut off the rest of the file, and return the number of
        predictions."""
        try:
            self._take_over_earlier()
            lines = self._unfinished.read_bytes().split(b"\n")[:-1] if self._unfinished.exists() else []
            readable = _parse_predictions(lines[1:]) if lines[:1] == [self._header] else []
            num_kept = num_items if len(readable) == num_items else len(readable) // batch_size * batch_size
            if num_kept:
                os.truncate(self._unfinished, sum(len(line) + 1 for line in lines[: num_kept + 1]))
            else:
                self._unfinished.write_bytes(self._header + b"\n")
        except OSError as error:
            raise storage_error(self._unfinished, error) from error
        self.predictions = readable[:num_kept]
        return num_kept

    def _take_over_earlier(self) -> None:
        if not self._unfinished_earlier.exists():
            return
        with self._unfinished_earlier.open("rb") as file:
            is_same_work = file.readline() == self._header + b"\n"
        if is_same_work:
            self._unfinished_earlier.replace(self._unfinished)
        else:
            self._unfinished_earlier.unlink()

    def _append(self, predictions: Sequence[Prediction]) -> None:
        # Without fsync: a power cut costs a few texts, less than waiting for the disk at each round.
        lines = [json.dumps(asdict(prediction)).encode() + b"\n" for prediction in predictions]
        try:
            with self._unfinished.open("ab") as file:
                file.write(b"".join(lines))
        except OSError as error:
            raise storage_error(self._unfinished, error) from error
        self.predictions += predictions

    @property
    def _header(self) -> bytes:
        return json.dumps({"work": self._work}).encode()


def _next_round(rounds: Iterator[list[Prediction]]) -> list[Prediction]:
    try:
        return next(rounds)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise Unavailable(
            "The GPU's memory does not hold the generation of a single summary.",
            hint="Stop other programs on the GPU (nvidia-smi lists them), lower max_length, or use documents "
            "with fewer or smaller pages.",
        ) from error


def write_predictions(
    path: Path, predictions: Iterable[Prediction], record: Callable[[Prediction], Mapping[str, Any]]
) -> None:
    """Write `record` of each prediction as one JSON object per line, atomically."""
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps(record(prediction), ensure_ascii=False) + "\n" for prediction in predictions
        )


def _parse_predictions(lines: Sequence[bytes]) -> list[Prediction]:
    """Parse lines up to the first damaged one; a power cut may leave such lines."""
    predictions = []
    for line in lines:
        try:
            predictions.append(Prediction(**json.loads(line)))
        except (ValueError, TypeError):
            break
    return predictions


def work_digest(model: nn.Module, *parts: Any) -> str:
    """Return a SHA-256 that is equal for work with the same texts.

    Args:
        model: its weights count, by a checksum that is fast even for billions of numbers.
        parts: all else that decides the texts, as JSON values.
    """
    weights = {
        name: int(torch.hash_tensor(tensor).view(torch.int64)) for name, tensor in model.state_dict().items()
    }
    return hashlib.sha256(json.dumps([weights, *parts], sort_keys=True).encode()).hexdigest()


def prediction_record(prediction: Prediction, step: int | None = None) -> dict[str, Any]:
    """Return the JSON form of one prediction and its reference; `step`: the optimizer step after which it was
    generated."""
    record = {
        "document_id": prediction.document_id,
        "prediction": prediction.text,
        "reference": prediction.reference,
        "num_tokens": prediction.num_tokens,
        "cut": prediction.cut,
        "looping": prediction.looping,
    }
    return record if step is None else {**record, "step": step}
