"""A whole head on another body: turned and moved like the one it replaces, cut out to its strands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nodes.face._pose import Angles
from nodes.head._fit import eye_distance
from nodes.head._pose import turned
from nodes.head._shape import as_fitted
from nodes.head._texture import smooth_fill
from nodes.portrait.backdrop import below_jaw, covered, kinds_of, parts, without_head
from nodes.portrait.editing import drawn, moved_by, portrait_of
from nodes.portrait.looking import turn_between
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.raster.grain import Grain, grain_of, with_grain
from nodes.raster.light import LUMA, to_encoded, to_linear
from nodes.raster.ramps import smooth_step
from nodes.sdk.values import PARSING_CLASSES, HeadState, Image, Parsing
from nodes.sdk.values.arrays import ByteArray, FloatArray
from nodes.swap._face import moved_landmarks

_SKIN = tuple(PARSING_CLASSES.index(name) for name in ("skin", "nose"))
_FLESH = tuple(
    PARSING_CLASSES.index(name)
    for name in ("skin", "nose", "left ear", "right ear", "left brow", "right brow", "left eye", "right eye",
                 "mouth", "upper lip", "lower lip", "glasses")
)  # fmt: skip
_NECK = (PARSING_CLASSES.index("neck"),)
_HEAD = (*_FLESH, *(PARSING_CLASSES.index(name) for name in ("hair", "hat")))
#: So far inside their outline, in eye distances, hair and face let nothing shine through.
_SURE = 0.10
#: Landmarks that tell size and place of a head: outline, eyes, bridge and base of the nose.
_PLACED = (10, 152, 234, 454, 127, 356, 172, 397, 33, 133, 362, 263, 168, 6, 2, 98, 327)
#: In eye distances: how far down the source's neck comes along, and how a cut-off rim fades.
_NECK_FADE = (0.10, 0.55)
_RIM = 0.35
#: So far below the jaw, in eye distances, no hair comes along any more.
_HAIR_END = 2.6
#: How much brighter or darker, and how much redder or bluer, in natural logarithms of light, a head may
#: be made; how much of either hair takes on.
_MOST_GAIN, _MOST_HUE = (-1.6, 1.0), 0.45
_ON_HAIR = (0.3, 0.35)
#: A neck that is darker than the face by more than this tells no tone.
_SHADOWED = 1.3
#: Linear light above which highlights are bent.
_SHOULDER = 0.7


@dataclass(frozen=True, eq=False)
class Body:
    """The target's picture without its head.

    Attributes:
        picture: H x W x 3, the target's own. plate: H x W x 3, neck, clothes and place.
        neck: H x W in 0..1, where a neck may be seen. front: H x W in 0..1, clothes.
        skin: H x W bool, the face's skin in the picture.
        tone: 3, logarithm of the linear light of its neck, or of the face where no neck is seen.
        grain: of the face, or None.
    """

    picture: FloatArray
    plate: FloatArray
    neck: FloatArray
    front: FloatArray
    skin: np.ndarray
    tone: FloatArray
    grain: Grain | None


@dataclass(frozen=True, eq=False)
class Cut:
    """The source's head, cut out.

    Attributes:
        over: H x W in 0..1, head and hair. under: H x W in 0..1, neck.
        colour: H x W x 3, the picture without the background's colour in its soft rim.
        skin: H x W float, 1 on the face's skin.
    """

    over: FloatArray
    under: FloatArray
    colour: FloatArray
    skin: FloatArray


def body_of(image: Image, fit: HeadState, parsing: Parsing, alpha: FloatArray, plate: Image | None) -> Body:
    """The target without its head."""
    import cv2

    picture = np.ascontiguousarray(image.pixels[..., :3], np.float32)
    unit = eye_distance(fit.landmarks)
    labels = parsing.labels
    kinds = kinds_of(picture, alpha, labels, fit)
    over, under, front = parts(picture, alpha, labels, fit, kinds)
    place = None if plate is None else plate.pixels
    skin = np.isin(labels, _SKIN) & (alpha > 0.5)
    grain = grain_of(picture, skin)
    made = without_head(picture, alpha, over, labels, place, fit, kinds, grain)
    # Below the chin, between the sides of the jaw, a neck may be seen where the head is gone.
    column = np.zeros(labels.shape, np.uint8)
    jaw = fit.landmarks[[172, 136, 152, 365, 397], :2]
    chin, middle = fit.landmarks[152, :2], fit.landmarks[[172, 397], :2].mean(axis=0)
    down = chin - middle
    polygon = np.concatenate([jaw[[0, 4]] - 0.3 * down, jaw[[4, 0]] + 2.2 * down])
    cv2.fillPoly(column, [np.round(polygon).astype(np.int32)], 1)
    hole = covered(over)
    neck = np.maximum(under, (hole & (column > 0)).astype(np.float32))
    neck = cv2.GaussianBlur(neck, (0, 0), max(0.05 * unit, 0.8))
    tone = _tone_of(picture, skin, (under > 0.9) & ~hole, unit)
    return Body(picture, made, neck, front, skin, tone, grain)


def _tone_of(picture: FloatArray, face: np.ndarray, neck: np.ndarray, unit: float) -> FloatArray:
    """3, the logarithm of the linear light of a neck, or of a face where too little neck is seen."""
    tones = []
    for where, least in ((face, 50.0), (neck, max(0.1 * unit * unit, 50.0))):
        if where.sum() >= least:
            found = to_linear(picture[where])
            found = found[_bright_part(found @ LUMA)]
            tones.append(np.log(np.maximum(np.median(found, axis=0), 1e-3)))
    # A neck in deep shadow is a collar more often than not.
    if len(tones) == 2 and tones[0].mean() - tones[1].mean() > _SHADOWED:
        tones.pop()
    return np.asarray(tones[-1] if tones else np.zeros(3), np.float32)


def cut_of(image: Image, fit: HeadState, parsing: Parsing, alpha: FloatArray) -> Cut:
    """The source's head, hair and neck, cut out of its picture."""
    picture = np.ascontiguousarray(image.pixels[..., :3], np.float32)
    unit = eye_distance(fit.landmarks)
    labels = parsing.labels
    alpha = np.maximum(alpha, _well_inside(labels, unit) * np.clip(4.0 * alpha - 0.4, 0.0, 1.0))
    over, under, _ = parts(picture, alpha, labels, fit)
    tips = _tips(over.shape[1], unit)
    fade = _rim_fade(over.shape, _RIM * unit, tips)
    # Long hair ends before the picture does, some strands sooner than others.
    below = below_jaw(fit)
    end = min(_HAIR_END, float(below[-1].max()))
    fade = fade * _falling((below - (end - 0.35) + 0.8 * tips[None, :]) / 0.3)
    skin = (np.isin(labels, _FLESH) & (alpha > 0.5)).astype(np.float32)
    colour = _pure(picture, np.clip(over + under, 0.0, 1.0), unit)
    neck = under * _falling((below - _NECK_FADE[0]) / (_NECK_FADE[1] - _NECK_FADE[0]))
    return Cut((over * fade).astype(np.float32), (neck * fade).astype(np.float32), colour, skin)


