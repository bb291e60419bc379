"""How the albedo of a face is expected to vary: a Gaussian process over the skin, alike on both sides.

Near places have like albedo, and so have places that mirror each other; brows, lids, lips, nostrils and
the face's rim vary most. How uneven the skin is as a whole is measured in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.head._appearance import DETAILS, face_map
from nodes.head._keep import once_per_model
from nodes.head._landmarks import OUTLINE
from nodes.head._shape import landmark_points
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray, IntArray

#: Below this `FaceMap.plain` a vertex is not skin of one tone.
_LEAST_PLAIN = 0.3
#: Shares of the variance, and over how many metres they go together.
_PARTS = ((0.35, 0.002), (0.65, 0.010))
#: How much of it both sides of the face share.
_ALIKE = 0.5
#: Blotches and flushes beside that: as a share of the deviation, and their size in metres.
_BLOTCHES, _BLOTCH_SIZE = 0.5, 0.03
#: Deviations of the log at details and at the rim, and within how many metres they fade.
_AT_DETAILS, _NEAR_DETAILS, _DETAILS_END = 0.3, 0.006, 0.003
_AT_RIM, _NEAR_RIM = 0.2, 0.008


@dataclass(frozen=True, eq=False)
class AlbedoPrior:
    """What is expected of the log of albedo at N vertices, for each model once.

    Attributes:
        rows: N, into the vertices of the `FaceMap`.
        alike: N x N correlations. blotches: N x N correlations of blotches.
        details, rim: N in 0..1, 1 beside brows, lids, lips and nostrils; at the face's rim.
    """

    rows: IntArray
    alike: FloatArray
    blotches: FloatArray
    details: FloatArray
    rim: FloatArray

    def covariance(self, some: IntArray, uneven: float) -> FloatArray:
        """M x M, of the log of albedo.

        Args:
            some: M of the N vertices. uneven: deviation of the log on plain skin.
        """
        spread = np.maximum(uneven, _AT_DETAILS) * self.details[some]
        spread = uneven + spread + np.maximum(uneven, _AT_RIM) * self.rim[some]
        pairs = np.ix_(some, some)
        found: FloatArray = self.alike[pairs] * np.outer(spread, spread)
        return found + self.blotches[pairs] * (_BLOTCHES * uneven) ** 2


@once_per_model
def albedo_prior(model: HeadModel) -> AlbedoPrior:
    """The prior of a model's face; kept as long as the model lives."""
    from scipy.spatial import cKDTree
    from scipy.spatial.distance import cdist

    faces = face_map(model)
    rows = np.nonzero(faces.plain > _LEAST_PLAIN)[0]
    place = model.mean[faces.vertices[rows]].astype(np.float64)
    apart, across = cdist(place, place), cdist(place, place * [-1.0, 1.0, 1.0])
    alike = np.zeros_like(apart)
    for share, size in _PARTS:
        alike += share * (np.exp(-0.5 * (apart / size) ** 2) + _ALIKE * np.exp(-0.5 * (across / size) ** 2))
    # in the middle of the face a place mirrors itself
    deviation = np.sqrt(np.diag(alike))
    marks = landmark_points(model, model.mean)
    gap, far = (cKDTree(marks[list(which)]).query(place)[0] for which in (DETAILS, OUTLINE))
    return AlbedoPrior(
        rows.astype(np.int32),
        alike / np.outer(deviation, deviation),
        np.exp(-0.5 * (apart / _BLOTCH_SIZE) ** 2),
        np.exp(-np.maximum(gap - _DETAILS_END, 0.0) / _NEAR_DETAILS),
        np.exp(-far / _NEAR_RIM),
    )
