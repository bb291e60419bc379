"""How edited portraits are measured: by another reader, in the head's own coordinates, outside the face."""

from __future__ import annotations

from functools import cache

import numpy as np

from nodes.face._landmarks import load_landmarker
from nodes.portrait.editing import calibrated, changed_region, portrait_of, witness_of
from nodes.portrait.landmarks68 import CARD, MEASURES, Landmarks68, measures
from nodes.sdk.models import find
from nodes.sdk.values import Faces, HeadState
from nodes.sdk.values.arrays import FloatArray
from tests.bench.edit_material import CONTEXT, Sitter

#: Between the brows and down the nose: skin that expressions hardly move and hair never covers.
_BRIDGE = (9, 8, 168, 6, 197, 195, 5, 122, 351, 196, 419, 3, 248)
_PATCH = 32
#: A measure that moves less than this on the driver is no movement, by the second reader's scale.
_LEAST = 0.012


@cache
def second_reader() -> Landmarks68 | None:
    """The landmarker that steers nothing; None when it was not fetched."""
    path = find(CARD)
    return None if path is None else Landmarks68(path)


def read_again(pixels: FloatArray, faces: Faces) -> FloatArray | None:
    """The seven measures of the first face by the second reader, or None."""
    reader = second_reader()
    if reader is None or not len(faces):
        return None
    return measures(reader.read(pixels, faces[0].box))


def agreements(asked: FloatArray, got: FloatArray, least: float) -> dict[int, float]:
    """The correlation over time of every column that moves (standard deviation above `least`)."""
    a, b = asked - asked.mean(axis=0), got - got.mean(axis=0)
    moving = [n for n in range(a.shape[1]) if a[:, n].std() > least]
    return {
        n: float((a[:, n] * b[:, n]).sum() / np.sqrt((a[:, n] ** 2).sum() * (b[:, n] ** 2).sum() + 1e-12))
        for n in moving
    }


def second_agreements(asked: FloatArray, got: FloatArray) -> dict[str, float]:
    """The same for the second reader's measures, by name; calmed over three frames on both sides."""

    def calm(values: FloatArray) -> FloatArray:
        return np.asarray((values[:-2] + values[1:-1] + values[2:]) / 3.0)

    return {MEASURES[n]: value for n, value in agreements(calm(asked), calm(got), _LEAST).items()}


def skin_patch(pixels: FloatArray, faces: Faces) -> FloatArray | None:
    """A patch of the nose's bridge in the head's coordinates, mean 1; None without a face.

    It is cut along many landmarks by least squares, so that it rides on a head that turns.
    """
    import cv2

    if not len(faces):
        return None
    points = faces[0].landmarks[list(_BRIDGE), :2].astype(np.float64)
    middle, spread = points.mean(axis=0), points.std(axis=0) + 1e-6
    across = faces[0].landmarks[263, :2] - faces[0].landmarks[33, :2]
    angle = float(np.arctan2(across[1], across[0]))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    scale = np.diag(_PATCH / (2.2 * spread)) @ turn
    matrix = np.column_stack([scale, _PATCH / 2 - scale @ middle])
    grey = np.ascontiguousarray(pixels[..., :3].mean(axis=2), np.float32)
    size = 1.0 / max(float(np.abs(scale).max()), 1e-6)
    if size > 1.2:
        grey = cv2.GaussianBlur(grey, (0, 0), 0.4 * size)
    patch = cv2.warpAffine(grey, matrix, (_PATCH, _PATCH), flags=cv2.INTER_LINEAR)
    return np.asarray(patch / max(float(patch.mean()), 1e-3), np.float32)


def trembling(patches: list[FloatArray | None]) -> float:
    """Energy of what changes from frame to frame and back: the second difference over time."""
    stack = np.array([patch for patch in patches if patch is not None])
    if len(stack) < 3:
        return 0.0
    return float(np.sqrt(((stack[2:] - 2 * stack[1:-1] + stack[:-2]) ** 2).mean()))


def contrast(patches: list[FloatArray | None]) -> float:
    """How much a patch varies from pixel to pixel: what trembling makes visible."""
    found = [np.hypot(*np.gradient(patch)).mean() for patch in patches if patch is not None]
    return float(np.median(found)) if found else 0.0


def stated_region(who: Sitter, head: HeadState) -> np.ndarray:
    """H x W bool: where 'Edit portrait' says that an edit may change the picture."""
    drawn_head = calibrated(head, witness_of(who.head, who.image, load_landmarker(CONTEXT)), most=2.0)
    return np.asarray(changed_region(portrait_of(who.head, who.image, who.parsing), drawn_head))


def decibels(before: FloatArray, after: FloatArray, where: np.ndarray) -> float:
    """PSNR over a part of a picture; 99 when it is the same or there is no such part."""
    if not where.any():
        return 99.0
    error = float(((after[..., :3] - before[..., :3])[where].astype(np.float64) ** 2).mean())
    return 99.0 if error < 1e-10 else min(float(-10 * np.log10(error)), 99.0)
