"""The verdict on a model in the answers of the API."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field

from evaluation.verdicts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Control:
    """The evaluation that tells reading from guessing: that of a score, with blank pages."""

    request: Annotated[dict[str, Any], Field(description="body for POST /api/model/evaluate")]
    job_id: Annotated[str | None, Field(description="the job that makes it now; null: there is none")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVerdict(Verdict):
    """What a score is worth, and what would make that firmer."""

    control: Annotated[
        Control | None, Field(description="null: its result is known, or it would decide nothing")
    ]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)
