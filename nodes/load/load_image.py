"""Load image."""

from typing import Annotated

from nodes.sdk import Context, File, node
from nodes.sdk.values import Image


@node(title="Load image", category="Load")
def load_image(
    *,
    path: Annotated[
        str,
        File(
            "Picture",
            ("png", "jpg", "jpeg", "webp", "tif", "tiff", "bmp", "gif", "avif", "jp2", "ppm", "pgm", "tga"),
        ),
    ] = "",
    context: Context,
) -> Image:
    """Open a picture file.

    The picture is turned upright by the camera's orientation mark and brought to sRGB by its
    embedded colour profile. Transparency is kept, greyscale becomes RGB, CMYK is converted, 16-bit
    files keep their depth unless they carry a colour profile other than sRGB (those are read at 8
    bits). Of an animation the first frame is taken; for all frames use Load video.

    Path: the file. `demo:astronaut` is a portrait that comes with the program (NASA's photo of
    Eileen Collins, public domain).

    Limits: 20,000 pixels a side and 160 megapixels; larger files are refused before they are read.
    HEIC and camera raw files cannot be read.
    """
    from nodes.media.pictures import read_picture

    return read_picture(path, context.notice)
