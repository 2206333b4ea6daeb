"""Pictures -> the encoder's input."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from data.errors import InvalidInput
from training.inputs.pixels import blank_page_pixels, page_pixels, reading_image, resize_to_square
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


def test_a_blank_page_is_white() -> None:
    assert (blank_page_pixels(320) == 255).all()


def test_a_file_that_is_no_picture_is_refused() -> None:
    with (
        pytest.raises(InvalidInput, match=r"^Page 2 is not a readable picture: its format is not known\.$"),
        reading_image("Page 2", "Scan it."),
    ):
        page_pixels(b"not a picture", 320)
