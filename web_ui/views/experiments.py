"""Experiments: the table of trainings and evaluations, and what a user notes about them."""

from typing import cast

from flask import Blueprint, Response, current_app
from flask.blueprints import BlueprintSetupState

from web_ui.api import experiment_schemas as schemas
from web_ui.api.endpoint import JSON, Operation, endpoint
from web_ui.api.service import EXTENSION, current_service
from web_ui.catalog.experiment_index import ExperimentIndex
from web_ui.jobs.annotations import Annotations

INDEX = "deepsynth_experiments"

experiments = Blueprint("experiments", __name__)


@experiments.record
def _make_index(state: BlueprintSetupState) -> None:
    state.app.extensions[INDEX] = ExperimentIndex(state.app.extensions[EXTENSION].jobs)


@endpoint(
    experiments,
    "GET",
    "/api/experiments",
    Operation(query=schemas.ExperimentsQuery, answer=schemas.ExperimentList),
)
def list_experiments(query: schemas.ExperimentsQuery) -> Response:
    """List trainings and evaluations with their settings and results, newest first."""
    found = cast(ExperimentIndex, current_app.extensions[INDEX]).since(query.known)
    is_whole = "true" if found.is_whole else "false"
    head = f'{{"revision":"{found.revision}","is_whole":{is_whole},"experiments":['
    return Response(f"{head}{','.join(found.rows)}]}}", mimetype=JSON)


@endpoint(
    experiments,
    "PATCH",
    "/api/jobs/<job_id>/annotations",
    Operation(body=schemas.AnnotationsRequest, answer=Annotations, errors=(507,)),
)
def annotate_job(job_id: str, body: schemas.AnnotationsRequest) -> Annotations:
    """Change the name on the screen, the tags, the note or the star of a job."""
    return current_service().jobs.annotate(job_id, body.changes())
