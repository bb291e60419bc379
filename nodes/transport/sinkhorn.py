"""Entropic optimal transport in the log domain, on two scales, for tens of thousands of points.

The coarse problem (clusters) is solved with the blur falling from the size of the shapes to the
size of a cluster. Only pairs of clusters that still exchange weight are refined, so that memory and
time grow with the number of points and not with its square (Schmitzer, "Stabilized sparse scaling
algorithms for entropy regularized transport problems", 2019; Feydy, "Geometric data analysis beyond
convolutions", 2020). Marginals may be relaxed (Chizat et al. 2018): what has no counterpart within
`reach` is not forced to find one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from nodes.sdk.values.arrays import FloatArray, IntArray
from nodes.transport import kernels

#: Points above which two scales are used, and the number of clusters aimed at.
DENSE = 900
#: A cluster pair is refined when its share of the plan is above exp(-_KEEP) of its independent share.
_KEEP = 9.0
#: Most refined pairs; beyond it fewer are kept.
_MOST_PAIRS = 24_000_000
_FALL = 0.5


@dataclass(frozen=True, eq=False)
class Plan:
    """An entropic plan as potentials over listed pairs (compressed rows).

    Attributes:
        first, second: the potentials of the two sets, in squared units of the features.
        first_log, second_log: logarithms of the weights.
        starts, columns, costs: for every first point, its partners and their squared distances.
        blur: the entropic scale, squared units.
    """

    first: FloatArray
    second: FloatArray
    first_log: FloatArray
    second_log: FloatArray
    starts: IntArray
    columns: IntArray
    costs: FloatArray
    blur: float

    def carry(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Means of the second set's values (M x C) as seen by each first point: N x C.

        Also the share of its weight that each point sends (N, 1 when marginals are kept).
        """
        return kernels.carried_sparse(
            self.starts,
            self.columns,
            self.costs,
            self.first,
            self.second,
            self.second_log,
            np.float32(self.blur),
            np.ascontiguousarray(values, np.float32),
        )


def solve(
    first: FloatArray,
    second: FloatArray,
    first_weights: FloatArray | None = None,
    second_weights: FloatArray | None = None,
    *,
    blur: float = 0.01,
    reach: float | None = None,
    begin: float | None = None,
    check: Callable[[], None] | None = None,
) -> Plan:
    """The entropic plan between two weighted sets under the squared distance of their features.

    Args:
        first, second: N x D and M x D features, such as positions and colours in common units.
        first_weights, second_weights: N and M, above 0; even when None. They are normalised to 1.
        blur: standard deviation of the fuzziness, in units of the features.
        reach: how far weight is carried before it is rather left behind; None always carries it.
        begin: the blur to start with, when the sets lie about right already; None starts with the
            size of both.
        check: called between iterations, may raise.

    Raises:
        ValueError: when a set is empty or not finite.
    """
    x, log_a = _prepared(first, first_weights)
    y, log_b = _prepared(second, second_weights)
    size = float(np.linalg.norm(np.maximum(x.max(0), y.max(0)) - np.minimum(x.min(0), y.min(0)))) or 1.0
    end = max(blur, 1e-4 * size)
    size = max(end, min(size, begin)) if begin is not None else size
    damping = _damping(reach)
    calm = check or (lambda: None)
    if max(len(x), len(y)) <= DENSE:
        f, g = _dense(x, y, log_a, log_b, _schedule(size, end), damping, calm)
        starts, columns = _all_pairs(len(x), len(y))
        return Plan(f, g, log_a, log_b, starts, columns, kernels.pair_costs(starts, columns, x, y), end**2)
    return _two_scales(x, y, log_a, log_b, size, end, damping, calm)


def _two_scales(x, y, log_a, log_b, size, end, damping, calm):  # type: ignore[no-untyped-def]
    cells_x, mean_x, weight_x, radius_x = clusters(x, np.exp(log_a), DENSE)
    cells_y, mean_y, weight_y, radius_y = clusters(y, np.exp(log_b), DENSE)
    middle = max(end, 0.5 * (radius_x + radius_y))
    f, g = _dense(mean_x, mean_y, np.log(weight_x), np.log(weight_y), _schedule(size, middle), damping, calm)
    starts, columns = _refined(mean_x, mean_y, f, g, middle**2, cells_x, cells_y)
    costs = kernels.pair_costs(starts, columns, x, y)
    back = _transposed(starts, columns, costs, len(y))
    f, g = f[cells_x], g[cells_y]
    for scale in _schedule(middle, end):
        eps = np.float32(scale**2)
        share = damping(eps)
        rounds = 4 if scale > end else 8
        for _ in range(rounds):
            calm()
            f = share * kernels.soften_sparse(starts, columns, costs, g, log_b, eps)
            g = share * kernels.soften_sparse(*back, f, log_a, eps)
    # Ends on the first set's side, so that every first point sends all that its marginal says.
    f = damping(np.float32(end**2)) * kernels.soften_sparse(
        starts, columns, costs, g, log_b, np.float32(end**2)
    )
    return Plan(f, g, log_a, log_b, starts, columns, costs, float(end**2))


