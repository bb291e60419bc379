"""Light, skin and what hides it: the head's colours in its picture, explained by expectation maximisation.

Every vertex of the face that the picture shows is either skin (one albedo for the face, with wide
bounds where brows, eyes, lips and beards differ, under a spherical-harmonic light of second order:
Ramamoorthi and Hanrahan 2001) or something in front of it (any colour, from a histogram of what is
not skin: the outlier model of Egger et al. 2018). Light and classes are found in turns; neighbours
on the mesh lean towards the same class. The head model has no statistics of albedo, so what a
person's skin does beyond one tone is not told from paint.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from nodes.head._keep import once_per_model
from nodes.head._landmarks import LIPS_AND_LIDS, eye_distance
from nodes.head._shape import expressed_vertices, landmark_points, parts_of, to_world
from nodes.raster.geometry import project, to_camera, vertex_normals
from nodes.raster.light import light_basis, to_linear
from nodes.raster.sampling import sample_bilinear
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import HeadModel, HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

_ROUNDS = 6
_USUAL_SHARE = 0.85  # of the vertices that show skin
_BINS = 6
#: The wider class of skin: brightness and two opponent colours, in logs; and how much of the skin it is.
_BROAD = np.array([0.6, 0.17, 0.17])
_BROAD_SHARE = 0.3
#: Brows, after the landmark numbering, whose colour is not the skin's.
_BROWS = (46, 53, 52, 65, 55, 70, 63, 105, 66, 107, 276, 283, 282, 295, 285, 300, 293, 334, 296, 336)
_NOSTRILS = (2, 97, 326, 98, 327, 60, 290, 20, 250)
#: Landmarks of what has a colour of its own.
DETAILS = (*LIPS_AND_LIDS, *_BROWS, *_NOSTRILS)


@dataclass(frozen=True, eq=False)
class FaceMap:
    """The vertices of the face, derived once per model.

    Attributes:
        vertices: N indices. plain: N in 0..1, low where brows, eyes, lips and nostrils are.
        area: N, of the skin around each vertex, their mean 1.
        edges: E x 2, rows of `vertices` that are neighbours.
        near: 468 x 8, rows of plain `vertices` next to each landmark.
        mirror: N, the row on the other side of the face.
    """

    vertices: IntArray
    plain: FloatArray
    area: FloatArray
    edges: IntArray
    near: IntArray
    mirror: IntArray


@dataclass(frozen=True, eq=False)
class Appearance:
    """What a picture's colours say.

    Attributes:
        light: 9 x 3, times `light_basis` of a normal in the world: the light on the skin, whose
            mean over the face is about 1, in linear light.
        skin: 3, the albedo of the skin in linear light.
        shown: V in 0..1, the probability that the picture shows a vertex's skin; 0 where hidden.
        residuals: V, how far the colour is from the explained one, as a share of the skin's.
        hidden: 468 in 0..1, the probability that something is in front of a landmark.
        covered: the share of the visible face that something hides.
    """

    light: FloatArray
    skin: FloatArray
    shown: FloatArray
    residuals: FloatArray
    hidden: FloatArray
    covered: float


@once_per_model
def face_map(model: HeadModel) -> FaceMap:
    """The face's vertices of a model; kept as long as the model lives."""
    from scipy.spatial import cKDTree

    skin = np.unique(model.triangles[parts_of(model).skin_triangles])
    landmarks = landmark_points(model, model.mean)
    place = model.mean
    distance, _ = cKDTree(landmarks).query(place[skin])
    vertices = skin[distance < 0.016].astype(np.int32)
    details = landmarks[list(DETAILS)]
    gap, _ = cKDTree(details).query(place[vertices])
    row = np.full(len(place), -1)
    row[vertices] = np.arange(len(vertices))
    triangles = row[model.triangles]
    triangles = triangles[(triangles >= 0).all(axis=1)]
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    corner = place[vertices[triangles]]
    size = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    area = np.bincount(triangles.ravel(), np.repeat(size, 3), len(vertices))
    tree = cKDTree(place[vertices])
    plain = np.clip((gap - 0.003) / 0.004, 0.0, 1.0)
    even = np.nonzero(plain > 0.5)[0]
    near = even[cKDTree(place[vertices[even]]).query(landmarks, k=min(8, len(even)))[1]]
    mirror = tree.query(place[vertices] * [-1.0, 1.0, 1.0])[1]
    return FaceMap(
        vertices,
        plain,
        area / max(float(area.mean()), 1e-12),
        np.unique(np.sort(edges, axis=1), axis=0).astype(np.int32),
        near.astype(np.int32),
        mirror.astype(np.int32),
    )


