"""Previews of sources, pages and finished datasets. Quick previews run in this process; slow previews (Hub,
large files, reading with tesseract) run in a subprocess that can be killed.

The subprocess is `python -m web_ui.api.previews WORKSPACE LIMIT_S`: it reads one `PreviewTask` as JSON from
standard input and writes the answer to standard output.
"""

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from math import ceil
from pathlib import Path
from threading import BoundedSemaphore, Lock

from werkzeug.exceptions import TooManyRequests

from data.config import Config, DatasetConfig, FilesSource, HubSource
from data.errors import DeepSynthError, InvalidInput, SourceError
from data.store.workspace import Workspace
from web_ui.api.checks import is_quick_to_open
from web_ui.api.schemas import JsonObject
from web_ui.jobs.redaction import child_environment, redact_text

TIMEOUT_S = 60.0
ALARM_GRACE_S = 5
OCR_TIMEOUT_FACTOR = 3
MAX_OCR_PAGES = 16
MAX_SHOWN_PAGES = 6
_preview_lock = Lock()
"""One preview at a time: the other threads of the server stay free for requests, and Skia's font collection
is not thread-safe."""
_preview_slots = BoundedSemaphore(3)
"""At most three previews run or wait in this process: each holds one of the server's few threads, and a long
document takes seconds."""
_ocr_lock = Lock()
"""One tesseract preview at a time, since it keeps whole cores busy for up to minutes. A second request is
refused, not queued."""


