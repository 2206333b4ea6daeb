"""What a finished dataset is: its files, its counts, and what happens when it is asked for again."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

import datasets
import pytest
from datasets.features import Features

from data.config import RenderingConfig, SampleSource
from data.dataset import folder as dataset_folder
from data.dataset.findings import NOTHING_LOST
from data.dataset.manifest import Manifest, read_manifest
from data.dataset.shards import read_samples, shard_schema
from data.errors import Conflict, NotFound, SourceError, Stopped, Unavailable, UnknownName
from data.hub import repository
from data.inspection.preview import preview_dataset
from data.presets import PRESETS, benchmark_config, find_fallbacks
from data.records import COLUMNS
from data.sources.sample import sample_document
from data.sources.sample_brief import FIRST_NAMES, LAST_NAMES
from data.store.files import file_sha256
from data.store.workspace import Workspace
from tests.data.generation.runs import Notes, brief_config, contents, files_config, news, run, write_lines

WHOLE = {"validation_fraction": 0.0, "test_fraction": 0.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(tmp_path_factory.mktemp("workspace"), brief_config(num_workers=2)).folder


@pytest.fixture
def finished(folder: Path, tmp_path: Path) -> Path:
    """Return a copy of the finished dataset in a workspace of the test's own."""
    return Path(shutil.copytree(folder, tmp_path / "datasets" / folder.name))


def test_plain_datasets_reads_it_with_decoded_images(folder: Path, tmp_path: Path) -> None:
    files = {split: str(folder / split / "*.parquet") for split in ("train", "validation", "test")}
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 60, "validation": 3, "test": 3}
    row = loaded["train"][7]
    assert list(row) == list(COLUMNS)
    assert row["images"][0].size == (320, 320)
    assert row["text"] == sample_document(0, "train", 7, "brief").text


def test_the_schema_says_what_datasets_would_say() -> None:
    schema = shard_schema()
    assert Features.from_arrow_schema(schema).arrow_schema.metadata == schema.metadata


def test_the_manifest_adds_up_and_matches_the_files(folder: Path) -> None:
    manifest = read_manifest(folder)
    assert manifest.complete
    assert manifest.totals.num_kept == manifest.totals.num_pages == 66
    shards = [shard for split in manifest.splits.values() for shard in split.shards]
    assert {shard.path: shard.sha256 for shard in shards} == {
        shard.path: file_sha256(folder / shard.path) for shard in shards
    }
    assert manifest.size_bytes == sum((folder / shard.path).stat().st_size for shard in shards)
    assert manifest.totals.num_read == sum(shard.num_read for shard in shards)


def test_samples_are_read_back_by_range(folder: Path) -> None:
    rows = [sample.document.id for sample in read_samples(folder, "train", 18, 42)]
    assert rows == [f"train-{row}" for row in range(18, 42)]
    with pytest.raises(NotFound, match="no split"):
        next(read_samples(folder, "dev"))


def test_the_same_request_gives_the_same_bytes_elsewhere(folder: Path, tmp_path: Path) -> None:
    assert contents(run(tmp_path, brief_config()).folder) == contents(folder)


@pytest.mark.usefixtures("finished")
def test_a_finished_dataset_is_returned_at_once(tmp_path: Path) -> None:
    notes = Notes()
    again = run(tmp_path, brief_config(max_rejected=5), notes)
    assert again.manifest.totals.num_kept == 66
    assert notes.positions == []


@pytest.mark.usefixtures("finished")
def test_another_configuration_under_the_name_is_refused_with_the_difference(tmp_path: Path) -> None:
    with pytest.raises(
        Conflict, match=r'rendering.mode was "micro", now "tiny"; seed was 0, now 3'
    ) as caught:
        run(tmp_path, brief_config(seed=3, rendering=RenderingConfig(mode="tiny")))
    assert set(caught.value.fields) == {"rendering.mode", "seed"}


def test_changed_files_under_a_finished_dataset_are_noticed(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [news(number) for number in range(4)])
    run(tmp_path, files_config(path, **WHOLE))
    write_lines(path, [news(number) for number in range(5)])
    with pytest.raises(Conflict, match="another source"):
        run(tmp_path, files_config(path, **WHOLE))
    path.unlink()
    assert run(tmp_path, files_config(path, **WHOLE)).manifest.totals.num_kept == 4


