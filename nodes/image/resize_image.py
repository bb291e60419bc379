"""Resize image."""

from typing import Annotated, Literal

from nodes.sdk import Slider, node
from nodes.sdk.values import Image


@node(title="Resize image", category="Image")
def resize_image(
    image: Image,
    *,
    by: Literal["size", "scale"] = "size",
    width: Annotated[int, Slider(0, 16384, unit="px", group="Size")] = 512,
    height: Annotated[int, Slider(0, 16384, unit="px", group="Size")] = 512,
    scale: Annotated[float, Slider(0.01, 8, group="Size")] = 0.5,
    sizing: Literal["fit", "fill", "stretch"] = "fit",
) -> Image:
    """Make a picture smaller or larger.

    By: *size* uses width and height, *scale* multiplies both sides by the scale.

    Width, height: with one of them 0 that side follows from the picture's shape. With both given,
    sizing says how the shape is kept: *fit* makes the picture as large as fits inside (the result
    may be narrower or lower than asked), *fill* covers the size and cuts what sticks out, *stretch*
    ignores the shape.

    Method: area average when shrinking, bicubic when growing, on premultiplied colour. Growing adds
    no detail.
    """
    from nodes.image._resample import crop, placement, resize

    if by == "scale":
        target = (max(round(image.width * scale), 1), max(round(image.height * scale), 1))
        return Image(resize(image.pixels, *target), linear=image.linear)
    if not width and not height:
        return image
    wanted = (
        width or max(round(image.width * height / image.height), 1),
        height or max(round(image.height * width / image.width), 1),
    )
    scaled, (left, top) = placement((image.width, image.height), wanted, sizing)
    pixels = resize(image.pixels, *scaled)
    if sizing == "fill":
        pixels = crop(pixels, -left, -top, *wanted)
    return Image(pixels, linear=image.linear)
