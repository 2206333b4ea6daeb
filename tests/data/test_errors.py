"""What a library says becomes a part of our sentence."""

import pytest

from data.errors import cause


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ValueError("Failed to load document (PDFium: Data format error)."), None),
        (OSError("No magic bytes.\n  Is it\ta file?"), "No magic bytes. Is it a file?"),
        (RuntimeError(), "RuntimeError"),
    ],
)
def test_it_is_one_line_without_a_full_stop(error: Exception, words: str | None) -> None:
    assert cause(error) == (words or "Failed to load document (PDFium: Data format error)")
