"""Datasets whose styles vary: the same bytes however the work is divided, and each sample with its style."""

import importlib.util
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest

from data.config import DatasetConfig, RenderingConfig
from data.dataset.card import dataset_card
from data.dataset.manifest import read_manifest
from data.dataset.shards import read_samples
from data.errors import Conflict
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.rendering.varied_style import with_values
from data.sharding.render_shard import document_seed
from tests.data.generation.runs import brief_config, contents, kill_in_the_middle, run
from tests.machine import require

RENDERING = RenderingConfig(
    mode="tiny",
    vary="font_family: DejaVu Sans, DejaVu Sans Mono; font_size_px: 10, 14, none; margin_px: 5 to 40; "
    "noise: 0 to 0.1",
)


def varied_config(**values: Any) -> DatasetConfig:
    return brief_config(**{"rendering": RENDERING, "max_samples": 60, **values})


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a dataset whose styles vary, made by one worker."""
    return run(tmp_path_factory.mktemp("varied"), varied_config()).folder


def styles_by_text(folder: Path) -> dict[str, Any]:
    return {sample.text_sha256: dict(sample.style) for sample in read_samples(folder, "train")}


def test_several_workers_make_the_same_bytes(tmp_path: Path, varied: Path) -> None:
    assert contents(run(tmp_path, varied_config(num_workers=3)).folder) == contents(varied)


def test_the_styles_do_not_depend_on_the_shards(tmp_path: Path, varied: Path) -> None:
    other = run(tmp_path, varied_config(shard_rows=7)).folder
    assert styles_by_text(other) == styles_by_text(varied)


def test_another_seed_chooses_other_styles_for_the_same_rows(tmp_path: Path, varied: Path) -> None:
    other = run(tmp_path, varied_config(seed=1)).folder
    styles, others = (
        [sample.style for sample in read_samples(folder, "train")] for folder in (other, varied)
    )
    assert sum(left != right for left, right in zip(styles, others, strict=False)) > 40


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_byte_identical(tmp_path: Path) -> None:
    config = varied_config(max_samples=300, num_workers=2)
    rng = random.Random(11)
    kept = [kill_in_the_middle(tmp_path, config, rng.randint(0, 3), rng.uniform(0, 0.05)) for _ in range(3)]
    assert kept[-1] > 0
    resumed = contents(run(tmp_path, config).folder)
    assert resumed == contents(run(tmp_path / "undisturbed", config).folder)


@pytest.mark.slow
def test_ray_makes_the_same_bytes(tmp_path: Path, varied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require(importlib.util.find_spec("ray") is not None, "Ray is not installed: pip install -e '.[ray]'")
    import ray  # noqa: PLC0415 - an optional extra

    monkeypatch.setenv("RAY_worker_niceness", "0")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        made = run(tmp_path, varied_config(engine="ray", num_workers=2)).folder
    finally:
        ray.shutdown()
    assert contents(made) == contents(varied)


def test_every_value_occurs_and_ranges_are_not_left(varied: Path) -> None:
    styles = [sample.style for split in ("train", "validation") for sample in read_samples(varied, split)]
    assert {style["font_family"] for style in styles} == {"DejaVu Sans", "DejaVu Sans Mono"}
    assert {style["font_size_px"] for style in styles} == {10, 14, None}
    margins = [style["margin_px"] for style in styles]
    assert (min(margins), max(margins)) >= (5, 30)
    assert max(margins) <= 40
    assert all(0 <= style["noise"] <= 0.1 for style in styles)
    assert len({style["noise"] for style in styles}) > 30


def test_the_recorded_style_draws_the_same_pages(varied: Path) -> None:
    seed = read_manifest(varied).config["seed"]
    for sample in read_samples(varied, "train", 0, 12):
        style = resolve_style(with_values(RENDERING, sample.style))
        source_row = int(sample.document.id.removeprefix("train-"))
        drawn = render(
            sample.document.text, style, document_seed(seed, replace(sample.document, row=source_row))
        )
        assert [page.png for page in drawn.pages] == [page.png for page in sample.pages]
        assert sample.font_size_px == style.font_size_px


def test_hub_readers_get_the_style_as_values(varied: Path) -> None:
    rows = datasets.Dataset.from_parquet(str(varied / "train" / "shard-00000.parquet"))
    assert isinstance(rows, datasets.Dataset)
    narrow = rows.filter(lambda row: row["style"]["font_size_px"] == 10)
    assert 0 < len(narrow) < len(rows)
    assert set(narrow[0]["style"]) == {"font_family", "font_size_px", "margin_px", "noise"}


def test_the_card_says_what_varies(varied: Path) -> None:
    card = dataset_card(read_manifest(varied))
    assert "- `margin_px: 5 to 40`\n- `noise: 0 to 0.1`\n" in card
    assert "| `style` |" in card


def test_a_dataset_of_one_style_has_no_column_and_no_section_for_it(tmp_path: Path) -> None:
    folder = run(tmp_path, brief_config()).folder
    assert "style" not in pq.read_schema(folder / "train" / "shard-00000.parquet").names
    assert "## Styles" not in dataset_card(read_manifest(folder))
    assert next(read_samples(folder, "train")).style == {}


def test_another_variation_is_another_dataset(tmp_path: Path) -> None:
    run(tmp_path, varied_config())
    with pytest.raises(Conflict, match=r"rendering\.vary was .* now \"noise: 0, 0.1\""):
        run(tmp_path, varied_config(rendering=RenderingConfig(mode="tiny", vary="noise: 0, 0.1")))
    with pytest.raises(Conflict, match=r"rendering\.vary was .* now \"\(absent\)\""):
        run(tmp_path, varied_config(rendering=RenderingConfig(mode="tiny")))
