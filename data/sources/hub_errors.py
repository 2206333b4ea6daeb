"""Call the Hub's clients with retries, and turn their final errors into messages for users."""

import errno
import re
from collections.abc import Callable
from typing import Final, TypeVar

import httpx2
import pyarrow as pa
from datasets.exceptions import DatasetNotFoundError, DatasetsError
from huggingface_hub.errors import (
    DisabledRepoError,
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from data.backoff import Backoff
from data.config import HubSource
from data.errors import InvalidInput, SourceError, StorageError, UnknownName, Unreachable
from data.progress import Progress, Silent
from data.retry import call_with_retries, describe_error, is_unreachable

Result = TypeVar("Result")
INTERACTIVE_BACKOFF: Final = Backoff(num_attempts=3, first_wait_s=0.5)
FIRST_ATTEMPTS: Final = 3
"""Attempts to reach the Hub for the first time: a machine without network says so within a minute. Later a
lost connection is waited out."""
CHECK_NETWORK: Final = "Check the network of this machine, then try again."
ACCESS_ERRORS: Final = (
    DisabledRepoError,
    GatedRepoError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
    DatasetNotFoundError,
)
SUCCESSORS: Final = {
    "Samsung/samsum": "knkarthick/samsum",
    "samsum": "knkarthick/samsum",
    "cnn_dailymail": "abisee/cnn_dailymail",
    "xsum": "EdinburghNLP/xsum",
    "gigaword": "Harvard/gigaword",
}


class GoneError(SourceError):
    """The data does not exist (any more); another repository or branch may hold it."""


class NeedsScriptError(Exception):
    """The repository holds a loading script instead of data."""


class HubCaller:
    """Calls of the Hub's clients for one source. `listener` gets messages about waits and can stop them.
    Without a listener a user waits for the answer, so the waits are short."""

    def __init__(self, source: HubSource, listener: Progress | None) -> None:
        self._source = source
        self._listener = listener or Silent()
        self._backoff = Backoff() if listener else INTERACTIVE_BACKOFF
        self._has_answered = False

    def __call__(self, what: str, call: Callable[[], Result], revision: str | None = None) -> Result:
        """Call a function of the Hub's clients.

        Args:
            what: name of the requested data, for messages.
            revision: the requested revision; None: the source's.

        Raises:
            SourceError: the Hub refused, or did not answer for a long time.
            UnknownName: there is no such configuration.
            StorageError: the disk of the downloaded files is full.
            Stopped: the listener requested a stop during a wait.
        """
        try:
            answer = call_with_retries(
                f"{what} of {self._source.id}",
                call,
                self._listener,
                self._backoff,
                unreachable_attempts=None if self._has_answered else FIRST_ATTEMPTS,
            )
        except ACCESS_ERRORS as error:
            raise _access_error(self._source, error, revision or self._source.revision) from error
        except (HfHubHTTPError, httpx2.HTTPError, ConnectionError, TimeoutError) as error:
            if is_unreachable(error):
                raise Unreachable(f"{describe_error(error)}.", hint=CHECK_NETWORK) from error
            raise SourceError(
                f"Cannot get the {what} of {self._source.id} from the Hub: {describe_error(error)}.",
                hint="Try again later.",
            ) from error
        except RuntimeError as error:
            if "scripts are no longer supported" in str(error):
                raise NeedsScriptError from error
            raise
        except ValueError as error:
            raise _config_error(self._source, error) from error
        except (DatasetsError, OSError, pa.ArrowException) as error:
            raise (
                _disk_full_error(self._source, error)
                if _is_disk_full(error)
                else _unreadable_error(self._source, error)
            ) from error
        self._has_answered = True
        return answer


def _access_error(source: HubSource, error: Exception, revision: str | None) -> SourceError:
    page = f"https://huggingface.co/datasets/{source.id}"
    if isinstance(error, RevisionNotFoundError) or "Revision" in str(error):
        return GoneError(
            f"{source.id} has no revision {revision!r}.",
            hint=f"See {page} for its branches; source.revision=main reads what is there now.",
            fields={"source.revision": "does not exist"},
        )
    if isinstance(error, GatedRepoError) or "is a gated dataset" in str(error):
        return SourceError(
            f"{source.id} is gated: its owner must grant you access.",
            hint=f"Ask for access at {page}, then set HF_TOKEN to a token of that account and start again.",
            fields={"source.id": "is gated"},
        )
    return _missing_dataset_error(source)


def _missing_dataset_error(source: HubSource) -> GoneError:
    successor = SUCCESSORS.get(source.id)
    return GoneError(
        f"There is no dataset {source.id} on the Hub that this account may read: it is deleted, renamed or "
        "private, or never existed.",
        hint=f"Its successor is {successor}."
        if successor
        else "Check the id; for a private dataset set HF_TOKEN.",
        fields={"source.id": "does not exist or is private"},
    )


def _config_error(source: HubSource, error: ValueError) -> InvalidInput | SourceError:
    available = re.search(r"\[(.*?)\]", str(error))
    if "onfig" in str(error) and available:
        return UnknownName(
            f"{source.id} has no configuration {source.config!r}."
            if source.config
            else f"{source.id} has several configurations.",
            hint=f"Configurations: {available[1]}. Name one as source.config.",
            fields={"source.config": "must name a configuration"},
        )
    return _unreadable_error(source, error)


def _unreadable_error(source: HubSource, error: Exception) -> SourceError:
    return SourceError(
        f"{source.id} cannot be read: {describe_error(error)}.", hint="Look at the dataset's page on the Hub."
    )


def _is_disk_full(error: Exception) -> bool:
    # `datasets` raises an OSError without errno if it sees in advance that the disk is too small; if the disk
    # is full later, it wraps the OSError.
    cause = error.__cause__ if isinstance(error, DatasetsError) else error
    return isinstance(cause, OSError) and (
        cause.errno in (errno.ENOSPC, errno.EDQUOT) or "disk space" in str(cause)
    )


def _disk_full_error(source: HubSource, error: Exception) -> StorageError:
    return StorageError(
        f"{source.id} cannot be downloaded, since the disk is full: {describe_error(error)}.",
        hint="Free some space on the disk of HF_HOME, or set source.streaming, which keeps no copy.",
    )
