"""Apparent age and gender presentation, from two small networks on dlib's alignment.

The networks are dlib's age and gender predictors (D. King's dlib with models by Cydral Technology);
the alignment is that of dlib's `get_face_chip_details` for five points.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nodes.face._crops import similarity, warp
from nodes.face._onnx import OnnxNetwork
from nodes.sdk.context import Context
from nodes.sdk.values import Face
from nodes.sdk.values.arrays import FloatArray

AGE_CARD, GENDER_CARD = "age_estimator", "gender_estimator"
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_AGES = np.array([0.25, *range(1, 81)], np.float32)
_PADDING = 0.2
#: Eye corners and the point under the nose: outer and inner of the left eye, of the right eye, nose.
_POINTS = (263, 362, 33, 133, 2)
_SHAPE = np.array(
    [
        [0.8595674595992, 0.2134981538014],
        [0.6460604764104, 0.2289674387677],
        [0.1205750620789, 0.2137274526848],
        [0.3340850613712, 0.2290642403242],
        [0.4901123135679, 0.6277975316475],
    ]
)


class AgeReading(NamedTuple):
    """Apparent age and gender presentation of a face.

    Attributes:
        age: years, the mean of the network's distribution.
        spread: years, its standard deviation.
        masculine: 0 (presents feminine) .. 1 (presents masculine).
    """

    age: float
    spread: float
    masculine: float


class AgeReader:
    """Both networks, loaded."""

    def __init__(self, age: Path, gender: Path, device: str = "cpu") -> None:
        self._age = OnnxNetwork(age, device=device)
        self._gender = OnnxNetwork(gender, device=device)

    def read(self, picture: FloatArray, faces: Sequence[Face]) -> list[AgeReading]:
        """A reading for each face that has landmarks, all in one call of each network."""
        if not faces:
            return []
        (ages,) = self._age(_chips(picture, faces, 64)).values()
        (genders,) = self._gender(_chips(picture, faces, 32)).values()
        means = ages @ _AGES
        spreads = np.sqrt(np.maximum(ages @ _AGES**2 - means**2, 0.0))
        return [
            AgeReading(float(mean), float(spread), float(gender[1]))
            for mean, spread, gender in zip(means, spreads, genders, strict=True)
        ]


def _chips(picture: FloatArray, faces: Sequence[Face], size: int) -> FloatArray:
    target = (_PADDING + _SHAPE) / (2 * _PADDING + 1) * size
    chips = [
        warp(picture, similarity(face.landmarks[list(_POINTS), :2], target), size, size) for face in faces
    ]
    batch = np.clip(np.nan_to_num(np.stack(chips), nan=0.0), 0.0, 1.0) * 255.0
    return ((batch - _MEAN) / 256.0).transpose(0, 3, 1, 2).astype(np.float32)


def load_age_reader(context: Context) -> AgeReader:
    """The networks of this run, shared by all nodes."""
    gender = context.model_path(GENDER_CARD)
    return context.model(AGE_CARD, lambda path: AgeReader(path, gender, context.device))
