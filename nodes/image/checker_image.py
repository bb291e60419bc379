"""Checker image."""

from typing import Annotated

import numpy as np

from nodes.sdk import Colour, Slider, node
from nodes.sdk.values import Image


@node(title="Checkerboard", category="Image")
def checker_image(
    *,
    width: Annotated[int, Slider(1, 8192, unit="px", group="Size")] = 512,
    height: Annotated[int, Slider(1, 8192, unit="px", group="Size")] = 512,
    square: Annotated[int, Slider(1, 1024, unit="px", group="Size")] = 32,
    first: Annotated[tuple[float, float, float], Colour(group="Colours")] = (0.8, 0.8, 0.8),
    second: Annotated[tuple[float, float, float], Colour(group="Colours")] = (0.4, 0.4, 0.4),
) -> Image:
    """A checkerboard: a test picture for warps and textures, or a backdrop that shows transparency.

    Square is the side of one field; the first colour is in the top left corner.
    """
    rows, columns = np.arange(height) // square, np.arange(width) // square
    odd = ((rows[:, None] + columns[None, :]) % 2).astype(bool)
    return Image(np.where(odd[..., None], np.asarray(second, np.float32), np.asarray(first, np.float32)))
