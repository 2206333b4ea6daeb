"""One repository on the Hugging Face Hub: create it, list it, commit files, verify them. Temporary errors are
retried and reported.

The token comes from the environment of the process (HF_TOKEN) and is never part of a message.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeVar

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, RepoFile, get_token
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled
from huggingface_hub.utils.tqdm import disable_progress_bars

from data.backoff import Backoff
from data.config import HUB_RULE, is_hub_id
from data.errors import HubError, InvalidInput, Unavailable
from data.progress import Progress
from data.retry import RETRYABLE_ERRORS, call_with_retries, describe_error, http_status
from data.store.files import file_sha256

RepoType = Literal["dataset", "model"]
Result = TypeVar("Result")
# hf_xet raises RuntimeError for errors of its storage.
RETRYABLE: Final = (*RETRYABLE_ERRORS, RuntimeError)


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file to push and its path in the repository."""

    path: Path
    name: str
    sha256: str | None = None
    """Its digest, if it is known already."""

    def matches(self, stored: RepoFile | None) -> bool:
        """Return whether `stored`, the file of this name on the Hub or None, has the same bytes."""
        if stored is None or stored.size != self.path.stat().st_size:
            return False
        if stored.lfs is not None:
            return bool(stored.lfs.sha256 == (self.sha256 or file_sha256(self.path)))
        content = self.path.read_bytes()
        git_digest = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
        return bool(stored.blob_id == git_digest)


def resolve_repo_id(repo_id: str | None, name: str) -> str:
    """Return the repository to push to, after a check that there is a token.

    Args:
        repo_id: the repository that the user named; None: HF_USERNAME/<name>.
        name: the name of the dataset or model.

    Raises:
        Unavailable: HF_TOKEN is missing, or HF_USERNAME if it is needed.
        InvalidInput: the Hub takes no repository of that name.
    """
    if not get_token():
        raise Unavailable(
            "Publishing needs a Hugging Face token, and HF_TOKEN is not set where the job runs.",
            hint="Create a token with write access at https://huggingface.co/settings/tokens, set HF_TOKEN "
            "for the service and restart it.",
        )
    username = os.environ.get("HF_USERNAME")
    if repo_id is None and not username:
        raise Unavailable(
            "Publishing needs a repository: none is named, and HF_USERNAME is not set where the job runs.",
            hint="Name one as owner/name, or set HF_USERNAME for the service and restart it.",
        )
    found = repo_id or f"{username}/{name}"
    if not is_hub_id(found):
        raise InvalidInput(f"{found!r} is no repository of the Hub.", hint=f"A repository is {HUB_RULE}.")
    return found


class HubRepository:
    """A repository. Each call is retried while its error is temporary; `listener` gets a message for each
    wait and can stop it."""

    def __init__(
        self, repo_id: str, repo_type: RepoType, listener: Progress, backoff: Backoff | None = None
    ) -> None:
        self.repo_id = repo_id
        self._repo_type = repo_type
        self._listener = listener
        self._backoff = backoff
        self._api = HfApi()
        disable_progress_bars()

    @property
    def url(self) -> str:
        return f"{self._api.endpoint}/{'datasets/' if self._repo_type == 'dataset' else ''}{self.repo_id}"

    def create(self, private: bool) -> None:
        """Create the repository if it does not exist.

        Raises:
            HubError: the token may not write there, or the repository is public although `private` is set.
        """
        self._call(
            "making the repository",
            lambda: self._api.create_repo(
                self.repo_id, repo_type=self._repo_type, private=private, exist_ok=True
            ),
        )
        info = self._call(
            "looking at the repository", lambda: self._api.repo_info(self.repo_id, repo_type=self._repo_type)
        )
        if private and not info.private:
            raise HubError(
                f"{self.repo_id} exists and is public, but this job asks for a private repository.",
                hint="Name another repository, make that one private, or publish with private=false.",
            )

    def files(self) -> dict[str, RepoFile]:
        """Return path -> file for all files of the repository."""
        return self._call("listing the repository", self._list_files)

    def _list_files(self) -> dict[str, RepoFile]:
        tree = self._api.list_repo_tree(self.repo_id, repo_type=self._repo_type, recursive=True)
        return {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}

    def missing(self, files: Sequence[LocalFile]) -> list[LocalFile]:
        """Return the files that the repository lacks or holds with other bytes."""
        stored = self.files()
        return [file for file in files if not file.matches(stored.get(file.name))]

    def commit(self, files: Sequence[LocalFile], message: str, delete: Sequence[str] = ()) -> None:
        """Upload and commit files. Data that an earlier attempt uploaded or committed is not sent again.

        Args:
            delete: paths to delete from the repository; paths that it does not hold are ignored.
        """

        def commit_once() -> None:
            # The client marks its operations as used, so each attempt needs new objects.
            additions = [CommitOperationAdd(file.name, file.path) for file in files]
            for addition, file in zip(additions, files, strict=True):
                if file.sha256:
                    addition.upload_info.sha256 = bytes.fromhex(file.sha256)
            # The Hub refuses to delete missing files, for example after a commit whose answer was lost.
            stored = self._list_files() if delete else {}
            removals = [CommitOperationDelete(name) for name in delete if name in stored]
            self._api.create_commit(
                self.repo_id, [*additions, *removals], commit_message=message, repo_type=self._repo_type
            )

        self._call(f"uploading {len(files)} files", commit_once)

    def verify(self, files: Sequence[LocalFile]) -> None:
        """Check that the repository holds every file with the same bytes.

        Raises:
            HubError: some are missing or differ.
        """
        if wrong := self.missing(files):
            names = ", ".join(file.name for file in wrong[:5])
            raise HubError(
                f"{len(wrong)} of {len(files)} files in {self.repo_id} are missing or differ after the "
                f"upload: {names}.",
                hint="Resume the job; it sends what is missing.",
            )

    def _call(self, what: str, call: Callable[[], Result]) -> Result:
        try:
            return call_with_retries(what, call, self._listener, self._backoff, RETRYABLE)
        except OfflineModeIsEnabled as error:
            raise HubError(
                "HF_HUB_OFFLINE is set, so nothing can be published.", hint="Unset it where the job runs."
            ) from error
        except (HfHubHTTPError, *RETRYABLE, ValueError, OSError) as error:
            raise self._hub_error(what, error) from error

    def _hub_error(self, what: str, error: Exception) -> HubError:
        hints = {
            401: "HF_TOKEN is not valid, or belongs to another Hub. Set a valid one and resume the job.",
            403: f"Give the token write access to {self.repo_id}, or name a repository that it may write to.",
            404: f"{self.repo_id} does not exist any more, or the token may not read it.",
        }
        hint = hints.get(
            http_status(error), "Resume the job to try again; what is on the Hub already is not sent again."
        )
        return HubError(f"{what.capitalize()} at {self.repo_id} failed: {describe_error(error)}.", hint=hint)
