"""Mask from image."""

from typing import Literal

import numpy as np

from nodes.sdk import node
from nodes.sdk.values import Image, Mask


@node(title="Mask from image", category="Image")
def mask_from_image(
    image: Image,
    *,
    channel: Literal["automatic", "brightness", "alpha", "red", "green", "blue"] = "automatic",
    invert: bool = False,
) -> Mask:
    """Take a mask out of a picture.

    Channel: *brightness* is the Rec. 709 luma of the picture as seen, *alpha* its transparency (all
    white when it has none). *Automatic* takes alpha when the picture is transparent anywhere, else
    brightness.

    Invert: turns black and white around.
    """
    from nodes.media.colour import with_light
    from nodes.raster.light import LUMA

    pixels = with_light(image, linear=False).pixels
    if channel == "automatic":
        channel = "alpha" if image.has_alpha and bool((pixels[..., 3] < 1).any()) else "brightness"
    if channel == "alpha":
        alpha = pixels[..., 3] if image.has_alpha else np.ones(pixels.shape[:2], np.float32)
    elif channel == "brightness":
        alpha = pixels[..., :3] @ LUMA
    else:
        alpha = pixels[..., ("red", "green", "blue").index(channel)]
    alpha = np.clip(alpha, 0, 1)
    return Mask(np.ascontiguousarray(1 - alpha if invert else alpha, np.float32))
