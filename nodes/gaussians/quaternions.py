"""Unit quaternions w x y z, many at a time."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values.arrays import FloatArray


def matrices(quaternions: FloatArray) -> FloatArray:
    """N x 4 unit quaternions as N x 3 x 3 rotations."""
    w, x, y, z = np.asarray(quaternions, np.float32).T
    return np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], 1),
            np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], 1),
            np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], 1),
        ],
        1,
    ).astype(np.float32)


def from_matrices(rotations: np.ndarray) -> FloatArray:
    """N x 3 x 3 rotations as N x 4 unit quaternions with w >= 0.

    Each is read from the row of its outer product with the largest diagonal (Shepperd 1978).
    """
    m = np.asarray(rotations, np.float64)
    trace = m[:, 0, 0] + m[:, 1, 1] + m[:, 2, 2]
    # 4 q q^T of the rotation.
    outer = np.empty((len(m), 4, 4))
    outer[:, 0, 0] = 1 + trace
    for axis in range(3):
        after, last = (axis + 1) % 3, (axis + 2) % 3
        outer[:, axis + 1, axis + 1] = 1 + 2 * m[:, axis, axis] - trace
        outer[:, 0, axis + 1] = outer[:, axis + 1, 0] = m[:, last, after] - m[:, after, last]
        both = m[:, axis, after] + m[:, after, axis]
        outer[:, axis + 1, after + 1] = outer[:, after + 1, axis + 1] = both
    best = np.argmax(np.einsum("nii->ni", outer), axis=1)
    found = outer[np.arange(len(m)), best]
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return np.where(found[:, :1] < 0, -found, found).astype(np.float32)


def product(first: FloatArray, second: FloatArray) -> FloatArray:
    """The rotation `second` followed by `first`; N x 4 or 4 each."""
    a = np.broadcast_arrays(*np.split(np.asarray(first), 4, axis=-1))
    w1, x1, y1, z1 = a
    w2, x2, y2, z2 = np.split(np.asarray(second), 4, axis=-1)
    return np.concatenate(
        [
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
        ],
        axis=-1,
    ).astype(np.float32)


def normalised(quaternions: FloatArray) -> FloatArray:
    """Quaternions made unit length; zero ones become no rotation."""
    length = np.linalg.norm(quaternions, axis=1, keepdims=True)
    idle = np.array([1.0, 0.0, 0.0, 0.0], np.float32)
    return np.where(length > 1e-12, quaternions / np.maximum(length, 1e-12), idle).astype(np.float32)