def _well_inside(labels: ByteArray, unit: float) -> FloatArray:
    """H x W in 0..1: 1 well within hair and face, which a matte may take for half of the background."""
    import cv2

    head = np.isin(labels, _HEAD).astype(np.uint8)
    inwards: Any = cv2.distanceTransform(head, cv2.DIST_L2, 5)
    return np.asarray(smooth_step(inwards / (_SURE * unit) - 1.0), np.float32)


def _falling(t: FloatArray) -> FloatArray:
    """1 up to 0, 0 from 1 on, smooth between."""
    return np.asarray(1.0 - smooth_step(t), np.float32)


def _pure(picture: FloatArray, alpha: FloatArray, unit: float) -> FloatArray:
    """The picture with the background's colour taken out of the soft rim: H x W x 3.

    Strands keep their own brightness as far as the colours well inside allow.
    """
    import cv2

    sure = cv2.erode((alpha > 0.97).astype(np.uint8), np.ones((3, 3), np.uint8))
    if not sure.any():
        return picture
    inner = smooth_fill(picture, sure.astype(np.float32))
    light = np.where(sure[..., None] > 0, picture, inner)
    side = 2 * max(2, round(0.08 * unit)) + 1
    own = np.maximum(light @ LUMA, 1e-3)
    low = cv2.GaussianBlur(cv2.erode(own, np.ones((side, side), np.uint8)), (0, 0), side / 3)
    high = cv2.GaussianBlur(cv2.dilate(own, np.ones((side, side), np.uint8)), (0, 0), side / 3)
    within = np.maximum(inner @ LUMA, 1e-3)
    # Only brightness is taken from the rim: its hue is half the background's.
    held = inner * (np.clip(picture @ LUMA, 0.5 * (low + within), 0.5 * (high + within)) / within)[..., None]
    share = np.clip((alpha - 0.6) / 0.35, 0.0, 1.0)[..., None]
    rim = np.clip(inner + share * (held - inner), 0.0, 1.0)
    solid = np.clip((alpha - 0.93) / 0.06, 0.0, 1.0)[..., None]
    return np.asarray(rim + solid * (picture - rim), np.float32)


