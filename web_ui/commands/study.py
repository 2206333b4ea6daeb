"""`deepsynth study`: queue the jobs of a study, show its report, and write it as files."""

import json
import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from time import sleep
from typing import Any, Final

from werkzeug.exceptions import HTTPException

from data.errors import Conflict, InvalidInput, Unavailable
from data.store.files import read_json_object, write_bytes
from data.validation import parse_config
from web_ui.api.service import Service
from web_ui.commands.stages import open_workspace
from web_ui.jobs.store import JobStore
from web_ui.settings import Settings
from web_ui.studies.estimate import estimate_study
from web_ui.studies.files import REPORT_FILES
from web_ui.studies.plan import StudyConfig
from web_ui.studies.queue import change_study, delete_study, queue_study
from web_ui.studies.record import STUDY, StudyRecord, read_study, study_names
from web_ui.studies.report import study_report
from web_ui.studies.rows import StudyReport
from web_ui.studies.tables import markdown_table

SORTING_POLL_S: Final = 0.5


def run(options: Namespace) -> int:
    """Do what `options.action` says. Returns 1 if a job of the study has failed."""
    workspace = open_workspace(options)
    service = Service(settings=Settings.from_environment(), workspace=workspace, jobs=JobStore(workspace))
    if options.action == "list":
        print(*study_names(workspace), sep="\n")
        return 0
    if options.action == "estimate":
        estimate = estimate_study(_plan(options), service)
        print(json.dumps(asdict(estimate)) if options.json else estimate.sentence)
        return 0
    if options.action == "start":
        record = _start(options, service)
    else:
        record = read_study(_required_name(options), workspace)
    if options.action in ("pause", "resume", "cancel"):
        request = getattr(service.jobs, f"request_{options.action}")
        print(f"{change_study(record, service, request)} jobs took the request.")
        return 0
    if options.action == "delete":
        delete_study(record, service)
        print(f"The study {record.plan.name} is deleted. Its jobs, datasets and models stay.")
        return 0
    report = _report(record, service)
    if options.out:
        _write_files(record, report, options.out)
    _print_report(report, options)
    return 1 if report.num_failed else 0


def _report(record: StudyRecord, service: Service) -> StudyReport:
    """Return the report of a study once its samples are sorted, which takes some seconds after an upgrade."""
    while (report := study_report(record, service.workspace, service.jobs)).num_sorting:
        sleep(SORTING_POLL_S)
    return report


def _start(options: Namespace, service: Service) -> StudyRecord:
    try:
        return queue_study(_plan(options), service)
    except HTTPException as error:
        raise Conflict(str(error.description)) from error


def _plan(options: Namespace) -> StudyConfig:
    if options.plan is None:
        raise InvalidInput(
            "A study needs a plan.", hint="Add --from FILE: a plan, or the study.json of another study."
        )
    values = read_json_object(options.plan)
    plan: dict[str, Any] = values.get("plan", values)
    if options.name:
        plan = {**plan, "name": options.name}
    return parse_config(StudyConfig, plan)


def _required_name(options: Namespace) -> str:
    if not options.name:
        raise InvalidInput(f"{options.action} needs the name of a study.", hint="deepsynth study lists them.")
    return str(options.name)


def _write_files(record: StudyRecord, report: StudyReport, folder: Path) -> None:
    """Write study.json, the tables and the figures."""
    folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / STUDY, record.model_dump_json(indent=2).encode())
    for name, (_, make) in REPORT_FILES.items():
        try:
            content = make(report)
        except Unavailable as error:
            print(f"{name} is left out: {error.message} {error.hint}", file=sys.stderr)
            continue
        write_bytes(folder / name, content.encode() if isinstance(content, str) else content)


def _print_report(report: StudyReport, options: Namespace) -> None:
    if options.json:
        print(json.dumps(asdict(report)))
        return
    print(markdown_table(report))
    print(f"{report.num_ended} of {report.num_jobs} jobs have ended, {report.num_failed} of them failed.")
