"""The prediction stage: the tiny base returns the text of the pages that it reads."""

import io
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from data.config import RenderingConfig
from data.errors import Conflict, DeepSynthError, InvalidInput, SourceError, Stopped
from data.progress import Silent
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.store.workspace import Workspace
from data.store.writer import hold_writer_lock
from tests.training.trainings import Listener
from training.generation.input_files import InputFiles
from training.inputs.dataset import PageSample
from training.models.export import export_model
from training.models.loading import load_model
from training.models.provenance import Provenance
from training.options.decoding_config import PredictionConfig
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


@dataclass
class StopsAfterSamples(Listener):
    """Asks to stop after a number of samples."""

    num_samples: int = 0
    _done: int = 0

    def advance(self, done: int, total: int | None, unit: str, **counts: int) -> None:
        self._done = done

    def should_stop(self) -> bool:
        return self._done >= self.num_samples


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


def test_characters_that_the_pages_of_a_text_do_not_show_are_counted_and_said(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{TEXT} \u05e9\u05dc")
    (tmp_path / "b.txt").write_text(f"{TEXT} \u05e9")
    (tmp_path / "c.txt").write_text(TEXT)
    workspace, listener = Workspace.create(tmp_path / "workspace"), Listener()
    inputs = tuple(str(tmp_path / name) for name in ("a.txt", "b.txt", "c.txt"))
    config = PredictionConfig(model="tiny", inputs=inputs, max_length=4, mode="micro")
    lines = predict(config, workspace, listener).path.read_text().splitlines()
    missing = [json.loads(line)["missing_glyphs"] for line in lines]
    assert missing == [{"\u05e9": 1, "\u05dc": 1}, {"\u05e9": 1}, {}]
    assert any(text.startswith("3 characters are not drawn right") for text in listener.texts)


def test_what_a_library_says_ends_with_one_full_stop(tmp_path: Path, picture: bytes) -> None:
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    (tmp_path / "fine.png").write_bytes(picture)
    for number in range(7):
        (tmp_path / f"{number}.txt").write_bytes(b"\xff")
    listener = Listener()
    config = PredictionConfig(model="tiny", inputs=(str(tmp_path),), max_length=4, mode="micro")
    path = predict(config, Workspace.create(tmp_path / "workspace"), listener).path
    errors = [json.loads(line)["error"] or "" for line in path.read_text().splitlines()]
    assert any("Data format error). It may be" in error for error in errors)
    assert not any(".." in text for text in [*errors, *listener.texts])


def test_each_picture_of_a_tiff_file_is_a_page(tmp_path: Path, picture: bytes) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    pages = [Image.open(io.BytesIO(picture)), Image.new("CMYK", (320, 320)), Image.new("I;16", (320, 320))]
    pages[0].save(tmp_path / "scan.tif", save_all=True, append_images=pages[1:])
    [whole] = read(workspace, tmp_path / "scan.tif", max_length=4)
    assert (whole["num_pages"], whole["num_pages_left_out"]) == (3, 0)
    [first] = read(workspace, tmp_path / "scan.tif", max_pages=1)
    assert (first["summary"], first["num_pages"], first["num_pages_left_out"]) == (TEXT, 1, 2)


def form_with_a_value(appearance: bytes) -> bytes:
    """Return a PDF page of 320 pt whose form field holds a value."""
    stream = b"/Tx BMC BT /F1 20 Tf 4 12 Td (916 people) Tj ET EMC"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [5 0 R] /DA (/F1 20 Tf 0 g) "
        b"/DR << /Font << /F1 4 0 R >> >> >> >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 320 320] /Annots [5 0 R] >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (people) /V (916 people) /DA (/F1 20 Tf 0 g) "
        b"/Rect [10 100 310 140] /F 4 /P 3 0 R " + appearance + b" >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 300 40] /Resources << /Font << /F1 4 0 R >> >> "
        b"/Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
    ]
    content, offsets = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"xref\n0 7\n0000000000 65535 f \n%strailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return content + end % (table, len(content))


@pytest.mark.parametrize("appearance", [b"/AP << /N 6 0 R >>", b""])
def test_the_values_of_a_form_are_drawn(tmp_path: Path, appearance: bytes) -> None:
    (tmp_path / "form.pdf").write_bytes(form_with_a_value(appearance))
    files = InputFiles.find([str(tmp_path / "form.pdf")], Workspace.create(tmp_path / "workspace"))
    [sample] = files.as_page_inputs(RenderingConfig(mode="micro"), 9, None)
    assert isinstance(sample, PageSample)
    page = np.asarray(Image.open(io.BytesIO(sample.pages[0])).convert("L"))
    field = page[180:220, 10:310]
    assert (field < 100).sum() > 200  # ink of ten letters


