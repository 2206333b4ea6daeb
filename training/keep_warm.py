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
from data.store.events import EVENTS, last_event
from data.store.workspace import Workspace
from training.generation.summarizer import Summarizer, load_summarizer
from training.models.model_files import ModelFiles, find_model
from training.options.inputs_in_use import hold_inputs
from training.options.model_names import require_page_reader
from training.options.warm_config import NEEDS_PAGES, WarmModelConfig
from training.options.warm_protocol import SOCKET, WarmRequest
from training.warm.answer_rates import AnswerRates
from training.warm.connections import listening
from training.warm.documents import read_document
from training.warm.responder import Responder
from training.warm.tickets import error_event

METRICS_INTERVAL_S: Final = 2.0
FILES_INTERVAL_S: Final = 2.0
IDLE_WAIT_S: Final = 0.1
_STOPPED: Final = Unavailable("The model was stopped.", hint="Load it again, then send the document again.")


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
    require_page_reader(config.model, workspace, NEEDS_PAGES, "model")
    summarizer = load_summarizer(config, config.mode, 1, workspace, progress)
    responder = Responder(summarizer, config.max_waiting, AnswerRates())

    def answer(request: WarmRequest) -> Iterator[dict[str, Any]]:
        try:
            ticket, read = read_document(request, summarizer)
        except DeepSynthError as error:
            yield error_event(error)
            return
        yield read.model_dump(mode="json")
        responder.submit(ticket)
        while not responder.is_idle or not ticket.lines.empty():
            responder.turn()
            while not ticket.lines.empty():
                if line := ticket.lines.get():
                    yield json.loads(line)

    return answer


class _WarmModel:
    """A loaded model, and the watch over its files and its time."""

    def __init__(self, config: WarmModelConfig, workspace: Workspace, progress: Progress) -> None:
        self._config, self._workspace, self._progress = config, workspace, progress
        self._rates, self._num_reported = AnswerRates(_earlier_answers(workspace, config)), -1
        self._load()
        self._files_checked_s = self._reported_s = self._asked_s = monotonic()

    def run(self, folder: Path) -> WarmModelResult:
        """Answer until the time without a request is over."""
        with listening(folder, lambda: (self._responder, self._summarizer)):
            self._progress.begin("Answering")
            try:
                while not self._is_forgotten():
                    self._turn()
            except (Stopped, ModelError) as error:
                self._responder.close(_as_answer(error))
                raise
            self._responder.close(_STOPPED)
        self._report(is_last=True)
        return WarmModelResult(num_answered=self._rates.num_answered)

    def _load(self) -> None:
        self._progress.begin("Loading")
        require_page_reader(self._config.model, self._workspace, NEEDS_PAGES, "model")
        self._files = _stamps(find_model(self._config.model, self._config.revision, self._workspace))
        self._summarizer: Summarizer = load_summarizer(
            self._config, self._config.mode, 1, self._workspace, self._progress
        )
        self._responder = Responder(self._summarizer, self._config.max_waiting, self._rates)

    def _turn(self) -> None:
        if self._progress.should_stop():
            raise Stopped
        self._check_files()
        if self._responder.is_idle:
            self._responder.wait(IDLE_WAIT_S)
        else:
            self._asked_s = monotonic()
            self._responder.turn()
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
        self._responder.close(
            Unavailable("The model is loaded again: its files changed.", hint="Send it again.")
        )
        self._load()
        self._progress.begin("Answering")

    def _report(self, is_last: bool = False) -> None:
        """Report counts and rates, at most every METRICS_INTERVAL_S, and only while something happens."""
        responder, now_s = self._responder, monotonic()
        if now_s - self._reported_s < METRICS_INTERVAL_S and not is_last:
            return
        self._reported_s = now_s
        num_answered = self._rates.num_answered
        if num_answered == self._num_reported and responder.is_idle:
            return
        self._num_reported = num_answered
        self._progress.advance(num_answered, None, "requests")
        counts = {"waiting": responder.num_waiting, "running": responder.num_running}
        self._progress.metric(num_answered, {**self._rates.metrics(), **counts})


def _earlier_answers(workspace: Workspace, config: WarmModelConfig) -> int:
    """Return how many requests earlier attempts of the job answered: the count goes on, so that a job which
    answers between two crashes is not taken for one that makes no progress."""
    event = last_event(workspace.jobs / str(config.socket_folder) / EVENTS, "metric") or {}
    return int(event.get("step", 0))


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
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns


def _as_answer(error: Stopped | ModelError) -> Unavailable:
    return Unavailable(error.message, hint=error.hint) if isinstance(error, ModelError) else _STOPPED
