"""The grid that carries a photograph: bound to the face, following around it, at rest farther off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np

from nodes.head._fit import OUTLINE
from nodes.head._shape import parts_of, to_world
from nodes.head._slit import beyond
from nodes.raster.geometry import to_camera
from nodes.raster.grids import laplacian
from nodes.raster.ramps import smooth_step
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

# All in eye distances of the photo.
_CELL = 0.115
_FOLLOW = 0.75  # how far off a motion of the face dies out
_HAIR = 0.55  # how far hair stands off the skull
_STRETCH = 1.9  # over which a turn of the head dies out


@dataclass(frozen=True, eq=False)
class Grid:
    """The grid over the window.

    Attributes:
        points: G x 3, place in the camera's frame, metres.
        places: G x 2 pixels.
        triangles: T x 3.
        bound: indices of grid points on the face; corners, weights: B x 3, the mesh vertices they
            ride on.
        free: indices of the other points that move; factor solves for them.
        coupling: free x bound, the right-hand side per unit of motion of the bound points.
        turning: works out `turn`.
    """

    points: FloatArray
    places: FloatArray
    triangles: IntArray
    bound: IntArray
    corners: IntArray
    weights: FloatArray
    free: IntArray
    factor: Any
    coupling: Any
    turning: Callable[[], FloatArray]

    @cached_property
    def turn(self) -> FloatArray:
        """G, how much of a turn of the head a point follows, 0..1; not needed by expressions."""
        return self.turning()


def make_grid(
    reference: HeadState, vertices: FloatArray, unit: float, window: tuple[int, int, int, int]
) -> Grid:
    """The grid of a fit; `vertices` are in the camera's frame."""
    left, top, right, bottom = window
    camera = reference.camera
    step = max(_CELL * unit, 2.0)
    columns = max(3, round((right - left) / step) + 1)
    rows = max(3, round((bottom - top) / step) + 1)
    x, y = np.meshgrid(np.linspace(left, right, columns), np.linspace(top, bottom, rows))
    places = np.column_stack([x.ravel(), y.ravel()])
    model = reference.model
    parts = parts_of(model)
    triangles = model.triangles[parts.surface_triangles]

    projected = np.empty((len(vertices), 3), np.float32)
    distance = -vertices[:, 2]
    projected[:, 0] = camera.centre_x + camera.focal * vertices[:, 0] / distance - left
    projected[:, 1] = camera.centre_y - camera.focal * vertices[:, 1] / distance - top
    projected[:, 2] = distance
    # Drawn as small as the grid: one pixel for every point of it, its centre on the point.
    across, down = (right - left) / (columns - 1), (bottom - top) / (rows - 1)
    coarse = (projected / np.array([across, down, 1.0]) + np.array([0.5, 0.5, 0.0])).astype(np.float32)
    drawn = rasterise(coarse, triangles, columns, rows)
    hit = drawn.triangle.ravel()
    outline = reference.landmarks[list(OUTLINE), :2].astype(np.float32)
    middle = outline.mean(axis=0)
    on_face = beyond(middle + (outline - middle) * 0.985, places) >= 0
    is_bound = on_face & (hit >= 0)
    bound = np.nonzero(is_bound)[0]
    weight = drawn.weights.reshape(-1, 2)[bound]
    weights = np.column_stack([weight, 1.0 - weight.sum(axis=1)])
    corners = triangles[hit[bound]]

    numbers = np.arange(rows * columns).reshape(rows, columns)
    border = np.zeros((rows, columns), bool)
    border[[0, -1]] = True
    border[:, [0, -1]] = True
    is_free = ~is_bound & ~border.ravel()
    free = np.nonzero(is_free)[0]
    system = _bending(rows, columns, step / (_FOLLOW * unit))
    factor, coupling = _solver(system, free, bound)

    # Depth comes from all that is convex: eyeballs, not the sockets around them.
    whole = rasterise(coarse, model.triangles, columns, rows)
    solid = on_face & whole.covered.ravel()
    depth = _depth(reference, whole.distance.ravel(), solid, places, rows, columns, unit, step)
    points = np.empty((len(places), 3), np.float32)
    points[:, 0] = (places[:, 0] - camera.centre_x) * depth / camera.focal
    points[:, 1] = (camera.centre_y - places[:, 1]) * depth / camera.focal
    points[:, 2] = -depth
    a, b, c, d = (
        numbers[i : rows - 1 + i, j : columns - 1 + j].ravel() for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))
    )
    cells = np.concatenate([np.column_stack([a, c, b]), np.column_stack([b, c, d])])
    return Grid(
        points=points,
        places=places.astype(np.float32),
        triangles=cells.astype(np.int32),
        bound=bound,
        corners=corners,
        weights=weights.astype(np.float32),
        free=free,
        factor=factor,
        coupling=coupling,
        turning=partial(_turn_share, reference.landmarks, triangles, projected, window, places, unit),
    )


