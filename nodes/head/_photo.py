"""What rendering over a photograph needs to know of the photograph, worked out once per fit.

The picture is covered by a grid. Grid points on the face ride on the fitted head's surface; the
others follow smoothly and come to rest some way off, so that hair, neck and background bend
instead of tearing. Eyes and mouth are openings between two curves, in a skin from which what lies
behind has been taken out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from nodes.head._fit import eye_distance
from nodes.head._keep import Keeper
from nodes.head._photo_eyes import eye_table_of, eyeballs_of, lids_of
from nodes.head._photo_grid import Grid, make_grid
from nodes.head._photo_mouth import OUTER_LIPS, Mouth, make_mouth
from nodes.head._shape import expressed_vertices, parts_of, to_world
from nodes.head._slit import EYE_LEFT, EYE_RIGHT, MOUTH, Slit, beyond, inside, slit, widened
from nodes.raster.geometry import project, to_camera, vertex_normals
from nodes.raster.ramps import smooth_step
from nodes.sdk.errors import NodeError
from nodes.sdk.values import HeadState
from nodes.sdk.values.arrays import FloatArray, IntArray

# All in eye distances of the photo.
_MOUTH_ZONE = (0.10, 0.42)  # where the mesh itself, and where only the grid, carries the picture
_WINDOW = 4.2
_FRONT = 0.04  # metres before the pivot of the skull
#: Corners lie a little beyond their landmarks, in half widths of an eye.
_LID_EDGE = 0.07


@dataclass(frozen=True, eq=False)
class PhotoLayers:
    """Everything about a fitted photograph that does not depend on the edit.

    Attributes:
        reference: the fit.
        photo: H x W x 3, the picture. alpha: H x W or None.
        skin: the picture without eyes and mouth.
        eyeballs: eyes completed beyond the lids.
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

    @cached_property
    def lids(self) -> FloatArray:
        """H x W x 3, the skin without lashes, liner and folds too; only eyes that close need it."""
        return lids_of(self.skin, self.eyes, self.reference.landmarks)


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
    world = to_world(reference, expressed_vertices(reference))
    vertices = to_camera(reference.camera, world)
    places = project(reference.camera, world)[:, :2]
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
        eyeballs=eyeballs_of(photo, eyes, landmarks),
        unit=unit,
        window=window,
        vertices=vertices,
        places=places,
        grid=make_grid(reference, vertices, unit, window),
        eyes=eyes,
        eye_table=eye_table_of(photo, eyes, landmarks),
        iris_scale=iris_scale,
        lip_triangles=lip_triangles,
        lip_vertices=lip_vertices,
        lip_share=lip_share,
        mouth=make_mouth(reference, photo, vertices, opening),
    )


def _light_copy(reference: HeadState) -> HeadState:
    """The fit as another object, so that keeping it does not keep the original alive."""
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
    distance = -beyond(reference.landmarks[list(OUTER_LIPS), :2], places)
    near, far = (part * unit for part in _MOUTH_ZONE)
    share = 1.0 - smooth_step((distance - near) / (far - near))
    # Skin that the photo shows edge-on, or not at all, would smear when it turns towards the viewer.
    normals = vertex_normals(vertices, reference.model.triangles)
    facing = (normals * -vertices).sum(axis=1) / np.linalg.norm(vertices, axis=1)
    share = np.where(distance > 0.02 * unit, share * smooth_step((facing - 0.1) / 0.3), share)
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


#: The layers of a fit, made on first use and kept for the last few fits.
photo_layers = Keeper(prepare)
