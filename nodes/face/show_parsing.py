from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Image, Parsing


@node(title="Show parsing", category="Face")
def show_parsing(
    parsing: Parsing, image: Image | None = None, *, opacity: Annotated[float, Slider(0, 1)] = 0.6
) -> Image:
    """Paint a parsed face in colours, over the picture when one is wired.

    Skin is sand, hair brown, brows green, eyes blue, nose yellow, lips red, the mouth white, ears
    orange, neck clay, clothes violet-grey, hat purple, glasses magenta, jewellery cyan.

    - **Opacity**: of the colours over the picture.
    """
    from nodes.face._drawing import painted_labels

    return Image(painted_labels(parsing.labels, image.pixels if image is not None else None, opacity))
