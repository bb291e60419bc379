"""Photographs of a head with what their pixels are: skin, hair, clothes, or none of the person."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from nodes.head._shape import expressed_vertices, to_world
from nodes.raster.geometry import project, rotation_matrix, to_camera
from nodes.raster.sampling import sample_bilinear
from nodes.raster.zbuffer import Raster, rasterise
from nodes.sdk.values import PARSING_CLASSES, Camera, HeadState
from nodes.sdk.values.arrays import ByteArray, FloatArray

_HAIR = tuple(PARSING_CLASSES.index(name) for name in ("hair", "hat"))
#: Heights of the head's frame in metres: below the first nothing is kept; above the second what stands off
#: beside the hair is hair that parsing missed.
BUST, CHIN = -0.27, -0.06
#: Pixels nearer than this to what is no skin may be mixed with it, metres.
_MARGIN = 0.004


@dataclass(frozen=True)
class Photo:
    """A fitted photograph and what is known of it.

    Attributes:
        fit: as measured, with its picture.
        labels: H x W classes of its pixels (PARSING_CLASSES), or None.
        matte: H x W, 0..1, how much of a pixel is the person, or None.
    """

    fit: HeadState
    labels: ByteArray | None = None
    matte: FloatArray | None = None


@dataclass(frozen=True, eq=False)
class Shot:
    """A photograph at the size at which it is sampled.

    Attributes:
        fit: the head in it. local: V x 3, its vertices in the head's frame.
        grid: the camera at this size. drawn: the model as it sees it.
        colour: H x W x 3. share: H x W in 0..1, how much of a pixel is the person.
        height: H x W metres, the height in the head's frame that a pixel shows, about.
        skin: H x W bool, where the model's surface is seen. hairy, cloth: H x W bool.
        sure: H x W bool, skin that is mixed with nothing else.
        parsed: whether hair is told from the rest.
        gain: 3, by what its colours were multiplied to be like the first photograph's.
    """

    fit: HeadState
    local: FloatArray
    grid: Camera
    drawn: Raster
    colour: FloatArray
    share: FloatArray
    height: FloatArray
    skin: np.ndarray
    sure: np.ndarray
    hairy: np.ndarray
    cloth: np.ndarray
    parsed: bool
    gain: FloatArray

    def photograph(self) -> FloatArray:
        """H x W x 3, the picture at its own size, in the tone of the first photograph."""
        assert self.fit.picture is not None
        pixels = np.ascontiguousarray(self.fit.picture.pixels[..., :3], np.float32)
        return pixels if (self.gain == 1).all() else np.clip(pixels * self.gain, 0, 1)

    @property
    def tone(self) -> FloatArray | None:
        """The colour of the hair, 3; None without hair."""
        inside = self.hairy & (self.share > 0.5)
        return np.median(self.colour[inside], axis=0) if inside.sum() > 50 else None

    def pixels(self, places: np.ndarray) -> FloatArray:
        """Pixels and distances (N x 3) of places in the head's frame."""
        return project(self.grid, to_world(self.fit, np.asarray(places, np.float32)))

    def cells(self, pixels: FloatArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows and columns of pixels (N x 2 or 3), held inside the picture, and whether they are inside."""
        column, row = np.floor(pixels[:, :2]).astype(int).T
        inside = (column >= 0) & (row >= 0) & (column < self.grid.width) & (row < self.grid.height)
        return np.clip(row, 0, self.grid.height - 1), np.clip(column, 0, self.grid.width - 1), inside

    def distance_of(self, place: tuple[float, float, float]) -> float:
        """Distance from the camera of a place of the head's frame, metres."""
        return float(self.pixels(np.array([place]))[0, 2])

    def facing(self, places: np.ndarray, normals: np.ndarray) -> FloatArray:
        """Cosines between the normals at places (N x 3 each, head's frame) and the lines to the camera."""
        view = to_camera(self.grid, to_world(self.fit, np.asarray(places, np.float32)))
        turn = np.asarray(self.grid.world_to_camera, np.float32)[:3, :3] @ rotation_matrix(self.fit.rotation)
        turned = np.asarray(normals, np.float32) @ turn.T.astype(np.float32)
        return -np.einsum("nk,nk->n", turned, view) / np.maximum(np.linalg.norm(view, axis=1), 1e-9)

    def look(self, places: np.ndarray, normals: np.ndarray) -> tuple[FloatArray, FloatArray]:
        """Colours of skin at places (N x 3, normals N x 3), and how well they are shown, N in 0..1."""
        pixels = self.pixels(places)
        row, column, inside = self.cells(pixels)
        near = pixels[:, 2] <= self.drawn.distance[row, column] + 0.004
        t = np.clip((self.facing(places, normals) - 0.25) / 0.3, 0, 1)
        weight = inside * near * self.sure[row, column] * t
        return sample_bilinear(self.colour, pixels[:, :2]), weight.astype(np.float32)

    def shows(self, places: np.ndarray, normals: np.ndarray, flattest: float) -> np.ndarray:
        """N bool: which places have a splat for a pixel, when surfaces flatter than a cosine have none."""
        pixels = self.pixels(places)
        row, column, inside = self.cells(pixels)
        near = pixels[:, 2] <= self.drawn.distance[row, column] + 0.002
        return inside & near & self.skin[row, column] & (self.facing(places, normals) > flattest)

    def outside(self, places: np.ndarray) -> np.ndarray:
        """N bool: which places lie where the picture shows something else than the person, or ends."""
        row, column, inside = self.cells(self.pixels(places))
        return ~inside | (self.share[row, column] < 0.4)

    def at_hairline(self, pixels: FloatArray) -> np.ndarray:
        """N bool: which pixels (N x 2 or 3) lie where hair ends before face or clothes."""
        import cv2

        hair, rest = self.hairy.astype(np.uint8), (~self.hairy & (self.share > 0.4)).astype(np.uint8)
        both = cv2.dilate(hair, np.ones((5, 5), np.uint8)) & cv2.dilate(rest, np.ones((5, 5), np.uint8))
        row, column, _ = self.cells(pixels)
        return both[row, column] > 0

    def interior(self, *, skin_only: bool = False) -> FloatArray:
        """H x W of the photograph: 1 well inside the person (or its sure skin), 0 at the edge and outside."""
        import cv2

        sure = cv2.erode((self.share > 0.9).astype(np.uint8), np.ones((5, 5), np.uint8))
        if skin_only:
            sure &= self.sure.astype(np.uint8)
        size = (self.fit.camera.width, self.fit.camera.height)
        return cv2.resize(sure.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def shot_of(photo: Photo, detail: int) -> Shot:
    """A photograph, sampled so that its head covers about `detail` pixels. Its fit has a picture."""
    import cv2

    fit = photo.fit
    assert fit.picture is not None
    local = expressed_vertices(fit)
    grid = _sampling_camera(fit, local, detail)
    drawn = rasterise(project(grid, to_world(fit, local)), fit.model.triangles, grid.width, grid.height)
    pixels = np.ascontiguousarray(fit.picture.pixels[..., :3], np.float32)
    size = (grid.width, grid.height)
    shrinks = grid.width < pixels.shape[1]
    colour = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    model = drawn.covered
    share = model.astype(np.float32)
    if photo.matte is not None:
        share = cv2.resize(np.asarray(photo.matte, np.float32), size, interpolation=cv2.INTER_LINEAR)
    hairy, cloth, someone = np.zeros_like(model), np.zeros_like(model), np.ones_like(model)
    if photo.labels is not None:
        small = cv2.resize(np.asarray(photo.labels), size, interpolation=cv2.INTER_NEAREST)
        hairy, someone = np.isin(small, _HAIR), small > 0
        cloth = small == PARSING_CLASSES.index("cloth")
        if photo.matte is None:
            share = np.maximum(share, cv2.GaussianBlur(someone.astype(np.float32), (0, 0), 1.0))
    solid = share > 0.5
    # At the very edge of the person, pixels are mixed with the background.
    whole = cv2.erode((solid & someone).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    skin = model & ~hairy & whole
    pixel = float(np.median(drawn.distance[model])) / grid.focal if model.any() else 0.001
    margin = np.ones((2 * max(round(_MARGIN / pixel), 1) + 1,) * 2, np.uint8)
    sure = cv2.erode(skin.astype(np.uint8), margin) > 0
    height = _heights(fit, grid)
    if (hairy & solid).sum() > 50:
        near = cv2.dilate(hairy.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        hairy = hairy | (solid & ~model & near & (height > CHIN) & (share > 0.8))
        hairy = hairy & (height > BUST)
    return Shot(
        fit,
        local,
        grid,
        drawn,
        colour,
        np.clip(share, 0, 1).astype(np.float32),
        height,
        skin,
        sure,
        hairy,
        cloth & whole,
        photo.labels is not None,
        np.ones(3, np.float32),
    )


def in_tone(shot: Shot, first: Shot) -> Shot:
    """A shot with its colours brought to those of the first, by the skin that both show.

    One factor for each of red, green and blue, between 0.6 and 1.7: another exposure and white balance.
    """
    from nodes.raster.geometry import vertex_normals

    triangles = shot.fit.model.triangles
    mine, own = shot.look(shot.local, vertex_normals(shot.local, triangles))
    theirs, other = first.look(first.local, vertex_normals(first.local, triangles))
    both = own * other > 0.2
    if both.sum() < 40:
        return shot
    factor = np.median(theirs[both] / np.maximum(mine[both], 0.02), axis=0)
    factor = np.clip(factor, 0.6, 1.7).astype(np.float32)
    return replace(shot, colour=np.clip(shot.colour * factor, 0, 1), gain=factor)


def _sampling_camera(fit: HeadState, local: FloatArray, detail: int) -> Camera:
    """The photograph's camera, at the size at which the head covers about `detail` pixels."""
    camera = fit.camera
    points = project(camera, to_world(fit, local))[:, :2]
    inside = np.clip(points[local[:, 1] > -0.1], 0, [camera.width, camera.height])
    spread = np.prod(np.ptp(inside, axis=0)) * 0.75
    scale = float(np.clip(np.sqrt(detail / max(spread, 1.0)), 0.1, 4.0))
    scale = min(scale, 4096 / max(camera.width, camera.height))
    width, height = max(round(camera.width * scale), 8), max(round(camera.height * scale), 8)
    return replace(
        camera,
        focal=camera.focal * scale,
        centre_x=camera.centre_x * scale,
        centre_y=camera.centre_y * scale,
        width=width,
        height=height,
    )


def _heights(fit: HeadState, grid: Camera) -> FloatArray:
    """H x W metres: the height in the head's frame at which pixels' rays meet the middle of the head."""
    place = to_world(fit, np.array([[0.0, 0.0, 0.03]], np.float32))
    middle = float(project(grid, place)[0, 2])
    columns, rows = np.meshgrid(np.arange(grid.width) + 0.5, np.arange(grid.height) + 0.5)
    local = np.stack(
        [(columns - grid.centre_x) / grid.focal, -(rows - grid.centre_y) / grid.focal, -np.ones_like(rows)],
        axis=2,
    )
    rigid = np.asarray(grid.world_to_camera, np.float64)
    world = (local * middle - rigid[:3, 3]) @ rigid[:3, :3]
    return ((world - np.asarray(fit.translation)) @ rotation_matrix(fit.rotation)[:, 1]).astype(np.float32)
