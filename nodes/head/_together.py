"""What several pictures of a person say together: the same skin found in each of them.

The picture whose face looks most ahead is the reference. Every other picture is drawn into its view
over the fitted head; what is left between the two, dense optical flow measures (Kroeger et al.
2016), and tells where each vertex that the reference shows is in the other picture. Depth that
landmarks of one picture cannot tell follows from that by triangulation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nodes.head._appearance import face_map
from nodes.head._landmarks import landmark_basis
from nodes.head._shape import expressed_vertices, neutral_vertices, to_world
from nodes.head._solver import inverse
from nodes.raster.geometry import project, rotation_matrix, vertex_normals
from nodes.raster.sampling import sample_bilinear
from nodes.raster.zbuffer import interpolate, rasterise
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

_WINDOW = 320  # pixels, the longer side of the reference's face
_LEAST_CONTRAST = 0.004
_TURNS = 6  # of placing points and cameras in turn
#: How far triangulated points lie from the surface, in metres; errors of neighbours go together.
_POINT_NOISE = 0.0006
_TOGETHER = 4.0
_FURTHEST = 0.06  # flow beyond this share of the window is a mistake


@dataclass(frozen=True, eq=False)
class Matches:
    """Where vertices are seen in one picture.

    Attributes:
        vertices: M indices. pixels: M x 2, y down. seen: M bool.
    """

    vertices: IntArray
    pixels: FloatArray
    seen: np.ndarray


def reference_of(states: Sequence[HeadState]) -> int:
    """The number of the picture whose face looks most ahead."""
    return int(np.argmax([rotation_matrix(state.rotation)[2, 2] for state in states]))


def matches_between(states: Sequence[HeadState]) -> list[Matches] | None:
    """Where the same skin is seen in every picture of a person; None when nothing can be matched.

    Args:
        states: the head fitted to each picture, with the same identity.
    """
    first = reference_of(states)
    reference = states[first]
    vertices = face_map(reference.model).vertices
    view = _window_of(reference)
    if view is None:
        return None
    own, shown = view.vertices(vertices)
    scale = 1.0 / view.scale
    found = []
    for number, state in enumerate(states):
        if number == first:
            found.append(Matches(vertices, own * scale + view.low, shown > 0.15))
            continue
        found.append(_matched(view, state, vertices, own, shown))
    return found


class _Window:
    """The reference's face, cut out and drawn over.

    Attributes:
        low: 2, the window's corner in the picture. scale: window pixels for one of the picture.
        grey: H x W. corners, weights: the surface seen by each pixel.
    """

    def __init__(self, state: HeadState, low: FloatArray, scale: float, size: tuple[int, int]) -> None:
        self.state, self.low, self.scale = state, low, scale
        self.points = project(state.camera, to_world(state, expressed_vertices(state)))
        self.points[:, :2] = (self.points[:, :2] - low) * scale
        self.raster = rasterise(self.points, state.model.triangles, *size)
        rows, columns = np.mgrid[0 : size[1], 0 : size[0]] + 0.5
        self.grid = np.stack([columns, rows], axis=2)
        self.colours = _sampled(state, self.grid / scale + low, scale)

    def vertices(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Window pixels (N x 2) of vertices, and how squarely they are seen (N in 0..1)."""
        place = self.points[rows]
        height, width = self.raster.distance.shape
        column = np.clip(place[:, 0].astype(int), 0, width - 1)
        row = np.clip(place[:, 1].astype(int), 0, height - 1)
        near = place[:, 2] <= self.raster.distance[row, column] + 0.004
        return place[:, :2].astype(np.float64), near * facing(self.state)[rows]


def facing(state: HeadState) -> FloatArray:
    """V in 0..1: the cosine between the surface and the direction it is seen from."""
    world = to_world(state, expressed_vertices(state))
    normals = vertex_normals(world, state.model.triangles)
    view = -world / np.maximum(np.linalg.norm(world, axis=1, keepdims=True), 1e-9)
    found: FloatArray = np.clip(np.einsum("vk,vk->v", normals, view), 0.0, 1.0)
    return found


def _window_of(state: HeadState) -> _Window | None:
    low, high = state.landmarks[:468, :2].min(axis=0), state.landmarks[:468, :2].max(axis=0)
    reach = float((high - low).max())
    if reach < 24.0:
        return None
    low, high = low - 0.08 * reach, high + 0.08 * reach
    scale = _WINDOW / float((high - low).max())
    width, height = (int(np.ceil(side * scale)) for side in high - low)
    return _Window(state, low.astype(np.float64), scale, (width, height))


