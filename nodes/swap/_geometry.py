"""One person's shape and skin on another person's head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nodes.head._shape import edited, landmark_points, neutral_vertices, parts_of
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

#: Landmarks that hardly move with expression: the nose's bridge, eye corners, temples, ear line.
_STEADY = (6, 168, 197, 33, 133, 362, 263, 127, 356, 234, 454, 10, 151, 9, 4, 98, 327)


def similarity(points: FloatArray, onto: FloatArray) -> tuple[float, FloatArray, FloatArray]:
    """Scale, rotation (3 x 3) and shift that bring points (N x 3) closest onto others (Umeyama 1991)."""
    a, b = points.mean(axis=0), onto.mean(axis=0)
    from_a, from_b = points - a, onto - b
    u, values, vt = np.linalg.svd(from_b.T @ from_a)
    flip = np.ones(3)
    flip[-1] = np.sign(np.linalg.det(u @ vt)) or 1.0
    rotation = (u * flip) @ vt
    scale = float((values * flip).sum() / max((from_a**2).sum(), 1e-12))
    return scale, rotation, b - scale * rotation @ a


def with_shape_of(target: HeadState, source: HeadState, share: float) -> HeadState:
    """The target's head with the source's neutral shape, at the target's size, place and expression.

    Args:
        target, source: fitted heads of one model.
        share: 0 keeps the target's shape, 1 takes the source's.
    """
    own, other = neutral_vertices(target), neutral_vertices(source)
    model = target.model
    steady = list(_STEADY)
    scale, rotation, shift = similarity(
        landmark_points(model, other)[steady], landmark_points(model, own)[steady]
    )
    aligned = scale * other @ rotation.T + shift
    wanted = own + share * (aligned - own)
    # What lies behind the face is not seen in the source's picture; it stays the target's.
    front = np.clip((model.mean[:, 2] + 0.01) / 0.05, 0.0, 1.0)[:, None]
    wanted = own + front * (wanted - own)
    offsets = wanted - (neutral_vertices(replace(target, offsets=np.zeros((0, 3), np.float32))))
    return edited(target, offsets=offsets.astype(np.float32))


def skin_triangles(state: HeadState) -> IntArray:
    """The triangles of skin, mouth cavity and sockets."""
    triangles: IntArray = state.model.triangles[parts_of(state.model).surface_triangles]
    return triangles
