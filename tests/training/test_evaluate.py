"""The evaluation stage."""

import json

import pytest

from data.errors import Stopped, UnknownName
from data.progress import Silent
from data.store.workspace import Workspace
from training.evaluate import evaluate_model
from training.options.decoding_config import EvaluationConfig


class StopsAtOnce(Silent):
    def should_stop(self) -> bool:
        return True


def config(**values: object) -> EvaluationConfig:
    return EvaluationConfig.model_validate(
        {"model": "tiny", "dataset": "brief", "max_length": 24, "max_samples": 2, "split": "train", **values}
    )


def test_an_evaluation_leaves_a_report_and_its_predictions(brief_workspace: Workspace) -> None:
    result = evaluate_model(config(), brief_workspace, Silent())
    assert result.folder == brief_workspace.evaluations / "tiny-brief-train"
    report = json.loads((result.folder / "report.json").read_text())
    assert report["rouge"]["num_samples"] == 2
    lines = (result.folder / "predictions.jsonl").read_text().splitlines()
    assert len(lines) == 2
    assert json.loads(lines[0])["reference"].endswith("people.")
    assert [row["name"] for row in result.as_dict()["table"]] == ["tiny", "lead-1", "lead-3"]
    measures = result.as_dict()["measures"]
    assert measures["baselines"]["lead-1"]["coverage"]["mean"] == 1
    assert any(measures["page_recall"])


def test_blank_pages_have_their_own_evaluation(brief_workspace: Workspace) -> None:
    result = evaluate_model(config(blank_pages=True), brief_workspace, Silent())
    assert result.folder.name == "tiny-brief-train-blank"
    # All white pages are equal, so all predictions are.
    assert len({example["prediction"] for example in result.examples}) == 1


def test_a_report_is_never_beside_the_configuration_of_another(brief_workspace: Workspace) -> None:
    report = evaluate_model(config(output="again"), brief_workspace, Silent()).folder / "report.json"
    with pytest.raises(Stopped):
        evaluate_model(config(output="again"), brief_workspace, StopsAtOnce())
    assert report.exists()
    with pytest.raises(Stopped):
        evaluate_model(config(output="again", blank_pages=True), brief_workspace, StopsAtOnce())
    assert not report.exists()


def test_a_stop_ends_between_batches(brief_workspace: Workspace) -> None:
    with pytest.raises(Stopped):
        evaluate_model(config(output="stopped"), brief_workspace, StopsAtOnce())
    assert not (brief_workspace.evaluations / "stopped" / "report.json").exists()


def test_an_unknown_model_is_refused(brief_workspace: Workspace) -> None:
    with pytest.raises(UnknownName):
        evaluate_model(config(model="nothing"), brief_workspace, Silent())
