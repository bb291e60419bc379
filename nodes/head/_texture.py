"""A head's texture from its photograph: what is seen, mirrored where it is not, the rest smoothed over."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nodes.head._completion import (
    completed,
    in_own_measure,
    must_be_skin,
    skin_tone,
    some_texels,
    without_hair,
)
from nodes.head._keep import Keeper
from nodes.head._shape import as_fitted, expressed_vertices, landmark_points, parts_of, to_world
from nodes.head._slit import EYE_LEFT, EYE_RIGHT, inside, slit
from nodes.raster.geometry import project, to_camera, vertex_normals
from nodes.raster.light import light_basis, to_encoded, to_linear
from nodes.raster.ramps import smooth_step
from nodes.raster.sampling import sample_bilinear
from nodes.raster.zbuffer import interpolate, rasterise
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray

_SIZE = 1024
_PLAIN_SKIN = np.array([0.80, 0.63, 0.54], np.float32)


@dataclass(frozen=True, eq=False)
class HeadTexture:
    """The colours of a head.

    Attributes:
        pixels: S x S x 3, sRGB, looked up by the model's UVs.
        seen: S x S in 0..1, how well the photo shows each texel; 0 where it is mirrored or guessed.
        iris, sclera, teeth, tongue, lips: 3 each.
    """

    pixels: FloatArray
    seen: FloatArray
    iris: FloatArray
    sclera: FloatArray
    teeth: FloatArray
    tongue: FloatArray
    lips: FloatArray


def plain_texture() -> HeadTexture:
    """An even skin for heads without a photograph."""
    tones = (
        (0.33, 0.24, 0.16),
        (0.88, 0.86, 0.84),
        (0.86, 0.82, 0.76),
        (0.66, 0.34, 0.33),
        (0.72, 0.45, 0.42),
    )
    pixels = np.broadcast_to(_PLAIN_SKIN, (8, 8, 3)).astype(np.float32)
    return HeadTexture(pixels, np.zeros((8, 8), np.float32), *(np.array(tone, np.float32) for tone in tones))


def texture_of(fit: HeadState, size: int = _SIZE, *, unlit: bool = False) -> HeadTexture:
    """The texture of a fitted head; an even skin when it knows no photograph.

    Args:
        fit: the fit as measured (`as_fitted`), because the photo shows that expression.
        size: texels a side.
        unlit: divide by the light that the fit found, where it found one.
    """
    if fit.picture is None:
        return plain_texture()
    photo = np.ascontiguousarray(fit.picture.pixels[..., :3], np.float32)
    skin = _skin_photo(fit, photo)
    model = fit.model
    rows = parts_of(model).surface_triangles
    triangles = model.triangles[rows]
    local = expressed_vertices(fit)
    # One corner each, because UVs have seams where vertices have none.
    corners = np.arange(len(rows) * 3, dtype=np.int32).reshape(-1, 3)
    uv = model.uv[rows].reshape(-1, 2)
    flat = np.column_stack([uv[:, 0] * size, (1 - uv[:, 1]) * size, np.ones(len(uv))]).astype(np.float32)
    drawn = rasterise(flat, corners, size, size, cull=False)
    normals = vertex_normals(local, triangles)
    places = interpolate(drawn, corners, local[triangles].reshape(-1, 3))
    facing = interpolate(drawn, corners, normals[triangles].reshape(-1, 3))
    covered = drawn.covered

    world = to_world(fit, local)
    depth = rasterise(project(fit.camera, world), triangles, fit.camera.width, fit.camera.height).distance
    light = fit.light if unlit and len(fit.light) == 9 else None
    colour, weight = _look_up(fit, skin, depth, places[covered], facing[covered], light)
    flip = np.array([-1.0, 1.0, 1.0], np.float32)
    other, other_weight = _look_up(fit, skin, depth, places[covered] * flip, facing[covered] * flip, light)
    usual = in_own_measure(model, interpolate(drawn, corners, model.mean[triangles].reshape(-1, 3))[covered])
    texels = some_texels(model, drawn, triangles)
    tone = skin_tone(model, texels, colour, weight)
    bare = must_be_skin(usual)
    weight, other_weight = (
        part * without_hair(bare, seen, tone) for part, seen in ((weight, colour), (other_weight, other))
    )
    # The own side wins unless it is clearly worse seen than its mirror image.
    own = weight / np.maximum(weight + 0.35 * other_weight * np.clip(other_weight - weight, 0, 1), 1e-6)
    blended = own[:, None] * colour + (1 - own[:, None]) * other
    sure = np.clip(np.maximum(weight, other_weight) * 3.0, 0.0, 1.0)
    guess = completed(model, drawn, triangles, texels, usual, blended, sure, tone)
    pixels = np.zeros((size, size, 3), np.float32)
    known = np.zeros((size, size), np.float32)
    seen = np.zeros((size, size), np.float32)
    pixels[covered] = guess + sure[:, None] * (blended - guess)
    known[covered] = 1.0
    seen[covered] = weight
    tones = _tones(fit, photo)
    # The inside of the lips is never seen, and its neighbours in the layout are no flesh.
    lips = landmark_points(model, local)[[13, 14]].mean(axis=0)
    gap = np.abs(places - lips)
    unsure = np.zeros((size, size), bool)
    unsure[covered] = sure < 0.3
    inner = unsure & (gap < (0.03, 0.02, 0.03)).all(axis=2)
    pixels[inner] = 0.85 * tones[-1]
    return HeadTexture(smooth_fill(pixels, known), seen, *tones)


def _skin_photo(fit: HeadState, photo: FloatArray) -> FloatArray:
    from nodes.head._photo import photo_layers

    return photo_layers(fit).skin if len(fit.landmarks) >= 468 else photo


def _look_up(
    fit: HeadState,
    photo: FloatArray,
    depth: FloatArray,
    places: FloatArray,
    normals: FloatArray,
    light: FloatArray | None,
) -> tuple[FloatArray, FloatArray]:
    """Colours (N x 3) of places on the head, without a light (9 x 3), and how well each is seen (N)."""
    world = to_world(fit, places)
    pixels = project(fit.camera, world)
    height, width = depth.shape
    column = np.clip(pixels[:, 0].astype(int), 0, width - 1)
    row = np.clip(pixels[:, 1].astype(int), 0, height - 1)
    inside_picture = (
        (pixels[:, 0] >= 0) & (pixels[:, 0] < width) & (pixels[:, 1] >= 0) & (pixels[:, 1] < height)
    )
    visible = inside_picture & (pixels[:, 2] <= depth[row, column] + 0.004)
    origin = np.zeros((1, 3), np.float32)
    turned = to_world(fit, normals) - to_world(fit, origin)
    outward = turned
    turned = turned @ np.asarray(fit.camera.world_to_camera[:3, :3], np.float32).T
    view = -to_camera(fit.camera, world)
    view /= np.maximum(np.linalg.norm(view, axis=1, keepdims=True), 1e-9)
    cosine = np.einsum("nk,nk->n", turned, view)
    colours = sample_bilinear(photo, pixels[:, :2])
    if light is not None:
        colours = _unlit(colours, outward, light, _of_the_face(places))
    return colours, (visible * smooth_step((cosine - 0.15) / 0.5)).astype(np.float32)


def _of_the_face(places: FloatArray) -> FloatArray:
    """N in 0..1: whether places of the head's frame (N x 3 metres) are on the face, whose light is known."""
    _, y, z = places.T
    found: FloatArray = np.clip(z / 0.05, 0.0, 1.0) * np.clip((0.11 - y) / 0.03, 0.0, 1.0)
    return found * np.clip((y + 0.10) / 0.03, 0.0, 1.0)


