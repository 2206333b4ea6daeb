"""The five benchmark datasets: Hub id, columns, number of rows and licence of each.

Hub ids, columns, sizes and licences are those of November 2026. A commit is pinned where published code reads
the dataset at that commit. In all cases the manifest records the commit that was read, and a resumed run
reads the same one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from data.config import Columns, DatasetConfig, HubSource
from data.errors import UnknownName
from data.page_modes import PageMode
from data.validation import parse_config

PARQUET_REVISION: Final = "refs/convert/parquet"
"""The branch with the Parquet files to which the Hub converts a repository."""


LicenseAllows = Literal["sharing", "unclear", "no_sharing"]
"""What a licence says of sharing the page images: allowed, not stated, or forbidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkPreset:
    """The settings that generate one benchmark dataset."""

    name: str
    title: str
    description: str
    source: HubSource
    columns: Columns
    num_documents: Mapping[str, int]
    mean_document_words: int
    license: str
    license_note: str
    license_allows: LicenseAllows
    mode: PageMode
    max_pages: int = 32
    max_rejected: int = 1000
    source_note: str = ""
    fallbacks: tuple[HubSource, ...] = ()
    """Tried in this order when the source or its commit does not exist any more, or when the source has
    become a loading script. Their columns have the same names."""

    def values(self) -> dict[str, Any]:
        """Return the preset as values of a DatasetConfig."""
        return {
            "name": f"{self.name}-benchmark",
            "source": self.source.model_dump(),
            "columns": self.columns.model_dump(),
            "splits": ["train", "validation", "test"],
            "rendering": {"mode": self.mode, "max_pages": self.max_pages},
            "max_rejected": self.max_rejected,
        }


PRESETS: Final[Mapping[str, BenchmarkPreset]] = {
    preset.name: preset
    for preset in (
        BenchmarkPreset(
            name="cnn_dailymail",
            title="CNN/DailyMail",
            description="News articles with bullet-point highlights; most fit on one page.",
            source=HubSource(
                id="abisee/cnn_dailymail", config="3.0.0", revision="96df5e686bee6baa90b8bee7c28b81fa3fa6223d"
            ),
            columns=Columns(document="article", summary="highlights", id="id"),
            num_documents={"train": 287_113, "validation": 13_368, "test": 11_490},
            mean_document_words=780,
            license="apache-2.0",
            license_note="The tag covers the collection; the articles belong to CNN and the Daily Mail.",
            license_allows="sharing",
            mode="base",
            fallbacks=(
                HubSource(id="abisee/cnn_dailymail", config="3.0.0"),
                HubSource(id="abisee/cnn_dailymail", config="3.0.0", revision=PARQUET_REVISION),
            ),
        ),
        BenchmarkPreset(
            name="xsum",
            title="XSum",
            description="BBC articles with one-sentence summaries.",
            source=HubSource(id="EdinburghNLP/xsum", revision="7d4d486c2f8ef850b1a11aead99b894ff3dd7da9"),
            columns=Columns(document="document", summary="summary", id="id"),
            num_documents={"train": 204_045, "validation": 11_332, "test": 11_334},
            mean_document_words=430,
            license="unknown",
            license_note="No licence is stated; the articles belong to the BBC.",
            license_allows="unclear",
            mode="small",
            fallbacks=(
                HubSource(id="EdinburghNLP/xsum"),
                HubSource(id="EdinburghNLP/xsum", revision=PARQUET_REVISION),
            ),
        ),
        BenchmarkPreset(
            name="arxiv",
            title="arXiv",
            description="Scientific papers with their abstracts; several large pages each.",
            source=HubSource(
                id="ccdv/arxiv-summarization",
                config="document",
                revision="240aaf1a969b3f8cd0ade6986bfad0cd730ee288",
            ),
            columns=Columns(document="article", summary="abstract"),
            num_documents={"train": 203_037, "validation": 6_436, "test": 6_440},
            mean_document_words=6000,
            license="none stated",
            license_note="Each paper has its own licence.",
            license_allows="unclear",
            mode="large",
            max_pages=64,
            max_rejected=5000,
            fallbacks=(
                HubSource(id="ccdv/arxiv-summarization", config="document"),
                HubSource(id="ccdv/arxiv-summarization", config="document", revision=PARQUET_REVISION),
            ),
        ),
        BenchmarkPreset(
            name="gigaword",
            title="Gigaword",
            description="First sentences of news with their headlines.",
            source=HubSource(id="Harvard/gigaword"),
            columns=Columns(document="document", summary="summary"),
            num_documents={"train": 3_803_957, "validation": 189_651, "test": 1_951},
            mean_document_words=31,
            license="mit",
            license_note="The tag covers the preparation; the text is licensed by the Linguistic Data "
            "Consortium.",
            license_allows="sharing",
            mode="tiny",
            max_rejected=10_000,
            source_note="The repository holds a loading script; the Parquet files that the Hub makes of it "
            "are read.",
        ),
        BenchmarkPreset(
            name="samsum",
            title="SAMSum",
            description="Messenger dialogues with summaries; each turn on its own line.",
            source=HubSource(id="knkarthick/samsum"),
            columns=Columns(document="dialogue", summary="summary"),
            num_documents={"train": 14_732, "validation": 818, "test": 819},
            mean_document_words=94,
            license="cc-by-nc-nd-4.0",
            license_note="No derivatives: publishing page images of it may breach the licence. Keep the "
            "dataset private.",
            license_allows="no_sharing",
            mode="tiny",
            source_note="A mirror: the original repository, Samsung/samsum, is gone since May 2025.",
            fallbacks=(
                HubSource(id="knkarthick/samsum", revision=PARQUET_REVISION),
                HubSource(id="Samsung/samsum", revision=PARQUET_REVISION),
            ),
        ),
    )
}


def find_benchmark(source: Mapping[str, Any]) -> BenchmarkPreset | None:
    """Return the preset that reads the Hub id of a dataset's configured source; None without one."""
    return next((preset for preset in PRESETS.values() if preset.source.id == source.get("id")), None)


def find_fallbacks(source: HubSource) -> tuple[HubSource, ...]:
    """Return the fallbacks of the preset that reads `source`; none for other sources."""
    benchmark = find_benchmark(source.model_dump())
    is_preset = benchmark is not None and benchmark.source == source.model_copy(
        update={"streaming": benchmark.source.streaming}
    )
    return benchmark.fallbacks if benchmark and is_preset else ()


def benchmark_config(name: str, overrides: Mapping[str, Any]) -> DatasetConfig:
    """Return the configuration of a benchmark dataset, with some of its values replaced.

    Args:
        overrides: DatasetConfig values; each value of `rendering` replaces one of the preset's.

    Raises:
        UnknownName: there is no such preset.
        InvalidInput: a value is not allowed.
    """
    if name not in PRESETS:
        raise UnknownName(
            f"There is no benchmark preset {name!r}.",
            hint=f"Presets: {', '.join(PRESETS)}.",
            fields={"preset": f"{name!r} does not exist"},
        )
    values = PRESETS[name].values()
    rendering = overrides.get("rendering")
    if isinstance(rendering, Mapping):
        overrides = {**overrides, "rendering": {**values["rendering"], **rendering}}
    return parse_config(DatasetConfig, {**values, **overrides})
