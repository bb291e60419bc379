"""Hair and clothes that stand off the head model, as a volume of splats.

Hair is laid on a hull about the head (`hull`), as the photograph shows it in front and carried on by
strands behind (`strands`). Clothes are inflated from their outline, as a balloon is: half as thick as it
is far from the edge, to a limit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nodes.gaussians.binding import VolumeSplats
from nodes.gaussians.hull import hair_hull, head_of
from nodes.gaussians.quaternions import from_matrices, matrices
from nodes.gaussians.shots import BUST, CHIN, Shot
from nodes.gaussians.strands import directions, front_distance, hull_splats, painted, together
from nodes.raster.geometry import rotation_matrix
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values.arrays import FloatArray

#: The plane that parts scalp from face and neck in the head's frame: height over the line from the
#: brow (front) down to the nape (back), metres.
_BROW, _NAPE = (0.078, 0.13), (-0.055, -0.05)
_MOST_IN_FRONT = 30_000
#: Height of the head's frame at which clothes end behind, metres.
_COLLAR = -0.1


def no_volume() -> VolumeSplats:
    """Neither hair nor clothes."""
    zero = np.zeros((0, 3), np.float32)
    return VolumeSplats(zero, np.zeros((0, 4), np.float32), zero, zero, np.zeros(0, np.float32))


def scalp(places: np.ndarray) -> FloatArray:
    """How much places of the head's frame (N x 3) belong to the hairy part of the head, 0..1."""
    slope = (_BROW[0] - _NAPE[0]) / (_BROW[1] - _NAPE[1])
    line = _NAPE[0] + slope * (np.clip(places[:, 2], _NAPE[1], _BROW[1]) - _NAPE[1])
    return np.clip((places[:, 1] - line) / 0.02, 0.0, 1.0).astype(np.float32)


def volume_of(shots: Sequence[Shot], thickness: float, depth: float) -> VolumeSplats:
    """The hair and clothes of a head.

    Args:
        shots: the photographs; the first one has the say, the others add what it does not show.
        thickness: of hair over the skull. depth: half of what stands off, metres.
    """
    shot = shots[0]
    solid = shot.share > 0.5
    bust = shot.height > BUST
    beyond = solid & ~shot.drawn.covered & bust
    # Without parsing, what stands above the chin and off the model is hair all the same.
    body = beyond & ~shot.hairy & (shot.height < CHIN) if shot.parsed else beyond
    parts = []
    if shot.tone is not None:
        parts.append(_hair(shots, thickness, shot.tone))
    if body.sum() > 50:
        parts.append(_body(shot, body, solid & bust & (shot.height < _COLLAR), depth))
    return together(parts) if parts else no_volume()


def _inflated(mask: np.ndarray, metres: float, most: float) -> FloatArray:
    """Half the thickness of an outline blown up like a balloon: H x W metres.

    Args:
        metres: size of a pixel. most: half the greatest thickness.
    """
    import cv2

    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) * np.float32(metres)
    rim = np.clip(1 - inside / (1.6 * most), 0, 1)
    return (most * np.sqrt(1 - rim * rim)).astype(np.float32)


def _hair(shots: Sequence[Shot], thickness: float, tone: FloatArray) -> VolumeSplats:
    import cv2

    shot = shots[0]
    middle = shot.distance_of((0.0, 0.04, 0.045))
    metres = middle / shot.grid.focal
    shown = shot.hairy & (shot.share > 0.25)
    hull = hair_hull(shots, thickness)
    front = front_distance(shot, hull, middle)
    # Over the skull it lies on it, whatever the hull says.
    head = head_of(shot)
    front = np.where(head, np.minimum(front, shot.drawn.distance - 0.0015), front).astype(np.float32)
    views = [_clean(one, tone) for one in shots if one.tone is not None]
    clean, _ = views[0]
    fine, _ = _strides(shown, shot)
    angle, clear = directions(clean, shown, max(0.002 / metres, 1.0))
    # At the edge strands do not reach over it.
    clear *= np.clip(cv2.distanceTransform(shown.astype(np.uint8), cv2.DIST_L2, 3) / 4 - 0.5, 0, 1)
    sheet = _sheet(shot, shown, front, clean, metres, 0.6, every=fine, strands=(angle, clear))
    colours, seen = painted([one for one in shots if one.tone is not None], hull, views, tone)
    return together([sheet, _in_accord(shot, shown, hull_splats(hull, colours, seen))])


