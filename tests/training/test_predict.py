"""The prediction stage: the tiny base reads whatever it is given back to us."""

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
from training.config import PredictionConfig
from training.predict import predict

TEXT = "Today Vera Yilmaz built a bridge in Riga. Some 120 people helped."


def read(workspace: Workspace, *inputs: str | Path, **values: Any) -> list[dict[str, Any]]:
    given = {"model": "tiny", "prompt": "\nFree OCR.", "max_length": 80, "inputs": [str(item) for item in inputs], **values}
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
    assert [line["input"] for line in read(workspace, folder, "upload:sent.txt", max_length=4)] == ["a.png", "b.png", "sent.txt"]


def test_a_dataset_can_be_predicted(brief_workspace: Workspace) -> None:
    lines = read(brief_workspace, dataset="brief", split="train", max_samples=2, max_length=4)
    assert [line["num_pages"] for line in lines] == [1, 1]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("page.docx", b"x", InvalidInput),
        ("empty.txt", b"  ", SourceError),
        ("latin.txt", b"caf\xe9", SourceError),
        ("bad.pdf", b"%PDF-1.4 cut", SourceError),
        ("bad.png", b"\x89PNG cut", InvalidInput),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, error: type[DeepSynthError]) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(error):
        read(workspace, tmp_path / name)
    assert not list(workspace.predictions.iterdir())


def test_a_missing_input_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        read(Workspace.create(tmp_path), tmp_path / "nothing.png")
    assert caught.value.fields == {"inputs": "does not exist"}


def test_documents_past_the_positions_of_the_model_are_refused(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    pages = [Image.new("L", (8, 8), 255)] * 255
    pages[0].save(tmp_path / "long.pdf", save_all=True, append_images=pages[1:])
    with pytest.raises(InvalidInput, match=r"255 pages needs 8,\d+ tokens") as caught:
        read(workspace, tmp_path / "long.pdf", max_length=512)
    assert "inputs" in caught.value.fields


def test_inputs_and_a_dataset_together_are_refused() -> None:
    with pytest.raises(ValidationError, match="either inputs or dataset"):
        PredictionConfig(inputs=("a.png",), dataset="brief")