def appearance_of(fit: HeadState) -> Appearance | None:
    """Explain the picture of a fit; None when it has none, or shows too little of the face."""
    if fit.picture is None or len(fit.landmarks) < 468:
        return None
    model = fit.model
    faces = face_map(model)
    world = to_world(fit, expressed_vertices(fit))
    normals = vertex_normals(world, model.triangles)[faces.vertices]
    facing, pixels = squarely_seen(fit, world, normals, faces.vertices)
    colours = colours_at(fit, pixels)
    rows = np.nonzero(facing > 0.1)[0]
    if len(rows) < 60:
        return None
    light, skin, shown, residuals = _explained(
        colours[rows],
        normals[rows],
        facing[rows] * faces.area[rows],
        faces.plain[rows],
        _among(faces.edges, rows, len(facing)),
    )
    whole = np.zeros(len(facing))
    whole[rows] = shown
    hidden = _hidden_landmarks(faces, facing, whole)
    out_shown, out_residuals = (np.zeros(len(model.mean), np.float32) for _ in range(2))
    out_shown[faces.vertices] = whole
    out_residuals[faces.vertices[rows]] = residuals
    seen = facing[rows] * faces.area[rows]
    covered = float(((1 - shown) * seen).sum() / max(float(seen.sum()), 1e-9))
    return Appearance(
        light.astype(np.float32), skin.astype(np.float32), out_shown, out_residuals, hidden, covered
    )


def squarely_seen(
    fit: HeadState, world: FloatArray, normals: FloatArray, vertices: IntArray
) -> tuple[FloatArray, FloatArray]:
    """How squarely each vertex of the face is seen (N in 0..1, 0 when hidden), and its pixel (N x 2)."""
    camera = fit.camera
    points = project(camera, world)
    low = np.floor(points[vertices, :2].min(axis=0)) - 2
    size = np.ceil(points[vertices, :2].max(axis=0)) + 2 - low
    # The z-buffer is as fine as the mesh needs, whatever the picture's size.
    scale = min(1.0, 256.0 / float(size.max()))
    window = points.copy()
    window[:, :2] = (points[:, :2] - low) * scale
    width, height = (max(int(side * scale) + 1, 1) for side in size)
    depth = rasterise(window, fit.model.triangles, width, height).distance
    own = window[vertices]
    column = np.clip(own[:, 0].astype(int), 0, width - 1)
    row = np.clip(own[:, 1].astype(int), 0, height - 1)
    pixels = points[vertices, :2]
    inside = (pixels > 0).all(axis=1) & (pixels[:, 0] < camera.width) & (pixels[:, 1] < camera.height)
    shown = inside & (own[:, 2] <= depth[row, column] + 0.005)
    view = -to_camera(camera, world[vertices])
    view /= np.maximum(np.linalg.norm(view, axis=1, keepdims=True), 1e-9)
    turned = normals @ np.asarray(camera.world_to_camera[:3, :3], np.float32).T
    cosine = np.einsum("nk,nk->n", turned, view)
    return np.where(shown, np.clip((cosine - 0.1) / 0.5, 0.0, 1.0), 0.0), pixels


