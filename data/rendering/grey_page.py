"""Grey pixels that Skia draws into directly."""

from typing import Any, Final

import numpy as np
import skia
from numpy.typing import NDArray

WHITE: Final = 255


class GreyPage:
    """A white page, square unless a height is given: `grey` is (height, width); `canvas` draws into it."""

    __slots__ = ("_surface", "canvas", "grey")

    def __init__(self, width_px: int, height_px: int | None = None) -> None:
        height_px = width_px if height_px is None else height_px
        self.grey: NDArray[np.uint8] = np.full((height_px, width_px), WHITE, np.uint8)
        info = skia.ImageInfo.Make(width_px, height_px, skia.kGray_8_ColorType, skia.kOpaque_AlphaType)
        self._surface = skia.Surface.MakeRasterDirect(info, self.grey, width_px)
        self.canvas: Any = self._surface.getCanvas()