def _unlit(colours: FloatArray, normals: FloatArray, light: FloatArray, share: FloatArray) -> FloatArray:
    """sRGB colours (N x 3) on surfaces with normals (N x 3), divided by a share (N) of a light (9 x 3).

    The light is bounded, because in its darkest corners a photo holds more noise than colour.
    """
    length = np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    shade = np.clip(light_basis(normals / length) @ light, 0.4, 1.8) ** share[:, None]
    found: FloatArray = to_encoded(to_linear(colours) / shade).astype(np.float32)
    return found


def smooth_fill(pixels: FloatArray, known: FloatArray) -> FloatArray:
    """Fill a picture where it is not known from ever larger surroundings (pull-push, Gortler 1996).

    Args:
        pixels: H x W x C. known: H x W in 0..1.
    """
    import cv2

    levels = [(pixels * known[..., None], known)]
    while min(levels[-1][1].shape) > 2:
        colour, weight = levels[-1]
        levels.append((cv2.pyrDown(colour), cv2.pyrDown(weight)))
    colour, weight = levels[-1]
    filled = colour / np.maximum(weight, 1e-6)[..., None]
    for colour, weight in reversed(levels[:-1]):
        filled = cv2.pyrUp(filled, dstsize=(weight.shape[1], weight.shape[0]))
        share = np.clip(weight * 2.0, 0.0, 1.0)[..., None]
        filled = filled + share * (colour / np.maximum(weight, 1e-6)[..., None] - filled)
    return np.clip(np.where(known[..., None] >= 1.0, pixels, filled), 0.0, 1.0).astype(np.float32)


