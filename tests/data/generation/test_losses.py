"""What a finished dataset lost of its source is said, by reason, and is a warning above a share."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.config import RenderingConfig
from data.dataset.losses import (
    HELD_OUT,
    NOTHING_LOST,
    OTHER_SUMMARY,
    SAME_SUMMARY,
    UNKNOWN_REASON,
    Loss,
    losses,
)
from data.dataset.manifest import Counts, Manifest, SplitEntry, read_manifest
from tests.data.generation.runs import Notes, brief_config, files_config, news, run, write_lines

WHOLE = {"validation_fraction": 0.0, "test_fraction": 0.0}


def lost(folder: Path) -> dict[str, Loss]:
    return {loss.kind: loss for loss in losses(read_manifest(folder))}


def of_counts(**splits: Counts) -> Manifest:
    total = sum(splits.values(), Counts())
    return Manifest(
        name="news",
        complete=True,
        config={},
        source={},
        style={},
        versions={},
        totals=total,
        splits={name: SplitEntry(counts, ()) for name, counts in splits.items()},
    )


def test_rejected_rows_end_in_a_warning_with_share_reasons_and_place(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    rows = [
        *(f'"Text {number}.","S {number}."'.encode() for number in range(3)),
        b"caf\xe9,b",
        b"caf\xe8,b",
        b"c",
    ]
    path.write_bytes(b"\n".join([b"document,summary", *rows]))
    for _ in range(2):  # also by a run that finds it finished
        notes = Notes()
        result = run(tmp_path, files_config(path, **WHOLE), notes)
        assert notes.warnings[-1] == (
            "3 of 6 rows (50%) were rejected: the line is not UTF-8; source.encoding reads other encodings "
            "(2), the line has more or fewer fields than the header (1). All are listed in rejected.jsonl "
            "in the dataset's folder."
        )
    card = (result.folder / "README.md").read_text()
    assert "3 of 6 rows (50%) were rejected: " in card
    assert "rejected.jsonl" not in card, "it is not published"
    assert result.as_dict()["losses"][0]["share"] == 0.5
    assert Path(result.as_dict()["rejected_path"]).read_text().count("\n") == 3


def test_several_summaries_of_a_document_are_told_from_repeats(tmp_path: Path) -> None:
    others = [{**news(0), "summary": "Another one."}, {**news(0), "summary": "A third one."}]
    path = write_lines(
        tmp_path / "rows.jsonl", [news(0), *others, news(1), {**news(1), "summary": "event  1."}]
    )
    notes = Notes()
    result = run(tmp_path, files_config(path, **WHOLE), notes)
    assert lost(result.folder)["merged"].reasons == {OTHER_SUMMARY: 2, SAME_SUMMARY: 1}
    assert notes.warnings[-1].startswith(
        "3 of 5 rows (60%) were merged as duplicates: the same document with another summary (2), the same "
        "document and summary (1). A sample has one summary"
    )
    kept = Notes()
    run(tmp_path, files_config(path, name="all", deduplicate=False, **WHOLE), kept)
    assert NOTHING_LOST in kept.messages


def test_texts_held_out_of_train_are_a_reason_of_their_own(tmp_path: Path) -> None:
    for split, numbers in {"train": [0, 1, 2], "test": [2]}.items():
        write_lines(tmp_path / "in" / f"{split}.jsonl", [news(number) for number in numbers])
    result = run(tmp_path, files_config(tmp_path / "in"))
    assert lost(result.folder)["merged"].reasons == {HELD_OUT: 1}


def test_cut_texts_and_samples_with_missing_glyphs_are_shares_of_the_samples(tmp_path: Path) -> None:
    rows: list[Any] = [
        {**news(0), "document": "word " * 3000},
        {**news(1), "document": "a \ue123\ue123 \u0378"},
    ]
    path = write_lines(tmp_path / "rows.jsonl", [*rows, news(2), news(3), "{"])
    rendering = RenderingConfig(mode="tiny", overflow="truncate")
    notes = Notes()
    folder = run(tmp_path, files_config(path, rendering=rendering, **WHOLE), notes).folder
    found = lost(folder)
    assert [(found[kind].num_rows, found[kind].num_of) for kind in ("cut", "missing_glyphs")] == [
        (1, 4),
        (1, 4),
    ]
    assert found["missing_glyphs"].reasons == {
        "characters for private use": 1,
        "characters that Unicode has not assigned": 1,
    }
    assert any("1 of 4 samples (25%) show only the beginning" in text for text in notes.warnings)


@pytest.mark.parametrize(("num_rejected", "is_warning"), [(0, False), (1, False), (10, False), (11, True)])
def test_a_loss_is_a_warning_above_one_percent_of_the_rows(num_rejected: int, is_warning: bool) -> None:
    counts = Counts(
        num_read=1000,
        num_kept=1000 - num_rejected,
        num_rejected=num_rejected,
        rejected_by_reason={"the line is not JSON": num_rejected} if num_rejected else {},
    )
    assert losses(of_counts(train=counts))[0].is_warning == is_warning


def test_a_loss_in_a_small_split_is_not_hidden_by_a_large_one() -> None:
    train = Counts(num_read=100_000, num_kept=100_000)
    test = Counts(num_read=100, num_kept=60, num_rejected=40, rejected_by_reason={"the line is not JSON": 40})
    rejected = losses(of_counts(train=train, test=test))[0]
    assert rejected.is_warning
    assert rejected.text == (
        "40 of 100,100 rows (below 0.1%, 40% of test) were rejected: the line is not JSON (40)."
    )


def test_counts_of_an_earlier_version_have_no_reasons() -> None:
    counts = Counts(num_read=10, num_kept=5, num_rejected=2, num_duplicate=3)
    rejected, merged, *_ = losses(of_counts(train=counts))
    assert (rejected.reasons, merged.reasons) == ({UNKNOWN_REASON: 2}, {UNKNOWN_REASON: 3})


def test_a_sentence_names_the_commonest_reasons_and_the_number_of_the_others() -> None:
    reasons = {f"reason {number}": number for number in range(1, 6)}
    counts = Counts(num_read=100, num_kept=85, num_rejected=15, rejected_by_reason=reasons)
    assert "rejected: reason 5 (5), reason 4 (4), reason 3 (3) and 2 other reasons." in (
        losses(of_counts(train=counts))[0].text
    )


def test_a_dataset_without_losses_says_so(tmp_path: Path) -> None:
    notes = Notes()
    folder = run(tmp_path, brief_config(max_samples=5, **WHOLE), notes).folder
    assert NOTHING_LOST in notes.messages
    assert NOTHING_LOST in (folder / "README.md").read_text()
    assert [loss.num_rows for loss in losses(read_manifest(folder))] == [0, 0, 0, 0]


Write = Callable[[Path, list[Mapping[str, Any]]], None]
WRITERS: dict[str, Write] = {
    "rows.jsonl": lambda path, rows: path.write_text("\n".join(map(json.dumps, rows))) and None,
    "rows.json": lambda path, rows: path.write_text(json.dumps(rows)) and None,
    "rows.parquet": lambda path, rows: pq.write_table(
        pa.table({
            "document": pa.array([json.dumps(row["document"]) for row in rows], pa.json_()),
            "summary": [row["summary"] for row in rows],
        }),
        path,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_values_of_other_kinds_are_rejected_alike_in_every_format(tmp_path: Path, name: str) -> None:
    values = {
        "NaN": float("nan"),
        "Infinity": float("-inf"),
        "a number": 1.5,
        "true or false": True,
        "a list": ["a"],
        "an object": {"a": 1},
    }
    rows = [{"document": value, "summary": "x"} for value in values.values()]
    WRITERS[name](tmp_path / name, [*rows, {"document": "A text.", "summary": "x"}])
    folder = run(tmp_path, files_config(tmp_path / name, **WHOLE)).folder
    assert set(lost(folder)["rejected"].reasons) == {
        f"the document (column 'document') is {what}, not text" for what in values
    }


def test_the_column_of_ids_is_named_where_it_is_at_fault(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    table = pa.table({"document": ["A text.", "B text."], "summary": ["x", "y"], "key": [1.0, float("nan")]})
    pq.write_table(table, path)
    config = files_config(path, columns={"id": "key"}, max_rejected=5, **WHOLE)
    with pytest.raises(Exception, match=r"id \(column 'key'\) is a number, not text or a whole number"):
        run(tmp_path, config)


def test_the_commonest_reasons_stand_in_the_error_of_too_many_rejected_rows(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [news(0), "{", "[]", "{", news(4)])
    with pytest.raises(
        Exception, match=r"2 as train row 1: rows.jsonl line 2 is not JSON.* 1 as train row 2: "
    ):
        run(tmp_path, files_config(path, max_rejected=2, **WHOLE))


def test_reasons_add_up_to_the_rows(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [news(number % 7) for number in range(40)] + ["{"] * 4)
    totals = run(tmp_path, files_config(path)).manifest.totals
    assert sum(totals.duplicates_by_reason.values()) == totals.num_duplicate > 0
    assert sum(totals.rejected_by_reason.values()) == totals.num_rejected == 4
