"""Where to begin: points on the hull that the silhouettes of calibrated views leave standing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nodes.gaussians.views import View, colour_and_alpha
from nodes.raster.geometry import project, to_camera
from nodes.raster.sampling import sample_bilinear
from nodes.sdk.values.arrays import FloatArray

_SIDE = 128
#: How far beyond the ball that all cameras see things may stick out.
_MARGIN = 1.45


def middle_and_reach(views: Sequence[View]) -> tuple[np.ndarray, float]:
    """The point that the cameras look at, and the radius about it that all of them see."""
    lines, points = [], []
    for view in views:
        rigid = np.asarray(view.camera.world_to_camera, np.float64)
        axis = -rigid[2, :3]
        lines.append(np.eye(3) - np.outer(axis, axis))
        points.append(-rigid[:3, :3].T @ rigid[:3, 3])
    middle = np.linalg.lstsq(
        np.sum(lines, axis=0), np.sum([a @ p for a, p in zip(lines, points, strict=True)], axis=0), rcond=None
    )[0]
    distances = np.linalg.norm(np.array(points) - middle, axis=1)
    angles = [min(view.camera.width, view.camera.height) / 2 / view.camera.focal for view in views]
    return middle, float(np.median(distances * np.sin(np.arctan(angles))))


def start_points(views: Sequence[View], count: int) -> tuple[FloatArray, FloatArray]:
    """About `count` points on the visual hull (Laurentini 1994) and their colours, N x 3 each.

    Without silhouettes the points fill the ball that the cameras see.
    """
    middle, reach = middle_and_reach(views)
    reach *= _MARGIN
    ticks = np.linspace(-reach, reach, _SIDE)
    grid = np.stack(np.meshgrid(ticks, ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 3) + middle
    inside = np.ones(len(grid), bool)
    witnesses = np.zeros(len(grid), np.int32)
    for view in views:
        _, alpha = colour_and_alpha(view.image)
        rows = np.nonzero(inside)[0]
        places = project(view.camera, grid[rows])
        seen = sample_bilinear(alpha[..., None], places[:, :2])[:, 0] > 0.3
        out = (places[:, :2] < 0) | (places[:, :2] > [view.camera.width, view.camera.height])
        outside = out.any(axis=1)
        witnesses[rows] += ~outside
        inside[rows[~(seen | outside)]] = False
    inside &= 2 * witnesses > len(views)
    solid = inside.reshape(_SIDE, _SIDE, _SIDE)
    shell = solid.copy()
    shell[1:-1, 1:-1, 1:-1] &= ~(
        solid[2:, 1:-1, 1:-1]
        & solid[:-2, 1:-1, 1:-1]
        & solid[1:-1, 2:, 1:-1]
        & solid[1:-1, :-2, 1:-1]
        & solid[1:-1, 1:-1, 2:]
        & solid[1:-1, 1:-1, :-2]
    )
    random = np.random.default_rng(0)
    found = grid[shell.ravel()] if shell.any() and not solid.all() else grid
    if len(found) > count:
        found = found[random.choice(len(found), count, replace=False)]
    found = found + random.uniform(-0.5, 0.5, found.shape) * (2 * reach / _SIDE)
    return found.astype(np.float32), _colours(views, found.astype(np.float32), middle)


def _colours(views: Sequence[View], points: FloatArray, middle: np.ndarray) -> FloatArray:
    """The colours of points as the cameras see them that look at them most squarely."""
    outward = points - middle
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    total = np.zeros((len(points), 4), np.float32)
    for view in views:
        colour, alpha = colour_and_alpha(view.image)
        both = np.concatenate([colour, alpha[..., None]], axis=2)
        found = sample_bilinear(both, project(view.camera, points)[:, :2])
        toward = -to_camera(view.camera, points)
        toward /= np.maximum(np.linalg.norm(toward, axis=1, keepdims=True), 1e-9)
        turned = outward @ np.asarray(view.camera.world_to_camera, np.float32)[:3, :3].T
        total += found * np.maximum(np.einsum("nk,nk->n", turned, toward), 0.02)[:, None] ** 8
    return np.clip(total[:, :3] / np.maximum(total[:, 3:], 1e-12), 0, 1)
