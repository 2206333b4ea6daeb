"""The prediction stage: the tiny base returns the text of the pages that it reads."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from data.config import RenderingConfig
from data.errors import DeepSynthError, InvalidInput, SourceError
from data.progress import Silent
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.store.workspace import Workspace
from tests.training.trainings import Listener
from training.models.export import export_model
from training.models.loading import load_model
from training.models.provenance import Provenance
from training.options.config import PredictionConfig
from training.predict import predict

TEXT = "Today Vera Yilmaz built a bridge in Riga. Some 120 people helped."


def read(workspace: Workspace, *inputs: str | Path, **values: Any) -> list[dict[str, Any]]:
    given = {
        "model": "tiny",
        "prompt": "\nFree OCR.",
        "max_length": 80,
        "inputs": [str(item) for item in inputs],
        **values,
    }
    result = predict(PredictionConfig.model_validate(given), workspace, Silent())
    return [json.loads(line) for line in result.path.read_text().splitlines()]


@pytest.fixture(scope="module")
def picture() -> bytes:
    return render(TEXT, resolve_style(RenderingConfig(mode="micro"))).pages[0].png


def test_pictures_texts_and_pdfs_are_read(tmp_path: Path, picture: bytes) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    (tmp_path / "page.png").write_bytes(picture)
    (tmp_path / "page.txt").write_text(TEXT)
    Image.open(tmp_path / "page.png").convert("RGB").save(tmp_path / "page.pdf", resolution=72)
    lines = read(workspace, *(tmp_path / f"page.{kind}" for kind in ("png", "txt", "pdf")))
    assert [line["input"] for line in lines] == ["page.png", "page.txt", "page.pdf"]
    assert [line["summary"] for line in lines[:2]] == [TEXT, TEXT]
    # A PDF keeps its picture as a lossy JPEG.
    assert lines[2]["summary"].startswith("Today Vera")


def test_a_folder_gives_its_files_in_order_and_uploads_are_found(tmp_path: Path, picture: bytes) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in ("b.png", "a.png"):
        (folder / name).write_bytes(picture)
    (folder / "notes.bin").write_bytes(b"")
    workspace.upload("sent.txt").write_text(TEXT)
    assert [line["input"] for line in read(workspace, folder, "upload:sent.txt", max_length=4)] == [
        "a.png",
        "b.png",
        "sent.txt",
    ]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    paths = [tmp_path / "scans" / name for name in ("a/page.txt", "b/page.txt", "b/other.txt")]
    for path, text in zip(paths, (TEXT, "", TEXT), strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    one, two, other = read(
        Workspace.create(tmp_path / "workspace"), paths[0].parent, *paths[1:], max_length=4
    )
    assert (one["input"], two["input"], other["input"]) == ("a/page.txt", "b/page.txt", "other.txt")
    assert two["error"] == "b/page.txt is empty."


def test_a_dataset_can_be_predicted(brief_workspace: Workspace) -> None:
    lines = read(brief_workspace, dataset="brief", split="train", max_samples=2, max_length=4)
    assert [line["num_pages"] for line in lines] == [1, 1]


def saved(kind: str, **options: Any) -> bytes:
    content = io.BytesIO()
    Image.effect_noise((300, 300), 80).save(content, kind, **options)
    return content.getvalue()


BROKEN = {
    "empty.txt": b"  ",
    "latin.txt": b"caf\xe9",
    "bad.pdf": b"%PDF-1.4 cut",
    "bad.png": b"\x89PNG cut",
    "bad.tiff": b"II*\0cut",
    "chunk.png": b"?DAT".join(saved("PNG").rsplit(b"IDAT", 1)),
    # The second page has no width.
    "page.tif": b"\0?\4\0".join(
        saved("TIFF", save_all=True, append_images=[Image.new("L", (9, 9))]).rsplit(b"\0\1\4\0", 1)
    ),
}


def test_an_unreadable_input_is_named_and_the_others_are_read(tmp_path: Path, picture: bytes) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    folder = tmp_path / "files"
    folder.mkdir()
    for name, content in {**BROKEN, "page.png": picture}.items():
        (folder / name).write_bytes(content)
    listener = Listener()
    config = PredictionConfig(
        model="tiny", prompt="\nFree OCR.", max_length=80, inputs=(str(folder),), per_device_eval_batch_size=4
    )
    result = predict(config, workspace, listener)
    lines = {line["input"]: line for line in map(json.loads, result.path.read_text().splitlines())}
    assert lines.pop("page.png")["summary"] == TEXT
    assert lines.keys() == BROKEN.keys()
    assert all(name in line["error"] and not line["summary"] for name, line in lines.items())
    assert not any(" object at 0x" in line["error"] for line in lines.values())
    assert (result.num_samples, result.num_failed) == (8, 7)
    assert any("7 of 8 inputs could not be read" in text for text in listener.texts)


@pytest.mark.parametrize(
    ("name", "content", "error"), [("page.docx", b"x", InvalidInput), ("latin.txt", b"caf\xe9", SourceError)]
)
def test_inputs_without_a_readable_file_are_refused(
    tmp_path: Path, name: str, content: bytes, error: type[DeepSynthError]
) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error, match=name):
        read(workspace, tmp_path / name)
    assert not list(workspace.predictions.glob("[!.]*"))


def test_each_picture_of_a_tiff_file_is_a_page(tmp_path: Path, picture: bytes) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    pages = [Image.open(io.BytesIO(picture)), Image.new("CMYK", (320, 320)), Image.new("I;16", (320, 320))]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    [whole] = read(workspace, tmp_path / "scan.tif", max_length=4)
    assert (whole["num_pages"], whole["num_pages_left_out"]) == (3, 0)
    [first] = read(workspace, tmp_path / "scan.tif", max_pages=1)
    assert (first["summary"], first["num_pages"], first["num_pages_left_out"]) == (TEXT, 1, 2)


def test_a_model_gets_the_prompt_and_the_page_style_of_its_training(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    base = load_model("tiny", None, workspace)
    rendering = RenderingConfig(mode="micro", overflow="truncate")
    trained = Provenance(
        prompt="\nFree OCR.", rendering=rendering, base_model="tiny", base_revision=None, licence="mit"
    )
    export_model(base.model, base, tmp_path / "elsewhere", trained)
    (tmp_path / "page.txt").write_text(TEXT * 5)
    [line] = read(
        workspace, tmp_path / "page.txt", model=str(tmp_path / "elsewhere"), prompt=None, max_length=20
    )
    assert (line["num_pages"], line["num_pages_left_out"], line["summary"]) == (1, 1, TEXT[:20])


def test_a_missing_input_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(Workspace.create(tmp_path), tmp_path / "nothing.png")
    assert caught.value.fields == {"inputs": "does not exist"}


def test_documents_longer_than_the_models_positions_are_refused_unless_max_pages_is_set(
    tmp_path: Path,
) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    pages = [Image.new("L", (8, 8), 255)] * 255
    pages[0].save(tmp_path / "long.pdf", save_all=True, append_images=pages[1:])
    with pytest.raises(SourceError, match=r"255 pages; the model holds 247 .* Set max_pages to 247"):
        read(workspace, tmp_path / "long.pdf", max_length=512)
    assert read(workspace, tmp_path / "long.pdf", max_length=4, max_pages=2)[0]["num_pages_left_out"] == 253


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"max_length": 8192}, "max_length=8192 leaves no room for a page"),
        ({"mode": "base"}, "pages of mode micro, not base"),
    ],
)
def test_pages_that_the_model_does_not_support_are_refused_before_its_weights_are_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, values: dict[str, Any], words: str
) -> None:
    monkeypatch.setattr(
        "training.generation.summarizer.load_from_files", lambda *_: pytest.fail("weights were loaded")
    )
    (tmp_path / "page.txt").write_text(TEXT)
    with pytest.raises(InvalidInput, match=words):
        read(Workspace.create(tmp_path / "workspace"), tmp_path / "page.txt", **values)


def test_inputs_and_a_dataset_together_are_refused() -> None:
    with pytest.raises(ValidationError, match="either inputs or dataset"):
        PredictionConfig(inputs=("a.png",), dataset="brief")