def _bending(rows: int, columns: int, decay: float) -> Any:
    """The operator (decay^2 - Laplacian)^2 on a grid, sparse."""
    from scipy import sparse

    screened = laplacian(rows, columns) + decay**2 * sparse.eye(rows * columns)
    return (screened @ screened).tocsr()


def _solver(system: Any, free: IntArray, bound: IntArray) -> tuple[Any, Any]:
    from scipy.sparse.linalg import splu

    part = system[free]
    # The system is symmetric and positive: an order for such, without pivots, is the quickest.
    factor = splu(
        part[:, free].tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    return factor, -part[:, bound]


def _depth(
    reference: HeadState,
    distance: FloatArray,
    solid: np.ndarray,
    places: FloatArray,
    rows: int,
    columns: int,
    unit: float,
    step: float,
) -> FloatArray:
    """G metres: the distance of what each grid point shows; the head's, falling back to its middle."""
    import cv2

    chin = float(reference.landmarks[152, 1])
    back = -float(to_camera(reference.camera, to_world(reference, np.zeros((1, 3), np.float32)))[0, 2])
    known = np.nonzero(solid & (places[:, 1] < chin))[0]
    seen = distance[known]
    others = np.setdiff1d(np.arange(len(places)), known)
    factor, coupling = _solver(_bending(rows, columns, step / (1.2 * unit)), others, known)
    out = np.empty(len(places))
    out[known] = seen
    out[others] = back + factor.solve(np.asarray(coupling @ (seen - back)))
    # Where the surface turns away its depth falls steeply, and a steep grid folds when it turns.
    relief = cv2.GaussianBlur(out.reshape(rows, columns).astype(np.float32), (0, 0), 0.22 * unit / step)
    return relief.ravel()


def _turn_share(
    landmarks: FloatArray,
    triangles: IntArray,
    projected: FloatArray,
    window: tuple[int, int, int, int],
    places: FloatArray,
    unit: float,
) -> FloatArray:
    """G in 0..1: 1 on the head and its hair, falling to 0 over the neck, around, and at the border."""
    import cv2

    left, top, right, bottom = window
    head = rasterise(projected, triangles, right - left, bottom - top).covered
    outline = landmarks[list(OUTLINE), :2]
    jaw = outline[8:29]
    order = np.argsort(jaw[:, 0])
    x = np.arange(left, right) + 0.5
    # Below the jaw line, and below the ears outside it, lies the neck.
    line = np.interp(x, jaw[order, 0], jaw[order, 1]) - top
    head &= (np.arange(bottom - top) + 0.5)[:, None] < line[None, :]
    if not head.any():
        return np.zeros(len(places), np.float32)
    distance = cv2.distanceTransform((~head).astype(np.uint8), cv2.DIST_L2, 5)
    column = np.clip((places[:, 0] - left).astype(int), 0, right - left - 1)
    row = np.clip((places[:, 1] - top).astype(int), 0, bottom - top - 1)
    off = distance[row, column]
    below = places[:, 1] > float(landmarks[152, 1]) - 0.1 * unit
    off = np.where(below, off, np.maximum(off - _HAIR * unit, 0.0))
    share = 1.0 - smooth_step(off / (_STRETCH * unit))
    rim = np.minimum.reduce(
        [places[:, 0] - left, right - places[:, 0], places[:, 1] - top, bottom - places[:, 1]]
    )
    return (share * smooth_step(rim / (0.6 * unit))).astype(np.float32)
