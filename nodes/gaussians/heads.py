"""From a fitted head and its photograph to splats tied to the head.

What the photograph shows becomes a splat for each of its pixels, on the surface that the fit says is
there. What it does not show takes the head's completed texture: mirrored, then smoothed over. Hair
and clothes that stand off the model are a volume, see `nodes.gaussians.hair`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nodes.gaussians.binding import SplatHead, SurfaceSplats, posed
from nodes.gaussians.compositing import composite
from nodes.gaussians.gradients import gradients
from nodes.gaussians.hair import no_volume, scalp, volume_of
from nodes.gaussians.harmonics import C0
from nodes.gaussians.mouth import behind_lips, gums, inside_mouth, mouth_light, with_teeth_above
from nodes.gaussians.projection import BLUE, RED, project_splats
from nodes.gaussians.shots import Photo, Shot, in_tone, shot_of
from nodes.gaussians.skin import blend, completed
from nodes.gaussians.tiles import tile_lists
from nodes.head._shape import expressed_vertices, to_world
from nodes.head._texture import HeadTexture, texture_for
from nodes.raster.geometry import project, to_camera
from nodes.raster.sampling import sample_bilinear, sample_texture
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray

#: Standard deviation of a splat in steps between splats: smaller leaves gaps, larger blurs.
_WIDTH = 0.55
#: A surface seen under a flatter cosine than this is not taken from the photograph.
_FLATTEST = 0.28
_MOST_STRETCH = 3.0
#: How far sharpening may change a colour where hair ends.
_FREE = 0.2
_TEETH = ("teeth_upper", "teeth_lower")
#: Height in the head's frame below which the model is shoulders, metres.
SHOULDERS = -0.09


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


def splat_head(photos: Sequence[Photo], settings: SplatHeadSettings | None = None) -> SplatHead:
    """Make a splat head of one photograph of a person or of several.

    Args:
        photos: fits without edits (`as_fitted`), because their pictures show those expressions; of one
            head model and, but for offsets, one identity. The first one gives pose and shape.
    """
    chosen = settings or SplatHeadSettings()
    fit = photos[0].fit
    texture = texture_for(fit)
    if fit.picture is None:
        surface = _unseen(fit, texture, [], chosen)
        return SplatHead(surface, no_volume(), fit.rotation, fit.translation)
    first = shot_of(photos[0], chosen.detail)
    others = [shot_of(photo, chosen.detail) for photo in photos[1:] if photo.fit.picture is not None]
    shots = [first, *(in_tone(shot, first) for shot in others)]
    seen = with_teeth_above(fit.model, first.local, _seen(shots), texture.teeth)
    surface = _joined(seen, _unseen(fit, texture, shots, chosen))
    volume = volume_of(shots, chosen.hair, chosen.depth)
    bound = SplatHead(surface, volume, fit.rotation, fit.translation)
    for shot in shots[:0:-1]:
        bound = _sharpened(bound, shot, chosen.sharpen // 3, first=False)
    return _sharpened(bound, first, chosen.sharpen, first=True)


def _seen(shots: Sequence[Shot]) -> SurfaceSplats:
    """A splat for each pixel of the first photograph that shows the model's surface."""
    shot = shots[0]
    fit, grid, drawn = shot.fit, shot.grid, shot.drawn
    corners = to_camera(grid, to_world(fit, shot.local))[fit.model.triangles]
    rows, columns = np.nonzero(drawn.covered & shot.skin)
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
    spots = np.stack([columns + 0.5, rows + 0.5], axis=1)[good].astype(np.float32)
    triangle, weights = triangle[good].astype(np.int32), drawn.weights[rows, columns][good]
    return SurfaceSplats(
        triangle,
        weights,
        _in_edges(both[good], edge1[good], edge2[good]),
        np.zeros(len(triangle), np.float32),
        (0.3 * step[good]).astype(np.float32),
        _mixed(shots, sample_bilinear(shot.colour, spots), facing[good], triangle, weights),
        np.full(len(triangle), 0.96, np.float32),
    )


