"""Downloading a model from the Hub at one commit: configuration, tokenizer, code to copy, weights as
safetensors. The configuration comes first: a model that cannot be used costs no gigabytes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from huggingface_hub import snapshot_download
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from data.errors import DeepSynthError, ModelError, UnknownName, cause
from training.options.model_config import CONFIG_FILE, read_model_json
from training.options.model_kinds import pinned_revision, require_readable

Judge = Callable[[Mapping[str, Any]], object]
_PATTERNS: Final = ["*.json", "*.safetensors", "*.txt", "*.model", "*.md", "*.py", "LICENSE*"]


def download_model(name: str, revision: str | None, judge: Judge) -> tuple[Path, str]:
    """Download a repository's model, or find it in the Hub client's cache; return its folder and its commit.

    Args:
        name: Hub id.
        revision: a commit, branch or tag; None: the pinned commit.
        judge: refuses the content of config.json before any weights are downloaded.

    Raises:
        UnknownName: there is no such repository.
        ModelError: its layout is not read, no revision is pinned, `judge` refuses the model, or the Hub does
            not give the files.
    """
    require_readable(name)
    commit = revision or pinned_revision(name)
    if commit is None:
        raise ModelError(
            f"No revision of {name} is pinned.",
            hint="Set revision to a commit of that repository, so that the training can be repeated.",
            fields={"revision": f"required for {name}"},
        )
    try:
        small = Path(snapshot_download(name, revision=commit, allow_patterns=[CONFIG_FILE]))
        if (small / CONFIG_FILE).is_file():
            judge(read_model_json(small / CONFIG_FILE))
        # By the commit: a branch may move on meanwhile.
        folder = Path(snapshot_download(name, revision=small.name, allow_patterns=_PATTERNS))
    except (LocalEntryNotFoundError, ConnectionError, HfHubHTTPError) as error:
        raise _refusal(name, commit, error) from error
    # The cache names a snapshot's folder by its commit, also when a branch or tag was requested.
    return folder, folder.name


def _refusal(name: str, commit: str, error: Exception) -> DeepSynthError:
    if isinstance(error, GatedRepoError):
        return ModelError(
            f"{name} is gated: its owners must grant access.",
            hint=f"Accept the terms at huggingface.co/{name} and set HF_TOKEN.",
        )
    if isinstance(error, RevisionNotFoundError):
        return ModelError(
            f"{name} has no revision {commit!r}.",
            hint="Use a commit listed in its history.",
            fields={"revision": "unknown"},
        )
    if isinstance(error, RepositoryNotFoundError):
        return UnknownName(
            f"There is no model {name} on the Hub, or it is private.",
            hint="Check the spelling, or set HF_TOKEN.",
            fields={"model": "unknown"},
        )
    return ModelError(
        f"{name} is not on this machine and the Hub did not answer.",
        hint="Go online once, or copy the model here and name its folder. The Hub client says: "
        f"{cause(error)}.",
    )
