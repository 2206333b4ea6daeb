"""Pushing many files to a Hub repository: resumable, in commits of bounded size, while the caller stays able
to stop."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from data.errors import DeepSynthError, HubError, Stopped
from data.hub.repository import HubRepository, LocalFile, RepoType, resolve_repo_id
from data.progress import Level, Progress, Silent
from data.retry import Backoff
from data.store.files import TEMPORARY_SUFFIX

Result = TypeVar("Result")
# A commit of this size is sent in a minute or so, and one that is interrupted costs little to repeat.
MAX_COMMIT_FILES: Final = 64
MAX_COMMIT_BYTES: Final = 2 << 30
POLL_INTERVAL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Publication:
    """What lies on the Hub after a push."""

    repo_id: str
    url: str
    num_files: int
    num_uploaded: int
    """Files sent by this run; the others were there already."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class ProgressRelay(Silent):
    """Carries words from an uploading thread to the stage's own, and the wish to stop the other way."""

    def __init__(self) -> None:
        self._texts: SimpleQueue[tuple[str, Level]] = SimpleQueue()
        self._stop = threading.Event()

    def message(self, text: str, level: Level = "info") -> None:
        self._texts.put((text, level))

    def should_stop(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    def forward_messages(self, progress: Progress) -> None:
        """Report what was said since the last time."""
        while not self._texts.empty():
            progress.message(*self._texts.get())


class BackgroundCall(threading.Thread, Generic[Result]):
    """One call in a thread that does not hold up the end of the process: an upload cut short is repeated by
    the next run."""

    def __init__(self, call: Callable[[], Result]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self._results: list[Result] = []
        self._failure: DeepSynthError | Stopped | None = None
        self.start()

    def run(self) -> None:
        try:
            self._results.append(self._call())
        except (DeepSynthError, Stopped) as failure:
            self._failure = failure

    def result(self) -> Result:
        """Return what the call returned, or raise what it raised; waits for its end."""
        self.join()
        if self._failure is not None:
            raise self._failure
        if not self._results:
            raise HubError(
                "The upload ended unexpectedly.", hint="The log says why. Resume the job to try again."
            )
        return self._results[0]


class Pusher:
    """A repository and the way to it from a stage: calls run in the background, words and stops pass
    through."""

    def __init__(
        self, repo_id: str, repo_type: RepoType, progress: Progress, backoff: Backoff | None = None
    ) -> None:
        self._relay = ProgressRelay()
        self._progress = progress
        self.repository = HubRepository(repo_id, repo_type, self._relay, backoff=backoff)

    def forward_messages(self) -> None:
        self._relay.forward_messages(self._progress)

    def stop(self) -> None:
        """Let background calls end at their next chance."""
        self._relay.stop()

    def wait_until_done(self, background: BackgroundCall[Result]) -> None:
        """Wait for the end of a background call, reporting what it says.

        Raises:
            Stopped: the listener asked to stop meanwhile.
        """
        self._wait_while(background.is_alive, lambda: background.join(POLL_INTERVAL_S))

    def call(self, function: Callable[[], Result]) -> Result:
        background = BackgroundCall(function)
        self.wait_until_done(background)
        return background.result()

    def _wait_while(self, condition: Callable[[], bool], wait: Callable[[], None]) -> None:
        while condition():
            wait()
            self.forward_messages()
            if self._progress.should_stop():
                self.stop()
                raise Stopped
        self.forward_messages()

    def push(
        self,
        files: Sequence[LocalFile],
        delete: Sequence[str] = (),
        may_commit: Callable[[], bool] = lambda: True,
    ) -> int:
        """Send the files that are not there yet, delete others, and verify that all are there. Return how
        many were sent.

        Args:
            files: all that the repository is to hold.
            delete: names of files that leave it.
            may_commit: asked before each commit, and again until it says yes.
        """
        missing = self.call(lambda: self.repository.missing(files))
        groups = list(split_into_commits(missing)) or ([[]] if delete else [])
        num_sent = 0
        for index, group in enumerate(groups):
            gone = delete if index == len(groups) - 1 else ()
            self._progress.advance(len(files) - len(missing) + num_sent, len(files), "files")
            self._wait_while(lambda: not may_commit(), lambda: time.sleep(POLL_INTERVAL_S))
            self.call(partial(self.repository.commit, group, commit_message(group), gone))
            num_sent += len(group)
        self.call(lambda: self.repository.verify(files))
        self._progress.advance(len(files), len(files), "files")
        return num_sent


def push_folder(
    folder: Path,
    name: str,
    repo_type: RepoType,
    progress: Progress,
    *,
    repo_id: str | None = None,
    private: bool = True,
    backoff: Backoff | None = None,
) -> Publication:
    """Push every file below a folder, or what an earlier push left out. The token is HF_TOKEN of this
    process.

    Args:
        folder: what to push; hidden and half-written files are left out.
        name: its own name, for the default repository HF_USERNAME/<name>.
        repo_type: dataset or model.
        progress: hears of files sent and of faults waited out.
        repo_id: another repository, as owner/name.
        private: whether a repository that has to be made is private.
        backoff: how often and after which waits a failed call is repeated; None: the default.

    Raises:
        Unavailable: HF_TOKEN or HF_USERNAME is missing.
        HubError: the Hub refused, did not answer for long, or does not hold the same bytes afterwards.
        Stopped: the listener asked to stop; a later push goes on from there.
    """
    pusher = Pusher(resolve_repo_id(repo_id, name), repo_type, progress, backoff=backoff)
    pusher.call(lambda: pusher.repository.create(private))
    files = [
        LocalFile(path, path.relative_to(folder).as_posix())
        for path in sorted(folder.rglob("*"))
        if _is_pushed(path.relative_to(folder), path)
    ]
    num_sent = pusher.push(files)
    progress.message(f"Published {len(files)} files at {pusher.repository.url}.")
    return Publication(
        repo_id=pusher.repository.repo_id,
        url=pusher.repository.url,
        num_files=len(files),
        num_uploaded=num_sent,
    )


def split_into_commits(files: Sequence[LocalFile]) -> Iterator[list[LocalFile]]:
    """Cut files into commits of bounded size, in order."""
    group: list[LocalFile] = []
    size_bytes = 0
    for file in files:
        size = file.path.stat().st_size
        if group and (len(group) == MAX_COMMIT_FILES or size_bytes + size > MAX_COMMIT_BYTES):
            yield group
            group, size_bytes = [], 0
        group.append(file)
        size_bytes += size
    if group:
        yield group


def commit_message(files: Sequence[LocalFile]) -> str:
    """Say in one line what a commit adds."""
    if not files:
        return "Remove what is no longer part of it"
    return (
        f"Add {files[0].name}"
        if len(files) == 1
        else f"Add {len(files)} files from {files[0].name} to {files[-1].name}"
    )


def _is_pushed(relative: Path, path: Path) -> bool:
    return (
        path.is_file()
        and not any(part.startswith(".") for part in relative.parts)
        and path.suffix != TEMPORARY_SUFFIX
    )
