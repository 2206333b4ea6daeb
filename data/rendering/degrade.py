"""Scan-like damage to a page: skew, blur, noise, JPEG. The same seed gives the same damage."""

import io
import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from data.config import Degradation

_WHITE = 255


def degrade(
    grey: NDArray[np.uint8], degradation: Degradation, seed: int, page_number: int
) -> NDArray[np.uint8]:
    """Return the page with the damage of a scan, in the order of a scan: skew, blur, noise, compression.

    Args:
        grey: (size, size), 0 black to 255 white.
        seed: of the document.
        page_number: from 1; gives each page of a document another damage.
    """
    if degradation == Degradation():
        return grey
    random = np.random.default_rng((seed, page_number))
    picture = Image.fromarray(grey)
    if degradation.skew_degrees:
        picture = _skewed(picture, random.uniform(-degradation.skew_degrees, degradation.skew_degrees))
    if degradation.blur_px:
        picture = picture.filter(ImageFilter.GaussianBlur(degradation.blur_px))
    if degradation.noise:
        picture = _noisy(picture, degradation.noise, random)
    if degradation.jpeg_quality is not None:
        picture = _recompressed(picture, degradation.jpeg_quality)
    return np.array(picture, np.uint8)


def _skewed(picture: Image.Image, degrees: float) -> Image.Image:
    """Rotate the page about its centre, and shrink it so that its corners stay on the page."""
    size = picture.width
    angle = math.radians(degrees)
    scale = math.cos(angle) + abs(math.sin(angle))
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    centre = size / 2
    # From output to input: (x, y) -> centre + scaled rotation of (x - centre, y - centre).
    matrix = (cos, sin, centre - centre * (cos + sin), -sin, cos, centre - centre * (cos - sin))
    return picture.transform(
        (size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC, fillcolor=_WHITE
    )


def _noisy(picture: Image.Image, noise: float, random: np.random.Generator) -> Image.Image:
    pixels = np.asarray(picture, np.float32) + random.standard_normal(
        (picture.height, picture.width), np.float32
    ) * np.float32(noise * _WHITE)
    return Image.fromarray(np.clip(pixels, 0, _WHITE).astype(np.uint8))


def _recompressed(picture: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("L")
