"""From a fitted head and its photograph to splats tied to the head.

What the photograph shows becomes a splat for each of its pixels, on the surface that the fit says is
there. What it does not show takes the head's completed texture: mirrored, then smoothed over. Hair
and clothes that stand off the model are a volume, see `nodes.gaussians.hair`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nodes.gaussians.binding import SplatHead, SurfaceSplats, posed
from nodes.gaussians.compositing import composite
from nodes.gaussians.gradients import gradients
from nodes.gaussians.hair import Coverage, covering, no_volume
from nodes.gaussians.harmonics import C0
from nodes.gaussians.projection import BLUE, RED, project_splats
from nodes.gaussians.skin import completed
from nodes.gaussians.tiles import tile_lists
from nodes.head._shape import expressed_vertices, to_world
from nodes.head._texture import HeadTexture, texture_for
from nodes.raster.geometry import project, to_camera
from nodes.raster.sampling import sample_bilinear, sample_texture
from nodes.raster.zbuffer import Raster, rasterise
from nodes.sdk.values import Camera, HeadState
from nodes.sdk.values.arrays import ByteArray, FloatArray

#: Standard deviation of a splat in steps between splats: smaller leaves gaps, larger blurs.
_WIDTH = 0.55
#: A surface seen under a flatter cosine than this is not taken from the photograph.
_FLATTEST = 0.28
_MOST_STRETCH = 3.0
#: How far sharpening may change a colour where hair ends.
_FREE = 0.2
#: Height in the head's frame below which the model is shoulders, metres.
_SHOULDERS = -0.09


@dataclass(frozen=True)
class SplatHeadSettings:
    """How a splat head is made.

    Attributes:
        detail: about how many splats show the head as the photograph does.
        hair: thickness of hair over the skull in metres.
        depth: half the depth of hair and clothes that stand off the head, in metres.
        sharpen: steps of fitting the colours to the photograph.
    """

    detail: int = 60_000
    hair: float = 0.012
    depth: float = 0.075
    sharpen: int = 24


def splat_head(
    fit: HeadState,
    labels: ByteArray | None = None,
    matte: FloatArray | None = None,
    settings: SplatHeadSettings | None = None,
) -> SplatHead:
    """Make a splat head of a fit as measured.

    Args:
        fit: without edits (`as_fitted`), because its photograph shows that expression.
        labels: H x W classes of the photograph's pixels (PARSING_CLASSES), or None.
        matte: H x W, 0..1, how much of a pixel is the person, or None.
    """
    chosen = settings or SplatHeadSettings()
    local = expressed_vertices(fit)
    texture = texture_for(fit)
    photo = None if fit.picture is None else np.asarray(fit.picture.pixels[..., :3], np.float32)
    if photo is None:
        surface = _unseen(fit, local, texture, None, chosen, None)
        return SplatHead(surface, no_volume(), fit.rotation, fit.translation)
    grid = _sampling_camera(fit, local, chosen.detail)
    drawn = rasterise(project(grid, to_world(fit, local)), fit.model.triangles, grid.width, grid.height)
    cover = covering(fit, grid, drawn, photo, labels, matte, chosen.hair, chosen.depth)
    seen = _seen(fit, local, grid, drawn, photo, cover)
    rest = _unseen(fit, local, texture, (grid, drawn, cover), chosen, cover.tone)
    bound = SplatHead(_joined(seen, rest), cover.volume, fit.rotation, fit.translation)
    return _sharpened(bound, fit, photo, (grid, cover), chosen.sharpen)


def _sampling_camera(fit: HeadState, local: FloatArray, detail: int) -> Camera:
    """The photograph's camera, at the size at which the head covers about `detail` pixels."""
    camera = fit.camera
    points = project(camera, to_world(fit, local))[:, :2]
    inside = np.clip(points[local[:, 1] > -0.1], 0, [camera.width, camera.height])
    spread = np.prod(np.ptp(inside, axis=0)) * 0.75
    scale = float(np.clip(np.sqrt(detail / max(spread, 1.0)), 0.1, 4.0))
    scale = min(scale, 4096 / max(camera.width, camera.height))
    width, height = max(round(camera.width * scale), 8), max(round(camera.height * scale), 8)
    return replace(
        camera,
        focal=camera.focal * scale,
        centre_x=camera.centre_x * scale,
        centre_y=camera.centre_y * scale,
        width=width,
        height=height,
    )


