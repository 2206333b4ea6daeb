"""Trainings of the tiny model through the training stage."""

import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import accelerator
from accelerate.data_loader import prepare_data_loader
from PIL import Image
from tensorboardX.proto.event_pb2 import Event
from torch.utils.data import DataLoader

from data.config import DatasetConfig, FilesSource, RenderingConfig, SampleSource
from data.errors import (
    Conflict,
    HubError,
    InvalidInput,
    NotFound,
    Stopped,
    StorageError,
    TrainingError,
    Unavailable,
)
from data.generate import generate
from data.progress import Progress, Silent
from data.store.workspace import Workspace
from evaluation.training_metrics import KEYS, read_metrics
from tests.training.trainings import (
    Listener,
    StopsWhileEvaluated,
    StopsWhileScored,
    model_bytes,
    replace_summaries,
    short_training,
)
from training import finish
from training.evaluate import evaluate_model
from training.inputs.collate import NON_MODEL_KEYS, Collator
from training.inputs.dataset import open_dataset
from training.inputs.tokens import token_layout_for
from training.loop import checkpoints
from training.loop.trainer import PageTrainer
from training.loop.validation import build_eval_dataloader, mean_token_loss
from training.models.loading import load_model
from training.models.tiny import BASE_FOLDER
from training.options.decoding_config import EvaluationConfig
from training.train import train

EARLY = {
    "max_steps": 8,
    "eval_steps": 1,
    "early_stopping_patience": 2,
    "early_stopping_threshold": 1000.0,
    "num_eval_samples": 0,
}
"""Early stopping ends this training after three steps: none improves on the first by the threshold."""


@pytest.fixture(scope="module")
def uninterrupted(brief_workspace: Workspace) -> tuple[Path, Listener]:
    """Return the folder of a training without a stop, and its listener."""
    listener = Listener()
    return train(short_training(output="uninterrupted"), brief_workspace, listener).folder, listener


@pytest.fixture(scope="module")
def stopped_early(brief_workspace: Workspace) -> Path:
    """Return the folder of a training that early stopping ended."""
    return train(short_training(output="early", **EARLY), brief_workspace, Silent()).folder


def test_the_metrics_files_hold_every_key(uninterrupted: tuple[Path, Listener]) -> None:
    folder, _ = uninterrupted
    metrics = read_metrics(folder)
    assert list(metrics.latest) == list(KEYS)
    absent = {key for key in KEYS if metrics.latest[key] is None}
    assert (
        absent == set()
        if torch.cuda.is_available()
        else {"gpu_memory_allocated_gb", "gpu_memory_reserved_gb"}
    )
    assert metrics.latest["step"] == metrics.latest["total_steps"] == 4
    assert [record["step"] for record in metrics.history if record["train_loss"] is not None] == [1, 2, 3, 4]


def test_the_listener_gets_steps_metrics_and_checkpoints(uninterrupted: tuple[Path, Listener]) -> None:
    folder, listener = uninterrupted
    assert listener.step == 4
    assert folder / "checkpoints" / "checkpoint-4" in listener.checkpoints
    assert any("eval_loss" in values and "rougeL" in values for _, values in listener.metrics)
    assert any("cpu in float32" in text or "in bfloat16" in text for text in listener.texts)


@pytest.mark.parametrize(("strategy", "blank_pages"), [("random", False), ("group_by_length", True)])
def test_the_first_batch_file_shows_the_batch_that_the_model_gets(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, strategy: str, blank_pages: bool
) -> None:
    batches: list[dict[str, Any]] = []

    def caught(trainer: PageTrainer, model: torch.nn.Module, inputs: dict[str, Any], *rest: Any) -> None:
        batches.append(inputs)
        raise Stopped

    monkeypatch.setattr(PageTrainer, "training_step", caught)
    listener, config = (
        Listener(),
        short_training(output=f"first-{strategy}", train_sampling_strategy=strategy, blank_pages=blank_pages),
    )
    with pytest.raises(Stopped):
        train(config, brief_workspace, listener)
    folder = brief_workspace.model(config.output)
    document = json.loads((folder / "first_batch.json").read_text())
    samples = document["samples"]
    assert (
        [sample["document_id"] for sample in samples] == batches[0]["document_ids"] != ["train-0", "train-1"]
    )
    assert [sample["labels"] for sample in samples] == [
        sample["summary"][:15] + "<eos>" for sample in samples
    ]
    pages = np.stack([np.asarray(Image.open(folder / name)) for name in document["pages"]]).transpose(
        0, 3, 1, 2
    )
    assert np.array_equal(pages, batches[0]["pixel_values"])
    assert any(
        "training summaries are cut at max_length=16; the longest has" in text for text in listener.texts
    )


