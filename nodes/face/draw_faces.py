from typing import Annotated

from nodes.sdk import Slider, Toggle, node
from nodes.sdk.values import Faces, Image


@node(title="Draw faces", category="Face")
def draw_faces(
    image: Image,
    faces: Faces,
    *,
    boxes: Annotated[bool, Toggle()] = True,
    landmarks: Annotated[bool, Toggle()] = True,
    axes: Annotated[bool, Toggle(label="Head axes")] = True,
    labels: Annotated[bool, Toggle()] = True,
    size: Annotated[float, Slider(0.2, 5)] = 1.0,
) -> Image:
    """Draw boxes, landmarks, head axes and names into the picture, to show or to export.

    Points that are visible are green, hidden ones orange, irises red. The axes are those of the
    head: red to its left, green up, blue forward. The label is the name, or the number of 'Track
    faces'.

    - **Size**: of lines, points and letters. Letters are plain Latin ones.

    The viewer can draw the same over any picture without changing it.
    """
    from nodes.face._drawing import Marks, drawn

    return Image(drawn(image.pixels, faces, Marks(boxes, landmarks, axes, labels, size)), image.linear)
