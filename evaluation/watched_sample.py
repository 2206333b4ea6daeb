"""One validation sample whose summary is kept at each validation, so that people see how a model learns.

Imports no torch: the web process reads the file.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from data.errors import NotFound, StorageError
from data.store.files import write_json
from data.validation import read_record

WATCHED_SAMPLE: Final = "watched_sample.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedText:
    """What the model wrote after an optimizer step, and its ROUGE-L F-measure, 0 to 1."""

    step: int
    text: str
    rougeL: float  # noqa: N815 - the name of the metric


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSample:
    """The texts by step, from the first to the latest."""

    document_id: str
    reference: str
    texts: tuple[WatchedText, ...] = ()


def add_watched_text(folder: Path, sample: WatchedSample, step: int, text: str) -> None:
    """Add the text of a step to the file in a training's folder.

    Texts of this step and of later ones, from before a resume, are dropped. A file that is damaged, or of
    another sample, begins anew: it is for looking only, and no training ends for it.

    Raises:
        StorageError: the disk is full or not writable.
    """
    from evaluation.rouge import rouge  # noqa: PLC0415 - the web process, which has no ROUGE, reads the file

    path = folder / WATCHED_SAMPLE
    try:
        known = read_record(path, WatchedSample)
    except (NotFound, StorageError):
        known = sample
    is_same = (known.document_id, known.reference) == (sample.document_id, sample.reference)
    earlier = [each for each in known.texts if each.step < step] if is_same else []
    score: Mapping[str, float] = rouge([text], [sample.reference]).fmeasures()
    texts = [*earlier, WatchedText(step=step, text=text, rougeL=score["rougeL"])]
    write_json(path, {**asdict(sample), "texts": [asdict(each) for each in texts]})
