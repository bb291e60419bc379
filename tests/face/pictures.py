"""Pictures for tests of faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nodes.sdk.values import Image
from nodes.sdk.values.arrays import FloatArray
from tests.samples import sample


def read(path: Path) -> Image:
    """A picture file as it lies there, without colour management."""
    import cv2

    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    return Image(np.ascontiguousarray(pixels[..., ::-1].astype(np.float32) / 255.0))


def portrait(name: str = "s0") -> Image:
    return read(sample(f"photos/portrait_{name}.jpg"))


def group() -> Image:
    return read(sample("landmarks/images/2007_007763.jpg"))


def turned(image: Image, quarters: int) -> Image:
    """The picture turned counter-clockwise."""
    return Image(np.ascontiguousarray(np.rot90(image.pixels, quarters)))


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Image:
    pixels = np.random.default_rng(seed).random((height, width, channels), np.float32)
    return Image(pixels)


def flat(height: int, width: int, value: float = 0.5) -> Image:
    pixels: FloatArray = np.full((height, width, 3), value, np.float32)
    return Image(pixels)
