"""One frame of an edited head over its photograph."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.head._kernels import LOWER_SHARE, UPPER_SHARE, draw_mouth, draw_skin
from nodes.head._photo import PhotoLayers
from nodes.head._photo_behind import Behind, mend_background
from nodes.head._photo_map import Turn, following_box, grid_map, hold_back, lip_map
from nodes.head._photo_mouth import flat
from nodes.head._shape import landmark_points, neutral_vertices
from nodes.head._slit import MOUTH, slit
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import ARKIT_NAMES, HeadState
from nodes.sdk.values.arrays import FloatArray

_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}
#: The lids' own coefficients are drawn as curves, not by the mesh.
_LIDS = tuple(
    number
    for name, number in _INDEX.items()
    if name.startswith(("eyeBlink", "eyeSquint", "eyeWide", "eyeLook"))
)
#: How far beyond what follows a part that lies over it may come, in eye distances.
_OVER = 0.6
_NOTHING = np.zeros((1, 1), np.float32)
_MESH = np.array([number not in _LIDS for number in range(52)])


@dataclass(frozen=True, eq=False)
class Movement:
    """How an edit moves a photograph.

    Attributes:
        where: h x w x 2, the place in the photograph that each pixel of the window shows.
        motion: V x 3, of the expression and the shape, in the camera's frame. moved: V x 3, with the
            turn. turn: of the head.
        at_rest: nothing but lids and gaze moves. still: nothing moves at all.
        share: h x w in 0..1, how much of the motion each pixel takes up; None when it is all of it
            everywhere, or nothing but lids and gaze moves.
    """

    where: FloatArray
    motion: FloatArray
    moved: FloatArray
    turn: Turn
    at_rest: bool
    still: bool
    share: FloatArray | None = None


def movement(
    layers: PhotoLayers,
    state: HeadState,
    follow: FloatArray | None = None,
    over: FloatArray | None = None,
) -> Movement:
    """How the edits of a head move its photograph.

    Args:
        layers: of the photograph. state: the edited head.
        follow: of the window's size in 0..1, how much of the motion each place takes up; all of it
            when None.
        over: of the window's size in 0..1, what of the photograph moves wholly wherever it comes to
            lie: a chin that comes down over a collar which stays.
    """
    reference = layers.reference
    change = state.expression - reference.expression
    turn = _turn(reference, state)
    gaze = state.gaze - reference.gaze
    reshaped = _reshaped(reference, state)
    still = turn.still and not reshaped and max(np.abs(change).max(), np.abs(gaze).max()) <= 1e-6
    active = np.nonzero(_MESH & (np.abs(change) > 1e-7))[0]
    motion = np.tensordot(change[active], reference.model.expression[active], 1)
    if reshaped:
        motion = motion + neutral_vertices(state) - neutral_vertices(reference)
    motion = (motion @ _rotation(reference).T).astype(np.float32)
    at_rest = turn.still and not len(active) and not reshaped

    left, top, right, bottom = layers.window
    moved = turn(layers.vertices + motion)
    where = np.empty((bottom - top, right - left, 2), np.float32)
    where[..., 0] = np.arange(left, right) + 0.5
    where[..., 1] = (np.arange(top, bottom) + 0.5)[:, None]
    taken: FloatArray | None = None
    if not at_rest:
        box = np.s_[:, :] if follow is None else following_box(follow, round(_OVER * layers.unit))
        part = where[box]
        if part.size:
            own = part.copy()
            grid_map(layers, motion, turn, own, part)
            lip_map(layers, moved, own, part)
            if follow is not None:
                taken = np.zeros(where.shape[:2], np.float32)
                rows, columns = box
                taken[box] = hold_back(
                    follow[box],
                    _NOTHING if over is None else over,
                    part,
                    left,
                    top,
                    columns.start,
                    rows.start,
                )
    return Movement(where, motion, moved, turn, at_rest, still, taken)


def render_over_photo(
    layers: PhotoLayers,
    state: HeadState,
    *,
    follow: FloatArray | None = None,
    light: FloatArray | None = None,
    behind: Behind | None = None,
    known: Movement | None = None,
) -> FloatArray:
    """The photograph with the head's edits: H x W x 3 or 4 float32 in 0..1.

    An unedited head gives the photograph's own pixels.

    Args:
        layers: of the photograph.
        state: the edited head.
        follow: as of `movement`.
        light: of the window's size, multiplies the skin; nothing when None.
        behind: what stays behind a moved head; without it the background bends along.
        known: the movement, when it is known already; `follow` is then of no use.
    """
    found = movement(layers, state, follow) if known is None else known
    out = layers.photo.copy()
    if found.still:
        return _with_alpha(out, layers)
    left, top, right, bottom = layers.window
    shading = np.ones(found.where.shape[:2], np.float32) if light is None else light
    view = out[top:bottom, left:right]
    change = state.expression - layers.reference.expression
    gaze = state.gaze - layers.reference.gaze
    eyes = _eyes(layers, state, change, gaze)
    lids = layers.lids if (eyes[:, UPPER_SHARE] + eyes[:, LOWER_SHARE]).max() > 0.05 else layers.skin
    draw_skin(
        found.where,
        shading,
        layers.skin,
        lids,
        layers.photo,
        layers.eyeballs,
        eyes,
        np.stack([eye.upper for eye in layers.eyes]),
        np.stack([eye.lower for eye in layers.eyes]),
        left,
        top,
        view,
    )
    if not found.at_rest:
        if behind is not None:
            mend_background(behind, layers.photo, found.where, left, top, view)
        _draw_mouth(layers, found.motion, found.moved, found.turn, out)
    return _with_alpha(out, layers)


def _reshaped(reference: HeadState, state: HeadState) -> bool:
    """Whether the person's own shape was edited."""
    return not (
        np.array_equal(reference.identity, state.identity)
        and np.array_equal(reference.offsets, state.offsets)
    )


