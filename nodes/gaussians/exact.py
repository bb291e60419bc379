"""The same picture without short cuts, in float64: what the fast renderers are measured against.

Written apart from them, from the formulas of Kerbl et al. 2023, and slow: one global sort, no tiles,
no early end, true exponentials.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from nodes.gaussians.compositing import MOST_OPAQUE
from nodes.gaussians.harmonics import basis
from nodes.gaussians.projection import BLUR, FAINTEST, NEAR, view_matrix, viewpoint
from nodes.sdk.values import Camera, Splats


def exact_picture(
    splats: Splats, camera: Camera, *, antialias: bool = False, degree: int = 3, faintest: float = FAINTEST
) -> tuple[np.ndarray, np.ndarray]:
    """The blended colours (H x W x 3 float64, premultiplied) and the light let through (H x W).

    Args:
        antialias, degree: as in `nodes.gaussians.render.render`.
        faintest: weights below this are left out; lower it for a picture that is smooth in all splats.
    """
    view = view_matrix(camera)
    places = np.asarray(splats.positions, np.float64)
    local = places @ view[:, :3].T + view[:, 3]
    x, y, z = local.T
    front = z > NEAR
    z = np.where(front, z, 1.0)
    wide, high = (1.3 * 0.5 * size / camera.focal for size in (camera.width, camera.height))
    across, down = np.clip(x / z, -wide, wide), np.clip(y / z, -high, high)
    zero = np.zeros_like(z)
    jacobian = np.stack([np.stack([1 / z, zero, -across / z], 1), np.stack([zero, 1 / z, -down / z], 1)], 1)
    turn = _rotations(np.asarray(splats.rotations, np.float64))
    spread = turn * np.asarray(splats.scales, np.float64)[:, None, :]
    factor = camera.focal * jacobian @ view[:, :3] @ spread
    raw = factor @ factor.transpose(0, 2, 1)
    blurred = raw + BLUR * np.eye(2)
    opacity = np.asarray(splats.opacities, np.float64).copy()
    if antialias:
        opacity *= np.sqrt(np.maximum(np.linalg.det(raw), 0) / np.linalg.det(blurred))
    directions = places - viewpoint(camera)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    bands = min((degree + 1) ** 2, splats.harmonics.shape[1])
    colour = 0.5 + np.einsum("nb,nbc->nc", basis(directions)[:, :bands], splats.harmonics[:, :bands])
    order = np.argsort(z, kind="stable")
    order = order[front[order] & (opacity[order] > faintest)]
    centres = np.stack([camera.focal * x / z + camera.centre_x, camera.focal * y / z + camera.centre_y], 1)
    out = np.zeros((camera.height, camera.width, 3))
    through = np.ones((camera.height, camera.width))
    _blend(order, centres, blurred, opacity, np.maximum(colour, 0.0), faintest, out, through)
    return out, through


def _rotations(quaternions: np.ndarray) -> np.ndarray:
    w, x, y, z = quaternions.T
    return np.stack(
        [
            np.stack([1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)], 1),
            np.stack([2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)], 1),
            np.stack([2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)], 1),
        ],
        1,
    )


@njit(cache=True)
def _blend(order, centres, covariances, opacities, colours, faintest, out, through):  # type: ignore[no-untyped-def]
    height, width = through.shape
    for i in order:
        xx, xy, yy = covariances[i, 0, 0], covariances[i, 0, 1], covariances[i, 1, 1]
        determinant = xx * yy - xy * xy
        reach = 2.0 * math.log(opacities[i] / faintest)
        wide, high = math.sqrt(reach * xx) + 1, math.sqrt(reach * yy) + 1
        x0, x1 = max(0.0, centres[i, 0] - wide), min(float(width), centres[i, 0] + wide)
        y0, y1 = max(0.0, centres[i, 1] - high), min(float(height), centres[i, 1] + high)
        for row in range(int(y0), math.ceil(y1)):
            for column in range(int(x0), math.ceil(x1)):
                dx = column + 0.5 - centres[i, 0]
                dy = row + 0.5 - centres[i, 1]
                power = 0.5 * (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / determinant
                alpha = min(MOST_OPAQUE, opacities[i] * math.exp(-power))
                if alpha < faintest:
                    continue
                weight = alpha * through[row, column]
                for channel in range(3):
                    out[row, column, channel] += weight * colours[i, channel]
                through[row, column] -= weight
