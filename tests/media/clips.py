"""Small clips whose every frame says its own number."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

BITS = 8


def numbered_frame(number: int, width: int = 64, height: int = 48) -> np.ndarray:
    """H x W x 3 bytes: eight bars, bright where the number's bit is set; the lower half is grey."""
    frame = np.full((height, width, 3), 128, np.uint8)
    for bit in range(BITS):
        bar = slice(bit * width // BITS, (bit + 1) * width // BITS)
        frame[: height // 2, bar] = 235 if number >> bit & 1 else 20
    return frame


def number_in(pixels: np.ndarray) -> int:
    """The number that a (decoded, 0..1) frame says."""
    height, width = pixels.shape[:2]
    places = [(2 * bit + 1) * width // (2 * BITS) for bit in range(BITS)]
    return sum(int(pixels[height // 4, place, 1] > 0.5) << bit for bit, place in enumerate(places))


def write_clip(
    path: Path,
    frames: int = 60,
    *,
    codec: str = "libx264",
    rate: Fraction | int = 25,
    stamps: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
    layout: str = "yuv420p",
    size: tuple[int, int] = (64, 48),
) -> Path:
    """Write numbered frames; `stamps` are their times in units of 1/rate."""
    usual = {"g": "12", "bf": "2"} if codec in ("libx264", "mpeg2video") else {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=usual | (options or {}))
        stream.width, stream.height = size
        stream.pix_fmt = layout
        stream.codec_context.time_base = 1 / Fraction(rate)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered_frame(number, *size), format="rgb24")
            frame = frame.reformat(format=layout)
            frame.pts = number if stamps is None else stamps[number]
            frame.time_base = 1 / Fraction(rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
