"""The person cut out of a photograph, and the photograph without the person."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.face._hair import PortraitMatte
from nodes.face._masks import guided, of_classes
from nodes.head._fit import eye_distance
from nodes.head._landmarks import OUTLINE
from nodes.head._photo_behind import Behind
from nodes.head._texture import smooth_fill
from nodes.portrait.filling import filled
from nodes.portrait.torso import hidden_torso, like_skin_or_hair, neck_column, neck_sides, rounded_shade
from nodes.raster.grain import Grain, grain_of, with_grain
from nodes.raster.ramps import smooth_step
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
#: So near a hole the shadow of hair and chin is not taken for skin.
_STRAY = 0.12
#: So much darker than most of a face nothing is skin.
_NO_SKIN = 0.3
#: Less than so much (squared) is no part of its own; over which way continued skin takes on the shades of
#: a neck.
_ENOUGH, _SHADED = 0.02, 0.3
#: How bright skin below the chin is beside the face in light.
_LOWER = 0.86
#: So far below the jaw, skin is no face any more.
_BARE = 0.25
#: Half as wide at least is what counts as bare skin of the body.
_SLIVER = 0.12
#: So far below the height of the ears' fronts lobes end.
_LOBE = 0.8
_JAW = (234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454)
_NECK = tuple(PARSING_CLASSES.index(name) for name in ("neck", "necklace"))
_CLOTH = (PARSING_CLASSES.index("cloth"),)
_FACE = tuple(PARSING_CLASSES.index(name) for name in ("skin", "left ear", "right ear", "nose"))
#: A label beside those of PARSING_CLASSES: skin of the body.
BARE = 250
_EARS = tuple(PARSING_CLASSES.index(name) for name in ("left ear", "right ear", "earring"))
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


def kinds_of(picture: FloatArray, alpha: FloatArray, labels: ByteArray, fit: HeadState) -> ByteArray:
    """H x W labels that leave nothing of a person open, and BARE for bare shoulders and hands.

    Args:
        picture: H x W x 3. alpha: H x W, the person. labels: H x W, parsed. fit: the head in the picture.
    """
    import cv2

    # What was not parsed counts as what is next to it: strands are hair, shoulders are clothes.
    _, nearest = cv2.distanceTransformWithLabels(
        (labels == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    table = np.zeros(int(nearest.max()) + 1, np.uint8)
    table[nearest[labels > 0]] = labels[labels > 0]
    kinds = np.asarray(table[nearest], np.uint8)
    away = below_jaw(fit)
    # Shoulders beside long hair are often not parsed; their colour tells.
    open_body = (labels == 0) & (alpha > 0.9) & (away > _BARE)
    if open_body.any():
        skin, hair = like_skin_or_hair(picture, labels, open_body)
        if skin.any() or hair.any():
            near = kinds[open_body]
            other = np.where(np.isin(near, _HEAD) & ~hair, _CLOTH[0], near)
            kinds[open_body] = np.where(skin, BARE, other)
    # A dark collar that was taken for neck.
    light = picture[..., :3].mean(axis=2)
    face = np.isin(labels, _FACE)
    if face.any():
        dark = np.isin(kinds, _NECK) & (light < _NO_SKIN * float(np.median(light[face])))
        side = 2 * max(1, round(0.08 * eye_distance(fit.landmarks))) + 1
        dark = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
        kinds[dark > 0] = _CLOTH[0]
    # Bare shoulders and hands are body, whatever they were parsed as; lobes of ears are not.
    columns = np.arange(labels.shape[1]) + 0.5
    sides = np.sort(fit.landmarks[[234, 454], 0])
    beside = ((columns < sides[0]) | (columns > sides[1]))[None, :]
    ends = np.where(np.isin(kinds, _EARS) | beside, _LOBE, _BARE)
    below = (np.isin(kinds, _FACE) & (away > ends)).astype(np.uint8)
    # A sliver beside a tilted jaw is still cheek.
    side = 2 * max(1, round(_SLIVER * eye_distance(fit.landmarks))) + 1
    below = cv2.morphologyEx(below, cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    kinds[below > 0] = BARE
    return kinds


def parts(
    picture: FloatArray,
    alpha: FloatArray,
    labels: ByteArray | None,
    fit: HeadState,
    kinds: ByteArray | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A person's alpha split into head with hair, neck, and clothes: three of H x W in 0..1.

    Args:
        picture: H x W x 3. alpha: H x W, the person.
        labels: H x W, parsed, or None: then all is head. fit: the head in the picture.
        kinds: as of `kinds_of`, when they are known.
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
    kinds = kinds_of(picture, alpha, labels, fit) if kinds is None else kinds
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
    kinds = None if labels is None else kinds_of(pixels, alpha, labels, fit)
    over, under, front = parts(pixels, alpha, labels, fit, kinds)
    place = plate_of(pixels, alpha, _REACH * eye_distance(fit.landmarks)) if plate is None else plate[..., :3]
    # Outside the person the photograph itself is the best plate.
    made = np.where(covered(alpha)[..., None], place, pixels)
    known = cv2.erode((front > 0.9).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    cloth = smooth_fill(pixels, known) if known.any() else pixels
    body = None
    if labels is not None:
        grain = grain_of(pixels, np.isin(labels, _FACE) & (alpha > 0.5))
        body = without_head(pixels, alpha, over, labels, made, fit, kinds, grain)
    return Behind(over, under, front, np.ascontiguousarray(made, np.float32), cloth, body)


def without_head(
    picture: FloatArray,
    alpha: FloatArray,
    over: FloatArray,
    labels: ByteArray,
    plate: FloatArray | None,
    fit: HeadState,
    kinds: ByteArray | None = None,
    grain: Grain | None = None,
) -> FloatArray:
    """The picture without a head and its hair, but with neck, clothes and place: H x W x 3.

    What the head hid is neck where neck is nearest, clothes where clothes are, else background;
    each is continued from its own kind alone.

    Args:
        picture: H x W x 3. alpha: H x W, the person. over: H x W, head and hair.
        labels: H x W, parsed. plate: H x W x 3, the place when it is known, or None.
        fit: the head in the picture. kinds: as of `kinds_of`, when they are known.
        grain: of the face, when it is known.
    """
    import cv2

    unit = eye_distance(fit.landmarks)
    place = plate_of(picture, alpha) if plate is None else plate[..., :3]
    hole = covered(over)
    # Outside of all people the photograph itself is the best plate.
    result: Any = np.where(hole[..., None], place, picture)
    body = (alpha > 0.5) & ~hole
    kinds = kinds_of(picture, alpha, labels, fit) if kinds is None else kinds
    bare = body & np.isin(kinds, (*_NECK, BARE))
    cloth = body & ~np.isin(kinds, (*_NECK, *_HEAD, BARE))
    # Strands and shadows that the matte left on the neck are not continued.
    ramp = smooth_step(1.0 - _distance_to(hole) / (_STRAY * unit))
    stray = ramp > 0
    if bare.sum() < _ENOUGH * unit * unit:
        # A collar hides the neck: its skin is that of the jaw.
        away = below_jaw(fit)
        bare = np.isin(labels, _FACE) & (away > -0.5) & (away < -0.05) & (alpha > 0.9)
        stray[:] = False
    off_place, off_bare, off_cloth = (_distance_to(kind) for kind in (~covered(alpha), bare, cloth))
    sides = neck_sides(fit, np.where(alpha > 0.3, kinds, 0))
    torso = hole & hidden_torso(fit, body, sides)
    chin = float(fit.landmarks[152, 1])
    high = torso & neck_column(fit, sides) & (np.arange(len(labels))[:, None] < chin)
    # Outside of where a torso must be, clothes go on no further than a little.
    rim = hole & ~torso & (1.2 * off_cloth < np.minimum(off_place, off_bare))
    on_hair = ~np.isin(kinds, _FACE)
    dressed = (torso & ~high & (off_cloth < off_bare)) | (rim & on_hair & (off_cloth < _UNDER_HAIR * unit))
    skin = (torso & ~dressed) | (bare & stray)
    for kind, gap in ((bare & ~stray, skin), (cloth, dressed)):
        if kind.sum() < _ENOUGH * unit * unit or not gap.any():
            continue
        smooth = gap is skin or plate is not None
        own = _continued(picture, kind, gap, smooth=smooth, lit=gap is skin, unit=unit)
        if gap is skin:
            # What is continued far has the shades of a neck, not only its colour.
            share = np.clip(_distance_to(kind) / (_SHADED * unit), 0.0, 1.0)[..., None]
            own = own + 0.6 * share * (_lit_tone(picture, labels, kind) - own)
            own = own * (1.0 + share * (rounded_shade(fit, below_jaw(fit), sides) - 1.0))
        if smooth:
            own = with_grain(own, gap.astype(np.float32), grain)
        wide = (gap | (kind & ~hole)).astype(np.float32)
        share = cv2.GaussianBlur(wide, (0, 0), max(0.03 * unit, 0.8)) * hole
        if gap is skin:
            share = np.maximum(share, (bare & stray) * ramp)
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


def _lit_tone(picture: FloatArray, labels: ByteArray, kind: np.ndarray) -> FloatArray:
    """3, sRGB: the colour that skin below a face has in light, by what is seen of it or by the face."""
    tones = []
    for where, share in ((kind, 1.0), (np.isin(labels, _FACE), _LOWER)):
        found = picture[where]
        if len(found) >= 20:
            light = found.mean(axis=1)
            tones.append(share * np.median(found[light >= np.quantile(light, 0.4)], axis=0))
    if not tones:
        return np.full(3, 0.5, np.float32)
    return np.asarray(max(tones, key=lambda tone: float(tone.mean())), np.float32)


def _distance_to(kind: np.ndarray) -> FloatArray:
    import cv2

    if not kind.any():
        return np.full(kind.shape, np.inf, np.float32)
    return np.asarray(cv2.distanceTransform((~kind).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def _continued(
    picture: FloatArray, kind: np.ndarray, gap: np.ndarray, *, smooth: bool, lit: bool, unit: float
) -> FloatArray:
    """A part of the picture continued into a gap, from pixels of its own kind alone.

    Smoothly, patch by patch, or (`lit`) smoothly from what of it lies in light.
    """
    import cv2

    # The rim of a part carries its neighbours' colour.
    rim = 2 * max(1, round(0.025 * unit)) + 1
    core = cv2.erode(kind.astype(np.uint8), np.ones((rim, rim), np.uint8)) > 0
    core = core if core.sum() > 0.2 * kind.sum() else kind
    if lit:
        # Light says what skin looks like, shadow what lies over it.
        light = picture.mean(axis=2)
        ratio = light / max(float(np.median(light[core])), 1e-3)
        known = np.clip((ratio - 0.5) / 0.4, 0.05, 1.0) * np.clip((1.6 - ratio) / 0.3, 0.05, 1.0)
        return smooth_fill(picture, (core * known).astype(np.float32))
    if smooth:
        return smooth_fill(picture, core.astype(np.float32))
    near = cv2.dilate(gap.astype(np.uint8), np.ones((2 * rim + 1, 2 * rim + 1), np.uint8)) > 0
    wanted = near & ~core
    return filled(picture, wanted, core)
