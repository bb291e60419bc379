"""What rendering over a photograph needs to know of the photograph, worked out once per fit.

The picture is covered by a grid. Grid points on the face ride on the fitted head's surface; the
others follow smoothly and come to rest some way off, so that hair, neck and background bend
instead of tearing. Eyes and mouth are openings between two curves, in a skin from which what lies
behind has been taken out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nodes.head import _teeth
from nodes.head._fit import _OUTLINE, eye_distance
from nodes.head._keep import Keeper
from nodes.head._kernels import EYE_COLUMNS
from nodes.head._shape import expressed_vertices, landmark_points, parts_of, to_world
from nodes.head._slit import EYE_LEFT, EYE_RIGHT, MOUTH, Slit, inside, slit, widened
from nodes.raster.geometry import project, rotation_matrix, to_camera, vertex_normals
from nodes.raster.zbuffer import rasterise
from nodes.sdk.errors import NodeError
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

# All in eye distances of the photo.
_CELL = 0.115
_FOLLOW = 0.75  # how far off a motion of the face dies out
_MOUTH_ZONE = (0.10, 0.42)  # where the mesh itself, and where only the grid, carries the picture
_HAIR = 0.55  # how far hair stands off the skull
_STRETCH = 1.9  # over which a turn of the head dies out
_WINDOW = 4.2
_FRONT = 0.04  # metres before the pivot of the skull
#: Corners lie a little beyond their landmarks, in half widths of an eye.
_LID_EDGE = 0.07

_OUTER_LIPS = (
    61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Grid:
    """The grid over the window.

    Attributes:
        points: G x 3, place in the camera's frame, metres.
        places: G x 2 pixels.
        triangles: T x 3.
        bound: indices of grid points on the face; corners, weights: B x 3, the mesh vertices they
            ride on.
        free: indices of the other points that move; factor solves for them.
        coupling: free x bound, the right-hand side per unit of motion of the bound points.
        turn: G, how much of a turn of the head a point follows, 0..1.
    """

    points: FloatArray
    places: FloatArray
    triangles: IntArray
    bound: IntArray
    corners: IntArray
    weights: FloatArray
    free: IntArray
    factor: Any
    coupling: Any
    turn: FloatArray


@dataclass(frozen=True, eq=False)
class Mouth:
    """What is between and behind the lips.

    Attributes:
        opening: the photo's own.
        anchors_skull, anchors_jaw: 4 x 3, points in the camera's frame about the teeth.
        jaw_vertices: the vertices whose mean motion is the jaw's.
        upper, lower: RGBA strips; upper_place, lower_place: 2 x 3, the photo's pixels to texels.
        tones: 3 x 3, the dark, the tongue, the inside of the lip. white: 3, the teeth.
    """

    opening: Slit
    anchors_skull: FloatArray
    anchors_jaw: FloatArray
    jaw_vertices: IntArray
    upper: FloatArray
    lower: FloatArray
    upper_place: FloatArray
    lower_place: FloatArray
    tones: FloatArray
    white: FloatArray


@dataclass(frozen=True, eq=False)
class PhotoLayers:
    """Everything about a fitted photograph that does not depend on the edit.

    Attributes:
        reference: the fit.
        photo: H x W x 3, the picture. alpha: H x W or None.
        skin: the picture without eyes and mouth. eyeballs: eyes completed beyond the lids.
        unit: eye distance in pixels.
        window: left, top, right, bottom of what may change.
        vertices: V x 3 in the camera's frame; places: V x 2 pixels.
        grid: the grid. eyes: (left, right) openings; eye_table: 2 x EYE_COLUMNS for the kernel.
        iris_scale: pixels an iris moves per radian.
        lip_triangles: the front of the head, drawn itself around the mouth; lip_share: V, by how
            much the vertices count there; lip_vertices: those that do.
        mouth: the mouth.
    """

    reference: HeadState
    photo: FloatArray
    alpha: FloatArray | None
    skin: FloatArray
    eyeballs: FloatArray
    unit: float
    window: tuple[int, int, int, int]
    vertices: FloatArray
    places: FloatArray
    grid: Grid
    eyes: tuple[Slit, Slit]
    eye_table: FloatArray
    iris_scale: float
    lip_triangles: IntArray
    lip_vertices: IntArray
    lip_share: FloatArray
    mouth: Mouth


def prepare(reference: HeadState) -> PhotoLayers:
    """Work out the layers of a fit. Raises NodeError without a picture or landmarks."""
    if reference.picture is None or len(reference.landmarks) < 468:
        raise NodeError(
            "the head knows no photograph to be rendered over",
            hint="Render it 'on its own', or fit it to a picture",
        )
    pixels = np.asarray(reference.picture.pixels, np.float32)
    photo = np.ascontiguousarray(pixels[..., :3])
    height, width = photo.shape[:2]
    landmarks = reference.landmarks
    unit = max(eye_distance(landmarks), 4.0)
    window = _window(landmarks, unit, width, height)
    vertices = to_camera(reference.camera, to_world(reference, expressed_vertices(reference)))
    places = project(reference.camera, to_world(reference, expressed_vertices(reference)))[:, :2]
    eyes = (widened(slit(landmarks, EYE_LEFT), _LID_EDGE), widened(slit(landmarks, EYE_RIGHT), _LID_EDGE))
    opening = slit(landmarks, MOUTH)
    lip_share = _lip_share(reference, vertices, places, unit)
    surface = parts_of(reference.model).surface_triangles
    triangles = reference.model.triangles[surface]
    front = (reference.model.mean[:, 2] > _FRONT)[triangles].all(axis=1)
    lip_triangles = triangles[front]
    lip_vertices = np.nonzero(lip_share)[0]
    skin = _without_openings(photo, (*eyes, opening), unit)
    iris_scale = 0.0136 * reference.camera.focal / float(np.median(-vertices[:, 2]))
    return PhotoLayers(
        reference=_light_copy(reference),
        photo=photo,
        alpha=np.ascontiguousarray(pixels[..., 3]) if pixels.shape[2] == 4 else None,
        skin=skin,
        eyeballs=_eyeballs(photo, eyes, landmarks),
        unit=unit,
        window=window,
        vertices=vertices,
        places=places,
        grid=_grid(reference, vertices, unit, window),
        eyes=eyes,
        eye_table=_eye_table(photo, eyes, landmarks),
        iris_scale=iris_scale,
        lip_triangles=lip_triangles,
        lip_vertices=lip_vertices,
        lip_share=lip_share,
        mouth=_mouth(reference, photo, vertices, opening),
    )


def _light_copy(reference: HeadState) -> HeadState:
    """The fit as another object, so that keeping it does not keep the original alive."""
    from dataclasses import replace

    return replace(reference, picture=None)


def _window(landmarks: FloatArray, unit: float, width: int, height: int) -> tuple[int, int, int, int]:
    middle = landmarks[[33, 263, 1], :2].mean(axis=0)
    reach = _WINDOW * unit
    left, top = (max(0, int(middle[axis] - reach)) for axis in (0, 1))
    right = min(width, int(middle[0] + reach) + 1)
    bottom = min(height, int(middle[1] + reach) + 1)
    return left, top, right, bottom


def _lip_share(reference: HeadState, vertices: FloatArray, places: FloatArray, unit: float) -> FloatArray:
    """V in 0..1: 1 on the lips and near them, falling to 0 around."""
    import cv2

    polygon = reference.landmarks[list(_OUTER_LIPS), :2].astype(np.float32).reshape(-1, 1, 2)
    distance = np.array(
        [-cv2.pointPolygonTest(polygon, (float(x), float(y)), True) for x, y in places], np.float32
    )
    near, far = (part * unit for part in _MOUTH_ZONE)
    t = np.clip((distance - near) / (far - near), 0.0, 1.0)
    share = 1.0 - t * t * (3.0 - 2.0 * t)
    # Skin that the photo shows edge-on, or not at all, would smear when it turns towards the viewer.
    normals = vertex_normals(vertices, reference.model.triangles)
    facing = (normals * -vertices).sum(axis=1) / np.linalg.norm(vertices, axis=1)
    share = np.where(distance > 0.02 * unit, share * _smooth((facing - 0.1) / 0.3), share)
    # Only the front of the head: the nape lies behind the mouth in the picture.
    front = reference.model.mean[:, 2] > _FRONT
    surface = np.zeros(len(places), bool)
    surface[parts_of(reference.model).surface] = True
    return np.where(front & surface, share, 0.0).astype(np.float32)


def _without_openings(photo: FloatArray, openings: tuple[Slit, ...], unit: float) -> FloatArray:
    """The picture with eyes and mouth filled from the skin that borders them."""
    import cv2

    height, width = photo.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for number, opening in enumerate(openings):
        # Teeth that peep over a lip's edge by a pixel would ride away on it.
        margin = 0.6 + 0.012 * unit if number == 2 and opening.opening > 2.0 else 0.15
        mask |= inside(opening, width, height, margin).astype(np.uint8)
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return photo
    pad = round(0.3 * unit) + 2
    box = np.s_[
        max(rows.min() - pad, 0) : rows.max() + pad, max(columns.min() - pad, 0) : columns.max() + pad
    ]
    eight = np.round(np.clip(photo[box], 0, 1) * 255).astype(np.uint8)
    filled = cv2.inpaint(eight, mask[box], 3, cv2.INPAINT_TELEA).astype(np.float32) / 255
    out = photo.copy()
    out[box] = np.where(mask[box][..., None] > 0, filled, photo[box])
    return out


def _eyeballs(photo: FloatArray, eyes: tuple[Slit, Slit], landmarks: FloatArray) -> FloatArray:
    """The picture with each eye continued under its lids: the iris by symmetry, else the nearest white."""
    import cv2

    height, width = photo.shape[:2]
    out = photo.copy()
    for opening, first in zip(eyes, (473, 468), strict=True):
        reach = int(opening.half_width * 1.6) + 3
        ox, oy = (float(value) for value in opening.frame[:2])
        left, top = max(int(ox) - reach, 0), max(int(oy) - reach, 0)
        right, bottom = min(int(ox) + reach, width), min(int(oy) + reach, height)
        if right - left < 3 or bottom - top < 3:
            continue
        seen = inside(opening, width, height, -0.6)[top:bottom, left:right]
        if seen.sum() < 6:
            continue
        patch = photo[top:bottom, left:right]
        _, labels = cv2.distanceTransformWithLabels(
            (~seen).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        order = np.zeros(labels.max() + 1, np.int64)
        order[labels[seen]] = np.flatnonzero(seen)
        nearest = patch.reshape(-1, 3)[order[labels]]
        nearest = cv2.GaussianBlur(nearest, (0, 0), max(0.06 * opening.half_width, 0.6))
        if len(landmarks) >= 478:
            centre = landmarks[first, :2]
            radius = float(np.linalg.norm(landmarks[first + 1 : first + 5, :2] - centre, axis=1).mean())
            x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
            far = np.hypot(x - centre[0], y - centre[1])
            mirrored = cv2.remap(
                patch,
                (2 * centre[0] - x - left - 0.5).astype(np.float32),
                (2 * centre[1] - y - top - 0.5).astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            is_seen = cv2.remap(
                seen.astype(np.float32),
                (2 * centre[0] - x - left - 0.5).astype(np.float32),
                (2 * centre[1] - y - top - 0.5).astype(np.float32),
                cv2.INTER_LINEAR,
            )
            share = (np.clip((radius * 1.05 - far) / max(0.1 * radius, 0.5), 0, 1) * is_seen)[..., None]
            nearest = nearest + share * (mirrored - nearest)
        keep = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 0.6)[..., None] * seen[..., None]
        out[top:bottom, left:right] = nearest + keep * (patch - nearest)
    return out


def _eye_table(photo: FloatArray, eyes: tuple[Slit, Slit], landmarks: FloatArray) -> FloatArray:
    table = np.zeros((2, EYE_COLUMNS), np.float32)
    brows = ((336, 296, 334, 293, 300), (107, 66, 105, 63, 70))
    for row, (opening, brow, first) in enumerate(zip(eyes, brows, (473, 468), strict=True)):
        ox, oy, ux, uy, half = opening.frame
        table[row, :5] = opening.frame
        offset = landmarks[list(brow), :2] - (ox, oy)
        to_brow = np.median(offset[:, 0] * uy - offset[:, 1] * ux) / half - opening.upper.max()
        table[row, 7] = np.clip(0.85 * to_brow, 0.35, 1.2)
        table[row, 8] = 0.55
        if len(landmarks) >= 478:
            table[row, 11:13] = landmarks[first, :2]
            around = landmarks[first + 1 : first + 5, :2] - landmarks[first, :2]
            table[row, 13] = np.linalg.norm(around, axis=1).mean()
        else:
            table[row, 11:13] = (ox, oy)
            table[row, 13] = 0.4 * half
        table[row, 14:17] = _lash_tone(photo, opening)
    return table


def _lash_tone(photo: FloatArray, opening: Slit) -> FloatArray:
    """The colour of the upper lid's edge, 3: dark lashes, or the shaded rim where there are none."""
    at = np.linspace(-0.6, 0.6, 25)
    samples = np.linspace(-1.0, 1.0, len(opening.upper))
    ox, oy, ux, uy, half = (float(value) for value in opening.frame)
    tones = []
    for rise in (0.02, 0.06, 0.10):
        b = np.interp(at, samples, opening.upper) + rise
        x = np.clip(ox + half * (at * ux + b * uy), 0, photo.shape[1] - 1).astype(int)
        y = np.clip(oy + half * (at * uy - b * ux), 0, photo.shape[0] - 1).astype(int)
        tones.append(photo[y, x])
    found = np.concatenate(tones)
    dark = found[found.mean(axis=1) <= np.quantile(found.mean(axis=1), 0.3)]
    return np.median(dark, axis=0) * 0.85


