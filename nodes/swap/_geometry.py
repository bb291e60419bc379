"""One person's shape and skin on another person's head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nodes.head._shape import edited, landmark_points, neutral_vertices
from nodes.portrait.performing import STEADY, similarity
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray


def with_shape_of(
    target: HeadState, source: HeadState, share: float, turn: FloatArray | None = None
) -> HeadState:
    """The target's head with the source's neutral shape, at the target's size, place and expression.

    Args:
        target, source: fitted heads of one model.
        share: 0 keeps the target's shape, 1 takes the source's.
        turn: 3 x 3, from the axes of the source's head to the target's; what lays steady points upon
            each other when None.
    """
    own, other = neutral_vertices(target), neutral_vertices(source)
    model = target.model
    steady = list(STEADY)
    scale, rotation, shift = similarity(
        landmark_points(model, other)[steady], landmark_points(model, own)[steady]
    )
    if turn is not None:
        middle = landmark_points(model, other)[steady].mean(axis=0)
        shift = shift + scale * (rotation - turn) @ middle
        rotation = turn
    aligned = scale * other @ rotation.T + shift
    wanted = own + share * (aligned - own)
    # What lies behind the face is not seen in the source's picture; it stays the target's.
    front = np.clip((model.mean[:, 2] + 0.01) / 0.05, 0.0, 1.0)[:, None]
    wanted = own + front * (wanted - own)
    offsets = wanted - (neutral_vertices(replace(target, offsets=np.zeros((0, 3), np.float32))))
    return edited(target, offsets=offsets.astype(np.float32))
