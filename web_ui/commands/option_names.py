"""Messages in the words of the command line: its options instead of the paths of configuration fields."""

import re
from argparse import Namespace
from collections.abc import Mapping
from typing import Final

DATASET_OPTIONS: Final = {
    "columns.document": "--document-column",
    "columns.summary": "--summary-column",
    "publish.repo_id": "--publish",
    "rendering.mode": "--mode",
    "source.config": "--config",
    "source.id": "--source",
    "source.length": "--length",
    "source.path": "--source",
    "source.revision": "--revision",
    "splits": "--split",
}
"""Field of a dataset's configuration -> the option of `generate` that sets it."""


def in_options(text: str, options: Namespace) -> str:
    """Replace the paths of fields that a command has an option for; others are set by --set PATH=VALUE.

    A path of one plain word, such as `name`, is one only where a sentence begins with it, or after "set".
    """
    names = _option_names(options)
    paths = "|".join(re.escape(path) for path in sorted(names, key=len, reverse=True))
    pattern = rf"(; |[Ss]et |)(?<![\w./@=-])`?({paths})`?(?![\w/]|[.:-]\w)"

    def replaced(match: re.Match[str]) -> str:
        before, path = match.groups()
        is_word = match.start() and not before and path.isalpha()
        return match[0] if is_word else f"{before}{names[path]}"

    return re.sub(pattern, replaced, text).replace("the named fields", "the named options")


def _option_names(options: Namespace) -> Mapping[str, str]:
    own = {name: f"--{name.replace('_', '-')}" for name in vars(options) if name not in ("handler", "kind")}
    return own | (DATASET_OPTIONS if vars(options).get("kind") == "dataset" else {})