def test_files_that_change_while_they_are_read_make_no_dataset(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [news(number) for number in range(4)])

    def change(notes: Notes) -> bool:
        path.write_text(path.read_text().replace("Event", "Event "))
        return False

    with pytest.raises(Conflict, match="another source") as caught:
        run(tmp_path, files_config(path, **WHOLE), Notes(change))
    assert "changed while they were read" in caught.value.hint
    assert not read_manifest(tmp_path / "datasets" / "news").complete


@pytest.mark.parametrize(
    ("values", "is_told"),
    [
        ({"validation_fraction": 0}, True),
        ({"splits": ["train"]}, True),
        ({}, False),
        ({"splits": ["test"]}, False),
    ],
)
def test_a_dataset_that_cannot_be_trained_on_is_said_to_be_so_before_it_is_made(
    tmp_path: Path, values: dict[str, Any], is_told: bool
) -> None:
    notes = Notes(lambda notes: bool(notes.positions))
    with suppress(Stopped):
        run(tmp_path, brief_config(**values), notes)
    assert any("a training needs some" in text for text in notes.messages) == is_told


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.unlink(), lambda path: path.write_bytes(path.read_bytes()[:-9])],
    ids=["gone", "cut"],
)
def test_a_damaged_shard_of_a_finished_dataset_is_made_again(
    tmp_path: Path, finished: Path, damage: Callable[[Path], None]
) -> None:
    before = contents(finished)
    damage(finished / "train" / "shard-00001.parquet")
    notes = Notes()
    run(tmp_path, brief_config(), notes)
    assert contents(finished) == before
    assert notes.messages == [
        "1 shards of 'news' are gone or damaged and are made again: train/shard-00001.parquet.",
        NOTHING_LOST,
    ]


def test_mending_a_dataset_may_be_interrupted_at_each_step(
    tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(finished)
    shard = finished / "train" / "shard-00001.parquet"
    shard.write_bytes(shard.read_bytes()[:-9])
    for owner, step in ((Path, "unlink"), (Manifest, "write")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, step, interrupt)
            with pytest.raises(KeyboardInterrupt):
                run(tmp_path, brief_config())
    run(tmp_path, brief_config())
    assert contents(finished) == before


def interrupt(*arguments: object, **options: object) -> None:
    raise KeyboardInterrupt


def test_shards_without_a_manifest_are_not_taken_for_those_of_the_next_dataset(
    tmp_path: Path, finished: Path
) -> None:
    (finished / "manifest.json").unlink()
    run(tmp_path, brief_config(seed=3, max_samples=20, **WHOLE))
    assert next(read_samples(finished, "train")).document.text == sample_document(3, "train", 0, "brief").text
    assert [path.name for path in finished.rglob("shard-*")] == ["shard-00000.parquet"]


def test_repeats_are_dropped_and_leaks_leave_train(tmp_path: Path) -> None:
    texts = {"train": [0, 1, 1, 2, 3], "validation": [2, 4, 4], "test": [3, 4]}
    for split, numbers in texts.items():
        write_lines(tmp_path / "in" / f"{split}.jsonl", [news(number) for number in numbers])
    manifest = run(tmp_path, files_config(tmp_path / "in")).manifest
    kept = {split: entry.counts.num_kept for split, entry in manifest.splits.items()}
    assert kept == {"train": 2, "validation": 2, "test": 2}
    assert dict(manifest.splits["train"].counts.also_in) == {"validation": 1, "test": 1}
    assert manifest.totals.num_duplicate == 4


def test_repeats_may_be_kept_and_are_told_of(tmp_path: Path) -> None:
    for split, numbers in {"train": [1, 1, 2], "validation": [2, 3]}.items():
        write_lines(
            tmp_path / "in" / f"{split}.jsonl",
            [{**news(number), "document": f"{number} \ue123"} for number in numbers],
        )
    notes = Notes()
    result = run(tmp_path, files_config(tmp_path / "in", deduplicate=False), notes)
    assert result.manifest.totals.num_kept == 5
    assert notes.messages == [
        "5 of 5 samples (100%) have characters that the pages do not show as they are: characters for "
        "private use (5). 5 characters are drawn as boxes: U+E123. They are for private use, so no font "
        "anywhere has them; replace them in the source.",
        "1 texts of train are also in validation, and stay in both: a model trained on them gets too high "
        "scores on validation.",
    ]
    assert all(text in (result.folder / "README.md").read_text() for text in notes.messages)


def test_rejected_rows_are_counted_and_kept_with_their_reason(tmp_path: Path) -> None:
    rows: list[Any] = [
        news(0),
        "{broken",
        {"document": None, "summary": "x"},
        {**news(3), "document": "word " * 900},
        news(4),
    ]
    rendering = RenderingConfig(mode="micro", max_pages=2)
    result = run(
        tmp_path, files_config(write_lines(tmp_path / "rows.jsonl", rows), rendering=rendering, **WHOLE)
    )
    totals = result.manifest.totals
    assert (totals.num_read, totals.num_kept, totals.num_rejected) == (5, 2, 3)
    lines = [json.loads(line) for line in (result.folder / "rejected.jsonl").read_text().splitlines()]
    assert [(line["row"], line["document_id"]) for line in lines] == [
        (1, "train-1"),
        (2, "train-2"),
        (3, "train-3"),
    ]
    assert "line 2" in lines[0]["reason"]
    assert "page" in lines[2]["reason"]


def test_a_missing_token_is_said_before_the_source_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository, "get_token", lambda: None)
    with pytest.raises(Unavailable, match="HF_TOKEN is not set"):
        run(tmp_path, files_config(tmp_path / "missing.jsonl", publish={}))


