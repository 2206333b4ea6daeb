"""Does the tiny model learn to summarise pages that it never saw? Runs the demo's recipe with several seeds
and compares the scores with thresholds.

    python -m benchmarks.tiny_recipe [--seeds 0 1 2] [--output tiny_recipe.json] [--workspace DIR]

Starts from the committed base, which can read (made by `scripts/pretrain_tiny_base.py`), and runs the
ordinary stages: a dataset of micro pages, one training per seed, scored on all held-out documents, and the
same training on blank pages with the first seed. The exit code is 1 if a seed's ROUGE-L is below 85 or below
Lead-3's, or if blank pages reach 40: then the scores do not prove that the model reads.
"""

import argparse
import json
import platform
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory
from typing import Any

from data.config import DatasetConfig
from data.cores import num_cores
from data.generate import generate
from data.store.workspace import Workspace
from training.options.optimal_configs import training_config
from training.train import TrainingResult, train
from web_ui.commands.demo import CONTROL, DATASET, TRAINING
from web_ui.commands.terminal import TerminalProgress

MIN_ROUGE_L, MAX_BLANK_ROUGE_L = 0.85, 0.40
KINDS = ("rouge1", "rouge2", "rougeL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One system's score on the held-out documents, as fractions."""

    name: str
    scores: Mapping[str, float]
    rouge_l_interval: tuple[float, float]
    share_exact: float | None = None
    """Fraction of summaries that are equal to the reference. None: not counted."""
    seconds: float | None = None
    """Seconds of training and scoring together."""


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="one training each")
    parser.add_argument("--output", type=Path, help="write the table as JSON")
    parser.add_argument(
        "--workspace", type=Path, help="keep all files here; trainings that it holds are not repeated"
    )
    options = parser.parse_args()
    start_s = time.monotonic()
    with nullcontext(options.workspace) if options.workspace else TemporaryDirectory() as folder:
        trained, others = measure(Workspace.create(Path(folder)), options.seeds)
    document = report(trained, others, time.monotonic() - start_s)
    if options.output:
        options.output.write_text(json.dumps(document, indent=2) + "\n")
    return 1 if document["failures"] else 0


def report(trained: list[Row], others: list[Row], seconds: float) -> dict[str, Any]:
    """Print the table and the failures, and return them as JSON values."""
    failures = faults(trained, others)
    print(f"\n{seconds / 60:.1f} minutes on {num_cores()} cores")
    print("\n".join([*map(line, [*trained, *others]), *(f"FAILED: {fault}" for fault in failures)]))
    return {
        "machine": platform.platform(),
        "num_cores": num_cores(),
        "seconds": seconds,
        "trained": [asdict(row) for row in trained],
        "others": [asdict(row) for row in others],
        "failures": failures,
    }


def measure(workspace: Workspace, seeds: list[int]) -> tuple[list[Row], list[Row]]:
    """Run the stages, and return the rows of the seeds, then those of the control and the lead baselines."""
    progress = TerminalProgress("pages")
    with progress.show():
        generate(DatasetConfig(**DATASET), workspace, progress)
    # The training itself scores the whole test split at its end, so no evaluation follows.
    bodies = [TRAINING | {"seed": seed, "output": f"seed-{seed}", "num_test_samples": None} for seed in seeds]
    trained = [one(body, f"seed {body['seed']}", workspace) for body in bodies]
    control, _ = one(CONTROL | {"seed": seeds[0]}, f"seed {seeds[0]}, blank pages", workspace)
    return [row for row, _ in trained], [control, *baseline_rows(trained[0][1])]


def one(body: dict[str, Any], name: str, workspace: Workspace) -> tuple[Row, TrainingResult]:
    """Train as one request of the demo does, and return its row."""
    start_s = time.monotonic()
    progress = TerminalProgress(name)
    with progress.show():
        result = train(training_config(**body), workspace, progress)
    predictions = map(json.loads, (result.folder / "predictions.jsonl").read_text().splitlines())
    rouge = result.evaluation.report.rouge
    row = Row(
        name=name,
        scores=rouge.fmeasures(),
        rouge_l_interval=(rouge.scores["rougeL"].low, rouge.scores["rougeL"].high),
        share_exact=fmean(record["prediction"] == record["reference"] for record in predictions),
        seconds=time.monotonic() - start_s,
    )
    return row, result


def baseline_rows(result: TrainingResult) -> list[Row]:
    """Return the rows of the lead baselines, which are the same for all seeds."""
    reports = result.evaluation.report.baselines
    return [
        Row(
            name=name,
            scores=report.fmeasures(),
            rouge_l_interval=(report.scores["rougeL"].low, report.scores["rougeL"].high),
        )
        for name, report in reports.items()
    ]


def faults(trained: list[Row], others: list[Row]) -> list[str]:
    """Return a message for each score that misses its threshold."""
    control, *baselines = others
    lead_3 = next(row for row in baselines if row.name == "lead-3").scores["rougeL"]
    min_score = max(MIN_ROUGE_L, lead_3)
    seen = {row.name: row.scores["rougeL"] for row in trained}
    low = [
        f"{name} has ROUGE-L {_percent(score)}; at least {_percent(min_score)} is required"
        for name, score in seen.items()
        if score < min_score
    ]
    guessed = control.scores["rougeL"]
    return low + (
        [f"{control.name} has ROUGE-L {_percent(guessed)}: that much can be guessed"]
        if guessed >= MAX_BLANK_ROUGE_L
        else []
    )


def line(row: Row) -> str:
    """Return a row of the table as text."""
    scores = "  ".join(f"{kind} {_percent(row.scores[kind])}" for kind in KINDS)
    interval = f"({' - '.join(map(_percent, row.rouge_l_interval))})"
    exact = f"  exact {row.share_exact:4.0%}" if row.share_exact is not None else ""
    seconds = f"  {row.seconds:4.0f} s" if row.seconds is not None else ""
    return f"{row.name:<20} {scores} {interval:<13}{exact}{seconds}"


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f}"


if __name__ == "__main__":
    raise SystemExit(main())
