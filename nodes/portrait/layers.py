"""What of a picture follows the face, by what the parsing says lies there."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.head._fit import eye_distance
from nodes.head._landmarks import OUTLINE
from nodes.raster.ramps import smooth_step
from nodes.sdk.values import PARSING_CLASSES, HeadState
from nodes.sdk.values.arrays import ByteArray, FloatArray

_NUMBER = {name: number for number, name in enumerate(PARSING_CLASSES)}

#: How far each class goes along with an expression, and with a turn of the head.
_EXPRESSION = {"background": 0.0, "cloth": 0.0, "hat": 0.25, "glasses": 0.35, "necklace": 0.3}
_TURN = {"cloth": 0.0, "background": 1.0}
#: Off the face an expression dies out over these distances, in eye distances: from, to. The skin of
#: the neck gives way a little to a jaw that opens; hair and ears follow only where they touch the face.
_FADE = {"neck": (0.1, 0.5), "necklace": (0.1, 0.5)}
_USUAL_FADE = (0.08, 0.42)
#: Where an expression ends, in eye distances off the face: cheeks and chin come to lie on what is
#: just beside them, hair gives way a little farther.
_STILL = ("cloth", "background", "hat")
_REACH = {"background": 0.2, "cloth": 0.2, "hat": 0.2, "hair": 0.5}
#: Before that end it dies out softly.
_SOFT_END = 0.06
#: Specks of what stays are smaller than this square.
_SPECK = 0.3
#: Width of the soft edge of a face that moves over what stays.
_FACE_SOFT = 0.03
#: Pixels per eye distance that the shares are worked out at.
_FINE = 40.0


def reach_of(fit: HeadState, labels: ByteArray, window: tuple[int, int, int, int]) -> FloatArray:
    """Where an expression may move the picture: h x w in 0..1 of a window, 0 from its end on.

    Background, clothes and hats are moved within a fifth of the eyes' distance of the face, hair
    within half of it; outside a picture keeps its pixels bit for bit, but for where the face itself
    comes to lie (`nodes.portrait.editing.changed_region`).

    Args:
        fit: the head as fitted. labels: H x W, numbers of PARSING_CLASSES.
        window: left, top, right, bottom.
    """
    left, top, right, bottom = window
    cleaned = without_specks(labels[top:bottom, left:right], eye_distance(fit.landmarks))
    return _reach(fit, cleaned, left, top)


def _reach(fit: HeadState, part: ByteArray, left: int, top: int) -> FloatArray:
    """The same for labels of the window itself, without specks."""
    import cv2

    unit = eye_distance(fit.landmarks)
    face = np.zeros(part.shape, np.uint8)
    outline = fit.landmarks[list(OUTLINE), :2] - (left, top)
    cv2.fillPoly(face, [np.round(outline).astype(np.int32)], 1)
    ends = np.full(256, 99.0, np.float32)
    for name, end in _REACH.items():
        ends[_NUMBER[name]] = end
    away: Any = cv2.distanceTransform(1 - face, cv2.DIST_L2, 5)
    inwards = cv2.LUT(part, ends) - away * np.float32(1.0 / unit)
    return np.asarray(np.clip(inwards * np.float32(1.0 / _SOFT_END), 0.0, 1.0), np.float32)


def following(
    fit: HeadState, labels: ByteArray, window: tuple[int, int, int, int], *, turn: bool
) -> FloatArray:
    """How much of an expression, or of a turn, each place of a window takes up: h x w in 0..1.

    Args:
        fit: the head as fitted. labels: H x W, numbers of PARSING_CLASSES.
        window: left, top, right, bottom.
        turn: of a turn of the head, not of an expression.
    """
    import cv2

    left, top, right, bottom = window
    unit = eye_distance(fit.landmarks)
    # All of it is soft: it needs no finer pixels than a fortieth of the eyes' distance.
    coarser = max(1, round(unit / _FINE))
    half = coarser // 2
    whole = without_specks(labels[top:bottom, left:right], unit)
    part = np.pad(whole, ((0, half), (0, half)), mode="edge")[half::coarser, half::coarser]
    unit /= coarser
    face = np.zeros(part.shape, np.uint8)
    outline = (fit.landmarks[list(OUTLINE), :2] - (left, top)) / coarser
    cv2.fillPoly(face, [np.round(outline).astype(np.int32)], 1)
    table, reach = (_TURN, 0.12) if turn else (_EXPRESSION, 0.16)
    share = np.ones(len(PARSING_CLASSES), np.float32)
    for name, value in table.items():
        share[_NUMBER[name]] = value
    follow = share[np.minimum(part, len(share) - 1)]
    # What lies on the face itself goes along whatever its label says, glasses excepted.
    own = (face > 0) & (part != _NUMBER["glasses"])
    follow = np.where(own, np.float32(1.0), follow)
    if not turn:
        follow *= _nearness(face, part, unit)
    side = 2 * round(reach * unit) + 1
    wide: Any = cv2.dilate(follow, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
    wide = cv2.GaussianBlur(wide, (0, 0), max(reach * unit * 0.5, 0.5))
    if not turn:
        wide = wide * _beside_still(face, part, unit)
    # A hard 0 keeps the picture's own pixels bit for bit.
    soft: Any = np.clip((wide - 0.02) / 0.96, 0.0, 1.0).astype(np.float32)
    if coarser > 1:
        height, width = soft.shape
        soft = cv2.resize(soft, (width * coarser, height * coarser), interpolation=cv2.INTER_LINEAR)
    soft = np.ascontiguousarray(soft[: bottom - top, : right - left])
    return soft if turn else np.asarray(soft * _reach(fit, whole, left, top), np.float32)


def without_specks(labels: ByteArray, unit: float) -> ByteArray:
    """Labels (h x w) without specks of background, clothes or hat in a neck: they would tear it."""
    import cv2

    still = np.isin(labels, [_NUMBER[name] for name in _STILL]).astype(np.uint8)
    count, parts, found, _ = cv2.connectedComponentsWithStats(still, connectivity=4)
    small = np.zeros(count, bool)
    small[1:] = found[1:, cv2.CC_STAT_AREA] < (_SPECK * unit) ** 2
    if not small.any():
        return labels
    cleaned = labels.copy()
    cleaned[small[parts]] = _NUMBER["neck"]
    return cleaned


def face_share(fit: HeadState, window: tuple[int, int, int, int]) -> FloatArray:
    """h x w in 0..1 of a window: the face within its outline, with a soft edge inside."""
    import cv2

    left, top, right, bottom = window
    face = np.zeros((bottom - top, right - left), np.uint8)
    outline = fit.landmarks[list(OUTLINE), :2] - (left, top)
    cv2.fillPoly(face, [np.round(outline * 16).astype(np.int32)], 1, shift=4)
    inwards: Any = cv2.distanceTransform(face, cv2.DIST_L2, 5)
    soft = max(_FACE_SOFT * eye_distance(fit.landmarks), 1.5)
    return np.asarray(smooth_step(inwards / soft), np.float32)


def _beside_still(face: ByteArray, labels: ByteArray, unit: float) -> FloatArray:
    """h x w: 0 on clothes and background, 1 on the face and a rim about it, a ramp in between.

    In the rim the chin comes down over a collar, and cheeks grow over the background.
    """
    import cv2

    still = np.isin(labels, [_NUMBER[name] for name in _STILL])
    off = cv2.distanceTransform((~still).astype(np.uint8), cv2.DIST_L2, 5) / max(unit, 1.0)
    away = cv2.distanceTransform((face == 0).astype(np.uint8), cv2.DIST_L2, 5) / max(unit, 1.0)
    ramp, rim = np.clip(off / 0.22, 0.0, 1.0), np.clip((0.17 - away) / 0.12, 0.0, 1.0)
    # Softened, because edges of labels are jagged.
    share: Any = cv2.GaussianBlur(np.maximum(ramp, rim).astype(np.float32), (0, 0), max(0.035 * unit, 0.5))
    return np.asarray(smooth_step((share - 0.03) / 0.94), np.float32)


def _nearness(face: ByteArray, labels: ByteArray, unit: float) -> FloatArray:
    """h x w: 1 on the face and just beside it, 0 farther off, by what lies there."""
    import cv2

    away = cv2.distanceTransform((face == 0).astype(np.uint8), cv2.DIST_L2, 5) / max(unit, 1.0)
    found = np.ones(face.shape, np.float32)
    for names, (start, end) in (
        (tuple(set(PARSING_CLASSES) - set(_FADE)), _USUAL_FADE),
        *(((name,), reach) for name, reach in _FADE.items()),
    ):
        there = np.isin(labels, [_NUMBER[name] for name in names])
        found[there] = 1.0 - smooth_step((away[there] - start) / (end - start))
    return found
