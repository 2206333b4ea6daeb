"""The prediction stage: images, PDFs, texts or a page dataset -> one line of JSON each."""

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from accelerate import PartialState

from data.errors import SourceError, listed
from data.page_modes import MODES, PageMode
from data.progress import Progress
from data.rendering.missing import missing_glyph_warnings
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock
from evaluation.samples.build import index_samples
from evaluation.samples.kept_pages import MAX_KEPT_PAGES, KeptPages, PredictionSource, predicted_samples_of
from training.generation.generate_text import Items, Prediction, generate_batch
from training.generation.input_files import InputFiles, UnreadableInput
from training.generation.prediction_log import PredictionLog
from training.generation.summarizer import Summarizer, load_summarizer
from training.inputs.dataset import PageSample, open_dataset
from training.inputs.pixels import page_png
from training.models.processes import join_processes
from training.options.decoding_config import PredictionConfig
from training.options.inputs_in_use import hold_inputs
from training.options.model_names import trained_reads

DEFAULT_OUTPUT = "predictions.jsonl"
NUM_EXAMPLES = 3
MAX_NAMED = 5


_Work = tuple[Summarizer, Items[PageSample | UnreadableInput], list[Any]]
"""The loaded model, its inputs, and JSON values that say which inputs these are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionResult:
    """The file of the predictions, and counts over them."""

    path: Path
    num_samples: int
    num_failed: int
    """Inputs that could not be read; their lines hold the error."""
    num_looping: int
    num_cut: int

    @classmethod
    def of(cls, path: Path, predictions: Sequence[Prediction]) -> "PredictionResult":
        return cls(
            path=path,
            num_samples=len(predictions),
            num_failed=sum(prediction.error is not None for prediction in predictions),
            num_looping=sum(prediction.looping for prediction in predictions),
            num_cut=sum(prediction.cut for prediction in predictions),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: the `result` of a job."""
        with self.path.open("rb") as lines:
            examples = [json.loads(line) for line in islice(lines, NUM_EXAMPLES)]
        return {**asdict(self), "path": str(self.path), "examples": examples}


def predict(config: PredictionConfig, workspace: Workspace, progress: Progress) -> PredictionResult:
    """Summarise inputs that a model has not seen. An input that cannot be read gets a line with its error.

    Raises:
        NotFound, InvalidInput, SourceError: the inputs, the dataset or the model cannot be used.
        Conflict: another process is writing predictions of that name.
        Stopped: the listener asked to stop; the texts written so far are kept.
    """
    progress = join_processes(progress)
    name = config.output or DEFAULT_OUTPUT
    is_main_process = PartialState().is_main_process
    with (
        hold_writer_lock(workspace, "prediction", name) if is_main_process else nullcontext(),
        hold_inputs(workspace, config.dataset, config.model),
    ):
        return _predict_into(workspace.predictions / name, config, workspace, progress)


def _predict_into(
    path: Path, config: PredictionConfig, workspace: Workspace, progress: Progress
) -> PredictionResult:
    load = _load_for_dataset if config.dataset else _load_for_files
    progress.begin("Loading", 0.0, 0.05)
    summarizer, items, read = load(config, workspace, progress)
    work = summarizer.work_digest(*read)
    processes, kept = PartialState(), KeptPages(path, work)
    progress.begin("Writing summaries", 0.05, 0.97)
    if processes.is_main_process:
        kept.write_source(_source(config, workspace))
    processes.wait_for_everyone()

    def generate(batch: Sequence[PageSample | UnreadableInput]) -> list[Prediction]:
        if not config.dataset:
            _keep_pages(kept, batch, MODES[summarizer.rendering.mode].size_px)
        return _predict_batch(summarizer, batch)

    log = PredictionLog(path, work)
    log.run(items, summarizer.decoding.batch_size, generate, progress)
    progress.begin("Sorting the samples", 0.97, 1.0)
    if processes.is_main_process:
        _warn_failed_predictions(log.predictions, summarizer.decoding.max_new_tokens, progress)
        summarizer.warn_of_longer_documents([each.num_pages for each in log.predictions], progress)
        _warn_missing_glyphs(log.predictions, summarizer.rendering.mode, progress)
        kept.finish()
        log.finish(_record)
        if path.is_file():  # not a pipe or device that was written through
            index_samples(predicted_samples_of(path), workspace, progress)
    processes.wait_for_everyone()
    return PredictionResult.of(path, log.predictions)


