"""The Hub as a source, read by the real client: script-based, gated, private, gone, renamed, large and busy
datasets."""

import errno
import io
import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.backoff import Backoff
from data.config import HubSource
from data.errors import DeepSynthError, SourceError, Stopped, StorageError, Unreachable
from data.progress import Silent
from data.sources import hub_splits
from data.sources.hub_errors import FIRST_ATTEMPTS, HubCaller
from tests.data.generation.runs import Notes
from tests.hub.conftest import programs
from tests.hub.stand_in import StandInHub

READ = """
import json, sys
from data.config import Columns, HubSource
from data.errors import DeepSynthError
from data.inspection.inspect_source import inspect_source
from data.sources.hub import HubReader
from tests.data.generation.runs import Notes

found = {}
for name, options in json.loads(sys.argv[1]).items():
    source = HubSource(**{"id": name, **options.get("source", {})})
    fallbacks = [HubSource(**fallback) for fallback in options.get("fallbacks", [])]
    notes = Notes()
    try:
        reader = HubReader(source, Columns(id=options.get("id")), None, fallbacks, notes)
        chosen = options.get("rows")
        rows = {
            split: [
                document.text
                for document in reader.documents(split, range(count) if chosen is None else chosen)
            ]
            for split, count in reader.splits().items()
        }
        head = repr(reader.head("train", 2))
        found[name] = {"rows": rows, "identity": reader.identity(), "messages": notes.messages, "head": head}
        found[name]["ids"] = list(reader.ids("train"))
    except DeepSynthError as error:
        found[name] = {"code": error.code, "words": f"{error.message} {error.hint}"}
    if options.get("looks"):
        configs = [source.model_copy(update={"config": config}) for config in options["looks"]]
        found[name]["looks"] = [inspect_source(config, None).as_dict() for config in configs]
print(json.dumps(found))
"""
SCRIPT = {"script.py": b"raise SystemExit"}
LARGE_ROWS, LARGE_WANTED = 400, 317
Found = dict[str, dict[str, Any]]


def parquet(*texts: str, **options: Any) -> bytes:
    target = io.BytesIO()
    columns = {
        "document": list(texts),
        "summary": ["short"] * len(texts),
        "key": [f"k{number}" for number in range(len(texts))],
    }
    pq.write_table(pa.table(columns), target, **options)
    return target.getvalue()


def pictures() -> bytes:
    target = io.BytesIO()
    rows = [{"document": "ten", "summary": "short", "picture": {"bytes": b"not a picture", "path": "a.png"}}]
    features = {name: {"dtype": "string", "_type": "Value"} for name in ("document", "summary")} | {
        "picture": {"_type": "Image"}
    }
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    table = pa.Table.from_pylist(rows)
    pq.write_table(table.replace_schema_metadata(metadata), target)
    return target.getvalue()


def card(num_examples: int) -> bytes:
    return f"---\ndataset_info:\n  splits:\n  - name: train\n    num_examples: {num_examples}\n---\n".encode()


def lines(*texts: str) -> bytes:
    return "".join(
        json.dumps({"document": text, "summary": "short", "key": f"k-{text}"}) + "\n" for text in texts
    ).encode()


