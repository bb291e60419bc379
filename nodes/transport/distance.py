"""Distances between weighted point sets in the sense of transport."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values.arrays import FloatArray
from nodes.transport.sinkhorn import Plan, solve


def transport_distance(
    first: FloatArray,
    second: FloatArray,
    first_weights: FloatArray | None = None,
    second_weights: FloatArray | None = None,
    *,
    blur: float,
) -> float:
    """The debiased 2-Wasserstein distance of two weighted sets, in units of their features.

    The root of the Sinkhorn divergence (Feydy et al. 2019): the entropic bias is taken off by the
    sets' own costs, so that the distance of a set to itself is 0.
    """
    across = _dual(solve(first, second, first_weights, second_weights, blur=blur))
    one = _dual(solve(first, first, first_weights, first_weights, blur=blur))
    other = _dual(solve(second, second, second_weights, second_weights, blur=blur))
    return float(np.sqrt(max(across - 0.5 * (one + other), 0.0)))


def _dual(plan: Plan) -> float:
    first = float(np.sum(np.exp(plan.first_log.astype(np.float64)) * plan.first))
    return first + float(np.sum(np.exp(plan.second_log.astype(np.float64)) * plan.second))
