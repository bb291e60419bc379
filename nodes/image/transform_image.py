"""Transform image."""

from typing import Annotated, Literal

import numpy as np

from nodes.sdk import Slider, node
from nodes.sdk.values import Image


@node(title="Transform image", category="Image")
def transform_image(
    image: Image,
    *,
    move_x: Annotated[float, Slider(-4096, 4096, unit="px", hard=False)] = 0.0,
    move_y: Annotated[float, Slider(-4096, 4096, unit="px", hard=False)] = 0.0,
    rotate: Annotated[float, Slider(-180, 180, unit="degrees", hard=False)] = 0.0,
    scale: Annotated[float, Slider(0.01, 10)] = 1.0,
    flip: Literal["no", "left-right", "up-down", "both"] = "no",
    edge: Literal["transparent", "black", "repeat", "mirror"] = "black",
) -> Image:
    """Move, turn, scale and flip a picture inside its own frame.

    Rotate turns counter-clockwise, about the middle of the picture, as scale does. Move is applied
    last: positive numbers go right and down. All of them can be keyframed.

    Edge: what shows where the picture was: nothing (*transparent* adds alpha), black, the outermost
    pixels repeated, or the picture mirrored.

    Method: one bicubic sampling of the whole movement; pictures shrunk below half are blurred first.
    """
    from nodes.image._resample import warp_affine

    pixels = image.pixels
    if flip in ("left-right", "both"):
        pixels = pixels[:, ::-1]
    if flip in ("up-down", "both"):
        pixels = pixels[::-1]
    still = (move_x, move_y, rotate, scale) == (0.0, 0.0, 0.0, 1.0)
    if not still:
        angle = np.deg2rad(rotate)
        turn = scale * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        middle = np.array([image.width - 1, image.height - 1]) / 2
        shift = middle - turn @ middle + (move_x, move_y)
        pixels = warp_affine(pixels, np.column_stack([turn, shift]), edge)
    if pixels is image.pixels:
        return image
    return Image(np.ascontiguousarray(pixels), linear=image.linear)
