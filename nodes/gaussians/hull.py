"""The shape of hair around a head: how far out it reaches in every direction, and where it grows.

Hair is a height over the head's axis, which is a point inside the skull with a line hanging from it: above
the point directions go out as from the middle of a ball, below it as from a pole. So a bob and hair to
the chest have one closed surface each. The outline in a photograph says how thick hair is at the sides;
the thickness goes on smoothly to where no photograph looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nodes.gaussians.shots import Shot
from nodes.head._shape import parts_of
from nodes.head._texture import smooth_fill
from nodes.raster.zbuffer import interpolate
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

#: The point inside the skull, in the head's frame, metres; and the radius by which arcs are measured.
_MIDDLE = np.array([0.0, 0.045, 0.04])
_RADIUS = 0.1
_ARC = 0.5 * np.pi * _RADIUS
#: How far below the point the line hangs, metres; nothing grows farther down.
_LINE = 0.31
_AROUND, _DOWN = 200, 156
#: Steps in which outlines are looked for along a ray, from the skull outwards, metres.
_STEP, _REACH = 0.002, 0.12
#: Hair that hangs comes this much nearer to the axis for each metre that it falls.
_DRAPE = 0.35
_THICKEST_BEHIND = 0.05
#: Of hair that no photograph shows, the ends at the back of the neck: a height of the head's frame.
_NAPE = -0.05


@dataclass(frozen=True, eq=False)
class HairHull:
    """The surface of hair on a grid of directions, rows down from the crown and columns around.

    Attributes:
        radius: S x T metres from the axis. inner: S x T, that of the head below.
        grows: S x T in 0..1, how much hair there is.
    """

    radius: FloatArray
    inner: FloatArray
    grows: FloatArray

    def places(self, radius: FloatArray | None = None) -> FloatArray:
        """S x T x 3 metres in the head's frame, of the surface or at another radius (S x T)."""
        origin, direction = axes()
        return origin + (self.radius if radius is None else radius)[..., None] * direction

    def triangles(self) -> IntArray:
        """Triangles of the surface where hair grows; node number is row * T + column."""
        down, around = self.radius.shape
        rows, columns = np.meshgrid(np.arange(down - 1), np.arange(around), indexing="ij")
        after = (columns + 1) % around
        a, b = rows * around + columns, rows * around + after
        c, d = a + around, b + around
        solid = self.grows > 0.5
        there = solid[rows, columns] & solid[rows, after] & solid[rows + 1, columns] & solid[rows + 1, after]
        quads = [np.stack([a, c, b], -1)[there], np.stack([b, c, d], -1)[there]]
        return np.concatenate(quads).astype(np.int32)


def axes() -> tuple[FloatArray, FloatArray]:
    """Where the grid's rays begin and whither they go: S x T x 3 each, in the head's frame."""
    arc = (np.arange(_DOWN) + 0.5) / _DOWN * (_ARC + _LINE)
    turn = np.arange(_AROUND) / _AROUND * 2 * np.pi
    angle = np.minimum(arc, _ARC)[:, None] / _RADIUS
    direction = np.stack(
        [
            np.sin(angle) * np.sin(turn),
            np.broadcast_to(np.cos(angle), (_DOWN, _AROUND)),
            np.sin(angle) * np.cos(turn),
        ],
        axis=2,
    )
    origin = np.broadcast_to(_MIDDLE, direction.shape).copy()
    origin[..., 1] -= np.maximum(arc - _ARC, 0.0)[:, None]
    return origin.astype(np.float32), direction.astype(np.float32)


def cells(places: np.ndarray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Row and column (fractions of cells) and radius of places in the head's frame (N x 3)."""
    away = places - _MIDDLE
    above = away[:, 1] >= 0
    flat = np.hypot(away[:, 0], away[:, 2])
    arc = np.where(above, _RADIUS * np.arctan2(flat, np.maximum(away[:, 1], 0.0)), _ARC - away[:, 1])
    turn = np.arctan2(away[:, 0], away[:, 2]) % (2 * np.pi)
    radius = np.where(above, np.linalg.norm(away, axis=1), flat)
    row = arc / (_ARC + _LINE) * _DOWN - 0.5
    return row, turn / (2 * np.pi) * _AROUND, radius


def heights() -> FloatArray:
    """S x T metres: the height in the head's frame at which each ray meets the skull, about."""
    origin, direction = axes()
    return origin[..., 1] + _RADIUS * direction[..., 1]


def head_radius(fit: HeadState, local: FloatArray) -> FloatArray:
    """How far the head model's skin lies from the axis, S x T metres, 0 where there is none.

    Args:
        local: V x 3, its vertices in the head's frame.
    """
    import cv2

    corners = local[fit.model.triangles[parts_of(fit.model).skin_triangles]].astype(np.float64)
    steps = [(i / 5, j / 5) for i in range(6) for j in range(6 - i)]
    points = np.concatenate(
        [(1 - u - v) * corners[:, 0] + u * corners[:, 1] + v * corners[:, 2] for u, v in steps]
    )
    row, column, radius = cells(points)
    row, column = np.round(row).astype(int), np.round(column).astype(int) % _AROUND
    inside = (row >= 0) & (row < _DOWN)
    found = np.zeros((_DOWN, _AROUND), np.float32)
    np.maximum.at(found, (row[inside], column[inside]), radius[inside].astype(np.float32))
    found = unwrapped(cv2.morphologyEx(wrapped(found), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)))
    # Few points lie about the crown, where the columns crowd.
    last = int(np.argmax((found > 0).all(axis=1)))
    found[:last] = found[last].mean()
    return found


