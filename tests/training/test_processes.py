"""Environment variables of launchers and libraries: none changes a result against the options, and none lets
a process wait for others that nobody started."""

from pathlib import Path

import pytest
from accelerate import PartialState

from data.errors import InvalidInput
from data.progress import Silent
from data.store.workspace import Workspace
from tests.training.trainings import Listener, model_bytes, short_training
from training.evaluate import evaluate_model
from training.find_lr import find_lr
from training.models.processes import describe_ignored, require_launcher, require_supported
from training.options.config import FindLrConfig
from training.options.decoding_config import EvaluationConfig, PredictionConfig
from training.predict import predict
from training.train import train


@pytest.fixture
def alone() -> None:
    """Let this process look at its environment again."""
    PartialState._reset_state()


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"LOCAL_RANK": "0"}, "RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT are not set"),
        ({"LOCAL_RANK": "0", "RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "x"}, "MASTER_PORT is not set"),
        ({"LOCAL_RANK": "first"}, "LOCAL_RANK=first is no whole number"),
        ({"WORLD_SIZE": "2"}, "WORLD_SIZE=2 says that this process is one of several"),
        ({"OMPI_COMM_WORLD_SIZE": "4"}, "OMPI_COMM_WORLD_SIZE=4"),
        ({"PMI_SIZE": "4", "RANK": "1"}, "PMI_SIZE=4"),
    ],
)
def test_a_launcher_s_incomplete_variables_are_refused_by_name(
    environment: dict[str, str], named: str
) -> None:
    with pytest.raises(InvalidInput, match=named):
        require_launcher(environment)


def test_a_launcher_s_whole_variables_and_a_single_process_pass() -> None:
    require_launcher({})
    require_launcher({"LOCAL_RANK": "-1", "WORLD_SIZE": "1"})
    told = {"LOCAL_RANK": "1", "RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}
    require_launcher(told)


@pytest.mark.parametrize(
    ("name", "value", "has_gpu"),
    [
        ("ACCELERATE_DYNAMO_BACKEND", "INDUCTOR", False),
        ("ACCELERATE_USE_DEEPSPEED", "true", True),
        ("ACCELERATE_USE_PARALLELISM_CONFIG", "true", True),
        ("ACCELERATE_USE_CPU", "true", True),
        ("ACCELERATE_TORCH_DEVICE", "cpu", True),
        ("ACCELERATE_TORCH_DEVICE", "meta", False),
    ],
)
def test_what_is_not_supported_is_refused_by_name(name: str, value: str, has_gpu: bool) -> None:
    with pytest.raises(InvalidInput, match=name):
        require_supported({name: value}, has_gpu)


def test_what_accelerate_s_launcher_sets_passes() -> None:
    told = {
        "ACCELERATE_MIXED_PRECISION": "no",
        "ACCELERATE_DYNAMO_BACKEND": "NO",
        "ACCELERATE_USE_CPU": "true",
        "ACCELERATE_USE_FSDP": "true",
        "ACCELERATE_TORCH_DEVICE": "cpu",
    }
    require_supported(told, has_gpu=False)
    require_supported({"ACCELERATE_TORCH_DEVICE": "cuda:1"}, has_gpu=True)
    assert list(describe_ignored(told, has_gpu=False)) == []


def test_tf32_is_said() -> None:
    told = {"TORCH_ALLOW_TF32_CUBLAS_OVERRIDE": "1"}
    assert "TF32" in next(describe_ignored(told, has_gpu=True))


@pytest.mark.usefixtures("alone")
def test_every_stage_refuses_a_lonely_local_rank(
    brief_workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.txt"
    page.write_text("A short text.")
    monkeypatch.setenv("LOCAL_RANK", "0")
    for start in (
        lambda: train(short_training(output="lonely"), brief_workspace, Silent()),
        lambda: find_lr(FindLrConfig(dataset="brief"), brief_workspace, Silent()),
        lambda: evaluate_model(EvaluationConfig(model="tiny", dataset="brief"), brief_workspace, Silent()),
        lambda: predict(PredictionConfig(model="tiny", inputs=(str(page),)), brief_workspace, Silent()),
    ):
        with pytest.raises(InvalidInput, match="LOCAL_RANK=0"):
            start()
    assert not brief_workspace.model("lonely").exists()


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("precision", ["bf16", "fp8"])
def test_the_precision_in_the_environment_is_ignored_and_said(
    precision: str, brief_workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"max_steps": 1, "eval_steps": 1, "num_eval_samples": 0}
    expected = train(short_training(output="plain", **few), brief_workspace, Silent()).folder
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", precision)
    listener = Listener()
    folder = train(short_training(output=f"told-{precision}", **few), brief_workspace, listener).folder
    assert (
        f"ACCELERATE_MIXED_PRECISION={precision} in the environment is ignored: bf16 decides."
        in listener.texts
    )
    assert model_bytes(folder) == model_bytes(expected)
