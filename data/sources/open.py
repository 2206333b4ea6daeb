"""Open the source of a configuration."""

from collections.abc import Mapping
from typing import Any

from data.config import Columns, DatasetConfig, FilesSource, HubSource, SampleSource
from data.presets import find_fallbacks
from data.progress import Progress
from data.records import TRAIN
from data.sources.files import FilesReader
from data.sources.held_out import HeldOutSplits
from data.sources.reader import SourceReader, StoredReader
from data.sources.sample import SampleReader
from data.store.workspace import Workspace


def open_source(
    config: DatasetConfig,
    workspace: Workspace,
    pinned: Mapping[str, Any] | None = None,
    listener: Progress | None = None,
) -> SourceReader:
    """Open the configured source; check that it is readable and has the needed columns.

    A source with the single split `train` is divided into train, validation and test, unless the
    configuration names this split alone. What the source itself calls validation or test is never trained on.

    Args:
        pinned: the identity that an earlier run of the same dataset stored; a Hub source is read at its
            commit.
        listener: gets messages about waits for the Hub and about fallbacks, and can stop them.

    Raises:
        SourceError: the source cannot be read, does not exist, is gated or empty.
        UnknownName: a column does not exist; the hint lists the existing ones.
        InvalidInput: document and summary are the same column.
        Stopped: the listener requested a stop.
    """
    source = config.source
    if isinstance(source, SampleSource):
        return SampleReader(
            source.length,
            config.seed,
            config.max_samples,
            validation_fraction=config.validation_fraction,
            test_fraction=config.test_fraction,
        )
    reader = open_stored(source, config.columns, workspace, pinned, listener)
    if listener:
        for note in reader.notes():
            listener.message(note)
    wants_more = config.splits is None or not set(config.splits) <= set(reader.splits())
    if (
        list(reader.splits()) == [TRAIN]
        and wants_more
        and config.validation_fraction + config.test_fraction > 0
    ):
        return HeldOutSplits(reader, config.validation_fraction, config.test_fraction)
    return reader


def open_stored(
    source: FilesSource | HubSource,
    columns: Columns | None,
    workspace: Workspace,
    pinned: Mapping[str, Any] | None = None,
    listener: Progress | None = None,
) -> StoredReader:
    """Open files or a Hub dataset with their own splits; `columns` is None for an inspection."""
    if isinstance(source, FilesSource):
        return FilesReader(source, columns, workspace)
    from data.sources.hub import HubReader  # noqa: PLC0415 - imports `datasets`, which takes seconds; most runs do not need it

    return HubReader(source, columns, pinned, fallbacks=find_fallbacks(source), listener=listener)
