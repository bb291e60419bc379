"""Reading whole faces: from detections to landmarks, coefficients and pose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from nodes.face._crops import Crop
from nodes.face._detector import Found, covered, detect, load_detector
from nodes.face._landmarks import (
    LandmarkRuntime,
    Reading,
    crop_of_key_points,
    crop_of_landmarks,
    load_landmarker,
)
from nodes.sdk.context import Context
from nodes.sdk.values import Face
from nodes.sdk.values.arrays import FloatArray

#: Below this the landmark network does not believe in a face.
PRESENT = 0.5
#: Two readings that have this share of the smaller box in common are one face.
_SAME_FACE = 0.5
#: Detections of upright faces in fair light score at least this.
_SURE = 0.82
#: Radians. Where one face is tilted this much, others may be tilted more.
_TILTED = 0.45


def read_refined(runtime: LandmarkRuntime, picture: FloatArray, crop: Crop, passes: int) -> Reading:
    """Landmarks, read again from the crop that the reading before asks for.

    With more than one pass the last one is a careful one (see LandmarkRuntime.read).
    """
    for number in range(passes):
        last = number == passes - 1
        reading = runtime.read(picture, crop, careful=last and passes > 1)
        better = crop_of_landmarks(reading.points)
        # A reading of no face may ask for any crop; follow only what stays near the detection.
        if last or not 0.4 < better.size / max(crop.size, 1e-6) < 2.5:
            break
        crop = better
    return reading


def read_detected(
    runtime: LandmarkRuntime, picture: FloatArray, found: Found, *, passes: int, context: Context
) -> list[Face]:
    """The faces that detections turn out to be, largest first; false ones are dropped."""
    height, width = picture.shape[:2]
    faces = []
    for number, (box, points, score) in enumerate(
        zip(found.boxes, found.key_points, found.scores, strict=True)
    ):
        context.progress(number / len(found), "Reading landmarks")
        reading = read_refined(runtime, picture, crop_of_key_points(box, points), passes)
        if reading.presence >= PRESENT:
            faces.append(runtime.face(reading, width, height, float(score)))
    return distinct(faces)


def _tilt(face: Face) -> float:
    """Radians by which the line of the eyes is turned, clockwise on screen."""
    right, left = face.key_points[0], face.key_points[1]
    return float(np.arctan2(left[1] - right[1], left[0] - right[0]))


def distinct(faces: Iterable[Face]) -> list[Face]:
    """Faces without doubles (the surer one stays), largest first."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not kept or covered(face.box, np.stack([other.box for other in kept])) < _SAME_FACE:
            kept.append(face)
    return sorted(kept, key=lambda face: -face.size)


def read_picture(
    picture: FloatArray,
    context: Context,
    *,
    threshold: float = 0.6,
    smallest: float = 20.0,
    orientation: str = "auto",
    passes: int = 2,
    noticed: bool = True,
) -> list[Face]:
    """All faces of a picture with landmarks, largest first.

    Args:
        picture: H x W x 3 float32, 0..1.
        context: of the run.
        threshold: the detector's least score.
        smallest: the smallest face looked for, in pixels.
        orientation: "upright", "any", or "auto": any when upright faces are missing or unsure.
        passes: how often the landmarks are read, each time from a better crop.
        noticed: say on the node when there is no face.
    """
    runtime, detector = load_landmarker(context), load_detector(context)
    found = detect(detector, picture, threshold=threshold, smallest=smallest, turned=orientation == "any")
    faces = read_detected(runtime, picture, found, passes=passes, context=context)
    # A face on its side or upside down looks like a poor upright one, or like one that the
    # landmarks do not confirm: then the picture is worth turning.
    unsure = not len(found) or found.scores.min() < _SURE or len(faces) < len(found)
    unsure = unsure or any(abs(_tilt(face)) > _TILTED for face in faces)
    if orientation == "auto" and unsure:
        found = detect(detector, picture, threshold=threshold, smallest=smallest, turned=True)
        faces = read_detected(runtime, picture, found, passes=passes, context=context)
    if not faces and noticed:
        context.notice("no face was found")
    return faces


def with_landmarks(faces: Iterable[Face], picture: FloatArray, context: Context) -> list[Face]:
    """The faces in their order, landmarks read for those that were only detected.

    Faces that turn out to be none are left out; names and numbers are kept. The node says so when
    none is left.
    """
    runtime = load_landmarker(context)
    height, width = picture.shape[:2]
    result = []
    for face in faces:
        if len(face.landmarks):
            result.append(face)
            continue
        reading = read_refined(runtime, picture, crop_of_key_points(face.box, face.key_points), 2)
        if reading.presence >= PRESENT:
            read = runtime.face(reading, width, height, face.score)
            result.append(replace(read, identity=face.identity, name=face.name))
    if not result:
        context.notice("there is no face to look at")
    return result
