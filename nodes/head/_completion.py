"""What a photograph does not show of a head, completed over its surface: skin from skin, hair from hair.

Two colours are carried over the mesh from where they are seen, one of the scalp and one of everything
else, each the smoothest that meets what is known (a membrane: Laplace's equation on the mesh, with
inverse edge lengths). A hairline of the model's own mixes them. On the ears and beside the face the
photo's colours count only where they are like the skin of the face: the rest is hair that hangs there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nodes.head._keep import once_per_model
from nodes.head._shape import landmark_points, parts_of
from nodes.raster.light import to_linear
from nodes.raster.ramps import smooth_step
from nodes.raster.zbuffer import Raster, interpolate
from nodes.sdk.values import HeadModel
from nodes.sdk.values.arrays import FloatArray, IntArray

#: The usual hairline in the head's own measure (see `in_own_measure`): depth and height, from the nape
#: over the ear and the temple to the forehead.
_HAIRLINE_DEPTH = (-0.90, -0.66, -0.37, -0.24, -0.04, 0.24, 0.51, 0.58)
_HAIRLINE_HEIGHT = (-0.62, -0.58, -0.20, 0.18, 0.20, 0.42, 0.53, 0.56)
_HAIRLINE_SOFT = 0.09
#: The ear: its middle and half its height and depth in the same measure.
_EAR, _EAR_SIZE = (-0.06, -0.20), (0.30, 0.22)
#: In front of this depth is the face, below this height the neck.
_SIDE_DEPTH, _SIDE_HEIGHT = 0.12, -0.62
#: How unlike skin may be: in the log of its brightness, and of red and blue over green.
_BRIGHTNESS, _CHROMA = 0.85, 0.30
#: The share of the scalp's seen part that must be unlike skin to be hair.
_HAIRY = 0.15
_EVERY = 5
#: So near to a landmark, in metres, a vertex is of the face.
_OF_FACE = 0.016
#: How strongly a known vertex holds its colour against its neighbours.
_HOLD = 30.0


def in_own_measure(model: HeadModel, places: FloatArray) -> FloatArray:
    """N x 3 places of the average head, measured from between the ears' fronts in widths of the face."""
    marks = landmark_points(model, model.mean)[[234, 454]]
    width = max(float(np.linalg.norm(marks[1] - marks[0])), 1e-6)
    found: FloatArray = ((places - marks.mean(axis=0)) / width).astype(np.float32)
    return found


def scalp_share(places: FloatArray) -> FloatArray:
    """How surely hair grows at places (... x 3, own measure) on a usual head, 0..1."""
    line = np.interp(places[..., 2], _HAIRLINE_DEPTH, _HAIRLINE_HEIGHT)
    grown = smooth_step((places[..., 1] - line) / _HAIRLINE_SOFT + 0.5)
    found: FloatArray = grown * (1.0 - _ear_share(places))
    return found


def must_be_skin(places: FloatArray) -> FloatArray:
    """Where hair may hang but does not grow, 0..1: the ears and the sides of the face."""
    side = smooth_step((_SIDE_DEPTH - places[..., 2]) / 0.1) * smooth_step(
        (places[..., 1] - _SIDE_HEIGHT) / 0.1
    )
    found: FloatArray = np.maximum(_ear_share(places), side * (1.0 - scalp_share(places)))
    return found


def _ear_share(places: FloatArray) -> FloatArray:
    height = (places[..., 1] - _EAR[0]) / _EAR_SIZE[0]
    depth = (places[..., 2] - _EAR[1]) / _EAR_SIZE[1]
    beside = np.abs(places[..., 0]) > 0.38
    found: FloatArray = beside * smooth_step((1.15 - np.hypot(height, depth)) / 0.3)
    return found


def like_skin(colours: FloatArray, skin: FloatArray) -> FloatArray:
    """How likely colours (N x 3, sRGB) are the skin (3, sRGB) in some light, 0..1."""
    seen, usual = (np.log(np.maximum(to_linear(part), 2e-3)) for part in (colours, skin))
    off = seen - usual
    chroma = np.hypot(off[..., 0] - off[..., 1], off[..., 2] - off[..., 1])
    far = np.maximum(np.abs(off.mean(axis=-1)) / _BRIGHTNESS, chroma / _CHROMA)
    found: FloatArray = (1.0 - smooth_step((far - 0.8) / 0.4)).astype(np.float32)
    return found


def without_hair(bare: FloatArray, colours: FloatArray, skin: FloatArray) -> FloatArray:
    """N in 0..1: how far colours (N x 3, sRGB) count where only skin (3, sRGB) can be (bare: N in 0..1)."""
    found = np.ones(len(bare), np.float32)
    rows = np.nonzero(bare > 0.0)[0]
    found[rows] = 1.0 - bare[rows] * (1.0 - like_skin(colours[rows], skin))
    return found


@dataclass(frozen=True, eq=False)
class _Surface:
    """A model's surface as a graph, derived once per model.

    Attributes:
        vertices: N indices. row: V, the row of `vertices` that a vertex has; -1 outside.
        joined: N x N sparse, the weights of edges. face: N, whether a vertex is of the face.
    """

    vertices: IntArray
    row: IntArray
    joined: Any
    face: np.ndarray