def colours_at(fit: HeadState, pixels: FloatArray) -> FloatArray:
    """N x 3 linear colours of a fit's picture, averaged over about the distance of two vertices."""
    import cv2

    assert fit.picture is not None
    picture = fit.picture.pixels
    reach = 0.5 * eye_distance(fit.landmarks)
    left, top = (int(max(value - reach, 0)) for value in pixels.min(axis=0))
    right, bottom = (int(value + reach) + 1 for value in pixels.max(axis=0))
    part = np.ascontiguousarray(picture[top:bottom, left:right, :3], np.float32)
    if not part.size:
        return np.zeros((len(pixels), 3))
    soft = max(0.02 * eye_distance(fit.landmarks), 0.3)
    if soft > 3.0:
        # large pictures are shrunk first: the blur would only cost time
        factor = soft / 1.5
        size = (max(int(part.shape[1] / factor), 1), max(int(part.shape[0] / factor), 1))
        scale = np.array([size[0] / part.shape[1], size[1] / part.shape[0]])
        part, soft = cv2.resize(part, size, interpolation=cv2.INTER_AREA), 1.0
    else:
        scale = np.ones(2)
    blurred = cv2.GaussianBlur(part, (0, 0), soft)
    found = sample_bilinear(blurred, (pixels - [left, top]) * scale)
    return found if fit.picture.linear else to_linear(found)


def _among(edges: IntArray, rows: IntArray, count: int) -> IntArray:
    """Edges between some of the vertices, renumbered."""
    number = np.full(count, -1, np.int32)
    number[rows] = np.arange(len(rows))
    kept = number[edges]
    return kept[(kept >= 0).all(axis=1)]


