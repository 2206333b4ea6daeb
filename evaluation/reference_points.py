"""Published ROUGE scores of known systems on the benchmark sets, shown beside a report. Each row names its
variant of ROUGE-L."""

from dataclasses import dataclass
from typing import Final, Literal

LongestVariant = Literal["rougeL", "rougeLsum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencePoint:
    """One published result on the full test split; scores are fractions (0 to 1)."""

    system: str
    rouge1: float
    rouge2: float
    longest: float
    longest_variant: LongestVariant
    """The number of a report that compares with `longest`: rougeL counts over the whole text, rougeLsum per
    sentence."""


def _points(variant: LongestVariant, **systems: tuple[float, float, float]) -> tuple[ReferencePoint, ...]:
    fractions = {
        system.replace("_", "-"): [round(value / 100, 4) for value in values]
        for system, values in systems.items()
    }
    return tuple(
        ReferencePoint(system=system, rouge1=rouge1, rouge2=rouge2, longest=longest, longest_variant=variant)
        for system, (rouge1, rouge2, longest) in fractions.items()
    )


# Percent, as printed in the papers. Those on CNN/DailyMail score per sentence; summaries of XSum and Gigaword
# are one sentence, where both variants agree.
REFERENCE_POINTS: Final[dict[str, tuple[ReferencePoint, ...]]] = {
    "cnn_dailymail": _points(
        "rougeLsum", Lead_3=(40.34, 17.70, 36.57), BART=(44.16, 21.28, 40.90), BRIO=(47.78, 23.55, 44.57)
    ),
    "xsum": _points(
        "rougeL", Lead_3=(16.30, 1.60, 11.95), PEGASUS=(47.60, 24.83, 39.64), BRIO=(49.07, 25.59, 40.40)
    ),
    "gigaword": _points("rougeL", PEGASUS=(39.65, 20.47, 36.76)),
    "arxiv": (
        *_points("rougeL", PEGASUS=(44.21, 16.95, 25.67)),
        *_points("rougeLsum", LongT5=(48.35, 21.92, 44.27)),
    ),
    "samsum": (
        *_points("rougeL", flan_t5_base=(47.24, 23.51, 39.63), flan_t5_large=(49.5, 26.2, 42.1)),
        *_points("rougeLsum", flan_t5_base=(47.24, 23.51, 43.35)),
    ),
}
