"""Hair and clothes that stand off the head model, as a volume of splats.

Hair is laid on a hull about the head (`hull`), as the photograph shows it in front and carried on by
strands behind (`strands`). Clothes are inflated from their outline, as a balloon is: half as thick as it
is far from the edge, to a limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.gaussians.binding import VolumeSplats
from nodes.gaussians.hull import hair_hull
from nodes.gaussians.quaternions import from_matrices, matrices
from nodes.gaussians.strands import directions, front_distance, hull_splats, painted, together
from nodes.head._shape import expressed_vertices, to_world
from nodes.raster.geometry import project, rotation_matrix
from nodes.raster.zbuffer import Raster, interpolate, rasterise
from nodes.sdk.values import PARSING_CLASSES, Camera, HeadState
from nodes.sdk.values.arrays import ByteArray, FloatArray

_HAIR = tuple(PARSING_CLASSES.index(name) for name in ("hair", "hat"))
#: The plane that parts scalp from face and neck in the head's frame: height over the line from the
#: brow (front) down to the nape (back), metres.
_BROW, _NAPE = (0.078, 0.13), (-0.055, -0.05)
_MOST_IN_FRONT = 30_000
#: Heights of the head's frame in metres: below the first nothing is kept; clothes end at the second, and
#: behind at the third.
_BUST, _CHIN, _COLLAR = -0.27, -0.06, -0.1


@dataclass(frozen=True, eq=False)
class Coverage:
    """What the pixels of the sampling camera are.

    Attributes:
        skin: H x W bool, where the surface of the model is seen.
        share: H x W in 0..1, how much of a pixel is the person.
        colour: H x W x 3, the photograph.
        volume: hair and clothes.
        tone: 3, the colour of the hair, or None without hair.
        hairy: H x W bool, hair.
    """

    skin: np.ndarray
    share: FloatArray
    colour: FloatArray
    volume: VolumeSplats
    tone: FloatArray | None
    hairy: np.ndarray

    def scalp(self, places: np.ndarray) -> FloatArray:
        """How much places of the head's frame (N x 3) belong to the hairy part of the head, 0..1."""
        return scalp(places)

    def outside(self, grid: Camera, pixels: FloatArray) -> np.ndarray:
        """N bool: which pixels (N x 2 or 3) show something else than the person, or are off the picture."""
        column, row = np.floor(pixels[:, :2]).astype(int).T
        off = (column < 0) | (row < 0) | (column >= grid.width) | (row >= grid.height)
        share = self.share[np.clip(row, 0, grid.height - 1), np.clip(column, 0, grid.width - 1)]
        return off | (share < 0.4)

    def at_hairline(self, grid: Camera, pixels: FloatArray) -> np.ndarray:
        """N bool: which pixels (N x 2 or 3) lie where hair ends before face or clothes."""
        import cv2

        hair, rest = self.hairy.astype(np.uint8), (~self.hairy & (self.share > 0.4)).astype(np.uint8)
        both = cv2.dilate(hair, np.ones((5, 5), np.uint8)) & cv2.dilate(rest, np.ones((5, 5), np.uint8))
        column, row = np.floor(pixels[:, :2]).astype(int).T
        column, row = np.clip(column, 0, grid.width - 1), np.clip(row, 0, grid.height - 1)
        return both[row, column] > 0

    def interior(self, width: int, height: int) -> FloatArray:
        """H x W at another size: 1 well inside the person, 0 at the edge and outside."""
        import cv2

        sure = cv2.erode((self.share > 0.9).astype(np.uint8), np.ones((5, 5), np.uint8))
        return cv2.resize(sure.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)


def no_volume() -> VolumeSplats:
    """Neither hair nor clothes."""
    zero = np.zeros((0, 3), np.float32)
    return VolumeSplats(zero, np.zeros((0, 4), np.float32), zero, zero, np.zeros(0, np.float32))


def scalp(places: np.ndarray) -> FloatArray:
    """How much places of the head's frame (N x 3) belong to the hairy part of the head, 0..1."""
    slope = (_BROW[0] - _NAPE[0]) / (_BROW[1] - _NAPE[1])
    line = _NAPE[0] + slope * (np.clip(places[:, 2], _NAPE[1], _BROW[1]) - _NAPE[1])
    return np.clip((places[:, 1] - line) / 0.02, 0.0, 1.0).astype(np.float32)