def _grid(reference: HeadState, vertices: FloatArray, unit: float, window: tuple[int, int, int, int]) -> Grid:
    import cv2

    left, top, right, bottom = window
    camera = reference.camera
    step = max(_CELL * unit, 2.0)
    columns = max(3, round((right - left) / step) + 1)
    rows = max(3, round((bottom - top) / step) + 1)
    x, y = np.meshgrid(np.linspace(left, right, columns), np.linspace(top, bottom, rows))
    places = np.column_stack([x.ravel(), y.ravel()])
    model = reference.model
    parts = parts_of(model)
    triangles = model.triangles[parts.surface_triangles]

    projected = np.empty((len(vertices), 3), np.float32)
    distance = -vertices[:, 2]
    projected[:, 0] = camera.centre_x + camera.focal * vertices[:, 0] / distance - left
    projected[:, 1] = camera.centre_y - camera.focal * vertices[:, 1] / distance - top
    projected[:, 2] = distance
    drawn = rasterise(projected, triangles, right - left, bottom - top)
    column = np.clip((places[:, 0] - left).astype(int), 0, right - left - 1)
    row = np.clip((places[:, 1] - top).astype(int), 0, bottom - top - 1)
    hit = drawn.triangle[row, column]
    outline = reference.landmarks[list(_OUTLINE), :2].astype(np.float32)
    middle = outline.mean(axis=0)
    polygon = (middle + (outline - middle) * 0.985).reshape(-1, 1, 2)
    on_face = np.array([cv2.pointPolygonTest(polygon, (float(a), float(b)), False) >= 0 for a, b in places])
    is_bound = on_face & (hit >= 0)
    bound = np.nonzero(is_bound)[0]
    weight = drawn.weights[row[bound], column[bound]]
    weights = np.column_stack([weight, 1.0 - weight.sum(axis=1)])
    corners = triangles[hit[bound]]

    numbers = np.arange(rows * columns).reshape(rows, columns)
    border = np.zeros((rows, columns), bool)
    border[[0, -1]] = True
    border[:, [0, -1]] = True
    is_free = ~is_bound & ~border.ravel()
    free = np.nonzero(is_free)[0]
    system = _bending(rows, columns, step / (_FOLLOW * unit))
    factor, coupling = _solver(system, free, bound)

    # Depth comes from all that is convex: eyeballs, not the sockets around them.
    whole = rasterise(projected, model.triangles, right - left, bottom - top)
    solid = on_face & whole.covered[row, column]
    depth = _depth(reference, whole.distance, solid, row, column, places, rows, columns, unit, step)
    points = np.empty((len(places), 3), np.float32)
    points[:, 0] = (places[:, 0] - camera.centre_x) * depth / camera.focal
    points[:, 1] = (camera.centre_y - places[:, 1]) * depth / camera.focal
    points[:, 2] = -depth
    a, b, c, d = (
        numbers[i : rows - 1 + i, j : columns - 1 + j].ravel() for i, j in ((0, 0), (0, 1), (1, 0), (1, 1))
    )
    cells = np.concatenate([np.column_stack([a, c, b]), np.column_stack([b, c, d])])
    return Grid(
        points=points,
        places=places.astype(np.float32),
        triangles=cells.astype(np.int32),
        bound=bound,
        corners=corners,
        weights=weights.astype(np.float32),
        free=free,
        factor=factor,
        coupling=coupling,
        turn=_turn_share(reference, drawn, projected, window, places, unit),
    )


