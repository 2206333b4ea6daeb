"""The Hub as a source, read by the real client: script-based, gated, private, gone and renamed datasets."""

import io
import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.hub.conftest import programs
from tests.hub.stand_in import StandInHub

READ = """
import json, sys
from data.config import Columns, HubSource
from data.errors import DeepSynthError
from data.sources.hub import HubReader

found = {}
for name in sys.argv[1:]:
    try:
        reader = HubReader(HubSource(id=name), Columns(), None)
        rows = {split: [document.text for document in reader.documents(split, range(count))] for split, count in reader.splits().items()}
        found[name] = {"rows": rows, "identity": reader.identity()}
    except DeepSynthError as error:
        found[name] = {"code": error.code, "words": f"{error.message} {error.hint}"}
print(json.dumps(found))
"""


def parquet(*texts: str) -> bytes:
    target = io.BytesIO()
    pq.write_table(pa.table({"document": list(texts), "summary": ["short"] * len(texts)}), target)
    return target.getvalue()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, object]]]:
    with StandInHub(tmp_path_factory.mktemp("hub")) as hub, programs() as program:
        hub.repository("news/plain").put({"data/train-00000.parquet": parquet("one", "two"), "data/test-00000.parquet": parquet("three")})
        script = hub.repository("news/script")
        script.put({"script.py": b"raise SystemExit"})
        script.put({"default/train/0000.parquet": parquet("four")}, branch="refs/convert/parquet")
        hub.repository("news/gated", gated=True).put({"data/train-00000.parquet": parquet("five")})
        hub.repository("tester/own", private=True).put({"data/train-00000.parquet": parquet("six")})
        card = "---\ndataset_info:\n  splits:\n  - name: train\n    num_examples: 9\n---\n"
        hub.repository("news/stale").put({"README.md": card.encode(), "data/train-00000.parquet": parquet("seven")})
        names = ["news/stale", "news/plain", "news/script", "news/gated", "tester/own", "news/gone", "Samsung/samsum"]
        output, _ = program(hub, READ, *names).communicate(timeout=300)
        yield json.loads(output.splitlines()[-1])


def test_rows_of_each_split(found: dict[str, dict[str, object]]) -> None:
    assert found["news/plain"]["rows"] == {"train": ["one", "two"], "test": ["three"]}


def test_fewer_rows_than_the_card_says_are_a_fault_of_the_source(found: dict[str, dict[str, object]]) -> None:
    assert found["news/stale"]["code"] == "source_failed"
    assert "says that train has 9 rows, but they end before row 1" in str(found["news/stale"]["words"])


def test_a_script_is_not_run_but_its_parquet_conversion_read(found: dict[str, dict[str, object]]) -> None:
    assert found["news/script"]["rows"] == {"train": ["four"]}


def test_a_private_dataset_is_read_with_the_token(found: dict[str, dict[str, object]]) -> None:
    assert found["tester/own"]["rows"] == {"train": ["six"]}


@pytest.mark.parametrize(
    ("name", "words"),
    [("news/gated", "Ask for access"), ("news/gone", "There is no dataset news/gone"), ("Samsung/samsum", "knkarthick/samsum")],
    ids=str,
)
def test_what_cannot_be_read_says_why_and_what_to_do(found: dict[str, dict[str, object]], name: str, words: str) -> None:
    assert found[name]["code"] == "source_failed"
    assert words in str(found[name]["words"])
