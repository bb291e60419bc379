"""Choosing faces: by order, by place, by number, by likeness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nodes.sdk.errors import NodeError
from nodes.sdk.values import Embedding, Face
from nodes.sdk.values.arrays import FloatArray


def named(
    faces: Sequence[Face], vectors: FloatArray, people: Sequence[Embedding], threshold: float
) -> list[Face]:
    """Faces with the names of the people they look like; each person names one face at most.

    Args:
        faces: the faces.
        vectors: N x D unit vectors, one per face.
        people: enrolled identities.
        threshold: the least cosine.

    Raises:
        NodeError: when a person's identity comes from another network.
    """
    if any(person.vector.shape[0] != vectors.shape[1] for person in people):
        raise NodeError(
            "an identity was made by another network and does not compare", hint="Enrol the person again"
        )
    likeness = vectors @ np.stack([person.vector for person in people]).T
    result = list(faces)
    while likeness.size and likeness.max() >= threshold:
        face, person = (int(index) for index in np.unravel_index(int(likeness.argmax()), likeness.shape))
        result[face] = replace(result[face], name=people[person].name)
        likeness[face, :] = -2.0
        likeness[:, person] = -2.0
    return result


def at_point(faces: Sequence[Face], x: float, y: float) -> Face | None:
    """The face whose box holds a point, the smallest of several; else the nearest by its size."""
    if not faces:
        return None
    inside = [f for f in faces if f.box[0] <= x <= f.box[2] and f.box[1] <= y <= f.box[3]]
    if inside:
        return min(inside, key=lambda face: face.size)

    def gap(face: Face) -> float:
        middle = (face.box[:2] + face.box[2:]) / 2
        return float(np.hypot(*(middle - (x, y)))) / max(face.size, 1e-6)

    return min(faces, key=gap)


def ordered(faces: Sequence[Face], order: str) -> list[Face]:
    """Faces by "size" (largest first), "left to right", "top to bottom" or "confidence"."""
    keys = {
        "size": lambda face: -face.size,
        "left to right": lambda face: float(face.box[0] + face.box[2]),
        "top to bottom": lambda face: float(face.box[1] + face.box[3]),
        "confidence": lambda face: -face.score,
    }
    return sorted(faces, key=keys[order])
