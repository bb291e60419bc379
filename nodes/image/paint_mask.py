"""Paint mask."""

from typing import Annotated

from nodes.sdk import Slider, Text, node
from nodes.sdk.values import Image, Mask


@node(title="Paint mask", category="Image")
def paint_mask(
    image: Image,
    *,
    strokes: Annotated[str, Text(multiline=True)] = "",
    soften: Annotated[float, Slider(0, 0.1)] = 0.004,
    invert: bool = False,
) -> Mask:
    """Paint a mask over a picture by hand.

    Select the node and drag in the viewer: that paints white. Hold Shift to erase; Shift and the
    wheel change the size of the brush. Every stroke can be undone by itself.

    Soften: how wide the edges fade, as a share of the picture's width.

    Strokes: what was painted, as text in ten-thousandths of the picture's width, so a mask fits the
    same picture at any size. The reset button wipes it clean. The strokes stand still: on a clip
    they do not follow what moves.
    """
    from nodes.image._strokes import draw_strokes, read_strokes

    alpha = draw_strokes(read_strokes(strokes), image.width, image.height, soften)
    return Mask(1 - alpha if invert else alpha)
