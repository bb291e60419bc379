"""The inner loops of log-domain Sinkhorn, compiled: no cost matrix is ever stored."""

from __future__ import annotations

import math

import numpy as np
from numba import njit, prange

_LOW = -1e30


@njit(cache=True, fastmath=True, parallel=True)
def soften(points, others, potential, log_weights, blur):  # type: ignore[no-untyped-def]
    """-blur log sum_j exp(log_weights_j + (potential_j - |points_i - others_j|^2) / blur), for all i."""
    count, dims = points.shape
    other_count = others.shape[0]
    out = np.empty(count, np.float32)
    for i in prange(count):
        terms = np.empty(other_count, np.float32)
        peak = np.float32(_LOW)
        for j in range(other_count):
            cost = np.float32(0.0)
            for k in range(dims):
                gap = points[i, k] - others[j, k]
                cost += gap * gap
            term = log_weights[j] + (potential[j] - cost) / blur
            terms[j] = term
            peak = max(peak, term)
        total = np.float32(0.0)
        for j in range(other_count):
            total += math.exp(terms[j] - peak)
        out[i] = -blur * (peak + math.log(total))
    return out


@njit(cache=True, fastmath=True, parallel=True)
def soften_sparse(starts, columns, costs, potential, log_weights, blur):  # type: ignore[no-untyped-def]
    """The same over listed pairs: row i has columns[starts[i]:starts[i + 1]] at those costs."""
    count = len(starts) - 1
    out = np.empty(count, np.float32)
    for i in prange(count):
        first, last = starts[i], starts[i + 1]
        peak = np.float32(_LOW)
        for e in range(first, last):
            j = columns[e]
            peak = max(peak, log_weights[j] + (potential[j] - costs[e]) / blur)
        total = np.float32(0.0)
        for e in range(first, last):
            j = columns[e]
            total += math.exp(log_weights[j] + (potential[j] - costs[e]) / blur - peak)
        out[i] = -blur * (peak + math.log(total)) if last > first else np.float32(0.0)
    return out


@njit(cache=True, fastmath=True, parallel=True)
def carried_sparse(starts, columns, costs, own, potential, log_weights, blur, values):  # type: ignore[no-untyped-def]
    """Row-wise means of `values` under the plan, and the share of its weight that each row sends."""
    count = len(starts) - 1
    out = np.zeros((count, values.shape[1]), np.float32)
    mass = np.zeros(count, np.float32)
    for i in prange(count):
        total = 0.0
        for e in range(starts[i], starts[i + 1]):
            j = columns[e]
            share = math.exp(log_weights[j] + (own[i] + potential[j] - costs[e]) / blur)
            total += share
            for k in range(values.shape[1]):
                out[i, k] += share * values[j, k]
        mass[i] = total
        for k in range(values.shape[1]):
            out[i, k] /= max(total, 1e-30)
    return out, mass


@njit(cache=True, fastmath=True, parallel=True)
def pair_costs(starts, columns, points, others):  # type: ignore[no-untyped-def]
    """Squared distances of the listed pairs."""
    out = np.empty(len(columns), np.float32)
    for i in prange(len(starts) - 1):
        for e in range(starts[i], starts[i + 1]):
            cost = np.float32(0.0)
            for k in range(points.shape[1]):
                gap = points[i, k] - others[columns[e], k]
                cost += gap * gap
            out[e] = cost
    return out


@njit(cache=True)
def expand_pairs(coarse_starts, coarse_columns, parents, child_starts, children, starts):  # type: ignore[no-untyped-def]
    """Pairs of fine points whose clusters are paired: the columns of every fine row."""
    columns = np.empty(starts[-1], np.int32)
    for i in range(len(parents)):
        at = starts[i]
        row = parents[i]
        for e in range(coarse_starts[row], coarse_starts[row + 1]):
            cluster = coarse_columns[e]
            for c in range(child_starts[cluster], child_starts[cluster + 1]):
                columns[at] = children[c]
                at += 1
    return columns
