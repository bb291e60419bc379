"""Solid image."""

from typing import Annotated

import numpy as np

from nodes.sdk import Colour, Slider, node
from nodes.sdk.values import Image


@node(title="Solid colour", category="Image")
def solid_image(
    *,
    colour: Annotated[tuple[float, float, float], Colour()] = (0.5, 0.5, 0.5),
    opacity: Annotated[float, Slider(0, 1)] = 1.0,
    width: Annotated[int, Slider(1, 8192, unit="px", group="Size")] = 512,
    height: Annotated[int, Slider(1, 8192, unit="px", group="Size")] = 512,
) -> Image:
    """A picture of one colour, to paint over, blend with or put behind a head.

    Opacity below 1 makes it transparent (the picture then has alpha).
    """
    channels = colour if opacity >= 1 else (*colour, opacity)
    return Image(np.tile(np.asarray(channels, np.float32), (height, width, 1)))
