"""A preview made ready to be painted."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QImage

from nodes.raster.light import LUMA

Channel = Literal["rgb", "red", "green", "blue", "alpha", "luma"]
CHANNELS: tuple[Channel, ...] = ("rgb", "red", "green", "blue", "alpha", "luma")


class Picture:
    """Pixels with the images Qt paints, one for each channel that was asked for.

    Attributes:
        pixels: H x W x 4 uint8 RGBA, straight alpha.
        scale: full-size pixels for each pixel.
        transparent: whether any pixel is not opaque.
    """

    def __init__(self, pixels: npt.NDArray[np.uint8], scale: float = 1.0) -> None:
        if pixels.ndim != 3 or pixels.shape[2] != 4 or pixels.dtype != np.uint8:
            raise ValueError(f"a picture must be H x W x 4 uint8, got {pixels.shape} {pixels.dtype}")
        self.pixels = np.ascontiguousarray(pixels)
        self.scale = scale
        self.transparent = bool(self.pixels[..., 3].min(initial=255) < 255)
        self._images: dict[Channel, QImage] = {}

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in full-size pixels."""
        height, width = self.pixels.shape[:2]
        return width * self.scale, height * self.scale

    def image(self, channel: Channel = "rgb") -> QImage:
        """The image of a channel, in the format that paints fastest."""
        if channel not in self._images:
            self._images[channel] = self._make(channel)
        return self._images[channel]

    def probe(self, x: float, y: float) -> tuple[int, int, int, int] | None:
        """Red, green, blue, alpha (0..255) at a full-size picture point, or None outside."""
        column, row = int(x // self.scale), int(y // self.scale)
        height, width = self.pixels.shape[:2]
        if x < 0 or y < 0 or column >= width or row >= height:
            return None
        red, green, blue, alpha = (int(part) for part in self.pixels[row, column])
        return red, green, blue, alpha

    def _make(self, channel: Channel) -> QImage:
        height, width = self.pixels.shape[:2]
        if channel == "rgb":
            kind = QImage.Format.Format_RGBA8888
            image = QImage(self.pixels.data, width, height, 4 * width, kind)
            painted = QImage.Format.Format_ARGB32_Premultiplied
            return image.convertToFormat(painted if self.transparent else QImage.Format.Format_RGB32)
        if channel == "luma":
            grey = np.rint(self.pixels[..., :3].astype(np.float32) @ LUMA).astype(np.uint8)
        else:
            grey = np.ascontiguousarray(self.pixels[..., ("red", "green", "blue", "alpha").index(channel)])
        image = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
        return image.convertToFormat(QImage.Format.Format_RGB32)
