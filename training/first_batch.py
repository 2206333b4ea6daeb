"""What the model really sees first, as files that a user can look at: the pages, the prompt and the decoded labels."""

from pathlib import Path

from data.errors import InvalidInput
from data.progress import Progress
from data.store.files import write_bytes, write_json
from training.collate import Collator
from training.dataset import PageDataset
from training.tokens import IGNORED

MAX_PAGES_WRITTEN = 8


def report_first_batch(folder: Path, dataset: PageDataset, collator: Collator, batch_size: int, progress: Progress) -> None:
    """Build one batch as the training does, check that it teaches something, and write first_batch.json and its pages.

    Raises:
        InvalidInput: no token of it is a target.
    """
    samples = [dataset[index] for index in range(min(batch_size, len(dataset)))]
    batch = collator(samples)
    targets = [row[row != IGNORED] for row in batch["labels"]]
    if not any(len(target) > 1 for target in targets):
        raise InvalidInput(
            "No token of the first batch is a target: the summaries are empty, or cut away entirely.",
            hint="Check the dataset's summaries, and raise max_length.",
            fields={"max_length": "leaves nothing to learn"},
        )
    tokenizer = collator.encoder.tokenizer
    names = _write_pages(folder, [page for sample in samples for page in sample.pages])
    document = {
        "pages": names,
        "prompt": collator.encoder.prompt,
        "shapes": {name: list(batch[name].shape) for name in ("input_ids", "pixel_values", "labels")},
        "samples": [
            {
                "document_id": sample.document_id,
                "num_pages": len(sample.pages),
                "labels": tokenizer.decode(target),
                "summary": sample.summary,
            }
            for sample, target in zip(samples, targets, strict=True)
        ],
    }
    write_json(folder / "first_batch.json", document)
    progress.preview(folder / names[0])


def _write_pages(folder: Path, pages: list[bytes]) -> list[str]:
    names = [f"first_batch_page_{number}.png" for number in range(1, min(len(pages), MAX_PAGES_WRITTEN) + 1)]
    for name, page in zip(names, pages, strict=False):
        write_bytes(folder / name, page)
    return names
