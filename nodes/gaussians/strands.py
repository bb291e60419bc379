"""Splats of hair on its hull: as the photograph shows it in front, and carried on behind.

What is seen becomes a splat for each pixel, drawn out along the strands that the picture shows. Behind,
the broad colours go on from what is seen on either side, and strands are painted over them that run down from
the crown, as strong in light and dark as those in front.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nodes.gaussians.binding import VolumeSplats
from nodes.gaussians.hull import HairHull, axes, unwrapped, wrapped
from nodes.gaussians.quaternions import from_matrices
from nodes.gaussians.shots import Shot
from nodes.head._texture import smooth_fill
from nodes.raster.sampling import sample_bilinear
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values.arrays import FloatArray

#: Splats for each cell of the hull that no photograph shows.
_DENSE = 2.2
#: Standard deviation of a splat along its strand, in cells; its thickness in metres.
_LONG, _THICK = 1.5, 0.0014
#: By how much the light of neighbouring splats differs, as a share.
_UNLIKE = 0.11
#: How dark the inside of a curtain of hair is.
_INSIDE = 0.45


def front_distance(shot: Shot, hull: HairHull, fallback: float) -> FloatArray:
    """H x W metres from the camera at which the hair seen at a pixel lies.

    Args:
        fallback: where there is no hull.
    """
    import cv2
    from scipy.ndimage import distance_transform_edt

    points = shot.pixels(hull.places().reshape(-1, 3))
    drawn = rasterise(points, hull.triangles(), shot.grid.width, shot.grid.height, cull=False)
    if not drawn.covered.any():
        return np.full(drawn.covered.shape, fallback, np.float32)
    rows, columns = distance_transform_edt(~drawn.covered, return_distances=False, return_indices=True)
    distance = np.where(drawn.covered, drawn.distance, 0)[rows, columns].astype(np.float32)
    pixels = max(0.003 * shot.grid.focal / fallback, 0.5)
    return cv2.GaussianBlur(distance, (0, 0), pixels)


def directions(colour: FloatArray, mask: np.ndarray, sigma: float) -> tuple[FloatArray, FloatArray]:
    """The way strands run in a picture: H x W angles (radians, right and down), and how clearly, 0..1.

    Source: the structure tensor (Bigun and Granlund 1987).
    """
    import cv2

    grey = cv2.GaussianBlur(colour.mean(axis=2).astype(np.float32), (0, 0), 0.8)
    right, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    weight = mask.astype(np.float32)

    def blur(values: np.ndarray) -> np.ndarray:
        return cv2.GaussianBlur(values * weight, (0, 0), sigma)

    xx, xy, yy = blur(right * right), blur(right * down), blur(down * down)
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    clear = np.hypot(xx - yy, 2 * xy) / np.maximum(xx + yy, 1e-9)
    return angle.astype(np.float32), np.clip(clear, 0, 1).astype(np.float32)


def painted(
    shots: Sequence[Shot],
    hull: HairHull,
    views: Sequence[tuple[FloatArray, np.ndarray]],
    tone: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Colours of the hull, S x T x 3, and how well the first photograph shows each cell, S x T in 0..1.

    Args:
        views: for each shot its picture (H x W x 3) and the pixels that are hair and nothing else.
    """
    import cv2

    looks = [_seen(shot, hull, *view) for shot, view in zip(shots, views, strict=True)]
    front = looks[0][1]
    # The first photograph has the say; the others add what they show better.
    parts = [front, *(0.5 * (1 - front) * _feathered(trust) for _, trust, _ in looks[1:])]
    shown = np.clip(np.sum(parts, axis=0), 0, 1).astype(np.float32)
    found = np.sum([part[..., None] * look[0] for part, look in zip(parts, looks, strict=True)], axis=0)
    found = np.where(shown[..., None] > 1e-4, found / np.maximum(np.sum(parts, axis=0), 1e-4)[..., None], 0)
    found = np.where(shown[..., None] > 1e-4, found, looks[0][0]).astype(np.float32)
    facing, (clean, sure) = looks[0][2], views[0]
    # Broad colours: what is seen, then the same mirrored, then the tone of all hair.
    mirrored = np.roll(found[:, ::-1], 1, axis=1), np.roll(shown[:, ::-1], 1, axis=1)
    own = np.clip(4 * shown, 0, 1)
    weight = own + 0.25 * mirrored[1] * (1 - own)
    mixed = own[..., None] * found + (weight - own)[..., None] * mirrored[0]
    mixed /= np.maximum(weight, 1e-6)[..., None]
    share = wrapped(weight)[..., None]
    soft = cv2.GaussianBlur(wrapped(mixed) * share, (0, 0), 3.0)
    sums = cv2.GaussianBlur(share[..., 0], (0, 0), 3.0)
    known = np.clip(sums * 3.0, 0, 1)
    broad = smooth_fill(soft / np.maximum(sums, 1e-6)[..., None], known)
    broad = np.ascontiguousarray(cv2.GaussianBlur(broad, (0, 0), 4.0))
    broad = unwrapped(broad) if known.max() > 0.3 else np.broadcast_to(tone, found.shape)
    behind = np.clip(0.5 - facing, 0, 1)
    rank = _rank(broad, clean, sure) * (1 - 0.5 * behind) - 0.25 * behind
    level = 0.75 * rank + 0.45 * strand_light(shown.shape)
    unseen = _palette(clean, sure, tone)(level)
    return (unseen + shown[..., None] * (found - unseen)).astype(np.float32), front


