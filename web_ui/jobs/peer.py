"""One of the other processes that share a stage: `python -m web_ui.jobs.peer KIND WORKSPACE ERRORS`.

`peers.py` starts it. It reports nothing; the first process does. Its configuration is the first line of its
input. An error of DeepSynth becomes a file in the folder ERRORS.
"""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from threading import Thread
from typing import TextIO, cast

from data.errors import DeepSynthError, Stopped
from data.progress import Silent
from data.store.files import write_json
from data.store.workspace import Workspace
from web_ui.jobs.redaction import RedactedStream, redact_json
from web_ui.jobs.stages import STAGES_NAME, resolve


def main() -> int:
    """Run the stage. Returns 0 if it succeeded or stopped, 1 if it failed."""
    parser = argparse.ArgumentParser(prog="python -m web_ui.jobs.peer")
    parser.add_argument("kind")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("errors", type=Path)
    parser.add_argument("--stages", default=STAGES_NAME)
    options = parser.parse_args()
    sys.stdout, sys.stderr = (
        cast(TextIO, RedactedStream(sys.stdout)),
        cast(TextIO, RedactedStream(sys.stderr)),
    )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)  # the first process stops, and all after the same step
    values = sys.stdin.readline()
    Thread(target=_end_with_the_first, daemon=True).start()
    stage = resolve(options.stages)[options.kind]
    config = resolve(stage.config).model_validate_json(values)
    try:
        resolve(stage.function)(config, Workspace.create(options.workspace), Silent())
    except Stopped:
        return 0
    except DeepSynthError as error:
        write_json(options.errors / f"{os.environ['RANK']}.json", redact_json(error.as_dict()))
        return 1
    return 0


def _end_with_the_first() -> None:
    """End this process once its input is closed."""
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