def _tones(fit: HeadState, photo: FloatArray) -> tuple[FloatArray, ...]:
    """Iris, sclera, teeth, tongue and lips as the photo shows or suggests them."""
    plain = plain_texture()
    if len(fit.landmarks) < 478:
        return plain.iris, plain.sclera, plain.teeth, plain.tongue, plain.lips
    from nodes.head._photo import photo_layers

    height, width = photo.shape[:2]
    irises, whites = [], []
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    for rows, first in ((EYE_LEFT, 473), (EYE_RIGHT, 468)):
        opening = inside(slit(fit.landmarks, rows), width, height, -0.5)
        centre = fit.landmarks[first, :2]
        radius = np.linalg.norm(fit.landmarks[first + 1 : first + 5, :2] - centre, axis=1).mean()
        off = np.hypot(x - centre[0], y - centre[1]) / max(radius, 1e-3)
        irises.append(photo[opening & (off > 0.5) & (off < 0.85)])
        whites.append(photo[opening & (off > 1.15)])
    iris, sclera = np.concatenate(irises), np.concatenate(whites)
    mouth = photo_layers(fit).mouth
    return (
        np.median(iris, axis=0) if len(iris) > 3 else plain.iris,
        np.quantile(sclera, 0.7, axis=0).astype(np.float32) if len(sclera) > 3 else plain.sclera,
        np.maximum(mouth.white, 0.35),
        mouth.tones[1],
        mouth.tones[2],
    )


#: The texture of a fit, made on first use and kept for the last few fits.
cached_texture = Keeper(texture_of)


def texture_for(head: HeadState) -> HeadTexture:
    """The texture to draw a head with: an applied one over what the photograph of its fit gives."""
    own = cached_texture(as_fitted(head))
    if head.texture is None:
        return own
    import cv2

    pixels = np.ascontiguousarray(head.texture.pixels, np.float32)
    height, width = pixels.shape[:2]
    if pixels.shape[2] == 4:
        below = cv2.resize(np.ascontiguousarray(own.pixels), (width, height), interpolation=cv2.INTER_LINEAR)
        pixels = below + pixels[..., 3:] * (pixels[..., :3] - below)
    return replace(own, pixels=pixels)


def resized(pixels: FloatArray, size: int) -> FloatArray:
    """A square texture at another size, unchanged when it has it already."""
    import cv2

    if pixels.shape[0] == size:
        return pixels
    return cv2.resize(np.ascontiguousarray(pixels), (size, size), interpolation=cv2.INTER_LINEAR)
