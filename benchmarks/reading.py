"""Measure how fast sources are read: documents of the size of CNN/DailyMail as CSV, JSON Lines and Parquet.

    python benchmarks/reading.py [--num-documents 10000] [--repeats 3]

Processor time of opening a file and reading all its documents, beside that of the library that reads the
format alone: csv, json, pyarrow. With PYTHONPATH set to another checkout, that one's reader is measured.
"""

import argparse
import csv
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.config import DatasetConfig
from data.sources.open import open_source
from data.store.workspace import Workspace

NUM_DOCUMENT_WORDS, NUM_SUMMARY_WORDS = 780, 56
"""Means of CNN/DailyMail."""
VOCABULARY = 30_000


def make_rows(num_documents: int) -> Iterator[dict[str, str]]:
    draw = random.Random(0)
    words = ["".join(draw.choices("etaoinshrdlu", k=draw.randint(2, 9))) for _ in range(VOCABULARY)]
    for number in range(num_documents):
        sentences = (" ".join(draw.choices(words, k=20)) for _ in range(NUM_DOCUMENT_WORDS // 20))
        yield {
            "id": f"doc-{number}",
            "document": ', "she said". '.join(sentences),
            "summary": " ".join(draw.choices(words, k=NUM_SUMMARY_WORDS)),
        }


def write_files(folder: Path, rows: list[dict[str, str]]) -> None:
    with (folder / "all.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    (folder / "all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pq.write_table(pa.Table.from_pylist(rows), folder / "all.parquet")


def read_csv(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(newline="") as file:
        yield from csv.DictReader(file)


def read_json_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        yield from map(json.loads, file)


def read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    for batch in pq.ParquetFile(path).iter_batches():
        yield from batch.to_pylist()


LIBRARIES: dict[str, Callable[[Path], Iterable[Any]]] = {
    "csv": read_csv,
    "jsonl": read_json_lines,
    "parquet": read_parquet,
}


def read_source(path: Path, workspace: Workspace) -> Iterator[Any]:
    values = {
        "name": "measured",
        "source": {"kind": "files", "path": str(path)},
        "columns": {"document": "document", "summary": "summary", "id": "id"},
        "validation_fraction": 0.0,
        "test_fraction": 0.0,
    }
    source = open_source(DatasetConfig.model_validate(values), workspace)
    for split, num_rows in source.splits().items():
        yield from source.documents(split, range(num_rows))


def best_s(read: Callable[[], Iterable[Any]], repeats: int) -> float:
    """Return the least processor time of reading all rows."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        assert sum(1 for _ in read()) > 0
        times.append(time.process_time() - start)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--num-documents", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, list(make_rows(options.num_documents)))
        workspace = Workspace.create(folder / "workspace")
        for kind, read_library in LIBRARIES.items():
            path = folder / f"all.{kind}"
            own = best_s(lambda path=path: read_source(path, workspace), options.repeats)  # type: ignore[misc]
            library = best_s(lambda path=path, read=read_library: read(path), options.repeats)  # type: ignore[misc]
            rate = options.num_documents / own
            print(f"{kind:8} {rate:8,.0f} documents/s of processor time, {own / library:4.1f}x its library")


if __name__ == "__main__":
    main()