def test_what_a_folder_holds_besides_is_said_and_a_broken_link_has_a_line(tmp_path: Path) -> None:
    workspace, folder = Workspace.create(tmp_path / "workspace"), tmp_path / "mixed"
    (folder / "old.txt").mkdir(parents=True)
    (folder / "page.txt").write_text(TEXT)
    (folder / "gone.txt").symlink_to(tmp_path / "nothing.txt")
    (folder / "circle.png").symlink_to(folder / "circle.png")
    (folder / "letter.docx").touch()
    (folder / ".hidden.docx").touch()
    os.mkfifo(folder / "pipe.txt")
    listener = Listener()
    config = PredictionConfig(model="tiny", inputs=(str(folder),), max_length=4)
    result = predict(config, workspace, listener)
    lines = {line["input"]: line["error"] for line in map(json.loads, result.path.read_text().splitlines())}
    assert lines.pop("page.txt") is None
    assert lines.keys() == {"gone.txt", "circle.png"}
    assert all(f"{name} cannot be read" in error for name, error in lines.items())
    [told] = [text for text in listener.texts if "Not read in" in text]
    assert "letter.docx, old.txt/, pipe.txt. Name subfolders" in told


def test_a_folder_of_subfolders_and_a_pipe_are_refused_by_name(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    (tmp_path / "scans" / "box 1").mkdir(parents=True)
    with pytest.raises(InvalidInput, match=r"holds no file to summarise\. .*box 1/"):
        read(workspace, tmp_path / "scans")
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(InvalidInput, match=r"pipe\.png is no regular file"):
        read(workspace, tmp_path / "pipe.png")


def test_two_predictions_of_one_name_do_not_mix(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "workspace")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for page in range(3):
            (tmp_path / name / f"{name}{page}.txt").write_text(f"{name} {page} {TEXT}")
    with (
        hold_writer_lock(workspace, "prediction", "out"),
        pytest.raises(Conflict, match="by another process"),
    ):
        read(workspace, tmp_path / "a", output="out")
    given = {"output": "out", "per_device_eval_batch_size": 1, "max_length": 8}

    def names(folder: str, listener: Listener) -> list[str]:
        config = PredictionConfig(model="tiny", inputs=(str(tmp_path / folder),), **given)
        lines = predict(config, workspace, listener).path.read_text().splitlines()
        return [json.loads(line)["input"] for line in lines]

    with pytest.raises(Stopped):
        names("a", StopsAfterSamples(num_samples=2))
    assert names("b", Listener()) == ["b0.txt", "b1.txt", "b2.txt"]
    resumed = Listener()
    assert names("a", resumed) == ["a0.txt", "a1.txt", "a2.txt"]
    assert any("2 of 3 texts are there from before" in text for text in resumed.texts)


def test_an_edited_input_of_equal_size_and_times_is_another_work(tmp_path: Path) -> None:
    path, workspace = tmp_path / "page.txt", Workspace.create(tmp_path / "workspace")
    prints = []
    for text in ("one", "two"):
        path.write_text(text)
        os.utime(path, (1, 1))
        prints.append(InputFiles.find([str(path)], workspace).fingerprint)
    assert prints[0] != prints[1]


def test_documents_longer_than_those_of_the_training_are_warned_of(tmp_path: Path) -> None:
    workspace, listener = Workspace.create(tmp_path / "workspace"), Listener()
    base = load_model("tiny", None, workspace)
    trained = Provenance(
        prompt="\nFree OCR.",
        rendering=RenderingConfig(mode="micro"),
        base_model="tiny",
        base_revision=None,
        licence="mit",
        max_num_pages=1,
    )
    export_model(base.model, base, tmp_path / "elsewhere", trained)
    (tmp_path / "short.txt").write_text(TEXT)
    (tmp_path / "long.txt").write_text("A sentence of some words. " * 20)
    config = PredictionConfig(
        model=str(tmp_path / "elsewhere"),
        inputs=[str(tmp_path / name) for name in ("short.txt", "long.txt")],
        max_length=8,
    )
    predict(config, workspace, listener)
    longer = "1 of 2 documents are longer than any that the model was trained on (1 page)"
    assert any(text.startswith(longer) for text in listener.texts), listener.texts


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
        ({"mode": "base"}, "not pages of 1024 px"),
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