def test_too_many_rejected_rows_end_the_run_and_can_be_allowed_later(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [news(0), "{", "{", "{", news(4)])
    with pytest.raises(SourceError, match="3 rows were rejected, more than max_rejected=2") as caught:
        run(tmp_path, files_config(path, max_rejected=2, **WHOLE))
    assert "line 2 is not JSON" in caught.value.message
    assert "start again under another name, or delete" in caught.value.hint
    assert (tmp_path / "datasets" / "news" / "rejected.jsonl").read_text().count("\n") == 3
    assert run(tmp_path, files_config(path, max_rejected=3, **WHOLE)).manifest.totals.num_kept == 2


def test_a_source_of_nothing_usable_ends_in_an_error(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [{"document": None, "summary": None}])
    with pytest.raises(SourceError, match="None of the 1 rows"):
        run(tmp_path, files_config(path, **WHOLE))
    assert (tmp_path / "datasets" / "news" / "rejected.jsonl").read_text().count("\n") == 1
    write_lines(path, [{"body": "A text of its own.", "summary": "Text."}])
    config = files_config(path, columns={"document": "body"}, **WHOLE)
    assert run(tmp_path, config).manifest.totals.num_kept == 1, "the name is free, as the hint says"


def test_shards_of_other_libraries_or_fonts_are_not_mixed(
    tmp_path: Path, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = finished / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"complete": true', '"complete": false'))
    monkeypatch.setattr(dataset_folder, "version", lambda library: "0.0")
    monkeypatch.setattr(dataset_folder, "installed_fonts_digest", lambda: "others")
    with pytest.raises(Conflict, match="installed fonts was ") as caught:
        run(tmp_path, brief_config())
    assert f"install deepsynth=={version('deepsynth')} datasets=={version('datasets')} " in caught.value.hint
    assert "put the installed fonts back as they were" in caught.value.hint


def test_pages_say_for_themselves_what_they_hold(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "rows.jsonl", [{**news(0), "document": "A long word of a long text. " * 200}, news(1)]
    )
    found = {}
    for overflow in ("truncate", "shrink"):
        rendering = RenderingConfig(mode="tiny", overflow=overflow, min_font_size_px=9)
        folder = run(tmp_path, files_config(path, name=overflow, rendering=rendering, **WHOLE)).folder
        found[overflow] = list(read_samples(folder, "train"))
        totals = read_manifest(folder).totals
        assert totals.num_text_tokens == sum(
            page.num_text_tokens for sample in found[overflow] for page in sample.pages
        )
    assert [sample.truncated for sample in found["truncate"]] == [True, False]
    assert found["truncate"][0].pages[0].num_text_tokens < 620
    assert [sample.truncated for sample in found["shrink"]] == [False, False]
    assert 9 <= found["shrink"][0].font_size_px < found["shrink"][1].font_size_px == 12


def test_max_samples_chooses_by_seed(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", [news(number) for number in range(100)])

    def chosen(name: str, seed: int) -> list[str]:
        folder = run(tmp_path, files_config(path, name=name, seed=seed, max_samples=10, **WHOLE)).folder
        return [sample.document.text for sample in read_samples(folder, "train")]

    first, other = chosen("a", 1), chosen("b", 2)
    assert len(first) == len(other) == 10
    assert first != other
    assert chosen("c", 1) == first


def test_an_unknown_split_lists_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        run(tmp_path, brief_config(splits=("train", "dev")))
    assert "train, validation, test" in caught.value.hint
    assert not (tmp_path / "datasets" / "news").exists()


def test_progress_ends_at_the_total_and_shows_a_page(tmp_path: Path) -> None:
    notes = Notes()
    run(tmp_path, brief_config(max_samples=200), notes)
    done, total, counts = notes.positions[-1]
    assert done == total == counts["read"] == counts["kept"] == 220
    assert counts["pages"] == 220
    assert notes.previews
    assert notes.previews[-1].read_bytes().startswith(b"\x89PNG")


def test_preview_draws_and_writes_nothing(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "rows.jsonl",
        [{**news(0), "document": "A letter of nobody: \ue123"}, "{", news(2), news(3)],
    )
    workspace = Workspace.create(tmp_path / "w")
    before = sorted(tmp_path.rglob("*"))
    shown = preview_dataset(files_config(path, **WHOLE), workspace, 3)
    assert sorted(tmp_path.rglob("*")) == before
    assert [one.document.row for one in shown.documents] == [0, 2]
    assert [row.row for row in shown.rejected] == [1]
    assert list(shown.documents[0].warnings) == [
        "1 characters are drawn as boxes: U+E123. They are for private use, so no font anywhere has them; "
        "replace them in the source."
    ]
    assert shown.as_dict()["documents"][0]["pages"][0]["size_px"] == 320
    chosen = [
        preview_dataset(brief_config(), workspace, 2, random_seed=seed).documents[0].document.id
        for seed in (1, 1, 5)
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_brief_documents_fit_their_page_and_hold_out_full_names() -> None:
    names = {f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES}
    found: dict[str, set[str]] = {}
    for split in ("train", "validation", "test"):
        documents = [sample_document(5, split, row, "brief") for row in range(800)]
        assert all(59 <= len(document.text) <= 99 for document in documents)
        found[split] = {" ".join(document.summary.split()[:2]) for document in documents}
        assert found[split] <= names
        assert all(" ".join(document.summary.split()[:2]) in document.text for document in documents)
    assert not found["train"] & (found["validation"] | found["test"])


def test_articles_hold_the_facts_of_their_summary() -> None:
    for row in range(300):
        document = sample_document(1, "train", row, "article")
        assert 150 <= len(document.text.split()) <= 600
        assert document.text.count("\n\n") >= 3
        head, number = document.summary.rsplit(" with ", 1)
        assert number.split()[0] in document.text
        assert all(word in document.text for word in head.split()[1:3])


def test_presets_become_configurations() -> None:
    for name in PRESETS:
        config = benchmark_config(name, {"max_samples": 10, "rendering": {"line_height": 1.5}})
        assert config.name == f"{name}-benchmark"
        assert config.rendering.mode == PRESETS[name].mode
        assert config.rendering.line_height == 1.5
        assert (
            find_fallbacks(PRESETS[name].source.model_copy(update={"streaming": False}))
            == PRESETS[name].fallbacks
        )
        assert find_fallbacks(PRESETS[name].source.model_copy(update={"revision": "of my own"})) == ()
    with pytest.raises(UnknownName, match="no benchmark preset"):
        benchmark_config("cnn", {})


def test_the_sample_source_makes_any_number(tmp_path: Path) -> None:
    config = brief_config(
        source=SampleSource(length="brief"), max_samples=7, validation_fraction=0.5 - 0.1, test_fraction=0
    )
    manifest = run(tmp_path, config).manifest
    assert {split: entry.counts.num_kept for split, entry in manifest.splits.items()} == {
        "train": 7,
        "validation": 3,
    }