def _feathered(trust: FloatArray) -> FloatArray:
    """S x T in 0..1 without hard edges inwards, so that another light ends softly."""
    import cv2

    soft = unwrapped(cv2.GaussianBlur(wrapped(trust), (0, 0), 5.0))
    return np.minimum(trust, np.clip(2 * soft - 1, 0, 1)).astype(np.float32)


def _seen(
    shot: Shot, hull: HairHull, clean: FloatArray, sure: np.ndarray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Colours of the hull's cells in a photograph, how well it shows them, and how they face it."""
    places = hull.places()
    flat = places.reshape(-1, 3)
    pixels = shot.pixels(flat)
    row, column, inside = shot.cells(pixels)
    drawn = rasterise(pixels, hull.triangles(), shot.grid.width, shot.grid.height, cull=False)
    near = pixels[:, 2] <= np.where(drawn.covered, drawn.distance, np.inf)[row, column] + 0.004
    facing = shot.facing(flat, surface_normals(places).reshape(-1, 3))
    shown = np.clip((facing - 0.12) / 0.3, 0, 1) * inside * near * sure[row, column]
    shape = hull.grows.shape
    colour = sample_bilinear(clean, pixels[:, :2]).reshape(*shape, 3)
    return colour, shown.reshape(shape).astype(np.float32), facing.reshape(shape)


def _rank(broad: FloatArray, colour: FloatArray, sure: np.ndarray) -> FloatArray:
    """How light colours (S x T x 3) are among the hair's: a standard normal's value, -1.5 to 1.5."""
    from scipy.special import ndtri

    if sure.sum() < 200:
        return np.zeros(broad.shape[:2], np.float32)
    lights = np.sort(colour[sure].mean(axis=1))
    share = np.searchsorted(lights, broad.mean(axis=2)) / len(lights)
    return np.clip(ndtri(np.clip(share, 0.02, 0.98)), -1.5, 1.5).astype(np.float32)


def _palette(colour: FloatArray, sure: np.ndarray, tone: FloatArray) -> Callable[[FloatArray], FloatArray]:
    """From a standard normal's value to a colour: dark and light strands as often as the picture has them."""
    from scipy.special import ndtr

    if sure.sum() < 200:
        return lambda level: np.clip(tone * (1 + 0.12 * level[..., None]), 0, 1)
    own = colour[sure]
    order = np.argsort(own.mean(axis=1))
    # Neither glints nor the deepest shadows go on behind.
    kept = own[order[int(0.05 * len(own)) : max(int(0.88 * len(own)), 1)]]
    steps = np.stack([part.mean(axis=0) for part in np.array_split(kept, 32)])

    def look_up(level: FloatArray) -> FloatArray:
        place = ndtr(level) * (len(steps) - 1)
        low = np.clip(place.astype(int), 0, len(steps) - 2)
        share = (place - low)[..., None]
        return steps[low] + share * (steps[low + 1] - steps[low])

    return look_up


def strand_light(shape: tuple[int, int]) -> FloatArray:
    """Light and dark of strands on the hull's grid, of deviation 1: thin across, long down, in locks."""
    from scipy.ndimage import gaussian_filter, map_coordinates

    random = np.random.default_rng(7)
    layers = []
    for across, down, share in ((0.45, 9.0, 0.9), (1.1, 12.0, 0.3), (5.0, 20.0, 0.14)):
        noise = gaussian_filter(random.normal(size=shape), (down, across), mode=("reflect", "wrap"))
        layers.append(share * noise / noise.std())
    light = np.sum(layers, axis=0)
    # Strands do not fall straight down, and not all alike.
    sway = gaussian_filter(random.normal(size=shape), (14, 7), mode=("reflect", "wrap"))
    rows, columns = np.indices(shape, dtype=np.float64)
    columns = columns + 4.0 * sway / sway.std()
    light = map_coordinates(light, [rows, columns], order=1, mode="grid-wrap")
    return (light / light.std()).astype(np.float32)


def surface_normals(places: FloatArray) -> FloatArray:
    """Outward unit normals of the hull's grid, S x T x 3."""
    _, outward = axes()
    down = np.gradient(places, axis=0)
    around = np.roll(places, -1, axis=1) - np.roll(places, 1, axis=1)
    normal = np.cross(down, around)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-9)
    sign = np.sign(np.einsum("stk,stk->st", normal, outward))[..., None]
    return (normal * np.where(sign == 0, 1, sign)).astype(np.float32)