def _dense(x, y, log_a, log_b, schedule, damping, calm):  # type: ignore[no-untyped-def]
    f = np.zeros(len(x), np.float32)
    g = np.zeros(len(y), np.float32)
    for number, scale in enumerate(schedule):
        eps = np.float32(scale**2)
        share = damping(eps)
        for _ in range(4 if number < len(schedule) - 1 else 20):
            calm()
            f = share * kernels.soften(x, y, g, log_b, eps)
            g = share * kernels.soften(y, x, f, log_a, eps)
    f = damping(np.float32(schedule[-1] ** 2)) * kernels.soften(x, y, g, log_b, np.float32(schedule[-1] ** 2))
    return f, g


def _prepared(points: FloatArray, weights: FloatArray | None) -> tuple[FloatArray, FloatArray]:
    found = np.ascontiguousarray(points, np.float32)
    if found.ndim != 2 or not len(found) or not np.isfinite(found).all():
        raise ValueError("a point set must be N x D, not empty and finite")
    share = np.full(len(found), 1.0) if weights is None else np.asarray(weights, np.float64)
    if share.shape != (len(found),) or not np.isfinite(share).all() or share.min() < 0 or share.sum() <= 0:
        raise ValueError("weights must be as many as the points, finite, and not below 0")
    share = np.maximum(share / share.sum(), 1e-12)
    return found, np.log(share / share.sum()).astype(np.float32)


def _damping(reach: float | None) -> Callable[[np.float32], np.float32]:
    """The factor that relaxed marginals put on a softened minimum (Chizat et al. 2018)."""
    if reach is None:
        return lambda _eps: np.float32(1.0)
    rho = reach**2
    return lambda eps: np.float32(rho / (rho + float(eps)))


def _schedule(start: float, end: float) -> list[float]:
    scales = []
    while start > end:
        scales.append(start)
        start *= _FALL
    return [*scales, end]


def clusters(
    points: FloatArray, weights: FloatArray, wanted: int
) -> tuple[IntArray, FloatArray, FloatArray, float]:
    """Points gathered by halving along the longest side: cluster of each, means, weights, mean radius."""
    cells = np.zeros(len(points), np.int32)
    queue = [np.arange(len(points))]
    done: list[np.ndarray] = []
    # Halves of equal count: after log2(wanted) rounds every cluster holds about as many points.
    rounds = max(int(np.ceil(np.log2(max(min(wanted, len(points)), 2)))) - 1, 1)
    for _ in range(rounds):
        halves = []
        for rows in queue:
            if len(rows) < 2:
                done.append(rows)
                continue
            axis = int(np.argmax(np.ptp(points[rows], axis=0)))
            order = rows[np.argsort(points[rows, axis], kind="stable")]
            halves += [order[: len(order) // 2], order[len(order) // 2 :]]
        queue = halves
    done += queue
    for number, rows in enumerate(done):
        cells[rows] = number
    total = np.bincount(cells, weights, minlength=len(done))
    means = np.stack(
        [
            np.bincount(cells, weights * points[:, axis], minlength=len(done)) / total
            for axis in range(points.shape[1])
        ],
        axis=1,
    ).astype(np.float32)
    gaps = np.sum((points - means[cells]) ** 2, axis=1)
    radius = float(np.sqrt(np.average(gaps, weights=weights)))
    return cells, means, total.astype(np.float32), radius


def _refined(mean_x, mean_y, f, g, eps, cells_x, cells_y):  # type: ignore[no-untyped-def]
    """The fine pairs whose cluster pairs still exchange weight, as compressed rows."""
    cost = np.sum(mean_x**2, 1)[:, None] + np.sum(mean_y**2, 1)[None] - 2 * mean_x @ mean_y.T
    score = (f[:, None] + g[None] - cost) / eps
    # Every row and every column keeps its best few, so that no point is left without a partner.
    kept_rows = np.argpartition(-score, min(8, score.shape[1] - 1), axis=1)[:, :9]
    kept_columns = np.argpartition(-score, min(8, score.shape[0] - 1), axis=0)[:9]
    count_x, count_y = np.bincount(cells_x), np.bincount(cells_y, minlength=len(mean_y))
    limit = _KEEP
    while True:
        chosen = score > -limit
        np.put_along_axis(chosen, kept_rows, True, axis=1)
        np.put_along_axis(chosen, kept_columns, True, axis=0)
        if limit < 0.5 or float(count_x @ (chosen @ count_y)) <= _MOST_PAIRS:
            break
        limit *= 0.6
    rows, columns = np.nonzero(chosen)
    coarse_starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(mean_x)))])
    per_row = chosen @ count_y
    starts = np.concatenate([[0], np.cumsum(per_row[cells_x])]).astype(np.int64)
    children = np.argsort(cells_y, kind="stable").astype(np.int32)
    child_starts = np.concatenate([[0], np.cumsum(count_y)])
    return starts, kernels.expand_pairs(coarse_starts, columns, cells_x, child_starts, children, starts)


def _all_pairs(count: int, others: int) -> tuple[IntArray, IntArray]:
    starts = np.arange(0, count * others + 1, others, dtype=np.int64)
    return starts, np.tile(np.arange(others, dtype=np.int32), count)


def _transposed(starts, columns, costs, count):  # type: ignore[no-untyped-def]
    rows = np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))
    order = np.argsort(columns, kind="stable")
    back = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=count))]).astype(np.int64)
    return back, rows[order], costs[order]
