"""What a cosine of two embeddings means: thresholds and their false-accept rates."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nodes.sdk.values.arrays import FloatArray

#: False-accept rate -> cosine that so many pairs of different people exceed. Measured with the
#: carried recogniser on the 34,453 pairs of 263 synthetic portraits, which resemble each other more
#: than chance acquaintances do: the true rates among real people are lower.
THRESHOLDS: dict[str, float] = {"1 in 100": 0.383, "1 in 1,000": 0.491, "1 in 10,000": 0.588}

_KNOTS_COSINE = np.array([0.262, 0.383, 0.491, 0.534, 0.588])
_KNOTS_RATE = np.log10([1e-1, 1e-2, 1e-3, 3e-4, 1e-4])


def false_accept_rate(cosine: float) -> float:
    """The share of pairs of different people that look at least this alike, from 1 down to 1e-6.

    Interpolated between measured points; beyond the last one extrapolated along its slope.
    """
    slope = (_KNOTS_RATE[-1] - _KNOTS_RATE[-2]) / (_KNOTS_COSINE[-1] - _KNOTS_COSINE[-2])
    if cosine > _KNOTS_COSINE[-1]:
        power = _KNOTS_RATE[-1] + slope * (cosine - _KNOTS_COSINE[-1])
    else:
        power = np.interp(cosine, [-1.0, 0.14, *_KNOTS_COSINE], [0.0, np.log10(0.5), *_KNOTS_RATE])
    return float(10 ** max(power, -6.0))


def clusters(vectors: FloatArray, threshold: float) -> npt.NDArray[np.int64]:
    """Group N x D unit vectors into people: a number from 0 for each, the largest group first.

    Average-linkage agglomeration: two groups join while the mean cosine of their members is at
    least the threshold, so that one accidental likeness does not chain two people together.
    """
    count = len(vectors)
    if count == 0:
        return np.zeros(0, np.int64)
    if count == 1:
        return np.zeros(1, np.int64)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    distance = np.clip(1.0 - vectors.astype(np.float64) @ vectors.T.astype(np.float64), 0.0, 2.0)
    np.fill_diagonal(distance, 0.0)
    tree = linkage(squareform((distance + distance.T) / 2, checks=False), "average")
    raw = fcluster(tree, 1.0 - threshold, "distance")
    # Numbers by size, and by first appearance where sizes are equal.
    names, first, sizes = np.unique(raw, return_index=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    rank = np.empty(len(names), np.int64)
    rank[order] = np.arange(len(names))
    return rank[np.searchsorted(names, raw)]