def head_of(shot: Shot) -> np.ndarray:
    """H x W bool: where the model's head is seen, without its shoulders."""
    places = interpolate(shot.drawn, shot.fit.model.triangles, shot.local)
    head: np.ndarray = shot.drawn.covered & (places[..., 1] > -0.1)
    return head


def hair_hull(shots: Sequence[Shot], usual: float) -> HairHull:
    """The hair of photographs, completed all around.

    Args:
        shots: the first one has the say about what it shows; all tell the thickness at their rims.
        usual: thickness over the skull in metres where no photograph tells.
    """
    first = shots[0]
    inner = head_radius(first.fit, first.local)
    base = _draped(inner)
    origin, direction = axes()
    total, weight = np.zeros_like(base), np.zeros_like(base)
    for shot in reversed(shots):
        exits, hair_there, facing = _exits(shot, origin, direction, base)
        # At the rim, where rays cross the line of sight, the outline tells the thickness.
        rim = np.clip(1 - np.abs(facing) / 0.35, 0, 1) * hair_there * (exits < _REACH - 2 * _STEP)
        total, weight = total + rim * exits, weight + rim
    known = np.clip(weight, 0, 1).astype(np.float32)
    thickness = (total / np.maximum(weight, 1e-6))[..., None].astype(np.float32)
    spread = _filled(thickness, known)
    trust = np.clip(_filled(thickness, known, blank=True), 0, 1)
    thick = (usual + trust * (spread - usual))[..., 0] if known.max() > 0.3 else np.full_like(base, usual)
    behind = np.clip(-facing / 0.5, 0, 1)
    thick = np.minimum(thick, _THICKEST_BEHIND + (1 - behind) * _REACH)
    # In front, hair lies on the forehead.
    ahead = np.clip((facing - 0.25) / 0.5, 0, 1)
    thick = thick + ahead * (np.minimum(thick, usual) - thick)
    radius = np.minimum(base + thick, base + np.maximum(exits, 0.002))
    radius = np.maximum(radius, inner + 0.002)
    smooth = np.clip(0.5 - facing / 0.5, 0, 1)
    radius = _soft(radius, 2.0) * (1 - smooth) + smooth * _soft(radius, 7.0)
    # Columns meet at the crown.
    crown = np.clip(1 - np.arange(_DOWN) / 6.0, 0, 1)[:, None]
    radius = radius + crown * (radius[:6].mean() - radius)
    grows = _growth(first, origin, direction, radius, facing)
    return HairHull(np.maximum(radius, inner + 0.0015).astype(np.float32), inner, grows)


def _draped(inner: FloatArray) -> FloatArray:
    """The head's radius with hair's fall: below a bulge it comes in slowly."""
    arc = (_ARC + _LINE) / _DOWN
    base = inner.copy()
    first = int(_ARC / arc)
    for row in range(first, len(base)):
        base[row] = np.maximum(base[row], base[row - 1] - _DRAPE * arc)
    return base


