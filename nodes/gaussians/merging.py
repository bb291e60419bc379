"""Several sets of splats as one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nodes.sdk.values import Splats
from nodes.sdk.values.arrays import FloatArray


def merged(sets: Sequence[Splats]) -> Splats:
    """All splats of the sets in one; harmonics are filled up with zeros to the highest degree."""
    if len(sets) == 1:
        return sets[0]
    bands = max((part.harmonics.shape[1] for part in sets), default=1)
    return Splats(
        _joined([part.positions for part in sets], (0, 3)),
        _joined([part.scales for part in sets], (0, 3)),
        _joined([part.rotations for part in sets], (0, 4)),
        _joined([part.opacities for part in sets], (0,)),
        _joined([widened(part.harmonics, bands) for part in sets], (0, bands, 3)),
    )


def widened(harmonics: FloatArray, bands: int) -> FloatArray:
    """Harmonics (N x B x 3) cut or filled with zeros to `bands`."""
    have = harmonics.shape[1]
    if have >= bands:
        return harmonics[:, :bands]
    return np.pad(harmonics, ((0, 0), (0, bands - have), (0, 0)))


def _joined(parts: list[FloatArray], empty: tuple[int, ...]) -> FloatArray:
    return np.concatenate([np.zeros(empty, np.float32), *parts]).astype(np.float32)
