"""The comparison of trainings and evaluations over HTTP: settings, scores, paired differences, texts."""

from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from data.dataset.manifest import MANIFEST
from data.dataset.shards import read_texts
from data.store.files import write_json
from data.store.workspace import Workspace
from evaluation.evaluate import evaluate
from evaluation.report import Subject, read_report, write_report
from tests.finished_jobs import finish_evaluation, finish_job, finish_training
from training.options.config import TrainingConfig
from web_ui.catalog import sample_index
from web_ui.jobs.job import Job
from web_ui.jobs.store import JobStore


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample_index, "WAIT_S", 60)


@pytest.fixture
def summaries(dataset: Path) -> list[str]:
    return [row["summary"] for row in read_texts(dataset, "train")]


@pytest.fixture
def training(workspace: Workspace, summaries: list[str]) -> Job:
    """A training whose texts are all wrong but the first one."""
    texts = [summaries[0], *["Zanzibar"] * (len(summaries) - 1)]
    return finish_training(workspace, texts, "train", dataset="demo", output="mine", learning_rate=3e-4)


@pytest.fixture
def evaluation(workspace: Workspace, summaries: list[str]) -> Job:
    """An evaluation whose texts are all right."""
    return finish_evaluation(workspace, "scored", summaries, model="mine", dataset="demo", split="train")


def ask(client: FlaskClient, jobs: list[Job], part: str = "", **values: Any) -> Any:
    answer = client.get(f"/api/comparisons{part}", query_string={"job": [job.id for job in jobs], **values})
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_trainings_differ_in_their_settings_only_where_they_do(
    client: FlaskClient, workspace: Workspace
) -> None:
    jobs = [
        finish_job(
            workspace, "training", TrainingConfig(dataset="demo", output=output, learning_rate=rate), {}
        )
        for output, rate in (("a", 1e-4), ("b", 2e-4))
    ]
    found = ask(client, jobs)
    assert found["settings"] == [{"path": "learning_rate", "values": [1e-4, 2e-4]}]
    assert [job["has_baselines_samples"] for job in found["jobs"]] == [False, False]


def test_a_training_and_an_evaluation_on_the_same_samples(
    client: FlaskClient, training: Job, evaluation: Job
) -> None:
    found = ask(client, [training, evaluation])
    assert (found["baseline"], [job["note"] for job in found["jobs"]]) == (training.id, [None, None])
    assert [len(job["best"]) for job in found["jobs"]] == [0, 4]
    scores = [job["scores"]["rougeL"]["fmeasure"] for job in found["jobs"]]
    assert (scores[0], scores[1]) == (pytest.approx(0.25), 1.0)
    [one] = ask(client, [training, evaluation], "/differences")["differences"]
    assert (one["job"], one["rouge_l"]["num_samples"]) == (evaluation.id, 4)
    assert one["rouge_l"]["difference"] == pytest.approx(scores[1] - scores[0])
    assert (one["rouge_l"]["won"], one["rouge_l"]["lost"], one["rouge_l"]["relation"]) == (0.75, 0, "too_few")
    turned = ask(client, [training, evaluation], "/differences", baseline=evaluation.id)
    assert turned["differences"][0]["rouge_l"]["difference"] == pytest.approx(scores[0] - scores[1])


def test_the_same_samples_stand_side_by_side(client: FlaskClient, training: Job, evaluation: Job) -> None:
    found = ask(client, [training, evaluation], "/samples", limit=2)
    assert (found["jobs"], found["num_common"]) == ([training.id, evaluation.id], 4)
    for sample in found["samples"]:
        wrong, right = sample["texts"]
        assert (wrong["prediction"], wrong["score"], right["score"]) == ("Zanzibar", 0, 1)
        assert right["prediction"] == sample["reference"]
        assert wrong["unsupported"] == []
    last = ask(client, [training, evaluation], "/samples", order="first_best", limit=1)["samples"][0]
    assert last["texts"][0]["score"] == 1
    assert ask(client, [training, evaluation], "/samples", search="zanzibar")["num_selected"] == 3


