"""Head rotation from landmarks, and angles from rotations.

Angles: with R the rotation from head to camera (x right, y up, z towards the viewer), and
R = Ry(yaw) Rx(-pitch) Rz(-roll):

* yaw > 0: the person looks to the viewer's right (their own left);
* pitch > 0: the person looks up;
* roll > 0: the head is tilted clockwise as the viewer sees it.

Looking straight into the camera is 0, 0, 0.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nodes.sdk.values.arrays import FloatArray

# Eyes, nose tip and mouth corners of an average face, in eye distances: x to the viewer's right,
# y up, z towards the viewer; the middle of the eyes at 0. Rows in the order of Face.key_points.
_FIVE = np.array(
    [[-0.5, 0, 0], [0.5, 0, 0], [0, -0.58, 0.42], [-0.4, -1.12, 0.06], [0.4, -1.12, 0.06]], np.float64
)


class Angles(NamedTuple):
    """Degrees."""

    yaw: float
    pitch: float
    roll: float


def fit_rotation(
    model: npt.NDArray[np.floating], seen: npt.NDArray[np.floating], weights: npt.NDArray[np.floating]
) -> FloatArray:
    """The rotation that best turns model points onto seen ones, each weighted.

    Weighted orthogonal Procrustes (Kabsch 1976), without reflection.

    Args:
        model: N x 3, the head facing the camera.
        seen: N x 3 in the camera's frame, up to scale and shift.
        weights: N, not negative.
    """
    total = max(float(weights.sum()), 1e-9)
    share = (weights / total)[:, None]
    a = model - (model * share).sum(axis=0)
    b = seen - (seen * share).sum(axis=0)
    u, _, vt = np.linalg.svd((a * share).T @ b)
    flip = np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt)) or 1.0])
    rotation: FloatArray = (vt.T @ flip @ u.T).astype(np.float32)
    return rotation


def coarse_rotation(key_points: FloatArray) -> FloatArray:
    """The head's rotation from five points of a picture (5 x 2 pixels, y down), to about 10 degrees.

    Scaled orthographic pose (DeMenthon & Davis 1995): the first two rows of the rotation come from
    a least-squares affine fit, made orthogonal and of equal length.
    """
    seen = np.column_stack([key_points[:, 0], -key_points[:, 1]]).astype(np.float64)
    seen -= seen.mean(axis=0)
    model = _FIVE - _FIVE.mean(axis=0)
    rows = np.linalg.lstsq(model, seen, rcond=None)[0].T
    u, values, vt = np.linalg.svd(rows, full_matrices=False)
    if values[0] < 1e-9:
        return np.eye(3, dtype=np.float32)
    rows = u @ vt
    rotation: FloatArray = np.vstack([rows, np.cross(rows[0], rows[1])]).astype(np.float32)
    return rotation


def angles_of(rotation: npt.NDArray[np.floating]) -> Angles:
    """Yaw, pitch and roll of a rotation, in degrees; yaw in -180..180, pitch in -90..90."""
    r = rotation.astype(np.float64)
    pitch = np.arcsin(np.clip(r[1, 2], -1.0, 1.0))
    yaw = np.arctan2(r[0, 2], r[2, 2])
    roll = -np.arctan2(r[1, 0], r[1, 1])
    return Angles(*(float(np.degrees(angle)) for angle in (yaw, pitch, roll)))


def rotation_of(angles: Angles) -> FloatArray:
    """The rotation of yaw, pitch and roll in degrees; the inverse of `angles_of`."""
    yaw, pitch, roll = np.radians(angles)
    pitch, roll = -pitch, -roll
    cy, sy, cp, sp, cr, sr = (
        np.cos(yaw),
        np.sin(yaw),
        np.cos(pitch),
        np.sin(pitch),
        np.cos(roll),
        np.sin(roll),
    )
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    about_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    rotation: FloatArray = (about_y @ about_x @ about_z).astype(np.float32)
    return rotation


def off_axis(rotation: FloatArray, x: float, y: float, width: int, height: int) -> FloatArray:
    """A rotation relative to the line of sight, made relative to the camera's axis.

    Args:
        rotation: 3 x 3, as measured on a face at pixel x, y.
        x, y: where the face is.
        width, height: of the picture, taken with a lens of 50 degrees along its longer side.
    """
    focal = max(width, height) / (2 * np.tan(np.radians(25.0)))
    across = np.arctan2(x - width / 2, focal)
    up = np.arctan2(height / 2 - y, np.hypot(focal, x - width / 2))
    turn = rotation_of(Angles(float(np.degrees(-across)), float(np.degrees(-up)), 0.0))
    result: FloatArray = (turn @ rotation).astype(np.float32)
    return result
