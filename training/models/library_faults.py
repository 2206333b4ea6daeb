"""The one place where a library's error about foreign model files becomes a ModelError."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from safetensors import SafetensorError

from data.errors import DeepSynthError, ModelError
from training.options.model_config import DOWNLOAD_AGAIN

_SHOWN_CHARACTERS: Final = 400
_PREAMBLE: Final = re.compile(r"^(?:Class v|V)alidation error for (?:validator|field) '\w+': \w+: ")


@contextmanager
def library_reads(what: str, hint: str = DOWNLOAD_AGAIN) -> Iterator[None]:
    """Turn each error of a library that reads or builds `what` into a ModelError that quotes it.

    Only calls of libraries stand in such a block. They raise any class for a damaged file, and `tokenizers`
    raises Exception itself.
    """
    try:
        yield
    except (DeepSynthError, MemoryError):
        raise
    except Exception as error:
        raise ModelError(f"{what} cannot be read: {_words(error)}", hint=hint) from error


def _words(error: Exception) -> str:
    """Return a library's message on one line; the class too where the message is only a key."""
    words = _PREAMBLE.sub("", " ".join(str(error).split()))
    shown = words if len(words) <= _SHOWN_CHARACTERS else f"{words[:_SHOWN_CHARACTERS]}..."
    is_clear = isinstance(error, ValueError | OSError | SafetensorError) or type(error) is Exception
    return shown if is_clear or words != str(error) else f"{type(error).__name__}: {shown}"