def fill(hub: StandInHub) -> dict[str, dict[str, Any]]:
    """Make the repositories; return how each is to be read."""
    hub.repository("news/plain").put(
        {"data/train-00000.parquet": parquet("one", "two"), "data/test-00000.parquet": parquet("three")}
    )
    script = hub.repository("news/script")
    script.put(SCRIPT)
    script.put({"default/partial-train/0000.parquet": parquet("four")}, branch="refs/convert/parquet")
    hub.repository("news/pinned").put({"pinned.py": b"raise SystemExit"})
    years = hub.repository("news/years")
    years.put({"years.py": b"raise SystemExit"})
    converted = {f"{name}/train/0000.parquet": parquet(name) for name in ("year1", "year[1]", "year*")}
    years.put(converted, branch="refs/convert/parquet")
    hub.repository("news/odd-names").put(
        {f"data/{name}.jsonl": lines(name) for name in ("train[1]", "train1", "extra")}
    )
    hub.repository("news/two-kinds").put({"train.json": b"[]", "test.csv": b"document,summary\nA,b\n"})
    extra = {"train-1.parquet": parquet("seen"), "more.parquet": parquet("unseen"), "stats.json": b"{}"}
    hub.repository("news/extra").put(extra)
    hub.repository("news/unconverted").put({"unconverted.py": b"raise SystemExit"})
    hub.repository("news/gated", gated=True).put({"data/train-00000.parquet": parquet("five")})
    hub.repository("tester/own", private=True).put({"data/train-00000.parquet": parquet("six")})
    hub.repository("news/outdated").put({"README.md": card(9), "data/train-00000.parquet": parquet("seven")})
    hub.repository("news/fewer").put({"README.md": card(9), "data/train.jsonl": lines("eight")})
    hub.repository("news/more").put({"README.md": card(2), "data/train.jsonl": lines("a", "b", "c")})
    hub.repository("news/uncounted").put({"data/train.jsonl": lines("a", "b", "c")})
    hub.repository("news/pictures").put({"data/train.parquet": pictures()})
    several = (
        "---\nconfigs:\n"
        + "".join(f"- config_name: {name}\n  data_files: {name}/*.parquet\n" for name in ("short", "long"))
        + "---\n"
    )
    hub.repository("news/several").put(
        {
            "README.md": several.encode(),
            "short/train.parquet": parquet("ten"),
            "long/train.parquet": parquet("eleven"),
        }
    )
    texts = [f"text {row} " + str(row) * 2_000 for row in range(LARGE_ROWS)]
    hub.repository("news/large").put(
        {"data/train.parquet": parquet(*texts, row_group_size=20, compression="none")}
    )
    hub.repository("news/busy").put({"data/train.parquet": parquet("nine")})
    again = {"headers": {"Retry-After": "0"}}
    hub.fail("GET", "/api/datasets/news/busy$", status=429, **again)
    hub.fail("GET", "/api/datasets/news/busy$", status=503, **again)
    return {
        "news/script": {"looks": [None]},
        **{
            name: {}
            for name in (
                "news/plain",
                "news/gated",
                "tester/own",
                "news/outdated",
                "news/gone",
                "Samsung/samsum",
            )
        },
        **{name: {} for name in ("news/fewer", "news/more", "news/pictures", "news/busy")},
        "news/uncounted": {"id": "key"},
        "news/several": {"looks": [None, "long"]},
        "news/pinned": {"source": {"revision": "main"}},
        "news/years": {"source": {"config": "year[1]"}},
        **{name: {} for name in ("news/odd-names", "news/two-kinds", "news/extra")},
        "news/unconverted": {"fallbacks": [{"id": "news/nowhere"}, {"id": "news/plain"}]},
        "news/large": {"rows": [LARGE_WANTED], "id": "key"},
    }


@pytest.fixture(scope="module")
def hub_and_found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StandInHub, Found]]:
    with StandInHub(tmp_path_factory.mktemp("hub")) as hub, programs() as program:
        output, _ = program(hub, READ, json.dumps(fill(hub))).communicate(timeout=300)
        yield hub, json.loads(output.splitlines()[-1])


@pytest.fixture
def found(hub_and_found: tuple[StandInHub, Found]) -> Found:
    return hub_and_found[1]


def test_rows_of_each_split(found: Found) -> None:
    assert found["news/plain"]["rows"] == {"train": ["one", "two"], "test": ["three"]}


def test_a_look_lists_configurations_first_where_there_are_several(found: Found) -> None:
    assert found["news/several"]["code"] == "unknown_name"
    unchosen, chosen = found["news/several"]["looks"]
    assert (unchosen["configs"], unchosen["splits"], unchosen["columns"]) == (["short", "long"], [], [])
    assert (chosen["configs"], chosen["splits"], chosen["rows"][0]["document"]) == (
        ["short", "long"],
        ["train"],
        "eleven",
    )
    assert [look["configs"] for look in found["news/script"]["looks"]] == [["default"]]


