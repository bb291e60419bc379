"""Changing the size of pictures and placing one inside the frame of another."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from nodes.raster.borders import mirror_border
from nodes.sdk import NodeError
from nodes.sdk.values.arrays import FloatArray

Sizing = Literal["fit", "fill", "stretch", "as it is"]
Edge = Literal["transparent", "black", "repeat", "mirror"]

#: Pictures made by nodes stay below this, as those that are loaded do.
MAX_PIXELS = 160_000_000


def check_size(width: int, height: int) -> None:
    """Raise NodeError when a picture of this size may not be made."""
    if width < 1 or height < 1:
        raise NodeError(f"a picture of {width} x {height} pixels has no content", hint="Raise its size")
    if width * height > MAX_PIXELS:
        raise NodeError(
            f"a picture of {width} x {height} pixels is too large",
            hint=f"Stay below {MAX_PIXELS // 1_000_000} megapixels",
        )


def premultiplied(pixels: FloatArray) -> FloatArray:
    """Colour times alpha, so that resampling does not drag the colour of unseen pixels in."""
    return np.concatenate([pixels[..., :3] * pixels[..., 3:], pixels[..., 3:]], axis=2)


def unpremultiplied(pixels: FloatArray) -> FloatArray:
    """The inverse of `premultiplied`; fully transparent pixels become black."""
    alpha = pixels[..., 3:]
    colour = np.divide(pixels[..., :3], alpha, out=np.zeros_like(pixels[..., :3]), where=alpha > 1e-6)
    return np.concatenate([np.clip(colour, 0, 1), alpha], axis=2)


def resize(array: FloatArray, width: int, height: int) -> FloatArray:
    """H x W or H x W x C at another size: averaged when smaller, bicubic when larger, clipped to 0..1.

    Raises:
        NodeError: when the size is empty or too large.
    """
    if array.shape[:2] == (height, width):
        return array
    check_size(width, height)
    with_alpha = array.ndim == 3 and array.shape[2] == 4
    source = premultiplied(array) if with_alpha else np.ascontiguousarray(array)
    smaller = width <= array.shape[1] and height <= array.shape[0]
    scaled = cv2.resize(source, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    np.clip(scaled, 0, 1, out=scaled)
    return unpremultiplied(scaled) if with_alpha else scaled


def placement(
    size: tuple[int, int], frame: tuple[int, int], sizing: Sizing
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Scaled size and top left corner of a picture centred in a frame; all are (x, y) pairs."""
    (width, height), (wide, high) = size, frame
    if sizing == "stretch":
        return frame, (0, 0)
    ratio = 1.0
    if sizing == "fit":
        ratio = min(wide / width, high / height)
    elif sizing == "fill":
        ratio = max(wide / width, high / height)
    scaled = (max(round(width * ratio), 1), max(round(height * ratio), 1))
    return scaled, ((wide - scaled[0]) // 2, (high - scaled[1]) // 2)


def place(array: FloatArray, width: int, height: int, sizing: Sizing) -> FloatArray:
    """An array scaled and centred in a frame of `width` x `height`; zero outside of it."""
    if array.shape[:2] == (height, width):
        return array
    scaled_size, (left, top) = placement((array.shape[1], array.shape[0]), (width, height), sizing)
    scaled = resize(array, *scaled_size)
    if scaled.shape[:2] == (height, width):
        return scaled
    return crop(scaled, -left, -top, width, height)


def crop(array: FloatArray, left: int, top: int, width: int, height: int) -> FloatArray:
    """The rectangle that begins at (left, top); zero where it lies outside the array.

    Raises:
        NodeError: when the size is empty or too large.
    """
    check_size(width, height)
    result = np.zeros((height, width, *array.shape[2:]), np.float32)
    rows = slice(max(top, 0), min(top + height, array.shape[0]))
    columns = slice(max(left, 0), min(left + width, array.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        part = array[rows, columns]
        down, right = rows.start - top, columns.start - left
        result[down : down + part.shape[0], right : right + part.shape[1]] = part
    return result


def with_alpha(pixels: FloatArray) -> FloatArray:
    """H x W x 4, opaque when there was no alpha."""
    if pixels.shape[2] == 4:
        return pixels
    return np.concatenate([pixels, np.ones((*pixels.shape[:2], 1), np.float32)], axis=2)


def border_mode(edge: Edge, pixels: FloatArray) -> int:
    """OpenCV's border mode for an edge of a picture; zeros where it is transparent or black."""
    if edge == "mirror":
        return mirror_border(pixels)
    return cv2.BORDER_REPLICATE if edge == "repeat" else cv2.BORDER_CONSTANT


def warp_affine(pixels: FloatArray, matrix: FloatArray, edge: Edge) -> FloatArray:
    """A picture moved by a 2 x 3 matrix that takes old pixel centres to new ones; same size.

    "transparent" gives the result an alpha channel; the other edges keep the channels.
    """
    if edge == "transparent":
        pixels = with_alpha(pixels)
    alpha = pixels.shape[2] == 4
    source = premultiplied(pixels) if alpha else np.ascontiguousarray(pixels)
    shrink = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if shrink < 0.5:
        # Cubic sampling skips pixels when it shrinks this much: blur to what the new raster can hold.
        source = cv2.GaussianBlur(source, (0, 0), 0.4 / max(shrink, 0.01))
    moved = cv2.warpAffine(
        source,
        matrix.astype(np.float64),
        (pixels.shape[1], pixels.shape[0]),
        flags=cv2.INTER_CUBIC,
        borderMode=border_mode(edge, source),
    )
    np.clip(moved, 0, 1, out=moved)
    return unpremultiplied(moved) if alpha else moved
