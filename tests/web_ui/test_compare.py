"""`deepsynth compare`, and the paired differences of a study, between finished trainings and evaluations."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from data.config import DatasetConfig
from data.dataset.shards import read_texts
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from evaluation.samples.build import build_index
from tests.finished_jobs import finish_evaluation, finish_training, make_brief_dataset
from web_ui.catalog.scored_samples import scored_job
from web_ui.cli import main
from web_ui.jobs.job import Job
from web_ui.jobs.store import JobStore
from web_ui.studies.paired import difference, sorted_samples

NUM_SAMPLES = 24
Say = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with two datasets of the same documents, drawn on pages of two sizes."""
    workspace = Workspace.create(tmp_path_factory.mktemp("compare") / "workspace")
    make_brief_dataset(workspace, "micro", NUM_SAMPLES)
    config = {
        "name": "tiny",
        "source": {"kind": "sample", "length": "brief"},
        "rendering": {"mode": "tiny"},
        "max_samples": NUM_SAMPLES,
        "num_workers": 1,
    }
    generate(DatasetConfig.model_validate(config), workspace, Silent())
    return workspace


@pytest.fixture(scope="module")
def jobs(workspace: Workspace) -> dict[str, Job]:
    """A training that writes every second summary right, and evaluations that are right, or read the other
    pages or another split."""
    rows = list(read_texts(workspace.dataset("micro"), "train"))
    right = [row["summary"] for row in rows]
    half = [text if number % 2 else "Zanzibar" for number, text in enumerate(right)]
    others = [row["summary"] for row in read_texts(workspace.dataset("micro"), "validation")]
    values = {"model": "half", "split": "train"}
    made = {
        "half": finish_training(workspace, half, "train", dataset="micro", output="half"),
        "right": finish_evaluation(workspace, "right", right, dataset="micro", **values),
        "tiny": finish_evaluation(workspace, "tiny", right, dataset="tiny", **values),
        "other": finish_evaluation(
            workspace, "other", others, dataset="micro", model="half", split="validation"
        ),
    }
    store = JobStore(workspace)
    return {name: store.get(job.id) for name, job in made.items()}


@pytest.fixture
def say(workspace: Workspace, jobs: dict[str, Job], capsys: pytest.CaptureFixture[str]) -> Say:
    def run(*names: str) -> tuple[int, str, str]:
        code = main(["compare", *names, "--workspace", str(workspace.root)])
        return code, *capsys.readouterr()

    return run


def test_names_are_compared_with_scores_difference_shares_and_a_sentence(say: Say) -> None:
    code, words, _ = say("right", "half")
    first, second, interval, shares, sentence = words.splitlines()
    num_samples = int(first.split(" samples")[0].split()[-1])
    assert code == 0
    assert first == f"right: 100.0 ROUGE-L (100.0 to 100.0) on {num_samples} samples of train of micro"
    assert second.startswith("half: 5")
    assert interval.endswith(f"on {num_samples} samples of both")
    assert shares == "samples: higher on 50%, lower on 0%, equal on 50%"
    assert sentence.startswith("right is better than half: +")


def test_job_ids_and_places_name_the_same(say: Say, jobs: dict[str, Job]) -> None:
    code, words, _ = say(jobs["half"].id, "evaluations/right", "--json")
    found = json.loads(words)["difference"]
    assert code == 0
    assert (found["relation"], found["won"], found["lost"]) == ("below", 0.0, 0.5)
    assert found["difference"] == pytest.approx(-0.5, abs=0.05)


@pytest.mark.parametrize(
    ("other", "why"), [("other", "validation of micro"), ("tiny", "train of tiny")], ids=["split", "dataset"]
)
def test_other_samples_end_the_command_with_1_and_words(say: Say, other: str, why: str) -> None:
    code, words, error = say("half", other)
    assert (code, words) == (1, "")
    assert f"half and {other} were scored on other samples" in error
    assert why in error


def test_what_has_no_scores_is_refused(say: Say, workspace: Workspace) -> None:
    code, _, error = say("half", "nothing")
    assert (code, "No training, evaluation or job 'nothing' has scores" in error) == (2, True)
    assert "right" in error


def test_a_name_of_both_kinds_must_say_which(say: Say, workspace: Workspace) -> None:
    target = workspace.evaluation("half")
    target.symlink_to(workspace.evaluation("right"))
    try:
        code, _, error = say("half", "right")
        assert (code, "models/half or evaluations/half" in error) == (2, True)
        assert say("models/half", "right")[0] == 0
    finally:
        target.unlink()


def indexed(jobs: list[Any], workspace: Workspace) -> Any:
    for job in jobs:
        samples = scored_job(job, workspace).samples
        assert samples is not None
        build_index(samples, workspace)
    return sorted_samples(jobs, workspace)


def test_cells_of_other_pages_are_paired_by_their_documents(
    workspace: Workspace, jobs: dict[str, Job]
) -> None:
    found = difference(indexed([jobs["half"]], workspace), indexed([jobs["tiny"]], workspace))
    assert found is not None
    assert (found.won, found.lost, found.relation) == (0.0, 0.5, "below")


def test_the_seeds_of_a_cell_are_averaged_by_sample(workspace: Workspace, jobs: dict[str, Job]) -> None:
    both = indexed([jobs["half"], jobs["right"]], workspace)
    found = difference(both, indexed([jobs["right"]], workspace))
    alone = difference(indexed([jobs["half"]], workspace), indexed([jobs["right"]], workspace))
    assert found is not None
    assert alone is not None
    assert alone.difference is not None
    assert found.difference == pytest.approx(alone.difference / 2)


def test_without_common_or_sorted_samples_nothing_is_said(workspace: Workspace, jobs: dict[str, Job]) -> None:
    assert difference(indexed([jobs["half"]], workspace), indexed([jobs["other"]], workspace)) is None
    assert sorted_samples([jobs["half"], None], workspace) == ()