def test_of_a_large_file_only_the_wanted_rows_group_is_read(hub_and_found: tuple[StandInHub, Found]) -> None:
    hub, found = hub_and_found
    assert [text.split()[1] for text in found["news/large"]["rows"]["train"]] == [str(LARGE_WANTED)]
    assert found["news/large"]["ids"] == [f"k{row}" for row in range(LARGE_ROWS)]
    served = [seen.num_answered_bytes for seen in hub.requests if "news/large/resolve" in seen.path]
    group_bytes = 20 * 3 * 2_000
    assert (
        sum(served) < 2.5 * group_bytes
    )  # of 20 groups; the other one is that of the first rows, which `head` looks at


def test_rows_are_counted_in_the_files_and_not_believed(found: Found) -> None:
    assert found["news/outdated"]["rows"] == {"train": ["seven"]}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("news/fewer", "has 9 rows according to its card, but they end before row 1"),
        ("news/more", "has 2 rows according to its card, but there are more"),
    ],
)
def test_another_number_of_rows_than_the_card_says_is_a_fault_of_the_source(
    found: Found, name: str, words: str
) -> None:
    assert found[name]["code"] == "source_failed"
    assert words in found[name]["words"]


def test_rows_that_no_card_counts_are_counted_aloud(found: Found) -> None:
    assert found["news/uncounted"]["rows"] == {"train": ["a", "b", "c"]}
    assert found["news/uncounted"]["ids"] == ["k-a", "k-b", "k-c"]
    assert "does not tell its number of rows" in found["news/uncounted"]["messages"][0]


def test_passing_faults_are_waited_out_in_one_line_each(found: Found) -> None:
    assert found["news/busy"]["rows"] == {"train": ["nine"]}
    assert [text.split(";")[0] for text in found["news/busy"]["messages"]][:2] == [
        f"Hub: commit of news/busy failed (HTTP {status}: injected fault)" for status in (429, 503)
    ]


