"""The stage of a warm model: load it, and answer requests until it is stopped or nobody asks any more."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic
from typing import Any, Final

from data.errors import DeepSynthError, InvalidInput, ModelError, Stopped, Unavailable
from data.progress import Progress
from data.store.workspace import Workspace
from training.generation.summarizer import Summarizer, load_summarizer
from training.models.model_files import ModelFiles, find_model
from training.options.inputs_in_use import hold_inputs
from training.options.warm_config import WarmModelConfig
from training.options.warm_protocol import SOCKET, WarmRequest
from training.warm.connections import listening
from training.warm.documents import read_document
from training.warm.engine import Engine
from training.warm.load import Load
from training.warm.tickets import error_event

METRICS_INTERVAL_S: Final = 2.0
FILES_INTERVAL_S: Final = 2.0
IDLE_WAIT_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class WarmModelResult:
    """What a warm model has done until nobody asked any more."""

    num_answered: int

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: the `result` of a job."""
        return asdict(self)


def keep_warm(config: WarmModelConfig, workspace: Workspace, progress: Progress) -> WarmModelResult:
    """Load a model, and answer requests on the socket in `config.socket_folder`.

    Raises:
        InvalidInput: no folder for the socket is given.
        UnknownName, ModelError: the model cannot be loaded, or vanished from the disk.
        Stopped: the listener asked to stop: the device is free again.
    """
    if config.socket_folder is None:
        raise InvalidInput(
            "A warm model runs as a job.", hint="Start it on the screen or by POST /api/model/warm."
        )
    folder = workspace.jobs / config.socket_folder
    (folder / SOCKET).unlink(missing_ok=True)  # of an attempt that was killed
    with hold_inputs(workspace, None, config.model):
        return _WarmModel(config, workspace, progress).run(folder)


def load_answerer(
    config: WarmModelConfig, workspace: Workspace, progress: Progress
) -> Callable[[WarmRequest], Iterator[dict[str, Any]]]:
    """Load a model for this process alone, and return a function that yields the events of a request.

    Raises:
        UnknownName, ModelError: the model cannot be loaded.
    """
    summarizer = load_summarizer(config, config.mode, 1, workspace, progress)
    engine = Engine(summarizer, config.max_waiting, Load())

    def answer(request: WarmRequest) -> Iterator[dict[str, Any]]:
        try:
            ticket, read = read_document(request, summarizer)
        except DeepSynthError as error:
            yield error_event(error)
            return
        yield read.model_dump(mode="json")
        engine.submit(ticket)
        while not engine.is_idle or not ticket.lines.empty():
            engine.turn()
            while not ticket.lines.empty():
                if line := ticket.lines.get():
                    yield json.loads(line)

    return answer


class _WarmModel:
    """A loaded model, and the watch over its files and its time."""

    def __init__(self, config: WarmModelConfig, workspace: Workspace, progress: Progress) -> None:
        self._config, self._workspace, self._progress = config, workspace, progress
        self._files_checked_s = self._reported_s = self._asked_s = monotonic()
        self._answers, self._num_reported = Load(), -1
        self._load()

    def run(self, folder: Path) -> WarmModelResult:
        """Answer until the time without a request is over."""
        with listening(folder, lambda: (self._engine, self._summarizer)):
            self._progress.begin("Answering")
            try:
                while not self._is_forgotten():
                    self._turn()
            except (Stopped, ModelError) as error:
                self._engine.close(_as_answer(error))
                raise
        self._report()
        return WarmModelResult(num_answered=self._answers.num_answered)

    def _load(self) -> None:
        self._progress.begin("Loading")
        self._files = _stamps(find_model(self._config.model, self._config.revision, self._workspace))
        self._summarizer: Summarizer = load_summarizer(
            self._config, self._config.mode, 1, self._workspace, self._progress
        )
        self._engine = Engine(self._summarizer, self._config.max_waiting, self._answers)

    def _turn(self) -> None:
        if self._progress.should_stop():
            raise Stopped
        self._check_files()
        if self._engine.is_idle:
            self._engine.wait(IDLE_WAIT_S)
        else:
            self._asked_s = monotonic()
            self._engine.turn()
        self._report()

    def _is_forgotten(self) -> bool:
        timeout_s = self._config.idle_timeout_s
        return bool(timeout_s) and monotonic() - self._asked_s > timeout_s

    def _check_files(self) -> None:
        """Load the model again if its files changed. Raises ModelError if they are gone."""
        if monotonic() - self._files_checked_s < FILES_INTERVAL_S:
            return
        self._files_checked_s = monotonic()
        if self._files and not any(_stamp(path) for path in self._files):
            raise ModelError(f"The model {self._config.model} is no longer on disk.", hint="Train it again.")
        if all(_stamp(path) == stamp for path, stamp in self._files.items()):
            return
        self._progress.message(f"The files of {self._config.model} changed. It is loaded again.", "warning")
        self._engine.close(
            Unavailable("The model is loaded again: its files changed.", hint="Send it again.")
        )
        self._load()
        self._progress.begin("Answering")

    def _report(self) -> None:
        """Report counts and rates, at most every METRICS_INTERVAL_S, and only while something happens."""
        engine, now_s = self._engine, monotonic()
        if now_s - self._reported_s < METRICS_INTERVAL_S:
            return
        self._reported_s = now_s
        num_answered = self._answers.num_answered
        if num_answered == self._num_reported and engine.is_idle:
            return
        self._num_reported = num_answered
        self._progress.advance(num_answered, None, "requests")
        counts = {"waiting": engine.num_waiting, "running": engine.num_running}
        self._progress.metric(num_answered, {**self._answers.metrics(), **counts})


def _stamps(files: ModelFiles) -> dict[Path, tuple[int, int, int] | None]:
    """Return the files of a model's weights and configuration, with what changes when one is replaced."""
    folders = [folder for folder in (files.folder, *files.checkpoints) if folder is not None]
    paths = [
        path for folder in folders for path in folder.iterdir() if path.suffix in (".safetensors", ".json")
    ]
    return {path: _stamp(path) for path in sorted(paths)}


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)  # noqa: PTH116 - one call for three values
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _as_answer(error: Stopped | ModelError) -> Unavailable:
    if isinstance(error, ModelError):
        return Unavailable(error.message, hint=error.hint)
    return Unavailable("The model was stopped.", hint="Start it again, then send the document again.")
