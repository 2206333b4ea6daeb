"""All errors that a user can see.

  DeepSynthError      internal         HTTP 500  exit 1  a fault of DeepSynth itself; the log has the details
  |- InvalidInput     invalid_input    HTTP 422  exit 2  the request cannot be carried out as written
  |  |- UnknownName   unknown_name     HTTP 422  exit 2  no such preset, column, model, dataset, option
  |  '- UnsafePath    unsafe_path      HTTP 422  exit 2  a path or name that would leave the workspace
  |- NotFound         not_found        HTTP 404  exit 2  no such job, dataset, model or file
  |- Conflict         conflict         HTTP 409  exit 2  the name is taken, or the move is not legal now
  |- SourceError      source_failed    HTTP 422  exit 2  a source cannot be read, is gone, gated or empty
  |  '- Unreachable   hub_unreachable  HTTP 422  exit 2  there is no connection to the Hugging Face Hub
  |- RenderError      render_failed    HTTP 422  exit 1  one document cannot be drawn
  |- StorageError     storage_failed   HTTP 507  exit 1  the disk is full, read-only or damaged
  |- HubError         hub_failed       HTTP 502  exit 1  the Hugging Face Hub refused or did not answer
  |- ModelError       model_failed     HTTP 422  exit 2  weights cannot be loaded safely and completely
  |- TrainingError    training_failed  HTTP 500  exit 1  a training cannot continue
  '- Unavailable      unavailable      HTTP 503  exit 1  a part of this machine that the work needs is missing

Each says what is wrong (naming the field and the value) and what to do.
"""

from collections.abc import Sequence
from typing import Any, ClassVar


class DeepSynthError(Exception):
    """Base of all errors: a message for the user, a hint, and the fields of a form that are wrong.

    Args:
        message: what is wrong and where, one or two sentences.
        hint: how to correct it; empty when the message is enough.
        fields: field name -> what is wrong with its value, for forms.
    """

    code: ClassVar[str] = "internal"
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.fields = fields or {}

    def __reduce__(self) -> tuple[Any, ...]:
        # Render workers send errors to another process; the default pickling loses keyword arguments.
        return _rebuild, (type(self), self.message, self.hint, self.fields)

    def as_dict(self) -> dict[str, Any]:
        """Return the one error shape of the API, of outcome.json and of the command line."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "fields": self.fields}


def cause(error: BaseException) -> str:
    """Return the words of a library's error as a part of our sentence: on one line, without a full stop."""
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__


SHOWN_CHARACTERS = 60


def listed(names: Sequence[str], most: int = 20) -> str:
    """Join the first `most` names, and add the number of the others: a file may have thousands of columns.
    Long names are cut."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    shown = (
        name if len(name) <= SHOWN_CHARACTERS else f"{name[:SHOWN_CHARACTERS]}..." for name in names[:most]
    )
    return ", ".join(shown) + more


def _rebuild(kind: type[DeepSynthError], message: str, hint: str, fields: dict[str, str]) -> DeepSynthError:
    return kind(message, hint=hint, fields=fields)


class InvalidInput(DeepSynthError):
    code, http_status, exit_code = "invalid_input", 422, 2


class UnknownName(InvalidInput):
    code = "unknown_name"


class UnsafePath(InvalidInput):
    code = "unsafe_path"


class NotFound(DeepSynthError):
    code, http_status, exit_code = "not_found", 404, 2


class Conflict(DeepSynthError):
    code, http_status, exit_code = "conflict", 409, 2


class SourceError(DeepSynthError):
    code, http_status, exit_code = "source_failed", 422, 2


class Unreachable(SourceError):
    code = "hub_unreachable"


class RenderError(DeepSynthError):
    code, http_status, exit_code = "render_failed", 422, 1

    @property
    def kind(self) -> str:
        """What is wrong, in words that hold for every document with the same fault: the field that is wrong
        for it, or else the message."""
        return next((f"{name} {words}" for name, words in self.fields.items()), self.message.rstrip("."))


class StorageError(DeepSynthError):
    code, http_status, exit_code = "storage_failed", 507, 1


class HubError(DeepSynthError):
    code, http_status, exit_code = "hub_failed", 502, 1


class ModelError(DeepSynthError):
    code, http_status, exit_code = "model_failed", 422, 2


class TrainingError(DeepSynthError):
    code, http_status, exit_code = "training_failed", 500, 1


class Unavailable(DeepSynthError):
    code, http_status, exit_code = "unavailable", 503, 1


class Stopped(Exception):
    """A stage saved its work and ended early, because its listener requested it. Not an error."""
