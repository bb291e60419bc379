"""Image from mask."""

from typing import Annotated, Literal

import numpy as np

from nodes.sdk import Colour, node
from nodes.sdk.values import Image, Mask


@node(title="Image from mask", category="Image", any_size=True)
def image_from_mask(
    mask: Mask,
    *,
    look: Literal["grey", "colour with alpha"] = "grey",
    colour: Annotated[tuple[float, float, float], Colour()] = (1.0, 1.0, 1.0),
) -> Image:
    """Show a mask as a picture.

    Look: *grey* paints the mask from black to the colour; *colour with alpha* gives a picture of one
    colour whose transparency is the mask, ready to be laid over another.
    """
    alpha = mask.alpha[..., None]
    tint = np.asarray(colour, np.float32)
    if look == "grey":
        return Image(alpha * tint)
    return Image(np.concatenate([np.broadcast_to(tint, (*mask.alpha.shape, 3)), alpha], axis=2))
