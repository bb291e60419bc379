"""Writing picture files."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import numpy as np

from app.export.atomic import replacing
from app.export.carried import png_with_graph
from app.export.settings import extension_of
from nodes.media.colour import as_bytes, as_words, over_black, with_light
from nodes.sdk import NodeError
from nodes.sdk.values import Image
from nodes.sdk.values.arrays import host_array

PICTURE_EXTENSIONS = ("png", "jpg", "jpeg", "tif", "tiff", "webp", "exr")

_DEEP = ("png", "tif", "tiff")
_PILLOW = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "tif": "TIFF", "tiff": "TIFF", "webp": "WEBP"}
_WEBP_SIDE = 16_383


def write_picture(
    image: Image,
    path: Path,
    *,
    depth: int = 8,
    quality: int = 95,
    carried: str = "",
    finish: Callable[[Path], None] = lambda draft: None,
) -> None:
    """Write a picture in the format its file name says.

    PNG, TIFF, WebP and EXR keep alpha; for JPEG a transparent picture is laid over black. EXR holds
    linear light as 32-bit numbers, the others sRGB.

    Args:
        image: the picture.
        path: ends in one of PICTURE_EXTENSIONS.
        depth: 8, or 16 bits a channel (PNG and TIFF only).
        quality: 1..100, of JPEG and WebP.
        carried: the text of a graph that a PNG file takes with it.
        finish: called with the whole file before it takes the place of an earlier one.

    Raises:
        NodeError: when the name, the depth or the size does not fit the format.
        FileProblem: when it cannot be written; an earlier file of that name is still there then.
    """
    check_picture_path(path, depth)
    data = encode_picture(image, extension_of(path), depth=depth, quality=quality)
    if carried and extension_of(path) == "png":
        data = png_with_graph(data, carried)
    with replacing(path) as draft:
        draft.write_bytes(data)
        finish(draft)


def check_picture_path(path: Path, depth: int = 8) -> None:
    """Raise NodeError when no picture (or none of this depth) can be written under this name."""
    extension = extension_of(path)
    if extension not in PICTURE_EXTENSIONS:
        raise NodeError(
            f"a picture cannot be written to '{path.name}'",
            hint=f"Let the name end in {', '.join('.' + known for known in PICTURE_EXTENSIONS)}",
        )
    if depth == 16 and extension not in (*_DEEP, "exr"):
        raise NodeError(f".{extension} pictures have only 8 bits", hint="Choose .png or .tif for 16 bits")


def encode_picture(image: Image, extension: str, *, depth: int = 8, quality: int = 95) -> bytes:
    """The bytes of a picture file; see `write_picture`."""
    if extension == "exr":
        return _exr(image)
    if extension == "webp" and max(image.width, image.height) > _WEBP_SIDE:
        raise NodeError(f"WebP holds at most {_WEBP_SIDE} pixels a side", hint="Choose .png")
    encoded = with_light(image, linear=False)
    if extension in ("jpg", "jpeg"):
        encoded = over_black(encoded)
    pixels = host_array(encoded.pixels)
    if depth == 16:
        return _sixteen_bits(as_words(pixels), extension)
    from PIL import Image as Pillow

    stream = BytesIO()
    options: dict[str, int | str] = {}
    if extension in ("jpg", "jpeg"):
        options = {"quality": quality, "subsampling": 0}
    elif extension == "webp":
        options = {"quality": quality}
    elif extension == "png":
        options = {"compress_level": 4}
    else:
        options = {"compression": "tiff_lzw"}
    Pillow.fromarray(as_bytes(pixels)).save(stream, _PILLOW[extension], **options)
    return stream.getvalue()


def _sixteen_bits(words: np.ndarray, extension: str) -> bytes:
    import cv2

    order = [2, 1, 0, 3][: words.shape[2]]
    done, data = cv2.imencode(f".{extension}", np.ascontiguousarray(words[..., order]))
    if not done:
        raise NodeError(f"a picture of {words.shape[1]} x {words.shape[0]} cannot be written as .{extension}")
    return data.tobytes()


def _exr(image: Image) -> bytes:
    import av

    pixels = np.ascontiguousarray(host_array(with_light(image, linear=True).pixels), np.float32)
    layout = "gbrapf32le" if image.has_alpha else "gbrpf32le"
    encoder = av.CodecContext.create("exr", "w")
    encoder.width, encoder.height, encoder.pix_fmt = image.width, image.height, layout
    encoder.time_base = Fraction(1, 25)
    encoder.options = {"compression": "zip16"}
    frame = av.VideoFrame.from_ndarray(pixels, format=layout)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
