"""Pictures between two pictures, and whether there is anything between them at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from nodes.enhance._upscaling import resized
from nodes.sdk.values import Image
from nodes.sdk.values.arrays import FloatArray

#: Two pictures (H x W x 3, sRGB) -> flow (H x W x 4) and mask (H x W) of the moment half-way.
HalfWay: TypeAlias = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

#: Motion is looked for in at most this many pixels; larger pictures are moved by the enlarged motion, so
#: that memory stays bounded whatever their size.
MOST_PIXELS = 1920 * 1088
#: How often a span is halved before motion is taken as even within it.
_DEPTH = 3
_THUMBNAIL, _WINDOW = 32, 7


def likeness(first: FloatArray, second: FloatArray) -> float:
    """How alike two pictures (H x W x 3) are at a glance: 1 the same, about 0 nothing in common.

    Structural similarity (Wang et al. 2004) of thumbnails.
    """
    import cv2

    small = [resized(picture[..., :3], _THUMBNAIL, _THUMBNAIL) for picture in (first, second)]

    def mean(values: FloatArray) -> FloatArray:
        return np.asarray(cv2.blur(values, (_WINDOW, _WINDOW), borderType=cv2.BORDER_REFLECT))

    one, two = small
    mean_one, mean_two = mean(one), mean(two)
    spread = mean(one * one) - mean_one**2 + mean(two * two) - mean_two**2
    shared = mean(one * two) - mean_one * mean_two
    luminance, structure = 0.01**2, 0.03**2
    alike = (2 * mean_one * mean_two + luminance) * (2 * shared + structure)
    return float((alike / ((mean_one**2 + mean_two**2 + luminance) * (spread + structure))).mean())


def repeats(first: Image, other: Image) -> bool:
    """Whether a picture is another one shown again; every eighth pixel is looked at."""
    if first is other:
        return True
    one, two = first.pixels[::8, ::8], other.pixels[::8, ::8]
    return one.shape == two.shape and bool(np.array_equal(one, two))


def between(
    first: FloatArray,
    second: FloatArray,
    share: float,
    half_way: HalfWay,
    seen: Callable[[FloatArray], FloatArray] = lambda pixels: pixels[..., :3],
) -> FloatArray:
    """The picture at a share (0..1) of the way from one to the other, H x W x C both.

    Spans are halved until the moment is their middle; after three halvings motion is taken as even.

    Args:
        seen: what the network is shown of a picture: H x W x 3, sRGB.
    """
    for _ in range(_DEPTH - 1):
        if share in (0.0, 1.0) or abs(share - 0.5) < 1e-6:
            break
        middle = _blend(first, second, 0.5, half_way, seen)
        if share < 0.5:
            second, share = middle, 2 * share
        else:
            first, share = middle, 2 * share - 1
    if share <= 1e-6:
        return first
    if share >= 1 - 1e-6:
        return second
    return _blend(first, second, share, half_way, seen)


def _blend(
    first: FloatArray,
    second: FloatArray,
    share: float,
    half_way: HalfWay,
    seen: Callable[[FloatArray], FloatArray],
) -> FloatArray:
    import cv2

    height, width = first.shape[:2]
    shrink = min(1.0, (MOST_PIXELS / (height * width)) ** 0.5)
    pictures = [np.ascontiguousarray(seen(picture), np.float32) for picture in (first, second)]
    if shrink < 1.0:
        size = (max(round(width * shrink), 2), max(round(height * shrink), 2))
        pictures = [resized(picture, *size) for picture in pictures]
    flow, mask = half_way(*pictures)
    if shrink < 1.0:
        grown = np.array([width / size[0], height / size[1]] * 2, np.float32)
        flow = cv2.resize(flow, (width, height), interpolation=cv2.INTER_LINEAR) * grown
        mask = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
    # Half-way flows reach half the way; motion is even, so any moment scales them.
    x = np.arange(width, dtype=np.float32)[None]
    y = np.arange(height, dtype=np.float32)[:, None]
    moved = [
        cv2.remap(
            np.ascontiguousarray(picture, np.float32),
            x + flow[..., at] * reach,
            y + flow[..., at + 1] * reach,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ).reshape(picture.shape)
        for picture, at, reach in ((first, 0, 2 * share), (second, 2, 2 * (1 - share)))
    ]
    weight_first, weight_second = mask * (1 - share), (1 - mask) * share
    weight = (weight_first / (weight_first + weight_second + 1e-9))[..., None]
    return np.asarray(moved[1] + weight * (moved[0] - moved[1]), np.float32)
