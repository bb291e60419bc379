"""Blend images."""

from collections.abc import Mapping
from typing import Annotated, Literal

import numpy as np

from nodes.sdk import Slider, node
from nodes.sdk.values import Image, Mask


def _takes_any_size(parameters: Mapping[str, object]) -> bool:
    return parameters["sizing"] != "as it is"


@node(title="Blend images", category="Image", any_size=_takes_any_size)
def blend_images(
    base: Image,
    over: Image,
    mask: Mask | None = None,
    *,
    mode: Literal["normal", "multiply", "screen", "overlay", "soft light", "difference"] = "normal",
    opacity: Annotated[float, Slider(0, 1)] = 1.0,
    sizing: Literal["fit", "fill", "stretch", "as it is"] = "fit",
    linear_light: bool = False,
) -> Image:
    """Lay one picture over another.

    The alpha of the upper picture counts, and a mask multiplies it: black leaves the base alone,
    white shows the upper picture. At opacity 0, and wherever nothing covers it, the base comes out
    unchanged to the last bit.

    Sizing: the result is always as large as the base. An upper picture of another size is centred
    and scaled to lie inside the base (*fit*), to cover it (*fill*), to its exact size (*stretch*),
    or not at all (*as it is*); what sticks out is cut, what stays free shows the base. A mask as
    large as the base lies on the base; any other mask is treated like the upper picture.

    Linear light: mixes light as a lens does. Off, it mixes as most paint programs do.

    Method: W3C Compositing and Blending Level 1.
    """
    from nodes.image._blend import blend
    from nodes.image._resample import place
    from nodes.media.colour import with_light

    if opacity <= 0.0:
        return base
    width, height = base.width, base.height
    lower = with_light(base, linear=linear_light).pixels
    upper = with_light(over, linear=linear_light).pixels
    cover = np.ones((over.height, over.width), np.float32)
    if mask is not None:
        cover = mask.alpha
    upper, cover = (place(part, width, height, sizing) for part in (upper, cover))
    mixed = blend(lower, upper, cover, opacity, mode)
    if base.linear == linear_light:
        return Image(mixed, linear=base.linear)
    # The way through the other encoding rounds; untouched pixels keep their own numbers.
    touched = (mixed != lower).any(axis=2, keepdims=True)
    back = with_light(Image(mixed, linear=linear_light), linear=base.linear).pixels
    return Image(np.where(touched, back, base.pixels), linear=base.linear)
