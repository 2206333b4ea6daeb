"""The reading check: a model transcribes pages of a dataset, each alone; its character errors are counted.

It tells whether a model reads pages of a style, before money is spent on a training with them.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from accelerate import PartialState

from data.dataset.shards import read_samples, require_texts
from data.errors import InvalidInput
from data.progress import Progress
from data.records import Sample
from data.store.files import storage_error
from data.store.workspace import Workspace, plain_name
from data.store.writer import hold_writer_lock
from evaluation.reading import (
    ReadingReport,
    ReadPage,
    compare_pages,
    read_reading_report,
    reading_report,
    write_reading_report,
)
from evaluation.report import now
from evaluation.scores import SampleMean
from training.generation.generate_text import Prediction, generate_batch
from training.generation.prediction_log import PredictionLog
from training.generation.summarizer import Summarizer, load_summarizer, with_trained_decoding
from training.inputs.collate import Collator
from training.inputs.dataset import PageDatasetFolder, PageSample, open_dataset
from training.inputs.tokens import token_layout_for
from training.models.model_files import find_model
from training.models.processes import join_processes
from training.options.inputs_in_use import hold_inputs
from training.options.model_names import require_page_reader
from training.options.reading_config import CANNOT_TRANSCRIBE, MAX_TRANSCRIPTION_TOKENS, ReadingCheckConfig

PAGES: Final = "pages.jsonl"
"""The pages with their transcriptions, in the order of the split."""
NUM_WORST: Final = 5
_LIBRARIES: Final = ("deepsynth", "numpy", "torch", "transformers")


@dataclass(frozen=True, slots=True)
class ReadingResult:
    """The report of a reading check, and the folder that holds it."""

    folder: Path
    report: ReadingReport
    worst: tuple[ReadPage, ...]
    """The pages with the highest error rates."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: the `result` of a job."""
        report = self.report
        counts = ("num_pages", "num_characters", "num_looping", "num_cut", "num_empty")
        return {
            "folder": str(self.folder),
            "split": report.split,
            **_rate_row(report.character_error_rate),
            "num_documents": report.character_error_rate.num_samples,
            **{name: getattr(report, name) for name in counts},
            "fonts": [
                {
                    "font_family": font.font_family,
                    "font_size_px": font.font_size_px,
                    "num_pages": font.num_pages,
                    **_rate_row(font.character_error_rate),
                }
                for font in report.fonts
            ],
            "worst_pages": [_worst_row(page) for page in self.worst],
        }


def check_reading(config: ReadingCheckConfig, workspace: Workspace, progress: Progress) -> ReadingResult:
    """Let a model transcribe pages of sampled documents, and compare them with what the pages show.

    Raises:
        NotFound, UnknownName, InvalidInput: there is no such dataset, split or model, the model cannot read
            its pages, or the dataset stores no texts.
        Conflict: another process is writing that check.
        Stopped: the listener asked to stop; the transcriptions written so far are kept.
    """
    progress = join_processes(progress)
    if PartialState().num_processes > 1:
        raise InvalidInput("A reading check is the work of one process.", hint="Start it without a launcher.")
    name = config.output or _default_output(config)
    folder = workspace.reading_checks / name
    with (
        hold_writer_lock(workspace, "reading check", name),
        hold_inputs(workspace, config.dataset, config.model),
    ):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(folder, error) from error
        return _check_into(folder, config, workspace, progress)


def _check_into(
    folder: Path, config: ReadingCheckConfig, workspace: Workspace, progress: Progress
) -> ReadingResult:
    progress.begin("Loading", 0.0, 0.05)
    require_page_reader(config.model, workspace, CANNOT_TRANSCRIBE, "model")
    dataset = open_dataset(workspace, config.dataset)
    require_texts(dataset.folder, config.split)
    samples = _choose_samples(dataset, config)
    config = with_trained_decoding(_with_max_length(config, dataset, samples, workspace), workspace)
    reader = load_summarizer(config, dataset.mode, 1, workspace, progress)
    progress.begin("Reading pages", 0.05, 0.95)
    log = _transcribe(folder, config, dataset, samples, reader, progress)
    progress.begin("Comparing texts", 0.95, 1.0)
    pages = list(_compare(samples, log.predictions, str(dataset.manifest.style["font_family"])))
    report = reading_report(
        pages,
        config=config.model_dump(mode="json"),
        model=config.model,
        dataset=config.dataset,
        dataset_fingerprint=dataset.fingerprint,
        split=config.split,
        mode=dataset.mode,
        blank_pages=config.blank_pages,
        created=now(),
        versions={name: version(name) for name in _LIBRARIES},
    )
    lines = map(asdict, pages)  # the log keeps their order
    log.finish(lambda _: next(lines))
    write_reading_report(folder, report)
    _warn(report, progress)
    worst = sorted(pages, key=lambda page: page.character_error_rate, reverse=True)
    return ReadingResult(folder, read_reading_report(folder), tuple(worst[:NUM_WORST]))


