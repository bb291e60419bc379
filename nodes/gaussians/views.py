"""Calibrated pictures of one scene, read from a file that names pictures and cameras."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nodes.gaussians.files.checking import Progress, problem, silent
from nodes.gaussians.shots import Photo
from nodes.head._shape import expressed_vertices, world_vertices
from nodes.media.files import existing_file
from nodes.raster.geometry import project, rotation_matrix
from nodes.raster.zbuffer import interpolate, rasterise
from nodes.sdk import FacewrightError
from nodes.sdk.values import PARSING_CLASSES, Camera, Image
from nodes.sdk.values.arrays import FloatArray

_LONGEST = 1 << 25
_MOST_VIEWS = 2000
#: Turns a world whose z points up into ours, whose y does.
Z_UP = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]])
Y_DOWN = np.diag([1.0, -1.0, -1.0])
#: Height in the head's frame where the neck ends, metres; classes that do not turn with the head; and
#: the longest side of a head's view, pixels.
_NECK = -0.09
_NOT_HEAD = tuple(PARSING_CLASSES.index(name) for name in ("cloth", "necklace"))
_LARGEST_HEAD = 448
_FLIP = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, eq=False)
class View:
    """A picture (with alpha where the file has it) and the camera that took it."""

    image: Image
    camera: Camera


def read_views(text: str, *, axes: np.ndarray | None = None, progress: Progress = silent) -> list[View]:
    """The views that a camera file lists: `transforms.json` of NeRF, or OpenCV cameras.

    OpenCV files have `frames` with `file_path`, `fx`, `fy`, `cx`, `cy` and `w2c`; NeRF files have
    `camera_angle_x` or `fl_x` and a `transform_matrix` (camera to world) for each frame.

    Args:
        axes: a 3 x 3 rotation from the file's world to ours.

    Raises:
        NodeError: when no path is given.
        FileProblem: when the file or a picture is missing or damaged.
    """
    path = existing_file(text, "camera file")
    if path.stat().st_size > _LONGEST:
        raise problem(path, "size", "is above 32 MB", "Choose the JSON that lists the cameras")
    try:
        held = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise problem(path, "JSON", f"is damaged: {error}") from error
    frames = held.get("frames") if isinstance(held, dict) else None
    if not isinstance(frames, list) or not 0 < len(frames) <= _MOST_VIEWS:
        raise problem(path, "frames", f"is no list of 1 to {_MOST_VIEWS} views")
    views = []
    for number, frame in enumerate(frames):
        progress(number / len(frames), f"view {number + 1} of {len(frames)}")
        if not isinstance(frame, dict) or not isinstance(frame.get("file_path"), str):
            raise problem(path, f"frames[{number}].file_path", "is missing")
        image = _picture(path, frame["file_path"])
        views.append(View(image, _camera(path, number, held, frame, image, axes)))
    return views


def _picture(path: Path, name: str) -> Image:
    from nodes.media.pictures import read_picture

    found = path.parent / name
    if not found.suffix:
        found = found.with_suffix(".png")
    try:
        return read_picture(str(found))
    except FacewrightError as error:
        raise error.at(str(path)) from None


def _camera(
    path: Path,
    number: int,
    held: dict[str, Any],
    frame: dict[str, Any],
    image: Image,
    axes: np.ndarray | None,
) -> Camera:
    where = f"frames[{number}]"

    def value(*names: str) -> float | None:
        for name in names:
            for source in (frame, held):
                found = source.get(name)
                if isinstance(found, int | float) and not isinstance(found, bool) and math.isfinite(found):
                    return float(found)
        return None

    width, height = image.width, image.height
    shrink = width / (value("w", "width") or width)
    focal = value("fx", "fl_x")
    if focal is None:
        angle = value("camera_angle_x")
        if angle is None or not 0 < angle < math.pi:
            raise problem(path, f"{where}.fx", "is missing, and camera_angle_x too")
        focal = width / shrink / 2 / math.tan(angle / 2)
    other = value("fy", "fl_y") or focal
    if not focal > 0 or not 0.97 < focal / other < 1.03:
        raise problem(path, f"{where}.fx", f"is {focal:g} and fy {other:g}; pixels must be square")
    centre_x, centre_y = value("cx"), value("cy")
    rigid = _matrix(path, f"{where}.w2c", frame["w2c"]) if "w2c" in frame else None
    if rigid is None:
        inverse = _matrix(path, f"{where}.transform_matrix", frame.get("transform_matrix"))
        rigid = np.linalg.inv(inverse)
        rotation, shift = rigid[:3, :3], rigid[:3, 3]
    else:
        rotation, shift = _FLIP @ rigid[:3, :3], _FLIP @ rigid[:3, 3]
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > 1e-2:
        raise problem(path, f"{where}", "has a camera matrix that is no rotation and shift")
    if axes is not None:
        rotation = rotation @ axes.T
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3], matrix[:3, 3] = rotation, shift
    return Camera(
        focal * shrink * 0.5 * (1 + other / focal),
        width / 2 if centre_x is None else centre_x * shrink,
        height / 2 if centre_y is None else centre_y * shrink,
        width,
        height,
        matrix,
    )


def _matrix(path: Path, field: str, value: Any) -> np.ndarray:
    try:
        matrix = np.array(value, np.float64)
    except (TypeError, ValueError) as error:
        raise problem(path, field, "is no matrix") from error
    if matrix.shape not in ((3, 4), (4, 4)) or not np.isfinite(matrix).all():
        raise problem(path, field, "is no matrix of 4 x 4 finite numbers")
    full = np.eye(4)
    full[: len(matrix)] = matrix
    if abs(np.linalg.det(full[:3, :3])) < 1e-6:
        raise problem(path, field, "cannot be inverted")
    return full


def colour_and_alpha(image: Image) -> tuple[FloatArray, FloatArray]:
    """H x W x 3 premultiplied colours and H x W alpha; without alpha all is solid."""
    pixels = np.asarray(image.pixels, np.float32)
    if not image.has_alpha:
        return pixels, np.ones(pixels.shape[:2], np.float32)
    alpha = pixels[..., 3]
    return pixels[..., :3] * alpha[..., None], alpha


def head_views(photos: Sequence[Photo]) -> list[View]:
    """Photographs of one head as views of a head that stands still at the origin, facing +z.

    Cropped about the head; what is no part of it is transparent, for it does not turn along. Without
    labels and matte that is what the head model does not cover.
    """
    return [_head_view(photo) for photo in photos]


def _head_view(photo: Photo) -> View:
    import cv2

    fit = photo.fit
    assert fit.picture is not None
    points = project(fit.camera, world_vertices(fit))
    drawn = rasterise(points, fit.model.triangles, fit.camera.width, fit.camera.height)
    solid = drawn.covered.astype(np.float32)
    local = expressed_vertices(fit)
    places = interpolate(drawn, fit.model.triangles, local)
    head = (drawn.covered & (places[..., 1] > _NECK)).astype(np.uint8)
    if photo.labels is not None:
        kept = (np.asarray(photo.labels) > 0) & ~np.isin(photo.labels, _NOT_HEAD)
        matte = (
            np.ones(kept.shape, np.float32) if photo.matte is None else np.asarray(photo.matte, np.float32)
        )
        alpha = cv2.GaussianBlur(kept.astype(np.float32), (0, 0), 0.8) * matte
    elif photo.matte is not None:
        top = int(np.nonzero(head.any(axis=1))[0].max(initial=0)) + 1
        alpha = np.asarray(photo.matte, np.float32).copy()
        alpha[top:] = 0
    else:
        alpha = solid * head
    rows, columns = np.nonzero(alpha > 0.5)
    height, width = alpha.shape
    if not len(rows):
        rows, columns = np.array([0, height - 1]), np.array([0, width - 1])
    edge = int(0.1 * max(np.ptp(rows), np.ptp(columns))) + 4
    top, left = max(int(rows.min()) - edge, 0), max(int(columns.min()) - edge, 0)
    bottom, right = min(int(rows.max()) + edge, height), min(int(columns.max()) + edge, width)
    pixels = np.concatenate([fit.picture.pixels[..., :3], alpha[..., None]], axis=2)[top:bottom, left:right]
    scale = min(_LARGEST_HEAD / max(pixels.shape[:2]), 1.0)
    size = (max(round(pixels.shape[1] * scale), 8), max(round(pixels.shape[0] * scale), 8))
    pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    across = size[0] / (right - left)
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation_matrix(fit.rotation), fit.translation
    camera = Camera(
        fit.camera.focal * across,
        (fit.camera.centre_x - left) * across,
        (fit.camera.centre_y - top) * size[1] / (bottom - top),
        size[0],
        size[1],
        (np.asarray(fit.camera.world_to_camera, np.float64) @ pose).astype(np.float32),
    )
    return View(Image(np.clip(pixels, 0, 1).astype(np.float32)), camera)
