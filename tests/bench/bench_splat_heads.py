"""Splat heads of three photographs of one person, and of a clip: likeness, identity from the side, speed."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from nodes.camera._placing import orbit
from nodes.gaussians.losses import signal_to_noise
from nodes.gaussians.render import render
from nodes.gaussians.shots import Photo
from nodes.head._shape import world_vertices
from nodes.raster.geometry import project
from nodes.raster.zbuffer import rasterise
from nodes.sdk.context import Context
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values import Faces, HeadState, Image, Mask, Parsing, Splats
from tests.bench.table import Row
from tests.bench.timing import best_milliseconds
from tests.samples import SAMPLES

#: A clip whose frames stand for photographs of one person; the samples have no other such set.
_CLIP = "driving_d12.mp4"


def rows() -> list[Row]:
    """Every figure of this file; none without the clip and the models."""
    path = SAMPLES / "driving" / _CLIP
    if not path.is_file():
        return []
    try:
        return _three(str(path))
    except ModelProblem:
        return []


def _three(path: str) -> list[Row]:
    from nodes.gaussians.person import one_identity
    from nodes.splats._clip import photos_of_clip
    from nodes.splats.head_to_splats import head_to_splats

    context = Context()
    photos = photos_of_clip(path, 3, context)
    fits = [photo.fit for photo in photos]
    parsings = [Parsing(photo.labels) for photo in photos if photo.labels is not None]
    mattes = [Mask(photo.matte) for photo in photos if photo.matte is not None]
    wired = (fits[0], parsings[0], mattes[0], fits[1:], parsings[1:], mattes[1:])
    begun = time.perf_counter()
    splats = head_to_splats(*wired, context=context)
    building = time.perf_counter() - begun
    shared = one_identity(fits)
    gap = float(np.std([fit.identity for fit in shared], axis=0).mean())
    before = float(np.std([fit.identity for fit in fits], axis=0).mean())
    noise = _likeness(splats, shared[0], photos[0])
    view = orbit(shared[0].translation + np.float32([0, 0.02, 0]), 1.3, around=30, above=0, field_of_view=22)
    same, found = _identity(splats, view, photos[0].fit, context)

    def frame() -> None:
        moved = replace(fits[0], expression=np.roll(fits[0].expression, 1), reference=fits[0])
        render(head_to_splats(moved, *wired[1:], context=context), view)

    count = f"{len(fits)} frames of a clip, {len(splats.positions):,} splats, made in {building:.1f} s"
    name = "splat head of three photos"
    return [
        Row(f"{name}: inside, from its camera", noise, "dB", 28.0, "higher", note=count),
        Row(f"{name}: identity at 30 degrees", same, "", 0.5, "higher", note=f"{found} face found"),
        Row(f"{name}: animated at 512 px", 1000 / best_milliseconds(frame, 8), "fps", 10.0, "higher"),
        Row(f"{name}: spread of the identities", gap, "deviations", 0.1, "lower", f"{before:.2f} before"),
    ]


def _likeness(splats: Splats, fit: HeadState, photo: Photo) -> float:
    points = project(fit.camera, world_vertices(fit))
    inside = rasterise(points, fit.model.triangles, fit.camera.width, fit.camera.height).covered
    assert photo.matte is not None and fit.picture is not None
    inside &= photo.matte > 0.9
    return signal_to_noise(render(splats, fit.camera).colour[inside], fit.picture.pixels[..., :3][inside])


def _identity(splats: Splats, view: object, fit: HeadState, context: Context) -> tuple[float, int]:
    """The cosine between the photograph and the splats seen from a view, and how many faces that has."""
    from nodes.face.face_embedding import face_embedding
    from nodes.face.face_landmarks import face_landmarks

    drawn = render(splats, view)  # type: ignore[arg-type]
    pixels = np.clip(drawn.colour + 0.4 * (1 - drawn.alpha[..., None]), 0, 1)
    picture = Image(pixels.astype(np.float32))
    again: Faces = face_landmarks(picture, context=context)
    if not len(again) or fit.picture is None:
        return 0.0, 0
    faces = face_landmarks(fit.picture, context=context)
    one = face_embedding(fit.picture, faces, context=context).vector
    return float(one @ face_embedding(picture, again, context=context).vector), len(again)