def test_the_predictions_file_holds_the_references(uninterrupted: tuple[Path, Listener]) -> None:
    folder, _ = uninterrupted
    lines = [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]
    assert {"document_id", "prediction", "reference", "step", "looping"} <= lines[0].keys()


def test_the_report_has_intervals_and_lead_baselines(uninterrupted: tuple[Path, Listener]) -> None:
    folder, _ = uninterrupted
    report = json.loads((folder / "report.json").read_text())
    assert {"low", "high"} <= report["rouge"]["scores"]["rougeL"].keys()
    assert "lead-3" in report["baselines"]
    assert report["subject"]["split"] == "test"


def tensorboard_curve(folder: Path, tag: str) -> list[tuple[int, float]]:
    """Return step and value of each point of a curve, from all event files of a log."""
    points = []
    for file in folder.iterdir():
        content = file.read_bytes()
        while content:  # a record: 8 bytes of length, 4 of checksum, the event, 4 of checksum
            end = 12 + int.from_bytes(content[:8], "little")
            event = Event.FromString(content[12:end])
            points += [(event.step, value.simple_value) for value in event.summary.value if value.tag == tag]
            content = content[end + 4 :]
    return sorted(points)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_paused_training_ends_with_the_same_bytes(
    brief_workspace: Workspace, uninterrupted: tuple[Path, Listener], step: int
) -> None:
    config = short_training(output=f"paused-{step}", report_to=("tensorboard",))
    with pytest.raises(Stopped):
        train(config, brief_workspace, Listener(stop_after_step=step))
    assert (brief_workspace.models / config.output / "checkpoints" / f"checkpoint-{step}").is_dir()
    result = train(config, brief_workspace, Silent())
    assert model_bytes(result.folder) == model_bytes(uninterrupted[0])
    losses = [
        (record["step"], record["train_loss"])
        for record in read_metrics(result.folder).history
        if record["train_loss"] is not None
    ]
    assert [step for step, _ in losses] == [1, 2, 3, 4]
    assert tensorboard_curve(result.folder / "tensorboard", "train/loss") == [
        (step, pytest.approx(loss)) for step, loss in losses
    ]


@pytest.mark.parametrize("num_eval_samples", [1, 0])
def test_a_stopped_evaluation_is_repeated_by_the_resumed_training(
    brief_workspace: Workspace, uninterrupted: tuple[Path, Listener], num_eval_samples: int
) -> None:
    values = {"num_eval_samples": num_eval_samples, "max_eval_samples": 1 if num_eval_samples else 1000}
    config = short_training(
        output=f"evaluation-stopped-{num_eval_samples}", per_device_eval_batch_size=1, **values
    )
    with pytest.raises(Stopped):
        train(config, brief_workspace, StopsWhileEvaluated(step=2))
    assert [
        record["step"]
        for record in read_metrics(brief_workspace.model(config.output)).history
        if record["eval_loss"]
    ] == []
    result = train(config, brief_workspace, Silent())
    assert model_bytes(result.folder) == model_bytes(uninterrupted[0])
    assert [
        record["step"] for record in read_metrics(result.folder).history if record["eval_loss"] is not None
    ] == [2, 4]


@pytest.mark.parametrize("values", [{}, EARLY])
def test_a_training_killed_after_its_last_step_makes_no_further_step(
    brief_workspace: Workspace,
    uninterrupted: tuple[Path, Listener],
    stopped_early: Path,
    values: dict[str, Any],
) -> None:
    whole = stopped_early if values else uninterrupted[0]
    folder = Path(shutil.copytree(whole, brief_workspace.model(f"{whole.name}-killed")))
    state = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(state | {"phase": "training", "best_step": None}))
    listener = Listener()
    train(short_training(output=folder.name, **values), brief_workspace, listener)
    assert listener.step == read_metrics(whole).latest["step"]
    assert json.loads((folder / "run.json").read_text())["best_step"] == state["best_step"]
    assert model_bytes(folder) == model_bytes(whole)


