"""Publish a dataset while it is being made: finished shards are uploaded in rate-limited commits, then the
card; then all files are verified.

`open_publisher` is called before rendering and raises an error if publishing cannot work; `add_shard` and
`poll` never wait for the network; `finish` uploads the missing files and verifies all.
"""

import re
from pathlib import Path
from typing import Final, Protocol

from data.backoff import Backoff
from data.config import DatasetConfig, PublishConfig
from data.dataset.card import license_terms, write_card
from data.dataset.manifest import CARD, EXAMPLE_PAGE, Manifest, ShardEntry
from data.errors import Conflict, HubError
from data.hub.pace import CommitRateLimiter
from data.hub.repository import LocalFile, resolve_repo_id
from data.hub.upload import BackgroundCall, Publication, Pusher, commit_message, split_into_commits
from data.progress import Progress
from data.retry import http_status

SHARD_NAME: Final = re.compile(r"[^/]+/shard-\d{5,}\.parquet")
PACE: Final = ".publishing.json"
"""In a dataset's folder: how many commits may follow at once. A worker that is killed does not start anew."""
FORBIDDEN_STATUS: Final = frozenset({401, 403})  # the token is invalid or lost its rights: no retry helps


class Publisher(Protocol):
    """Receives the finished shards of the stage."""

    def add_shard(self, entry: ShardEntry) -> None:
        """Add a finished shard; also one that an earlier run finished."""

    def poll(self) -> int:
        """Forward the messages of the uploads, start the next upload if it is due, and return the number of
        samples on the Hub.

        The files of a failed upload are sent by a later upload, so an outage of the Hub does not stop
        rendering.

        Raises:
            HubError: the token may not write to the repository any more.
        """

    def finish(self, manifest: Manifest) -> Publication | None:
        """Upload the missing files and the card, verify all files, and return the publication; None for a
        dataset that is not published.

        Raises:
            HubError: the Hub refused, or its files differ from the manifest.
            Stopped: the listener requested a stop.
        """

    def close(self) -> None:
        """Request the uploads in progress to stop."""


def open_publisher(
    config: DatasetConfig, folder: Path, progress: Progress, backoff: Backoff | None = None
) -> Publisher:
    """Return the publisher for a configuration, after a check that it can write to its repository.

    Raises:
        Unavailable: HF_TOKEN or HF_USERNAME is missing.
        HubError: the token may not write there, or the repository is public although a private one is
            configured.
        Conflict: the repository holds files that are not of a dataset.
    """
    if config.publish is None:
        return LocalPublisher(folder)
    return HubPublisher(config.publish, folder, progress, backoff=backoff)


class LocalPublisher:
    """Publishes nothing; only writes the card into the dataset's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add_shard(self, entry: ShardEntry) -> None:
        return

    def poll(self) -> int:
        return 0

    def finish(self, manifest: Manifest) -> None:
        write_card(self._folder, manifest)

    def close(self) -> None:
        return


class HubPublisher:
    """Uploads shards to one repository in the background, one commit at a time."""

    def __init__(
        self, publish: PublishConfig, folder: Path, progress: Progress, backoff: Backoff | None = None
    ) -> None:
        self._folder = folder
        self._progress = progress
        self._every_num_samples = publish.commit_every_num_samples
        self._pusher = Pusher(
            resolve_repo_id(publish.repo_id, folder.name), "dataset", progress, backoff=backoff
        )
        self._repository = self._pusher.repository
        self._pusher.call(lambda: self._repository.create(publish.private))
        self._stored = self._pusher.call(self._repository.files)
        self._refuse_foreign_files()
        self._pending: list[ShardEntry] = []
        self._sending: list[ShardEntry] = []
        self._upload: BackgroundCall[None] | None = None
        self._num_uploaded_samples = self._num_uploaded_files = 0
        self._rate_limiter = CommitRateLimiter(folder / PACE)

    def add_shard(self, entry: ShardEntry) -> None:
        if self._file(entry).matches(self._stored.get(entry.path)):
            self._num_uploaded_samples += entry.num_kept
        else:
            self._pending.append(entry)
        self.poll()

    def poll(self) -> int:
        self._pusher.forward_messages()
        if self._upload is not None and not self._upload.is_alive():
            self._collect_upload()
        num_samples = sum(entry.num_kept for entry in self._pending)
        if (
            self._upload is None
            and num_samples >= self._every_num_samples
            and self._rate_limiter.try_acquire()
        ):
            files = next(split_into_commits([self._file(entry) for entry in self._pending]))
            self._sending, self._pending = self._pending[: len(files)], self._pending[len(files) :]
            self._upload = BackgroundCall(lambda: self._repository.commit(files, commit_message(files)))
        return self._num_uploaded_samples

    def finish(self, manifest: Manifest) -> Publication:
        self._progress.begin("Publishing")
        if self._upload is not None:
            self._pusher.wait_until_done(self._upload)
            self._collect_upload()
        write_card(self._folder, manifest, self._repository.repo_id)
        shards = [self._file(entry) for split in manifest.splits.values() for entry in split.shards]
        files = [*shards, *(LocalFile(self._folder / name, name) for name in (EXAMPLE_PAGE, CARD))]
        stored = {name for name in self._stored if SHARD_NAME.fullmatch(name)}
        stale = sorted(stored - {file.name for file in files})
        self._warn(manifest, len(stale))
        self._num_uploaded_files += self._pusher.push(files, stale, self._rate_limiter.try_acquire)
        repo_id, url = self._repository.repo_id, self._repository.url
        self._progress.message(f"Published and verified {len(files)} files at {url}.")
        return Publication(
            repo_id=repo_id, url=url, num_files=len(files), num_uploaded=self._num_uploaded_files
        )

    def _warn(self, manifest: Manifest, num_stale: int) -> None:
        terms = license_terms(manifest)
        if num_stale:
            self._progress.message(
                f"{num_stale} shards of an earlier dataset are deleted from {self._repository.repo_id}; its "
                "history keeps them.",
                "warning",
            )
        if terms.warning:
            self._progress.message(
                f"Published pages carry the licence {terms.license!r}. {terms.warning}", "warning"
            )

    def close(self) -> None:
        self._pusher.stop()

    def _collect_upload(self) -> None:
        upload, self._upload = self._upload, None
        sent, self._sending = self._sending, []
        try:
            if upload is not None:
                upload.result()
        except HubError as error:
            if http_status(error.__cause__) in FORBIDDEN_STATUS:
                raise
            self._pending = [*sent, *self._pending]
            self._progress.message(
                f"{error.message} Rendering continues; these files are sent later.", "warning"
            )
            return
        self._num_uploaded_files += len(sent)
        self._num_uploaded_samples += sum(entry.num_kept for entry in sent)

    def _file(self, entry: ShardEntry) -> LocalFile:
        return LocalFile(self._folder / entry.path, entry.path, entry.sha256)

    def _refuse_foreign_files(self) -> None:
        foreign = [
            name
            for name in self._stored
            if name not in {".gitattributes", CARD, EXAMPLE_PAGE} and not SHARD_NAME.fullmatch(name)
        ]
        if foreign and not any(map(SHARD_NAME.fullmatch, self._stored)):
            raise Conflict(
                f"The repository {self._repository.repo_id} holds something else: {', '.join(foreign[:3])}.",
                hint="Publish to another repository (publish.repo_id), or empty that one.",
                fields={"publish.repo_id": "holds something else"},
            )
