"""What a terminal shows of a result below its scores: the differences to the baselines, and what ROUGE does
not show."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from evaluation.measures.registry import MEASURES
from evaluation.scores import PairedDifference
from evaluation.verdicts.wording import describe_difference


def _differences(found: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[Text]:
    """Yield a sentence for each baseline."""
    name = str(result["table"][0]["name"])
    for other, values in found.items():
        yield Text(describe_difference(PairedDifference(**values), name, other))


def _measures(found: Mapping[str, Any], result: Mapping[str, Any]) -> Iterator[Table | Text]:
    """Yield the table of the measures, the recall by place, and what limits them."""
    if not found:
        return
    columns = {
        str(result["table"][0]["name"]): found["model"],
        **found["baselines"],
        "references": found["references"],
    }
    table = Table("", *map(escape, columns), title="beyond ROUGE", title_justify="left")
    for key, measure in MEASURES.items():
        if any(key in values for values in columns.values()):
            means = (values.get(key) for values in columns.values())
            table.add_row(measure.label, *(measure.format(each["mean"]) if each else "-" for each in means))
    yield table
    for name, places in (("page", found["page_recall"]), ("height on the page", found["height_recall"])):
        if any(places):
            shares = ", ".join(f"{100 * place['mean']:.1f}" if place else "-" for place in places)
            yield Text(f"facts found by {name}, in percent: {shares}")
    if found["note"]:
        yield Text(found["note"])


SCORE_PARTS: Final[Mapping[str, Callable[[Mapping[str, Any], Mapping[str, Any]], Iterator[Any]]]] = {
    "differences": _differences,
    "measures": _measures,
}
"""Name in a result -> (its value, the result) -> what is printed."""
