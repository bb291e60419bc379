"""Grade image."""

from typing import Annotated

import numpy as np

from nodes.sdk import Slider, node
from nodes.sdk.values import Image, Mask


@node(title="Grade image", category="Image", any_size=True)
def grade_image(
    image: Image,
    mask: Mask | None = None,
    *,
    exposure: Annotated[float, Slider(-5, 5, unit="stops", group="Light")] = 0.0,
    contrast: Annotated[float, Slider(0, 3, group="Light")] = 1.0,
    lift: Annotated[float, Slider(-0.5, 0.5, group="Light")] = 0.0,
    gamma: Annotated[float, Slider(0.2, 5, group="Light")] = 1.0,
    saturation: Annotated[float, Slider(0, 3, group="Colour")] = 1.0,
    temperature: Annotated[float, Slider(-1, 1, group="Colour")] = 0.0,
    tint: Annotated[float, Slider(-1, 1, group="Colour")] = 0.0,
) -> Image:
    """Correct light and colour.

    Exposure brightens in stops, as on a camera. Contrast spreads the tones around middle grey, lift
    raises the shadows, gamma bends the mid-tones. Saturation 0 is grey. Temperature warms the
    picture (above 0) or cools it, tint shifts it to magenta or green.

    Mask: limits the correction; it is stretched to the picture. Alpha stays as it is.

    Limits: temperature and tint are plain gains, not a measured white balance; highlights that clip
    are lost for the nodes behind.
    """
    from nodes.image._grade import grade
    from nodes.image._resample import resize
    from nodes.media.colour import with_light

    colour = with_light(image, linear=False).pixels[..., :3]
    graded = grade(
        colour,
        exposure=exposure,
        temperature=temperature,
        tint=tint,
        contrast=contrast,
        saturation=saturation,
        gamma=gamma,
        lift=lift,
    )
    if graded is colour:
        return image
    if mask is not None:
        cover = resize(mask.alpha, image.width, image.height)[..., None]
        graded = np.where(cover > 0, colour + cover * (graded - colour), colour)
    if image.has_alpha:
        graded = np.concatenate([graded, image.pixels[..., 3:]], axis=2)
    return with_light(Image(np.ascontiguousarray(graded, np.float32)), linear=image.linear)
