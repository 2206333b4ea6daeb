"""What a configuration leaves open is that of the model's training."""

import shutil
from pathlib import Path

import pytest

from data.config import RenderingConfig
from data.errors import InvalidInput
from data.store.workspace import Workspace
from tests.training.trainings import Listener
from training.generation.summarizer import load_summarizer, with_trained_decoding
from training.models.provenance import Provenance
from training.models.tiny import BASE_FOLDER
from training.options.decoding_config import PredictionConfig
from training.options.warm_config import WarmModelConfig


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def model(tmp_path: Path) -> str:
    """A model whose training wrote at most 7 tokens, and no 5 of them twice within 11."""
    folder = tmp_path / "trained"
    shutil.copytree(BASE_FOLDER, folder)
    Provenance(
        base_model="tiny",
        base_revision=None,
        licence="mit",
        prompt="\nSummarize.",
        rendering=RenderingConfig(mode="micro"),
        max_length=7,
        no_repeat_ngram_size=5,
        no_repeat_ngram_window_size=11,
    ).write(folder)
    return str(folder)


def test_a_model_writes_as_it_was_trained(workspace: Workspace, model: str) -> None:
    decoding = load_summarizer(WarmModelConfig(model=model), None, 1, workspace, Listener()).decoding
    assert (decoding.max_new_tokens, decoding.no_repeat_ngram_size) == (7, 5)
    assert decoding.no_repeat_ngram_window_size == 11


def test_what_a_configuration_names_is_kept(workspace: Workspace, model: str) -> None:
    config = PredictionConfig(model=model, inputs=("a.txt",), max_length=20, no_repeat_ngram_size=0)
    filled = with_trained_decoding(config, workspace)
    assert (filled.max_length, filled.no_repeat_ngram_size, filled.no_repeat_ngram_window_size) == (20, 0, 11)


def test_a_rule_that_cannot_hold_with_the_training_is_refused(workspace: Workspace, model: str) -> None:
    config = PredictionConfig(model=model, inputs=("a.txt",), no_repeat_ngram_size=40)
    with pytest.raises(InvalidInput, match="no_repeat_ngram_window_size=11 must be above"):
        with_trained_decoding(config, workspace)


def test_a_model_that_was_not_trained_here_gets_the_defaults_of_a_training(workspace: Workspace) -> None:
    filled = with_trained_decoding(WarmModelConfig(model="tiny"), workspace)
    assert (filled.max_length, filled.no_repeat_ngram_size, filled.no_repeat_ngram_window_size) == (
        512,
        30,
        90,
    )
