"""The reading check, with the real tiny model on real pages."""

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.errors import InvalidInput, Stopped
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from evaluation.reading import read_reading_report
from tests.training.small_models import write_small
from tests.training.trainings import short_training
from training.check_reading import PAGES, ReadingResult, check_reading
from training.options.reading_config import ReadingCheckConfig
from training.train import train


def check(workspace: Workspace, progress: Silent | None = None, **values: object) -> ReadingResult:
    config = {"model": "tiny", "dataset": "brief", "split": "train", **values}
    return check_reading(ReadingCheckConfig.model_validate(config), workspace, progress or Silent())


def pages(result: ReadingResult) -> list[dict[str, object]]:
    return [json.loads(line) for line in (result.folder / PAGES).read_text().splitlines()]


def test_the_tiny_model_reads_micro_pages_and_no_blank_ones(brief_workspace: Workspace) -> None:
    read, blank = (check(brief_workspace, blank_pages=blank) for blank in (False, True))
    assert read.report.character_error_rate.mean < 0.02
    assert blank.report.character_error_rate.mean > 0.7
    assert read.folder == brief_workspace.reading_checks / "tiny-brief-train"
    assert read_reading_report(blank.folder) == blank.report


def test_each_page_is_kept_with_what_it_shows_and_the_worst_are_named(brief_workspace: Workspace) -> None:
    result = check(brief_workspace, num_documents=3, max_length=20, output="short")
    lines = pages(result)
    assert [line["page"] for line in lines] == [1, 1, 1]
    for line in lines:
        assert str(line["text"]).startswith(str(line["transcription"]).strip()[:15])
        assert (line["cut"], line["font_family"]) == (True, "DejaVu Sans Mono")
        assert line["num_errors"] == pytest.approx(int(str(line["num_characters"])) - 20, abs=2)
    answer = result.as_dict()
    assert (answer["num_documents"], answer["num_pages"], answer["num_cut"]) == (3, 3, 3)
    rates = [page["character_error_rate"] for page in answer["worst_pages"]]
    assert rates == sorted(rates, reverse=True)
    assert len(rates) == 3


def test_the_seed_chooses_the_documents(brief_workspace: Workspace) -> None:
    chosen = [
        [line["row"] for line in pages(check(brief_workspace, num_documents=4, seed=seed))]
        for seed in (1, 1, 2)
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_damage_of_the_pages_shows_as_errors(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    rendering = RenderingConfig.model_validate({"mode": "micro", "degradation": {"blur_px": 4}})
    source = SampleSource(length="brief")
    config = DatasetConfig(name="brief", source=source, max_samples=16, rendering=rendering, num_workers=1)
    generate(config, workspace, Silent())
    assert check(workspace, num_documents=4).report.character_error_rate.mean > 0.2


class StopsAfterOneRound(Silent):
    """Asks to stop once some pages are read."""

    def __init__(self) -> None:
        self.done = 0

    def advance(self, done: int, total: int | None, unit: str) -> None:
        self.done = done

    def should_stop(self) -> bool:
        return self.done > 0


def test_a_stopped_check_goes_on_and_gives_the_same_pages(brief_workspace: Workspace) -> None:
    batches = {"per_device_eval_batch_size": 2, "num_documents": 4}
    listener = StopsAfterOneRound()
    with pytest.raises(Stopped):
        check(brief_workspace, listener, output="stopped", **batches)
    assert listener.done == 2
    resumed, whole = (check(brief_workspace, output=name, **batches) for name in ("stopped", "whole"))
    assert pages(resumed) == pages(whole)


def test_a_model_that_reads_text_is_refused(brief_workspace: Workspace) -> None:
    train(short_training(output="read-text", reads="text"), brief_workspace, Silent())
    with pytest.raises(InvalidInput, match="reads text instead of pages, so it cannot transcribe") as error:
        check(brief_workspace, model="read-text")
    assert error.value.fields == {"model": "the model reads text"}


def test_a_dataset_without_texts_is_refused(brief_workspace: Workspace, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    shutil.copytree(brief_workspace.dataset("brief"), workspace.dataset("brief"))
    for shard in workspace.dataset("brief").rglob("*.parquet"):
        pq.write_table(pq.read_table(shard).drop_columns(["text"]), shard)
    with pytest.raises(InvalidInput, match="no column text") as error:
        check(workspace)
    assert error.value.fields == {"dataset": "has no texts"}


def test_fonts_are_told_apart_where_styles_vary(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    write_small("unlimited_ocr", workspace.models / "small")
    rendering = RenderingConfig.model_validate({"mode": "tiny", "vary": "font_size_px: 10, 16"})
    source = SampleSource(length="brief")
    config = DatasetConfig(name="brief", source=source, max_samples=16, rendering=rendering, num_workers=1)
    generate(config, workspace, Silent())
    report = check(workspace, model="small", max_length=8).report
    assert sorted(font.font_size_px for font in report.fonts) == [10, 16]
    assert sum(font.num_pages for font in report.fonts) == report.num_pages
    assert report.character_error_rate.mean > 0.7, "its weights are random"


def test_pages_of_a_size_that_the_model_does_not_read_are_refused(brief_workspace: Workspace) -> None:
    write_small("unlimited_ocr", brief_workspace.models / "other")
    with pytest.raises(InvalidInput, match="reads pages of 512 px") as error:
        check(brief_workspace, model="other")
    assert error.value.fields == {"model": "does not read pages of 320 px (mode micro)"}
