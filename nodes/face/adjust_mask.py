from typing import Annotated

from nodes.sdk import NodeError, Slider, node
from nodes.sdk.values import Image, Mask


@node(title="Adjust mask", category="Mask")
def adjust_mask(
    mask: Mask,
    image: Image | None = None,
    *,
    invert: bool = False,
    grow: Annotated[float, Slider(-200, 200, unit="px")] = 0.0,
    snap: Annotated[int, Slider(0, 100, unit="px")] = 0,
    feather: Annotated[float, Slider(0, 300, unit="px")] = 0.0,
    strength: Annotated[float, Slider(0, 1)] = 1.0,
) -> Mask:
    """Invert, grow, snap, feather and fade a mask, in this order.

    - **Grow**: moves the edge outwards, or inwards when negative.
    - **Snap**: bends the edge to edges of the wired *Image* up to this far away, by the guided
      filter (He et al. 2010).
    - **Feather**: softens the edge to about twice this width.
    - **Strength**: multiplies the mask.
    """
    from nodes.face._masks import feathered, grown, guided

    alpha = 1.0 - mask.alpha if invert else mask.alpha
    alpha = grown(alpha, grow)
    if snap:
        if image is None:
            raise NodeError("snapping needs a picture", hint="Wire 'Image', or set 'Snap' to 0")
        if (image.height, image.width) != alpha.shape:
            raise NodeError("mask and picture have different sizes", hint="Make the mask from this picture")
        from nodes.face._crops import plain_picture

        alpha = guided(alpha, plain_picture(image), snap, 1e-4)
    return Mask(feathered(alpha, feather) * strength)
