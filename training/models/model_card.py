"""The model card: README.md of a finished training, written from the files in its folder."""

import json
from dataclasses import dataclass
from typing import Any, Final

from data.dataset.card import license_terms
from data.dataset.manifest import Manifest
from data.errors import StorageError
from data.store.files import read_json_object, write_bytes
from data.store.workspace import Workspace
from evaluation.measures.registry import MEASURES
from evaluation.report import Report, read_report
from evaluation.scores import ROUGE_TYPES
from training.models.device import uses_bf16
from training.models.export import has_published_layout
from training.models.other_programs import describe_other_programs
from training.models.provenance import Provenance, read_provenance
from training.options.assessment import Assessment, assess
from training.options.model_config import read_config
from training.options.model_kinds import BUILT_IN, ModelKind, detect_kind, num_image_tokens, pinned_revision
from training.options.run_folder import CONFIG, RunFolder

CARD: Final = "README.md"
_USE: Final = """\
## Use

```sh
deepsynth predict --model ./path/to/this/folder --input {input} --output summaries.jsonl
```

This writes texts as they were scored: with the prompt {prompt} right after the document, greedy, of up to
{max_length} tokens, without a repeat of {ngram} tokens within {window}.

{others}"""
_SHOWN_SETTINGS: Final = (
    "reads",
    "train",
    "router",
    "lora_r",
    "lora_alpha",
    "lora_dropout",
    "num_train_epochs",
    "max_steps",
    "per_device_train_batch_size",
    "gradient_accumulation_steps",
    "optim",
    "adam_beta2",
    "learning_rate",
    "lr_scheduler_type",
    "warmup_ratio",
    "weight_decay",
    "max_grad_norm",
    "max_length",
    "bf16",
    "blank_pages",
    "seed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _CardData:
    """The card in a card."""

    config: dict[str, Any]
    manifest: Manifest
    report: Report
    assessment: Assessment | None
    provenance: Provenance
    kind: ModelKind
    has_published_layout: bool

    @property
    def name(self) -> str:
        return str(self.config["output"])

    @property
    def start(self) -> str:
        """The model that the training started from, by the user's name for it."""
        return str(self.config["model"])

    @property
    def start_revision(self) -> str | None:
        """The commit, if the start is a Hub id."""
        return self.config["revision"] or pinned_revision(self.start)


def write_model_card(folder: RunFolder, manifest: Manifest, workspace: Workspace) -> None:
    """Write the card into the exported model.

    Args:
        folder: of the training; holds its configuration, provenance and final report.
        manifest: of the dataset that it was trained on.
        workspace: of the training.
    """
    provenance = read_provenance(folder.path)
    if provenance is None:
        raise StorageError(
            f"{folder.path} holds no record of its base model.", hint="Train again under another output name."
        )
    card = _CardData(
        config=read_json_object(folder.path / CONFIG),
        manifest=manifest,
        report=read_report(folder.path),
        assessment=assess(folder.path, workspace),
        provenance=provenance,
        kind=detect_kind(read_config(folder.model), provenance.base_model),
        has_published_layout=has_published_layout(folder.model),
    )
    sections = [section(card) for section in _SECTIONS]
    write_bytes(folder.model / CARD, "\n".join(sections).encode())


def _front_matter(card: _CardData) -> str:
    provenance = card.provenance
    lines = [
        "---",
        f"license: {provenance.licence}",
        "pipeline_tag: image-text-to-text",
        "library_name: transformers",
    ]
    root = provenance.base_model if provenance.base_revision else None
    base = card.start if card.start_revision else root
    if base:
        lines.append(f"base_model: {base}")
    return "\n".join([*lines, "tags:", "- deepsynth", "- deepseek-ocr", "- summarization", "---\n"])


def _introduction(card: _CardData) -> str:
    return (
        f"# {card.name}\n\nReads {_describe_read(card)} and writes its summary. "
        f"Fine-tuned with DeepSynth from {_lineage(card)}.\n"
    )


def _describe_read(card: _CardData) -> str:
    size_px = card.manifest.style["size_px"]
    pages = f"page images of {size_px} x {size_px} pixels"
    return {
        "pages": f"a document as {pages}",
        "text": f"the text of a document, cut to as many tokens as its {pages} have,",
        "whole_text": "the whole text of a document",
    }[card.provenance.reads]


def _lineage(card: _CardData) -> str:
    base, revision = card.provenance.base_model, card.provenance.base_revision
    root = (
        f"{base} at `{revision}`"
        if revision
        else f"DeepSynth's {BUILT_IN} model"
        if base
        else "a local model"
    )
    if card.start == base or card.start.startswith(("/", ".", "~")):
        return root
    start = (
        f"{card.start} at `{card.start_revision}`"
        if card.start_revision
        else f"the earlier training {card.start}"
    )
    return f"{start}, which began with {root}"


def _scores(card: _CardData) -> str:
    rouge, subject = card.report.rouge, card.report.subject
    rows = [
        f"| {name} | " + " | ".join(f"{100 * scores[kind]:.2f}" for kind in ROUGE_TYPES) + " |"
        for name, scores in card.report.table()
    ]
    lines = [
        "## Scores\n",
        *_verdict_lines(card),
        f"{subject.split.capitalize()} scores: ROUGE F-measure in percent, on {rouge.num_samples:,} samples "
        f"of the {subject.split} split of {subject.dataset}.\n",
        "| | " + " | ".join(ROUGE_TYPES) + " |",
        "|---|" + "---:|" * len(ROUGE_TYPES),
        *rows,
        _score_notes(card.report),
        *_measure_lines(card.report),
    ]
    return "\n".join(lines)


def _verdict_lines(card: _CardData) -> list[str]:
    if card.assessment is None:
        return []
    verdict = card.assessment.verdict
    return [f"**{verdict.metric}: {verdict.sentence}** {' '.join(verdict.notes)}".rstrip() + "\n"]


def _score_notes(report: Report) -> str:
    settings = report.rouge.settings
    intervals = ", ".join(
        f"{kind} {100 * score.low:.2f} to {100 * score.high:.2f}"
        for kind, score in report.rouge.scores.items()
    )
    return (
        f"\nIntervals of {settings.confidence:.0%} for the model ({settings.num_resamples:,} resamples): "
        f"{intervals}. Stemming {'on' if settings.stemmer else 'off'}, tokenizer {settings.tokenizer}, "
        f"sentences {settings.sentences}. {report.num_looping} summaries loop, {report.num_empty} are empty "
        f"and {report.num_cut} were cut off at the length limit.\n"
    )


def _measure_lines(report: Report) -> list[str]:
    """Return what ROUGE does not show, as a table: the model beside its baselines and the references."""
    measures = report.measures
    if measures is None:
        return []
    columns = [measures.model, *measures.baselines.values(), measures.references]
    names = [report.subject.model, *measures.baselines, "references"]
    lines = ["| | " + " | ".join(names) + " | |", "|---|" + "---:|" * len(names) + "---|"]
    for key, measure in MEASURES.items():
        if any(key in values for values in columns):
            found = (values.get(key) for values in columns)
            cells = [measure.format(value.mean) if value else "" for value in found]
            lines.append(f"| {measure.label} | {' | '.join(cells)} | {measure.note} |")
    return [
        "Beyond ROUGE, means over the samples:\n",
        *lines,
        f"\n{measures.note}\n" if measures.note else "",
    ]


def _use(card: _CardData) -> str:
    config, size_px = card.config, card.manifest.style["size_px"]
    reads_pages = card.provenance.reads == "pages"
    return _USE.format(
        input="page.png" if reads_pages else "document.txt",
        prompt=json.dumps(config["prompt"]),
        max_length=config["max_length"],
        ngram=config["no_repeat_ngram_size"],
        window=config["no_repeat_ngram_window_size"],
        others=describe_other_programs(
            card.kind, card.name, size_px, num_image_tokens(card.kind, size_px), card.has_published_layout
        )
        if reads_pages
        else "Other programs were not tried: a model that reads text is a control.\n",
    )


def _data(card: _CardData) -> str:
    terms = license_terms(card.manifest)
    warning = f"\n> **Terms.** {terms.warning}\n" if terms.warning else ""
    splits = ", ".join(f"{entry.counts.num_kept:,} {name}" for name, entry in card.manifest.splits.items())
    source = card.manifest.config["source"]
    origin = f"Hub dataset {source['id']}" if source["kind"] == "hub" else f"a {source['kind']} source"
    made_from = f"The page dataset {card.manifest.name} ({splits} samples), made from {origin}."
    if vary := card.provenance.rendering.vary:
        made_from += f" The style of its pages varies from document to document: `{vary}`."
    return f"## Data\n\n{made_from} Licence of the source texts: {terms.license}.\n{warning}"


def _settings(card: _CardData) -> str:
    shown = {name: card.config[name] for name in _SHOWN_SETTINGS if name in card.config}
    shown["bf16"] = uses_bf16(shown["bf16"])  # requested, and this machine has it
    versions = ", ".join(f"{name} {version}" for name, version in card.config["versions"].items())
    return f"## Training\n\n```json\n{json.dumps(shown, indent=2)}\n```\n\nMade with {versions}.\n"


_SECTIONS: Final = (_front_matter, _introduction, _scores, _use, _data, _settings)
