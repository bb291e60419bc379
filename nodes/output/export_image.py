"""Export image."""

from typing import Annotated, Literal

from nodes.sdk import File, Slider, node
from nodes.sdk.values import Image


@node(title="Export image", category="Output", writer="image", any_size=True)
def export_image(
    image: Image,
    *,
    path: Annotated[str, File("Picture", ("png", "jpg", "tif", "webp", "exr"), mode="save")] = "",
    depth: Literal["8 bit", "16 bit"] = "8 bit",
    quality: Annotated[int, Slider(1, 100)] = 95,
) -> Image:
    """Write the picture into a file, or every frame of the timeline into a numbered sequence.

    The picture goes through unchanged. The files are written when the graph is rendered.

    Path: `face.png` is one picture, of the first frame; `face.####.png` or `face.%04d.png` is a
    sequence, numbered by the frame. PNG, TIFF, WebP and EXR keep alpha; a transparent picture in
    JPEG is laid over black.

    Depth: 16 bit for PNG and TIFF. EXR always holds linear light as 32-bit numbers. Quality is that
    of JPEG and WebP. A stopped sequence goes on where it stopped.
    """
    return image
