"""The person cut out of a photograph, and the photograph without the person."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.face._hair import PortraitMatte
from nodes.face._masks import guided, of_classes
from nodes.head._fit import eye_distance
from nodes.head._photo_behind import Behind
from nodes.head._texture import smooth_fill
from nodes.portrait.filling import filled
from nodes.portrait.outline import OUTLINE
from nodes.sdk.values import PARSING_CLASSES, HeadState
from nodes.sdk.values.arrays import ByteArray, FloatArray

#: Less than this of a person in a pixel is haze of the matting network, more than that all person.
_HAZE, _SOLID = 0.07, 0.96
#: Wider than this, pictures are filled at half their size.
_LONGEST = 1400
#: How far inside its outline a moved head may uncover the plate, in eye distances.
_REACH = 1.2
#: How far clothes are continued under hair.
_UNDER_HAIR = 0.2
#: How far a neck is continued under chin and hair.
_UNDER_CHIN = 0.75
#: So far below the jaw, skin is no face any more.
_BARE = 0.25
_JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
_NECK = tuple(PARSING_CLASSES.index(name) for name in ("neck", "necklace"))
_CLOTH = (PARSING_CLASSES.index("cloth"),)
_FACE = tuple(PARSING_CLASSES.index(name) for name in ("skin", "left ear", "right ear", "nose"))
_HEAD = tuple(n for n in range(1, len(PARSING_CLASSES)) if n not in (*_NECK, *_CLOTH))


def person_alpha(network: PortraitMatte, picture: FloatArray) -> FloatArray:
    """H x W in 0..1: people against their background, without the network's haze."""
    alpha = network.alpha(np.ascontiguousarray(picture[..., :3], np.float32))
    return np.clip((alpha - _HAZE) / (_SOLID - _HAZE), 0.0, 1.0).astype(np.float32)


def covered(alpha: FloatArray) -> np.ndarray:
    """H x W bool: what a person covers, and the rim that their colour runs into."""
    import cv2

    side = 2 * max(2, round(0.010 * max(alpha.shape))) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.dilate((alpha > 0.02).astype(np.uint8), kernel), np.uint8) > 0


def plate_of(picture: FloatArray, alpha: FloatArray, reach: float = 0.0) -> FloatArray:
    """The picture without what a matte covers: H x W x 3.

    Args:
        picture: H x W x 3. alpha: H x W, what is to go.
        reach: fill no further than so many pixels inside the matte; 0 fills all of it.
    """
    import cv2

    hole = covered(alpha)
    known = ~hole
    if reach > 0:
        inwards: Any = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
        hole &= inwards <= reach
    return filled_at_size(np.ascontiguousarray(picture[..., :3], np.float32), hole, known)


def filled_at_size(picture: FloatArray, hole: np.ndarray, known: np.ndarray) -> FloatArray:
    """`filled`, at a smaller size when the picture is large."""
    import cv2

    height, width = hole.shape
    coarser = max(height, width) / _LONGEST
    if coarser <= 1.0 or not hole.any():
        return filled(picture, hole, known)
    size = (max(8, round(width / coarser)), max(8, round(height / coarser)))
    weight = known.astype(np.float32)
    both: Any = cv2.resize(
        np.dstack([picture * weight[..., None], weight]), size, interpolation=cv2.INTER_AREA
    )
    small_known = both[..., 3] > 0.98
    colour = (both[..., :3] / np.maximum(both[..., 3:], 1e-4)).astype(np.float32)
    small_hole = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    small = filled(colour, small_hole, small_known & ~small_hole)
    large: Any = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.where(hole[..., None], np.clip(large, 0.0, 1.0), picture).astype(np.float32)


def jaw_line(fit: HeadState) -> FloatArray:
    """The height (pixels, down) of the jaw over every column of a fit's picture."""
    points = fit.landmarks[list(_JAW), :2]
    order = np.argsort(points[:, 0])
    columns = np.arange(fit.camera.width) + 0.5
    return np.interp(columns, points[order, 0], points[order, 1]).astype(np.float32)


