"""Pictures -> the encoder's input: square, RGB, uint8; the encoder's device turns the bytes into -1 to 1.

The numbers are equal to those of the model authors' preprocessing, with two exceptions that theirs turns
black or white: transparency, and grey of more than 8 bits.
"""

import io
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError
from PIL.TiffImagePlugin import BITSPERSAMPLE, PHOTOMETRIC_INTERPRETATION, SAMPLEFORMAT

from data.errors import InvalidInput, cause

LARGEST_SQUASHED_PX = 640
"""Up to this page size a picture that is not square is squashed; above this size, it is padded."""
PADDING_GREY = 127
BLANK = 255
FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
"""The formats that are read, in Pillow's names. Others that it knows start programs or fail in odd ways."""
MAX_PICTURE_PX: Final = 89_000_000
"""The most pixels of a picture: A3 at 600 dpi has 70 million. One of wide greys then takes some 3 GB."""
_WHITES = (255, (1 << 16) - 1, (1 << 31) - 1, (1 << 32) - 1)
WHITE_IS_ZERO, UNSIGNED = 0, 1
"""Values of the TIFF tags PhotometricInterpretation and SampleFormat."""
_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    RuntimeError,
    MemoryError,
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
            f"{name} is not a readable picture: it is none of {', '.join(FORMATS)}.", hint=hint
        ) from error
    except _PILLOW_ERRORS as error:
        raise InvalidInput(f"{name} is not a readable picture: {cause(error)}.", hint=hint) from error


def page_pixels(picture: bytes, page_size_px: int) -> NDArray[np.uint8]:
    """Decode one picture to uint8 (3, page_size_px, page_size_px). Call it inside `reading_image`."""
    return _channels_first(resize_to_square(picture, page_size_px))


def blank_page_pixels(page_size_px: int) -> NDArray[np.uint8]:
    """Return a white page, uint8 (3, page_size_px, page_size_px), for `blank_pages`."""
    return np.full((3, page_size_px, page_size_px), BLANK, dtype=np.uint8)


def page_png(picture: bytes, page_size_px: int) -> bytes:
    """Return a picture as the model sees it, as PNG. Call it inside `reading_image`."""
    content = io.BytesIO()
    resize_to_square(picture, page_size_px).save(content, "PNG")
    return content.getvalue()


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
    return to_rgb(ImageOps.exif_transpose(open_image(io.BytesIO(picture))))


def open_image(source: Path | io.BytesIO, frame: int = 0) -> Image.Image:
    """Open one picture of a file, and decode nothing yet. Call it inside `reading_image`."""
    image = Image.open(source, formats=FORMATS)
    image.seek(frame)
    if image.width * image.height > MAX_PICTURE_PX:
        raise ValueError(f"it has {image.width} x {image.height} px, more than {MAX_PICTURE_PX:,} in all")
    return image


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert a picture to RGB: transparent parts become white, greys of more than 8 bits become the same
    grey of 8 bits."""
    if image.mode.startswith(("I", "F")):  # `convert` would clip all but the darkest 255 levels to white
        image = Image.fromarray(_narrow(image))
    elif image.has_transparency_data:  # `convert` would show the hidden colour, mostly black
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def _narrow(image: Image.Image) -> NDArray[np.uint8]:
    """Return wide greys as bytes. Negative greys count from the lowest one."""
    tags: Any = getattr(image, "tag_v2", {})  # of a TIFF file
    grey: NDArray[Any] = np.asarray(image)
    if image.mode == "I" and tags.get(SAMPLEFORMAT, (UNSIGNED,))[0] == UNSIGNED:
        grey = grey.view(np.uint32)
    grey = np.nan_to_num(grey.astype(np.float64), posinf=0, neginf=0)
    low = min(0.0, float(grey.min(initial=0)))
    most = float(grey.max(initial=0)) - low
    narrow: NDArray[np.float64] = (grey - low) / _white(
        image.mode, most, tags.get(BITSPERSAMPLE, (16,))[0], low < 0
    )
    if tags.get(PHOTOMETRIC_INTERPRETATION) == WHITE_IS_ZERO:
        narrow = 1 - narrow
    shades: NDArray[np.uint8] = np.rint(narrow.clip(0, 1) * 255).astype(np.uint8)
    return shades


def _white(mode: str, most: float, num_bits: int, is_signed: bool) -> float:
    """Return the value of white in a picture whose highest grey is `most`. Only 12 and 16 bits say what white
    is; else it is the first common one that is not exceeded: of floats 1 (with room for the ripples of a
    resize), then 255, 65535 and the widest integers."""
    if mode.startswith("I;16"):
        return (1 << num_bits) - 1
    if is_signed:
        return most
    if mode == "F" and most <= 1.2:
        return 1.0
    return next((white for white in _WHITES if most <= white), most)


def _channels_first(image: Image.Image) -> NDArray[np.uint8]:
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