def _tips(width: int, unit: float) -> FloatArray:
    """W in 0..1, by how much sooner the strands over each column end: locks, and hairs within them."""
    import cv2

    draw = np.random.default_rng(11).random((3, width)).astype(np.float32)
    tips = np.zeros(width, np.float32)
    for values, wide, share in zip(draw, (0.12, 0.04, 0.012), (0.5, 0.3, 0.2), strict=True):
        smooth = cv2.GaussianBlur(values[None, :], (0, 0), max(wide * unit, 0.5))[0]
        low, high = float(smooth.min()), float(smooth.max())
        tips += share * (smooth - low) / max(high - low, 1e-6)
    return tips


def _rim_fade(shape: tuple[int, ...], reach: float, tips: FloatArray) -> FloatArray:
    """H x W: 1 inside, falling to 0 at the picture's border; its top is left, heads end there."""
    height, width = shape
    down = (height - np.arange(height, dtype=np.float32) - 0.5)[:, None]
    across = np.minimum(np.arange(width) + 0.5, width - np.arange(width) - 0.5)[None, :]
    lower = 2.2 * (down / max(reach, 1.0) - 1.2 * tips[None, :])
    return smooth_step(np.minimum(lower, across / max(reach, 1.0))).astype(np.float32)


def acting_like(
    target: HeadState, source: HeadState, *, expression: float, turn: float, most_turn: float
) -> HeadState:
    """The source's head with the target's expression, gaze and turn, and its own edits on top.

    Args:
        target: as fitted or edited. source: as fitted, or edited: its edit is added.
        expression, turn: 0..1, how much of the target's is taken over.
        most_turn: degrees, no more of yaw and pitch than this. Roll is left to the placing.
    """
    fit = as_fitted(source)
    edit = source.expression - fit.expression
    wanted = fit.expression + expression * (target.expression - fit.expression)
    yaw, pitch, _ = (turn * angle for angle in turn_between(fit, target))
    size = float(np.hypot(yaw, pitch))
    scale = min(1.0, most_turn / size) if size > 1e-6 else 1.0
    rotation = turned(fit, Angles(yaw * scale, pitch * scale, 0.0))
    own = rotation_matrix(source.rotation) @ rotation_matrix(fit.rotation).T
    rotation = rotation_vector(own @ rotation_matrix(rotation)).astype(np.float32)
    gaze = fit.gaze + expression * (target.gaze - fit.gaze) + (source.gaze - fit.gaze)
    return replace(
        source,
        expression=np.clip(wanted + edit, np.minimum(fit.expression, 0.0), 1.0).astype(np.float32),
        gaze=np.clip(gaze, -0.9, 0.9).astype(np.float32),
        rotation=rotation,
        reference=fit,
    )


def placing(source_points: FloatArray, target_points: FloatArray, size: float) -> FloatArray:
    """2 x 3, the similarity from the source's pixels to the target's.

    Args:
        source_points, target_points: 468 x 2 landmarks. size: 1 makes the heads equally large.

    Least squares in the complex plane; a size other than 1 keeps the chin where it is.
    """
    a, b = (points[list(_PLACED), :2].astype(np.float64) for points in (source_points, target_points))
    from_a, from_b = ((p - p.mean(axis=0)) @ (1.0, 1.0j) for p in (a, b))
    factor = size * (np.conj(from_a) @ from_b) / max(float((np.abs(from_a) ** 2).sum()), 1e-9)
    rotation = np.array([[factor.real, -factor.imag], [factor.imag, factor.real]])
    plain = rotation / size
    chin = source_points[152, :2].astype(np.float64)
    shift = b.mean(axis=0) + plain @ (chin - a.mean(axis=0)) - rotation @ chin
    return np.column_stack([rotation, shift])