@dataclass(frozen=True, eq=False)
class Texels:
    """Some texels: the rows of their triangles' corners in the surface (N x 3), and their weights (N x 3)."""

    corners: IntArray
    bary: FloatArray


@once_per_model
def _surface_of(model: HeadModel) -> _Surface:
    from scipy.sparse import coo_matrix
    from scipy.spatial import cKDTree

    triangles = model.triangles[parts_of(model).surface_triangles]
    vertices = np.unique(triangles)
    row = np.full(len(model.mean), -1)
    row[vertices] = np.arange(len(vertices))
    pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    edges = np.unique(np.sort(row[pairs], axis=1), axis=0)
    length = np.linalg.norm(np.diff(model.mean[vertices[edges]], axis=1)[:, 0], axis=1)
    weights = float(length.mean()) / np.maximum(length, 1e-6)
    gap, _ = cKDTree(landmark_points(model, model.mean)).query(model.mean[vertices])
    one, other = edges.T
    joined = coo_matrix((weights, (one, other)), (len(vertices), len(vertices)))
    return _Surface(vertices, row, joined + joined.T, gap < _OF_FACE)


def completed(
    model: HeadModel,
    drawn: Raster,
    triangles: IntArray,
    texels: Texels,
    places: FloatArray,
    colours: FloatArray,
    known: FloatArray,
    tone: FloatArray,
) -> FloatArray:
    """A guess of every texel from those that are known.

    Args:
        model: the head model.
        drawn: its surface drawn by its UVs.
        triangles: F x 3, the vertices of the drawn triangles.
        texels: what `some_texels` gives for them.
        places: N x 3, the covered texels on the average head, own measure.
        colours: N x 3 in sRGB, and known: N in 0..1, how well the photo shows them.
        tone: 3, the colour of the skin.

    Returns:
        N x 3 colours.
    """
    surface = _surface_of(model)
    # colours are carried from every few texels: what is carried is smooth
    few = slice(None, None, _EVERY)
    some, sure, grown = colours[few], known[few], scalp_share(places[few])
    scalp = sure * (grown > 0.5)
    hairy = scalp * (1.0 - like_skin(some, tone))
    # a high forehead or a parting is no hair, and a bald head is no forehead
    has_hair = float(hairy.sum()) > _HAIRY * max(float(scalp.sum()), 0.002 * len(sure))
    skin = _carried(surface, texels, some, sure * (1.0 - grown) if has_hair else sure)
    hair = _carried(surface, texels, some, hairy) if has_hair else skin
    everywhere = np.zeros((len(model.mean), 6), np.float32)
    everywhere[surface.vertices] = np.concatenate([skin, hair], axis=1)
    guessed = interpolate(drawn, triangles, everywhere)[drawn.covered]
    share = scalp_share(places)[:, None]
    found: FloatArray = guessed[:, :3] + share * (guessed[:, 3:] - guessed[:, :3])
    return found


def skin_tone(model: HeadModel, texels: Texels, colours: FloatArray, known: FloatArray) -> FloatArray:
    """3, sRGB: the usual colour of the plain skin of the face, where it is seen; the mean of all else."""
    some = colours[::_EVERY]
    rows = _surface_of(model).face[texels.corners].all(axis=1) & (known[::_EVERY] > 0.5)
    found: FloatArray = np.median(some[rows] if rows.any() else some, axis=0)
    return found


def some_texels(model: HeadModel, drawn: Raster, triangles: IntArray) -> Texels:
    """Every few covered texels of a model's surface that is drawn by its UVs; triangles: F x 3 vertices."""
    rows = np.nonzero(drawn.covered.ravel())[0][::_EVERY]
    first = drawn.weights.reshape(-1, 2)[rows]
    bary = np.column_stack([first, 1.0 - first.sum(axis=1)]).astype(np.float32)
    return Texels(_surface_of(model).row[triangles[drawn.triangle.ravel()[rows]]], bary)


def _carried(surface: _Surface, texels: Texels, colours: FloatArray, known: FloatArray) -> FloatArray:
    """Colours of the surface's vertices (V x 3): what the texels say, and the smoothest between."""
    from scipy.sparse import diags
    from scipy.sparse.linalg import splu

    count, at, bary = len(surface.vertices), texels.corners, texels.bary
    share = bary * known[:, None]
    weight = np.bincount(at.ravel(), share.ravel(), count)
    sums = np.stack(
        [np.bincount(at.ravel(), (share * colours[:, [c]]).ravel(), count) for c in range(3)], axis=1
    )
    mean = sums / np.maximum(weight, 1e-9)[:, None]
    # a vertex is known as well as the texels about it are, however many they are
    hold = _HOLD * weight / np.maximum(np.bincount(at.ravel(), bary.ravel(), count), 1e-9)
    total = np.asarray(surface.joined.sum(axis=1)).ravel()
    middle = (hold[:, None] * mean).sum(axis=0) / max(float(hold.sum()), 1e-9)
    # a breath towards the mean keeps parts that nothing reaches from being undetermined
    system = diags(total + hold + 1e-5) - surface.joined
    found: FloatArray = splu(system.tocsc()).solve(hold[:, None] * mean + 1e-5 * middle)
    return found
