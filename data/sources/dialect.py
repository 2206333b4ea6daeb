"""One way to write fields into lines: delimiter, quotes, escape, and the records that it reads."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from data.sources.rows import RowFault

DELIMITERS: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
MAX_REREAD_CHARACTERS: Final = 256 << 20
"""The lines below a faulty quote are read again, at most so many characters in a file."""
_BAD_QUOTE: Final = "a quote or a line end is not written properly"
_BACKSLASHED: Final = re.compile(r'\\(["\\])')
Escape = Literal["double", "backslash"]
Record = list[str] | RowFault
"""Fields, or the fault of the lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How a file writes its fields."""

    delimiter: str
    quote: str | None = '"'
    """None: quotes are characters like any other."""
    escape: Escape = "double"
    """How a quote inside of a quoted field is written."""
    skips_spaces: bool = False
    """Blanks after a delimiter do not belong to the field."""
    encoding: str = "utf-8"

    def __str__(self) -> str:
        delimiter = DELIMITERS.get(self.delimiter, repr(self.delimiter))
        inside = "doubled" if self.escape == "double" else "written with a backslash"
        quotes = f"quotes inside of fields {inside}" if self.quote else "quotes taken literally"
        return f"fields separated by {delimiter}, {quotes}, encoded in {self.encoding}"

    def reader(self, lines: Iterator[str]) -> Any:
        """Return a csv.reader. It raises csv.Error at a quote that is not closed properly."""
        if self.quote and self.escape == "backslash":
            lines = (_BACKSLASHED.sub(_unescaped, line) for line in lines)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote or '"',
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            skipinitialspace=self.skips_spaces,
            strict=True,
        )


def _unescaped(found: re.Match[str]) -> str:
    return '""' if found[1] == '"' else "\\"


class RereadableLines(Iterator[str]):
    """Lines that remember those of the record in the making, so that they can be read again."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._again: list[str] = []
        self.taken: list[str] = []
        self.number = 1
        """Of the line that comes first in `taken`, or next."""

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines)
        self.taken.append(line)
        return line

    def peek(self) -> str | None:
        if not self._again and (line := next(self._lines, None)) is not None:
            self._again.append(line)
        return self._again[-1] if self._again else None

    def forget(self) -> None:
        """Begin the next record."""
        self.number += len(self.taken)
        self.taken.clear()

    def read_again(self) -> int:
        """Give back all lines of the record but its first, and begin the next one. Returns their
        characters."""
        back = self.taken[1:]
        self._again += reversed(back)
        self.number += 1
        self.taken.clear()
        return sum(map(len, back))


def read_records(dialect: Dialect, lines: RereadableLines, name: str) -> Iterator[tuple[int, Record | None]]:
    """Yield records with the numbers of their first lines; None for one whose quote is open at the end."""
    lines.forget()
    num_reread = 0
    reader = dialect.reader(lines)
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number = lines.number
            if "field larger" in str(error):
                raise
            if "unexpected end of data" in str(error):
                yield number, None
                return
            num_reread += lines.read_again()
            if num_reread > MAX_REREAD_CHARACTERS:
                raise
            yield number, RowFault(f"{name} line {number}: {_BAD_QUOTE}", _BAD_QUOTE)
            reader = dialect.reader(lines)
            continue
        number = lines.number
        lines.forget()
        if record:
            yield number, record
