"""A contact sheet of people: one row of portraits each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nodes.sdk.values.arrays import FloatArray

_PER_ROW = 12
_ROWS = 40
_GAP = 4


def portrait_sheet(portraits: list[FloatArray], groups: npt.NDArray[np.int64]) -> FloatArray:
    """H x W x 3: a row per person with up to 12 of their portraits, at most 40 people.

    Args:
        portraits: equal squares.
        groups: the person of each, 0 the most frequent.
    """
    if not portraits:
        return np.zeros((112, 112, 3), np.float32)
    side = portraits[0].shape[0]
    people = min(int(groups.max()) + 1, _ROWS)
    columns = max(min(int((groups == person).sum()), _PER_ROW) for person in range(people))
    pitch = side + _GAP
    sheet = np.full((people * pitch + _GAP, columns * pitch + _GAP, 3), 0.12, np.float32)
    for person in range(people):
        members = np.flatnonzero(groups == person)
        # Spread over all appearances instead of showing the first few.
        shown = members[np.linspace(0, len(members) - 1, min(len(members), _PER_ROW)).round().astype(int)]
        for column, member in enumerate(shown):
            top, left = _GAP + person * pitch, _GAP + column * pitch
            sheet[top : top + side, left : left + side] = portraits[member]
    return sheet
