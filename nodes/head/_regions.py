"""Soft regions of a head: nose, eyes, mouth and so on, as weights over its vertices."""

from __future__ import annotations

import weakref

import numpy as np

from nodes.head._shape import landmark_points, parts_of
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray

# Landmarks that mark the middle of each region; a vertex belongs to those that are near.
_MARKS: dict[str, tuple[int, ...]] = {
    "nose": (1, 2, 4, 5, 6, 195, 197, 45, 275, 48, 278, 64, 294, 98, 327, 115, 344, 168),
    "eyes": (33, 133, 159, 145, 27, 23, 130, 243, 263, 362, 386, 374, 257, 253, 359, 463),
    "brows": (70, 63, 105, 66, 107, 55, 46, 300, 293, 334, 296, 336, 285, 276),
    "mouth": (13, 14, 0, 17, 61, 291, 37, 267, 84, 314, 40, 270, 91, 321, 164),
    "jaw": (152, 148, 377, 176, 400, 149, 378, 150, 379, 136, 365, 172, 397, 58, 288, 199, 175, 18, 200),
    "cheeks": (50, 280, 101, 330, 118, 347, 205, 425, 187, 411, 123, 352, 147, 376, 213, 433),
    "forehead": (10, 109, 338, 67, 297, 103, 332, 54, 284, 151, 108, 337, 69, 299, 21, 251),
}
#: Everything that no landmark marks: ears, skull and neck.
REST = "ears and skull"
REGIONS = (*_MARKS, REST)
_SOFTNESS = 0.011  # metres

_kept: weakref.WeakKeyDictionary[HeadModel, dict[str, FloatArray]] = weakref.WeakKeyDictionary()


def region_weights(model: HeadModel) -> dict[str, FloatArray]:
    """For each of REGIONS the weights of the vertices, V in 0..1; they sum to 1 at each vertex."""
    found = _kept.get(model)
    if found is None:
        found = _kept[model] = _measure(model)
    return found


def _measure(model: HeadModel) -> dict[str, FloatArray]:
    marks = landmark_points(model, model.mean)
    nearness = {}
    for name, rows in _MARKS.items():
        gaps = np.linalg.norm(model.mean[:, None] - marks[list(rows)][None], axis=2).min(axis=1)
        nearness[name] = np.exp(-0.5 * (gaps / _SOFTNESS) ** 2)
    nearness[REST] = np.full(len(model.mean), 0.02)
    total = np.sum(list(nearness.values()), axis=0)
    weights = {name: value / total for name, value in nearness.items()}
    parts = parts_of(model)
    # What is inside goes whole with what is around it, or it would be bent.
    inside = [(eye, "eyes") for eye in parts.eyes]
    inside += [(parts.teeth_upper, "mouth"), (parts.teeth_lower, "jaw"), (parts.tongue, "jaw")]
    for vertices, owner in inside:
        for name in weights:
            weights[name][vertices] = 1.0 if name == owner else 0.0
    return {name: value.astype(np.float32) for name, value in weights.items()}
