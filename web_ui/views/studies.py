"""Studies: a plan of datasets and trainings over axes as one request, its report, and its jobs as a whole."""

from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response

from data.errors import NotFound
from web_ui.api.endpoint import Operation, endpoint
from web_ui.api.service import current_service
from web_ui.studies.estimate import StudyEstimate, estimate_study
from web_ui.studies.files import REPORT_FILES
from web_ui.studies.plan import StudyConfig
from web_ui.studies.queue import change_study, delete_study, queue_study
from web_ui.studies.record import STUDY, StudyRecord, read_study, study_names
from web_ui.studies.report import study_report
from web_ui.studies.rows import StudyReport

studies = Blueprint("studies", __name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyList:
    """The studies of a workspace, newest first."""

    studies: tuple[StudyReport, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedStudy:
    """How many jobs of a study took a request."""

    num_changed: int


@endpoint(
    studies,
    "POST",
    "/api/studies",
    Operation(body=StudyConfig, answer=StudyReport, status=202, errors=(507,)),
)
def start_study(body: StudyConfig) -> dict[str, Any]:
    """Check every cell of a study, then queue its jobs; a larger plan of the same name adds cells."""
    return _report(queue_study(body, current_service()))


@endpoint(
    studies, "POST", "/api/studies/estimate", Operation(body=StudyConfig, answer=StudyEstimate, errors=(507,))
)
def estimate_cost(body: StudyConfig) -> StudyEstimate:
    """Check every cell of a study, and say what its jobs will cost, without queueing them."""
    return estimate_study(body, current_service())


@endpoint(studies, "GET", "/api/studies", Operation(answer=StudyList, errors=(507,)))
def list_studies() -> dict[str, Any]:
    """List the studies with their reports, newest first."""
    workspace = current_service().workspace
    names = study_names(workspace)
    return {"studies": [_report(read_study(name, workspace), with_differences=False) for name in names]}


@endpoint(studies, "GET", "/api/studies/<name>", Operation(answer=StudyReport, errors=(507,)))
def get_study(name: str) -> dict[str, Any]:
    """Show the report of a study as its jobs stand now."""
    return _report(read_study(name, current_service().workspace))


@endpoint(studies, "DELETE", "/api/studies/<name>", Operation(status=204, errors=(409, 507)))
def remove_study(name: str) -> Response:
    """Delete a study whose jobs have ended; its jobs, datasets and models stay."""
    service = current_service()
    delete_study(read_study(name, service.workspace), service)
    return Response(status=204)


@endpoint(
    studies,
    "GET",
    "/api/studies/<name>/files/<file>",
    Operation(media="application/octet-stream", errors=(503, 507)),
)
def get_study_file(name: str, file: str) -> Response:
    """Send study.json, which repeats the study, or its report as a table or a figure."""
    service = current_service()
    record = read_study(name, service.workspace)
    if file == STUDY:
        return Response(record.model_dump_json(indent=2), mimetype="application/json")
    if file not in REPORT_FILES:
        names = ", ".join([STUDY, *REPORT_FILES])
        raise NotFound(f"A study has no file {file!r}.", hint=f"Its files are {names}.")
    media, make = REPORT_FILES[file]
    return Response(make(study_report(record, service.workspace, service.jobs)), mimetype=media)


@endpoint(studies, "POST", "/api/studies/<name>/<request>", Operation(answer=ChangedStudy, errors=(507,)))
def change_jobs(name: str, request: str) -> ChangedStudy:
    """Pause, resume or cancel the jobs of a study."""
    service = current_service()
    requests = {
        "pause": service.jobs.request_pause,
        "resume": service.jobs.request_resume,
        "cancel": service.jobs.request_cancel,
    }
    if request not in requests:
        raise NotFound(f"Studies know no {request!r}.", hint=f"They know {', '.join(requests)}.")
    record = read_study(name, service.workspace)
    return ChangedStudy(num_changed=change_study(record, service, requests[request]))


def _report(record: StudyRecord, *, with_differences: bool = True) -> dict[str, Any]:
    service = current_service()
    return asdict(study_report(record, service.workspace, service.jobs, with_differences=with_differences))
