from typing import Annotated

from nodes.sdk import Context, Slider, node
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image


@node(title="Upscale", category="Enhance", models=("real_esrgan_x2",), edits="detail")
def upscale(
    image: Image,
    *,
    factor: Annotated[float, Slider(1.0, 4.0)] = 2.0,
    strength: Annotated[float, Slider(0.0, 1.0)] = 1.0,
    context: Context,
) -> Image:
    """Enlarge a picture and bring out detail that plain enlarging leaves blurred.

    - **Factor**: how many times larger. Above 2 the picture passes the network twice.
    - **Strength**: mixes with plain enlarging; lower it where skin looks too smooth.

    The picture is computed in tiles, so its size is bounded only by the memory of the result. On
    the processor a megapixel takes minutes; the button to stop is answered between tiles.

    Limits: detail is invented where there was none. Film grain is taken for noise and goes. Each
    frame of a clip is enlarged by itself: fine textures may shimmer.

    Source: Real-ESRGAN (Wang et al. 2021).
    """
    import numpy as np

    from nodes.enhance._upscaling import enlarged, resized
    from nodes.face._crops import plain_picture

    width, height = round(image.width * factor), round(image.height * factor)
    if max(width, height) > 20_000 or width * height > 160_000_000:
        raise NodeError(
            f"the result would have {width} x {height} pixels",
            hint="Lower 'Factor', or crop the picture first",
        )
    if image.linear:
        raise NodeError("the picture is linear", hint="Convert it to sRGB first")
    source = plain_picture(Image(image.pixels[..., :3]))
    made = source
    if strength > 0:
        made = enlarged(source, context)
        if factor > 2.0:
            made = enlarged(made, context)
    made = resized(made, width, height)
    if strength < 1.0:
        plain = resized(source, width, height)
        made = plain + np.float32(strength) * (made - plain)
    if image.has_alpha:
        made = np.dstack([made, resized(image.pixels[..., 3], width, height)])
    return Image(np.ascontiguousarray(made, np.float32))
