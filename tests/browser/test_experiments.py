"""The table of experiments and the comparison: columns, order, filters, notes, curves, differences, texts."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from data.config import DatasetConfig
from data.dataset.shards import read_texts
from data.generate import generate
from data.progress import Silent
from data.store.workspace import Workspace
from tests.browser.conftest import watched_page
from tests.browser.shop_window import HOSTILE
from tests.browser.site import Site
from tests.browser.test_screens import check_by_axe
from tests.finished_jobs import finish_evaluation, finish_job, finish_training, write_loss
from training.options.config import TrainingConfig
from web_ui.jobs.job import Job
from web_ui.jobs.store import JobStore

pytestmark = pytest.mark.browser

NUM_SAMPLES = 45
NAME = "compared-news"
FIRST_LOOK_MS = 30_000
"""The first look at samples makes their indexes, in processes of their own."""
WIDTHS = (1440, 768, 390)


def fill_experiments(workspace: Workspace) -> dict[str, Job]:
    """Make a dataset, four trainings and two evaluations of its train split, and a training without a score.

    `good` has every third text wrong and `bad` two of three; `control` saw blank pages; `few` was scored on
    12 samples, `other` on those of the validation split.
    """
    config = {
        "name": NAME,
        "source": {"kind": "sample", "length": "brief"},
        "rendering": {"mode": "micro"},
        "max_samples": NUM_SAMPLES,
        "num_workers": 1,
    }
    folder = generate(DatasetConfig.model_validate(config), workspace, Silent()).folder
    summaries = [row["summary"] for row in read_texts(folder, "train")]
    validation = [row["summary"] for row in read_texts(folder, "validation")]
    wrong = [f"Zanzibar {HOSTILE} {text.split()[0]}" for text in summaries]
    pairs = list(zip(summaries, wrong, strict=True))
    good = [other if number % 3 == 0 else text for number, (text, other) in enumerate(pairs)]
    bad = [text if number % 3 == 0 else other for number, (text, other) in enumerate(pairs)]
    on = {"dataset": NAME}
    jobs = {
        "good": finish_training(workspace, good, "train", **on, output="good", learning_rate=3e-4),
        "bad": finish_training(workspace, bad, "train", **on, output="bad", learning_rate=5e-5),
        "few": finish_training(workspace, summaries[:12], "train", **on, output="few", learning_rate=1e-3),
        "other": finish_training(workspace, validation, "validation", **on, output="other"),
        "control": finish_evaluation(
            workspace, "control", wrong, **on, model="good", split="train", blank_pages=True
        ),
        "again": finish_evaluation(workspace, "again", good, **on, model="good", split="train"),
        "waiting": JobStore(workspace).create("training", TrainingConfig(**on, output="waiting")),
    }
    for name, rate in (("good", 0.012), ("bad", 0.004), ("few", 0.02), ("other", 0.008)):
        write_loss(workspace, jobs[name], rate=rate)
    JobStore(workspace).annotate(
        jobs["bad"].id, {"name": HOSTILE, "tags": (HOSTILE[:30], "baseline"), "note": f"{HOSTILE} note"}
    )
    return jobs
