from typing import Annotated

from nodes.sdk import Colour, Slider, node
from nodes.sdk.values import Image


@node(title="Contact sheet", category="Image")
def contact_sheet(
    images: list[Image],
    *,
    columns: Annotated[int, Slider(0, 64)] = 0,
    gap: Annotated[int, Slider(0, 128, unit="px")] = 4,
    background: Annotated[tuple[float, float, float], Colour()] = (0.12, 0.12, 0.13),
) -> Image:
    """Lay several pictures out in rows on one, in the order of their wires.

    **Columns** 0 makes the sheet about square. Pictures keep their size; each cell is as large as the
    largest of them. Transparent pictures show the background.
    """
    from nodes.mesh._sheets import sheet

    return Image(sheet([image.pixels for image in images], columns, gap, background))
