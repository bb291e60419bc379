"""The shape of a fitted head refined by light and shade.

The skin's colour is its albedo (`AlbedoPrior`) under a light of second-order spherical harmonics; where
shade does not fit the surface, the surface turns. Gauss-Newton over identity, expression, pose, lens and
light together, with analytic derivatives of the normals and of where each vertex is seen; the albedo is
integrated out (photometric refinement of morphable models: Blanz and Vetter 1999; shape from shading
with a Gaussian process for the albedo). What landmarks, pixels and the outline told stays in as a prior.

Skin that is uneven tells little: how uneven it is, the picture says, and so much less shade counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from nodes.head._albedo import AlbedoPrior, albedo_prior
from nodes.head._appearance import FaceMap, colours_at, face_map, squarely_seen
from nodes.head._contour import by_projection, changed_head, fit_of, surface_directions, unless_torn
from nodes.head._fit import LandmarkFit
from nodes.head._keep import once_per_model
from nodes.head._landmarks import eye_distance
from nodes.head._shape import expressed_vertices, to_world
from nodes.head._solver import bounded_step
from nodes.raster.geometry import rotation_matrix, vertex_normals
from nodes.raster.light import light_basis
from nodes.sdk.values import HeadModel, HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

_ROUNDS = 3
_MOST, _LEAST = 450, 80  # vertices
_LEAST_SHOWN = 0.3
_LEAST_FACING = 0.4  # of `squarely_seen`: a cosine of 0.3
_FLOOR = 0.01  # added to linear light before its logarithm
#: Deviations of the log of one vertex's brightness: read, and seen at a grazing angle.
_NOISE, _GRAZING_NOISE = 0.06, 0.12
#: A residual of so many deviations counts for half.
_FAR = 2.0
#: A slightly wrong shape alone makes even skin look this uneven (deviation of the log of brightness).
_EVEN = 0.06
#: Skin that looks more uneven says nothing by its shade: pictures of half real, half even skin are not
#: fitted better there, and photographs less near to their landmarks.
_TOO_UNEVEN = 0.12
#: The covariance of what is known before is this many times as large as it thinks.
_DOUBT = 3.7
#: Light from one side is as strong as that from all sides, about.
_SIDE_LIGHT = 1.0
#: Shade does not tell how large a head is: a hundredth of its size counts as so many deviations.
_SIZE_HELD = 10.0
_TORN = 1.6  # as `unless_torn` takes it


@dataclass(frozen=True, eq=False)
class Shade:
    """The brightness of a face's skin at N vertices.

    Attributes:
        some: N, rows of the `AlbedoPrior`. vertices: N.
        normals: N x 3 in the world. brightness: N, log of linear light.
        slope: N x 2, its change for a pixel to the right, and down.
        noise: N, variance of what is not albedo.
    """

    some: IntArray
    vertices: IntArray
    normals: FloatArray
    brightness: FloatArray
    slope: FloatArray
    noise: FloatArray


@dataclass(frozen=True, eq=False)
class _Around:
    """What is around the prior's vertices.

    Attributes:
        first, triangles: those of vertex n are triangles[first[n] : first[n + 1]].
        size: D, how much larger each direction of identity makes the face, as a share.
    """

    first: IntArray
    triangles: IntArray
    size: FloatArray


def refined_by_shade(fit: LandmarkFit, state: HeadState, shown: FloatArray) -> LandmarkFit:
    """Move the fit of a single picture so that its shade explains the picture's.

    Args:
        fit: so far. state: the same fit as a head, with its picture.
        shown: V in 0..1, the probability that the picture shows a vertex's skin.
    """
    model = state.model
    prior = albedo_prior(model)
    shade = shade_of(state, shown, prior)
    if shade is None:
        return fit
    light = _plain_light(shade)
    measured = unevenness(shade, light, face_map(model), prior)
    if measured > _TOO_UNEVEN:
        return fit
    uneven = measured**2 / _EVEN
    known = fit.curvature / _DOUBT
    size = len(known) - 59
    larger = _around(model).size
    known[:size, :size] += (100.0 * _SIZE_HELD) ** 2 * np.outer(larger, larger)
    moved = np.zeros(len(known))
    for _ in range(_ROUNDS):
        albedo = prior.covariance(shade.some, uneven)
        change, light = _step(state, shade, albedo, light, known, moved)
        moved = moved + change
        state = changed_head(state, change[:size], change[size:])
        found = shade_of(state, shown, prior)
        if found is None:
            return fit
        shade = found
    refined = fit_of(fit, state, fit.curvature, fit.spread)
    return unless_torn(fit, refined, _TORN, eye_distance(state.landmarks))


def shade_of(state: HeadState, shown: FloatArray, prior: AlbedoPrior) -> Shade | None:
    """How bright a fitted face's skin is; None when too little of it is seen."""
    model = state.model
    faces = face_map(model)
    world = to_world(state, expressed_vertices(state))
    normals = vertex_normals(world, model.triangles)[faces.vertices]
    facing, pixels = squarely_seen(state, world, normals, faces.vertices)
    sure = shown[faces.vertices]
    usable = (facing > _LEAST_FACING) & (sure > _LEAST_SHOWN)
    some = np.nonzero(usable[prior.rows])[0]
    if len(some) < _LEAST:
        return None
    some = some[:: -(-len(some) // _MOST)]
    rows = prior.rows[some]
    brightness, slope = _brightness(state, pixels[rows])
    grazing = _GRAZING_NOISE * np.clip(1.0 - facing[rows], 0.0, 1.0)
    noise = (_NOISE / np.clip(sure[rows], 0.05, 1.0)) ** 2 + grazing**2
    return Shade(
        some.astype(np.int32),
        faces.vertices[rows],
        normals[rows].astype(np.float64),
        brightness,
        slope,
        noise,
    )


def unevenness(shade: Shade, light: FloatArray, faces: FaceMap, prior: AlbedoPrior) -> float:
    """The deviation of the log of brightness on plain skin from what a light (9) explains."""
    plain = faces.plain[prior.rows[shade.some]] > 0.5
    off = shade.brightness - _explained(shade, light)[0]
    off = off[plain] if plain.sum() >= _LEAST // 2 else off
    # the median of a normal deviation is 0.6745 of its spread
    return float(np.median(np.abs(off - np.median(off))) / 0.6745)


def _brightness(state: HeadState, pixels: FloatArray) -> tuple[FloatArray, FloatArray]:
    beside = max(0.01 * eye_distance(state.landmarks), 0.5)
    steps = beside * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    colours = colours_at(state, (pixels[None] + steps[:, None]).reshape(-1, 2).astype(np.float32))
    here, right, left, below, above = np.log(colours.mean(axis=1) + _FLOOR).reshape(5, -1)
    return here, np.column_stack([right - left, below - above]) / (2 * beside)


def _explained(shade: Shade, light: FloatArray) -> tuple[FloatArray, FloatArray]:
    """N logs of what a light gives skin, and their derivatives N x 9."""
    basis = light_basis(shade.normals)
    usual = float(np.exp(shade.brightness).mean())
    given = np.maximum(basis @ light, 0.1 * usual) + _FLOOR
    return np.log(given), basis / given[:, None]


def _plain_light(shade: Shade) -> FloatArray:
    """9: a light that explains most of the skin with one albedo, by reweighted least squares."""
    basis = light_basis(shade.normals)
    values = np.exp(shade.brightness) - _FLOOR
    light: FloatArray = np.linalg.lstsq(basis, values, rcond=None)[0]
    for _ in range(6):
        expected, slopes = _explained(shade, light)
        off = shade.brightness - expected
        weight = 1.0 / (1.0 + (off / 0.15) ** 2)
        normal = np.einsum("nk,n,nl->kl", slopes, weight, slopes, optimize=True)
        held = _light_precision(light)
        normal.ravel()[::10] += held
        light = light + np.linalg.solve(normal, slopes.T @ (weight * off) - np.r_[0.0, held[1:] * light[1:]])
    return light


def _light_precision(light: FloatArray) -> FloatArray:
    """9: of a light whose sides are about as strong as what comes from everywhere."""
    usual = max(float(light[0]), 1e-3)
    return np.r_[0.01, np.ones(8)] / (_SIDE_LIGHT * usual) ** 2


def _step(
    state: HeadState,
    shade: Shade,
    albedo: FloatArray,
    light: FloatArray,
    known: FloatArray,
    moved: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """A Gauss-Newton step of (shape, expression, rotation, translation, log focal), and the next light.

    Args:
        albedo: N x N, its covariance. light: 9.
        known: the normal matrix of what was known before. moved: the steps so far.
    """
    from scipy.linalg import cho_factor, cho_solve

    expected, slopes = _explained(shade, light)
    off = shade.brightness - expected
    # what no albedo explains is something else: a mole, a strand of hair, a highlight
    unlikely = (off / (_FAR * np.sqrt(shade.noise + np.diag(albedo)))) ** 4
    factor = cho_factor(albedo + np.diag(shade.noise * (1.0 + unlikely)), lower=True)
    rows = np.column_stack([_shade_rows(state, shade, light), -slopes])
    whitened = cho_solve(factor, np.column_stack([rows, off]))
    normal = np.einsum("nk,nl->kl", rows, whitened[:, :-1], optimize=True)
    gradient = -np.einsum("nk,n->k", rows, whitened[:, -1])
    count = len(known)
    held = _light_precision(light)
    normal[:count, :count] += known
    normal.ravel()[:: len(normal) + 1] += np.r_[np.full(count, 1e-9), held]
    gradient[:count] -= np.einsum("kl,l->k", known, moved)
    gradient[count + 1 :] -= held[1:] * light[1:]
    current, bounded = np.zeros(len(normal)), np.zeros(len(normal), np.bool_)
    current[count - 59 : count - 7] = state.expression
    bounded[count - 59 : count - 7] = True
    change = bounded_step(normal, gradient, current, bounded)
    return change[:count], light + change[count:]


def _shade_rows(state: HeadState, shade: Shade, light: FloatArray) -> FloatArray:
    """N x (D + 59): how much brighter than explained each vertex becomes for each unknown."""
    model = state.model
    rotation = rotation_matrix(state.rotation)
    local = expressed_vertices(state)
    turned = local[shade.vertices] @ rotation.T
    x, y, z = shade.normals.T
    one, two, three, four, five, six, seven, eight = light[1:]
    # the derivative of light_basis @ light by the normal
    towards = np.column_stack(
        [
            one + y * four + z * six + 2 * x * seven,
            two + x * four + z * five - 2 * y * seven,
            three + y * five + x * six + 6 * z * eight,
        ]
    )
    towards = towards / np.exp(_explained(shade, light)[0])[:, None]
    towards = towards - (towards * shade.normals).sum(axis=1, keepdims=True) * shade.normals
    place = turned + np.asarray(state.translation, np.float64)
    # a vertex that moves is seen elsewhere
    shift, lens = by_projection(place, state.camera.focal, shade.slope)
    around = _around(model)
    moving = _by_directions(
        shade.some, around.first, around.triangles, model.triangles, local.astype(np.float64),
        shade.vertices, towards @ rotation, shift @ rotation, surface_directions(model),
    )  # fmt: skip
    turning = np.cross(turned, shift) - np.cross(shade.normals, towards)
    return np.column_stack([moving, turning, shift, lens])


@once_per_model
def _around(model: HeadModel) -> _Around:
    vertices = face_map(model).vertices[albedo_prior(model).rows]
    row = np.full(len(model.mean), -1)
    row[vertices] = np.arange(len(vertices))
    owner = row[model.triangles].ravel()
    triangle = np.repeat(np.arange(len(model.triangles)), 3)[owner >= 0]
    owner = owner[owner >= 0]
    order = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[order], np.arange(len(vertices) + 1))
    return _Around(first.astype(np.int32), triangle[order].astype(np.int32), _relative_size(model))


def _relative_size(model: HeadModel) -> FloatArray:
    """D: how much larger each direction of identity makes the face, as a share."""
    vertices = face_map(model).vertices
    place = model.mean[vertices].astype(np.float64)
    place -= place.mean(axis=0)
    moving = surface_directions(model)[vertices][..., :-52]
    found: FloatArray = np.einsum("vc,vcd->d", place, moving, optimize=True) / (place**2).sum()
    return found


@njit(cache=True, fastmath=True)
def _by_directions(  # type: ignore[no-untyped-def]
    some, first, around, triangles, places, vertices, towards, shift, directions
):
    """N x C: change of brightness as vertices move, less that of the shade as normals turn."""
    count = directions.shape[2]
    out = np.zeros((len(some), count))
    for n in range(len(some)):
        nx, ny, nz = 0.0, 0.0, 0.0
        row = some[n]
        for k in range(first[row], first[row + 1]):
            a, b, c = triangles[around[k], 0], triangles[around[k], 1], triangles[around[k], 2]
            e, f = places[b] - places[a], places[c] - places[a]
            nx += e[1] * f[2] - e[2] * f[1]
            ny += e[2] * f[0] - e[0] * f[2]
            nz += e[0] * f[1] - e[1] * f[0]
        g = towards[n] / max((nx * nx + ny * ny + nz * nz) ** 0.5, 1e-12)
        for axis in range(3):
            weight = shift[n, axis]
            for d in range(count):
                out[n, d] += weight * directions[vertices[n], axis, d]
        for k in range(first[row], first[row + 1]):
            a, b, c = triangles[around[k], 0], triangles[around[k], 1], triangles[around[k], 2]
            e, f = places[b] - places[a], places[c] - places[a]
            # g . d(e x f) = de . (f x g) + df . (g x e)
            by_b = np.cross(f, g)
            by_c = np.cross(g, e)
            for axis in range(3):
                p, q = by_b[axis], by_c[axis]
                for d in range(count):
                    out[n, d] -= p * directions[b, axis, d] + q * directions[c, axis, d]
                    out[n, d] += (p + q) * directions[a, axis, d]
    return out
