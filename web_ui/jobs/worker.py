"""The process that runs one attempt of one job: `python -m web_ui.jobs.worker JOB_DIR --attempt N`.

It holds the lock on the job's request.json (inherited from the runner, already locked) until the worker and
all its children have ended. It appends to events.jsonl and writes outcome.json as its last step.
"""

import argparse
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, TextIO, cast

from data.errors import DeepSynthError, NotFound, Stopped, StorageError
from data.store.files import write_json
from data.store.workspace import Workspace
from data.validation import parse_config
from web_ui.jobs.job import OUTCOME, REQUEST, Outcome, Request, now, read_json_file
from web_ui.jobs.peers import sharing
from web_ui.jobs.progress import EventProgress
from web_ui.jobs.redaction import RedactedStream, redact_json
from web_ui.jobs.stages import RESULT_PATHS, STAGES_NAME, Stage, resolve


def main(arguments: list[str] | None = None) -> int:
    """Run one attempt. Returns 0 if the stage succeeded or stopped, 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python -m web_ui.jobs.worker")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--attempt", type=int, required=True)
    parser.add_argument("--stages", default=STAGES_NAME)
    parser.add_argument("--num-processes", type=int, default=1)
    options = parser.parse_args(arguments)
    sys.stdout, sys.stderr = (
        cast(TextIO, RedactedStream(sys.stdout)),
        cast(TextIO, RedactedStream(sys.stderr)),
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    outcome = run_attempt(options.folder, options.attempt, options.stages, options.num_processes)
    _write_outcome(options.folder, outcome)
    return 1 if outcome.error else 0


def _write_outcome(folder: Path, outcome: Outcome) -> None:
    write_json(folder / OUTCOME, redact_json(outcome.model_dump(mode="json")))
    if outcome.error:
        print(f"{outcome.error['code']}: {outcome.error['message']}", file=sys.stderr)  # noqa: T201 - this is log.txt


def run_attempt(folder: Path, attempt: int, stages: str = STAGES_NAME, num_processes: int = 1) -> Outcome:
    """Run the job's stage and return how it ended. Every exception of the stage becomes a failed outcome.

    Args:
        stages: where the kinds of jobs are, `module:name`.
        num_processes: that share the work, with this one.
    """

    def fail(error: DeepSynthError | None) -> None:
        if error:  # otherwise the attempt ends as by a crash
            _write_outcome(folder, _failed_outcome(attempt, error))

    try:
        progress = EventProgress(folder)
        install_sigterm_handler(progress)
        result = _run_stage(folder, stages, progress, num_processes, fail)
        progress.close()
        return Outcome(attempt=attempt, status="succeeded", ended=now(), result=result)
    except Stopped:
        progress.close()
        return Outcome(attempt=attempt, status="stopped", ended=now())
    except DeepSynthError as error:
        return _failed_outcome(attempt, error)
    except Exception as error:  # noqa: BLE001 - last handler of the job: every error is reported
        return _failed_outcome(
            attempt, DeepSynthError(f"{type(error).__name__}: {error}", hint="The job's log has the details.")
        )


def install_sigterm_handler(progress: EventProgress) -> None:
    """Turn SIGTERM into `should_stop`. Forked children, which inherit the handler, exit at once."""
    worker = os.getpid()

    def handle(_number: int, _frame: FrameType | None) -> None:
        if os.getpid() != worker:
            os._exit(128 + signal.SIGTERM)
        progress.stop()

    signal.signal(signal.SIGTERM, handle)


def _run_stage(
    folder: Path,
    stages: str,
    progress: EventProgress,
    num_processes: int,
    on_lost: Callable[[DeepSynthError | None], None],
) -> dict[str, Any]:
    request = read_json_file(folder / REQUEST, Request)
    if request is None:
        raise StorageError(f"Job {folder.name} has no {REQUEST}.", hint="Delete the job.")
    kinds: Mapping[str, Stage] = resolve(stages)
    if request.kind not in kinds:
        raise NotFound(
            f"There is no kind of job {request.kind!r}.",
            hint="The job may have been created by a newer version.",
        )
    stage = kinds[request.kind]
    progress.begin("Starting")  # importing what the stage needs takes seconds
    config = parse_config(resolve(stage.config), stage.with_output(request.config, request.id))
    workspace = Workspace.create(folder.parents[1])
    if stage.shares_devices:
        config = config.shared_among(num_processes)
    with sharing(request.kind, config, workspace, num_processes, stages, on_lost):
        result = resolve(stage.function)(config, workspace, progress).as_dict()
    places = {key: workspace.portable(Path(result[key])) for key in RESULT_PATHS if key in result}
    return {**result, **places}


def _failed_outcome(attempt: int, error: DeepSynthError) -> Outcome:
    traceback.print_exc()
    return Outcome(attempt=attempt, status="failed", ended=now(), error=error.as_dict())


if __name__ == "__main__":
    sys.exit(main())