def _seen(
    fit: HeadState, local: FloatArray, grid: Camera, drawn: Raster, photo: FloatArray, cover: Coverage
) -> SurfaceSplats:
    """A splat for each pixel of the sampling camera that shows the model's surface."""
    world = to_world(fit, local)
    corners = to_camera(grid, world)[fit.model.triangles]
    rows, columns = np.nonzero(drawn.covered & cover.skin)
    triangle = drawn.triangle[rows, columns]
    first = corners[triangle, 0]
    edge1, edge2 = corners[triangle, 1] - first, corners[triangle, 2] - first
    normal = np.cross(edge1, edge2)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)

    def ray(right: float, down: float) -> FloatArray:
        x = (columns + 0.5 + right - grid.centre_x) / grid.focal
        y = -(rows + 0.5 + down - grid.centre_y) / grid.focal
        return np.stack([x, y, -np.ones_like(x)], axis=1)

    def hit(direction: FloatArray) -> FloatArray:
        reach = np.einsum("nk,nk->n", normal, first) / np.minimum(
            np.einsum("nk,nk->n", normal, direction), -1e-4
        )
        return direction * reach[:, None]

    place = hit(ray(0, 0))
    distance = np.linalg.norm(place, axis=1)
    facing = -np.einsum("nk,nk->n", normal, place) / np.maximum(distance, 1e-9)
    good = facing > _FLATTEST
    step = -place[:, 2] / grid.focal

    def tangent(right: float, down: float) -> FloatArray:
        vector = hit(ray(right, down)) - place
        length = np.linalg.norm(vector, axis=1)
        return vector * (_WIDTH * np.minimum(1.0, _MOST_STRETCH * step / np.maximum(length, 1e-9)))[:, None]

    both = np.stack([tangent(1, 0), tangent(0, 1)], axis=1)
    scale = photo.shape[1] / grid.width
    spots = np.stack([(columns + 0.5) * scale, (rows + 0.5) * scale], axis=1).astype(np.float32)
    return SurfaceSplats(
        triangle[good].astype(np.int32),
        drawn.weights[rows, columns][good],
        _in_edges(both[good], edge1[good], edge2[good]),
        np.zeros(int(good.sum()), np.float32),
        (0.3 * step[good]).astype(np.float32),
        sample_bilinear(photo, spots[good]),
        np.full(int(good.sum()), 0.96, np.float32),
    )


def _in_edges(tangents: FloatArray, edge1: FloatArray, edge2: FloatArray) -> FloatArray:
    """Tangents (N x 2 x 3) as combinations of two edges: N x 2 x 2."""
    a = np.einsum("nk,nk->n", edge1, edge1)
    b = np.einsum("nk,nk->n", edge1, edge2)
    c = np.einsum("nk,nk->n", edge2, edge2)
    t1 = np.einsum("nik,nk->ni", tangents, edge1)
    t2 = np.einsum("nik,nk->ni", tangents, edge2)
    determinant = np.maximum(a * c - b * b, 1e-22)[:, None]
    return np.stack(
        [
            (c[:, None] * t1 - b[:, None] * t2) / determinant,
            (a[:, None] * t2 - b[:, None] * t1) / determinant,
        ],
        axis=2,
    ).astype(np.float32)


def _unseen(
    fit: HeadState,
    local: FloatArray,
    texture: HeadTexture,
    seen: tuple[Camera, Raster, Coverage] | None,
    settings: SplatHeadSettings,
    hair: FloatArray | None,
) -> SurfaceSplats:
    """Splats spread evenly over what the photograph does not show."""
    model = fit.model
    corners = local[model.triangles].astype(np.float64)
    edge1, edge2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    cross = np.cross(edge1, edge2)
    area = 0.5 * np.linalg.norm(cross, axis=1)
    spacing = float(np.sqrt(area.sum() / max(settings.detail * 0.8, 1.0)))
    random = np.random.default_rng(1)
    number = random.poisson(area / spacing**2)
    triangle = np.repeat(np.arange(len(area)), number)
    u, v = np.sqrt(random.random(len(triangle))), random.random(len(triangle))
    weights = np.stack([1 - u, u * (1 - v), u * v], axis=1)
    place = np.einsum("nk,nkc->nc", weights, corners[triangle])
    normal = cross[triangle] / np.maximum(2 * area[triangle], 1e-14)[:, None]
    if seen is not None:
        hidden = ~_shown(fit, place, normal, *seen)
        # Shoulders of the model that the person has not.
        grid, _, cover = seen
        body = place[:, 1] < _SHOULDERS
        hidden &= ~(body & cover.outside(grid, project(grid, to_world(fit, place.astype(np.float32)))))
        triangle, weights, place, normal = triangle[hidden], weights[hidden], place[hidden], normal[hidden]
    colours = _own_colours(fit, texture, triangle, weights)
    if seen is not None:
        skin = model.parts[triangle] == model.part_names.index("skin")
        colours[skin] = completed(fit, local, *seen)(place[skin], normal[skin], triangle[skin], weights[skin])
    if hair is not None and seen is not None:
        scalp = seen[2].scalp(place)[:, None]
        # Little light comes through to the roots.
        colours = colours + scalp * (0.6 * hair - colours)
    e1 = edge1[triangle] / np.maximum(np.linalg.norm(edge1[triangle], axis=1, keepdims=True), 1e-12)
    round_ = np.stack([e1, np.cross(normal, e1)], axis=1) * (0.95 * spacing)
    return SurfaceSplats(
        triangle.astype(np.int32),
        weights[:, :2].astype(np.float32),
        _in_edges(round_.astype(np.float32), edge1[triangle], edge2[triangle]),
        np.zeros(len(triangle), np.float32),
        np.full(len(triangle), 0.15 * spacing, np.float32),
        np.clip(colours, 0, 1).astype(np.float32),
        np.full(len(triangle), 0.95, np.float32),
    )


