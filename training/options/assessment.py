"""The verdict on the model of a training or an evaluation, from the files of its folder and of the evaluation
that differs in blank pages only, wherever in the workspace that is.

No torch here: the web service reads this.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

from data.errors import DeepSynthError, InvalidInput, NotFound, StorageError
from data.store.files import read_json_object
from data.store.workspace import Workspace
from data.validation import parse_config
from evaluation.report import REPORT, Report, read_report
from evaluation.training_metrics import read_metrics
from evaluation.verdicts.course import TrainingCourse
from evaluation.verdicts.evidence import COPIES, Evidence
from evaluation.verdicts.verdict import Verdict, judge, judge_control
from training.options.config import TrainingConfig
from training.options.decoding_config import EvaluationConfig
from training.options.model_kinds import BUILT_IN
from training.options.model_names import local_folder, trained_reads
from training.options.run_folder import CONFIG, EVALUATION_CONFIG, RUN

CONTROL_NOTE: Final = "This evaluation is the control, which showed the model blank pages."
_DECIDING_FIELDS: Final = (
    "model",
    "revision",
    "dataset",
    "split",
    "prompt",
    "max_length",
    "no_repeat_ngram_size",
    "no_repeat_ngram_window_size",
)
"""Fields that decide the texts of an evaluation, besides its samples and whether their pages are blank."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A verdict, and what would make it firmer."""

    verdict: Verdict
    control: EvaluationConfig | None
    """The evaluation that tells reading from guessing: the same one with blank pages. None: it was made, it
    would decide nothing, or it cannot be made any more."""

    @property
    def control_request(self) -> dict[str, Any]:
        """The split of that evaluation and its values that differ from the defaults; empty: there is none."""
        if self.control is None:
            return {}
        return self.control.model_dump(mode="json", exclude_defaults=True) | {"split": self.control.split}


@dataclass(frozen=True, slots=True)
class _Scored:
    """A report, and the evaluation that wrote it."""

    config: EvaluationConfig
    report: Report

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the folder of an evaluation or of a training. Raises NotFound, StorageError, InvalidInput."""
        report = read_report(folder)
        if (folder / EVALUATION_CONFIG).exists():
            values = read_json_object(folder / EVALUATION_CONFIG)
            return cls(parse_config(EvaluationConfig, _known(values, EvaluationConfig)), report)
        values = read_json_object(folder / CONFIG)
        config = parse_config(TrainingConfig, _known(values, TrainingConfig))
        return cls(evaluation_of_training(config, report.subject.split), report)

    def differs_in_pages_only(self, other: "_Scored") -> bool:
        """Return whether both read the same samples in the same way, one of them with blank pages."""
        return (
            self.config.blank_pages != other.config.blank_pages
            and all(getattr(self.config, name) == getattr(other.config, name) for name in _DECIDING_FIELDS)
            and has_same_samples(self.report, other.report)
        )


def assess(folder: Path, workspace: Workspace) -> Assessment | None:
    """Return the verdict on the model that a folder holds the report of; None: it holds no report.

    Args:
        folder: of a training or an evaluation.

    Raises:
        StorageError, InvalidInput: a file of that folder is damaged.
    """
    if not (folder / REPORT).exists():
        return None
    scored = _Scored.read(folder)
    other = _find_counterpart(scored, workspace)
    if scored.config.blank_pages and other is None:
        return Assessment(judge_control(scored.report), None)
    pages, blank = (other, scored) if scored.config.blank_pages and other else (scored, other)
    verdict = judge(Evidence(pages.report, blank.report if blank else None, _course(pages, workspace)))
    if blank is scored:
        verdict = replace(verdict, notes=(*verdict.notes, CONTROL_NOTE))
    is_wanted = (
        blank is None
        and verdict.level != "unknown"
        and _has_current_model(pages, workspace)
        and trained_reads(pages.config.model, workspace) == "pages"
    )
    return Assessment(verdict, _control_of(pages.config) if is_wanted else None)


def evaluation_of_training(config: TrainingConfig, split: str) -> EvaluationConfig:
    """Return the evaluation at the end of a training; the command `evaluate` repeats it. Its prompt is that
    of the training, as the model's files say."""
    shared = TrainingConfig.model_fields.keys() & EvaluationConfig.model_fields.keys()
    values = config.model_dump(include=shared - {"model", "revision", "output", "prompt"})
    return EvaluationConfig.model_validate(
        {**values, "model": config.output, "split": split, "max_samples": config.num_test_samples}
    )


def _control_of(config: EvaluationConfig) -> EvaluationConfig:
    changes = {"blank_pages": True, "output": None, "text_model": None, "text_model_revision": None}
    return config.model_copy(update=changes)


def _known(values: dict[str, Any], config: type[TrainingConfig | EvaluationConfig]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in config.model_fields}


def has_same_samples(report: Report, other: Report) -> bool:
    """Return whether two reports are of the same samples: then the scores of the copying baselines are equal
    to the last digit, and so are the lengths of the references."""
    return (
        report.mean_reference_words == other.mean_reference_words
        and report.rouge.num_samples == other.rouge.num_samples
        and all(report.baselines.get(name) == other.baselines.get(name) for name in COPIES)
    )


def _find_counterpart(scored: _Scored, workspace: Workspace) -> _Scored | None:
    """Return the newest score of the same weights on the same samples with the other kind of pages."""
    if not _has_current_model(scored, workspace):
        return None
    found = (
        other
        for other in _scores_of(scored.config.model, workspace)
        if scored.differs_in_pages_only(other) and _has_current_model(other, workspace)
    )
    return max(found, key=lambda other: other.report.created, default=None)


def _scores_of(model: str, workspace: Workspace) -> Iterator[_Scored]:
    folders = [path.parent for path in workspace.evaluations.glob(f"[!.]*/{EVALUATION_CONFIG}")]
    for folder in (_training_folder(model, workspace), *folders):
        # A damaged report of another job is no counterpart; that job's own page says what is wrong with it.
        with suppress(NotFound, StorageError, InvalidInput):
            if folder and _is_of(folder, model):
                yield _Scored.read(folder)


def _is_of(folder: Path, model: str) -> bool:
    """Return whether a folder is that of an evaluation of a model, or of the training that made it."""
    path = folder / EVALUATION_CONFIG
    return not path.exists() or read_json_object(path).get("model") == model


def _has_current_model(scored: _Scored, workspace: Workspace) -> bool:
    """Return whether the model of a score is there, and was not trained again since."""
    folder = _training_folder(scored.config.model, workspace)
    if folder is None:
        return scored.config.model == BUILT_IN or "/" in scored.config.model
    return not (folder / REPORT).exists() or read_report(folder).created <= scored.report.created


def _training_folder(model: str, workspace: Workspace) -> Path | None:
    """Return the folder of the training with that name; None: the model is no training of this workspace."""
    try:
        folder = local_folder(model, workspace) if model != BUILT_IN else None
    except DeepSynthError:  # a path that leads nowhere any more
        return None
    return folder if folder and (folder / RUN).is_file() else None


def _course(scored: _Scored, workspace: Workspace) -> TrainingCourse | None:
    folder = _training_folder(scored.config.model, workspace)
    if folder is None or not _has_current_model(scored, workspace):
        return None
    return TrainingCourse.of(read_metrics(folder))
