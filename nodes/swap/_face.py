"""A face swapped by geometry: the source's skin drawn on the target's moved head."""

from __future__ import annotations

import numpy as np

from nodes.face._paste import multiband
from nodes.head._fit import eye_distance
from nodes.head._landmarks import OUTLINE
from nodes.head._photo_frame import render_over_photo
from nodes.head._photo_mouth import OUTER_LIPS
from nodes.head._shape import as_fitted, landmark_points, parts_of
from nodes.head._slit import EYE_LEFT, EYE_RIGHT, MOUTH, Slit, inside, slit
from nodes.head._texture import texture_for
from nodes.portrait.editing import Portrait, moved_by, portrait_of
from nodes.portrait.light import camera_vertices
from nodes.raster.geometry import project_from_camera
from nodes.raster.grain import grain_of, with_grain
from nodes.raster.ramps import smooth_step
from nodes.raster.sampling import sample_bilinear, sample_texture
from nodes.raster.zbuffer import interpolate, interpolate_corners, rasterise
from nodes.sdk.values import PARSING_CLASSES, HeadState, Image, Parsing
from nodes.sdk.values.arrays import ByteArray, FloatArray
from nodes.swap._blending import lit_like, soft_mask
from nodes.swap._geometry import with_shape_of

#: Labels of PARSING_CLASSES that are the face itself.
FACE = tuple(
    PARSING_CLASSES.index(name)
    for name in ("skin", "left brow", "right brow", "left eye", "right eye", "nose", "mouth", "upper lip",
                 "lower lip")
)  # fmt: skip
#: What a face is joined to slowly, because skin goes on there, and how much more slowly.
_JOINED = (*FACE, *(PARSING_CLASSES.index(name) for name in ("neck", "left ear", "right ear")))
#: A place in the texture this far from its neighbours' belongs to another part: if it looks otherwise
#: than they do by _ODD, and in any case.
_TORN, _ODD = (0.003, 0.02), 0.1
#: The base of the nose, the reach of the lips; heights of an opening, in eye distances, from which and up
#: to which it counts.
_NOSTRILS = (98, 97, 2, 326, 327)
_LIPS_REACH = (61, 291, 0, 17)
_OPEN = (0.02, 0.07)
#: How far from the eyes' openings lids reach, in eye distances.
_LIDS = 0.08
#: How dark the line between closed lips is.
_LINE = 0.5
_NECKLACE = PARSING_CLASSES.index("necklace")
_SLOWER = (2.0, 1.3)
#: In eye distances: how far above its landmarks a forehead may go on.
_FOREHEAD = 0.5


def drawn_skin(
    head: HeadState, source: HeadState, labels: ByteArray | None, box: tuple[int, int, int, int]
) -> tuple[FloatArray, FloatArray]:
    """The source's skin on a head (h x w x 3), and where it is (h x w), in a box of the picture.

    Args:
        head: in the target's picture. source: whose skin it is.
        labels: of the source's picture; hair and hands before its face are left out.
    """
    left, top, right, bottom = box
    points = project_from_camera(head.camera, camera_vertices(head))
    points[:, 0] -= left
    points[:, 1] -= top
    surface = parts_of(head.model).surface_triangles
    triangles = head.model.triangles[surface]
    raster = rasterise(points, triangles, right - left, bottom - top)
    at = interpolate_corners(raster, head.model.uv[surface])
    closed = _closed(raster.covered)
    colour = np.ascontiguousarray(sample_texture(texture_for(source).pixels, at)[..., :3], np.float32)
    part, folded = _beneath_nose(points, head, right - left, bottom - top)
    gaps = closed[part] & ~raster.covered[part]
    colour[part] = _without_specks(colour[part], at[part], gaps, folded[part])
    shown = closed.astype(np.float32)
    if labels is not None:
        fit = as_fitted(source)
        origin = project_from_camera(fit.camera, camera_vertices(fit))[:, :2]
        places = interpolate(raster, triangles, np.ascontiguousarray(origin, np.float32))
        face = _face_only(labels, 0.03 * eye_distance(fit.landmarks))
        # A little inwards, or the shade of a fringe comes along.
        face = soft_mask(face, 0.06 * eye_distance(fit.landmarks))
        shown *= sample_bilinear(face[..., None], places)[..., 0]
    return colour, shown