def _bending(rows: int, columns: int, decay: float) -> Any:
    """The operator (decay^2 - Laplacian)^2 on a grid, sparse."""
    from scipy import sparse

    def second(count: int) -> Any:
        diagonal = np.full(count, 2.0)
        diagonal[[0, -1]] = 1.0
        return sparse.diags([-np.ones(count - 1), diagonal, -np.ones(count - 1)], [-1, 0, 1])

    laplacian = sparse.kron(sparse.eye(rows), second(columns)) + sparse.kron(
        second(rows), sparse.eye(columns)
    )
    screened = laplacian + decay**2 * sparse.eye(rows * columns)
    return (screened @ screened).tocsr()


def _solver(system: Any, free: IntArray, bound: IntArray) -> tuple[Any, Any]:
    from scipy.sparse.linalg import splu

    part = system[free]
    return splu(part[:, free].tocsc()), -part[:, bound]


def _depth(
    reference: HeadState,
    distance: FloatArray,
    solid: np.ndarray,
    row: IntArray,
    column: IntArray,
    places: FloatArray,
    rows: int,
    columns: int,
    unit: float,
    step: float,
) -> FloatArray:
    """G metres: the distance of what each grid point shows; the head's, falling back to its middle."""
    import cv2

    chin = float(reference.landmarks[152, 1])
    back = -float(to_camera(reference.camera, to_world(reference, np.zeros((1, 3), np.float32)))[0, 2])
    known = np.nonzero(solid & (places[:, 1] < chin))[0]
    seen = distance[row[known], column[known]]
    others = np.setdiff1d(np.arange(len(places)), known)
    factor, coupling = _solver(_bending(rows, columns, step / (1.2 * unit)), others, known)
    out = np.empty(len(places))
    out[known] = seen
    out[others] = back + factor.solve(np.asarray(coupling @ (seen - back)))
    # Where the surface turns away its depth falls steeply, and a steep grid folds when it turns.
    relief = cv2.GaussianBlur(out.reshape(rows, columns).astype(np.float32), (0, 0), 0.22 * unit / step)
    return relief.ravel()