def test_other_samples_are_not_compared_and_it_is_said_why(
    client: FlaskClient, workspace: Workspace, training: Job, summaries: list[str], dataset: Path
) -> None:
    on = {"model": "mine", "dataset": "demo"}
    fewer = finish_evaluation(workspace, "fewer", summaries[:2], **on, split="train")
    validation = [row["summary"] for row in read_texts(dataset, "validation")]
    other = finish_evaluation(workspace, "other", validation, **on, split="validation")
    found = ask(client, [training, fewer, other])
    notes = [job["note"] for job in found["jobs"]]
    assert notes[0] is None
    assert "Scored on 2 samples, the baseline on 4" in notes[1]
    assert notes[2] == "Scored on validation of demo, the baseline on train of demo."
    assert [job["best"] for job in found["jobs"]] == [[], [], []]
    [one] = ask(client, [training, fewer, other], "/differences")["differences"]
    assert (one["job"], one["rouge_l"]["num_samples"]) == (fewer.id, 2)


def test_a_dataset_that_was_made_anew_is_another_one(
    client: FlaskClient, workspace: Workspace, training: Job, summaries: list[str], dataset: Path
) -> None:
    (dataset / MANIFEST).write_text((dataset / MANIFEST).read_text() + "\n")
    newer = finish_evaluation(workspace, "newer", summaries, model="mine", dataset="demo", split="train")
    found = ask(client, [training, newer])
    assert "was made anew" in found["jobs"][1]["note"]
    assert ask(client, [training, newer], "/samples")["samples"] == []


def test_a_result_that_another_job_replaced_is_not_taken_for_the_job_s(
    client: FlaskClient, workspace: Workspace, training: Job, evaluation: Job
) -> None:
    folder = workspace.model("mine")
    subject = Subject(model="mine", dataset="demo", split="train")
    write_report(folder, evaluate(subject, ["a"], ["b"], ["c"]))
    assert read_report(folder).rouge.num_samples == 1
    found = ask(client, [training, evaluation])
    assert found["jobs"][0]["note"] == "Another job has written to its folder since."
    assert found["baseline"] == evaluation.id
    assert ask(client, [training, evaluation], "/differences")["differences"] == []


def test_what_cannot_be_compared_is_refused_by_name(client: FlaskClient, workspace: Workspace) -> None:
    jobs = [
        finish_job(workspace, "training", TrainingConfig(dataset="demo", output=f"t-{number}"), {}).id
        for number in range(9)
    ]
    made = client.post("/api/dataset/generate", json={"name": "new", "source": {"kind": "sample"}})
    for ids, words in (
        ([], "job is required"),
        (jobs[:1], "must name 2 to 8 jobs, not 1"),
        (jobs, "must name 2 to 8 jobs, not 9"),
        ([jobs[0], jobs[0]], "must not name a job twice"),
        ([jobs[0], "20200101-000000-0000"], "There is no job '20200101-000000-0000'"),
        ([jobs[0], made.get_json()["id"]], "is a dataset job"),
        ([jobs[0], "../escape"], "must match"),
    ):
        answer = client.get("/api/comparisons", query_string={"job": ids})
        assert answer.status_code == 422, answer.text
        assert words in answer.get_json()["error"]["message"]
    query = {"job": jobs[:2], "baseline": jobs[3]}
    assert "baseline" in client.get("/api/comparisons", query_string=query).get_json()["error"]["fields"]


def test_samples_that_are_not_sorted_yet_are_asked_for_again(
    client: FlaskClient, training: Job, evaluation: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sample_index, "WAIT_S", 0.01)
    query = {"job": [training.id, evaluation.id]}
    answer = client.get("/api/comparisons/differences", query_string=query)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    monkeypatch.setattr(sample_index, "WAIT_S", 60)
    assert ask(client, [training, evaluation], "/differences")["differences"]


def test_settings_inside_others_are_compared_by_path(client: FlaskClient, workspace: Workspace) -> None:
    job = finish_job(workspace, "training", TrainingConfig(dataset="demo", output="a"), {})
    other = JobStore(workspace).create("training", TrainingConfig(dataset="demo", output="b"))
    path = workspace.jobs / other.id / "request.json"
    values = other.config | {"nested": {"inner": 2}, "seed": 7}
    request = {"id": other.id, "kind": "training", "role": "gpu", "created": other.created, "config": values}
    write_json(path, request)
    found = ask(client, [job, other])
    assert [setting["path"] for setting in found["settings"]] == ["seed"]
