"""The dataset card: README.md of a finished dataset, on disk and on the Hub. It holds no times and no local
paths, so the same dataset always gives the same file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, Final

from data.dataset.findings import findings
from data.dataset.manifest import CARD, EXAMPLE_PAGE, Counts, Manifest
from data.dataset.shards import read_samples
from data.presets import find_benchmark
from data.records import COLUMNS, STYLE, STYLE_MEANING
from data.store.files import write_bytes

SIZE_CATEGORIES: Final = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
)


@dataclass(frozen=True, slots=True)
class LicenseTerms:
    """The terms under which the source texts may be published, as far as they are known."""

    license: str
    """An identifier of the Hub's list of licences, or `unknown`."""
    warning: str | None = None
    """Why publishing the pages may not be allowed."""


def license_terms(manifest: Manifest) -> LicenseTerms:
    """Return the terms of a dataset's source texts."""
    source = manifest.config["source"]
    if source["kind"] == "sample":
        return LicenseTerms("mit")
    if preset := find_benchmark(source):
        return LicenseTerms(preset.license if " " not in preset.license else "unknown", preset.license_note)
    return LicenseTerms(
        "unknown", "Make sure that the source texts may be published before you make this dataset public."
    )


def write_card(folder: Path, manifest: Manifest, repo_id: str | None = None) -> None:
    """Write README.md and the example page of a finished dataset.

    Args:
        folder: the dataset's folder.
        manifest: its complete manifest.
        repo_id: its repository on the Hub; None: it is not published.
    """
    split = next(name for name, entry in manifest.splits.items() if entry.counts.num_kept)
    sample = next(read_samples(folder, split, 0, 1))
    write_bytes(folder / EXAMPLE_PAGE, sample.pages[0].png)
    write_bytes(folder / CARD, dataset_card(manifest, repo_id).encode())


def dataset_card(manifest: Manifest, repo_id: str | None = None) -> str:
    """Return the text of README.md."""
    terms = license_terms(manifest)
    split = next(name for name, entry in manifest.splits.items() if entry.counts.num_kept)
    styles = {STYLE: STYLE_MEANING} if _vary(manifest) else {}
    columns = [(f"`{name}`", words) for name, words in (COLUMNS | styles).items()]
    sections = [
        _front_matter(manifest, terms),
        _introduction(manifest, terms),
        f"## Loading it\n\n```python\n{_snippet(repo_id, split)}\n```\n",
        _tables(manifest),
        _styles(manifest),
        "".join(f"{text}\n\n" for _, text in findings(manifest, is_published=True)),
        f"## Columns\n\n{_format_table('column | what it holds', columns)}",
        f"## Source\n\n{_source(manifest)} Licence of the source texts: {terms.license}.\n",
        f"## Configuration\n\n```json\n{_format_config(manifest)}\n```\n",
    ]
    return "\n".join(section for section in sections if section)


def _introduction(manifest: Manifest, terms: LicenseTerms) -> str:
    size_px = manifest.style["size_px"]
    sections = [
        f"# {manifest.name}\n",
        f"Documents drawn as page images of {size_px} x {size_px} pixels, each with its reference summary, "
        "for teaching a vision-language model to summarise straight from the pages. Made with DeepSynth.\n",
        f"> **Terms.** {terms.warning}\n" if terms.warning else "",
        f"![The first page]({EXAMPLE_PAGE})\n",
    ]
    return "\n".join(section for section in sections if section)


def _tables(manifest: Manifest) -> str:
    splits = {name: entry for name, entry in manifest.splits.items() if entry.counts.num_kept}
    contents = _format_table(
        "split | samples | pages | shards | MB | rows read | duplicates left out | rejected | cut off",
        [_contents_row(name, entry.counts, entry.shards) for name, entry in splits.items()],
    )
    compression = _format_table(
        "split | text tokens | vision tokens | text tokens per vision token | pages over the reading budget",
        [_compression_row(name, entry.counts) for name, entry in splits.items()]
        + [_compression_row("all", manifest.totals)],
    )
    return (
        f"## Contents\n\n{contents}\n## Compression\n\nText tokens that a language model would read, against "
        f"the vision tokens of the pages that show them.\n\n{compression}"
    )


