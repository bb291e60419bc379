"""Pictures that say their number, and a disk that fills up."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nodes.media.video_reader import VideoReader
from nodes.sdk.values import Image
from tests.media.clips import number_in, numbered_frame


def picture(number: int, width: int = 64, height: int = 48) -> Image:
    return Image(numbered_frame(number % 256, width, height).astype(np.float32) / 255)


def grainy(number: int) -> Image:
    """A picture that does not compress, but still says its number."""
    pixels = picture(number, 128, 96).pixels.copy()
    pixels[48:] = np.random.default_rng(number).random((48, 128, 3), np.float32)
    return Image(pixels)


def numbers_in(path: Path) -> list[int]:
    """The numbers that the frames of a video say, in order."""
    reader = VideoReader(path)
    try:
        return [number_in(reader.frame(place)) for place in range(len(reader.index))]
    finally:
        reader.close()


def counting(frame_at: Callable[[int], Image], calls: list[int]) -> Callable[[int], Image]:
    """The same source, noting which frames were asked for."""

    def asked(frame: int) -> Image:
        calls.append(frame)
        return frame_at(frame)

    return asked


@contextmanager
def disk_with_room_for(size: int) -> Iterator[None]:
    """Let no file grow beyond `size` bytes, as on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
