"""study.json: the plan of a study, and the jobs that it became."""

from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from data.errors import NotFound
from data.store.files import damaged_file, read_json, write_json
from data.store.workspace import Workspace, names_hint
from web_ui.studies.plan import StudyConfig

STUDY: Final = "study.json"


class StudyRecord(BaseModel):
    """The content of study.json. `deepsynth study --from study.json` repeats the study."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    plan: StudyConfig
    created: str
    version: str
    """Of DeepSynth."""
    jobs: dict[str, str] = {}
    """Kind and output of a job -> its id, once it is queued."""


def job_key(kind: str, output: str) -> str:
    """Return under which a study keeps the id of a job."""
    return f"{kind}:{output}"


def write_study(record: StudyRecord, workspace: Workspace) -> None:
    """Write study.json, atomically."""
    folder = workspace.study(record.plan.name)
    folder.mkdir(exist_ok=True)
    write_json(folder / STUDY, record.model_dump(mode="json"))


def read_study(name: str, workspace: Workspace) -> StudyRecord:
    """Read a study.

    Raises:
        NotFound: there is no such study.
        StorageError: its file is damaged.
    """
    path = workspace.study(name) / STUDY
    if not path.is_file():
        raise NotFound(f"There is no study {name!r}.", hint=names_hint(study_names(workspace)))
    return read_study_file(path)


def read_study_file(path: Path) -> StudyRecord:
    """Read study.json wherever it lies. Raises NotFound or StorageError."""
    try:
        return StudyRecord.model_validate(read_json(path))
    except ValidationError as error:
        raise damaged_file(path, str(error.errors()[0]["msg"])) from error


def study_names(workspace: Workspace) -> list[str]:
    """Return the names of the studies of a workspace, the newest first."""
    files = sorted(workspace.studies.glob(f"*/{STUDY}"), key=lambda path: path.stat().st_ctime, reverse=True)
    return [path.parent.name for path in files]