def _sampled(state: HeadState, pixels: FloatArray, scale: float) -> FloatArray:
    """The picture's grey at pixels (H x W x 2), without what is finer than a window pixel."""
    import cv2

    assert state.picture is not None
    grey = np.ascontiguousarray(state.picture.pixels[..., :3].mean(axis=2), np.float32)
    if scale < 0.8:
        grey = cv2.GaussianBlur(grey, (0, 0), 0.45 / scale)
    return sample_bilinear(grey[..., None], pixels)[..., 0]


def _even(grey: FloatArray, covered: np.ndarray) -> tuple[np.ndarray, FloatArray]:
    """Grey less its light: each pixel against its surroundings, as bytes; and the contrast around it."""
    import cv2

    mask = covered.astype(np.float32)

    def around(values: FloatArray) -> FloatArray:
        spread: FloatArray = cv2.GaussianBlur(values * mask, (0, 0), 9.0)
        return spread / np.maximum(cv2.GaussianBlur(mask, (0, 0), 9.0), 1e-3)

    detail = grey - around(grey)
    contrast = np.sqrt(around(detail**2))
    detail /= contrast + 0.01
    return np.clip(128 + 40 * detail * mask, 0, 255).astype(np.uint8), contrast


def _matched(
    view: _Window, state: HeadState, vertices: IntArray, own: FloatArray, shown: FloatArray
) -> Matches:
    """Where another picture shows the vertices that the reference does."""
    import cv2

    triangles = state.model.triangles
    world = to_world(state, expressed_vertices(state))
    points = project(state.camera, world)
    there = interpolate(view.raster, triangles, points)
    # seen by the other camera too: the surface must face it
    towards = interpolate(view.raster, triangles, facing(state)[:, None])[..., 0]
    covered = view.raster.covered & (towards > 0.2)
    drawn = _sampled(state, there[..., :2], view.scale)
    mine, contrast = _even(view.colours, covered)
    theirs, _ = _even(drawn, covered)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    over = flow.calc(mine, theirs, None)
    back = flow.calc(theirs, mine, None)
    moved = own + sample_bilinear(over, own)
    returned = moved + sample_bilinear(back, moved)
    error = np.linalg.norm(returned - own, axis=1)
    pixels = sample_bilinear(there, moved)[:, :2]
    sure = sample_bilinear(covered.astype(np.float32)[..., None], moved)[:, 0] > 0.99
    near = np.linalg.norm(moved - own, axis=1) < _FURTHEST * _WINDOW
    # where the skin is blank, nothing says that it is the same
    marked = sample_bilinear(contrast[..., None].astype(np.float32), own)[:, 0] > _LEAST_CONTRAST
    usable = sure & near & marked & (shown > 0.25) & (error < 2.0)
    return Matches(vertices, pixels.astype(np.float64), usable)


def triangulated(states: Sequence[HeadState], matches: Sequence[Matches]) -> tuple[FloatArray, FloatArray]:
    """The points that the pictures share, in the head's frame (M x 3 metres), and in how many (M).

    Points and cameras are placed in turn, from the fitted ones; the reference stays.
    """
    first = reference_of(states)
    poses = [(rotation_matrix(state.rotation), np.asarray(state.translation, float)) for state in states]
    rays = [_rays(state, found.pixels) for state, found in zip(states, matches, strict=True)]
    seen = np.array([found.seen for found in matches])
    points = np.zeros((seen.shape[1], 3))
    for turn in range(_TURNS):
        points = _crossings(poses, rays, seen)
        if turn == _TURNS - 1:
            break
        for number in range(len(states)):
            shared = seen[number] & (seen.sum(axis=0) > 1)
            if number != first and shared.sum() > 30:
                poses[number] = _resected(points[shared], rays[number][shared], *poses[number])
    return points, seen.sum(axis=0)


def _rays(state: HeadState, pixels: FloatArray) -> FloatArray:
    """M x 2: slopes x / distance and y / distance of pixels."""
    camera = state.camera
    return np.column_stack(
        [(pixels[:, 0] - camera.centre_x) / camera.focal, (camera.centre_y - pixels[:, 1]) / camera.focal]
    )


