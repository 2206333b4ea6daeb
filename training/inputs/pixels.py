"""Pictures -> the encoder's input: square, RGB, uint8; the encoder's device turns the bytes into -1 to 1.

The numbers are equal to those of the model authors' preprocessing, with two exceptions that theirs turns
black or white: transparency, and grey of 16 bits.
"""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from data.errors import InvalidInput

LARGEST_SQUASHED_PX = 640
"""Up to this page size a picture that is not square is squashed; above this size, it is padded."""
PADDING_GREY = 127
BLANK = 255
DEEPEST_GREY = (1 << 16) - 1
_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    RuntimeError,
    ArithmeticError,
    struct.error,
    Image.DecompressionBombError,
)
"""Errors that Pillow raises for unreadable pictures: the readers of its formats have no common class of
error."""


@contextmanager
def reading_image(name: str, hint: str) -> Iterator[None]:
    """Turn the errors of Pillow in this block into messages for the user.

    Args:
        name: of the picture; the message begins with it.
        hint: tells the user what to do.

    Raises:
        InvalidInput: the picture is damaged, too large, or not a picture.
    """
    try:
        yield
    except UnidentifiedImageError as error:  # its text holds a memory address
        raise InvalidInput(
            f"{name} is not a readable picture: its format is not known.", hint=hint
        ) from error
    except _PILLOW_ERRORS as error:
        raise InvalidInput(f"{name} is not a readable picture: {error}.", hint=hint) from error


def page_pixels(picture: bytes, page_size_px: int) -> NDArray[np.uint8]:
    """Decode one picture to uint8 (3, page_size_px, page_size_px). Call it inside `reading_image`."""
    return _channels_first(resize_to_square(picture, page_size_px))


def blank_page_pixels(page_size_px: int) -> NDArray[np.uint8]:
    """Return a white page, uint8 (3, page_size_px, page_size_px), for `blank_pages`."""
    return np.full((3, page_size_px, page_size_px), BLANK, dtype=np.uint8)


def resize_to_square(picture: bytes, page_size_px: int) -> Image.Image:
    """Decode a picture and resize it to the model's square; a picture of that size stays unchanged."""
    image = decode_image(picture)
    if image.size == (page_size_px, page_size_px):
        return image
    if page_size_px <= LARGEST_SQUASHED_PX:
        return image.resize((page_size_px, page_size_px))
    return ImageOps.pad(image, (page_size_px, page_size_px), color=(PADDING_GREY,) * 3)


def decode_image(picture: bytes) -> Image.Image:
    """Decode a whole picture to RGB, upright by its EXIF tag. Call it inside `reading_image`."""
    return to_rgb(ImageOps.exif_transpose(Image.open(io.BytesIO(picture))))


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert a picture to RGB: transparent parts become white, grey of 16 bits becomes the same grey of 8
    bits."""
    if image.mode.startswith("I"):  # `convert` would clip all but the darkest 255 levels to white
        image = Image.fromarray(
            np.rint(np.asarray(image).clip(0, DEEPEST_GREY) / DEEPEST_GREY * 255).astype(np.uint8)
        )
    elif image.has_transparency_data:  # `convert` would show the hidden colour, mostly black
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def _channels_first(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
