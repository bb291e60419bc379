"""Values made ready to be shown: uint8 pictures, small ones for thumbnails, and the rest as it is."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.protocol import Preview
from app.engine.summary import describe, kind_of
from nodes.sdk import codec
from nodes.sdk.values import Image, Mask, Parsing
from nodes.sdk.values.arrays import ByteArray, FloatArray, byte_size, host_array, to_host

THUMBNAIL_PIXELS = 160
#: Values that are no pictures travel to the interface up to this many bytes.
LARGEST_VALUE = 64 * 2**20
#: Samples across each shrunken pixel; more look no better.
MOST_SAMPLES = 4
LOOKUP_STEPS = 65535
#: Rows that are converted at once, so that they stay in the processor's cache.
BLOCK_ROWS = 16


def preview_of(value: Any, *, limit: int = 0, full_size: tuple[int, int] | None = None) -> Preview:
    """A value as the interface shows it.

    Args:
        value: of any socket type.
        limit: longest side in pixels that is of use; 0 for every pixel.
        full_size: width and height the picture would have at proxy 1, when known.
    """
    kind = kind_of(value)
    summary = describe(value)
    if isinstance(value, Parsing):
        value = value.painted()
    if isinstance(value, Image | Mask):
        pixels, step = shrink(_samples(value), limit)
        linear = isinstance(value, Image) and value.linear
        scale = float(step)
        if full_size is not None and value.width:
            scale *= full_size[0] / value.width
        return Preview(kind, summary, pixels=to_rgba8(pixels, linear=linear), scale=scale)
    host = to_host(value) if byte_size(value) <= LARGEST_VALUE else None
    return Preview(kind, summary, value=host if _travels(host) else None)


def thumbnail_of(value: Any) -> ByteArray | None:
    """H x W x 4 uint8, at most THUMBNAIL_PIXELS a side; None for what is no picture."""
    if isinstance(value, Parsing):
        value = value.painted()
    if not isinstance(value, Image | Mask) or not value.width or not value.height:
        return None
    pixels, _ = shrink(_samples(value), THUMBNAIL_PIXELS)
    return to_rgba8(pixels, linear=isinstance(value, Image) and value.linear)


def shrink(pixels: FloatArray, limit: int) -> tuple[FloatArray, int]:
    """The picture made smaller by a whole factor so that no side exceeds `limit`, and the factor.

    Each pixel is the mean of up to MOST_SAMPLES x MOST_SAMPLES evenly spread ones.
    """
    height, width = pixels.shape[:2]
    step = -(-max(height, width) // limit) if limit > 0 else 1
    if step <= 1:
        return pixels, 1
    rows, columns = max(height // step, 1), max(width // step, 1)
    offsets = sorted({(2 * i + 1) * step // (2 * MOST_SAMPLES) for i in range(MOST_SAMPLES)})
    total = np.zeros((rows, columns, *pixels.shape[2:]), np.float32)
    count = 0
    for down in offsets:
        for across in offsets:
            sample = pixels[down::step, across::step][:rows, :columns]
            if sample.shape == total.shape:
                total += sample
                count += 1
    if not count:
        return pixels[:1, :1], step
    total /= count
    return total, step


def to_rgba8(pixels: FloatArray, *, linear: bool = False) -> ByteArray:
    """H x W (grey), H x W x 3 or H x W x 4 in 0..1 to H x W x 4 uint8, straight alpha, sRGB-encoded.

    NaN becomes 0. Args: linear: the colours are linear light and get encoded.
    """
    height, width = pixels.shape[:2]
    out = np.full((height, width, 4), 255, np.uint8)
    grey = pixels.ndim == 2
    samples = pixels[..., None] if grey else pixels
    scratch = np.empty((BLOCK_ROWS, width, samples.shape[2]), np.float32)
    for top in range(0, height, BLOCK_ROWS):
        block = samples[top : top + BLOCK_ROWS]
        target = out[top : top + BLOCK_ROWS]
        room = scratch[: len(block)]
        if linear:
            indices = _steps(block, LOOKUP_STEPS, room).astype(np.uint16)
            for channel in range(3):
                target[..., channel] = _srgb_table()[indices[..., channel]]
            if block.shape[2] == 4:
                target[..., 3] = indices[..., 3] >> 8
        elif grey:
            target[..., :3] = _steps(block, 255, room)
        else:
            steps = _steps(block, 255, room)
            for channel in range(block.shape[2]):  # Twice as fast as rows of three.
                target[..., channel] = steps[..., channel]
    return out


def _steps(values: FloatArray, highest: int, room: FloatArray) -> FloatArray:
    """0..1 to 0..highest in `room`, ready to be cut to whole numbers; NaN becomes 0."""
    np.multiply(values, np.float32(highest), out=room)
    np.add(room, np.float32(0.5), out=room)
    # fmax and not maximum: it turns NaN into the other number.
    np.fmax(room, np.float32(0), out=room)
    return np.minimum(room, np.float32(highest + 0.499), out=room)


@cache
def _srgb_table() -> ByteArray:
    """Linear light in 65536 steps to sRGB (IEC 61966-2-1)."""
    light = np.arange(LOOKUP_STEPS + 1) / LOOKUP_STEPS
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    table: npt.NDArray[np.uint8] = np.round(255 * encoded).astype(np.uint8)
    return table


def _samples(value: Image | Mask) -> FloatArray:
    return host_array(value.pixels if isinstance(value, Image) else value.alpha)


def _travels(value: Any) -> bool:
    if value is None:
        return False
    try:
        codec.encode(value)
    except TypeError:
        return False
    return True
