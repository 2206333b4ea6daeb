"""Draw the pictures of the user interface: a page of the shape of each benchmark's documents, and the page of
the first screen. All texts are made up; the pages are drawn as those of a dataset.

python scripts/write_pictures.py            writes the files
python scripts/write_pictures.py --check    exits 1 when a file is not what is drawn
"""

import argparse
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from data.config import RenderingConfig
from data.page_modes import PageMode
from data.presets import PRESETS
from data.rendering.render import render
from data.rendering.style import resolve_style
from data.sources.sample import sample_document
from web_ui.views.start import PAGE_MODE, example_document

PICTURES = Path(__file__).resolve().parents[1] / "web_ui" / "static" / "pictures"
START = "start-page.png"
THUMBNAIL_PX = 256
NUM_GREYS = 16
NEWS_SEED = 7
SECTIONS = ("Introduction", "Related work", "Method", "Data", "Results", "Discussion")
DIALOGUE = (
    ("Mara", "are you still at the library?"),
    ("Jon", "yes, until six. why?"),
    ("Mara", "I left my blue umbrella at the desk near the window"),
    ("Jon", "hang on"),
    ("Jon", "found it! it was behind the heater"),
    ("Mara", "you are a hero"),
    ("Jon", "shall I bring it to choir practice tonight?"),
    ("Mara", "please do, I go straight from work"),
    ("Jon", "ok. do you need a lift home after? it is going to rain"),
    ("Mara", "that would be lovely, thank you"),
    ("Jon", "then you won't even need the umbrella"),
    ("Mara", "ha. see you at half past seven"),
)


def news(num_words: int) -> str:
    """Return whole paragraphs of made-up news, of at least so many words."""
    paragraphs: list[str] = []
    for row in range(num_words):
        paragraphs += sample_document(NEWS_SEED, "train", row, "article").text.split("\n\n")
        if sum(len(paragraph.split()) for paragraph in paragraphs) >= num_words:
            break
    while len(paragraphs) > 1 and sum(len(paragraph.split()) for paragraph in paragraphs[:-1]) >= num_words:
        paragraphs.pop()
    return "\n\n".join(paragraphs)


def paper(num_words: int) -> str:
    return "\n\n".join(f"{name}\n\n{news(num_words // len(SECTIONS))}" for name in SECTIONS)


TEXTS = {
    "cnn_dailymail": news,
    "xsum": news,
    "arxiv": paper,
    "gigaword": lambda _: news(1).split("\n\n")[0],
    "samsum": lambda _: "\n".join(f"{name}: {turn}" for name, turn in DIALOGUE),
}


def draw_page(text: str, mode: PageMode) -> Image.Image:
    """Return the first page of a text, as grey pixels."""
    document = render(text, resolve_style(RenderingConfig(mode=mode)))
    return Image.open(io.BytesIO(document.pages[0].png)).convert("L")


def pictures() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each picture."""
    yield START, encode(draw_page(example_document().text, PAGE_MODE))
    for preset in PRESETS.values():
        page = draw_page(TEXTS[preset.name](preset.mean_document_words), preset.mode)
        small = page.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.LANCZOS)
        yield f"{preset.name}.png", encode(small)


def encode(grey: Image.Image) -> bytes:
    """Return a small PNG of few greys."""
    file = io.BytesIO()
    step = 255 / (NUM_GREYS - 1)
    few = grey.point(lambda value: round(round(value / step) * step)).quantize(NUM_GREYS)
    few.save(file, "PNG", optimize=True)
    return file.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if not parser.parse_args().check:
        for name, content in pictures():
            (PICTURES / name).write_bytes(content)
        return 0
    stale = [name for name, content in pictures() if content != _stored(name)]
    if stale:
        sys.stderr.write(f"Not as drawn: {', '.join(stale)}. Run scripts/write_pictures.py.\n")
    return 1 if stale else 0


def _stored(name: str) -> bytes | None:
    path = PICTURES / name
    return path.read_bytes() if path.exists() else None


if __name__ == "__main__":
    raise SystemExit(main())
