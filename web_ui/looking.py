"""Looks at sources and pages before a job: quick ones in this process, slow ones (the Hub, large files) in one that can be stopped.

`python -m web_ui.looking WORKSPACE` is that process: it takes one `Look` on standard input and writes its answer on standard output.
"""

import json
import subprocess
import sys
from pathlib import Path
from threading import Lock

from data.config import DatasetConfig, FilesSource, HubSource, Settings
from data.errors import DeepSynthError, SourceError
from data.store.workspace import Workspace
from web_ui.checks import opens_quickly
from web_ui.schemas import JsonObject

TIMEOUT_S = 60.0
MAX_SHOWN_PAGES = 6
_looking = Lock()
"""One look at a time leaves the other threads for answers, and Skia's font collection to one thread."""


class Look(Settings):
    """Look at the pages of a dataset to be made, or at the rows of a source."""

    config: DatasetConfig | None = None
    source: FilesSource | HubSource | None = None
    num_documents: int = 1
    random_seed: int | None = None


def look(asked: Look, workspace: Workspace) -> JsonObject:
    """Answer a look.

    Raises:
        UnsafePath: the source lies outside the workspace.
        SourceError: it cannot be read, or not in time.
        InvalidInput: it lacks a column or split, or the style cannot be drawn.
    """
    source = asked.config.source if asked.config else asked.source
    if source is None or opens_quickly(source, workspace):
        with _looking:
            return look_here(asked, workspace)
    return _look_elsewhere(asked, workspace)


def look_here(asked: Look, workspace: Workspace) -> JsonObject:
    """Answer a look in this process; raises as `look`."""
    from data.inspect_source import inspect  # noqa: PLC0415  (pyarrow and Skia are not needed to serve the pages)
    from data.preview import preview  # noqa: PLC0415

    if asked.config is not None:
        return _without_most_pages(preview(asked.config, workspace, asked.num_documents, asked.random_seed).as_dict())
    if asked.source is not None:
        return inspect(asked.source, workspace).as_dict()
    raise ValueError("a look needs a configuration or a source")


def _look_elsewhere(asked: Look, workspace: Workspace) -> JsonObject:
    command = [sys.executable, "-m", "web_ui.looking", str(workspace.root)]
    try:
        done = subprocess.run(command, input=asked.model_dump_json().encode(), capture_output=True, timeout=TIMEOUT_S, check=True)
    except subprocess.TimeoutExpired as error:
        raise SourceError(
            f"The source did not answer within {TIMEOUT_S:.0f} s.", hint="Try again, or start the job: it waits for as long as it takes."
        ) from error
    except subprocess.CalledProcessError as error:
        raise SourceError(f"The look ended with exit code {error.returncode}.", hint="Start the job: its log says more.") from error
    answer: JsonObject = json.loads(done.stdout)
    if "error" in answer:
        raise _rebuilt(answer["error"])
    return answer


def _rebuilt(error: JsonObject) -> DeepSynthError:
    kinds = {kind.code: kind for kind in _kinds(DeepSynthError)}
    return kinds[error["code"]](error["message"], hint=error["hint"], fields=error["fields"])


def _kinds(kind: type[DeepSynthError]) -> list[type[DeepSynthError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _kinds(child))]


def _without_most_pages(answer: JsonObject) -> JsonObject:
    """Keep the numbers of all pages and the pictures of the first ones: a paper of 60 pages would be many megabytes."""
    for document in answer["documents"]:
        document["num_pages"] = len(document["pages"])
        del document["pages"][MAX_SHOWN_PAGES:]
    return answer


def _answer_standard_input() -> None:
    asked = Look.model_validate_json(sys.stdin.buffer.read())
    try:
        answer = look_here(asked, Workspace(Path(sys.argv[1])))
    except DeepSynthError as error:
        answer = {"error": error.as_dict()}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    _answer_standard_input()
