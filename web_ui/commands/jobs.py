"""`deepsynth jobs`: the functions of the Monitor tab in a terminal."""

import json
import sys
from argparse import Namespace
from collections.abc import Callable

from data.errors import InvalidInput, UnknownName
from web_ui.catalog.verdicts import job_verdict
from web_ui.commands.stages import open_workspace
from web_ui.commands.terminal import print_result
from web_ui.commands.verdict import print_verdict
from web_ui.jobs.job import KINDS, Job, State
from web_ui.jobs.store import JobStore


def run(options: Namespace) -> int:
    """Run `deepsynth jobs ACTION [ID]`."""
    store = JobStore(open_workspace(options))
    if options.action == "list":
        return _list(store, options)
    if not options.id:
        message = f"`deepsynth jobs {options.action}` needs a job id."
        raise InvalidInput(message, hint="`deepsynth jobs` lists the ids.", fields={"id": "is required"})
    if options.action == "delete":
        store.delete(options.id)
        print(f"Deleted job {options.id}. Its output stays.")
    elif options.action == "log":
        _print_log(store, options.id)
    else:
        _show(_ACTIONS[options.action](store, options.id), store, options)
    return 0


_ACTIONS: dict[str, Callable[[JobStore, str], Job]] = {
    "show": JobStore.get,
    "pause": JobStore.request_pause,
    "resume": JobStore.request_resume,
    "cancel": JobStore.request_cancel,
    "first": JobStore.move_to_front,
}


def _list(store: JobStore, options: Namespace) -> int:
    _check_filters(options)
    jobs, total = store.list(options.kind, options.state, limit=max(0, options.limit))
    if options.json:
        answer = {"jobs": [job.as_dict() for job in jobs], "total": total}
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return 0
    for job in jobs:
        details = f"{job.title}{_format_progress(job)}{_format_error(job)}"
        print(f"{job.id}  {job.state:<11}  {job.kind:<10}  {details}")
    if total > len(jobs):
        print(f"... and {total - len(jobs):,} more (--limit)")
    return 0


def _check_filters(options: Namespace) -> None:
    for name, value, known in (("kind", options.kind, KINDS), ("state", options.state, tuple(State))):
        if value is not None and value not in known:
            raise UnknownName(
                f"There is no {name} {value!r}.", hint=f"One of {', '.join(known)}.", fields={name: "unknown"}
            )


def _show(job: Job, store: JobStore, options: Namespace) -> None:
    verdict = job_verdict(job, open_workspace(options), store)
    if options.json:
        answer = job.as_dict() | {"verdict": verdict.as_dict() if verdict else None}
        print(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    asked = f" (asked to {job.desired})" if job.desired not in (None, "run") else ""
    print(f"{job.id}: {job.kind} {job.title}")
    print(f"state: {job.state}{asked}{_format_progress(job)}\nattempts: {job.attempts}")
    if job.after and job.state == State.QUEUED:
        print(f"starts after: {', '.join(job.after)}")
    if job.retry_at:
        print(f"next attempt: at {job.retry_at}, or when you resume the job")
    if job.error:
        print(f"error: {job.error['message']}\nhint: {job.error['hint']}")
    print_result(job.result or {}, as_json=False)
    if verdict:
        print_verdict(verdict, verdict.control.request if verdict.control else {})


def _print_log(store: JobStore, job_id: str) -> None:
    offset = 0
    while (part := store.log(job_id, offset)).text:
        sys.stdout.write(part.text)
        offset = part.next_offset


def _format_progress(job: Job) -> str:
    if not job.progress:
        return ""
    total = job.progress["total"]
    of_total = f" of {total:,}" if total is not None else ""
    return f"  {job.progress['done']:,}{of_total} {job.progress['unit']}"


def _format_error(job: Job) -> str:
    return f"  {job.error['message']}" if job.error else ""
