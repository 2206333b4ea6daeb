"""Experiments: the table of trainings and evaluations, what a user notes about them, and their comparison."""

from typing import cast

from flask import Blueprint, Response, current_app
from flask.blueprints import BlueprintSetupState

from web_ui.api import comparison_schemas, experiment_schemas
from web_ui.api.endpoint import JSON, Operation, endpoint
from web_ui.api.service import EXTENSION, current_service
from web_ui.catalog import comparison
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
    Operation(query=experiment_schemas.ExperimentsQuery, answer=experiment_schemas.ExperimentList),
)
def list_experiments(query: experiment_schemas.ExperimentsQuery) -> Response:
    """List trainings and evaluations with their settings and results, newest first."""
    found = cast(ExperimentIndex, current_app.extensions[INDEX]).since(query.known)
    is_whole = "true" if found.is_whole else "false"
    head = f'{{"revision":"{found.revision}","is_whole":{is_whole},"experiments":['
    return Response(f"{head}{','.join(found.rows)}]}}", mimetype=JSON)


@endpoint(
    experiments,
    "PATCH",
    "/api/jobs/<job_id>/annotations",
    Operation(body=experiment_schemas.AnnotationsRequest, answer=Annotations, errors=(507,)),
)
def annotate_job(job_id: str, body: experiment_schemas.AnnotationsRequest) -> Annotations:
    """Change the name on the screen, the tags, the note or the star of a job."""
    return current_service().jobs.annotate(job_id, body.changes())


@endpoint(
    experiments,
    "GET",
    "/api/comparisons",
    Operation(query=comparison_schemas.ComparisonQuery, answer=comparison_schemas.Comparison),
)
def compare_jobs(query: comparison_schemas.ComparisonQuery) -> comparison_schemas.Comparison:
    """Compare the settings and the scores of trainings and evaluations."""
    service = current_service()
    return comparison.compare(query, service.workspace, service.jobs)


@endpoint(
    experiments,
    "GET",
    "/api/comparisons/differences",
    Operation(
        query=comparison_schemas.ComparisonQuery, answer=comparison_schemas.DifferenceList, errors=(429, 507)
    ),
)
def compare_differences(query: comparison_schemas.ComparisonQuery) -> comparison_schemas.DifferenceList:
    """Show the paired differences between jobs and a baseline on their common samples."""
    service = current_service()
    return comparison.differences(query, service.workspace, service.jobs)


@endpoint(
    experiments,
    "GET",
    "/api/comparisons/samples",
    Operation(
        query=comparison_schemas.ComparedSamplesQuery,
        answer=comparison_schemas.ComparedSampleList,
        errors=(429, 507),
    ),
)
def compare_samples(query: comparison_schemas.ComparedSamplesQuery) -> comparison_schemas.ComparedSampleList:
    """List the common samples of jobs with what each of them wrote."""
    service = current_service()
    return comparison.compared_samples(query, service.workspace, service.jobs)
