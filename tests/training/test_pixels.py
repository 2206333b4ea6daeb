"""Pictures -> the encoder's input."""

import io
import struct
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, SAMPLEFORMAT

from data.errors import InvalidInput
from training.inputs.pixels import blank_page_pixels, page_pixels, reading_image, resize_to_square, to_rgb
from training.speed.encoder import normalize_pixels


def png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "PNG")
    return content.getvalue()


def test_white_is_one_and_black_is_minus_one() -> None:
    image = Image.new("L", (320, 320), 255)
    image.putpixel((3, 5), 0)
    pixels = normalize_pixels(torch.from_numpy(page_pixels(png(image), 320)))
    assert pixels.shape == (3, 320, 320)
    assert pixels.dtype == torch.float32
    assert (pixels[:, 5, 3] == -1).all()
    assert pixels.sum() == 3 * 320 * 320 - 6


def test_each_shade_equals_that_of_the_authors_preprocessing() -> None:
    shades = torch.arange(256, dtype=torch.uint8)
    # To tensor: a division by 255. Then the mean and the deviation 0.5 of each channel, all in float32.
    expected = (np.arange(256, dtype=np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
    assert (normalize_pixels(shades).numpy() == expected).all()


def test_a_page_of_the_models_size_keeps_every_pixel() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (320, 320), dtype=np.uint8)
    page = resize_to_square(png(Image.fromarray(grey)), 320)
    assert (np.asarray(page)[:, :, 0] == grey).all()


def test_large_pages_are_padded_with_grey_and_small_ones_squashed() -> None:
    wide = png(Image.new("RGB", (200, 100), (0, 0, 0)))
    padded, squashed = resize_to_square(wide, 1024), resize_to_square(wide, 640)
    assert padded.size == (1024, 1024)
    assert padded.getpixel((512, 10)) == (127, 127, 127)
    assert padded.getpixel((512, 512)) == (0, 0, 0)
    assert squashed.size == (640, 640)
    assert squashed.getpixel((320, 10)) == (0, 0, 0)


def test_transparency_is_white_and_deep_grey_stays_grey() -> None:
    clear = Image.new("RGBA", (320, 320), (0, 0, 0, 0))
    clear.putpixel((1, 1), (200, 0, 0, 255))
    page = resize_to_square(png(clear), 320)
    assert (page.getpixel((0, 0)), page.getpixel((1, 1))) == ((255, 255, 255), (200, 0, 0))
    deep = Image.fromarray(np.full((320, 320), 128 * 257, dtype=np.uint16))
    assert resize_to_square(png(deep), 320).getpixel((0, 0)) == (128, 128, 128)


RAMP = np.tile(np.linspace(0, 1, 320), (320, 1))
"""Black on the left, white on the right."""


def tiff(values: NDArray[Any], *, is_white_zero: bool = False, is_unsigned: bool = False) -> bytes:
    content = io.BytesIO()
    info = {PHOTOMETRIC_INTERPRETATION: 0} if is_white_zero else {}
    Image.fromarray(values).save(content, "TIFF", tiffinfo=info)
    signed, unsigned = (struct.pack("<HHII", SAMPLEFORMAT, 3, 1, kind) for kind in (2, 1))
    return content.getvalue().replace(signed, unsigned) if is_unsigned else content.getvalue()


@pytest.mark.parametrize(
    "picture",
    [
        tiff(RAMP.astype(np.float32)),
        tiff((RAMP * 255).astype(np.float32)),
        tiff((RAMP * 65535).astype(np.float32)),
        tiff((RAMP * 2 - 1).astype(np.float32)),
        tiff((RAMP * 255).astype(np.int32)),
        tiff((RAMP * 65535).astype(np.int32)),
        tiff((RAMP * (2**31 - 1)).astype(np.int32)),
        tiff(((RAMP - 0.5) * 65535).astype(np.int32)),
        tiff((RAMP * (2**32 - 1)).astype(np.uint32).view(np.int32), is_unsigned=True),
        tiff((RAMP * 65535).astype(np.uint16)),
        tiff(((1 - RAMP) * 65535).astype(np.uint16), is_white_zero=True),
    ],
)
def test_wide_greys_of_any_kind_keep_their_picture(picture: bytes) -> None:
    grey = np.asarray(to_rgb(Image.open(io.BytesIO(picture))))[..., 0]
    assert np.abs(grey - RAMP * 255).max() <= 1.5


def test_a_float_that_is_no_number_is_black() -> None:
    holes = RAMP.astype(np.float32)
    holes[0, :2] = np.nan, np.inf
    grey = np.asarray(to_rgb(Image.open(io.BytesIO(tiff(holes)))))[..., 0]
    assert (*grey[0, :2], grey[0, -1]) == (0, 0, 255)


def test_a_blank_page_is_white() -> None:
    assert (blank_page_pixels(320) == 255).all()


@pytest.mark.parametrize("kind", ["GIF", "ICO", "TGA", "EPS", "PPM", None])
def test_what_is_none_of_the_documented_formats_is_refused(kind: str | None) -> None:
    content = io.BytesIO(b"not a picture")
    if kind:
        Image.new("RGB", (64, 64), "white").save(content, kind)
    with pytest.raises(InvalidInput) as refusal, reading_image("Page 2", "Scan it."):
        page_pixels(content.getvalue(), 320)
    assert refusal.value.message == (
        "Page 2 is not a readable picture: it is none of PNG, JPEG, WEBP, BMP, TIFF."
    )


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    content = png(Image.new("1", (20_000, 4_500)))
    with (
        pytest.raises(InvalidInput, match="it has 20000 x 4500 px, more than 89,000,000"),
        reading_image("x", ""),
    ):
        page_pixels(content, 320)


@pytest.mark.parametrize("size", [(48_569, 1), (1, 48_569)])
@pytest.mark.parametrize("page_size_px", [512, 1024])
def test_a_thin_line_becomes_a_page(size: tuple[int, int], page_size_px: int) -> None:
    assert page_pixels(png(Image.new("L", size)), page_size_px).shape == (3, page_size_px, page_size_px)