def transplanted(
    body: Body,
    target: HeadState,
    source_image: Image,
    source_parsing: Parsing,
    cut: Cut,
    moved: HeadState,
    *,
    size: float,
    tone: float,
    light: float,
    neck: float,
) -> FloatArray:
    """The target's picture with the source's head: H x W x 3.

    Args:
        body: of the target. target: its head.
        source_image, source_parsing, cut: of the source. moved: its head as it is to be drawn.
        size: of the new head. tone: 0 the target's skin tone, 1 the source's, which the neck then
            takes on. light: 0..1, how much of the target's light falls on the new head.
        neck: 0..1, how much of the source's neck comes along.
    """
    import cv2

    fit = as_fitted(moved)
    portrait = portrait_of(fit, source_image, source_parsing)
    found = moved_by(portrait, moved, layered=True)
    pixels = drawn(portrait, moved, folds=1.0, known=found)[..., :3]
    left, top, right, bottom = portrait.layers.window
    solid = np.clip((cut.over + cut.under - 0.93) / 0.06, 0.0, 1.0)
    own = np.dstack([cut.over, neck * cut.under, cut.colour, cut.skin * solid]).astype(np.float32)
    along: Any = own.copy()
    along[top:bottom, left:right] = _resampled(own, found.where)
    over, under = along[..., 0], along[..., 1]
    alpha = np.minimum(over + under, 1.0)[..., None]
    # Inside the face the drawing counts, with lids, mouth and folds; at the rim the pure colours.
    inside = np.clip((alpha - 0.9) / 0.09, 0.0, 1.0)
    colour = along[..., 2:5] + inside * (pixels - along[..., 2:5])
    stack = np.dstack([colour * alpha, over, under, along[..., 5]]).astype(np.float32)

    points = moved_landmarks(fit, moved)
    matrix = placing(points, target.landmarks[:468], size)
    height, width = body.picture.shape[:2]
    placed = _placed(stack, matrix, width, height)
    over, skin = placed[..., 3], placed[..., 5]
    # The neck stays inside the target's and behind its collar.
    under = placed[..., 4] * body.neck * (1.0 - body.front)
    given = placed[..., 3] + placed[..., 4]
    rows, columns = np.flatnonzero(given.any(axis=1)), np.flatnonzero(given.any(axis=0))
    if not len(rows):
        return body.plate.copy()
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    colour = to_linear(placed[box][..., :3] / np.maximum(given[box], 1e-4)[..., None]).astype(np.float32)
    flesh: Any = np.clip(skin[box] + placed[box][..., 4], 0.0, 1.0)
    flesh = cv2.GaussianBlur(flesh, (0, 0), max(0.03 * eye_distance(target.landmarks), 0.6))
    gain = light_between(colour, skin[box], flesh, body, tone, light)
    result = body.plate.copy() if tone <= 0 else _toned(body, colour, skin[box], tone)
    alpha = np.clip(over + under, 0.0, 1.0)[box][..., None]
    result[box] += alpha * (to_encoded(_shouldered(colour * gain)).astype(np.float32) - result[box])
    result[box] = with_grain(result[box], alpha[..., 0], body.grain)
    return result


def _shouldered(light: FloatArray) -> FloatArray:
    """Linear light in 0..1; what would burn out is bent instead of cut."""
    room = np.float32(1.0 - _SHOULDER)
    over = np.maximum(light - np.float32(_SHOULDER), 0.0)
    return np.asarray(np.minimum(light, np.float32(_SHOULDER)) + room * np.tanh(over / room), np.float32)