def _explained(
    colours: FloatArray, normals: FloatArray, weight: FloatArray, plain: FloatArray, edges: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Light (9 x 3), skin (3), and for N vertices whether skin is shown and the residual."""
    basis = light_basis(normals)
    floor = 0.02 * max(float(np.quantile(colours, 0.9)), 1e-3)
    tone = np.log(colours + floor)
    # Start from what is most like skin: red above green above blue, of whatever brightness.
    red, blue = tone[:, 0] - tone[:, 1], tone[:, 1] - tone[:, 2]
    like = np.exp(-0.5 * (((red - 0.38) / 0.28) ** 2 + ((blue - 0.25) / 0.35) ** 2))
    usual = _weighted_median(tone, weight * plain * (0.01 + like))
    shown = (0.05 + 0.95 * like) * np.exp(-0.5 * (np.abs(tone - usual).max(axis=1) / 0.6) ** 2)
    # The opponent axes tell skin from other things better than brightness, which shadows change.
    axes = np.array([[1, 1, 1], [1, -1, 0], [1, 1, -2]]) / np.sqrt([[3.0], [2.0], [6.0]])
    loose = np.array([0.9, 0.30, 0.30])
    light = np.zeros((9, 3))
    for _ in range(_ROUNDS):
        light = _fitted_light(colours, basis, shown * weight * (0.05 + 0.95 * plain))
        explained = np.maximum(basis @ light, 0.1 * np.abs(light[0]))
        off = (tone - np.log(explained + floor)) @ axes.T
        sure = shown * weight * plain
        spread = np.sqrt((sure[:, None] * off**2).sum(axis=0) / max(sure.sum(), 1e-6))
        spread = np.clip(spread, [0.12, 0.025, 0.025], [0.40, 0.09, 0.09])
        wide = spread + (1 - plain)[:, None] * (loose - spread)
        # Shadows, flushed cheeks and make-up are skin too: a wider, rarer class of it.
        broad = np.maximum(wide, _BROAD)
        likely = np.logaddexp(
            np.log(1 - _BROAD_SHARE) + _log_normal(off, wide), np.log(_BROAD_SHARE) + _log_normal(off, broad)
        )
        other = _histogram(off, (1 - shown) * weight)
        # What has a colour of its own is judged by what is around it.
        evidence = (likely - other + np.log(_USUAL_SHARE / (1 - _USUAL_SHARE))) * (0.05 + 0.95 * plain)
        shown = _smoothed(evidence, edges)
    skin = np.maximum(light[0], 1e-4)
    residuals = np.linalg.norm(colours - explained, axis=1) / np.linalg.norm(skin)
    return light / skin, skin, shown, residuals


def _log_normal(off: FloatArray, spread: FloatArray) -> FloatArray:
    """N: log density of deviations (N x 3) but for the constant, with a bound on each axis."""
    found: FloatArray = -0.5 * (np.minimum(np.abs(off) / spread, 6.0) ** 2).sum(axis=1)
    return found - np.broadcast_to(np.log(spread), off.shape).sum(axis=1)


def _weighted_median(values: FloatArray, weights: FloatArray) -> FloatArray:
    """The median of each column (N x C)."""
    order = np.argsort(values, axis=0)
    total = np.cumsum(weights[order], axis=0)
    middle = (total < 0.5 * total[-1]).sum(axis=0)
    columns = np.arange(values.shape[1])
    found: FloatArray = values[order[np.minimum(middle, len(values) - 1), columns], columns]
    return found


def _fitted_light(colours: FloatArray, basis: FloatArray, weights: FloatArray) -> FloatArray:
    """9 x 3 least-squares light; what few normals tell stays small."""
    weighted = basis * weights[:, None]
    normal = np.einsum("nk,nl->kl", weighted, basis)
    held = np.repeat([0.01, 0.03], [3, 5]) * max(normal[0, 0], 1e-9)
    normal[np.arange(1, 9), np.arange(1, 9)] += held
    normal[0, 0] += 1e-9
    right = np.einsum("nk,nc->kc", weighted, colours)
    found: FloatArray = np.linalg.solve(normal, right)
    return found


def _histogram(off: FloatArray, weights: FloatArray) -> FloatArray:
    """N: log density of what is not skin, from a histogram over the three axes."""
    reach = np.array([2.5, 1.0, 1.0])
    cell = np.clip(((off + reach) / (2 * reach) * _BINS).astype(int), 0, _BINS - 1)
    index = (cell[:, 0] * _BINS + cell[:, 1]) * _BINS + cell[:, 2]
    count = np.bincount(index, weights, _BINS**3) + 0.25
    density = count / count.sum() * _BINS**3 / float(np.prod(2 * reach))
    # both densities in the same units; the Gaussians' constant is (2 pi)^(3/2)
    found: FloatArray = np.log(density[index]) + 1.5 * np.log(2 * np.pi)
    return found


def _smoothed(evidence: FloatArray, edges: IntArray) -> FloatArray:
    """Mean field of a Potts model on the mesh: N probabilities from log odds."""
    return _mean_field(np.clip(evidence, -12.0, 12.0), edges, 3.5, 12)


@njit(cache=True, fastmath=True)
def _mean_field(evidence, edges, strength, rounds):  # type: ignore[no-untyped-def]
    count = len(evidence)
    degree = np.zeros(count)
    for e in range(edges.shape[0]):
        degree[edges[e, 0]] += 1.0
        degree[edges[e, 1]] += 1.0
    shown = 1.0 / (1.0 + np.exp(-evidence))
    for _ in range(rounds):
        around = np.zeros(count)
        for e in range(edges.shape[0]):
            around[edges[e, 0]] += shown[edges[e, 1]]
            around[edges[e, 1]] += shown[edges[e, 0]]
        for i in range(count):
            lean = strength * (2.0 * around[i] / max(degree[i], 1.0) - 1.0)
            shown[i] = 0.5 * shown[i] + 0.5 / (1.0 + np.exp(-(evidence[i] + lean)))
    return shown


def _hidden_landmarks(faces: FaceMap, facing: FloatArray, shown: FloatArray) -> FloatArray:
    """468 in 0..1: how likely something is in front of each landmark.

    Beards, brows and make-up are on both sides alike, and stay where they are: they hide less.
    """
    weight = facing[faces.near]
    total = weight.sum(axis=1)
    hidden = (weight * (1 - shown[faces.near])).sum(axis=1) / np.maximum(total, 1e-6)
    other = faces.mirror[faces.near]
    seen_other = facing[other].sum(axis=1)
    twin = (facing[other] * (1 - shown[other])).sum(axis=1) / np.maximum(seen_other, 1e-6)
    alike = np.where(seen_other > 0.2, np.minimum(hidden, twin), 0.0)
    out: FloatArray = np.where(total > 0.2, np.clip(hidden - 0.5 * alike, 0.0, 1.0), 0.0)
    return out
