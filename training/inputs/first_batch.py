"""What the model really sees first, as files that a user can look at: the pages, the prompt and the decoded
labels."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from data.progress import Progress
from data.store.files import write_bytes, write_json
from training.inputs.collate import Collator
from training.inputs.dataset import PageSample
from training.inputs.tokens import IGNORED

MAX_PAGES_WRITTEN = 8


def report_first_batch(
    folder: Path, samples: Sequence[PageSample], collator: Collator, progress: Progress
) -> None:
    """Build the batch as the training does, and write first_batch.json and its pages as the model gets
    them."""
    batch = collator(samples)
    targets = [row[row != IGNORED] for row in batch["labels"]]
    names = _write_pages(folder, samples, collator)
    document = {
        "pages": names,
        "prompt": collator.token_layout.prompt,
        "shapes": {name: list(batch[name].shape) for name in ("input_ids", "pixel_values", "labels")},
        "samples": [
            {
                "document_id": sample.document_id,
                "num_pages": len(sample.pages),
                "labels": collator.token_layout.tokenizer.decode(target),
                "summary": sample.summary,
            }
            for sample, target in zip(samples, targets, strict=True)
        ],
    }
    write_json(folder / "first_batch.json", document)
    progress.preview(folder / names[0])


def _write_pages(folder: Path, samples: Sequence[PageSample], collator: Collator) -> list[str]:
    pages = [replace(sample, pages=(page,)) for sample in samples for page in sample.pages][
        :MAX_PAGES_WRITTEN
    ]
    names = [f"first_batch_page_{number}.png" for number in range(1, len(pages) + 1)]
    for name, pixels in zip(names, collator.pixels(pages).numpy(), strict=True):
        content = io.BytesIO()
        Image.fromarray(pixels.transpose(1, 2, 0)).save(content, "PNG")
        write_bytes(folder / name, content.getvalue())
    return names
