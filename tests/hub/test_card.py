"""The dataset card: right numbers, valid front matter, nothing of this machine."""

from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

from data.dataset.card import dataset_card, write_card
from data.dataset.manifest import Manifest, read_manifest
from data.dataset.shards import read_samples
from data.presets import PRESETS
from data.records import COLUMNS


@pytest.fixture
def manifest(finished_dataset: Path) -> Manifest:
    return read_manifest(finished_dataset)


def from_source(manifest: Manifest, **source: object) -> Manifest:
    return replace(manifest, config={**manifest.config, "source": source})


def test_front_matter_lets_load_dataset_find_each_split(manifest: Manifest) -> None:
    data = DatasetCard(dataset_card(manifest)).data.to_dict()
    files = data["configs"][0]["data_files"]
    assert {(entry["split"], entry["path"]) for entry in files} == {
        (name, f"{name}/*.parquet") for name in manifest.splits
    }
    assert (data["license"], data["size_categories"]) == ("mit", ["n<1K"])


def test_tables_say_what_the_manifest_says(manifest: Manifest) -> None:
    text = dataset_card(manifest)
    totals = manifest.totals
    assert f"| all | {totals.num_text_tokens:,} | {totals.num_vision_tokens:,} | " in text
    assert f"| train | {manifest.splits['train'].counts.num_kept} | " in text
    assert all(f"| `{column}` |" in text for column in COLUMNS)


def test_snippet_names_the_repository(manifest: Manifest) -> None:
    assert 'load_dataset("me/news", split="' in dataset_card(manifest, "me/news")
    assert 'load_dataset("parquet", ' in dataset_card(manifest)


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_benchmarks_carry_their_licence_and_warning(manifest: Manifest, preset: object) -> None:
    text = dataset_card(from_source(manifest, kind="hub", id=preset.source.id))  # type: ignore[attr-defined]
    assert preset.license_note in text  # type: ignore[attr-defined]
    assert " " not in DatasetCard(text).data.to_dict()["license"]


def test_local_paths_stay_here(manifest: Manifest) -> None:
    text = dataset_card(from_source(manifest, kind="files", path="/srv/someone/letters.jsonl"))
    assert "letters.jsonl" in text
    assert "someone" not in text


def test_written_beside_an_example_page(dataset: Path, manifest: Manifest) -> None:
    write_card(dataset, manifest)
    split = next(iter(manifest.splits))
    assert (dataset / "example_page.png").read_bytes() == next(read_samples(dataset, split)).pages[0].png
    assert (dataset / "README.md").read_text() == dataset_card(manifest)
