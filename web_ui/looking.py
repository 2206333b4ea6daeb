"""Looks at sources, pages and finished datasets: quick ones in this process, slow ones (the Hub, large files, reading pages) in one
that can be stopped.

`python -m web_ui.looking WORKSPACE LIMIT_S` is that process: it takes one `PreviewTask` on standard input, and writes its answer on standard
output.
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
from web_ui.checks import is_quick_to_open
from web_ui.jobs.redaction import child_environment, redact_text
from web_ui.schemas import JsonObject

TIMEOUT_S = 60.0
ALARM_GRACE_S = 5
OCR_TIMEOUT_FACTOR = 3
MAX_OCR_PAGES = 16
MAX_SHOWN_PAGES = 6
_preview_lock = Lock()
"""One look at a time leaves the other threads for answers, and Skia's font collection to one thread."""
_preview_slots = BoundedSemaphore(3)
"""So many looks run or wait here: each holds one of the server's few threads, and a long document takes seconds."""
_ocr_lock = Lock()
"""Reading pages takes whole cores for a minute, so there is one reading at a time and nobody waits for another's."""


class PreviewProcess:
    """Room for the process of one look. A newer look takes it, and ends the older one: whoever typed on does not wait for it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self, arguments: list[str], task_json: bytes, timeout_s: float) -> tuple[int, bytes]:
        """Run `python -m web_ui.looking`; return its exit code and what it wrote.

        Raises:
            TimeoutExpired: it took longer; it was ended.
            TooManyRequests: a newer look has taken the seat.
        """
        command = [sys.executable, "-m", "web_ui.looking", *arguments]
        pipe, environment = subprocess.PIPE, child_environment()
        with subprocess.Popen(
            command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
        ) as process:
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
                raise TooManyRequests("A newer look has taken the place of this one.", retry_after=1)
            self._process = None
        return process.returncode, output


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process, and those that it started."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


_inspection_process, _page_preview_process = PreviewProcess(), PreviewProcess()


class PreviewTask(Config):
    """Look at the pages of a dataset to be made, at the rows of a source, or at a finished dataset (by name)."""

    config: DatasetConfig | None = None
    source: FilesSource | HubSource | None = None
    dataset: str | None = None
    num_documents: int = 1
    random_seed: int | None = None
    legibility: bool = False
    language: str = "eng"


def look(asked: PreviewTask, workspace: Workspace) -> JsonObject:
    """Answer a look.

    Raises:
        UnsafePath: the source lies outside the workspace.
        SourceError: it cannot be read, or not in time.
        InvalidInput: it lacks a column or split, the style cannot be drawn, or there is more to read than the time allows.
        Unavailable: pages are to be read, and tesseract is not installed.
        TooManyRequests: pages are to be read while others are, several looks wait, or a newer look of the kind has come.
    """
    source = asked.config.source if asked.config else asked.source
    is_quick = source is not None and is_quick_to_open(source, workspace)
    if asked.legibility or asked.dataset:
        return _run_ocr_preview(asked, workspace)
    if not is_quick:
        return _run_in_subprocess(asked, workspace, TIMEOUT_S, _page_preview_process if asked.config else _inspection_process)
    if not _preview_slots.acquire(blocking=False):
        raise TooManyRequests("Several looks are waiting already. Try again in a moment.", retry_after=1)
    try:
        with _preview_lock:
            return run_preview_here(asked, workspace)
    finally:
        _preview_slots.release()


def run_preview_here(asked: PreviewTask, workspace: Workspace) -> JsonObject:
    """Answer a look in this process; raises as `look`."""
    from data.inspect_source import inspect  # noqa: PLC0415  (pyarrow and Skia are not needed to serve the pages)
    from data.preview import preview  # noqa: PLC0415
    from data.report import dataset_report  # noqa: PLC0415

    language = asked.language if asked.legibility else None
    if asked.config is not None:
        return _limit_shown_pages(preview(asked.config, workspace, asked.num_documents, asked.random_seed, language).as_dict())
    if asked.dataset is not None:
        return dataset_report(workspace.dataset(asked.dataset), asked.num_documents, asked.language, MAX_OCR_PAGES).as_dict()
    if asked.source is not None:
        return inspect(asked.source, workspace).as_dict()
    raise ValueError("a look needs a configuration, a source or a dataset")


def _run_ocr_preview(asked: PreviewTask, workspace: Workspace) -> JsonObject:
    if not _ocr_lock.acquire(blocking=False):
        raise TooManyRequests("Pages are being read already. Try again when that is done.", retry_after=10)
    try:
        return _run_in_subprocess(asked, workspace, TIMEOUT_S * OCR_TIMEOUT_FACTOR, PreviewProcess())
    finally:
        _ocr_lock.release()


def _run_in_subprocess(asked: PreviewTask, workspace: Workspace, timeout_s: float, seat: PreviewProcess) -> JsonObject:
    try:
        code, output = seat.run([str(workspace.root), str(ceil(timeout_s))], asked.model_dump_json().encode(), timeout_s)
    except subprocess.TimeoutExpired as error:
        raise _timeout_error(asked, timeout_s) from error
    if code:
        raise SourceError(f"The look ended with exit code {code}.", hint="Start the job: its log says more.")
    answer: JsonObject = json.loads(output)
    if "error" in answer:
        raise _error_from_json(answer["error"])
    return answer


def _timeout_error(asked: PreviewTask, timeout_s: float) -> DeepSynthError:
    if asked.legibility or asked.dataset:
        return InvalidInput(
            f"The pages were not read within {timeout_s:.0f} s.",
            hint="Ask for fewer documents, or use the command deepsynth report, which takes as long as it needs.",
            fields={"num_documents": "is too much to read in time"},
        )
    return SourceError(
        f"The source did not answer within {timeout_s:.0f} s.", hint="Try again, or start the job: it waits for as long as it takes."
    )


def _error_from_json(error: JsonObject) -> DeepSynthError:
    kinds = {kind.code: kind for kind in _error_classes(DeepSynthError)}
    return kinds[error["code"]](error["message"], hint=error["hint"], fields=error["fields"])


def _error_classes(kind: type[DeepSynthError]) -> list[type[DeepSynthError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _error_classes(child))]


def _limit_shown_pages(answer: JsonObject) -> JsonObject:
    """Keep the numbers of all pages and the pictures of the first ones: a paper of 60 pages would be many megabytes."""
    for document in answer["documents"]:
        document["num_pages"] = len(document["pages"])
        del document["pages"][MAX_SHOWN_PAGES:]
    return answer


def main() -> None:
    signal.alarm(int(sys.argv[2]) + ALARM_GRACE_S)  # the limit holds even when the service that asked is gone
    asked = PreviewTask.model_validate_json(sys.stdin.buffer.read())
    try:
        answer = run_preview_here(asked, Workspace(Path(sys.argv[1])))
    except DeepSynthError as error:
        answer = {"error": error.as_dict()}
    sys.stdout.write(redact_text(json.dumps(answer)))


if __name__ == "__main__":
    main()
