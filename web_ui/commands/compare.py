"""`deepsynth compare`: two trainings or evaluations on the same samples."""

import json
import sys
from argparse import Namespace
from dataclasses import asdict, dataclass

from data.errors import InvalidInput, NotFound
from data.store.workspace import Workspace, names_hint
from evaluation.report import REPORT, Report
from evaluation.samples.build import build_index
from evaluation.samples.pairs import CommonSamples
from evaluation.samples.store import Collection, SampleSet
from evaluation.scores import PairedDifference
from evaluation.verdicts.wording import describe_difference, describe_shares
from web_ui.catalog.outputs import job_output
from web_ui.catalog.scored_samples import collection_of, find_jobs, samples_obstacle, scored_folder
from web_ui.commands.stages import open_workspace
from web_ui.jobs.job import ID_PATTERN
from web_ui.jobs.store import JobStore


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """One of the two results."""

    name: str
    report: Report
    samples: SampleSet


def run(options: Namespace) -> int:
    """Print both scores and their paired difference. Returns 1 if the samples of the two differ."""
    workspace = open_workspace(options)
    first, second = (_find(name, workspace) for name in (options.first, options.second))
    obstacle = samples_obstacle(first.samples, second.samples, second.name)
    found = None if obstacle else _difference(first, second, workspace)
    if found is None or not found.num_samples:
        print(f"error: {first.name} and {second.name} were scored on other samples.", file=sys.stderr)
        print(f"hint: {obstacle or 'They have no document and reference in common.'}", file=sys.stderr)
        return 1
    if options.json:
        scores = {one.name: asdict(one.report.rouge.scores["rougeL"]) for one in (first, second)}
        print(json.dumps({"scores": scores, "difference": asdict(found)}, ensure_ascii=False, indent=2))
        return 0
    for one in (first, second):
        print(_describe_score(one))
    print(f"difference: {_describe_interval(found)}\nsamples: {describe_shares(found)}")
    print(describe_difference(found, first.name, second.name))
    return 0


def _find(name: str, workspace: Workspace) -> _Result:
    """Return the result with this name, or of the job with this id.

    Raises:
        NotFound: nothing has that name, or it has no scores.
        InvalidInput: a training and an evaluation have that name, or the job scores nothing.
    """
    collection, folder = _place(name, workspace)
    report, samples = scored_folder(collection, folder, workspace)
    if samples is None:
        raise NotFound(f"The predictions of {name!r} are gone.", hint="Evaluate the model again.")
    return _Result(name=name, report=report, samples=samples)


def _place(name: str, workspace: Workspace) -> tuple[Collection, str]:
    kind, _, plain = name.rpartition("/")
    if kind in ("models", "evaluations"):
        return ("models" if kind == "models" else "evaluations"), plain
    jobs = JobStore(workspace)
    if ID_PATTERN.fullmatch(name) and (jobs.root / name).is_dir():
        [job] = find_jobs([name], jobs)
        return collection_of(job), job_output(job, workspace).name
    found: list[Collection] = []
    if (workspace.model(name) / REPORT).is_file():
        found.append("models")
    if (workspace.evaluation(name) / REPORT).is_file():
        found.append("evaluations")
    if not found:
        folders = [*workspace.models.glob(f"*/{REPORT}"), *workspace.evaluations.glob(f"*/{REPORT}")]
        hint = names_hint(path.parent.name for path in folders)
        raise NotFound(f"No training, evaluation or job {name!r} has scores.", hint=hint)
    if len(found) > 1:
        raise InvalidInput(
            f"A training and an evaluation have the name {name!r}.",
            hint=f"Say which one: models/{name} or evaluations/{name}.",
        )
    return found[0], name


def _difference(first: _Result, second: _Result, workspace: Workspace) -> PairedDifference:
    from evaluation.difference import paired_difference  # noqa: PLC0415 - numpy; the help does not need it

    for one in (first, second):
        build_index(one.samples, workspace)
    with CommonSamples.open([one.samples.index_path(workspace) for one in (first, second)]) as common:
        pairs = common.scores()
    return paired_difference([own for own, _ in pairs], [other for _, other in pairs])


def _describe_score(one: _Result) -> str:
    score, subject = one.report.rouge.scores["rougeL"], one.report.subject
    number, low, high = (100 * value for value in (score.fmeasure, score.low, score.high))
    control = ", blank pages" if one.samples.blank_pages else ""
    samples = f"{one.report.rouge.num_samples:,} samples of {subject.split} of {subject.dataset}{control}"
    return f"{one.name}: {number:.1f} ROUGE-L ({low:.1f} to {high:.1f}) on {samples}"


def _describe_interval(found: PairedDifference) -> str:
    difference, low, high = (100 * (value or 0) for value in (found.difference, found.low, found.high))
    return f"{difference:+.1f} ({low:+.1f} to {high:+.1f}) on {found.num_samples:,} samples of both"
