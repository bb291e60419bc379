"""Standard alignments of faces: the squares that networks were trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nodes.face._crops import Crop, scale_of, similarity, transform
from nodes.face._identity import RESOLUTION, TEMPLATE
from nodes.sdk.values import Face
from nodes.sdk.values.arrays import FloatArray


def ffhq_square(key_points: FloatArray) -> Crop:
    """The FFHQ square of a face from its five points (5 x 2 pixels, as Face.key_points).

    Source: Karras et al. 2019, the recrop of the FFHQ data set: x runs along the eyes and square to
    the line from eyes to mouth; half the side is the larger of 2 eye distances and 1.8 eye-to-mouth
    distances; the middle lies a tenth of the way from the eyes to the mouth.
    """
    right, left, _, mouth_right, mouth_left = key_points.astype(np.float64)
    eyes, mouth = (right + left) / 2, (mouth_right + mouth_left) / 2
    across, down = left - right, mouth - eyes
    axis = across - np.array([-down[1], down[0]])
    length = float(np.hypot(*axis))
    axis = axis / length if length > 1e-6 else np.array([1.0, 0.0])
    half = max(float(np.hypot(*across)) * 2.0, float(np.hypot(*down)) * 1.8, 1.0)
    centre = eyes + down * 0.1
    return Crop((float(centre[0]), float(centre[1])), 2 * half, float(np.arctan2(axis[1], axis[0])))


def arcface_square(key_points: FloatArray) -> Crop:
    """The square that recognisers expect (ArcFace, Deng et al. 2019) from five points."""
    matrix = similarity(key_points, TEMPLATE)
    linear = matrix[:, :2]
    scale = float(np.sqrt(abs(np.linalg.det(linear))))
    middle = np.array([RESOLUTION / 2, RESOLUTION / 2]) - matrix[:, 2]
    centre = np.linalg.solve(linear, middle) if scale > 1e-9 else key_points.mean(axis=0)
    angle = float(np.arctan2(-linear[1, 0], linear[0, 0]))
    return Crop((float(centre[0]), float(centre[1])), RESOLUTION / max(scale, 1e-9), angle)


def square_of(face: Face, alignment: str, margin: float) -> Crop:
    """The square of a face: "FFHQ", "ArcFace" or "box", its side grown by a share."""
    if alignment == "FFHQ":
        square = ffhq_square(face.key_points)
    elif alignment == "ArcFace":
        square = arcface_square(face.key_points)
    else:
        middle = (face.box[:2] + face.box[2:]) / 2
        square = Crop((float(middle[0]), float(middle[1])), face.size)
    return Crop(square.centre, square.size * (1 + margin), square.angle)


def moved_face(face: Face, matrix: npt.NDArray[np.float64]) -> Face:
    """A face carried through a 2 x 3 similarity map, its rotation turned along."""
    scale = scale_of(matrix)
    box = np.stack([face.box[[0, 1]], face.box[[0, 3]], face.box[[2, 1]], face.box[[2, 3]]])
    landmarks = face.landmarks
    if len(landmarks):
        level = transform(matrix, landmarks[:, :2])
        landmarks = np.column_stack([level, landmarks[:, 2] * scale]).astype(np.float32)
        box = level[:468]
    else:
        box = transform(matrix, box)
    linear = matrix[:, :2] / max(scale, 1e-9)
    # The picture's y axis points down, the head's up: the turn changes its sign.
    turn = np.array([[linear[0, 0], -linear[0, 1], 0], [-linear[1, 0], linear[1, 1], 0], [0, 0, 1]])
    return replace(
        face,
        box=np.concatenate([box.min(axis=0), box.max(axis=0)]).astype(np.float32),
        landmarks=landmarks,
        key_points=transform(matrix, face.key_points),
        rotation=(turn @ face.rotation).astype(np.float32),
    )
