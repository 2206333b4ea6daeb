"""The rows of a table: a mapping from column to value, or a sentence with the error of a row."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any] | str
