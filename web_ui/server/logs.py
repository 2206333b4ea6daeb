"""Structured logs: one JSON object per line on standard error, with the job id where one applies."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any

LOGGER = logging.getLogger("deepsynth.web")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: time, level, logger, message, and the items of its `values`."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "values", {}),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=True, default=str)


def configure_logs(level: int = logging.INFO) -> None:
    """Write the logs of `deepsynth` to standard error as JSON lines. A second call sets only the level."""
    logger = logging.getLogger("deepsynth")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        logger.addHandler(handler)
        logger.propagate = False
    logger.setLevel(level)