def _resampled(planes: FloatArray, where: FloatArray) -> FloatArray:
    import cv2

    at = where - np.float32(0.5)
    parts = [
        cv2.remap(
            np.ascontiguousarray(planes[..., i : i + 3]),
            at[..., 0],
            at[..., 1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for i in range(0, planes.shape[2], 3)
    ]
    return np.dstack(parts)


def _placed(stack: FloatArray, matrix: FloatArray, width: int, height: int) -> FloatArray:
    """Planes brought to the target's pixels; smoothed first where they shrink. 0 outside."""
    import cv2

    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    shift = matrix[:, 2] + matrix[:, :2] @ (0.5, 0.5) - 0.5
    exact = np.column_stack([matrix[:, :2], shift])
    way = cv2.INTER_LINEAR if scale > 2.0 or scale < 0.6 else cv2.INTER_CUBIC
    planes = []
    for i in range(0, stack.shape[2], 3):
        part: Any = np.ascontiguousarray(stack[..., i : i + 3])
        if scale < 0.75:
            part = cv2.GaussianBlur(part, (0, 0), 0.45 * (1.0 / scale - 0.6))
        planes.append(cv2.warpAffine(part, exact, (width, height), flags=way))
    result: FloatArray = np.clip(np.dstack(planes), 0.0, 1.0)
    return result


def light_between(
    colour: FloatArray, skin: FloatArray, flesh: FloatArray, body: Body, tone: float, light: float
) -> FloatArray:
    """What the new head's light is multiplied by: h x w x 3.

    Args:
        colour: h x w x 3, the new head in linear light. skin: h x w, 1 on its face.
        flesh: h x w in 0..1, skin of any kind; the rest is hair, which takes on less.
        body: of the target. tone, light: as of `transplanted`.

    A gain of the colour as a whole, and one that changes evenly across the face: both from the skin
    of the two faces, robustly (medians; brows and beards are left out). Brightness and colour are
    bounded each for itself: a blushed face does not dye another one.
    """
    height, width = skin.shape
    mine, theirs = skin > 0.6, body.skin
    if mine.sum() < 50 or theirs.sum() < 50:
        return np.ones((height, width, 3), np.float32)
    ours, wanted = colour[mine], to_linear(body.picture[theirs])
    lumas = [part @ LUMA for part in (ours, wanted)]
    middle = [
        np.log(np.maximum(np.median(part[_bright_part(luma)], axis=0), 1e-3))
        for part, luma in zip((ours, wanted), lumas, strict=True)
    ]
    brighter, hue = bounded_change(middle[0], (middle[1] + body.tone) / 2.0, middle[1])
    slopes = [_slope(mask, luma) for mask, luma in zip((mine, theirs), lumas, strict=True)]
    rows, columns = np.nonzero(mine)
    x = (np.arange(width) - columns.mean()) / max(columns.std(), 1.0)
    y = (np.arange(height) - rows.mean()) / max(rows.std(), 1.0)
    across, down = light * (slopes[1] - slopes[0])
    field = across * np.tanh(x / 2.0)[None, :] * 2.0 + down * np.tanh(y / 2.0)[:, None] * 2.0
    field = np.clip(field, -0.6, 0.6).astype(np.float32)
    kept = np.float32(1.0 - tone)
    on_hair = kept * (_ON_HAIR[0] * brighter + _ON_HAIR[1] * hue)
    # What shines has the light's colour, not the skin's: there less of the hue is changed.
    shine = colour @ LUMA / max(float(np.exp(middle[0]) @ LUMA), 1e-4)
    on_flesh = kept * (brighter + hue * np.clip(1.6 - 0.6 * shine, 0.3, 1.0)[..., None])
    change = field[..., None] + on_hair + flesh[..., None] * (on_flesh - on_hair)
    return np.exp(change).astype(np.float32)


def bounded_change(own: FloatArray, wanted_hue: FloatArray, wanted: FloatArray) -> tuple[float, FloatArray]:
    """The change of brightness and of colour (3, mean 0) from one skin to another, bounded.

    Args:
        own, wanted: 3, logarithms of linear light. wanted_hue: 3, whose colour is taken.
    """
    brighter = float((wanted - own).mean())
    change = wanted_hue - own
    change = change - change.mean()
    most = float(np.abs(change).max())
    return float(np.clip(brighter, *_MOST_GAIN)), change * min(1.0, _MOST_HUE / max(most, 1e-6))


def _bright_part(values: FloatArray) -> np.ndarray:
    """Without the darkest fifth, which is hair and shadow, and the brightest twentieth, which shines."""
    low, high = np.quantile(values, (0.2, 0.95))
    return np.asarray((values >= low) & (values <= high))


def _slope(mask: np.ndarray, values: FloatArray) -> FloatArray:
    """How the logarithm of light rises across and down a face, per standard deviation of its place."""
    rows, columns = np.nonzero(mask)
    light = np.log(np.maximum(values, 0.01))
    keep = np.abs(light - np.median(light)) < 0.8
    x = (columns - columns.mean()) / max(columns.std(), 1.0)
    y = (rows - rows.mean()) / max(rows.std(), 1.0)
    design = np.column_stack([x, y, np.ones_like(x)])[keep]
    found, *_ = np.linalg.lstsq(design, light[keep], rcond=None)
    return np.clip(found[:2], -0.4, 0.4)


def _toned(body: Body, colour: FloatArray, skin: FloatArray, tone: float) -> FloatArray:
    """The body with its neck in the source's skin tone."""
    mine = skin > 0.6
    if mine.sum() < 50 or body.skin.sum() < 50:
        return body.plate.copy()
    ours = np.median(colour[mine], axis=0)
    theirs = np.median(to_linear(body.picture[body.skin]), axis=0)
    gain = np.exp(tone * np.clip(np.log(np.maximum(ours, 1e-3) / np.maximum(theirs, 1e-3)), -1.0, 1.0))
    share = (body.neck * (1.0 - body.front))[..., None]
    return np.asarray(
        body.plate + share * (to_encoded(to_linear(body.plate) * gain) - body.plate), np.float32
    )