def _exits(
    shot: Shot, origin: FloatArray, direction: FloatArray, base: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Along every ray from the draped head outwards: where it leaves the outline (metres beyond the
    head), whether it is hair there (0 or 1), and the cosine to the line of sight (1 faces the camera).
    """
    import cv2

    outline = (shot.hairy | head_of(shot)).astype(np.uint8)
    outline = cv2.morphologyEx(outline, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8)) > 0
    hair = shot.hairy & (shot.share > 0.5)
    count = int(_REACH / _STEP)
    # It may also leave before: then what was draped was too much.
    offsets = (np.arange(count) - 8) * _STEP
    last = np.full(base.shape, offsets[0], np.float32)
    is_hair = np.zeros(base.shape, np.float32)
    running = np.ones(base.shape, bool)
    for offset in offsets:
        points = origin + (base + np.float32(offset))[..., None] * direction
        row, column, inside = shot.cells(shot.pixels(points.reshape(-1, 3)))
        within = (outline[row, column] | ~inside).reshape(base.shape)
        running &= within | (offset < 0)
        last = np.where(running & within, offset, last)
        is_hair = np.where(running & within, (hair[row, column] & inside).reshape(base.shape), is_hair)
    middle = (origin + base[..., None] * direction).reshape(-1, 3)
    facing = shot.facing(middle, direction.reshape(-1, 3)).reshape(base.shape)
    return last.astype(np.float32), is_hair.astype(np.float32), facing.astype(np.float32)


def _growth(
    shot: Shot, origin: FloatArray, direction: FloatArray, radius: FloatArray, facing: FloatArray
) -> FloatArray:
    """How much hair there is in every direction, S x T in 0..1."""
    import cv2

    hairy = shot.hairy & (shot.share > 0.25)
    share = cv2.GaussianBlur(hairy.astype(np.float32), (0, 0), 1.5)
    row, column, inside = shot.cells(shot.pixels((origin + radius[..., None] * direction).reshape(-1, 3)))
    seen = (share[row, column] * inside).reshape(radius.shape).astype(np.float32)
    seen = unwrapped(cv2.morphologyEx(wrapped(seen), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)))
    below = _lowest(seen * (np.abs(facing) < 0.45))
    level = np.broadcast_to(np.arange(_DOWN)[:, None], radius.shape)
    nape = (_ARC + (_MIDDLE[1] - _NAPE)) / (_ARC + _LINE) * _DOWN
    # Strands do not all end at one height.
    random = np.random.default_rng(5)
    uneven = 1.6 * _around_only(random.normal(size=_AROUND), 1.2)
    uneven += 1.6 * _around_only(random.normal(size=_AROUND), 6.0)
    end = np.maximum(below, nape) + uneven
    back = np.clip((end[None] - level) / 2.0 + 0.5, 0, 1)
    front = np.clip((facing + 0.05) / 0.12, 0, 1)
    grows = np.where(front > 0.99, seen, back * (1 - front) + np.maximum(seen, 0) * front)
    return _soft(grows.astype(np.float32), 0.8)


def _lowest(sides: FloatArray) -> FloatArray:
    """T rows: how far down hair reaches at the sides (S x T), carried around to the back."""
    solid = sides > 0.5
    rows = np.where(solid.any(axis=0), _DOWN - np.argmax(solid[::-1], axis=0), 0).astype(np.float32)
    columns = np.nonzero(rows)[0]
    if not len(columns):
        return np.zeros(_AROUND, np.float32)
    # Each side's own, without its longest strands.
    side = np.sin(columns / _AROUND * 2 * np.pi) > 0
    ends = [float(np.quantile(rows[columns[part]], 0.8)) if part.any() else 0.0 for part in (side, ~side)]
    ends = [one or max(ends) for one in ends]
    share = 0.5 + 0.5 * np.sin(np.arange(_AROUND) / _AROUND * 2 * np.pi)
    return (ends[1] + share * (ends[0] - ends[1])).astype(np.float32)


def wrapped(values: np.ndarray) -> np.ndarray:
    """The grid with half a turn more at each side, so that filters see across the seam."""
    half = _AROUND // 2
    return np.ascontiguousarray(np.concatenate([values[:, -half:], values, values[:, :half]], axis=1))


def unwrapped(values: np.ndarray) -> np.ndarray:
    half = _AROUND // 2
    return np.ascontiguousarray(values[:, half : half + _AROUND])


def _soft(values: FloatArray, sigma: float) -> FloatArray:
    import cv2

    return unwrapped(cv2.GaussianBlur(wrapped(values), (0, 0), sigma)).astype(np.float32)


def _filled(values: FloatArray, known: FloatArray, *, blank: bool = False) -> FloatArray:
    """Values (S x T x 1, below 1) carried from where they are known; with `blank`, how near that is."""
    import cv2

    if blank:
        share = cv2.GaussianBlur(wrapped(known), (0, 0), 45.0) * 25.0
        return unwrapped(np.clip(share, 0, 1))[..., None]
    weight = wrapped(known)
    return unwrapped(smooth_fill(np.repeat(wrapped(values[..., 0])[..., None], 3, 2), weight))[..., :1]


def _around_only(noise: np.ndarray, sigma: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter1d

    soft = gaussian_filter1d(noise, sigma, mode="wrap")
    return soft / max(float(soft.std()), 1e-9)
