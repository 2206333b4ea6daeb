"""The model card: README.md of a finished training, written from what the training left in its folder."""

import json
from dataclasses import dataclass
from typing import Any, Final

from data.dataset.card import license_terms
from data.dataset.manifest import Manifest
from data.errors import StorageError
from data.store.files import read_json, write_bytes
from evaluation.report import Report, read_report
from evaluation.scores import ROUGE_TYPES
from training.models.export import has_published_layout
from training.models.provenance import Provenance, read_provenance
from training.options.model_kinds import BUILT_IN, pinned_revision
from training.options.run_folder import CONFIG, RunFolder

CARD: Final = "README.md"
_SHOWN_SETTINGS: Final = (
    "train",
    "router",
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


@dataclass(frozen=True, slots=True)
class _CardData:
    """What the card speaks of."""

    config: dict[str, Any]
    manifest: Manifest
    report: Report
    provenance: Provenance
    has_published_layout: bool

    @property
    def name(self) -> str:
        return str(self.config["output"])

    @property
    def start(self) -> str:
        """What the training started from, as it was named."""
        return str(self.config["model"])

    @property
    def start_revision(self) -> str | None:
        """The commit, where that is a Hub id."""
        return self.config["revision"] or pinned_revision(self.start)


def write_model_card(folder: RunFolder, manifest: Manifest) -> None:
    """Write the card into the exported model.

    Args:
        folder: of the training; holds its configuration, its provenance and the report of its final
            evaluation.
        manifest: of the dataset it was trained on.
    """
    provenance = read_provenance(folder.path)
    if provenance is None:
        raise StorageError(
            f"{folder.path} does not say what its model came from.",
            hint="Train again under another output name.",
        )
    config, report = read_json(folder.path / CONFIG), read_report(folder.path)
    facts = _CardData(config, manifest, report, provenance, has_published_layout(folder.model))
    sections = (
        _front_matter(facts),
        _introduction(facts),
        _scores(facts),
        _use(facts),
        _data(facts),
        _settings(facts),
    )
    write_bytes(folder.model / CARD, "\n".join(sections).encode())


def _front_matter(facts: _CardData) -> str:
    provenance = facts.provenance
    lines = [
        "---",
        f"license: {provenance.licence}",
        "pipeline_tag: image-text-to-text",
        "library_name: transformers",
    ]
    base = (
        facts.start if facts.start_revision else provenance.base_model if provenance.base_revision else None
    )
    if base:
        lines.append(f"base_model: {base}")
    return "\n".join([*lines, "tags:", "- deepsynth", "- deepseek-ocr", "- summarization", "---\n"])


def _introduction(facts: _CardData) -> str:
    pages = f"{facts.manifest.style['size_px']} x {facts.manifest.style['size_px']} pixels"
    return (
        f"# {facts.name}\n\nReads a document as page images of {pages} and writes its summary. "
        f"Fine-tuned with DeepSynth from {_lineage(facts)}.\n"
    )


def _lineage(facts: _CardData) -> str:
    base, revision = facts.provenance.base_model, facts.provenance.base_revision
    root = (
        f"{base} at `{revision}`"
        if revision
        else f"DeepSynth's {BUILT_IN} model"
        if base
        else "a model in a folder of its maker"
    )
    if facts.start == base or facts.start.startswith(("/", ".", "~")):
        return root
    start = (
        f"{facts.start} at `{facts.start_revision}`"
        if facts.start_revision
        else f"the earlier training {facts.start}"
    )
    return f"{start}, which began with {root}"


def _scores(facts: _CardData) -> str:
    rouge, subject = facts.report.rouge, facts.report.subject
    rows = [
        f"| {name} | " + " | ".join(f"{100 * scores[kind]:.2f}" for kind in ROUGE_TYPES) + " |"
        for name, scores in facts.report.table()
    ]
    intervals = ", ".join(
        f"{kind} {100 * score.low:.2f} to {100 * score.high:.2f}" for kind, score in rouge.scores.items()
    )
    settings = rouge.settings
    return "\n".join(
        [
            "## Scores\n",
            f"ROUGE F-measure in percent, on {rouge.num_samples:,} samples of the {subject.split} split of "
            f"{subject.dataset}.\n",
            "| | " + " | ".join(ROUGE_TYPES) + " |",
            "|---|" + "---:|" * len(ROUGE_TYPES),
            *rows,
            f"\nIntervals of {settings.confidence:.0%} for the model ({settings.num_resamples:,} resamples): "
            f"{intervals}. "
            f"Stemming {'on' if settings.stemmer else 'off'}, tokenizer {settings.tokenizer}, sentences "
            f"{settings.sentences}. "
            f"{facts.report.num_looping} summaries loop, {facts.report.num_empty} are empty and "
            f"{facts.report.num_cut} were cut at the "
            "length limit.\n",
        ]
    )


def _use(facts: _CardData) -> str:
    authors = (
        "The folder has the published layout of DeepSeek-OCR: whatever loads the original loads this model "
        "from the same kind of call.\n"
        if facts.has_published_layout
        else "The folder has the layout of the model's own classes in transformers; DeepSynth loads it.\n"
    )
    return (
        "## Use\n\n```sh\ndeepsynth predict --model ./path/to/this/folder --input page.png --output "
        "summaries.jsonl\n```\n\n"
        f"The prompt it was trained with is {json.dumps(facts.config['prompt'])}, right after the page "
        f"images. {authors}\n"
    )


def _data(facts: _CardData) -> str:
    terms = license_terms(facts.manifest)
    warning = f"\n> **Terms.** {terms.warning}\n" if terms.warning else ""
    splits = ", ".join(f"{entry.counts.num_kept:,} {name}" for name, entry in facts.manifest.splits.items())
    source = facts.manifest.config["source"]
    origin = f"Hub dataset {source['id']}" if source["kind"] == "hub" else f"a {source['kind']} source"
    said = f"The page dataset {facts.manifest.name} ({splits} samples), made from {origin}."
    return f"## Data\n\n{said} Licence of the source texts: {terms.license}.\n{warning}"


def _settings(facts: _CardData) -> str:
    shown = {name: facts.config[name] for name in _SHOWN_SETTINGS}
    versions = ", ".join(f"{name} {version}" for name, version in facts.config["versions"].items())
    return f"## Training\n\n```json\n{json.dumps(shown, indent=2)}\n```\n\nMade with {versions}.\n"
