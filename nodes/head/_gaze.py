"""Where the eyes look, from where their irises are seen."""

from __future__ import annotations

import math

import numpy as np

from nodes.sdk.values import Camera
from nodes.sdk.values.arrays import FloatArray


def gaze_of(
    camera: Camera, rotation: FloatArray, translation: FloatArray, centres: FloatArray, irises: FloatArray
) -> FloatArray:
    """(pitch, yaw) radians of the left and right eye from where their irises are seen.

    The ray through the middle of an iris meets the sphere on which irises lie.

    Args:
        rotation: 3 x 3. translation: 3. centres: 2 x 3 metres, left and right, in the head's frame.
        irises: 2 x 2 pixels, the middle of the left and the right iris.
    """
    radius = 0.0136
    gaze = np.zeros((2, 2), np.float32)
    for side in range(2):
        x, y = irises[side]
        ray = np.array([(x - camera.centre_x) / camera.focal, (camera.centre_y - y) / camera.focal, -1.0])
        ray /= np.linalg.norm(ray)
        centre = rotation @ centres[side] + translation
        along = float(ray @ centre)
        nearest = ray * along - centre
        gap = float(nearest @ nearest)
        meeting = nearest - ray * math.sqrt(radius**2 - gap) if gap < radius**2 else nearest
        x, y, z = rotation.T @ meeting
        gaze[side] = (math.atan2(y, math.hypot(x, z)), math.atan2(x, z))
    return gaze
