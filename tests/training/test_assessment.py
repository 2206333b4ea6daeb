"""The verdict of a folder: the report in it, its control wherever that is, and the course of its training."""

from pathlib import Path

import pytest

from data.errors import StorageError
from data.store.files import write_json
from data.store.workspace import Workspace
from evaluation.report import write_report
from evaluation.training_metrics import TrainingMetrics
from tests.evaluation.reports import HIGHER, LOWER, MODEL, Ends, make_report
from training.options.assessment import CONTROL_NOTE, assess
from training.options.config import TrainingConfig
from training.options.decoding_config import EvaluationConfig
from training.options.run_folder import CONFIG, EVALUATION_CONFIG, RUN

EARLIER, LATER = "2026-11-28T11:00:00+00:00", "2026-11-28T13:00:00+00:00"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "workspace")


@pytest.fixture
def training(workspace: Workspace) -> Path:
    """Return the folder of a finished training that saw a fifth of its samples."""
    folder = workspace.model("mine")
    folder.mkdir()
    config = TrainingConfig(dataset="news", output="mine", max_length=64, num_test_samples=100)
    write_json(folder / CONFIG, config.model_dump(mode="json") | {"versions": {}})
    write_json(folder / RUN, {"run": "digest", "phase": "finished"})
    metrics = TrainingMetrics(folder)
    metrics.record(63, {"train_loss": 2.0, "epoch": 0.2, "total_time_s": 31.5})
    metrics.flush()
    write_report(folder, make_report(lead_3=HIGHER))
    return folder


def evaluation(
    workspace: Workspace,
    name: str,
    score: Ends,
    *,
    created: str = LATER,
    lead_3: Ends = HIGHER,
    **values: object,
) -> Path:
    """Write the folder of an evaluation of the model `mine`."""
    folder = workspace.evaluations / name
    folder.mkdir()
    config = {"model": "mine", "dataset": "news", "max_length": 64, "output": name, **values}
    write_json(folder / EVALUATION_CONFIG, EvaluationConfig.model_validate(config).model_dump(mode="json"))
    write_report(folder, make_report(score, lead_3=lead_3, created=created))
    return folder


def test_a_training_is_judged_by_its_report_and_its_course(workspace: Workspace, training: Path) -> None:
    found = assess(training, workspace)
    assert found
    assert found.verdict.level == "worse"
    assert found.verdict.sentence.endswith(
        "(less than one pass over the data), and 315 take about 3 minutes here."
    )
    assert found.control_request == {
        "model": "mine",
        "dataset": "news",
        "split": "test",
        "max_samples": 100,
        "max_length": 64,
        "per_device_eval_batch_size": 4,
        "no_repeat_ngram_size": 30,
        "no_repeat_ngram_window_size": 90,
        "blank_pages": True,
    }


def test_the_evaluation_with_blank_pages_is_found_and_both_give_the_same_verdict(
    workspace: Workspace, training: Path
) -> None:
    request = assess(training, workspace).control_request  # type: ignore[union-attr]
    control = evaluation(workspace, "control", LOWER, **request)
    found = assess(training, workspace)
    assert found
    assert (found.control, found.verdict.bars[1].kind) == (None, "blank_pages")
    assert "It does read the pages: with blank ones its score is 30.0." in found.verdict.notes
    own = assess(control, workspace)
    assert own
    assert (own.verdict.sentence, own.verdict.bars) == (found.verdict.sentence, found.verdict.bars)
    assert own.verdict.notes == (*found.verdict.notes, CONTROL_NOTE)


@pytest.mark.parametrize(
    ("lead_3", "created", "values"),
    [
        (HIGHER, LATER, {"blank_pages": False}),
        (HIGHER, LATER, {"model": "other"}),
        (HIGHER, LATER, {"dataset": "other"}),
        (HIGHER, LATER, {"split": "validation"}),
        (HIGHER, LATER, {"max_length": 65}),
        (HIGHER, LATER, {"prompt": "Other."}),
        (HIGHER, EARLIER, {}),  # of the model that this training replaced
        (MODEL, LATER, {}),  # of other samples: copying scores differently
    ],
)
def test_what_differs_in_more_than_blank_pages_is_no_control(
    workspace: Workspace, training: Path, lead_3: Ends, created: str, values: dict[str, object]
) -> None:
    evaluation(workspace, "control", LOWER, lead_3=lead_3, created=created, **{"blank_pages": True, **values})
    found = assess(training, workspace)
    assert found
    assert found.control is not None
    assert [bar.kind for bar in found.verdict.bars] == ["model", "lead", "lead"]


def test_an_evaluation_of_weights_that_are_gone_gets_no_control(workspace: Workspace, training: Path) -> None:
    before = evaluation(workspace, "before", MODEL, created=EARLIER)
    evaluation(workspace, "control", LOWER, blank_pages=True)
    found = assess(before, workspace)
    assert found
    assert (found.control, len(found.verdict.bars)) == (None, 3)
    assert "steps" not in found.verdict.sentence


def test_blank_pages_alone_are_a_control(workspace: Workspace) -> None:
    control = evaluation(workspace, "control", LOWER, blank_pages=True)
    found = assess(control, workspace)
    assert found
    assert (found.verdict.level, found.control) == ("control", None)


def test_damage_is_said_of_the_folder_itself_only(workspace: Workspace, training: Path) -> None:
    damaged = evaluation(workspace, "damaged", LOWER, blank_pages=True)
    (damaged / "report.json").write_text("{")
    assert assess(training, workspace)
    with pytest.raises(StorageError, match=r"report\.json"):
        assess(damaged, workspace)


def test_a_folder_without_a_report_has_no_verdict(workspace: Workspace) -> None:
    assert assess(workspace.evaluations, workspace) is None