def _load_for_dataset(config: PredictionConfig, workspace: Workspace, progress: Progress) -> _Work:
    dataset = open_dataset(workspace, str(config.dataset))
    samples = dataset.split(config.split).first(config.max_samples)
    summarizer = load_summarizer(config, dataset.mode, max(samples.num_pages()), workspace, progress)
    return summarizer, samples, [dataset.fingerprint, config.split, config.max_samples]


def _load_for_files(config: PredictionConfig, workspace: Workspace, progress: Progress) -> _Work:
    files = InputFiles.find(config.inputs, workspace)
    for text in files.unread:
        progress.message(text, "warning")
    # One page must fit; files with more pages than fit are refused one by one.
    summarizer = load_summarizer(config, config.mode, 1, workspace, progress)
    style = summarizer.rendering
    items = files.as_page_inputs(
        style, summarizer.page_capacity, config.max_pages, needs_text=summarizer.reads != "pages"
    )
    return summarizer, items, [files.fingerprint, style.model_dump(mode="json"), config.max_pages]


def _source(config: PredictionConfig, workspace: Workspace) -> PredictionSource:
    if not config.dataset:
        return PredictionSource()
    fingerprint = open_dataset(workspace, config.dataset).fingerprint
    return PredictionSource(
        dataset=config.dataset,
        split=config.split,
        fingerprint=fingerprint,
        reads=trained_reads(config.model, workspace),
    )


def _keep_pages(kept: KeptPages, batch: Sequence[PageSample | UnreadableInput], page_size_px: int) -> None:
    """Keep the pages as the model sees them, for people to look at."""
    for item in batch:
        if isinstance(item, PageSample):
            kept.write(
                item.document_id, [page_png(page, page_size_px) for page in item.pages[:MAX_KEPT_PAGES]]
            )


def _predict_batch(summarizer: Summarizer, batch: Sequence[PageSample | UnreadableInput]) -> list[Prediction]:
    samples = [item for item in batch if isinstance(item, PageSample)]
    made = iter(
        generate_batch(summarizer.model, summarizer.collator, samples, summarizer.decoding) if samples else []
    )
    return [
        Prediction(document_id=item.document_id, reference="", num_pages=0, text="", error=item.error)
        if isinstance(item, UnreadableInput)
        else next(made)
        for item in batch
    ]


def _warn_failed_predictions(predictions: Sequence[Prediction], max_length: int, progress: Progress) -> None:
    """Warn of inputs without a complete summary. Raises SourceError if no input could be read."""
    failed = [prediction for prediction in predictions if prediction.error is not None]
    if len(failed) == len(predictions):
        text = f"None of the inputs can be read. {failed[0].error}"
        raise SourceError(text, fields={"inputs": "cannot be read"})
    marked = {
        "inputs could not be read": failed,
        "texts are looping": [item for item in predictions if item.looping],
        f"texts are cut off at max_length={max_length}": [item for item in predictions if item.cut],
        "documents have more pages than were read": [item for item in predictions if item.num_pages_left_out],
        "documents have more text than the model holds": [item for item in predictions if item.document_cut],
    }
    for fault, some in marked.items():
        if some:
            names = listed([prediction.document_id for prediction in some], MAX_NAMED)
            progress.message(f"{len(some):,} of {len(predictions):,} {fault}: {names}.", "warning")


def _warn_missing_glyphs(predictions: Sequence[Prediction], mode: PageMode, progress: Progress) -> None:
    """Warn of characters of texts that their pages do not show as they are: the model could not read them."""
    totals: Counter[str] = Counter()
    for prediction in predictions:
        totals.update(prediction.missing_glyphs)
    for sentence in missing_glyph_warnings(totals, mode):
        progress.message(sentence, "warning")


def _record(prediction: Prediction) -> dict[str, Any]:
    return {
        "input": prediction.document_id,
        "num_pages": prediction.num_pages,
        "num_pages_left_out": prediction.num_pages_left_out,
        "document_cut": prediction.document_cut,
        "summary": prediction.text,
        "num_tokens": prediction.num_tokens,
        "cut": prediction.cut,
        "looping": prediction.looping,
        "missing_glyphs": prediction.missing_glyphs,
        "error": prediction.error,
    }