class PreviewProcess:
    """The subprocess of one preview. A newer preview kills it and takes its place, so that a user who keeps
    typing does not wait."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, arguments: list[str], task_json: bytes, timeout_s: float) -> tuple[int, bytes]:
        """Run `python -m web_ui.api.previews`; return its exit code and its standard output.

        Raises:
            TimeoutExpired: it took longer than `timeout_s` and was killed.
            TooManyRequests: a newer preview has replaced this one.
        """
        with _start_process(arguments) as process:
            with self._lock:
                earlier, self._process = self._process, process
            if earlier:
                _kill_group(earlier)
            try:
                output, _ = process.communicate(task_json, timeout_s)
            finally:
                _kill_group(process)
        with self._lock:
            if self._process is not process:
                raise TooManyRequests("A newer preview has replaced this one.", retry_after=1)
            self._process = None
        return process.returncode, output


def _start_process(arguments: list[str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "web_ui.api.previews", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        start_new_session=True,
    )


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and the processes that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


_inspection_process, _page_preview_process = PreviewProcess(), PreviewProcess()


class PreviewTask(Config):
    """One preview: of the pages of a planned dataset (`config`), of the rows of a `source`, or of a finished
    `dataset` (by name)."""

    config: DatasetConfig | None = None
    source: FilesSource | HubSource | None = None
    dataset: str | None = None
    num_documents: int = 1
    random_seed: int | None = None
    legibility: bool = False
    language: str = "eng"


def run_preview(task: PreviewTask, workspace: Workspace) -> JsonObject:
    """Run a preview and return its answer.

    Raises:
        UnsafePath: the source lies outside the workspace.
        SourceError: the source cannot be read, or not in time.
        InvalidInput: a column or split is missing, the style cannot be rendered, or the time does not suffice
            to read the pages.
        Unavailable: tesseract is required and not installed.
        TooManyRequests: another tesseract preview runs, several previews wait, or a newer preview of the same
            kind has replaced this one.
    """
    source = task.config.source if task.config else task.source
    is_quick = source is not None and is_quick_to_open(source, workspace)
    if task.legibility or task.dataset:
        return _run_ocr_preview(task, workspace)
    if not is_quick:
        process = _page_preview_process if task.config else _inspection_process
        return _run_in_subprocess(task, workspace, TIMEOUT_S, process)
    return _run_quick_preview(task, workspace)


def _run_quick_preview(task: PreviewTask, workspace: Workspace) -> JsonObject:
    if not _preview_slots.acquire(blocking=False):
        raise TooManyRequests("Several previews are already waiting. Try again in a moment.", retry_after=1)
    try:
        with _preview_lock:
            return run_preview_here(task, workspace)
    finally:
        _preview_slots.release()


def run_preview_here(task: PreviewTask, workspace: Workspace) -> JsonObject:
    """Run a preview in this process; raises as `run_preview`."""
    from data.inspection.inspect_source import inspect_source  # noqa: PLC0415  (pyarrow and Skia are not needed to serve the pages)
    from data.inspection.preview import preview_dataset  # noqa: PLC0415
    from data.inspection.report import dataset_report  # noqa: PLC0415

    language = task.language if task.legibility else None
    if task.config is not None:
        return _limit_shown_pages(
            preview_dataset(task.config, workspace, task.num_documents, task.random_seed, language).as_dict()
        )
    if task.dataset is not None:
        return dataset_report(
            workspace.dataset(task.dataset), task.num_documents, task.language, MAX_OCR_PAGES
        ).as_dict()
    if task.source is not None:
        return inspect_source(task.source, workspace).as_dict()
    raise ValueError("a preview needs a configuration, a source or a dataset")


def _run_ocr_preview(task: PreviewTask, workspace: Workspace) -> JsonObject:
    if not _ocr_lock.acquire(blocking=False):
        raise TooManyRequests("Pages are already being read. Try again when that is done.", retry_after=10)
    try:
        return _run_in_subprocess(task, workspace, TIMEOUT_S * OCR_TIMEOUT_FACTOR, PreviewProcess())
    finally:
        _ocr_lock.release()


def _run_in_subprocess(
    task: PreviewTask, workspace: Workspace, timeout_s: float, process: PreviewProcess
) -> JsonObject:
    arguments = [str(workspace.root), str(ceil(timeout_s))]
    try:
        code, output = process.run(arguments, task.model_dump_json().encode(), timeout_s)
    except subprocess.TimeoutExpired as error:
        raise _timeout_error(task, timeout_s) from error
    if code:
        raise SourceError(
            f"The preview process ended with exit code {code}.", hint="Start the job: its log says more."
        )
    answer: JsonObject = json.loads(output)
    if "error" in answer:
        raise error_from_json(answer["error"])
    return answer


def _timeout_error(task: PreviewTask, timeout_s: float) -> DeepSynthError:
    if task.legibility or task.dataset:
        return InvalidInput(
            f"The pages were not read within {timeout_s:.0f} s.",
            hint="Ask for fewer documents, or use the command deepsynth report, which takes as long as it "
            "needs.",
            fields={"num_documents": "is too much to read in time"},
        )
    return SourceError(
        f"The source did not answer within {timeout_s:.0f} s.",
        hint="Try again, or start the job: it waits for as long as it takes.",
    )


def error_from_json(error: JsonObject) -> DeepSynthError:
    """Build an error from the JSON form in which another process wrote it."""
    kinds = {kind.code: kind for kind in _error_classes(DeepSynthError)}
    return kinds[error["code"]](error["message"], hint=error["hint"], fields=error["fields"])


def _error_classes(kind: type[DeepSynthError]) -> list[type[DeepSynthError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _error_classes(child))]


def _limit_shown_pages(answer: JsonObject) -> JsonObject:
    """Keep the images of the first pages only: those of a paper of 60 pages would be many megabytes."""
    for document in answer["documents"]:
        document["num_pages"] = len(document["pages"])
        del document["pages"][MAX_SHOWN_PAGES:]
    return answer


def main() -> None:
    signal.alarm(int(sys.argv[2]) + ALARM_GRACE_S)  # a limit also after the service that asked has ended
    task = PreviewTask.model_validate_json(sys.stdin.buffer.read())
    try:
        answer = run_preview_here(task, Workspace(Path(sys.argv[1])))
    except DeepSynthError as error:
        answer = {"error": error.as_dict()}
    sys.stdout.write(redact_text(json.dumps(answer)))


if __name__ == "__main__":
    main()
