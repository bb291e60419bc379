"""Operators on the values of a grid."""

from __future__ import annotations

from typing import Any

import numpy as np


def laplacian(rows: int, columns: int) -> Any:
    """Minus the Laplacian of a grid's values in reading order, free at the border: N x N, sparse.

    A value times its number of neighbours, less the neighbours.
    """
    from scipy import sparse

    def second(count: int) -> Any:
        diagonal = np.full(count, 2.0)
        diagonal[[0, -1]] = 1.0
        return sparse.diags([-np.ones(count - 1), diagonal, -np.ones(count - 1)], [-1, 0, 1])

    across = sparse.kron(sparse.eye(rows), second(columns))
    return across + sparse.kron(second(rows), sparse.eye(columns))
