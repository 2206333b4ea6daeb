"""The `deepsynth` command, and its exit after errors and Ctrl-C.

Exit codes: 0 success, 1 failure, 2 wrong usage, 130 stopped by the user, with the work saved.
"""

import argparse
import os
import sys

from data.errors import DeepSynthError, Stopped
from web_ui.commands.option_names import in_options
from web_ui.commands.parser import build_parser
from web_ui.jobs.stages import resolve

STOPPED_EXIT_CODE = 130


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = build_parser().parse_args(arguments)
    try:
        return int(resolve(options.handler)(options))
    except DeepSynthError as error:
        return _print_error(error, options)
    except Stopped as stopped:
        print(stopped or "Stopped. Run the same command again to continue.", file=sys.stderr)
        return STOPPED_EXIT_CODE
    except KeyboardInterrupt:
        print("Stopped at once. Run the same command again to continue from the last save.", file=sys.stderr)
        return STOPPED_EXIT_CODE
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # the reader of the pipe, for example head, has ended
        return 0


def _print_error(error: DeepSynthError, options: argparse.Namespace) -> int:
    print(f"error: {in_options(error.message, options)}", file=sys.stderr)
    if error.hint:
        print(f"hint: {in_options(error.hint, options)}", file=sys.stderr)
    return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