def _turn_share(
    reference: HeadState,
    drawn: Any,
    projected: FloatArray,
    window: tuple[int, int, int, int],
    places: FloatArray,
    unit: float,
) -> FloatArray:
    """G in 0..1: 1 on the head and its hair, falling to 0 over the neck, around, and at the border."""
    import cv2

    left, top, right, bottom = window
    head = drawn.covered.copy()
    outline = reference.landmarks[list(_OUTLINE), :2]
    jaw = outline[8:29]
    order = np.argsort(jaw[:, 0])
    x = np.arange(left, right) + 0.5
    # Below the jaw line, and below the ears outside it, lies the neck.
    line = np.interp(x, jaw[order, 0], jaw[order, 1]) - top
    head &= (np.arange(bottom - top) + 0.5)[:, None] < line[None, :]
    if not head.any():
        return np.zeros(len(places), np.float32)
    distance = cv2.distanceTransform((~head).astype(np.uint8), cv2.DIST_L2, 5)
    column = np.clip((places[:, 0] - left).astype(int), 0, right - left - 1)
    row = np.clip((places[:, 1] - top).astype(int), 0, bottom - top - 1)
    off = distance[row, column]
    below = places[:, 1] > float(reference.landmarks[152, 1]) - 0.1 * unit
    off = np.where(below, off, np.maximum(off - _HAIR * unit, 0.0))
    share = 1.0 - _smooth(off / (_STRETCH * unit))
    rim = np.minimum.reduce(
        [places[:, 0] - left, right - places[:, 0], places[:, 1] - top, bottom - places[:, 1]]
    )
    return (share * _smooth(rim / (0.6 * unit))).astype(np.float32)


