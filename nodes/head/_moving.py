"""What a head does over time, as a motion."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from nodes.sdk.errors import NodeError
from nodes.sdk.values import HeadState, Motion
from nodes.sdk.values.arrays import FloatArray


def motion_of(heads: Iterable[HeadState], fps: float) -> Motion:
    """The motion of a head that was tracked or edited, one state a frame.

    Only numbers are kept of each state, so that a long clip may be handed in one by one. Translation
    counts from where the head stands in the first frame, in metres.

    Raises:
        NodeError: when there is no state at all.
    """
    rows: list[tuple[FloatArray, FloatArray, FloatArray, FloatArray]] = [
        (head.expression, head.rotation, head.translation, head.gaze) for head in heads
    ]
    if not rows:
        raise NodeError("there is no head to take a motion from", hint="Give a range of frames")
    coefficients, rotation, translation, gaze = (
        np.stack([np.asarray(part, np.float32) for part in column]) for column in zip(*rows, strict=True)
    )
    return Motion(np.clip(coefficients, 0.0, 1.0), rotation, translation - translation[0], gaze, fps)


def is_still(motion: Motion) -> bool:
    """Whether nothing moves."""
    parts = (motion.coefficients, motion.rotation, motion.translation, motion.gaze)
    return all(bool((part == part[:1]).all()) for part in parts)