def covering(
    fit: HeadState,
    grid: Camera,
    drawn: Raster,
    photo: FloatArray,
    labels: ByteArray | None,
    matte: FloatArray | None,
    hair: float,
    depth: float,
) -> Coverage:
    """Part the pixels of the sampling camera, and build the volume of what stands off the model.

    Args:
        grid: the sampling camera. drawn: the model seen by it.
        labels, matte: of the photograph, or None.
        hair: thickness over the skull. depth: half of what stands off, metres.
    """
    import cv2

    size = (grid.width, grid.height)
    colour = cv2.resize(
        photo, size, interpolation=cv2.INTER_AREA if grid.width < photo.shape[1] else cv2.INTER_LINEAR
    )
    model = drawn.covered
    share = model.astype(np.float32)
    if matte is not None:
        share = cv2.resize(np.asarray(matte, np.float32), size, interpolation=cv2.INTER_LINEAR)
    hairy = np.zeros_like(model)
    cloth = np.zeros_like(model)
    someone = np.ones_like(model)
    if labels is not None:
        small = cv2.resize(np.asarray(labels), size, interpolation=cv2.INTER_NEAREST)
        hairy = np.isin(small, _HAIR)
        someone = small > 0
        cloth = small == PARSING_CLASSES.index("cloth")
        if matte is None:
            share = np.maximum(share, cv2.GaussianBlur((small > 0).astype(np.float32), (0, 0), 1.0))
    solid = share > 0.5
    beyond = solid & ~model
    # At the very edge of the person, pixels are mixed with the background.
    sure = cv2.erode((solid & someone).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    skin = model & ~hairy & sure
    tone = np.median(colour[hairy & solid], axis=0) if (hairy & solid).sum() > 50 else None
    height = _heights(fit, grid)
    bust = height > _BUST
    parts = []
    body = beyond & bust & ~hairy & (height < _CHIN)
    if tone is not None:
        # What stands off above the chin and beside the hair is hair that parsing missed.
        near = cv2.dilate(hairy.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        hairy |= beyond & near & (height > _CHIN) & (share > 0.8)
        hairy &= bust
        parts.append(_hair(fit, grid, drawn, colour, share, hairy, hair, tone))
    elif labels is None:
        # Without parsing, what stands above the chin and off the model is hair all the same.
        body = beyond & bust
    if body.sum() > 50:
        behind = solid & someone & bust & (height < _COLLAR)
        parts.append(_body(fit, grid, colour, share, body, behind, cloth & sure, depth))
    volume = together(parts) if parts else no_volume()
    return Coverage(skin, np.clip(share, 0, 1), colour, volume, tone, hairy)


def _heights(fit: HeadState, grid: Camera) -> FloatArray:
    """H x W metres: the height in the head's frame at which pixels' rays meet the middle of the head."""
    middle = _middle_depth(fit, grid, (0.0, 0.0, 0.03))
    columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    local = np.stack(
        [(columns - grid.centre_x) / grid.focal, -(rows - grid.centre_y) / grid.focal, -np.ones_like(rows)],
        axis=2,
    )
    rigid = np.asarray(grid.world_to_camera, np.float64)
    world = (local * middle - rigid[:3, 3]) @ rigid[:3, :3]
    return ((world - np.asarray(fit.translation)) @ rotation_matrix(fit.rotation)[:, 1]).astype(np.float32)


def _middle_depth(fit: HeadState, grid: Camera, place: tuple[float, float, float]) -> float:
    """Distance from the camera of a place of the head's frame."""
    return float(project(grid, to_world(fit, np.array([place], np.float32)))[0, 2])


def _inflated(mask: np.ndarray, metres: float, most: float) -> FloatArray:
    """Half the thickness of an outline blown up like a balloon: H x W metres.

    Args:
        metres: size of a pixel. most: half the greatest thickness.
    """
    import cv2

    inside = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5) * np.float32(metres)
    rim = np.clip(1 - inside / (1.6 * most), 0, 1)
    return (most * np.sqrt(1 - rim * rim)).astype(np.float32)


def _hair(
    fit: HeadState,
    grid: Camera,
    drawn: Raster,
    colour: FloatArray,
    share: FloatArray,
    hairy: np.ndarray,
    thickness: float,
    tone: FloatArray,
) -> VolumeSplats:
    import cv2

    local = expressed_vertices(fit)
    middle = _middle_depth(fit, grid, (0.0, 0.04, 0.045))
    metres = middle / grid.focal
    places = interpolate(drawn, fit.model.triangles, local)
    head = drawn.covered & (places[..., 1] > -0.1)
    shown = hairy & (share > 0.25)
    hull = hair_hull(fit, local, grid, shown, share > 0.5, head, thickness)
    front = front_distance(fit, grid, hull, shown, middle)
    # Over the skull it lies on it, whatever the hull says.
    front = np.where(head, np.minimum(front, drawn.distance - 0.0015), front).astype(np.float32)
    edge = 2 * round(0.003 / metres) + 3
    known = cv2.erode((shown & (share > 0.8)).astype(np.uint8), np.ones((edge, edge), np.uint8)) > 0
    filled = _continued(colour, known, 0.012 / metres) if known.any() else np.broadcast_to(tone, colour.shape)
    # Where hair mixes with background or face in the photograph, the hair's own colours go on.
    apart = cv2.dilate((~shown & (share > 0.5)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    clean = np.where((known | ((share > 0.97) & ~apart))[..., None], colour, filled).astype(np.float32)
    fine, _ = _strides(shown, fit, grid)
    angle, clear = directions(clean, shown, max(0.002 / metres, 1.0))
    # At the edge strands do not reach over it.
    clear *= np.clip(cv2.distanceTransform(shown.astype(np.uint8), cv2.DIST_L2, 3) / 4 - 0.5, 0, 1)
    sheet = _sheet(fit, grid, shown, front, clean, share, metres, 0.6, every=fine, strands=(angle, clear))
    colours, seen = painted(fit, grid, hull, np.ascontiguousarray(clean), known, tone)
    around = _in_accord(fit, grid, drawn, shown, share, hull_splats(hull, colours, seen))
    return together([sheet, around])


def _in_accord(
    fit: HeadState, grid: Camera, drawn: Raster, hairy: np.ndarray, share: FloatArray, splats: VolumeSplats
) -> VolumeSplats:
    """Those splats of hair that do not show where the photograph has face, clothes or background."""
    import cv2

    near_hair = cv2.dilate(hairy.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    neck = _middle_depth(fit, grid, (0.0, -0.1, 0.05))
    kept = np.ones(len(splats.positions), bool)
    along = matrices(splats.rotations)[:, :, 0] * splats.scales[:, :1]
    for step in (-1.6, 0.0, 1.6):
        pixels = project(grid, to_world(fit, splats.positions + np.float32(step) * along))
        column, row = np.floor(pixels[:, :2]).astype(int).T
        inside = (column >= 0) & (row >= 0) & (column < grid.width) & (row < grid.height)
        column, row = np.clip(column, 0, grid.width - 1), np.clip(row, 0, grid.height - 1)
        hidden = drawn.covered[row, column] & (pixels[:, 2] > drawn.distance[row, column] + 0.002)
        # Beside the model, what lies behind the neck is hidden by the clothes.
        hidden |= ~drawn.covered[row, column] & (share[row, column] > 0.4) & (pixels[:, 2] > neck)
        kept &= ~inside | near_hair[row, column] | hidden
    names = ("positions", "rotations", "scales", "colours", "opacities")
    return VolumeSplats(*(getattr(splats, name)[kept] for name in names))


def _strides(mask: np.ndarray, fit: HeadState, grid: Camera) -> tuple[int, int]:
    """Pixels from splat to splat in the front and in the other sheets of a volume.

    Nothing is gained by more splats than the photograph has pixels, nor by more than a front shows.
    """
    fine = 1 if grid.width <= 1.3 * fit.camera.width else 2
    fine = max(fine, round(float(np.sqrt(mask.sum() / _MOST_IN_FRONT))))
    return fine, fine + max(1, fine)


def _body(
    fit: HeadState,
    grid: Camera,
    colour: FloatArray,
    share: FloatArray,
    mask: np.ndarray,
    behind: np.ndarray,
    cloth: np.ndarray,
    depth: float,
) -> VolumeSplats:
    """Shoulders and clothes: a front beside the model, a back behind all of it, something in between.

    Args:
        mask: H x W bool, where the front is. behind: H x W bool, where the back is. cloth: H x W bool.
    """
    import cv2

    middle = _middle_depth(fit, grid, (0.0, -0.15, 0.02))
    metres = middle / grid.focal
    half = _inflated(share > 0.5, metres, depth)
    inner = cv2.erode((mask & (share > 0.9)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    clean = _mirrored(colour, inner) if inner.any() else colour
    fine, coarse = _strides(mask, fit, grid)
    sparse = max(coarse, round(float(np.sqrt(behind.sum() / (_MOST_IN_FRONT / 3)))))
    sheets = [_sheet(fit, grid, mask, middle - half, clean, share, metres, 0.6, every=fine)]
    # Behind, clothes go on where the front shows a neck; without the front's folds.
    woven = cv2.erode(cloth.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    back = _continued(colour, woven if woven.sum() > 50 else inner, 0.015 / metres) if inner.any() else colour
    back = cv2.GaussianBlur(np.ascontiguousarray(back, np.float32), (0, 0), max(0.004 / metres, 0.5))
    sheets += [
        _sheet(fit, grid, mask, middle + level * half, back, share, metres, 1.1, every=coarse)
        for level in (-0.33, 0.33)
    ]
    far = _farthest(fit, grid, expressed_vertices(fit))
    rear = middle + np.maximum(half, np.where(np.isfinite(far), far + 0.006 - middle, 0)).astype(np.float32)
    rear = cv2.GaussianBlur(rear, (0, 0), max(0.006 / metres, 0.5))
    rear = np.maximum(rear, np.where(np.isfinite(far), far + 0.004, 0)).astype(np.float32)
    sheets.append(_sheet(fit, grid, behind, rear, 0.92 * back, share, metres, 1.0, every=sparse))
    return together(sheets)


def _farthest(fit: HeadState, grid: Camera, local: FloatArray) -> FloatArray:
    """Distance of the model's far side at each pixel, NaN where there is none."""
    points = project(grid, to_world(fit, local))
    limit = points[:, 2].max() + 1.0
    points[:, 2] = limit - points[:, 2]
    turned = np.ascontiguousarray(fit.model.triangles[:, ::-1])
    far = rasterise(points, turned, grid.width, grid.height)
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
    fit: HeadState,
    grid: Camera,
    mask: np.ndarray,
    distance: FloatArray,
    colour: FloatArray,
    share: FloatArray,
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
