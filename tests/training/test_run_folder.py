"""The output folder of a training: which requests resume it, replace it, or are refused."""

from pathlib import Path
from typing import Any

import pytest

from data.errors import Conflict
from data.store import files
from data.store.files import sync_folder
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock
from tests.training.trainings import short_training
from training.options.config import TrainingConfig
from training.options.run_folder import RunFolder, RunState, check_output, open_run, run_digest

CONFIG = short_training(output="mine")
OTHER = short_training(output="mine", seed=1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path)


def opened(config: TrainingConfig, workspace: Workspace, base: str = "base") -> RunState:
    return open_run(config, RunFolder.of(config, workspace), workspace, "data", base)


def with_a_checkpoint(workspace: Workspace) -> RunFolder:
    opened(CONFIG, workspace)
    folder = RunFolder.of(CONFIG, workspace)
    (folder.checkpoints / "checkpoint-2").mkdir()
    return folder


def test_the_digest_of_an_interrupted_run_stays_as_earlier_versions_wrote_it() -> None:
    config = TrainingConfig(dataset="pages")
    assert run_digest(config, "fingerprint") == (
        "8203ff9b5ec7021a4f046c8a3341a9070a3e9c2cae2e241e92b2be8750bd9d69"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"per_device_eval_batch_size": 1},
        {"per_device_train_batch_size": 1, "gradient_accumulation_steps": 4},
        {"gradient_checkpointing": True},
        {"dataloader_num_workers": 0},
        {"save_total_limit": 9},
        {"save_steps": 9},
        {"logging_steps": 9},
        {"num_test_samples": 9},
        {"cache_features": True, "train": "dense"},
        {"preset": "low_memory"},
    ],
)
def test_settings_that_do_not_change_the_weights_resume_the_training(
    change: dict[str, Any], workspace: Workspace
) -> None:
    config = short_training(output="mine", train="dense")
    opened(config, workspace)
    changed = config.model_copy(update=change)
    check_output(changed, workspace)
    assert opened(changed, workspace).run == run_digest(config, "data")


def test_processes_share_the_samples_of_a_step() -> None:
    one = short_training(per_device_train_batch_size=2, gradient_accumulation_steps=8)
    half = one.model_copy(update={"gradient_accumulation_steps": 4})
    assert run_digest(one, "data", 1) == run_digest(half, "data", 2)
    assert run_digest(one, "data", 1) != run_digest(one, "data", 2)


def test_a_training_with_a_checkpoint_is_replaced_only_with_overwrite(workspace: Workspace) -> None:
    folder = with_a_checkpoint(workspace)
    for refuse in (check_output, opened):
        with pytest.raises(Conflict, match="already holds another training, with another seed"):
            refuse(OTHER, workspace)
    assert (folder.checkpoints / "checkpoint-2").is_dir()
    told = OTHER.model_copy(update={"overwrite": True})
    check_output(told, workspace)
    assert opened(told, workspace).run == run_digest(OTHER, "data")
    assert list(folder.checkpoints.iterdir()) == []


def test_a_training_without_a_checkpoint_may_be_replaced(workspace: Workspace) -> None:
    opened(CONFIG, workspace)
    check_output(OTHER, workspace)
    assert opened(OTHER, workspace).run == run_digest(OTHER, "data")


def test_a_folder_that_another_process_writes_is_refused(workspace: Workspace) -> None:
    opened(CONFIG, workspace)
    with hold_writer_lock(workspace, "model", "mine"), pytest.raises(Conflict, match="by another process"):
        check_output(OTHER, workspace)


def test_a_base_with_other_weights_is_refused(workspace: Workspace) -> None:
    with_a_checkpoint(workspace)
    with pytest.raises(Conflict, match="other weights than when the training"):
        opened(CONFIG, workspace, base="replaced")
    assert opened(CONFIG, workspace).base_weights == "base"


def test_a_crash_while_the_folder_is_created_leaves_no_folder(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for last_call in ("write_config", "write_state"):
        with monkeypatch.context() as patched:
            patched.setattr(RunFolder, last_call, _killed)
            with pytest.raises(KeyboardInterrupt):
                opened(CONFIG, workspace)
        assert not workspace.model("mine").exists()
    opened(CONFIG, workspace)
    assert [path.name for path in workspace.models.iterdir()] == ["mine"]


def test_a_folder_without_a_training_is_taken_only_when_it_is_empty(workspace: Workspace) -> None:
    folder = RunFolder(workspace.model("mine"))
    folder.checkpoints.mkdir(parents=True)
    opened(CONFIG, workspace)
    (workspace.model("other")).mkdir()
    (workspace.model("other") / "notes.txt").write_text("of somebody")
    with pytest.raises(Conflict):
        opened(short_training(output="other"), workspace)


def test_the_new_folder_is_durable(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[Path] = []
    monkeypatch.setattr(files, "sync_folder", lambda path: (synced.append(path), sync_folder(path)))
    opened(CONFIG, workspace)
    assert [folder for folder in synced if folder.parent == workspace.root] == [workspace.models]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