def _styles(manifest: Manifest) -> str:
    """Return what varies from document to document; empty: all look alike."""
    if not (vary := _vary(manifest)):
        return ""
    items = "".join(f"- `{part}`\n" for part in vary.split("; "))
    return (
        "## Styles\n\nEach document is drawn with one value of each of these, chosen by the seed and kept in "
        f"the column `{STYLE}`; the configuration below holds what does not vary.\n\n{items}"
    )


def _vary(manifest: Manifest) -> str | None:
    vary: str | None = manifest.config["rendering"].get("vary")
    return vary


def _front_matter(manifest: Manifest, terms: LicenseTerms) -> str:
    files = "".join(
        f"  - split: {name}\n    path: {name}/*.parquet\n"
        for name, entry in manifest.splits.items()
        if entry.counts.num_kept
    )
    size = next((name for limit, name in SIZE_CATEGORIES if manifest.totals.num_kept < limit), "n>10M")
    return (
        f"---\nlicense: {terms.license}\npretty_name: {json.dumps(manifest.name)}\ntask_categories:\n- "
        "image-to-text\n- summarization\n"
        f"tags:\n- deepsynth\n- deepseek-ocr\n- optical-compression\nsize_categories:\n- {size}\n"
        f"configs:\n- config_name: default\n  data_files:\n{files}---\n"
    )


def _snippet(repo_id: str | None, split: str) -> str:
    if repo_id is None:
        call = f'load_dataset("parquet", data_files={{"{split}": "{split}/*.parquet"}})'
    else:
        call = f'load_dataset("{repo_id}", split="{split}", streaming=True)'
    return f"from datasets import load_dataset\n\ndataset = {call}"


def _contents_row(name: str, counts: Counts, shards: tuple[Any, ...]) -> tuple[str, ...]:
    size_mb = sum(shard.size_bytes for shard in shards) / 1e6
    numbers = (counts.num_kept, counts.num_pages, len(shards))
    left_out = (counts.num_read, counts.num_duplicate, counts.num_rejected, counts.num_truncated)
    return (name, *map(_format_number, numbers), f"{size_mb:,.1f}", *map(_format_number, left_out))


def _compression_row(name: str, counts: Counts) -> tuple[str, ...]:
    ratio = counts.num_text_tokens / counts.num_vision_tokens if counts.num_vision_tokens else 0.0
    return (
        name,
        _format_number(counts.num_text_tokens),
        _format_number(counts.num_vision_tokens),
        f"{ratio:.2f}",
        _format_number(counts.num_pages_over_budget),
    )


def _source(manifest: Manifest) -> str:
    source = manifest.config["source"]
    if source["kind"] == "hub":
        name, commit = (
            manifest.source.get("id", source["id"]),
            manifest.source.get("commit"),
        )  # a fallback has another name
        return f"[{name}](https://huggingface.co/datasets/{name})" + (
            f" at commit `{commit}`." if commit else "."
        )
    if source["kind"] == "files":
        return f"Local files: `{PurePath(source['path']).name}`."
    return "Sample documents made by DeepSynth itself; no text of others."


def _format_config(manifest: Manifest) -> str:
    """Return the configuration as JSON, with the name of a local source instead of its path."""
    source: Mapping[str, Any] = manifest.config["source"]
    shown = {**source, "path": PurePath(source["path"]).name} if "path" in source else source
    return json.dumps({**manifest.config, "source": shown}, indent=2, ensure_ascii=False)


def _format_table(head: str, rows: Sequence[tuple[str, ...]]) -> str:
    rule = ("---",) * len(head.split(" | "))
    lines = [head, *(" | ".join(line) for line in (rule, *rows))]
    return "".join(f"| {line} |\n" for line in lines)


def _format_number(value: int) -> str:
    return f"{value:,}"
