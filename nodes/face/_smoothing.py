"""The One Euro filter: little jitter at rest, little lag in motion.

Source: Casiez, Roussel, Vogel 2012, "1 € Filter: A Simple Speed-based Low-pass Filter for Noisy
Input in Interactive Systems". Speed decides the cutoff; here the speed of a landmark is that of its
position in the picture, so that its coordinates are filtered alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.sdk.values.arrays import FloatArray

#: The filter's memory: the last value and the last rate of change.
Memory = dict[str, FloatArray]


@dataclass(frozen=True)
class Tuning:
    """How a signal is filtered.

    Attributes:
        rest: cutoff in hertz for a signal at rest; lower is steadier.
        eager: hertz added for each unit a second of speed; higher lags less.
        rate: cutoff in hertz for the speed itself.
    """

    rest: float
    eager: float
    rate: float = 2.0


def one_euro(
    memory: Memory | None, value: FloatArray, seconds: float, tuning: Tuning, unit: float = 1.0
) -> tuple[FloatArray, Memory]:
    """The filtered value and the memory for the next one.

    Args:
        memory: from the call before; None at the start.
        value: N x D; rows are filtered together, by their common speed.
        seconds: time since the value before, above 0.
        tuning: cutoffs.
        unit: what counts as one unit of distance, such as the size of the face in pixels.
    """
    if memory is None or memory["value"].shape != value.shape:
        return value, {"value": value, "speed": np.zeros_like(value)}
    share = _share(tuning.rate, seconds)
    speed = memory["speed"] + share * ((value - memory["value"]) / seconds - memory["speed"])
    plane = speed[:, :2] if value.ndim > 1 else speed[:, None]
    pace = np.linalg.norm(plane, axis=1) / max(unit, 1e-6)
    follow = _share(tuning.rest + tuning.eager * pace, seconds)
    follow = follow[:, None] if value.ndim > 1 else follow
    smooth = (memory["value"] + follow * (value - memory["value"])).astype(np.float32)
    return smooth, {"value": smooth, "speed": speed.astype(np.float32)}


def _share(cutoff: float | FloatArray, seconds: float) -> FloatArray:
    """How much of a new value a first-order low pass takes over."""
    turn = 2 * np.pi * np.asarray(cutoff, np.float32) * seconds
    result: FloatArray = (turn / (turn + 1)).astype(np.float32)
    return result
