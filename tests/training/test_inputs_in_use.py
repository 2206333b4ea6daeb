"""A dataset or model that a stage reads is not deleted or replaced meanwhile; where somebody does it by hand,
an error names it, and no other rows are read in its place."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data.config import DatasetConfig, RenderingConfig, SampleSource
from data.errors import Conflict, DeepSynthError, InvalidInput, Stopped
from data.generate import generate
from data.progress import Progress, Silent
from data.store.workspace import Workspace
from tests.training.trainings import Listener, short_training
from training.check_reading import check_reading
from training.evaluate import evaluate_model
from training.find_lr import find_lr
from training.options.config import FindLrConfig
from training.options.decoding_config import EvaluationConfig, PredictionConfig
from training.options.inputs_in_use import trainings_read
from training.options.reading_config import ReadingCheckConfig
from training.options.run_folder import check_output
from training.predict import predict
from training.train import train
from web_ui.catalog.deletion import delete_dataset, delete_model
from web_ui.jobs.store import JobStore

FEW: dict[str, Any] = {"max_steps": 2, "num_eval_samples": 0}


@pytest.fixture(scope="module")
def with_a_model(brief_workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with the dataset `brief` and the training `mine`."""
    workspace = Workspace.create(tmp_path_factory.mktemp("with_a_model"))
    shutil.copytree(brief_workspace.datasets / "brief", workspace.datasets / "brief")
    train(short_training(output="mine", **FEW), workspace, Silent())
    return workspace.root


@pytest.fixture
def workspace(with_a_model: Path, tmp_path: Path) -> Workspace:
    return Workspace.create(shutil.copytree(with_a_model, tmp_path / "workspace"))


@dataclass
class Acts(Silent):
    """Does something at the first progress of a stage, and keeps the refusal."""

    act: Callable[[], object]
    refusal: DeepSynthError | None = None
    _is_done: bool = False

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        if done and not self._is_done:
            self._is_done = True
            try:
                self.act()
            except DeepSynthError as error:
                self.refusal = error


def replace_dataset(workspace: Workspace) -> None:
    shutil.rmtree(workspace.dataset("brief"))
    source, rendering = SampleSource(length="brief"), RenderingConfig(mode="micro")
    config = DatasetConfig(name="brief", source=source, max_samples=16, seed=5, rendering=rendering)
    generate(config, workspace, Silent())


STAGES: dict[str, Callable[[Workspace, Progress], object]] = {
    "train": lambda workspace, progress: train(
        short_training(output="new", model="mine", **FEW), workspace, progress
    ),
    "find_lr": lambda workspace, progress: find_lr(
        FindLrConfig(dataset="brief", model="mine", num_steps=10, max_length=16), workspace, progress
    ),
    "evaluate": lambda workspace, progress: evaluate_model(
        EvaluationConfig(dataset="brief", model="mine", max_samples=2, max_length=8), workspace, progress
    ),
    "check_reading": lambda workspace, progress: check_reading(
        ReadingCheckConfig(dataset="brief", model="mine", split="train", num_documents=2, max_length=8),
        workspace,
        progress,
    ),
    "predict": lambda workspace, progress: predict(
        PredictionConfig(dataset="brief", model="mine", max_samples=2, max_length=8), workspace, progress
    ),
}


@pytest.mark.parametrize("stage", STAGES)
def test_what_a_stage_reads_is_not_deleted(stage: str, workspace: Workspace) -> None:
    jobs = JobStore(workspace)
    for name, delete in (("brief", delete_dataset), ("mine", delete_model)):
        progress = Acts(lambda name=name, delete=delete: delete(name, workspace, jobs))
        STAGES[stage](workspace, progress)
        assert isinstance(progress.refusal, Conflict)
        assert f"{name!r} is in use" in progress.refusal.message
        shutil.rmtree(workspace.models / "new", ignore_errors=True)
    delete_dataset("brief", workspace, jobs)
    delete_model("mine", workspace, jobs)


def test_a_training_that_another_one_reads_is_not_replaced(workspace: Workspace) -> None:
    again = short_training(output="mine", seed=3, overwrite=True, **FEW)
    progress = Acts(lambda: train(again, workspace, Silent()))
    STAGES["evaluate"](workspace, progress)
    assert progress.refusal is not None
    assert "'mine' is in use" in progress.refusal.message


@pytest.mark.parametrize("change", [lambda ws: shutil.rmtree(ws.dataset("brief")), replace_dataset])
def test_no_other_rows_are_scored_when_the_dataset_is_changed_by_hand(
    change: Callable[[Workspace], None], workspace: Workspace
) -> None:
    with pytest.raises(Conflict, match="'brief' was deleted or replaced while") as caught:
        train(short_training(output="new", **FEW), workspace, Acts(lambda: change(workspace)))
    assert str(workspace.model("new") / "model") in caught.value.message
    assert (workspace.model("new") / "model" / "model.safetensors").is_file()


def test_a_changed_dataset_is_named_when_a_training_is_resumed(workspace: Workspace) -> None:
    config = short_training(output="new")
    with pytest.raises(Stopped):
        train(config, workspace, Listener(stop_after_step=2))
    replace_dataset(workspace)
    for resume in (lambda: train(config, workspace, Silent()), lambda: check_output(config, workspace)):
        with pytest.raises(Conflict, match="The dataset 'brief' has changed since the training in 'new'"):
            resume()
    train(config.model_copy(update={"overwrite": True, **FEW}), workspace, Silent())


def test_a_training_does_not_replace_the_model_that_it_starts_from(workspace: Workspace) -> None:
    checkpoint = "mine/checkpoints/checkpoint-2"
    for model in ("mine", checkpoint, str(workspace.models / "mine" / "model")):
        with pytest.raises(InvalidInput, match="would replace 'mine'"):
            train(short_training(output="mine", model=model, overwrite=True), workspace, Silent())
    train(short_training(output="next", model=checkpoint, **FEW), workspace, Silent())
    assert list(trainings_read("next/checkpoints/checkpoint-2", workspace)) == ["next", "mine"]
