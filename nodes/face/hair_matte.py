from typing import Annotated, Literal

from nodes.sdk import Choice, Context, NodeError, Slider, node
from nodes.sdk.values import Image, Mask, Parsing


@node(title="Hair matte", category="Mask", models=("portrait_matte",))
def hair_matte(
    image: Image,
    parsing: Parsing,
    *,
    method: Annotated[Literal["network", "guided filter"], Choice()] = "network",
    reach: Annotated[float, Slider(0.2, 10, unit="% of the picture")] = 2.0,
    context: Context,
) -> Mask:
    """Refine the parsed hair to a soft matte that follows single strands.

    - **Method**: the *network* (a portrait matte) sees wisps against the background that parsing
      misses; the *guided filter* needs no further model and follows clear edges only.
    - **Reach**: how far from the parsed edge strands are looked for. Too far brings in background.

    Limits: hair over hair, and dark hair on dark clothes, cannot be told apart by any of the two.

    Source: MODNet (Ke et al. 2022) and the guided filter (He et al. 2010) inside the region of
    'Parse face'.
    """
    import numpy as np

    from nodes.face._crops import plain_picture
    from nodes.face._hair import hair_alpha, has_hair, load_matte

    if (image.height, image.width) != (parsing.height, parsing.width):
        raise NodeError("picture and parsing have different sizes", hint="Parse this same picture")
    if not has_hair(parsing.labels):
        context.notice("there is no hair in what was parsed: the mask is empty")
        return Mask(np.zeros(parsing.labels.shape, np.float32))
    pixels = reach / 100 * max(image.width, image.height)
    matte = load_matte(context) if method == "network" else None
    return Mask(hair_alpha(plain_picture(image), parsing.labels, pixels, matte))
