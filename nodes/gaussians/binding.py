"""Splats tied to a head: to the triangles of its surface, or to its bones as hair and clothes are.

A splat on the surface keeps its place in its triangle and two tangents written in the triangle's
edges; so it moves, turns and stretches as the triangle does (after Qian et al. 2024,
"GaussianAvatars", with the stretch along the surface kept instead of one scale for a triangle).
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
from numba import njit, prange

from nodes.gaussians.harmonics import colour_to_harmonic
from nodes.gaussians.quaternions import from_matrices
from nodes.head._shape import expressed_vertices, to_world
from nodes.raster.geometry import rotation_matrix
from nodes.raster.ramps import smooth_step
from nodes.sdk.values import HeadState, Splats
from nodes.sdk.values.arrays import FloatArray, IntArray

#: Between these heights of the head's frame, in metres, the neck turns into the body, which stays.
_BODY, _HEAD = -0.165, -0.085


@dataclass(frozen=True, eq=False)
class SurfaceSplats:
    """Splats on the triangles of a head model.

    Attributes:
        triangles: N, rows of the model's triangles.
        weights: N x 2, the first two barycentric weights.
        tangents: N x 2 x 2; tangent k is tangents[k, 0] edge1 + tangents[k, 1] edge2, one standard
            deviation long, where edge1 and edge2 lead from the first corner to the others.
        lift: N metres off the surface. thickness: N metres, deviation along the normal.
        colours: N x 3 in 0..1. opacities: N.
    """

    triangles: IntArray
    weights: FloatArray
    tangents: FloatArray
    lift: FloatArray
    thickness: FloatArray
    colours: FloatArray
    opacities: FloatArray


@dataclass(frozen=True, eq=False)
class VolumeSplats:
    """Splats that move with the head's pose but not with its expression, in the head's frame.

    Attributes:
        positions: N x 3 metres. rotations: N x 4 unit quaternions. scales: N x 3 metres.
        colours: N x 3 in 0..1. opacities: N.
    """

    positions: FloatArray
    rotations: FloatArray
    scales: FloatArray
    colours: FloatArray
    opacities: FloatArray


@dataclass(frozen=True, eq=False)
class SplatHead:
    """A head of splats, tied to a head model.

    Attributes:
        surface: on the model's triangles. volume: hair, clothes.
        rotation, translation: the pose in which it was made, as in HeadState; the body stays there.
    """

    surface: SurfaceSplats
    volume: VolumeSplats
    rotation: FloatArray
    translation: FloatArray


def follow(heights: FloatArray) -> FloatArray:
    """How much places at heights of the head's frame (N metres) follow the head: 0 body, 1 head."""
    return smooth_step((heights - _BODY) / (_HEAD - _BODY)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class _Still:
    """What of a splat head no pose changes: N x 1 x 3 harmonics and N opacities of all its splats, and how
    much those of the volume follow the head."""

    harmonics: FloatArray
    opacities: FloatArray
    share: FloatArray


_stills: weakref.WeakKeyDictionary[SplatHead, _Still] = weakref.WeakKeyDictionary()


def _still_of(bound: SplatHead) -> _Still:
    found = _stills.get(bound)
    if found is None:
        surface, volume = bound.surface, bound.volume
        colours = np.concatenate([surface.colours, volume.colours])
        found = _stills[bound] = _Still(
            colour_to_harmonic(colours)[:, None],
            np.concatenate([surface.opacities, volume.opacities]).astype(np.float32),
            follow(volume.positions[:, 1]),
        )
    return found


def posed(bound: SplatHead, head: HeadState) -> Splats:
    """The splats as a head's expression and pose ask for, in the world."""
    still = _still_of(bound)
    vertices = _carried(bound, head, expressed_vertices(head), follow(head.model.mean[:, 1]))
    surface, volume = bound.surface, bound.volume
    count = len(surface.triangles)
    every = count + len(volume.positions)
    positions = np.empty((every, 3), np.float32)
    scales = np.empty((every, 3), np.float32)
    rotations = np.empty((every, 4), np.float32)
    _lay(
        np.ascontiguousarray(vertices),
        np.ascontiguousarray(head.model.triangles),
        surface.triangles,
        surface.weights,
        surface.tangents,
        surface.lift,
        surface.thickness,
        positions[:count],
        scales[:count],
        rotations[:count],
    )
    moved, before = (
        from_matrices(rotation_matrix(rotation)[None])[0] for rotation in (head.rotation, bound.rotation)
    )
    _turn(volume.rotations, still.share, moved, before, rotations[count:])
    positions[count:] = _carried(bound, head, volume.positions, still.share)
    scales[count:] = volume.scales
    return Splats(positions, scales, rotations, still.opacities, still.harmonics)


def _carried(bound: SplatHead, head: HeadState, places: FloatArray, share: FloatArray) -> FloatArray:
    """Places of the head's frame in the world; what belongs to the body stays where it was made."""
    moved = to_world(head, places)
    rotation = rotation_matrix(bound.rotation).astype(np.float32)
    still = places @ rotation.T + np.asarray(bound.translation, np.float32)
    return (still + share[:, None] * (moved - still)).astype(np.float32)


# Vectors of three as tuples, which live in registers; small arrays would be allocated for each splat.


@njit(cache=True, inline="always")
def _point(vertices, i):  # type: ignore[no-untyped-def]
    return vertices[i, 0], vertices[i, 1], vertices[i, 2]


@njit(cache=True, inline="always")
def _scaled(s, a):  # type: ignore[no-untyped-def]
    return s * a[0], s * a[1], s * a[2]


@njit(cache=True, inline="always")
def _mixed(s, a, t, b):  # type: ignore[no-untyped-def]
    return s * a[0] + t * b[0], s * a[1] + t * b[1], s * a[2] + t * b[2]


@njit(cache=True, inline="always")
def _dot(a, b):  # type: ignore[no-untyped-def]
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@njit(cache=True, inline="always")
def _cross(a, b):  # type: ignore[no-untyped-def]
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@njit(cache=True, fastmath=True, parallel=True, error_model="numpy")
def _lay(  # type: ignore[no-untyped-def]
    vertices, corners, triangles, weights, tangents, lift, thickness, positions, scales, rotations
):
    smallest, one = np.float32(1e-7), np.float32(1.0)
    for i in prange(triangles.shape[0]):
        t = triangles[i]
        p0, p1 = _point(vertices, corners[t, 0]), _point(vertices, corners[t, 1])
        p2 = _point(vertices, corners[t, 2])
        edge1, edge2 = _mixed(one, p1, -one, p0), _mixed(one, p2, -one, p0)
        normal = _cross(edge1, edge2)
        normal = _scaled(one / (np.sqrt(_dot(normal, normal)) + np.float32(1e-14)), normal)
        w0, w1 = weights[i, 0], weights[i, 1]
        w2 = one - w0 - w1
        a = _mixed(tangents[i, 0, 0], edge1, tangents[i, 0, 1], edge2)
        b = _mixed(tangents[i, 1, 0], edge1, tangents[i, 1, 1], edge2)
        # The ellipse that two tangents span: eigenvectors of a a^T + b b^T within their plane.
        size = np.sqrt(_dot(a, a)) + np.float32(1e-12)
        first, second = _scaled(one / size, a), _scaled(one / size, _cross(normal, a))
        bx, by = _dot(b, first), _dot(b, second)
        xx, xy, yy = size * size + bx * bx, bx * by, by * by
        half = np.float32(0.5) * (xx - yy)
        middle = np.float32(0.5) * (xx + yy)
        root = np.sqrt(half * half + xy * xy)
        angle = np.float32(0.5) * np.arctan2(xy, half)
        cosine, sine = np.cos(angle), np.sin(angle)
        scales[i, 0] = np.sqrt(max(middle + root, smallest * smallest))
        scales[i, 1] = np.sqrt(max(middle - root, smallest * smallest))
        scales[i, 2] = thickness[i]
        right, above = _mixed(cosine, first, sine, second), _mixed(cosine, second, -sine, first)
        for k in range(3):
            positions[i, k] = w0 * p0[k] + w1 * p1[k] + w2 * p2[k] + lift[i] * normal[k]
        _quaternion(right, above, normal, rotations[i])


@njit(cache=True, fastmath=True, parallel=True)
def _turn(rotations, share, moved, still, out):  # type: ignore[no-untyped-def]
    for i in prange(rotations.shape[0]):
        by = moved if share[i] > 0.5 else still
        w, x, y, z = rotations[i]
        out[i, 0] = by[0] * w - by[1] * x - by[2] * y - by[3] * z
        out[i, 1] = by[0] * x + by[1] * w + by[2] * z - by[3] * y
        out[i, 2] = by[0] * y - by[1] * z + by[2] * w + by[3] * x
        out[i, 3] = by[0] * z + by[1] * y - by[2] * x + by[3] * w


@njit(cache=True, fastmath=True, error_model="numpy")
def _quaternion(x, y, z, out):  # type: ignore[no-untyped-def]
    """The rotation whose matrix has the columns x, y, z, read from its largest part (Shepperd 1978)."""
    one = np.float32(1.0)
    trace = x[0] + y[1] + z[2]
    if trace >= max(x[0], y[1], z[2]):
        out[0] = one + trace
        out[1], out[2], out[3] = y[2] - z[1], z[0] - x[2], x[1] - y[0]
    elif x[0] >= max(y[1], z[2]):
        out[1] = one + np.float32(2.0) * x[0] - trace
        out[0], out[2], out[3] = y[2] - z[1], x[1] + y[0], z[0] + x[2]
    elif y[1] >= z[2]:
        out[2] = one + np.float32(2.0) * y[1] - trace
        out[0], out[1], out[3] = z[0] - x[2], x[1] + y[0], y[2] + z[1]
    else:
        out[3] = one + np.float32(2.0) * z[2] - trace
        out[0], out[1], out[2] = x[1] - y[0], z[0] + x[2], y[2] + z[1]
    length = one / np.sqrt(out[0] ** 2 + out[1] ** 2 + out[2] ** 2 + out[3] ** 2)
    for k in range(4):
        out[k] *= length