def hull_splats(hull: HairHull, colours: FloatArray, shown: FloatArray) -> VolumeSplats:
    """The hair that the photograph does not show, and a backing a little below what it shows.

    Args:
        colours: S x T x 3. shown: S x T, as `painted` gives them.
    """
    import cv2

    places = hull.places()
    normals = surface_normals(places)
    down = np.gradient(places, axis=0)
    around = 0.5 * (np.roll(places, -1, axis=1) - np.roll(places, 1, axis=1))
    random = np.random.default_rng(2)
    across = np.linalg.norm(around, axis=2)
    # Columns crowd at the crown: as many splats as the area asks for.
    area = across / max(float(np.median(across)), 1e-9)
    wanted = _DENSE * np.clip(area, 0.1, 2.0) * (hull.grows > 0.35)
    free = 1 - cv2.erode(hull.grows, np.ones((9, 3), np.uint8))
    number = np.floor(wanted + random.random(wanted.shape)).astype(int)
    rows, columns = np.nonzero(number)
    repeat = number[rows, columns]
    rows, columns = np.repeat(rows, repeat), np.repeat(columns, repeat)
    count = len(rows)
    right, below = random.uniform(-0.5, 0.5, (2, count))
    place = (
        places[rows, columns] + right[:, None] * around[rows, columns] + below[:, None] * down[rows, columns]
    )
    # What is seen has its own splats above; and no surface of hair is smooth.
    sunk = 0.0035 * shown[rows, columns] + np.abs(random.normal(0, 0.0009, count))
    normal = normals[rows, columns]
    axis = _tangents(down, around, rows, columns, random.normal(0, 0.13, count))
    step = np.linalg.norm(down[rows, columns], axis=1)
    wide = np.maximum(across[rows, columns], 0.35 * step)
    long = _LONG * step * (1 - 0.5 * free[rows, columns])
    scales = np.stack([long, np.minimum(0.5 * wide, 0.0028), np.full(count, _THICK)], axis=1)
    skin = _laid(
        place - sunk[:, None] * normal,
        axis,
        normal,
        scales,
        # Finer than the grid: no hair is quite like the next.
        colours[rows, columns] * np.exp(random.normal(0, _UNLIKE, (count, 1))),
        np.clip(0.92 * hull.grows[rows, columns], 0.05, 0.92),
    )
    return together(
        [skin, _lining(hull, colours, down, around, normals), _fuzz(hull, colours, down, around, normals)]
    )


