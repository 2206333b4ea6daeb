"""The first batch of a training as files for the user: the pages or the texts, the prompt and the decoded
labels."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from data.progress import Progress
from data.store.files import write_bytes, write_json
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.inputs.tokens import IGNORED, TokenLayout
from training.options.run_folder import FIRST_BATCH

MAX_PAGES_WRITTEN = 8
_SHOWN_SHAPES = ("input_ids", "pixel_values", "labels")


def report_first_batch(
    folder: Path, samples: Sequence[PageSample], collator: Collator, progress: Progress
) -> None:
    """Build a batch as the training does, and write first_batch.json and up to eight pages as the encoder
    gets them; a model that reads text gets none. Raises InvalidInput for an unreadable page, and
    StorageError."""
    batch, layout = collator(samples), collator.token_layout
    names = _write_pages(folder, samples, collator) if layout.reads == "pages" else []
    document = {
        "pages": names,
        "prompt": layout.prompt,
        "shapes": {name: list(batch[name].shape) for name in _SHOWN_SHAPES if name in batch},
        "samples": [
            _describe_sample(sample, row[row != IGNORED].tolist(), layout)
            for sample, row in zip(samples, batch["labels"], strict=True)
        ],
    }
    write_json(folder / FIRST_BATCH, document)
    if names:
        progress.preview(folder / names[0])


def _describe_sample(sample: PageSample, labels: list[int], layout: TokenLayout) -> dict[str, Any]:
    document = layout.encode_document(len(sample.pages), sample.text)
    return {
        "document_id": sample.document_id,
        "num_pages": len(sample.pages),
        "read_text": None if layout.reads == "pages" else layout.tokenizer.decode(document),
        "labels": layout.tokenizer.decode(labels),
        "num_target_tokens": len(labels),
        "summary": sample.summary,
    }


def _write_pages(folder: Path, samples: Sequence[PageSample], collator: Collator) -> list[str]:
    singles = [replace(sample, pages=(page,)) for sample in samples for page in sample.pages]
    pages = singles[:MAX_PAGES_WRITTEN]
    names = [f"first_batch_page_{number}.png" for number in range(1, len(pages) + 1)]
    for name, pixels in zip(names, collator.pixels(pages).numpy(), strict=True):
        content = io.BytesIO()
        Image.fromarray(pixels.transpose(1, 2, 0)).save(content, "PNG")
        write_bytes(folder / name, content.getvalue())
    return names
