"""Evaluate a model on a page dataset by generation: the evaluation stage, and the end of each training."""

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Any

from accelerate import PartialState
from torch import nn

from data.dataset.shards import read_texts
from data.progress import PartialProgress, Progress
from data.store.files import storage_error, write_json
from data.store.workspace import Workspace, plain_name
from data.store.writer import hold_writer_lock
from evaluation.evaluate import evaluate
from evaluation.report import REPORT, Report, Subject, read_report, write_report
from evaluation.samples.build import index_samples
from evaluation.samples.store import SampleSet
from training.generation.decoding import Decoding
from training.generation.generate_text import Prediction, generate_batch
from training.generation.prediction_log import PredictionLog, prediction_record, work_digest
from training.generation.summarizer import Summarizer, load_summarizer, with_trained_decoding
from training.generation.text_model import TextModel, TruncatedTexts, load_text_model
from training.inputs.collate import Collator
from training.inputs.dataset import PageDataset, PageSample, open_dataset
from training.inputs.targets import warn_cut_documents
from training.models.device import compute_device, compute_dtype
from training.models.processes import join_processes
from training.options.decoding_config import BLANK_PAGES_CHANGE_NOTHING, EvaluationConfig
from training.options.inputs_in_use import hold_inputs
from training.options.model_names import require_page_reader, trained_reads
from training.options.reads import Reads
from training.options.run_folder import EVALUATION_CONFIG, PREDICTIONS, TEXT_PREDICTIONS