def _smooth(t: FloatArray) -> FloatArray:
    t = np.clip(t, 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def _mouth(reference: HeadState, photo: FloatArray, vertices: FloatArray, opening: Slit) -> Mouth:
    parts = parts_of(reference.model)
    rotation = reference.camera.world_to_camera[:3, :3] @ rotation_matrix(reference.rotation)
    upper_edge = _biting_edge(vertices, parts.teeth_upper, rotation, lowest=True)
    lower_edge = _biting_edge(vertices, parts.teeth_lower, rotation, lowest=False)
    lips = landmark_points(reference.model, vertices)[[13, 14]]
    upper_edge = _beside_lip(upper_edge, lips[0], rotation, -0.0042)
    lower_edge = _beside_lip(lower_edge, lips[1], rotation, -0.0030)
    skin, lip_tone, white = _tones(reference, photo, opening)
    dark = np.array([0.13, 0.045, 0.04]) * (0.4 + 0.9 * float(skin.mean()))
    tongue = 0.55 * lip_tone + 0.25 * skin * np.array([1.0, 0.62, 0.6])
    return Mouth(
        opening=opening,
        anchors_skull=_anchors(upper_edge, rotation),
        anchors_jaw=_anchors(lower_edge, rotation),
        jaw_vertices=parts.teeth_lower if len(parts.teeth_lower) else parts.tongue,
        upper=_teeth.strip("upper", white),
        lower=_teeth.strip("lower", white * np.array([0.97, 0.90, 0.80])),
        upper_place=_strip_place(reference, upper_edge, rotation, "upper"),
        lower_place=_strip_place(reference, lower_edge, rotation, "lower"),
        tones=np.stack([dark, tongue, lip_tone]).astype(np.float32),
        white=white.astype(np.float32),
    )


def _biting_edge(
    vertices: FloatArray, teeth: IntArray, rotation: FloatArray, *, lowest: bool
) -> FloatArray | None:
    """The middle of the front teeth's edge in the camera's frame; None without teeth."""
    if not len(teeth):
        return None
    local = vertices[teeth] @ rotation  # the head's axes
    front = local[:, 2] > np.quantile(local[:, 2], 0.8)
    height = local[front, 1].min() if lowest else local[front, 1].max()
    place = np.array([local[:, 0].mean(), height, local[front, 2].max()])
    return rotation @ place


def _beside_lip(edge: FloatArray | None, lip: FloatArray, rotation: FloatArray, height: float) -> FloatArray:
    """A biting edge set `height` metres above its lip: a person's teeth show more than the model's."""
    local = (lip if edge is None else edge) @ rotation
    local[1] = (lip @ rotation)[1] + height
    return rotation @ local


def _anchors(place: FloatArray, rotation: FloatArray) -> FloatArray:
    """Four points about a place, in the head's frontal plane, 2 cm apart."""
    axes = rotation.T
    offsets = ((0, 0), (0.02, 0), (-0.02, 0), (0, 0.02))
    return np.stack([place + a * axes[0] + b * axes[1] for a, b in offsets])


def _strip_place(reference: HeadState, edge: FloatArray, rotation: FloatArray, which: str) -> FloatArray:
    """2 x 3, from the photo's pixels to the texels of a row of teeth."""
    points = _anchors(edge, rotation)
    pixels = flat(reference, points)
    millimetres = np.array([[0, 0], [20, 0], [-20, 0], [0, 20]], float)
    columns = np.column_stack([millimetres, np.ones(4)])
    to_pixels = np.vstack([np.linalg.lstsq(columns, pixels, rcond=None)[0].T, [0, 0, 1]])
    return np.ascontiguousarray((_teeth.texel_of(which) @ np.linalg.inv(to_pixels))[:2], np.float32)


def flat(reference: HeadState, points: FloatArray) -> FloatArray:
    """Pixels (N x 2) of points in the camera's frame."""
    camera = reference.camera
    scale = camera.focal / -points[:, 2]
    return np.column_stack([camera.centre_x + scale * points[:, 0], camera.centre_y - scale * points[:, 1]])


def _tones(
    reference: HeadState, photo: FloatArray, opening: Slit
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The colours of skin, lips and teeth: 3 each, sRGB."""
    import cv2

    height, width = photo.shape[:2]
    points = reference.landmarks[:, :2]

    def at(rows: tuple[int, ...]) -> FloatArray:
        x = np.clip(points[list(rows), 0].astype(int), 0, width - 1)
        y = np.clip(points[list(rows), 1].astype(int), 0, height - 1)
        return np.median(photo[y, x], axis=0)

    skin = at((50, 101, 118, 205, 280, 330, 347, 425, 151, 9, 8, 4))
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [np.round(points[list(_OUTER_LIPS)]).astype(np.int32)], 1)
    between = inside(opening, width, height, 0.0)
    lips_mask = (mask > 0) & ~inside(opening, width, height, 1.0)
    lips = np.median(photo[lips_mask], axis=0) if lips_mask.sum() > 8 else skin * [0.8, 0.6, 0.6]
    light = skin / np.array([0.80, 0.60, 0.50])
    light = 0.5 * light + 0.5 * light.mean()
    white = np.clip(light * np.array([0.76, 0.70, 0.61]), 0.0, 0.85)
    if between.sum() > 30:
        shown = photo[between]
        bright = shown[shown.mean(axis=1) >= np.quantile(shown.mean(axis=1), 0.7)]
        tone = np.median(bright, axis=0)
        # Teeth are far less red than lips and not much darker than skin.
        if tone.mean() > 0.6 * skin.mean() and tone[1] > 0.74 * tone[0]:
            white = tone * min(1.0 / 0.9, 0.95 / float(tone.max())) * np.array([1.0, 0.975, 0.93])
    return skin, lips, np.clip(white, 0.0, 0.95)


#: The layers of a fit, made on first use and kept for the last few fits.
photo_layers = Keeper(prepare)