def test_the_evaluation_loss_is_the_mean_over_tokens_for_any_batch_size(brief_workspace: Workspace) -> None:
    found = load_model("tiny", None, brief_workspace)
    samples = open_dataset(brief_workspace, "brief").split("train").first(5)
    collator = Collator(token_layout_for(found, "micro", "\nSum.", 64))
    found.model.train(False)

    def loss_of(batch: dict[str, Any]) -> torch.Tensor:
        with torch.no_grad():
            return found.model(
                **{name: value for name, value in batch.items() if name not in NON_MODEL_KEYS}
            ).loss

    losses = [
        mean_token_loss(build_eval_dataloader(samples, size, collator, 0), size, loss_of, lambda: None)
        for size in (1, 2, 5)
    ]
    assert losses == pytest.approx([losses[0]] * 3, rel=1e-5)


def test_a_pause_in_the_second_epoch_keeps_the_order_of_length_groups(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(*given: Any, **options: Any) -> DataLoader[Any]:
        """Return the batches of one of two processes, which have one more wrapper."""
        return prepare_data_loader(*given, **options | {"num_processes": 2, "process_index": 1})

    monkeypatch.setattr(accelerator, "prepare_data_loader", half)
    values = {
        "train_sampling_strategy": "group_by_length",
        "max_steps": 4,
        "eval_steps": 4,
        "num_eval_samples": 0,
    }
    whole = train(short_training(output="grouped", **values), brief_workspace, Silent())
    config = short_training(output="grouped-paused", **values)
    with pytest.raises(Stopped):
        train(config, brief_workspace, Listener(stop_after_step=3))
    assert model_bytes(train(config, brief_workspace, Silent()).folder) == model_bytes(whole.folder)


def test_worker_processes_change_no_byte(
    brief_workspace: Workspace, uninterrupted: tuple[Path, Listener]
) -> None:
    result = train(short_training(output="workers", dataloader_num_workers=1), brief_workspace, Silent())
    assert model_bytes(result.folder) == model_bytes(uninterrupted[0])


KILLED_AFTER_STEP_3 = """
import os, signal, sys
from pathlib import Path
from data.progress import Progress, Silent
from data.store.workspace import Workspace
from tests.training.trainings import short_training
from web_ui.jobs.stages import resolve

class Killer(Silent):
    def advance(self, done, total, unit, **counts):
        if unit == "steps" and done == 3:
            os.kill(os.getpid(), signal.SIGKILL)

resolve("training.train:train")(short_training(output="killed"), Workspace(Path(sys.argv[1])), Killer())
"""


def test_a_killed_training_resumes_from_its_last_checkpoint(
    brief_workspace: Workspace, uninterrupted: tuple[Path, Listener]
) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", KILLED_AFTER_STEP_3, str(brief_workspace.root)]
    killed = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(root)}, check=False, capture_output=True
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-2000:]
    listener = Listener()
    result = train(short_training(output="killed"), brief_workspace, listener)
    assert any("from step 2" in text for text in listener.texts)
    assert model_bytes(result.folder) == model_bytes(uninterrupted[0])


def test_a_damaged_last_checkpoint_costs_only_its_steps(
    brief_workspace: Workspace, uninterrupted: tuple[Path, Listener]
) -> None:
    config = short_training(output="damaged")
    with pytest.raises(Stopped):
        train(config, brief_workspace, Listener(stop_after_step=3))
    folder = brief_workspace.models / "damaged" / "checkpoints"
    (folder / "checkpoint-3" / "optimizer.pt").write_bytes(b"")
    Path(shutil.copytree(folder / "checkpoint-3", folder / "checkpoint-9"))
    listener = Listener()
    result = train(config, brief_workspace, listener)
    assert any("step 3 is skipped" in text for text in listener.texts)
    assert {path.name for path in folder.iterdir()} == {"checkpoint-2", "checkpoint-4"}
    assert model_bytes(result.folder) == model_bytes(uninterrupted[0])


