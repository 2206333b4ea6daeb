"""From a configuration to an opened source."""

from collections.abc import Mapping
from typing import Any

from data.config import DatasetConfig, SampleSource
from data.sources.reader import SourceReader
from data.sources.sample import SampleReader
from data.store.workspace import Workspace


def open_source(config: DatasetConfig, workspace: Workspace, pinned: Mapping[str, Any] | None = None) -> SourceReader:
    """Open the configured source and check that it is readable and has the needed columns.

    Args:
        pinned: the identity that an earlier run of the same dataset recorded; a Hub source is read at that commit.

    Raises:
        SourceError: the source cannot be read, is gone, gated or empty.
        UnknownName: a column does not exist; the message lists those that do.
    """
    source = config.source
    if isinstance(source, SampleSource):
        return SampleReader(source.length, config.seed, config.max_samples, config.validation_fraction, config.test_fraction)
    raise NotImplementedError