class Files:
    """A file system whose every third opened file has lost its connection."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.num_opened = 0

    def open(self, address: str, **options: Any) -> Any:
        self.num_opened += 1
        if self.num_opened % 3 == 0:
            raise ConnectionError("reset by peer")
        file = self._path.open("rb")
        file.size = self._path.stat().st_size  # type: ignore[attr-defined]
        return file


def test_a_group_that_was_cut_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.parquet").write_bytes(parquet(*map(str, range(10)), row_group_size=2))
    files = Files(tmp_path / "a.parquet")
    monkeypatch.setattr(hub_splits, "HfFileSystem", lambda: files)
    monkeypatch.setattr(Backoff, "wait_s", lambda backoff, attempt: 0.0)
    split = hub_splits.ParquetSplit(["first", "second"], HubCaller(HubSource(id="news/cut"), Silent()))
    assert split.num_rows == 20
    wanted = [0, 1, 5, 8, 12, 19]
    assert [row["document"] for row in split.rows(wanted, ["document"])] == [str(row % 10) for row in wanted]
    assert files.num_opened > 2 + 5, "two footers, five groups, and what was tried again"


class Cut:
    """A stream of rows 0, 1, 2, ... whose connection drops before every third one, the first time."""

    features = None

    def __init__(self) -> None:
        self.started_at: list[int] = []

    def skip(self, position: int) -> Iterator[dict[str, Any]]:
        self.started_at.append(position)
        for row in range(position, 7):
            if row % 3 == 2 and row not in self.started_at:
                raise ConnectionError("reset by peer")
            yield {"document": str(row)}

    def select_columns(self, columns: list[str]) -> "Cut":
        return self


def test_a_stream_that_is_cut_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backoff, "wait_s", lambda backoff, attempt: 0.0)
    stream, source = Cut(), HubSource(id="news/cut")
    split = hub_splits.StreamedSplit(stream, 7, "news/cut (train)", HubCaller(source, Silent()), Silent())
    assert [row["document"] for row in split.rows([1, 3, 6], ["document"])] == ["1", "3", "6"]
    assert stream.started_at == [1, 2, 5]


class Endless(Cut):
    column_names: ClassVar[list[str]] = ["document"]

    def skip(self, position: int) -> Iterator[dict[str, Any]]:
        return ({"document": str(row)} for row in count(position))


def test_counting_rows_tells_how_far_it_is_and_can_be_stopped() -> None:
    notes = Notes(lambda notes: len(notes.positions) == 2)
    split = hub_splits.StreamedSplit(
        Endless(), None, "news/endless (train)", HubCaller(HubSource(id="news/endless"), notes), notes
    )
    with pytest.raises(Stopped):
        print(split.num_rows)
    assert [done for done, _, _ in notes.positions] == [1000, 2000]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError("Not enough disk space. Needed: 9 GiB (download: 4 GiB, generated: 5 GiB)"), StorageError),
        (OSError(errno.ENOSPC, "No space left on device"), StorageError),
        (OSError(errno.EIO, "Input/output error"), SourceError),
        (FileNotFoundError("no such file in the repository"), SourceError),
    ],
    ids=["foreseen", "full", "broken", "missing"],
)
def test_a_full_disk_is_told_from_what_cannot_be_read(error: OSError, kind: type[DeepSynthError]) -> None:
    def download() -> None:
        raise error

    with pytest.raises(kind) as caught:
        HubCaller(HubSource(id="news/large"), Silent())("files", download)
    assert ("Free some space" in caught.value.hint) == (kind is StorageError)


def test_pictures_are_not_looked_at(found: Found) -> None:
    assert found["news/pictures"]["rows"] == {"train": ["ten"]}
    assert "'picture': b''" in found["news/pictures"]["head"]


def test_what_is_gone_is_read_from_where_else_it_lies(found: Found) -> None:
    assert found["news/unconverted"]["rows"]["train"] == ["one", "two"]
    assert found["news/unconverted"]["identity"]["id"] == "news/plain"
    assert [text.rsplit(". ", 1)[1] for text in found["news/unconverted"]["messages"]] == [
        "Reading news/nowhere instead.",
        "Reading news/plain instead.",
    ]
    assert (
        "holds a loading script, which is never run, and the Hub has made no Parquet files"
        in found["news/unconverted"]["messages"][0]
    )


def test_a_script_is_not_run_but_its_parquet_conversion_read(found: Found) -> None:
    assert found["news/script"]["rows"] == {"train": ["four"]}
    assert found["news/script"]["messages"] == [
        "The Hub converted only the beginning of news/script to Parquet: the rest is not read."
    ]


def test_the_name_of_a_converted_configuration_is_no_pattern(found: Found) -> None:
    assert found["news/years"]["rows"] == {"train": ["year[1]"]}


@pytest.mark.parametrize(("name", "file"), [("odd-names", "data/train[1].jsonl"), ("two-kinds", "json")])
def test_a_file_that_names_a_split_and_is_not_read_ends_the_job(found: Found, name: str, file: str) -> None:
    assert found[f"news/{name}"]["code"] == "source_failed"
    assert file in found[f"news/{name}"]["words"]


def test_other_files_that_are_not_read_are_named(found: Found) -> None:
    assert found["news/extra"]["rows"] == {"train": ["seen"]}
    assert found["news/extra"]["messages"] == [
        "1 data files of news/extra are in no split and are not read: more.parquet."
    ]


def test_a_private_dataset_is_read_with_the_token(found: Found) -> None:
    assert found["tester/own"]["rows"] == {"train": ["six"]}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "news/pinned",
            "holds a loading script at revision 'main', and scripts are never run. Leave source.revision out",
        ),
        ("news/gated", "Ask for access"),
        ("news/gone", "There is no dataset news/gone"),
        ("Samsung/samsum", "knkarthick/samsum"),
    ],
    ids=str,
)
def test_what_cannot_be_read_says_why_and_what_to_do(found: Found, name: str, words: str) -> None:
    assert found[name]["code"] == "source_failed"
    assert words in str(found[name]["words"])


def test_without_network_a_dataset_fails_soon_and_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise httpx2.ConnectError("[Errno -2] Name or service not known")

    monkeypatch.setattr("data.backoff.random.uniform", lambda *_: 0.01)
    notes = Notes()
    hub = HubCaller(HubSource(id="news/none"), notes)
    with pytest.raises(Unreachable, match=r"^\S+ cannot be reached\.$"):
        hub("commit", refuse)
    assert len(notes.messages) == FIRST_ATTEMPTS
    assert [text for text in notes.messages if "cannot be reached" in text] == notes.messages[:1]