def _closed(covered: np.ndarray) -> np.ndarray:
    """h x w bool without gaps a pixel or two wide, as between closed lips."""
    import cv2

    kernel = np.ones((5, 5), np.uint8)
    return np.asarray(cv2.morphologyEx(covered.astype(np.uint8), cv2.MORPH_CLOSE, kernel), np.uint8) > 0


def _beneath_nose(
    points: FloatArray, head: HeadState, width: int, height: int
) -> tuple[tuple[slice, slice], np.ndarray]:
    """The part of a box that holds nostrils and lips, and where nostrils are drawn edge-on: h x w bool.

    Args:
        points: V x 3, the vertices' pixels in the box.
    """
    import cv2

    landmarks = landmark_points(head.model, points)[:, :2]
    rows = landmarks[list(_NOSTRILS)]
    mask = np.zeros((height, width), np.uint8)
    across = float(np.linalg.norm(rows[0] - rows[-1]))
    line = np.round(rows * 16).astype(np.int32)
    cv2.polylines(mask, [line], False, 1, max(3, round(0.4 * across)), shift=4)
    around = np.concatenate([rows, landmarks[list(_LIPS_REACH)]])
    low, high = np.floor(around.min(axis=0) - 0.4 * across), np.ceil(around.max(axis=0) + 0.4 * across)
    x0, y0 = (int(value) for value in np.clip(low, 0, (width - 1, height - 1)))
    x1, y1 = (int(value) for value in np.clip(high, (x0 + 1, y0 + 1), (width, height)))
    return np.s_[y0:y1, x0:x1], mask > 0


