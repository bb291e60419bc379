"""Crop image."""

from typing import Annotated

from nodes.sdk import NodeError, Slider, node
from nodes.sdk.values import Image


@node(title="Crop image", category="Image")
def crop_image(
    image: Image,
    *,
    left: Annotated[int, Slider(-16384, 16384, unit="px")] = 0,
    top: Annotated[int, Slider(-16384, 16384, unit="px")] = 0,
    width: Annotated[int, Slider(0, 16384, unit="px")] = 0,
    height: Annotated[int, Slider(0, 16384, unit="px")] = 0,
) -> Image:
    """Cut a rectangle out of a picture, or add a margin around it.

    Left, top: where the rectangle begins; negative numbers begin outside the picture.

    Width, height: its size; 0 reaches to the right or lower edge. What lies outside the picture is
    transparent when the picture has alpha, else black.
    """
    from nodes.image._resample import crop

    size = (width or image.width - left, height or image.height - top)
    if min(size) < 1:
        raise NodeError(
            f"nothing is left of a picture of {image.width} x {image.height} pixels from {left}, {top} on",
            hint="Lower 'Left' and 'Top', or give 'Width' and 'Height'",
        )
    return Image(crop(image.pixels, left, top, *size), linear=image.linear)