def _crossings(
    poses: list[tuple[FloatArray, FloatArray]], rays: list[FloatArray], seen: np.ndarray
) -> FloatArray:
    """M x 3: the points nearest to their rays, linear least squares; meaningless where one ray sees them."""
    count = seen.shape[1]
    normal = np.tile(np.eye(3) * 1e-9, (count, 1, 1))
    right = np.zeros((count, 3))
    for (rotation, shift), slope, here in zip(poses, rays, seen, strict=True):
        for axis in (0, 1):
            # x + slope z = 0 in the camera's frame, where z is minus the distance
            row = rotation[axis] + slope[:, axis : axis + 1] * rotation[2]
            offset = shift[axis] + slope[:, axis] * shift[2]
            weight = here / shift[2] ** 2
            normal += weight[:, None, None] * row[:, :, None] * row[:, None, :]
            right -= (weight * offset)[:, None] * row
    found: FloatArray = np.linalg.solve(normal, right[..., None])[..., 0]
    return found


def _resected(
    points: FloatArray, slopes: FloatArray, rotation: FloatArray, shift: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """A camera's pose from points and where it sees them: two robust Gauss-Newton steps."""
    for _ in range(2):
        turned = points @ rotation.T
        x, y, z = (turned + shift).T
        off = np.column_stack([slopes[:, 0] + x / z, slopes[:, 1] + y / z])
        spread = np.median(np.abs(off)) * 1.5 + 1e-9
        weight = 1.0 / (1.0 + (off**2).sum(axis=1) / (3.0 * spread) ** 2)
        a, b, c = turned.T
        zero = np.zeros_like(a)
        moves = [
            np.stack(part, 1)
            for part in (
                (zero, c, -b, np.ones_like(a), zero, zero),
                (-c, zero, a, zero, np.ones_like(a), zero),
                (b, -a, zero, zero, zero, np.ones_like(a)),
            )
        ]
        across = -(moves[0] - (x / z)[:, None] * moves[2]) / z[:, None]
        along = -(moves[1] - (y / z)[:, None] * moves[2]) / z[:, None]
        rows = np.concatenate([across, along])
        weights = np.tile(weight, 2)
        normal = np.einsum("nk,nl,n->kl", rows, rows, weights) + 1e-9 * np.eye(6)
        step = np.linalg.solve(normal, np.einsum("nk,n,n->k", rows, weights, off.T.ravel()))
        rotation, shift = rotation_matrix(step[:3]) @ rotation, shift + step[3:]
    return rotation, shift


def identity_through(
    state: HeadState, points: FloatArray, count: FloatArray, spread: FloatArray
) -> FloatArray:
    """K: the identity whose surface passes the points (M x 3), nearest to what the landmarks told.

    Points may lie anywhere on the surface around their vertex (Chen and Medioni 1992), and all of
    them may be turned, moved and scaled a little.

    Args:
        state: the head so far, in the reference picture.
        count: M, how many pictures show each point.
        spread: D x D, the covariance of the identity in the directions of the landmark basis.
    """
    model = state.model
    vertices = face_map(model).vertices
    turn = landmark_basis(model).turn
    precision = np.eye(len(model.identity)) + turn @ (inverse(spread) - np.eye(turn.shape[1])) @ turn.T
    expression = np.tensordot(state.expression, model.expression[:, vertices], 1)
    identity = state.identity.astype(np.float64)
    area = np.clip(face_map(model).area, 0.1, 2.0)
    directions = model.identity[:, vertices].astype(np.float64)
    for _ in range(4):
        shaped = replace(state, identity=identity.astype(np.float32))
        place = neutral_vertices(shaped)[vertices] + expression
        normals = vertex_normals(neutral_vertices(shaped), model.triangles)[vertices].astype(np.float64)
        gap = ((points - place) * normals).sum(axis=1)
        use = count > 1
        spread_now = max(1.5 * float(np.median(np.abs(gap[use]))), 0.0005)
        weight = use * area / (1.0 + (gap / (3 * spread_now)) ** 2) ** 2 / (_TOGETHER * _POINT_NOISE) ** 2
        middle = points[use].mean(axis=0)
        free = np.column_stack(
            [normals, np.cross(points - middle, normals), ((points - middle) * normals).sum(axis=1)]
        )
        rows = np.concatenate([np.einsum("kvc,vc->vk", directions, normals), -free], axis=1)
        matrix = np.einsum("vk,vl,v->kl", rows, rows, weight, optimize=True)
        right = np.einsum("vk,v,v->k", rows, weight, gap, optimize=True)
        size = len(identity)
        matrix[:size, :size] += precision
        right[:size] += precision @ (state.identity - identity)
        loose = np.repeat([1 / 0.003**2, 1 / 0.02**2, 1 / 0.002**2], [3, 3, 1])
        matrix[np.arange(size, size + 7), np.arange(size, size + 7)] += loose
        identity = identity + np.linalg.solve(matrix, right)[:size]
    found: FloatArray = identity.astype(np.float32)
    return found
