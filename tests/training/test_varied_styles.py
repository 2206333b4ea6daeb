"""A model that is trained on styles that vary: its record, how it draws texts, and its scores on pages of a
style that it never saw."""

import json
from pathlib import Path

import pytest

from data.config import DatasetConfig, Degradation, RenderingConfig, SampleSource
from data.generate import generate
from data.progress import Silent
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.store.workspace import Workspace
from tests.training.trainings import short_training
from training.evaluate import evaluate_model
from training.generation.input_files import InputFiles
from training.generation.summarizer import load_summarizer
from training.inputs.dataset import PageSample
from training.models.provenance import read_provenance
from training.options.decoding_config import EvaluationConfig
from training.train import train

VARIED = RenderingConfig(mode="micro", vary="noise: 0 to 0.05; jpeg_quality: none, 60")
HELD_OUT = RenderingConfig(mode="micro", degradation=Degradation(blur_px=1, skew_degrees=2))
TEXT = "Today Vera Yilmaz built a bridge in Riga. Some 120 people helped."


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Return a workspace with a training on pages whose damage varies, and a dataset of another damage."""
    workspace = Workspace.create(tmp_path_factory.mktemp("varied"))
    for name, rendering in {"varied": VARIED, "held-out": HELD_OUT}.items():
        source = SampleSource(length="brief")
        config = DatasetConfig(name=name, source=source, max_samples=16, rendering=rendering)
        generate(config, workspace, Silent())
    train(short_training(dataset="varied", output="reader"), workspace, Silent())
    return workspace


def test_its_record_keeps_what_varied(workspace: Workspace) -> None:
    provenance = read_provenance(workspace.model("reader") / "model")
    assert provenance is not None
    assert provenance.rendering == VARIED
    card = (workspace.model("reader") / "model" / "README.md").read_text()
    assert "varies from document to document: `noise: 0 to 0.05; jpeg_quality: none, 60`" in card


def test_texts_are_drawn_in_the_base_style(workspace: Workspace, tmp_path: Path) -> None:
    config = EvaluationConfig(model="reader", dataset="varied", max_length=8)
    summarizer = load_summarizer(config, None, 1, workspace, Silent())
    (tmp_path / "page.txt").write_text(TEXT)
    files = InputFiles.find([str(tmp_path / "page.txt")], workspace)
    [sample] = files.as_page_inputs(summarizer.rendering, summarizer.page_capacity, None)
    assert isinstance(sample, PageSample)
    plain = render(TEXT, resolve_style(RenderingConfig(mode="micro")))
    assert sample.pages == tuple(page.png for page in plain.pages)


def test_it_is_scored_on_a_style_that_it_never_saw(workspace: Workspace) -> None:
    config = EvaluationConfig(model="reader", dataset="held-out", split="train", max_samples=2, max_length=8)
    folder = evaluate_model(config, workspace, Silent()).folder
    report = json.loads((folder / "report.json").read_text())
    assert report["subject"]["dataset"] == "held-out"
    assert report["rouge"]["num_samples"] == 2
