"""Predictions kept as they are made: what was generated before a stop or a crash is not generated again.

While the work goes on they lie in a hidden file beside the one they will become: a line that says whose they
are, then one line each. Whole rounds only are taken up again, so the finished file is the same bytes as of a
run that was never stopped.
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
        """Take up what is there of the same work.

        Args:
            path: the file that they will become.
            work: digest of everything that decides the texts; what another work left is dropped.
        """
        self._path = path
        self._unfinished = path.with_name(f".{path.name}{TEMPORARY_SUFFIX}")
        self._work = work
        self.predictions: list[Prediction] = []
        """What is made so far, in order; of several processes only the first has it."""

    def run(
        self,
        items: Items[Item],
        batch_size: int,
        generate: Callable[[Sequence[Item]], list[Prediction]],
        progress: Progress,
    ) -> None:
        """Predict what is not predicted yet.

        Raises:
            Stopped: the listener asked to stop; all processes end after the same round, and a later run goes
                on from there.
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
            # Only the first process has a listener, and all must end after the same round.
            if any(gather_object([progress.should_stop()])):
                raise Stopped
            made = _next_round(rounds)
            done += len(made)
            if is_main_process:
                self._append(made)
            progress.advance(done, len(items), "samples")

    def finish(self, record: Callable[[Prediction], Mapping[str, Any]]) -> None:
        """Turn the log into the finished file: `record` of each prediction as one JSON object a line."""
        write_predictions(self._path, self.predictions, record)
        self._unfinished.unlink(missing_ok=True)

    def _resume(self, batch_size: int, num_items: int) -> int:
        """Read the whole rounds of the same work, cut off what else is there, and return how many predictions
        that is."""
        try:
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

    def _append(self, predictions: Sequence[Prediction]) -> None:
        # Without fsync: a power cut costs some texts that are made again, and waiting for the disk each time
        # would cost more.
        try:
            with self._unfinished.open("ab") as file:
                file.write(
                    b"".join(json.dumps(asdict(prediction)).encode() + b"\n" for prediction in predictions)
                )
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
            hint="See with nvidia-smi what else uses the GPU; then a shorter max_length, or documents with "
            "fewer or smaller pages.",
        ) from error


def write_predictions(
    path: Path, predictions: Iterable[Prediction], record: Callable[[Prediction], Mapping[str, Any]]
) -> None:
    """Write `record` of each prediction as one JSON object a line, atomically."""
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps(record(prediction), ensure_ascii=False) + "\n" for prediction in predictions
        )


def _parse_predictions(lines: Sequence[bytes]) -> list[Prediction]:
    """Read lines up to the first that a power cut left as something else."""
    predictions = []
    for line in lines:
        try:
            predictions.append(Prediction(**json.loads(line)))
        except (ValueError, TypeError):
            break
    return predictions


def work_digest(model: nn.Module, *parts: Any) -> str:
    """Return the same value for work that gives the same texts.

    Args:
        model: whose weights count, by a checksum that is quick even for billions of them.
        parts: what else decides the texts, as JSON values.
    """
    weights = {
        name: int(torch.hash_tensor(tensor).view(torch.int64)) for name, tensor in model.state_dict().items()
    }
    return hashlib.sha256(json.dumps([weights, *parts], sort_keys=True).encode()).hexdigest()


def prediction_record(prediction: Prediction, step: int | None = None) -> dict[str, Any]:
    """Return the JSON form of one prediction beside its reference; `step` says after which optimizer step it
    was made."""
    record = {
        "document_id": prediction.document_id,
        "prediction": prediction.text,
        "reference": prediction.reference,
        "num_tokens": prediction.num_tokens,
        "cut": prediction.cut,
        "looping": prediction.looping,
    }
    return record if step is None else {**record, "step": step}