def _mixed(
    shots: Sequence[Shot], own: FloatArray, facing: np.ndarray, triangle: np.ndarray, weights: FloatArray
) -> FloatArray:
    """Colours of the first photograph, mixed with the others' where they look more squarely."""
    if len(shots) == 1:
        return own
    whole = np.column_stack([weights, 1 - weights.sum(axis=1)]).astype(np.float32)
    other, trust = blend(shots[1:], shots[0].fit.model.triangles[triangle], whole, mirrored=False)
    share = trust**2 / (trust**2 + 4 * np.clip((facing - _FLATTEST) / 0.4, 0.01, 1) ** 2)
    return (own + share[:, None] * (other - own)).astype(np.float32)


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
    fit: HeadState, texture: HeadTexture, shots: Sequence[Shot], settings: SplatHeadSettings
) -> SurfaceSplats:
    """Splats spread evenly over what the first photograph does not show."""
    model, local = fit.model, expressed_vertices(fit)
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
    if shots:
        # Neither what has a splat already nor shoulders of the model that the person has not.
        hidden = ~shots[0].shows(place, normal, _FLATTEST) | inside_mouth(model, triangle)
        hidden &= ~((place[:, 1] < SHOULDERS) & shots[0].outside(place))
        triangle, weights, place, normal = triangle[hidden], weights[hidden], place[hidden], normal[hidden]
    colours = _own_colours(fit, texture, triangle, weights)
    if shots:
        skin = model.parts[triangle] == model.part_names.index("skin")
        colours[skin] = completed(shots)(triangle[skin], weights[skin].astype(np.float32))
        colours[skin & behind_lips(model, local, place)] = 0.7 * texture.lips
        colours[gums(model, local, triangle, place)] = 0.55 * texture.lips
        rows = [model.part_names.index(name) for name in _TEETH if name in model.part_names]
        teeth = np.isin(model.parts[triangle], rows)
        colours[teeth] *= mouth_light(model, local, place[teeth])[:, None]
        tone = shots[0].tone
        if tone is not None:
            # Little light comes through to the roots.
            colours = colours + scalp(place)[:, None] * (0.6 * tone - colours)
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


def _sharpened(bound: SplatHead, shot: Shot, steps: int, *, first: bool) -> SplatHead:
    """Colours fitted to a photograph, because overlapping splats blur each other.

    Simultaneous algebraic reconstruction (Gilbert 1972): each splat takes the mean of what is missing
    where it is seen, weighted by how much it is seen; what is hidden stays as it is. Of photographs other
    than the first only sure skin counts, and colours change little.
    """
    if steps < 1:
        return bound
    fit, camera = shot.fit, shot.fit.camera
    splats = posed(replace(bound, rotation=fit.rotation, translation=fit.translation), fit)
    projected = project_splats(splats, camera, degree=0)
    lists = tile_lists(projected, camera.width, camera.height)
    photo = shot.photograph()
    weight = shot.interior(skin_only=not first)[..., None]
    colours = np.concatenate([bound.surface.colours, bound.volume.colours]).astype(np.float32)
    dark = np.zeros((camera.height, camera.width), np.float32)
    # Hair in front of a face must not turn pale to let the face through, nor a face to outshine hair.
    freedom = np.where(shot.at_hairline(project(shot.grid, splats.positions)), _FREE, 1.0)
    free = (freedom if first else np.minimum(freedom, _FREE))[:, None]
    low, high = np.clip(colours - free, 0, 1), np.clip(colours + free, 0, 1)

    def gathered(picture: tuple[FloatArray, FloatArray], by_pixel: FloatArray) -> FloatArray:
        now = np.ascontiguousarray(by_pixel, np.float32)
        return gradients(splats, camera, projected, lists, picture, now, dark, 0).harmonics[:, 0] / C0

    share = None
    for _ in range(steps):
        projected.records[:, RED : BLUE + 1] = np.maximum(colours, 1e-4)
        picture = composite(projected.records, lists, camera.width, camera.height)
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
