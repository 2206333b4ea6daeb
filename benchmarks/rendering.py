"""Compare the speed of rendering with a simple Pillow renderer, and with layout and drawing alone.

One process, one core, CPU time, texts that no cache holds, the renderers in turns; only the ratios are
meaningful. Run: python -m benchmarks.rendering [--pages N]
"""

import argparse
import io
import random
import statistics
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from data.config import RenderingConfig
from data.rendering import fonts
from data.rendering.layout import paginate
from data.rendering.paragraphs import set_blocks
from data.rendering.raster import draw_plan
from data.rendering.render import render
from data.rendering.structure import blocks
from data.rendering.style import resolve_style

NUM_CHARACTERS = 3800
STYLE = resolve_style(RenderingConfig(mode="base"))
FONT_FILE = Path(fonts.__file__).parent / "dejavu" / "DejaVuSans.ttf"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=60, help="pages per renderer")
    num_pages = parser.parse_args().pages
    renderers = {
        "Pillow": pillow_page,
        "DeepSynth": our_page,
        "layout and drawing": our_page_without_png,
        "layout": our_layout,
    }
    texts = unique_texts()
    times_ms: dict[str, list[float]] = {name: [] for name in renderers}
    sizes: dict[str, list[int]] = {name: [] for name in renderers}
    for turn in range(num_pages + 5):
        for name, draw in renderers.items():
            text = next(texts)
            started = time.process_time()
            size_bytes = draw(text)
            if turn >= 5:  # the first turns open fonts and fill glyph caches
                times_ms[name].append(1000 * (time.process_time() - started))
                sizes[name].append(size_bytes)
    report(
        {name: statistics.median(values) for name, values in times_ms.items()},
        {name: statistics.mean(values) for name, values in sizes.items()},
    )


def report(times_ms: dict[str, float], sizes: dict[str, float]) -> None:
    """Print the ratios; the milliseconds show how busy the machine was."""
    ours_ms = times_ms["DeepSynth"]
    print(
        f"{NUM_CHARACTERS} characters on {STYLE.size_px} x {STYLE.size_px} px at {STYLE.font_size_px:g} px, "
        "median of unique texts"
    )
    for name, milliseconds in times_ms.items():
        print(f"  {name:20} {milliseconds:8.2f} ms")
    print(f"speed: {times_ms['Pillow'] / ours_ms:.1f} x Pillow's (target: at least 12)")
    print(
        f"file size: {sizes['DeepSynth'] / sizes['Pillow']:.2f} of Pillow's {sizes['Pillow'] / 1000:.0f} kB "
        "(target: at most 0.50)"
    )
    print(f"distance to drawing alone: {ours_ms / times_ms['layout and drawing']:.2f} x layout and drawing")


def our_page(text: str) -> int:
    return sum(len(page.png) for page in render(text, STYLE).pages)


def our_page_without_png(text: str) -> int:
    for plan in paginate(set_blocks(blocks(text), [STYLE.font_family], STYLE), STYLE):
        draw_plan(plan, STYLE)
    return 0


def our_layout(text: str) -> int:
    paginate(set_blocks(blocks(text), [STYLE.font_family], STYLE), STYLE)
    return 0


def pillow_page(text: str) -> int:
    """Draw a page as most scripts do: RGB canvas, words wrapped by their measured length, one call per line,
    default PNG. Returns the size of the file in bytes."""
    font = pillow_font()
    page = Image.new("RGB", (STYLE.size_px, STYLE.size_px), "white")
    draw = ImageDraw.Draw(page)
    y_px, line = STYLE.margin_px, ""
    for word in [*text.split(), ""]:
        longer = f"{line} {word}" if line else word
        if word and draw.textlength(longer, font=font) <= STYLE.column_width_px:
            line = longer
            continue
        draw.text((STYLE.margin_px, y_px), line, fill="black", font=font)
        y_px, line = y_px + STYLE.line_height_px, word
    file = io.BytesIO()
    page.save(file, "PNG")
    return len(file.getvalue())


@cache
def pillow_font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FONT_FILE), round(STYLE.font_size_px))


def unique_texts() -> Iterator[str]:
    """Yield English-like texts of NUM_CHARACTERS characters, each with another order of words."""
    rng = random.Random(7)
    license_words = (Path(__file__).parents[1] / "LICENSE").read_text(encoding="utf-8").split()
    while True:
        yield " ".join(rng.choices(license_words, k=NUM_CHARACTERS // 3))[:NUM_CHARACTERS]


if __name__ == "__main__":
    main()