def _shown(
    fit: HeadState, place: np.ndarray, normal: np.ndarray, grid: Camera, drawn: Raster, cover: Coverage
) -> np.ndarray:
    """Which places of the head's frame a splat of the photograph stands for already."""
    world = to_world(fit, place.astype(np.float32))
    pixels = project(grid, world)
    column, row = np.floor(pixels[:, :2]).astype(int).T
    inside = (column >= 0) & (row >= 0) & (column < grid.width) & (row < grid.height)
    column, row = np.clip(column, 0, grid.width - 1), np.clip(row, 0, grid.height - 1)
    turned = to_world(fit, normal.astype(np.float32)) - to_world(fit, np.zeros((1, 3), np.float32))
    view = to_camera(grid, world)
    turned = turned @ np.asarray(grid.world_to_camera, np.float32)[:3, :3].T
    facing = -np.einsum("nk,nk->n", turned, view) / np.maximum(np.linalg.norm(view, axis=1), 1e-9)
    near = pixels[:, 2] <= drawn.distance[row, column] + 0.002
    return inside & near & cover.skin[row, column] & (facing > _FLATTEST)


def _own_colours(
    fit: HeadState, texture: HeadTexture, triangle: np.ndarray, weights: np.ndarray
) -> FloatArray:
    model = fit.model
    uv = np.einsum("nk,nkc->nc", weights, model.uv[triangle]).astype(np.float32)
    colours = sample_texture(np.ascontiguousarray(texture.pixels), uv)
    part = model.parts[triangle]
    tones = {
        "teeth_upper": 0.85 * texture.teeth,
        "teeth_lower": 0.8 * texture.teeth,
        "tongue": 0.75 * texture.tongue,
        "mouth": 0.3 * texture.tongue,
        "eye_left": 0.85 * texture.sclera,
        "eye_right": 0.85 * texture.sclera,
    }
    for name, tone in tones.items():
        if name in model.part_names:
            colours[part == model.part_names.index(name)] = tone
    return colours


def _joined(first: SurfaceSplats, second: SurfaceSplats) -> SurfaceSplats:
    names = ("triangles", "weights", "tangents", "lift", "thickness", "colours", "opacities")
    return SurfaceSplats(*(np.concatenate([getattr(first, name), getattr(second, name)]) for name in names))


def _sharpened(
    bound: SplatHead, fit: HeadState, photo: FloatArray, seen: tuple[Camera, Coverage], steps: int
) -> SplatHead:
    """Colours fitted to the photograph, because overlapping splats blur each other.

    Simultaneous algebraic reconstruction (Gilbert 1972): each splat takes the mean of what is missing
    where it is seen, weighted by how much it is seen; what is hidden stays as it is.
    """
    if steps < 1:
        return bound
    splats = posed(bound, fit)
    camera, (grid, cover) = fit.camera, seen
    projected = project_splats(splats, camera, degree=0)
    lists = tile_lists(projected, camera.width, camera.height)
    weight = cover.interior(camera.width, camera.height)[..., None]
    colours = np.concatenate([bound.surface.colours, bound.volume.colours]).astype(np.float32)
    dark = np.zeros((camera.height, camera.width), np.float32)
    # Hair in front of a face must not turn pale to let the face through, nor a face to outshine hair.
    free = np.where(cover.at_hairline(grid, project(grid, splats.positions)), _FREE, 1.0)[:, None]
    low, high = np.clip(colours - free, 0, 1), np.clip(colours + free, 0, 1)

    def gathered(picture: tuple[FloatArray, FloatArray], by_pixel: FloatArray) -> FloatArray:
        now = np.ascontiguousarray(by_pixel, np.float32)
        return gradients(splats, camera, projected, lists, picture, now, dark, 0).harmonics[:, 0] / C0

    share = None
    for _ in range(steps):
        projected.records[:, RED : BLUE + 1] = np.maximum(colours, 1e-4)
        values = np.ascontiguousarray(projected.records[:, RED : BLUE + 1])
        picture = composite(projected.records, values, lists, camera.width, camera.height)
        if share is None:
            share = gathered(picture, np.broadcast_to(weight, photo.shape))
        missing = weight * (photo * (1 - picture[1][..., None]) - picture[0])
        colours = np.clip(colours + 1.4 * gathered(picture, missing) / np.maximum(share, 0.25), low, high)
        colours = colours.astype(np.float32)
    count = len(bound.surface.colours)
    return replace(
        bound,
        surface=replace(bound.surface, colours=colours[:count]),
        volume=replace(bound.volume, colours=colours[count:]),
    )
