"""The place behind a person who moves, gathered from a clip."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nodes.portrait.backdrop import covered, filled_at_size
from nodes.sdk.values.arrays import ByteArray, FloatArray

#: So many frames are kept, spread evenly over what was seen so far.
_KEPT = 9
#: How fast the plate takes on what further frames tell, per frame.
_EASE = 0.25


class ClipPlate(NamedTuple):
    """What of a place was seen so far.

    Attributes:
        pictures: S x H x W x 3 and free: S x H x W, frames (8 bits) and where no person was in them.
        seen: frames passed. stride: every how many frames one is kept.
        target: H x W x 3, what the frames say. shown: H x W x 3, the plate, easing towards it.
    """

    pictures: ByteArray
    free: ByteArray
    seen: int
    stride: int
    target: FloatArray
    shown: FloatArray


def with_frame(before: ClipPlate | None, picture: FloatArray, alpha: FloatArray) -> ClipPlate:
    """The plate after one more frame.

    Args:
        before: after the frame before, or None. picture: H x W x 3. alpha: H x W, people.
    """
    if before is not None and before.target.shape != picture.shape:
        before = None
    eight = np.round(np.clip(picture, 0.0, 1.0) * 255.0).astype(np.uint8)
    open_now = (~covered(alpha)).astype(np.uint8)
    if before is None:
        target = _target(eight[None], open_now[None], picture)
        return ClipPlate(eight[None], open_now[None], 1, 1, target, target)
    pictures, free, stride = before.pictures, before.free, before.stride
    target = before.target
    if before.seen % stride == 0:
        pictures, free = np.concatenate([pictures, eight[None]]), np.concatenate([free, open_now[None]])
        # New places, or a fuller choice for the median, are worth filling anew.
        target = _target(pictures, free, None if free[:-1].any(axis=0).all() else picture, target)
        if len(pictures) == _KEPT:
            pictures, free, stride = pictures[::2].copy(), free[::2].copy(), stride * 2
    shown = before.shown + np.float32(_EASE) * (target - before.shown)
    return ClipPlate(pictures, free, before.seen + 1, stride, target, shown.astype(np.float32))


def _target(
    pictures: ByteArray, free: ByteArray, picture: FloatArray | None, last: FloatArray | None = None
) -> FloatArray:
    """The median of the frames where no person was; elsewhere filled in."""
    shown = np.where(free[..., None] > 0, pictures.astype(np.float32) / 255.0, np.nan)
    known = free.any(axis=0)
    result = np.zeros(pictures.shape[1:], np.float32)
    result[known] = np.nanmedian(shown[:, known], axis=0)
    if known.all():
        return result
    if not known.any():
        return result + (0.5 if picture is None else picture.mean(axis=(0, 1)))
    base = np.where(known[..., None], result, 0.5 if last is None else last).astype(np.float32)
    return filled_at_size(base, ~known, known)


def at(state: ClipPlate, picture: FloatArray, alpha: FloatArray) -> FloatArray:
    """The plate of the frame itself: the frame's own pixels where no person is. H x W x 3."""
    import cv2

    share = cv2.GaussianBlur(covered(alpha).astype(np.float32), (0, 0), 2.0)
    share = np.maximum(share, covered(alpha))[..., None]
    return np.asarray(picture + share * (state.shown - picture), np.float32)