def _with_alpha(pixels: FloatArray, layers: PhotoLayers) -> FloatArray:
    return pixels if layers.alpha is None else np.dstack([pixels, layers.alpha])


def _rotation(state: HeadState) -> FloatArray:
    """The head's rotation in the camera's frame, 3 x 3."""
    return state.camera.world_to_camera[:3, :3] @ rotation_matrix(state.rotation)


def _turn(reference: HeadState, state: HeadState) -> Turn:
    outer = reference.camera.world_to_camera
    matrix = _rotation(state) @ _rotation(reference).T
    old = outer[:3, :3] @ reference.translation + outer[:3, 3]
    new = outer[:3, :3] @ state.translation + outer[:3, 3]
    return Turn(matrix, new - matrix @ old)


def _eyes(layers: PhotoLayers, state: HeadState, change: FloatArray, gaze: FloatArray) -> FloatArray:
    """The kernel's table of eyes with this frame's lids and gaze."""
    table = layers.eye_table.copy()
    reference = layers.reference
    for row, side in enumerate(("Left", "Right")):

        def delta(name: str, side: str = side) -> float:
            return float(change[_INDEX[name + side]])

        before = float(reference.expression[_INDEX["eyeBlink" + side]])
        after = float(state.expression[_INDEX["eyeBlink" + side]])
        # How much of the photo's opening is left, given how far its lids are down already.
        closing = 1.0 - (1.0 - after) / max(1.0 - before, 0.15)
        wide, squint = delta("eyeWide"), delta("eyeSquint")
        look = 0.30 * delta("eyeLookDown") - 0.15 * delta("eyeLookUp")
        upper = 0.88 * closing - 0.28 * wide + 0.10 * squint + look
        lower = 0.12 * closing - 0.04 * wide + 0.26 * squint - 0.10 * delta("eyeLookDown")
        total = upper + lower
        if total > 1.0:
            upper, lower = upper / total, lower / total
        table[row, 5] = max(upper, -0.6)
        table[row, 6] = max(lower, -0.3)
        ux, uy = table[row, 2], table[row, 3]
        across = layers.iris_scale * float(gaze[row, 1])
        up = layers.iris_scale * float(gaze[row, 0])
        table[row, 9] = across * ux + up * uy
        table[row, 10] = across * uy - up * ux
    return table


def _draw_mouth(
    layers: PhotoLayers, motion: FloatArray, moved: FloatArray, turn: Turn, out: FloatArray
) -> None:
    mouth = layers.mouth
    reference = layers.reference
    before = flat(reference, landmark_points(reference.model, layers.vertices))
    after = flat(reference, landmark_points(reference.model, moved))
    points = reference.landmarks[:468, :2] + (after - before)
    opening = slit(points, MOUTH)
    rows = (MOUTH[0], *MOUTH[1], *MOUTH[2], MOUTH[3])
    lips_apart = np.ptp((points - reference.landmarks[:468, :2])[list(rows)], axis=0).max()
    change = float(np.clip(lips_apart / max(0.03 * layers.unit, 0.5), 0.0, 1.0))
    height, width = out.shape[:2]
    ox, oy = opening.frame[:2]
    reach_x = opening.half_width + 3
    reach_y = opening.half_width * max(1.0, float(np.abs([opening.upper, opening.lower]).max()) * 1.2) + 3
    reach = max(reach_x, reach_y)
    left, right = max(0, int(ox - reach)), min(width, int(ox + reach) + 1)
    top, bottom = max(0, int(oy - reach)), min(height, int(oy + reach) + 1)
    if right - left < 1 or bottom - top < 1:
        return
    jaw = motion[mouth.jaw_vertices].mean(axis=0) if len(mouth.jaw_vertices) else np.zeros(3, np.float32)
    view = out[top:bottom, left:right]
    draw_mouth(
        layers.photo,
        opening.frame,
        opening.upper,
        opening.lower,
        mouth.opening.frame,
        mouth.opening.upper,
        mouth.opening.lower,
        _pixel_map(reference, mouth.anchors_skull, turn(mouth.anchors_skull)),
        _pixel_map(reference, mouth.anchors_jaw, turn(mouth.anchors_jaw + jaw)),
        mouth.upper,
        mouth.upper_place,
        mouth.lower,
        mouth.lower_place,
        mouth.tones,
        mouth.toothed,
        change,
        left,
        top,
        view,
    )


def _pixel_map(reference: HeadState, old: FloatArray, new: FloatArray) -> FloatArray:
    """2 x 3, from a pixel now to the pixel of the photo where the same thing was."""
    columns = np.column_stack([flat(reference, new), np.ones(len(new))])
    return np.ascontiguousarray(np.linalg.lstsq(columns, flat(reference, old), rcond=None)[0].T, np.float32)
