"""Pictures as the encoder reads them: square, RGB, between -1 and 1. Bit-exact with the model authors'
preprocessing, but for what theirs makes black or white: transparency, and grey of 16 bits. Until they are on
the encoder's device they are bytes, a quarter of the size."""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from data.errors import InvalidInput

LARGEST_SQUASHED_PX = 640
"""Up to this page size a picture that is not square is squashed; above, it is padded."""
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
"""What Pillow raises for pictures that it cannot read: each format's reader has its own, and they share no
class of Pillow's."""


@contextmanager
def reading_image(name: str, hint: str) -> Iterator[None]:
    """Say in words what is wrong with a picture that cannot be read inside this block.

    Args:
        name: of the picture, as the message begins.
        hint: what to do about it.

    Raises:
        InvalidInput: the picture is damaged, too large, or none.
    """
    try:
        yield
    except UnidentifiedImageError as error:  # it would show where in memory the bytes lie
        raise InvalidInput(
            f"{name} is not a readable picture: its format is not known.", hint=hint
        ) from error
    except _PILLOW_ERRORS as error:
        raise InvalidInput(f"{name} is not a readable picture: {error}.", hint=hint) from error


def page_pixels(picture: bytes, page_size_px: int) -> NDArray[np.uint8]:
    """Decode one picture to shape (3, page_size_px, page_size_px), 0 to 255. To be called inside
    `reading_image`."""
    return _channels_first(resize_to_square(picture, page_size_px))


def blank_page_pixels(page_size_px: int) -> NDArray[np.uint8]:
    """Return a white page: what a control sees to show that pages are read."""
    return np.full((3, page_size_px, page_size_px), BLANK, dtype=np.uint8)


def resize_to_square(picture: bytes, page_size_px: int) -> Image.Image:
    """Decode a picture and bring it to the model's square; our own pages have that size already and stay as
    they are."""
    image = decode_image(picture)
    if image.size == (page_size_px, page_size_px):
        return image
    if page_size_px <= LARGEST_SQUASHED_PX:
        return image.resize((page_size_px, page_size_px))
    return ImageOps.pad(image, (page_size_px, page_size_px), color=(PADDING_GREY,) * 3)


def decode_image(picture: bytes) -> Image.Image:
    """Decode a picture whole, as a person sees it. To be called inside `reading_image`."""
    return to_rgb(ImageOps.exif_transpose(Image.open(io.BytesIO(picture))))


def to_rgb(image: Image.Image) -> Image.Image:
    """Return a picture as a person sees it: on white where it is transparent, and 16 bits of grey as the same
    grey in 8."""
    if image.mode.startswith("I"):  # a plain conversion would make white of all but the darkest
        image = Image.fromarray(
            np.rint(np.asarray(image).clip(0, DEEPEST_GREY) / DEEPEST_GREY * 255).astype(np.uint8)
        )
    elif image.has_transparency_data:  # and here, mostly, black
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def _channels_first(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