def _clean(shot: Shot, tone: FloatArray) -> tuple[FloatArray, np.ndarray]:
    """The photograph with nothing but hair's colours where hair is, and where they are its own."""
    import cv2

    metres = shot.distance_of((0.0, 0.04, 0.045)) / shot.grid.focal
    shown = shot.hairy & (shot.share > 0.25)
    edge = 2 * round(0.003 / metres) + 3
    known = cv2.erode((shown & (shot.share > 0.8)).astype(np.uint8), np.ones((edge, edge), np.uint8)) > 0
    colour = shot.colour
    filled = _continued(colour, known, 0.012 / metres) if known.any() else np.broadcast_to(tone, colour.shape)
    # Where hair mixes with background or face in the photograph, the hair's own colours go on.
    apart = cv2.dilate((~shown & (shot.share > 0.5)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    clean = np.where((known | ((shot.share > 0.97) & ~apart))[..., None], colour, filled)
    return np.ascontiguousarray(clean, np.float32), known


def _in_accord(shot: Shot, hairy: np.ndarray, splats: VolumeSplats) -> VolumeSplats:
    """Those splats of hair that do not show where the photograph has face, clothes or background."""
    import cv2

    near_hair = cv2.dilate(hairy.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    neck = shot.distance_of((0.0, -0.1, 0.05))
    kept = np.ones(len(splats.positions), bool)
    along = matrices(splats.rotations)[:, :, 0] * splats.scales[:, :1]
    for step in (-1.6, 0.0, 1.6):
        pixels = shot.pixels(splats.positions + np.float32(step) * along)
        row, column, inside = shot.cells(pixels)
        model = shot.drawn.covered[row, column]
        hidden = model & (pixels[:, 2] > shot.drawn.distance[row, column] + 0.002)
        # Beside the model, what lies behind the neck is hidden by the clothes.
        hidden |= ~model & (shot.share[row, column] > 0.4) & (pixels[:, 2] > neck)
        kept &= ~inside | near_hair[row, column] | hidden
    names = ("positions", "rotations", "scales", "colours", "opacities")
    return VolumeSplats(*(getattr(splats, name)[kept] for name in names))


def _strides(mask: np.ndarray, shot: Shot) -> tuple[int, int]:
    """Pixels from splat to splat in the front and in the other sheets of a volume.

    Nothing is gained by more splats than the photograph has pixels, nor by more than a front shows.
    """
    fine = 1 if shot.grid.width <= 1.3 * shot.fit.camera.width else 2
    fine = max(fine, round(float(np.sqrt(mask.sum() / _MOST_IN_FRONT))))
    return fine, fine + max(1, fine)


def _body(shot: Shot, mask: np.ndarray, behind: np.ndarray, depth: float) -> VolumeSplats:
    """Shoulders and clothes: a front beside the model, a back behind all of it, something in between.

    Args:
        mask: H x W bool, where the front is. behind: H x W bool, where the back is.
    """
    import cv2

    middle = shot.distance_of((0.0, -0.15, 0.02))
    metres = middle / shot.grid.focal
    colour, share = shot.colour, shot.share
    half = _inflated(share > 0.5, metres, depth)
    inner = cv2.erode((mask & (share > 0.9)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    clean = _mirrored(colour, inner) if inner.any() else colour
    fine, coarse = _strides(mask, shot)
    sparse = max(coarse, round(float(np.sqrt(behind.sum() / (_MOST_IN_FRONT / 3)))))
    sheets = [_sheet(shot, mask, middle - half, clean, metres, 0.6, every=fine)]
    # Behind, clothes go on where the front shows a neck; without the front's folds.
    woven = cv2.erode(shot.cloth.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    back = _continued(colour, woven if woven.sum() > 50 else inner, 0.015 / metres) if inner.any() else colour
    back = cv2.GaussianBlur(np.ascontiguousarray(back, np.float32), (0, 0), max(0.004 / metres, 0.5))
    sheets += [
        _sheet(shot, mask, middle + level * half, back, metres, 1.1, every=coarse) for level in (-0.33, 0.33)
    ]
    far = _farthest(shot)
    rear = middle + np.maximum(half, np.where(np.isfinite(far), far + 0.006 - middle, 0)).astype(np.float32)
    rear = cv2.GaussianBlur(rear, (0, 0), max(0.006 / metres, 0.5))
    rear = np.maximum(rear, np.where(np.isfinite(far), far + 0.004, 0)).astype(np.float32)
    sheets.append(_sheet(shot, behind, rear, 0.92 * back, metres, 1.0, every=sparse))
    return together(sheets)


def _farthest(shot: Shot) -> FloatArray:
    """Distance of the model's far side at each pixel, NaN where there is none."""
    points = shot.pixels(shot.local)
    limit = points[:, 2].max() + 1.0
    points[:, 2] = limit - points[:, 2]
    turned = np.ascontiguousarray(shot.fit.model.triangles[:, ::-1])
    far = rasterise(points, turned, shot.grid.width, shot.grid.height)
    return np.where(far.covered, limit - far.distance, np.nan).astype(np.float32)


def _continued(colour: FloatArray, known: np.ndarray, reach: float) -> FloatArray:
    """Colours mirrored over the edge of what is known, and farther than `reach` pixels their blur."""
    import cv2

    mirrored = _mirrored(colour, known)
    distance = cv2.distanceTransform((~known).astype(np.uint8), cv2.DIST_L2, 5)
    near = np.exp(-((distance / max(reach, 1.0)) ** 2))[..., None]
    soft = cv2.GaussianBlur(mirrored, (0, 0), max(reach, 1.0))
    return np.ascontiguousarray(soft + (0.25 + 0.75 * near) * (mirrored - soft), np.float32)


def _mirrored(colour: FloatArray, known: np.ndarray) -> FloatArray:
    """Colours continued over the edge of what is known by mirroring them there, so that strands go on."""
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~known, return_distances=False, return_indices=True)
    own_rows, own_columns = np.indices(known.shape)
    far_rows = np.clip(2 * rows - own_rows, 0, known.shape[0] - 1)
    far_columns = np.clip(2 * columns - own_columns, 0, known.shape[1] - 1)
    reflected = known[far_rows, far_columns]
    # Where the mirror shows something else, a place not quite as far over the edge may do.
    for share in (0.5, 0.25):
        nearer = ~reflected
        rows_ = np.round(rows + share * (rows - own_rows)).astype(int).clip(0, known.shape[0] - 1)
        columns_ = np.round(columns + share * (columns - own_columns)).astype(int).clip(0, known.shape[1] - 1)
        nearer &= known[rows_, columns_]
        far_rows[nearer], far_columns[nearer] = rows_[nearer], columns_[nearer]
        reflected |= nearer
    chosen_rows = np.where(reflected, far_rows, rows)
    chosen_columns = np.where(reflected, far_columns, columns)
    return np.ascontiguousarray(colour[chosen_rows, chosen_columns])


def _sheet(
    shot: Shot,
    mask: np.ndarray,
    distance: FloatArray,
    colour: FloatArray,
    metres: float,
    width: float,
    *,
    every: int = 1,
    strands: tuple[FloatArray, FloatArray] | None = None,
) -> VolumeSplats:
    """A splat for each pixel of a mask (or each of every x every) at a distance from the camera.

    Args:
        metres: size of a pixel. width: standard deviation in pixels (before `every`).
        strands: the way strands run at each pixel (H x W radians, right and down), and how clearly
            (0..1); splats are drawn out along them.
    """
    fit, grid, share = shot.fit, shot.grid, shot.share
    chosen = np.zeros_like(mask)
    chosen[::every, ::every] = mask[::every, ::every]
    rows, columns = np.nonzero(chosen)
    far = distance[rows, columns]
    camera_x = (columns + 0.5 - grid.centre_x) / grid.focal * far
    camera_y = -(rows + 0.5 - grid.centre_y) / grid.focal * far
    local = np.stack([camera_x, camera_y, -far], axis=1)
    rigid = np.asarray(grid.world_to_camera, np.float64)
    world = (local - rigid[:3, 3]) @ rigid[:3, :3]
    turn = rotation_matrix(fit.rotation)
    place = (world - np.asarray(fit.translation)) @ turn
    # Discs lie along the sheet: their normal is that of the distance map.
    slope_y, slope_x = np.gradient(distance)
    normal = np.stack(
        [slope_x[rows, columns] / metres, -slope_y[rows, columns] / metres, np.ones(len(rows))], axis=1
    )
    normal[:, :2] = np.clip(normal[:, :2], -2.5, 2.5)
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    normal /= length
    first = np.cross(np.array([0.0, 1.0, 0.0]), normal)
    first /= np.maximum(np.linalg.norm(first, axis=1, keepdims=True), 1e-9)
    second = np.cross(normal, first)
    drawn_out = np.zeros(len(rows))
    if strands is not None:
        turned, drawn_out = strands[0][rows, columns], strands[1][rows, columns]
        # In the camera's frame up is positive.
        along, up = np.cos(turned)[:, None], -np.sin(turned)[:, None]
        first, second = along * first + up * second, along * second - up * first
    axes = np.stack([first, second, normal], axis=2)
    axes = turn.T @ (rigid[:3, :3].T @ axes)
    size = width * every**0.9 * metres
    stretch = np.minimum(length[:, 0], 2.0)
    long = size * stretch**0.5 * (1 + 0.7 * drawn_out)
    wide = size * stretch**0.5 * (1 - 0.25 * drawn_out)
    scales = np.stack([long, wide, np.full(len(rows), 0.5 * size)], axis=1)
    return VolumeSplats(
        place.astype(np.float32),
        from_matrices(axes),
        scales.astype(np.float32),
        np.clip(colour[rows, columns], 0, 1).astype(np.float32),
        np.clip(0.95 * share[rows, columns], 0.02, 0.95).astype(np.float32),
    )