def below_jaw(fit: HeadState) -> FloatArray:
    """H x W, how far below the jaw a pixel lies, in eye distances; negative above."""
    rows = np.arange(fit.camera.height, dtype=np.float32) + 0.5
    away: FloatArray = (rows[:, None] - jaw_line(fit)[None, :]) / eye_distance(fit.landmarks)
    return away


def parts(
    picture: FloatArray, alpha: FloatArray, labels: ByteArray | None, fit: HeadState
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A person's alpha split into head with hair, neck, and clothes: three of H x W in 0..1.

    Args:
        picture: H x W x 3. alpha: H x W, the person.
        labels: H x W, parsed, or None: then all is head. fit: the head in the picture.
    """
    if labels is None:
        nothing = np.zeros_like(alpha)
        return alpha, nothing, nothing
    import cv2

    unit = eye_distance(fit.landmarks)
    # Shares are smooth: on large faces a coarser guide says the same (He and Sun 2015).
    coarser = int(np.clip(unit / 40.0, 1.0, 4.0))
    size = (-(-alpha.shape[1] // coarser), -(-alpha.shape[0] // coarser))
    radius = max(2, round(0.05 * unit / coarser))
    guide: Any = np.ascontiguousarray(np.clip(picture[..., :3], 0.0, 1.0), np.float32)
    # What was not parsed counts as what is next to it: strands are hair, shoulders are clothes.
    _, nearest = cv2.distanceTransformWithLabels(
        (labels == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros(int(nearest.max()) + 1, np.uint8)
    table[nearest[labels > 0]] = labels[labels > 0]
    kinds = table[nearest]
    # Bare shoulders and hands are body, whatever they were parsed as.
    kinds[np.isin(kinds, _FACE) & (below_jaw(fit) > _BARE)] = _CLOTH[0]
    if coarser > 1:
        guide = cv2.resize(guide, size, interpolation=cv2.INTER_AREA)

    def share_of(kind: tuple[int, ...]) -> FloatArray:
        mask: Any = of_classes(kinds, kind)
        if coarser > 1:
            mask = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
        soft: Any = guided(mask, guide, radius, 1e-4)
        if coarser > 1:
            soft = cv2.resize(soft, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return np.asarray(soft, np.float32)

    head, neck = share_of(_HEAD), share_of(_NECK)
    total = np.maximum(head + neck, 1.0)
    head, neck = ((alpha * share / total).astype(np.float32) for share in (head, neck))
    return head, neck, np.maximum(alpha - head - neck, 0.0).astype(np.float32)


def behind_of(
    picture: FloatArray,
    alpha: FloatArray,
    labels: ByteArray | None,
    plate: FloatArray | None,
    fit: HeadState,
) -> Behind:
    """Mattes and plate of a photograph.

    Args:
        picture: H x W x 3. alpha: H x W, the person. labels: H x W, parsed, or None.
        plate: H x W x 3, the place without the person when it is known, or None.
        fit: the head in the picture.
    """
    import cv2

    pixels = np.ascontiguousarray(picture[..., :3], np.float32)
    over, under, front = parts(pixels, alpha, labels, fit)
    place = plate_of(pixels, alpha, _REACH * eye_distance(fit.landmarks)) if plate is None else plate[..., :3]
    # Outside the person the photograph itself is the best plate.
    made = np.where(covered(alpha)[..., None], place, pixels)
    known = cv2.erode((front > 0.9).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    cloth = smooth_fill(pixels, known) if known.any() else pixels
    return Behind(over, under, front, np.ascontiguousarray(made, np.float32), cloth)


def without_head(
    picture: FloatArray,
    alpha: FloatArray,
    over: FloatArray,
    labels: ByteArray | None,
    plate: FloatArray | None,
    fit: HeadState,
    reach: float = 0.0,
) -> FloatArray:
    """The picture without a head and its hair, but with neck, clothes and place: H x W x 3.

    What the head hid is neck where neck is nearest, clothes where clothes are, else background;
    each is continued from its own kind alone.

    Args:
        picture: H x W x 3. alpha: H x W, the person. over: H x W, head and hair.
        labels: H x W, parsed, or None. plate: H x W x 3, the place when it is known, or None.
        fit: the head in the picture. reach: as of `plate_of`.
    """
    import cv2

    unit = eye_distance(fit.landmarks)
    place = plate_of(picture, alpha, reach) if plate is None else plate[..., :3]
    hole = covered(over)
    # Outside of all people the photograph itself is the best plate.
    result: Any = np.where(hole[..., None], place, picture)
    if labels is None:
        return np.ascontiguousarray(result, np.float32)
    body = (alpha > 0.5) & ~hole
    neck = body & np.isin(labels, _NECK)
    cloth = body & (~np.isin(labels, (*_NECK, *_HEAD)) | (np.isin(labels, _FACE) & (below_jaw(fit) > _BARE)))
    outside = ~covered(alpha)
    off = [_distance_to(kind) for kind in (outside, neck, cloth)]
    columns = np.arange(labels.shape[1]) + 0.5
    sides = np.sort(fit.landmarks[[172, 397], 0])
    low, high = sides[0] - 0.1 * unit, sides[1] + 0.1 * unit
    beside = (columns < low) | (columns > high)
    off[1] = np.where((off[1] > _UNDER_CHIN * unit) | beside[None, :], np.inf, off[1])
    # Clothes that stop at hair go on under it no further than a little.
    off[2] = np.where(off[2] > _UNDER_HAIR * unit, np.inf, 1.2 * off[2])
    nearest = np.argmin(off, axis=0)
    soft = max(0.03 * unit, 0.8)
    for number, kind in ((1, neck), (2, cloth)):
        gap = hole & (nearest == number)
        if kind.sum() < 0.02 * unit * unit or not gap.any():
            continue
        own = _continued(picture, kind, gap, smooth=number == 1 or plate is not None, unit=unit)
        share = cv2.GaussianBlur((gap | kind).astype(np.float32), (0, 0), soft) * hole
        result = result + share[..., None] * (own - result)
    return np.ascontiguousarray(result, np.float32)


def guessed_labels(fit: HeadState, alpha: FloatArray) -> ByteArray:
    """H x W labels of PARSING_CLASSES from a matte and a fitted head alone, where nothing was parsed.

    Above the jaw all is face or hair, below it neck, then clothes: long hair counts as clothes.
    """
    import cv2

    away = below_jaw(fit)
    number = PARSING_CLASSES.index
    labels = np.where(away < 0.05, number("hair"), number("cloth")).astype(np.uint8)
    face = np.zeros(labels.shape, np.uint8)
    cv2.fillPoly(face, [np.round(fit.landmarks[list(OUTLINE), :2]).astype(np.int32)], 1)
    columns = np.arange(labels.shape[1]) + 0.5
    low, high = np.sort(fit.landmarks[[172, 397], 0])
    column = ((columns > low) & (columns < high))[None, :]
    labels[(away >= 0.05) & (away < 0.6) & column] = number("neck")
    labels[face > 0] = number("skin")
    return np.where(alpha > 0.3, labels, 0).astype(np.uint8)


def _distance_to(kind: np.ndarray) -> FloatArray:
    import cv2

    if not kind.any():
        return np.full(kind.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform((~kind).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _continued(
    picture: FloatArray, kind: np.ndarray, gap: np.ndarray, *, smooth: bool, unit: float
) -> FloatArray:
    """A part of the picture continued into a gap, from pixels of its own kind alone."""
    import cv2

    # The rim of a part carries its neighbours' colour.
    rim = 2 * max(1, round(0.025 * unit)) + 1
    core = cv2.erode(kind.astype(np.uint8), np.ones((rim, rim), np.uint8)) > 0
    core = core if core.sum() > 0.2 * kind.sum() else kind
    near = cv2.dilate(gap.astype(np.uint8), np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)) > 0
    wanted = near & ~core
    return smooth_fill(picture, core.astype(np.float32)) if smooth else filled(picture, wanted, core)
