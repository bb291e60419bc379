"""What a process grows by over many frames of an edit."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import replace

import psutil

from nodes.sdk.values import HeadState, Image
from tests.bench.edit_material import Sitter
from tests.bench.table import Row

_FRAMES, _WARM = 1000, 150


def grown(name: str, who: Sitter, work: Callable[[Image, HeadState, int], None]) -> Row:
    """Growth over a thousand frames; every tenth is a new picture with a fit of its own, as in a clip.

    Args:
        name: of what is done. who: the portrait. work: does it to a picture, a fit and a frame's number.
    """
    process = psutil.Process()
    image, fit, before = who.image, who.head, 0.0
    for number in range(_FRAMES):
        if number % 10 == 0:
            image = Image(who.image.pixels.copy())
            fit = replace(who.head, picture=image)
        work(image, fit, number)
        if number == _WARM:
            gc.collect()
            before = process.memory_info().rss / 2**20
    gc.collect()
    return Row(
        f"{name}: memory grown over 1,000 frames",
        max(process.memory_info().rss / 2**20 - before, 0.0),
        "MB",
        40.0,
        "lower",
        beside=f"{before:.0f} MB after {_WARM} frames",
        note="512 px; a new picture and fit every ten frames",
    )
