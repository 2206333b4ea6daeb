"""The index of a result's samples, made by a process of its own while the client asks again."""

import json
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Final

from werkzeug.exceptions import TooManyRequests

from data.errors import StorageError
from data.store.workspace import Workspace
from evaluation.samples.store import SampleSet
from web_ui.api.previews import error_from_json
from web_ui.jobs.redaction import child_environment

WAIT_S: Final = 2.0
"""How long a request waits for an index."""
_builders: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="samples")
"""Two indexes at a time; others wait."""
_builds: Final[dict[Path, "Future[None]"]] = {}
_lock: Final = Lock()


def prepare_index(samples: SampleSet, workspace: Workspace) -> None:
    """Return when the index is there.

    Raises:
        TooManyRequests: it is being made; ask again.
        StorageError: a file of the result is damaged, or the disk is full.
    """
    path = samples.index_path(workspace)
    with _lock:
        build = _builds.get(path)
        if build is None:
            if samples.has_index(workspace):
                return
            build = _builds[path] = _builders.submit(_build, samples, workspace)
    try:
        build.result(timeout=WAIT_S)
    except TimeoutError as error:
        raise TooManyRequests("The samples are being scored and sorted.", retry_after=1) from error
    finally:
        if build.done():
            with _lock:
                _builds.pop(path, None)


def begin_index(samples: SampleSet, workspace: Workspace) -> bool:
    """Begin to make the index if it is missing, and do not wait for it.

    Returns:
        Whether it is being made. False: it is there, or it cannot be made, which `prepare_index` explains.

    Raises:
        StorageError, NotFound: a file of the result is damaged or gone.
    """
    path = samples.index_path(workspace)
    with _lock:
        build = _builds.get(path)
        if build is None:
            if samples.has_index(workspace):
                return False
            _builds[path] = _builders.submit(_build, samples, workspace)
            return True
        if build.done() and build.exception() is None:
            del _builds[path]
        return not build.done()


def _build(samples: SampleSet, workspace: Workspace) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "evaluation.samples.build", str(workspace.root), samples.to_json()],
        stdout=subprocess.PIPE,
        env=child_environment(),
        check=False,
    )
    if process.stdout:
        raise error_from_json(json.loads(process.stdout))
    if process.returncode:
        raise StorageError(
            f"The process that sorts the samples ended with exit code {process.returncode}.",
            hint="Try again; the service's log says more.",
        )
