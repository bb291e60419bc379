"""Pictures and masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nodes.sdk.values.arrays import FloatArray, require_shape


@dataclass(frozen=True, eq=False)
class Image:
    """A picture.

    Attributes:
        pixels: H x W x 3 (RGB) or H x W x 4 (RGBA, alpha not premultiplied), float32 in 0..1.
        linear: True when the numbers are linear light; otherwise they are sRGB-encoded.
        focal_35mm: the lens that took the whole picture, as its camera noted it: the focal length in
            millimetres of a lens with this view on 36 x 24 mm film; 0 when unknown or cropped.
    """

    socket_name: ClassVar[str] = "Image"
    pixels: FloatArray
    linear: bool = False
    focal_35mm: float = 0.0

    def __post_init__(self) -> None:
        require_shape("Image.pixels", self.pixels, (None, None, None))
        if self.pixels.shape[2] not in (3, 4):
            raise ValueError(f"Image.pixels must have 3 or 4 channels, got {self.pixels.shape[2]}")

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def has_alpha(self) -> bool:
        return int(self.pixels.shape[2]) == 4


@dataclass(frozen=True, eq=False)
class Mask:
    """A matte: H x W, float32 in 0 (outside) .. 1 (inside)."""

    socket_name: ClassVar[str] = "Mask"
    alpha: FloatArray

    def __post_init__(self) -> None:
        require_shape("Mask.alpha", self.alpha, (None, None))

    @property
    def height(self) -> int:
        return int(self.alpha.shape[0])

    @property
    def width(self) -> int:
        return int(self.alpha.shape[1])