def _lining(
    hull: HairHull, colours: FloatArray, down: FloatArray, around: FloatArray, normals: FloatArray
) -> VolumeSplats:
    """The inside of hair that hangs free of the head: darker, so that nothing shines through."""
    free = (hull.radius - hull.inner > 0.016) & (hull.grows > 0.5)
    free[1::2] = False
    free[:, 1::2] = False
    rows, columns = np.nonzero(free)
    depth = np.minimum(0.012, 0.6 * (hull.radius - hull.inner)[rows, columns])
    place = hull.places()[rows, columns] - depth[:, None] * normals[rows, columns]
    step = np.linalg.norm(down[rows, columns], axis=1)
    wide = np.linalg.norm(around[rows, columns], axis=1)
    scales = np.stack([1.9 * step, np.maximum(1.3 * wide, 0.0015), np.full(len(rows), 0.002)], axis=1)
    axis = _tangents(down, around, rows, columns, np.zeros(len(rows)))
    shade = _INSIDE * colours[rows, columns]
    return _laid(place, axis, normals[rows, columns], scales, shade, np.full(len(rows), 0.95))


def _fuzz(
    hull: HairHull, colours: FloatArray, down: FloatArray, around: FloatArray, normals: FloatArray
) -> VolumeSplats:
    """Single hairs that stand off the rest, so that its edge is not that of a helmet."""
    random = np.random.default_rng(4)
    rows, columns = np.nonzero((hull.grows > 0.8) & (random.random(hull.grows.shape) < 0.09))
    count = len(rows)
    off = np.abs(random.normal(0, 0.0016, count)) + 0.0004
    place = hull.places()[rows, columns] + off[:, None] * normals[rows, columns]
    step = np.linalg.norm(down[rows, columns], axis=1)
    scales = np.stack([3.2 * step, np.full(count, 0.0005), np.full(count, 0.0005)], axis=1)
    axis = _tangents(down, around, rows, columns, random.normal(0, 0.28, count))
    shade = colours[rows, columns] * random.uniform(0.85, 1.25, (count, 1))
    return _laid(place, axis, normals[rows, columns], scales, shade, np.full(count, 0.35))


def _tangents(
    down: FloatArray, around: FloatArray, rows: np.ndarray, columns: np.ndarray, turn: np.ndarray
) -> FloatArray:
    """Unit vectors down the hull, turned by angles (radians) within it."""

    def unit(values: FloatArray) -> FloatArray:
        return values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9)

    return unit(
        np.cos(turn)[:, None] * unit(down[rows, columns])
        + np.sin(turn)[:, None] * unit(around[rows, columns])
    )


def _laid(
    place: FloatArray,
    along: FloatArray,
    normal: FloatArray,
    scales: FloatArray,
    colours: FloatArray,
    opacities: FloatArray,
) -> VolumeSplats:
    """Splats with their first axis along a direction and their last along a normal."""
    first = along - np.einsum("nk,nk->n", along, normal)[:, None] * normal
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    axis = np.stack([first, np.cross(normal, first), normal], axis=2)
    return VolumeSplats(
        place.astype(np.float32),
        from_matrices(axis) if len(axis) else np.zeros((0, 4), np.float32),
        scales.astype(np.float32),
        np.clip(colours, 0, 1).astype(np.float32),
        np.asarray(opacities, np.float32),
    )


def together(parts: list[VolumeSplats]) -> VolumeSplats:
    """Several sets as one."""
    names = ("positions", "rotations", "scales", "colours", "opacities")
    return VolumeSplats(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))
