"""Ramps from nothing to all."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values.arrays import FloatArray


def smooth_step(t: FloatArray | float) -> FloatArray:
    """0 up to t = 0, 1 from t = 1 on, and in between 3 t^2 - 2 t^3, level at both ends.

    Args:
        t: of any shape and any range; a new array of the same shape and precision is given back.
    """
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)
