"""Pin warp."""

from typing import Annotated, Literal

from nodes.sdk import Choice, Slider, Text, node
from nodes.sdk.values import Image


@node(title="Pin warp", category="Image", edits="shape")
def pin_warp(
    image: Image,
    *,
    pins: Annotated[str, Text(multiline=True)] = "",
    strength: Annotated[float, Slider(-1, 2)] = 1.0,
    keeps: Annotated[Literal["shape", "angles"], Choice()] = "shape",
    near: Annotated[float, Slider(0.5, 3)] = 1.2,
    hold_border: bool = True,
    edge: Literal["transparent", "black", "repeat", "mirror"] = "repeat",
) -> Image:
    """Pull points of a picture to other places; what lies between follows smoothly.

    Select the node and click in the viewer: that sticks in a pin. Drag a pin and the picture follows;
    pins that are not dragged hold their place. Shift and a click takes a pin out. Each of these can
    be undone by itself.

    Strength: how much of the way is gone, from 0 (nothing moves) to 1 (all of it); keyframe it to let
    the change come and go. Numbers below 0 push the other way.

    Keeps: *shape* only turns and shifts what lies around a pin, as cardboard would; *angles* lets it
    grow and shrink too.

    Near: how soon a pin's pull fades. Large numbers keep it close by.

    Hold border: the picture's border stays where it is. Without it one pin alone moves everything.

    Pins: where pins were stuck in and where they are, as text in ten-thousandths of the picture's
    width, so that they fit the same picture at any size. The reset button takes all out.

    Limits: the pins stand still: on a clip they do not follow what moves. Pins pulled past each other
    fold the picture.

    Method: moving least squares (Schaefer, McPhail and Warren 2006) on a grid, one bicubic sampling.
    """
    from nodes.image._pins import read_pins
    from nodes.image._pull import pulled_picture

    stuck = read_pins(pins).pulled(strength)
    if not len(stuck) or (stuck.rest == stuck.place).all():
        return image
    if hold_border:
        stuck = stuck.with_border(image.height / image.width)
    return Image(pulled_picture(image.pixels, stuck, keeps, near, edge), linear=image.linear)