@pytest.mark.parametrize(
    ("step", "is_gradient_nan", "hint"),
    [(3, True, "The checkpoint of step 2 is good"), (1, False, "There is no checkpoint yet")],
)
def test_a_non_finite_loss_stops_the_training_and_names_the_samples(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, step: int, is_gradient_nan: bool, hint: str
) -> None:
    compute_loss, gathered = PageTrainer.compute_loss, []

    def broken(trainer: PageTrainer, *args: Any, **kwargs: Any) -> Any:
        loss = compute_loss(trainer, *args, **kwargs)
        if trainer.state.global_step != step - 1 or not trainer.model.training:  # type: ignore[union-attr]
            return loss
        return loss * math.nan if is_gradient_nan else loss + math.nan

    monkeypatch.setattr(PageTrainer, "compute_loss", broken)
    monkeypatch.setattr(
        "training.loop.trainer.gather_object", lambda values: gathered.append(values) or values
    )
    with pytest.raises(
        TrainingError, match=rf"loss became nan at step {step}, with these samples: train-\d+"
    ) as caught:
        train(short_training(output=f"nan-{step}"), brief_workspace, Silent())
    assert caught.value.hint.startswith(hint)
    # All processes know the gradient norm, so only a non-finite norm makes them gather.
    assert bool(gathered) == is_gradient_nan
    run = json.loads((brief_workspace.models / f"nan-{step}" / "run.json").read_text())["run"]
    last = checkpoints.last_good(brief_workspace.models / f"nan-{step}" / "checkpoints", run, pytest.fail)
    assert (last.step if last else None) == (2 if step == 3 else None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 704 vs 598"), StorageError),
        (RuntimeError("no such operator"), RuntimeError),
        (StorageError("The disk is full: trained.json"), StorageError),
    ],
)
def test_only_a_failed_write_is_reported_as_one_and_no_part_of_the_checkpoint_stays(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(PageTrainer, "_save_rng_state", fail)
    config = short_training(
        output="not-saved", overwrite=True, max_steps=1, save_steps=1, max_eval_samples=1, num_eval_samples=0
    )
    with pytest.raises(expected, match=re.escape(str(error)[:12])):
        train(config, brief_workspace, Silent())
    assert list(brief_workspace.model("not-saved").glob("checkpoints/*")) == []


def test_another_training_under_the_same_name_is_refused_without_overwrite(
    brief_workspace: Workspace, uninterrupted: tuple[Path, Listener]
) -> None:
    before = model_bytes(uninterrupted[0])
    with pytest.raises(Conflict, match="already holds another training"):
        train(short_training(output="uninterrupted", seed=1), brief_workspace, Silent())
    assert model_bytes(uninterrupted[0]) == before
    config = short_training(output="replaced", max_steps=1)
    train(config, brief_workspace, Silent())
    replaced = train(config.model_copy(update={"seed": 1, "overwrite": True}), brief_workspace, Silent())
    assert json.loads((replaced.folder / "training_config.json").read_text())["seed"] == 1


def test_a_finished_training_repeats_only_a_failed_push(
    brief_workspace: Workspace, uninterrupted: tuple[Path, Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[str | None] = []

    def push(
        folder: Path, name: str, kind: str, progress: Progress, *, repo_id: str | None, private: bool
    ) -> None:
        pushed.append(repo_id)
        if len(pushed) == 1:
            raise HubError("The Hub did not answer.")

    monkeypatch.setattr(finish, "push_folder", push)
    monkeypatch.setenv("HF_TOKEN", "hf_none")
    before = {
        path: path.stat().st_mtime_ns
        for path in uninterrupted[0].rglob("*")
        if path.is_file() and path.name != "run.json"
    }
    listener, config = (
        Listener(),
        short_training(output="uninterrupted", push_to_hub=True, hub_model_id="tester/pages"),
    )
    with pytest.raises(HubError):
        train(config, brief_workspace, listener)
    for _ in range(2):
        assert train(config, brief_workspace, listener).as_dict()["examples"]
    assert pushed == ["tester/pages"] * 2
    assert (listener.texts, listener.metrics) == ([], [])
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_training_stopped_in_its_final_evaluation_has_exported_its_model_and_resumes_there(
    brief_workspace: Workspace,
) -> None:
    config = short_training(output="scored-later", load_best_model_at_end=False, num_eval_samples=0)
    with pytest.raises(Stopped):
        train(config, brief_workspace, StopsWhileScored(after=0))
    last = load_model("scored-later/checkpoints/checkpoint-4", None, brief_workspace).model
    assert torch.equal(
        last.lm_head.weight, load_model("scored-later", None, brief_workspace).model.lm_head.weight
    )
    listener = Listener()
    result = train(config, brief_workspace, listener)
    assert not any("Loading" in text or "Training" in text for text in listener.texts)
    assert (result.folder / "model" / "README.md").is_file()


def test_early_stopping_survives_a_pause(brief_workspace: Workspace, stopped_early: Path) -> None:
    config = short_training(output="early-paused", **EARLY)
    with pytest.raises(Stopped):
        train(config, brief_workspace, Listener(stop_after_step=2))
    resumed = train(config, brief_workspace, Silent())
    assert read_metrics(stopped_early).latest["step"] == resumed.metrics["step"] == 3
    assert (stopped_early / "checkpoints" / "checkpoint-3").is_dir()
    assert model_bytes(stopped_early) == model_bytes(resumed.folder)


def test_the_best_weights_are_restored(brief_workspace: Workspace) -> None:
    # The learning rate is far too high: the model only gets worse after the first evaluation.
    values = {
        "learning_rate": 0.5,
        "lr_scheduler_type": "constant",
        "eval_steps": 1,
        "warmup_ratio": 0.0,
        "save_total_limit": 1,
    }
    result = train(short_training(output="worse", num_eval_samples=0, **values), brief_workspace, Silent())
    losses = [
        record["eval_loss"]
        for record in read_metrics(result.folder).history
        if record["eval_loss"] is not None
    ]
    assert result.best_step == 1 + losses.index(min(losses))
    best = load_model(f"worse/checkpoints/checkpoint-{result.best_step}", None, brief_workspace).model
    assert torch.equal(best.lm_head.weight, load_model("worse", None, brief_workspace).model.lm_head.weight)


def test_unknown_and_empty_datasets_are_refused(brief_workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        train(short_training(dataset="nothing"), brief_workspace, Silent())
    source, rendering = SampleSource(length="brief"), RenderingConfig(mode="micro")
    only_train = DatasetConfig(
        name="only-train", source=source, splits=("train",), max_samples=4, rendering=rendering
    )
    generate(only_train, brief_workspace, Silent())
    with pytest.raises(InvalidInput, match="no samples in its split 'validation'"):
        train(short_training(dataset="only-train"), brief_workspace, Silent())


def test_what_the_dataset_lost_stands_on_its_training_and_evaluation(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    rows = [json.dumps({"document": f"Event {n}.", "summary": f"S {n}."}) for n in range(30)]
    (tmp_path / "rows.jsonl").write_text("\n".join([*rows, "{"]))
    source = FilesSource(path=str(tmp_path / "rows.jsonl"))
    fractions = {"validation_fraction": 0.1, "test_fraction": 0.1}
    generate(
        DatasetConfig(name="lossy", source=source, rendering=RenderingConfig(mode="micro"), **fractions),
        workspace,
        Silent(),
    )
    listener = Listener()
    result = train(short_training(dataset="lossy", output="lossy", max_steps=1), workspace, listener)
    warning = (
        "Dataset lossy: 1 of 31 rows (3.2%) were rejected: the line is not JSON (1). All are listed in "
        "rejected.jsonl in the dataset's folder."
    )
    assert [text for text in listener.texts if text.startswith("Dataset ")] == [warning]
    assert [(loss["kind"], loss["num_rows"]) for loss in result.as_dict()["dataset_losses"]] == [
        ("rejected", 1)
    ]
    scorer = Listener()
    evaluate_model(EvaluationConfig(model="lossy", dataset="lossy", max_samples=1), workspace, scorer)
    assert warning in scorer.texts


def test_summaries_that_are_all_empty_are_refused(brief_workspace: Workspace, tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path)
    shutil.copytree(brief_workspace.dataset("brief"), workspace.dataset("brief"))
    replace_summaries(workspace.dataset("brief"), "train", lambda _: " ")
    with pytest.raises(InvalidInput, match="All summaries of the training split are empty"):
        train(short_training(), workspace, Silent())


def test_a_tracker_that_is_not_installed_is_named(brief_workspace: Workspace) -> None:
    with pytest.raises(Unavailable, match="trackio") as caught:
        train(
            short_training(output="tracked", report_to=("tensorboard", "trackio")), brief_workspace, Silent()
        )
    assert caught.value.fields == {"report_to": "trackio is not installed"}
    assert "pip install trackio" in caught.value.hint
    assert not brief_workspace.model("tracked").exists()


def test_a_resumed_training_continues_its_run_at_weights_and_biases(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []

    class Refused(Exception):
        pass

    def init(**options: Any) -> None:
        begun.append(options)
        raise Refused("api_key not configured")

    monkeypatch.setitem(
        sys.modules, "wandb", SimpleNamespace(init=init, Error=Refused, __spec__=object(), run=None)
    )
    monkeypatch.setattr("training.train.load_from_files", lambda *_: pytest.fail("weights were loaded"))
    for values in ({}, {}, {"overwrite": True, "seed": 1}):
        with pytest.raises(Unavailable, match="did not start a run: api_key not configured") as caught:
            train(short_training(output="tracked", report_to=("wandb",), **values), brief_workspace, Silent())
        assert "WANDB_API_KEY" in caught.value.hint
    first, resumed, replaced = begun
    assert (
        first
        == resumed
        == {
            "id": first["id"],
            "name": first["id"],
            "resume": "allow",
            "dir": str(brief_workspace.model("tracked")),
        }
    )
    assert first["id"].startswith("tracked-")
    assert replaced["id"] != first["id"]


def test_wrong_page_sizes_and_too_long_summaries_are_refused_before_weights_are_loaded(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, rendering = SampleSource(), RenderingConfig(mode="tiny")
    generate(
        DatasetConfig(name="pages-512", source=source, max_samples=16, rendering=rendering),
        brief_workspace,
        Silent(),
    )
    monkeypatch.setattr("training.train.load_from_files", lambda *_: pytest.fail("weights were loaded"))
    for model in ("tiny", str(BASE_FOLDER)):
        with pytest.raises(InvalidInput, match="reads pages of 320 px"):
            train(
                short_training(dataset="pages-512", output="wrong-mode", model=model),
                brief_workspace,
                Silent(),
            )
    with pytest.raises(InvalidInput, match="max_length=8192 leaves no room for a page") as caught:
        train(short_training(output="wrong-mode", max_length=8192), brief_workspace, Silent())
    assert list(caught.value.fields) == ["max_length"]
    assert not brief_workspace.model("wrong-mode").exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"train": "dense", "cache_features": True}, "The feature cache for"),
        ({"train": "lora"}, "with its checkpoints and finished model"),
    ],
)
def test_a_full_disk_is_refused_before_weights_are_loaded(
    brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr("training.train.load_from_files", lambda *_: pytest.fail("weights were loaded"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    monkeypatch.setattr(
        "training.inputs.feature_cache.PREPROCESSING_VERSION", 0
    )  # other tests may have stored features of these pages
    with pytest.raises(StorageError, match=words):
        train(short_training(output="no-room", **values), brief_workspace, Silent())
    assert not list(brief_workspace.model("no-room").rglob("*.safetensors"))


def test_a_damaged_best_checkpoint_is_not_used(
    brief_workspace: Workspace, uninterrupted: tuple[Path, Listener]
) -> None:
    folder = Path(shutil.copytree(uninterrupted[0], brief_workspace.model("best-damaged")))
    state = json.loads((folder / "run.json").read_text())
    (folder / "run.json").write_text(json.dumps(state | {"phase": "trained"}))
    (folder / "checkpoints" / f"checkpoint-{state['best_step']}" / "trained.safetensors").write_bytes(b"")
    with pytest.raises(StorageError, match=r"trained\.safetensors is damaged"):
        train(short_training(output="best-damaged"), brief_workspace, Silent())
