"""Changing sets of splats: moving, cutting, recolouring, thinning, cleaning."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nodes.gaussians.harmonics import C0, harmonic_to_colour, rotated
from nodes.gaussians.quaternions import from_matrices, matrices, product
from nodes.sdk.values import Camera, Splats
from nodes.sdk.values.arrays import FloatArray


def chosen(splats: Splats, rows: np.ndarray) -> Splats:
    """Some of the splats, by a mask or by indices."""
    return Splats(
        splats.positions[rows],
        splats.scales[rows],
        splats.rotations[rows],
        splats.opacities[rows],
        splats.harmonics[rows],
    )


def turned(splats: Splats, rotation: np.ndarray) -> Splats:
    """Splats turned about the origin by a 3 x 3 rotation, with their colours of direction."""
    turn = np.asarray(rotation, np.float64)
    quaternion = from_matrices(turn[None])[0]
    return replace(
        splats,
        positions=(splats.positions @ turn.T).astype(np.float32),
        rotations=product(quaternion[None], splats.rotations),
        harmonics=rotated(splats.harmonics, turn),
    )


def moved(splats: Splats, rotation: np.ndarray, scale: float, shift: np.ndarray) -> Splats:
    """Splats turned and scaled about the origin, then shifted by metres."""
    placed = turned(splats, rotation)
    return replace(
        placed,
        positions=(placed.positions * scale + np.asarray(shift)).astype(np.float32),
        scales=(placed.scales * np.float32(scale)).astype(np.float32),
    )


def inside_box(
    positions: FloatArray, centre: np.ndarray, size: np.ndarray, rotation: np.ndarray
) -> np.ndarray:
    """N bool: which places lie in a turned box of the given side lengths."""
    local = (positions - np.asarray(centre)) @ np.asarray(rotation)
    return (np.abs(local) <= np.asarray(size) / 2).all(axis=1)


def inside_sphere(positions: FloatArray, centre: np.ndarray, radius: float) -> np.ndarray:
    """N bool: which places lie in a ball."""
    return np.einsum("nk,nk->n", offset := positions - np.asarray(centre), offset) <= radius * radius


def under_brush(splats: Splats, mask: FloatArray, camera: Camera, *, through: bool) -> np.ndarray:
    """N bool: which splats a camera sees under a painted mask.

    Args:
        mask: H x W in 0..1, of the camera's picture at any size; above a half counts.
        through: also what lies behind the first surface; else only what the camera sees of it.
    """
    from nodes.gaussians.render import render
    from nodes.raster.geometry import project

    places = project(camera, splats.positions)
    height, width = mask.shape
    with np.errstate(invalid="ignore"):
        column = np.floor(places[:, 0] * (width / camera.width))
        row = np.floor(places[:, 1] * (height / camera.height))
        found = (places[:, 2] > 0) & (column >= 0) & (row >= 0) & (column < width) & (row < height)
    column, row = (np.where(found, values, 0).astype(int) for values in (column, row))
    found &= mask[row, column] > 0.5
    if through or not found.any():
        return found
    drawn = render(splats, camera, degree=0, shape=True)
    assert drawn.depth is not None
    across, down = (np.where(found, places[:, axis], 0).astype(int) for axis in (0, 1))
    surface = drawn.depth[np.clip(down, 0, camera.height - 1), np.clip(across, 0, camera.width - 1)]
    # The depth is a mean over what is half transparent: a splat's own size, and a little, is let pass.
    slack = 2 * splats.scales.max(axis=1) + 0.01 * surface
    return found & (places[:, 2] <= surface + slack)


def recoloured(
    splats: Splats,
    rows: np.ndarray,
    *,
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0),
    amount: float = 0.0,
    brightness: float = 1.0,
    saturation: float = 1.0,
) -> Splats:
    """Colours of some splats changed; what depends on the direction of view changes with them.

    Args:
        rows: N bool.
        tint: a colour that is blended in by `amount` (0..1), keeping light and dark.
        brightness: factor. saturation: 0 is grey, 1 as it is.
    """
    harmonics = splats.harmonics.copy()
    part = harmonics[rows]
    colour = harmonic_to_colour(part[:, 0])
    part[:, 0] = colour / C0
    grey = np.array([0.299, 0.587, 0.114], np.float32)

    def mixed(values: FloatArray) -> FloatArray:
        light = (values @ grey)[..., None]
        values = light + saturation * (values - light)
        target = light * np.array(tint, np.float32) / max(float(np.dot(grey, tint)), 0.05)
        return brightness * (values + amount * (target - values))

    part = mixed(part)
    part[:, 0] -= 0.5 / C0
    harmonics[rows] = part
    return replace(splats, harmonics=harmonics.astype(np.float32))


def faded(splats: Splats, rows: np.ndarray, opacity: float, thickness: float) -> Splats:
    """Opacities and sizes of some splats (N bool) times a factor each."""
    opacities, scales = splats.opacities.copy(), splats.scales.copy()
    opacities[rows] = np.clip(opacities[rows] * opacity, 0.0, 1.0)
    scales[rows] *= np.float32(thickness)
    return replace(splats, opacities=opacities, scales=scales)


def without_floaters(splats: Splats, *, faintest: float, largest: float, lonely: float) -> Splats:
    """Splats without faint, huge and lonely ones.

    Args:
        faintest: opacity below which a splat goes.
        largest: a splat goes when its longest axis is this many times the 95th percentile's; 0 keeps.
        lonely: a splat goes when its 8 nearest are farther than this many times the median; 0 keeps.
    """
    kept = splats.opacities >= faintest
    longest = splats.scales.max(axis=1)
    if largest > 0 and len(longest):
        kept &= longest <= largest * np.quantile(longest, 0.95)
    if lonely > 0 and kept.sum() > 16:
        from scipy.spatial import cKDTree

        places = splats.positions[kept]
        distance = cKDTree(places).query(places, 9)[0][:, 1:].mean(axis=1)
        rows = np.nonzero(kept)[0]
        kept[rows[distance > lonely * np.median(distance)]] = False
    return chosen(splats, kept)


def decimated(splats: Splats, share: float) -> Splats:
    """About `share` of the splats, neighbours merged into one each.

    Splats are gathered along a space-filling curve; each group becomes one splat with its mean
    place, colour and spread, weighted by how much each was seen (moment matching).
    """
    from nodes.gaussians.files.ply import morton_order

    count = len(splats.positions)
    goal = max(round(count * share), 1)
    if goal >= count or count == 0:
        return splats
    order = morton_order(splats.positions)
    group = (np.arange(count) * goal) // count
    size = np.sort(splats.scales[order].astype(np.float64), axis=1)
    area = size[:, 1] * size[:, 2]
    weight = splats.opacities[order] * area + 1e-15
    total = np.bincount(group, weight, goal)

    def mean(values: np.ndarray) -> np.ndarray:
        flat = values.reshape(count, -1).astype(np.float64)
        sums = np.stack([np.bincount(group, weight * column, goal) for column in flat.T], axis=1)
        return (sums / total[:, None]).reshape(goal, *values.shape[1:])

    places = splats.positions[order].astype(np.float64)
    centre = mean(places)
    spread = matrices(splats.rotations[order]).astype(np.float64) * splats.scales[order][:, None, :]
    offset = places - centre[group]
    covariance = mean(spread @ spread.transpose(0, 2, 1) + offset[:, :, None] * offset[:, None, :])
    values, axes = np.linalg.eigh(covariance)
    axes[:, :, 0] *= np.sign(np.linalg.det(axes))[:, None]
    scales = np.sqrt(np.maximum(values, 1e-14))
    # What the group hid together: the light let through where its splats overlap on the new area.
    covered = np.bincount(group, weight, goal) / np.maximum(scales[:, 1] * scales[:, 2], 1e-14)
    return Splats(
        centre.astype(np.float32),
        scales.astype(np.float32),
        from_matrices(axes),
        np.clip(covered, 0.0, 0.99).astype(np.float32),
        mean(splats.harmonics[order]).astype(np.float32),
    )
