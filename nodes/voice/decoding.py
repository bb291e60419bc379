"""A row of phones out of likelihoods.

Source: the path of least cost through all phones (Viterbi 1967), where changing from one to another
costs the same between any two.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from nodes.sdk.values.arrays import FloatArray, IntArray
from nodes.voice.phones import SYMBOLS, Phone

#: What a change costs, as the logarithm of a likelihood: blips of a step or two do not pay.
_CHANGE = 3.0


def phones_of(likely: FloatArray, rate: float = 100.0) -> list[Phone]:
    """The likeliest row of phones, silences included, without gaps.

    Args:
        likely: T x phones (SYMBOLS), how likely each phone is at each step.
        rate: steps a second.
    """
    numbers = path_of(np.log(np.maximum(likely, 1e-6)))
    edges = [0, *(np.flatnonzero(np.diff(numbers)) + 1).tolist(), len(numbers)]
    return [
        Phone(
            SYMBOLS[numbers[first]],
            first / rate,
            last / rate,
            float(likely[first:last, numbers[first]].mean()),
        )
        for first, last in pairwise(edges)
        if last > first
    ]


def path_of(scores: FloatArray, change: float = _CHANGE) -> IntArray:
    """The column for each row of scores (T x N logarithms) on the best path: T."""
    count = len(scores)
    if not count:
        return np.zeros(0, np.int32)
    best = scores[0].astype(np.float64)
    source = np.zeros((count, scores.shape[1]), np.int32)
    stay = np.arange(scores.shape[1])
    for step in range(1, count):
        top = int(np.argmax(best))
        other = best[top] - change
        source[step] = np.where(best >= other, stay, top)
        best = np.maximum(best, other) + scores[step]
        best -= best.max()
    path = np.zeros(count, np.int32)
    path[-1] = int(np.argmax(best))
    for step in range(count - 1, 0, -1):
        path[step - 1] = source[step, path[step]]
    return path