def _choose_samples(dataset: PageDatasetFolder, config: ReadingCheckConfig) -> list[Sample]:
    """Return the sampled documents in the order of the split; `row` of each is that of the split."""
    num_kept = dataset.manifest.require_split(config.split).counts.num_kept
    rng = random.Random(config.seed)  # noqa: S311 - a reproducible choice, not a secret one
    rows = sorted(rng.sample(range(num_kept), min(config.num_documents, num_kept)))
    return [next(read_samples(dataset.folder, config.split, row, row + 1)) for row in rows]


def _with_max_length(
    config: ReadingCheckConfig, dataset: PageDatasetFolder, samples: Sequence[Sample], workspace: Workspace
) -> ReadingCheckConfig:
    """Return the configuration with the longest transcription filled in: twice the tokens of the fullest
    page, as far as the model's positions hold them."""
    if config.max_length is not None:
        return config
    model_files = find_model(config.model, config.revision, workspace)
    layout = token_layout_for(model_files, dataset.mode, config.prompt, max_length=0)
    room = layout.max_document_tokens - layout.num_page_tokens
    fullest = max(_fullest_page(sample, len(layout.encode_text(sample.document.text))) for sample in samples)
    longest = min(2 * fullest, room, MAX_TRANSCRIPTION_TOKENS)
    return config.model_copy(update={"max_length": max(2, longest)})


def _fullest_page(sample: Sample, num_tokens: int) -> int:
    """Return the tokens of a document's fullest page, given those of its text in the model's vocabulary."""
    page_tokens = [page.num_text_tokens for page in sample.pages]
    return num_tokens * max(page_tokens) // max(1, sum(page_tokens)) + 1


def _transcribe(
    folder: Path,
    config: ReadingCheckConfig,
    dataset: PageDatasetFolder,
    samples: Sequence[Sample],
    reader: Summarizer,
    progress: Progress,
) -> PredictionLog:
    """Transcribe each page alone; a stopped check goes on after the pages that it has read."""
    items = [
        PageSample(document_id=f"{sample.document.id}, page {page.number}", pages=(page.png,))
        for sample in samples
        for page in sample.pages
    ]
    rows = [sample.document.row for sample in samples]
    work = reader.work_digest(dataset.fingerprint, config.split, rows, config.blank_pages)
    collator = Collator(reader.collator.token_layout, config.blank_pages)
    log = PredictionLog(folder / PAGES, work)
    generate = partial(generate_batch, reader.model, collator, decoding=reader.decoding)
    log.run(items, reader.decoding.batch_size, generate, progress)
    return log


def _compare(
    samples: Sequence[Sample], transcriptions: Sequence[Prediction], font_family: str
) -> Iterator[ReadPage]:
    """Yield the pages of all documents in order. `font_family`: of documents whose style does not vary."""
    left = iter(transcriptions)
    for sample in samples:
        read = [next(left) for _ in sample.pages]
        compared = compare_pages(
            sample.document.text,
            [page.num_text_tokens for page in sample.pages],
            [each.text for each in read],
            is_cut=sample.truncated,
        )
        for page, found, transcription in zip(sample.pages, compared, read, strict=True):
            yield ReadPage(
                document_id=sample.document.id,
                row=sample.document.row,
                page=page.number,
                font_family=str(sample.style.get("font_family", font_family)),
                font_size_px=sample.font_size_px,
                transcription=transcription.text,
                text=found.text,
                num_characters=len(found.text),
                num_errors=found.num_errors,
                cut=transcription.cut,
                looping=transcription.looping,
            )


def _warn(report: ReadingReport, progress: Progress) -> None:
    rate = report.character_error_rate
    read = "blank pages" if report.blank_pages else "pages"
    progress.message(
        f"{report.model} reads {report.num_pages:,} {read} with {rate.mean:.2%} character errors "
        f"(95% interval {rate.low:.2%} to {rate.high:.2%})."
    )
    for number, fault in ((report.num_looping, "loop"), (report.num_cut, "are cut off at max_length")):
        if number:
            progress.message(f"{number:,} of {report.num_pages:,} transcriptions {fault}.", "warning")


def _rate_row(rate: SampleMean) -> dict[str, float]:
    return {"character_error_rate": rate.mean, "low": rate.low, "high": rate.high}


def _worst_row(page: ReadPage) -> dict[str, Any]:
    return {
        "document_id": page.document_id,
        "row": page.row,
        "page": page.page,
        "character_error_rate": page.character_error_rate,
        "transcription": page.transcription,
        "text": page.text,
    }


def _default_output(config: ReadingCheckConfig) -> str:
    name = config.model.strip("/.~").replace("/", "-")
    return plain_name(f"{name}-{config.dataset}-{config.split}{'-blank' if config.blank_pages else ''}")
