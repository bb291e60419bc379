"""From a face in a picture to a HeadState."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nodes.head._fit import LandmarkFit, Sight, eye_distance, fit_sights
from nodes.head._gaze import gaze_of
from nodes.head._landmarks import landmark_basis, turned_landmarks
from nodes.head._shape import expressed_vertices, eye_centres, landmark_points, neutral_vertices, to_world
from nodes.head._surface import surface_offsets
from nodes.raster.geometry import project, rotation_matrix
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, Face, Faces, HeadModel, HeadState, Image

#: Focal length of an unknown camera, in lengths of the picture's longer side: a 50 mm lens or so.
USUAL_FOCAL = 1.5


def choose_face(faces: Faces, which: int) -> Face:
    """A face by its number. Raises NodeError when there is none."""
    if not len(faces):
        raise NodeError(
            "the picture has no face",
            hint="Choose another picture, or lower 'Confidence' of 'Face landmarks'",
        )
    if which >= len(faces):
        there = "only one face" if len(faces) == 1 else f"only {len(faces)} faces"
        raise NodeError(f"there are {there}, and face {which} was asked for", hint="Faces count from 0")
    face = faces[which]
    if len(face.landmarks) < 468:
        raise NodeError(
            "the face has no landmarks", hint="Put 'Face landmarks' in front, not only a detector"
        )
    return face


def fit_face(
    model: HeadModel,
    faces: Faces,
    image: Image,
    *,
    which: int = 0,
    degrees: float = 0.0,
    likeness: float = 1.0,
    exact: bool = True,
) -> HeadState:
    """Fit a head to one face: `fit_person` with one photo."""
    return fit_person(model, [(faces, image)], which=which, degrees=degrees, likeness=likeness, exact=exact)


def _sight(face: Face, faces: Faces, image: Image, degrees: float) -> Sight:
    """What a picture shows. Raises NodeError when the landmarks belong to a picture of another size."""
    if (faces.width, faces.height) != (image.width, image.height):
        raise NodeError(
            f"the faces were seen in a picture of {faces.width} x {faces.height} pixels, "
            f"this one has {image.width} x {image.height}",
            hint="Wire the same picture to both",
        )
    longer = max(image.width, image.height)
    known = degrees > 0
    return Sight(
        face.landmarks,
        face.coefficients,
        (image.width / 2, image.height / 2),
        longer / 2 / math.tan(math.radians(degrees) / 2) if known else USUAL_FOCAL * longer,
        known,
        face.visibility,
    )


def _state(model: HeadModel, fit: LandmarkFit, face: Face, image: Image, exact: bool) -> HeadState:
    """The head that a fit describes. Raises NodeError when it does not look like the face."""
    error = float(np.linalg.norm(fit.residuals, axis=1).mean() / eye_distance(face.landmarks))
    if not math.isfinite(error) or error > 0.25:
        raise NodeError(
            "the head could not be fitted to this face",
            hint="The landmarks are far from any face the model can say; try a clearer picture",
        )
    state = HeadState(
        model=model,
        identity=fit.identity,
        expression=fit.expression,
        gaze=np.zeros((2, 2), np.float32),
        rotation=fit.rotation,
        translation=fit.translation,
        camera=Camera(fit.focal, image.width / 2, image.height / 2, image.width, image.height),
        offsets=surface_offsets(model, fit) if exact else np.zeros((0, 3), np.float32),
        picture=image,
        landmarks=face.landmarks,
        error=error,
    )
    return with_gaze(state, face)


def paired(faces: Sequence[Faces], images: Sequence[Image]) -> list[tuple[Faces, Image]]:
    """Faces and their pictures. Raises NodeError when there are not as many of one as of the other."""
    if len(faces) != len(images):
        raise NodeError(
            f"there are {len(images)} more images and faces of {len(faces)}",
            hint="Wire every further picture, and its faces in the same order",
        )
    return list(zip(faces, images, strict=True))


def fit_person(
    model: HeadModel,
    photos: Sequence[tuple[Faces, Image]],
    *,
    which: int = 0,
    degrees: float = 0.0,
    likeness: float = 1.0,
    exact: bool = True,
) -> HeadState:
    """Fit a head to the first photo with an identity that all photos of the person share.

    All photos are fitted at once: one identity, and for each its own expression, pose and lens. In
    the further photos the largest face is taken.

    Args:
        model: the head model.
        photos: the faces seen in each picture, and the picture; the first is kept in the result.
        which: the face's number in the first photo, 0 the largest.
        degrees: the field of view of the longer side of the first photo, 0 when unknown.
        likeness: standard deviation of the identity coefficients.
        exact: whether to bend the surface onto the landmarks.

    Raises:
        NodeError: when there is no such face, its landmarks belong to a picture of another size, or
            no head fits it; without a face in a further photo it says which.
    """
    chosen, sights = [], []
    for number, (faces, image) in enumerate(photos):
        try:
            face = choose_face(faces, 0 if number else which)
            sights.append(_sight(face, faces, image, 0.0 if number else degrees))
        except NodeError as error:
            place = "" if number == 0 else f"further photo {number}: "
            raise NodeError(place + error.what, hint=error.hint) from error
        chosen.append(face)
    fit = fit_sights(model, sights, identity_freedom=likeness)[0]
    return _state(model, fit, chosen[0], photos[0][1], exact)


def with_gaze(state: HeadState, face: Face) -> HeadState:
    """The head with its eyes turned to where the face's irises are seen."""
    if len(face.landmarks) < 478:
        return state
    neutral = neutral_vertices(state)
    irises = face.landmarks[[473, 468], :2]
    gaze = gaze_of(
        state.camera,
        rotation_matrix(state.rotation),
        np.asarray(state.translation, np.float64),
        eye_centres(state, neutral),
        irises,
    )
    return replace(state, gaze=gaze)


def reprojection(state: HeadState) -> np.ndarray:
    """Distance in pixels between each of the 468 landmarks seen and the fitted head's."""
    shift, _ = turned_landmarks(landmark_basis(state.model), rotation_matrix(state.rotation))
    places = landmark_points(state.model, expressed_vertices(state)) + shift
    points = project(state.camera, to_world(state, places).astype(np.float32))
    return np.linalg.norm(points[:, :2] - state.landmarks[:468, :2], axis=1)