def _without_specks(colour: FloatArray, at: FloatArray, gaps: np.ndarray, folded: np.ndarray) -> FloatArray:
    """Drawn skin (h x w x 3) without lines a pixel wide of what lies inside nostrils and lips.

    Args:
        at: h x w x 2, the place of the texture that each pixel shows. gaps: h x w bool, not drawn.
        folded: h x w bool, where the skin folds inwards.
    """
    import cv2

    colour = np.ascontiguousarray(colour)
    planes = np.dstack([at, at[..., :1]]).astype(np.float32)
    calm = cv2.medianBlur(colour, 5)
    away = np.abs(planes - cv2.medianBlur(planes, 5)).max(axis=2)
    odd = np.abs(colour - calm).max(axis=2) > _ODD
    torn = gaps | (away > _TORN[1]) | (odd & (folded | (away > _TORN[0])))
    torn = cv2.dilate(torn.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return np.where(torn[..., None], calm, colour).astype(np.float32)


def moved_landmarks(reference: HeadState, head: HeadState) -> FloatArray:
    """Where the 468 landmarks of the picture are after an edit: 468 x 2 pixels."""
    places = [
        project_from_camera(
            state.camera, landmark_points(state.model, camera_vertices(state)).astype(np.float32)
        )
        for state in (reference, head)
    ]
    moved: FloatArray = reference.landmarks[:468, :2] + (places[1] - places[0])[:, :2]
    return moved


def swapped(
    image: Image,
    target: HeadState,
    source: HeadState,
    parsing: Parsing | None,
    source_parsing: Parsing | None,
    *,
    shape: float,
    tone: float,
    strength: float,
    softness: float,
    turn: FloatArray | None = None,
) -> FloatArray:
    """The picture with the source's face on the target's head: H x W x 3 or 4.

    Args:
        image: the target's picture. target: the head fitted to it. source: the other person's head.
        parsing: of the picture; what is not face keeps in front. Without it the face's outline counts.
        source_parsing: of the source's picture, or None.
        shape, tone, strength: 0..1. softness: width of the edge in eye distances.
        turn: 3 x 3, between the axes of the two heads, when it is known.
    """
    labels = None if source_parsing is None else source_parsing.labels
    # With a parsing, hair, clothes and background stay where they are when the face takes another shape.
    portrait = portrait_of(target, image, parsing)
    layers = portrait.layers
    head = with_shape_of(target, source, shape, turn)
    under = render_over_photo(layers, head, known=moved_by(portrait, head, follow=_held(portrait)))
    height, width = under.shape[:2]
    unit = eye_distance(target.landmarks)
    points = moved_landmarks(target, head)
    low = np.floor(points.min(axis=0) - 0.6 * unit).astype(int)
    high = np.ceil(points.max(axis=0) + 0.6 * unit).astype(int)
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    right, bottom = min(int(high[0]), width), min(int(high[1]), height)
    if right - left < 8 or bottom - top < 8:
        return under
    box = (left, top, right, bottom)
    skin, shown = drawn_skin(head, source, labels, box)
    face = _outline_mask(points, box, 0.0 if parsing is None else _FOREHEAD * unit)
    beside = np.ones_like(face)
    if parsing is not None:
        kinds = parsing.labels[top:bottom, left:right]
        face = face * _face_only(kinds, 0.03 * unit)
        beside = np.isin(kinds, _JOINED).astype(np.float32)
    mask = shown * face
    edge = _joined(mask, face, beside, softness * unit)
    below = np.ascontiguousarray(under[top:bottom, left:right, :3])
    # Light is compared on skin: openings would darken it.
    openings = _openings(points, box, unit)
    lips = _lips_and_lids(points, box, unit)
    lit = lit_like(skin, below, mask * (1.0 - openings), 0.5 * unit, tone, lips)
    lit = lit * (1.0 - _LINE * _lip_line(points, box, unit))[..., None]
    lit = with_grain(lit, mask, grain_of(below, mask > 0.5))
    cover = edge * (1.0 - openings) * np.float32(strength)
    mixed = multiband(
        below, (below + np.clip(mask * 4.0, 0.0, 1.0)[..., None] * (lit - below)).astype(np.float32), cover
    )
    # The pyramid spreads beyond the mask: what lies in front, eyes and teeth are kept from it.
    hold = _just_around(mask * (1.0 - openings), 0.03 * unit)
    result = under.copy()
    result[top:bottom, left:right, :3] = below + hold[..., None] * (mixed - below)
    return result


def _held(portrait: Portrait) -> FloatArray | None:
    """How much each place follows another shape of the face, which bends no necklace and little of the neck.

    h x w in 0..1 of the portrait's window; None without a parsing.
    """
    import cv2

    follow = portrait.with_expression
    if follow is None or portrait.labels is None:
        return None
    left, top, right, bottom = portrait.layers.window
    labels = portrait.labels[top:bottom, left:right]
    if not (labels == _NECKLACE).any():
        return follow
    unit = eye_distance(portrait.fit.landmarks)
    side = 2 * max(1, round(0.08 * unit)) + 1
    kept = cv2.dilate((labels == _NECKLACE).astype(np.float32), np.ones((side, side), np.uint8))
    kept = cv2.GaussianBlur(kept, (0, 0), 0.25 * side)
    return np.asarray(follow * (1.0 - kept), np.float32)


def _joined(mask: FloatArray, face: FloatArray, beside: FloatArray, softness: float) -> FloatArray:
    """A mask (h x w) that falls off inwards: quickly beside hair and things, slowly beside skin.

    Args:
        mask: h x w. face: h x w, the whole face; where only the mask ends, it falls off slowest.
        beside: h x w, 1 on skin.
    """
    quick = soft_mask(mask, softness)
    slow = soft_mask(np.maximum(mask, 1.0 - beside), _SLOWER[0] * softness)
    slowest = soft_mask(np.maximum(mask, 1.0 - face), _SLOWER[1] * softness)
    return np.minimum(np.minimum(quick, slow), slowest)


def _outline_mask(points: FloatArray, box: tuple[int, int, int, int], raised: float) -> FloatArray:
    """1 within the landmarks' outline, its forehead raised by so many pixels."""
    import cv2

    left, top, right, bottom = box
    mask = np.zeros((bottom - top, right - left), np.uint8)
    polygon = points[list(OUTLINE)] - (left, top)
    if raised > 0:
        up = points[10] - points[152]
        up = up / max(float(np.linalg.norm(up)), 1e-6)
        rise = (polygon - (points[168] - (left, top))) @ up
        rise = np.clip(rise / max(float(rise.max()), 1.0), 0.0, 1.0)
        polygon = polygon + (raised * np.minimum(1.6 * rise, 1.0))[:, None] * up
    cv2.fillPoly(mask, [np.round(polygon * 16).astype(np.int32)], 1, shift=4)
    return mask.astype(np.float32)


def _face_only(labels: ByteArray, doubt: float) -> FloatArray:
    """1 where the parsing says face, 0 on hair, hands, glasses and whatever else lies before it."""
    import cv2

    face = np.isin(labels, FACE).astype(np.uint8)
    # Single pixels of doubt are no occluder.
    side = 2 * max(1, round(doubt)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return cv2.morphologyEx(face, cv2.MORPH_CLOSE, kernel).astype(np.float32)


def _just_around(mask: FloatArray, reach: float) -> FloatArray:
    """h x w in 0..1: 1 well inside a mask, 0.5 at its edge, 0 beyond `reach` pixels outside."""
    import cv2

    outside = (mask < 0.5).astype(np.uint8)
    inwards = cv2.distanceTransform(1 - outside, cv2.DIST_L2, 5)
    outwards = cv2.distanceTransform(outside, cv2.DIST_L2, 5)
    return np.asarray(smooth_step(0.5 + (inwards - outwards) / (2.0 * max(reach, 1.0))), np.float32)


def _openings(points: FloatArray, box: tuple[int, int, int, int], unit: float) -> FloatArray:
    """h x w: 1 between lids and lips, where the target's own eyes, teeth and tongue stay."""
    import cv2

    left, top, right, bottom = box
    shifted = points - (left, top)
    found = np.zeros((bottom - top, right - left), np.float32)
    for rows in (EYE_LEFT, EYE_RIGHT, MOUTH):
        opening = slit(shifted, rows)
        # A mere line between lips is drawn with the source's skin.
        share = _how_open(opening, unit)
        if share > 0:
            shown = inside(opening, right - left, bottom - top, 0.3)
            found = np.maximum(found, np.float32(share) * shown)
    soft = max(0.012 * unit, 0.6)
    return np.asarray(cv2.GaussianBlur(found, (0, 0), soft), np.float32)


def _how_open(opening: Slit, unit: float) -> np.floating:
    """0 for a mere line between lids or lips, 1 for an opening that is looked into."""
    return np.clip((opening.opening / unit - _OPEN[0]) / (_OPEN[1] - _OPEN[0]), 0.0, 1.0)


def _lip_line(points: FloatArray, box: tuple[int, int, int, int], unit: float) -> FloatArray:
    """h x w in 0..1: 1 where closed lips meet; nothing when they are apart."""
    import cv2

    left, top, right, bottom = box
    opening = slit(points - (left, top), MOUTH)
    share = 1.0 - _how_open(opening, unit)
    shown = inside(opening, right - left, bottom - top, max(0.006 * unit, 0.4)).astype(np.float32)
    return np.asarray(share * cv2.GaussianBlur(shown, (0, 0), max(0.008 * unit, 0.6)), np.float32)


def _lips_and_lids(points: FloatArray, box: tuple[int, int, int, int], unit: float) -> FloatArray:
    """h x w in 0..1: 1 on the lips and the painted or folded skin about the eyes, falling to 0 outside."""
    import cv2

    left, top, right, bottom = box
    found = np.zeros((bottom - top, right - left), np.float32)
    eyes = [(first, *upper, last, *lower) for first, upper, lower, last in (EYE_LEFT, EYE_RIGHT)]
    for rows, reach in ((OUTER_LIPS, 0.03), (eyes[0], _LIDS), (eyes[1], _LIDS)):
        mask = np.zeros_like(found, np.uint8)
        polygon = cv2.convexHull(np.round((points[list(rows)] - (left, top)) * 16).astype(np.int32))
        cv2.fillPoly(mask, [polygon], 1, shift=4)
        side = 2 * max(1, round(reach * unit)) + 1
        wide = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        soft = max(0.4 * min(side, round(0.06 * unit) + 1), 0.5)
        found = np.maximum(found, cv2.GaussianBlur(wide.astype(np.float32), (0, 0), soft))
    return np.asarray(found, np.float32)
