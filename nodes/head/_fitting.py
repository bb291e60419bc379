"""From a face in a picture to a HeadState."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nodes.head._fit import (
    eye_distance,
    fit_landmarks,
    gaze_of,
    landmark_basis,
    surface_offsets,
    turned_landmarks,
)
from nodes.head._shape import expressed_vertices, eye_centres, landmark_points, neutral_vertices, to_world
from nodes.raster.geometry import project, rotation_matrix
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, Face, Faces, HeadModel, HeadState, Image
from nodes.sdk.values.arrays import FloatArray

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
    known: FloatArray | None = None,
) -> HeadState:
    """Fit a head to one face.

    Args:
        model: the head model.
        faces: the faces seen in the picture.
        image: the picture; it is kept in the result.
        which: the face's number, 0 the largest.
        degrees: the field of view of the longer side, 0 when unknown.
        likeness: standard deviation of the identity coefficients.
        exact: whether to bend the surface onto the landmarks.
        known: K, an identity to stay near to, or None.

    Raises:
        NodeError: when there is no such face, or its landmarks belong to a picture of another size.
    """
    face = choose_face(faces, which)
    if (faces.width, faces.height) != (image.width, image.height):
        raise NodeError(
            f"the faces were seen in a picture of {faces.width} x {faces.height} pixels, "
            f"this one has {image.width} x {image.height}",
            hint="Wire the same picture to both",
        )
    longer = max(image.width, image.height)
    lens_known = degrees > 0
    focal = longer / 2 / math.tan(math.radians(degrees) / 2) if lens_known else USUAL_FOCAL * longer
    centre = (image.width / 2, image.height / 2)
    fit = fit_landmarks(
        model,
        face.landmarks,
        face.coefficients,
        centre=centre,
        focal=focal,
        focal_known=lens_known,
        identity_freedom=likeness,
        identity_mean=known,
        visibility=face.visibility,
    )
    scale = eye_distance(face.landmarks)
    error = float(np.linalg.norm(fit.residuals, axis=1).mean() / scale)
    if not math.isfinite(error) or error > 0.25:
        raise NodeError(
            "the head could not be fitted to this face",
            hint="The landmarks are far from any face the model can say; try a clearer picture",
        )
    camera = Camera(fit.focal, *centre, image.width, image.height)
    state = HeadState(
        model=model,
        identity=fit.identity,
        expression=fit.expression,
        gaze=np.zeros((2, 2), np.float32),
        rotation=fit.rotation,
        translation=fit.translation,
        camera=camera,
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

    Each photo says what its view shows; the identity is their mean, refined in rounds in which
    every photo starts from what the others said, with less and less freedom. In the further photos
    the largest face is taken.

    Raises:
        NodeError: as `fit_face`; without a face in a further photo it says which.
    """
    first = {"degrees": degrees, "which": which}
    if len(photos) == 1:
        return fit_face(model, *photos[0], likeness=likeness, exact=exact, **first)
    identity = None
    for freedom in (likeness, 0.5 * likeness, 0.35 * likeness):
        found = []
        for number, (faces, image) in enumerate(photos):
            try:
                fit = fit_face(
                    model,
                    faces,
                    image,
                    likeness=freedom,
                    exact=False,
                    known=identity,
                    **(first if number == 0 else {}),
                )
            except NodeError as error:
                place = "" if number == 0 else f"further photo {number}: "
                raise NodeError(place + error.what, hint=error.hint) from error
            found.append(fit.identity)
        identity = np.mean(found, axis=0)
    return fit_face(model, *photos[0], likeness=0.05 * likeness, exact=exact, known=identity, **first)


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
