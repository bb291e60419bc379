"""Another light on a photographed face."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from nodes.head._fit import eye_distance
from nodes.head._slit import EYE_LEFT, EYE_RIGHT, inside, slit
from nodes.portrait.light import FaceLight, camera_vertices, drawn_over
from nodes.raster.light import light_basis, to_encoded, to_linear
from nodes.raster.ramps import smooth_step
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray

#: What a new light may do to a pixel: darker drowns in noise, brighter burns out.
_CLIP = (0.12, 4.0)
#: How much less than skin the eyes answer to light.
_EYES = 0.55
#: How far from the head light falls, in eye distances.
_REACH = 1.3


def directed(sideways: float, up: float, hardness: float) -> FloatArray:
    """9 harmonics of a light from a direction over an even surrounding, of brightness 1 in the mean.

    Args:
        sideways, up: degrees from the camera; positive is to the viewer's right, and up.
        hardness: 0 light from everywhere, 1 a single lamp.
    """
    across, high = np.radians(sideways), np.radians(up)
    direction = np.array([[np.sin(across) * np.cos(high), np.sin(high), np.cos(across) * np.cos(high)]])
    x, y, z = direction[0]
    # A clamped cosine about the direction, to order two (Ramamoorthi and Hanrahan 2001, eq. 13).
    lamp = np.array(
        [1.0, 2 * x, 2 * y, 2 * z, 15 / 4 * x * y, 15 / 4 * y * z, 15 / 4 * x * z,
         15 / 16 * (x * x - y * y), 5 / 16 * (3 * z * z - 1)]
    )  # fmt: skip
    even = np.zeros(9)
    even[0] = 1.0
    return (even + hardness * (lamp - even)).astype(np.float32)


def seen_brightness(light: FaceLight, harmonics: FloatArray) -> float:
    """The mean of a light over the visible face."""
    weight = light.weight
    values = np.maximum(light_basis(light.normals) @ harmonics, 0.0)
    return float((values * weight).sum() / max(float(weight.sum()), 1e-6))


def relit(
    photo: FloatArray,
    fit: HeadState,
    light: FaceLight,
    harmonics: FloatArray,
    colour: FloatArray,
    matte: FloatArray,
    strength: float,
) -> FloatArray:
    """The picture under another light: H x W x 3 or 4.

    Args:
        photo: H x W x 3 or 4, sRGB. fit: the head in it. light: on it now.
        harmonics: 9, the new light. colour: 3, its colour, luminance about 1.
        matte: H x W in 0..1, what the light falls on. strength: 0..1.
    """
    import cv2

    height, width = photo.shape[:2]
    after = replace(light, harmonics=harmonics)
    # Normals are smoothed over the surface by the coarse drawing; beyond the head they run out evenly.
    vertices = camera_vertices(fit)
    ratio = after.at(light.normals) / light.at(light.normals)
    gain = np.log(np.clip(ratio, *_CLIP))
    shown = np.ones_like(gain)
    coarser = max(2, round(0.04 * eye_distance(fit.landmarks)))
    found = drawn_over(
        fit, vertices, np.column_stack([gain, shown]).astype(np.float32), (0, 0, width, height), coarser
    )
    spread = 0.25 * eye_distance(fit.landmarks) / coarser
    near: Any = cv2.GaussianBlur(found, (0, 0), 1.0)
    wide: Any = cv2.GaussianBlur(found, (0, 0), spread)
    far: Any = cv2.GaussianBlur(found, (0, 0), 4.0 * spread)
    field: Any = np.zeros(found.shape[:2], np.float32)
    # Hair and ears continue the light of the skin beside them.
    for part in (far, wide, near):
        share = np.clip(part[..., 1] * 1.5, 0.0, 1.0)
        field += share * (part[..., 0] / np.maximum(part[..., 1], 1e-3) - field)
    field = cv2.resize(
        field, (found.shape[1] * coarser, found.shape[0] * coarser), interpolation=cv2.INTER_CUBIC
    )[:height, :width]
    field = field * (1.0 - _EYES * _eyes(fit, width, height))
    factor = np.exp(strength * matte * field)[..., None]
    tint = 1.0 + strength * matte[..., None] * (colour - 1.0)
    bright = to_linear(photo[..., :3]) * factor * tint
    # A shoulder keeps highlights from burning out.
    bright = np.where(bright > 0.7, 0.7 + 0.3 * np.tanh((bright - 0.7) / 0.3), bright)
    result = photo.copy()
    touched = (matte * strength > 1e-4)[..., None]
    result[..., :3] = np.where(touched, to_encoded(bright), photo[..., :3])
    return result


def _eyes(fit: HeadState, width: int, height: int) -> FloatArray:
    """H x W in 0..1: between the lids, where a wet ball takes light unlike the skin around it."""
    import cv2

    found = np.zeros((height, width), bool)
    for rows in (EYE_LEFT, EYE_RIGHT):
        found |= inside(slit(fit.landmarks, rows), width, height, 0.3)
    soft = max(0.015 * eye_distance(fit.landmarks), 0.6)
    return np.asarray(cv2.GaussianBlur(found.astype(np.float32), (0, 0), soft), np.float32)


def head_matte(fit: HeadState, width: int, height: int) -> FloatArray:
    """H x W in 0..1: the head and what is around it, fading out."""
    import cv2

    unit = eye_distance(fit.landmarks)
    coarser = max(2, round(0.04 * unit))
    vertices = camera_vertices(fit)
    ones = np.ones((len(vertices), 1), np.float32)
    shown = drawn_over(fit, vertices, ones, (0, 0, width, height), coarser)[..., 0]
    distance: Any = cv2.distanceTransform((shown < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    soft: Any = smooth_step(1.0 - distance * coarser / (_REACH * unit)).astype(np.float32)
    soft = cv2.resize(
        soft, (soft.shape[1] * coarser, soft.shape[0] * coarser), interpolation=cv2.INTER_LINEAR
    )
    return np.ascontiguousarray(soft[:height, :width], np.float32)