NUM_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """The report of an evaluation, and the folder that holds it."""

    folder: Path
    report: Report
    examples: tuple[Mapping[str, Any], ...]
    """The first lines of its predictions."""

    @classmethod
    def read(cls, folder: Path) -> "EvaluationResult":
        """Read the files that `evaluate_into` wrote."""
        with (folder / PREDICTIONS).open("rb") as lines:
            examples = tuple(json.loads(line) for line in islice(lines, NUM_EXAMPLES))
        return cls(folder, read_report(folder), examples)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form: the `result` of a job."""
        return {
            "folder": str(self.folder),
            "split": self.report.subject.split,
            "table": self.report.table_rows(),
            "intervals": self.report.intervals(),
            "differences": self.report.difference_rows(),
            "measures": self.report.measure_rows(),
            "num_samples": self.report.rouge.num_samples,
            "num_looping": self.report.num_looping,
            "num_cut": self.report.num_cut,
            "examples": list(self.examples),
        }


def evaluate_model(config: EvaluationConfig, workspace: Workspace, progress: Progress) -> EvaluationResult:
    """Evaluate a model on one split: predictions, ROUGE with confidence intervals, and the lead baselines.

    Raises:
        NotFound, InvalidInput: there is no such dataset, split or model, or the model cannot read its pages.
        Conflict: another process is writing that evaluation.
        Stopped: the listener asked to stop; the texts written so far are kept.
    """
    progress = join_processes(progress)
    config = with_trained_decoding(config, workspace)
    name = config.output or _default_output(config)
    folder, is_main_process = workspace.evaluations / name, PartialState().is_main_process
    with (
        hold_writer_lock(workspace, "evaluation", name) if is_main_process else nullcontext(),
        hold_inputs(workspace, config.dataset, config.model),
    ):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error(folder, error) from error
        dataset = open_dataset(workspace, config.dataset)
        if is_main_process:
            _write_config(folder, config, dataset.fingerprint, trained_reads(config.model, workspace))
            dataset.warn_of_losses(progress)
        result = evaluate_into(folder, config, workspace, PartialProgress(progress, 0.0, 0.97))
        progress.begin("Sorting the samples", 0.97, 1.0)
        if is_main_process:
            samples = SampleSet(
                collection="evaluations",
                name=name,
                predictions=folder / PREDICTIONS,
                text_predictions=folder / TEXT_PREDICTIONS if config.text_model else None,
                text_model=config.text_model,
                dataset=config.dataset,
                split=config.split,
                fingerprint=dataset.fingerprint,
                blank_pages=config.blank_pages,
            )
            index_samples(samples, workspace, progress)
        return result


def _write_config(folder: Path, config: EvaluationConfig, dataset_fingerprint: str, reads: Reads) -> None:
    """Write the configuration, and remove the report of another one or of another dataset: they belong
    together."""
    path = folder / EVALUATION_CONFIG
    earlier = path.read_bytes() if path.exists() else b""
    read = {"dataset_fingerprint": dataset_fingerprint, "reads": reads}
    write_json(path, {**config.model_dump(mode="json"), **read})
    if path.read_bytes() != earlier:
        (folder / REPORT).unlink(missing_ok=True)


def evaluate_into(
    folder: Path, config: EvaluationConfig, workspace: Workspace, progress: Progress, step: int | None = None
) -> EvaluationResult:
    """Generate a summary of each sample, score it, and write report.json and predictions.jsonl into a folder.

    Of several processes each generates its share, and the first one scores.

    Args:
        step: the optimizer step that the model is of, for the predictions.

    Raises:
        InvalidInput: the dataset has no such split, or the model cannot read its pages.
        Stopped: as `evaluate_model`.
    """
    progress.begin("Loading", 0.0, 0.05)
    dataset = open_dataset(workspace, config.dataset)
    samples = dataset.split(config.split).first(config.max_samples)
    if config.blank_pages:
        require_page_reader(config.model, workspace, BLANK_PAGES_CHANGE_NOTHING, "blank_pages")
    text_model = _text_model(config, workspace)  # loaded first: an error appears before hours of generation
    summarizer = load_summarizer(config, dataset.mode, max(samples.num_pages()), workspace, progress)
    if PartialState().is_main_process:
        summarizer.warn_of_longer_documents(samples.num_pages(), progress)
        layout = summarizer.collator.token_layout
        warn_cut_documents(samples.document_ids(), samples.texts(), layout, progress)
    read = [dataset.fingerprint, config.split, config.max_samples]
    log = PredictionLog(folder / PREDICTIONS, summarizer.work_digest(*read, config.blank_pages))
    own_end = 0.5 if text_model else 0.95
    progress.begin("Writing summaries", 0.05, own_end)
    logs = {config.model: _predict(log, summarizer, samples, config.blank_pages, progress)}
    if text_model:
        nn.Module.to(summarizer.model, "cpu")  # frees GPU memory for the text model
        progress.begin("Writing summaries by the text model", own_end, 0.95)
        tokens_per_page = summarizer.collator.token_layout.num_page_tokens
        texts = text_model.truncate_documents(samples, tokens_per_page, progress)
        log = _predict_with_text_model(text_model, texts, folder, [*read, tokens_per_page], config, progress)
        logs[f"{config.text_model} on cut text"] = log
    progress.begin("Scoring", 0.95, 1.0)
    processes = PartialState()
    if processes.is_main_process:
        subject = Subject(
            model=config.model,
            dataset=config.dataset,
            split=config.split,
            benchmark=dataset.benchmark,
            reads=summarizer.reads,
            **_mean_tokens(summarizer, samples),
        )
        rows = islice(read_texts(dataset.folder, config.split), len(samples))
        page_tokens = [row.get("page_text_tokens") or () for row in rows]
        _write_report(folder, subject, logs, samples.texts(), page_tokens, progress)
        for log in logs.values():
            log.finish(lambda prediction: prediction_record(prediction, step))
    processes.wait_for_everyone()
    return EvaluationResult.read(folder)


def _mean_tokens(summarizer: Summarizer, samples: PageDataset) -> dict[str, float | None]:
    """Return the mean tokens of the documents, as the model reads them and of their whole texts."""
    layout, texts = summarizer.collator.token_layout, samples.texts()
    read = (len(layout.encode_document(*each)) for each in zip(samples.num_pages(), texts, strict=True))
    whole = mean(len(layout.encode_text(text)) for text in texts) if any(texts) else None
    return {"mean_document_tokens": mean(read), "mean_text_tokens": whole}


def _text_model(config: EvaluationConfig, workspace: Workspace) -> TextModel | None:
    if config.text_model is None:
        return None
    revision, dtype = config.text_model_revision, compute_dtype(config.bf16)
    max_new_tokens = Decoding.of(config, bf16=False).max_new_tokens
    return load_text_model(config.text_model, revision, max_new_tokens, workspace, dtype)


def _predict(
    log: PredictionLog, summarizer: Summarizer, samples: PageDataset, blank_pages: bool, progress: Progress
) -> PredictionLog:
    collator = Collator(summarizer.collator.token_layout, blank_pages)

    def generate(batch: Sequence[PageSample]) -> list[Prediction]:
        return generate_batch(summarizer.model, collator, batch, summarizer.decoding)

    log.run(samples, summarizer.decoding.batch_size, generate, progress)
    return log


def _predict_with_text_model(
    text_model: TextModel,
    texts: TruncatedTexts,
    folder: Path,
    read: list[Any],
    config: EvaluationConfig,
    progress: Progress,
) -> PredictionLog:
    nn.Module.to(text_model.model, compute_device())
    work = work_digest(text_model.model, *read, config.max_length, config.per_device_eval_batch_size)
    log = PredictionLog(folder / TEXT_PREDICTIONS, work)
    log.run(texts, config.per_device_eval_batch_size, text_model.summarize, progress)
    return log


def _write_report(
    folder: Path,
    subject: Subject,
    logs: Mapping[str, PredictionLog],
    documents: Sequence[str],
    page_tokens: Sequence[Sequence[int]],
    progress: Progress,
) -> None:
    """Score the model's summaries, and those of other models as baselines."""
    own, *others = logs.items()
    predictions = own[1].predictions
    num_cut = sum(prediction.cut for prediction in predictions)
    texts, references = [p.text for p in predictions], [p.reference for p in predictions]
    baselines = {name: [prediction.text for prediction in log.predictions] for name, log in others}
    report = evaluate(
        subject, texts, references, documents, baselines=baselines, num_cut=num_cut, page_tokens=page_tokens
    )
    write_report(folder, report)
    if num_cut:
        progress.message(f"{num_cut:,} of {len(texts):,} texts are cut off at max_length.", "warning")


def _default_output(config: EvaluationConfig) -> str:
    name = config.model.strip("/.~").replace("/", "-")
    return plain_name(f"{name}-{config.dataset}-{config.split}{'-blank' if config.blank_pages else ''}")
