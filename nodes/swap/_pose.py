"""Poses of two people, compared as they are seen.

A fitted head's axes are not a landmarker's: the shape of a nose or a brow is taken for some degrees
of pitch, by the fit and by the landmarker, and by both differently for everybody. What is compared
between two people is therefore what the landmarker sees of both. A landmarker looks along the ray to
the face, a fit along the camera's axis: off the middle of a picture the two differ by that ray.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nodes.face._landmarks import LandmarkRuntime, crop_of_landmarks
from nodes.head._correction import towards
from nodes.head._shape import as_fitted
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray

#: Radians that a pose is corrected by at most; more is a reading that went astray.
_MOST = 0.07
_TRUST = 0.9
#: A landmarker that is less sure of a face than this says little about its pose.
_SURE = 0.995


def as_seen_by(runtime: LandmarkRuntime, target: HeadState, source: HeadState) -> HeadState:
    """The target with its rotation in the source's axes, in the source's place: turned as it is seen.

    Args:
        runtime: the landmarker. target: fitted or edited. source: the other person's head.
    """
    fit, other = as_fitted(target), as_fitted(source)
    if min(len(fit.landmarks), len(other.landmarks)) < 468:
        return target
    ray, ray_of_other = _ray(fit), _ray(other)
    own = ray.T @ rotation_matrix(target.rotation) @ rotation_matrix(fit.rotation).T @ ray
    seen = runtime.rotation(fit.landmarks) @ runtime.rotation(other.landmarks).T
    rotation = ray_of_other @ own @ seen @ ray_of_other.T @ rotation_matrix(other.rotation)
    return replace(target, rotation=rotation_vector(rotation).astype(np.float32))


def between_axes(runtime: LandmarkRuntime, target: HeadState, source: HeadState) -> FloatArray | None:
    """3 x 3, from the axes of the source's head to the target's, as both are seen; None when unknown."""
    if min(len(target.landmarks), len(source.landmarks)) < 468:
        return None
    frames = [_along_ray(fit).T @ runtime.rotation(fit.landmarks) for fit in (target, source)]
    return np.asarray(frames[0] @ frames[1].T, np.float32)


def corrected(
    runtime: LandmarkRuntime, turn: FloatArray, target: HeadState, pixels: FloatArray
) -> FloatArray:
    """The turn between two heads' axes after a look at the picture it made: 3 x 3.

    Args:
        turn: 3 x 3, as `between_axes`. target: the fit whose pose is wanted. pixels: H x W x 3.
    """
    picture = np.ascontiguousarray(pixels[..., :3], np.float32)
    first = runtime.read(picture, crop_of_landmarks(target.landmarks))
    reading = runtime.read(picture, crop_of_landmarks(first.points))
    if reading.presence < _SURE:
        return turn
    seen = runtime.rotation(reading.points)
    axes = _along_ray(target)
    miss = rotation_vector(axes.T @ runtime.rotation(target.landmarks) @ seen.T @ axes)
    angle = float(np.linalg.norm(miss))
    back = _TRUST * miss * min(1.0, _MOST / max(angle, 1e-9))
    return np.asarray(rotation_matrix(back) @ turn, np.float32)


def _ray(fit: HeadState) -> FloatArray:
    """3 x 3, from the ray to a fitted face to its camera's axes."""
    camera = fit.camera
    return towards((camera.centre_x, camera.centre_y), camera.focal, fit.landmarks[:468, :2].mean(axis=0))


def _along_ray(fit: HeadState) -> FloatArray:
    """3 x 3, from a head's axes to those of the ray to it: the rotation that is seen."""
    found: FloatArray = _ray(fit).T @ fit.camera.world_to_camera[:3, :3] @ rotation_matrix(fit.rotation)
    return found
