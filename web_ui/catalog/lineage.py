"""What was made from what: datasets -> models -> evaluations, predictions, reading checks, one step each way.

It is read from the requests of jobs, and from the configurations that trainings and evaluations and the
reports that reading checks leave in their folders, so results of commands and of deleted jobs are found too.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from data.errors import DeepSynthError
from data.store.files import read_json_object
from data.store.workspace import Workspace
from evaluation.report import REPORT
from training.options.run_folder import CHECKPOINTS, CONFIG, EVALUATION_CONFIG, MODEL
from web_ui.api.stored_schemas import Lineage, LineageItem, LinkedCollection
from web_ui.catalog.models import BASES
from web_ui.jobs.index import file_signature
from web_ui.jobs.job import Job
from web_ui.jobs.stages import STAGES
from web_ui.jobs.store import JobStore

Item = tuple[LinkedCollection, str]
"""Where a result is stored, and its name there."""


@dataclass(slots=True)
class _Graph:
    """All results: what each reads, and the newest job that made it."""

    reads: dict[Item, tuple[Item, ...]] = field(default_factory=dict)
    jobs: dict[Item, Job] = field(default_factory=dict)


def lineage(item: Item, workspace: Workspace, jobs: JobStore) -> Lineage:
    """Return what a result was made from, and what was made with it."""
    graph = _read_graph(workspace, jobs)
    return _trace(item, graph, graph.reads.get(item, ()), workspace)


def job_lineage(job: Job, workspace: Workspace, jobs: JobStore) -> Lineage:
    """Return what a job reads, and what was made with its result."""
    item, graph = _made_item(job), _read_graph(workspace, jobs)
    read = _items_read(job.config, workspace)  # another job may have made the result anew
    return _trace(item, graph, read, workspace)


def _made_item(job: Job) -> Item | None:
    """Return the result that a job makes; None: it makes none, or its request is damaged."""
    stage = STAGES.get(job.kind)
    if stage is None or stage.stored_in is None:
        return None
    name = stage.with_output(job.config, job.id).get(stage.output_setting)
    return (cast(LinkedCollection, stage.stored_in), name) if isinstance(name, str) else None


def _trace(item: Item | None, graph: _Graph, read: tuple[Item, ...], workspace: Workspace) -> Lineage:
    users = [user for user, inputs in graph.reads.items() if item in inputs]
    users.sort(key=lambda user: graph.jobs[user].created if user in graph.jobs else "", reverse=True)
    return Lineage(
        result=_answer(item, graph, workspace) if item else None,
        made_from=[_answer(each, graph, workspace) for each in read],
        used_by=[_answer(each, graph, workspace) for each in users],
    )


def _read_graph(workspace: Workspace, jobs: JobStore) -> _Graph:
    graph = _Graph()
    for item, path in _config_files(workspace):
        graph.reads[item] = _items_read(_read_config(path, file_signature(str(path))), workspace)
    for job in sorted(jobs.all(), key=lambda job: (job.created, job.id)):
        made = _made_item(job)
        if made:
            graph.reads[made] = _items_read(job.config, workspace)
            graph.jobs[made] = job
    return graph


def _config_files(workspace: Workspace) -> Iterator[tuple[Item, Path]]:
    for path in workspace.models.glob(f"[!.]*/{CONFIG}"):
        yield ("models", path.parent.name), path
    for path in workspace.evaluations.glob(f"[!.]*/{EVALUATION_CONFIG}"):
        yield ("evaluations", path.parent.name), path
    for path in workspace.reading_checks.glob(f"[!.]*/{REPORT}"):
        yield ("reading_checks", path.parent.name), path


@lru_cache(maxsize=10_000)
def _read_config(path: Path, signature: tuple[int, int, int] | None) -> Mapping[str, Any]:
    """Read a configuration again only after its file changed. A damaged one names nothing: the page of its
    own result says so."""
    try:
        return read_json_object(path) if signature else {}
    except DeepSynthError:
        return {}


def _items_read(config: Mapping[str, Any], workspace: Workspace) -> tuple[Item, ...]:
    dataset, model = config.get("dataset"), config.get("model")
    items: list[Item] = [("datasets", dataset)] if isinstance(dataset, str) else []
    named = _model_item(model, workspace) if isinstance(model, str) else None
    return (*items, named) if named else tuple(items)


def _model_item(model: str, workspace: Workspace) -> Item | None:
    """Return the training that a name or path means, or the base model; None: a folder outside the workspace,
    whose path is private."""
    path = Path(model)
    if path.is_absolute():
        if not path.is_relative_to(workspace.models):
            return None
        path = path.relative_to(workspace.models)
    if model.startswith((".", "~")) or not path.parts:
        return None
    is_on_hub = (
        not Path(model).is_absolute() and len(path.parts) > 1 and path.parts[1] not in (CHECKPOINTS, MODEL)
    )
    return "models", model if is_on_hub else path.parts[0]


@lru_cache(maxsize=1)
def _base_names() -> frozenset[str]:
    return frozenset(base.name for base in BASES)


def _answer(item: Item, graph: _Graph, workspace: Workspace) -> LineageItem:
    collection, name = item
    job = graph.jobs.get(item)
    is_base = collection == "models" and (name in _base_names() or "/" in name)
    return LineageItem(
        collection=collection,
        name=name,
        is_stored=is_base or os.path.exists(workspace.root / collection / name),  # noqa: PTH110 - False for what is no path
        job_id=job.id if job else None,
        title=job.title if job else name,
    )
