"""Push many files to a Hub repository, in commits of bounded size. A push can be stopped and resumed."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from data.backoff import Backoff
from data.errors import DeepSynthError, HubError, Stopped
from data.hub.repository import HubRepository, LocalFile, RepoType, resolve_repo_id
from data.progress import Level, Progress, Silent
from data.store.files import TEMPORARY_SUFFIX

Result = TypeVar("Result")
# A commit of this size takes about a minute, so an interrupted one is cheap to repeat.
MAX_COMMIT_FILES: Final = 64
MAX_COMMIT_BYTES: Final = 2 << 30
POLL_INTERVAL_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Publication:
    """The result of a push."""

    repo_id: str
    url: str
    num_files: int
    num_uploaded: int
    """Files uploaded by this run; the others were on the Hub already."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class ProgressRelay(Silent):
    """Passes messages from the upload thread to the stage's thread, and the stop request back."""

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
        """Report the messages since the last call."""
        while not self._texts.empty():
            progress.message(*self._texts.get())


class BackgroundCall(threading.Thread, Generic[Result]):
    """One call in a daemon thread, which does not delay the end of the process."""

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
        """Wait for the end of the call; return its result, or raise its error."""
        self.join()
        if self._failure is not None:
            raise self._failure
        if not self._results:
            raise HubError(
                "The upload ended unexpectedly.", hint="The log says why. Resume the job to try again."
            )
        return self._results[0]


class Pusher:
    """Runs calls of a repository in the background; forwards their messages and the stop request."""

    def __init__(
        self, repo_id: str, repo_type: RepoType, progress: Progress, backoff: Backoff | None = None
    ) -> None:
        self._relay = ProgressRelay()
        self._progress = progress
        self.repository = HubRepository(repo_id, repo_type, self._relay, backoff=backoff)

    def forward_messages(self) -> None:
        self._relay.forward_messages(self._progress)

    def stop(self) -> None:
        """Request the background calls to stop."""
        self._relay.stop()

    def wait_until_done(self, background: BackgroundCall[Result]) -> None:
        """Wait for the end of a background call, and forward its messages.

        Raises:
            Stopped: the listener requested a stop.
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
        """Upload the missing files, delete others, and verify all. Return the number of uploaded files.

        Args:
            files: all files that the repository must hold.
            delete: names of files to delete from it, with the last commit.
            may_commit: called before each commit, repeatedly until it returns True.
        """
        missing = self.call(lambda: self.repository.missing(files))
        groups = list(split_into_commits(missing)) or ([[]] if delete else [])
        num_stored = len(files) - len(missing)
        for group in groups:
            self._progress.advance(num_stored, len(files), "files")
            self._wait_while(lambda: not may_commit(), lambda: time.sleep(POLL_INTERVAL_S))
            gone = delete if group is groups[-1] else ()
            self.call(partial(self.repository.commit, group, commit_message(group), gone))
            num_stored += len(group)
        self.call(lambda: self.repository.verify(files))
        self._progress.advance(len(files), len(files), "files")
        return len(missing)


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
    """Push all files below a folder that the repository lacks. The token is HF_TOKEN of this process.

    Args:
        folder: the folder to push; hidden and incomplete files are left out.
        name: the name of the default repository HF_USERNAME/<name>.
        repo_type: dataset or model.
        progress: gets the number of uploaded files, and a message for each retry.
        repo_id: another repository, as owner/name.
        private: whether a newly created repository is private.
        backoff: number of attempts and waits of a failed call; None: the default.

    Raises:
        Unavailable: HF_TOKEN or HF_USERNAME is missing.
        HubError: the Hub refused, did not answer for a long time, or holds other bytes afterwards.
        Stopped: the listener requested a stop; a later push continues.
    """
    pusher = Pusher(resolve_repo_id(repo_id, name), repo_type, progress, backoff=backoff)
    pusher.call(lambda: pusher.repository.create(private))
    files = _files_to_push(folder)
    num_sent = pusher.push(files)
    progress.message(f"Published {len(files)} files at {pusher.repository.url}.")
    return Publication(
        repo_id=pusher.repository.repo_id,
        url=pusher.repository.url,
        num_files=len(files),
        num_uploaded=num_sent,
    )


def _files_to_push(folder: Path) -> list[LocalFile]:
    names = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    return [
        LocalFile(folder / name, name.as_posix())
        for name in names
        if not any(part.startswith(".") for part in name.parts) and name.suffix != TEMPORARY_SUFFIX
    ]


def split_into_commits(files: Sequence[LocalFile]) -> Iterator[list[LocalFile]]:
    """Group files, in order, into commits of at most MAX_COMMIT_FILES files and MAX_COMMIT_BYTES bytes; a
    larger file is a commit alone."""
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
    """Return a one-line message for a commit that adds `files`; none: a commit that only deletes."""
    if not files:
        return "Remove files that are no longer part of the dataset"
    return (
        f"Add {files[0].name}"
        if len(files) == 1
        else f"Add {len(files)} files from {files[0].name} to {files[-1].name}"
    )
