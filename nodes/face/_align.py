"""Standard alignments of faces: the squares that networks were trained on."""

from __future__ import annotations

import numpy as np

from nodes.face._crops import Crop, similarity
from nodes.face._identity import RESOLUTION, TEMPLATE
from nodes.sdk.values.arrays import FloatArray


def ffhq_square(key_points: FloatArray) -> Crop:
    """The FFHQ square of a face from its five points (5 x 2 pixels, as Face.key_points).

    Source: Karras et al. 2019, the recrop of the FFHQ data set: x runs along the eyes and square to
    the line from eyes to mouth; half the side is the larger of 2 eye distances and 1.8 eye-to-mouth
    distances; the middle lies a tenth of the way from the eyes to the mouth.
    """
    right, left, _, mouth_right, mouth_left = key_points.astype(np.float64)
    eyes, mouth = (right + left) / 2, (mouth_right + mouth_left) / 2
    across, down = left - right, mouth - eyes
    axis = across - np.array([-down[1], down[0]])
    length = float(np.hypot(*axis))
    axis = axis / length if length > 1e-6 else np.array([1.0, 0.0])
    half = max(float(np.hypot(*across)) * 2.0, float(np.hypot(*down)) * 1.8, 1.0)
    centre = eyes + down * 0.1
    return Crop((float(centre[0]), float(centre[1])), 2 * half, float(np.arctan2(axis[1], axis[0])))


def arcface_square(key_points: FloatArray) -> Crop:
    """The square that recognisers expect (ArcFace, Deng et al. 2019) from five points."""
    matrix = similarity(key_points, TEMPLATE)
    linear = matrix[:, :2]
    scale = float(np.sqrt(abs(np.linalg.det(linear))))
    middle = np.array([RESOLUTION / 2, RESOLUTION / 2]) - matrix[:, 2]
    centre = np.linalg.solve(linear, middle) if scale > 1e-9 else key_points.mean(axis=0)
    angle = float(np.arctan2(-linear[1, 0], linear[0, 0]))
    return Crop((float(centre[0]), float(centre[1])), RESOLUTION / max(scale, 1e-9), angle)
