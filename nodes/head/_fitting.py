"""From a face in a picture to a HeadState."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from nodes.head._appearance import Appearance, appearance_of
from nodes.head._certainty import with_appearance
from nodes.head._contour import along_outline
from nodes.head._correction import Fitted, correction_for, towards
from nodes.head._fit import LandmarkFit, Sight, eye_distance, fit_sights
from nodes.head._gaze import gaze_of
from nodes.head._landmarks import landmark_basis, turned_landmarks
from nodes.head._photometric import refined_by_shade
from nodes.head._picture_belief import PictureBelief, View, fit_numbers, regressor_for
from nodes.head._picture_crop import brightness_in, frame_of
from nodes.head._picture_points import gradients_of, points_in
from nodes.head._shape import expressed_vertices, eye_centres, landmark_points, neutral_vertices, to_world
from nodes.head._surface import surface_offsets
from nodes.head._together import identity_through, matches_between, reference_of, triangulated
from nodes.raster.geometry import project, rotation_matrix
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, Face, Faces, HeadModel, HeadState, Image

#: Focal length of an unknown camera, in lengths of the picture's longer side: a 50 mm lens or so.
USUAL_FOCAL = 1.5
#: How often the mask of what is in front of the face is found anew.
_MASK_ROUNDS = 2
#: How often the same skin is looked for in several photos.
_MATCH_ROUNDS = 2


def choose_face(faces: Faces, which: int) -> Face:
    """A face by its number. Raises NodeError when there is none."""
    if not len(faces):
        raise NodeError(
            "the picture has no face",
            hint="Choose another picture, or lower 'Confidence' of 'Face landmarks'",
        )
    if which >= len(faces):
        there = "is only one face" if len(faces) == 1 else f"are only {len(faces)} faces"
        raise NodeError(f"there {there}, and face {which} was asked for", hint="Faces count from 0")
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
    mask: bool = True,
) -> HeadState:
    """Fit a head to one face: `fit_person` with one photo."""
    photos = [(faces, image)]
    return fit_person(model, photos, which=which, degrees=degrees, likeness=likeness, exact=exact, mask=mask)


def _sight(face: Face, faces: Faces, image: Image, degrees: float) -> Sight:
    """What a picture shows. Raises NodeError when the landmarks belong to a picture of another size."""
    if (faces.width, faces.height) != (image.width, image.height):
        raise NodeError(
            f"the faces were seen in a picture of {faces.width} x {faces.height} pixels, "
            f"this one has {image.width} x {image.height}",
            hint="Wire the same picture to both",
        )
    longer = max(image.width, image.height)
    noted = image.focal_35mm > 0
    if degrees > 0:
        focal = longer / 2 / math.tan(math.radians(degrees) / 2)
    elif noted:
        # equivalent lenses are told by the diagonal of a frame of 36 x 24 mm
        focal = image.focal_35mm * math.hypot(image.width, image.height) / math.hypot(36.0, 24.0)
    else:
        focal = USUAL_FOCAL * longer
    centre = (image.width / 2, image.height / 2)
    return Sight(face.landmarks, face.coefficients, centre, focal, degrees > 0 or noted, face.visibility)


def _look(model: HeadModel, fit: LandmarkFit, face: Face, image: Image) -> Appearance | None:
    """What the picture's colours say about a fit; None when they say nothing."""
    if not math.isfinite(fit.focal) or not np.isfinite(fit.translation).all():
        return None
    return appearance_of(_plain_state(model, fit, face, image))


def _belief(model: HeadModel, sight: Sight, face: Face, image: Image) -> PictureBelief | None:
    """What the pixels tell of a head beyond its landmarks; None when nothing was learned of the model."""
    correction = correction_for(model.name, len(model.identity))
    regressor = None if correction is None else regressor_for(model.name, correction)
    if correction is None or regressor is None:
        return None
    fit = fit_sights(model, [sight])[0]
    if not math.isfinite(fit.focal) or not np.isfinite(fit.translation).all():
        return None
    rotation, eyes = rotation_matrix(fit.rotation), eye_distance(face.landmarks)
    frame = frame_of(rotation, fit.translation, fit.focal, sight.centre)
    state = _plain_state(model, fit, face, image)
    points = points_in(model, to_world(state, expressed_vertices(state)), frame, fit.focal, sight.centre)
    gradients = gradients_of(brightness_in(frame, image.pixels, image.linear))
    along = towards(sight.centre, fit.focal, face.landmarks[:468, :2].mean(axis=0)).T @ rotation
    shape = landmark_basis(model).turn.T @ fit.identity
    fitted = Fitted(shape, fit.expression, along, fit.residuals * [1.0, -1.0] / eyes)
    sure = np.ones(468) if sight.visibility is None else sight.visibility[:468]
    numbers = fit_numbers(correction.components, fitted, face.coefficients, eyes, sure)
    return regressor.believed(View(gradients, *points, numbers), fitted, math.log(fit.focal))


def _without_hidden(sight: Sight, face: Face, look: Appearance | None) -> Sight:
    """The sight without what something else is in front of."""
    if look is None:
        return sight
    visible = np.ones(468) if face.visibility is None or len(face.visibility) < 468 else face.visibility[:468]
    return replace(sight, visibility=visible * (1.0 - 0.7 * look.hidden))


def _plain_state(model: HeadModel, fit: LandmarkFit, face: Face, image: Image) -> HeadState:
    """The head that a fit describes, without gaze and offsets."""
    return HeadState(
        model=model,
        identity=fit.identity,
        expression=fit.expression,
        gaze=np.zeros((2, 2), np.float32),
        rotation=fit.rotation,
        translation=fit.translation,
        camera=Camera(fit.focal, image.width / 2, image.height / 2, image.width, image.height),
        picture=image,
        landmarks=face.landmarks,
    )


def _state(model: HeadModel, fit: LandmarkFit, face: Face, image: Image, exact: bool) -> HeadState:
    """The head that a fit describes. Raises NodeError when it does not look like the face."""
    error = float(np.linalg.norm(fit.residuals, axis=1).mean() / eye_distance(face.landmarks))
    if not math.isfinite(error) or error > 0.25:
        raise NodeError(
            "the head could not be fitted to this face",
            hint="The landmarks are far from any face the model can say; try a clearer picture",
        )
    state = replace(_plain_state(model, fit, face, image), error=error)
    if exact:
        state = replace(state, offsets=surface_offsets(model, fit))
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
    mask: bool = True,
    shade: bool = True,
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
        mask: find what is in front of the face, and do not let it bend the head.
        shade: refine the shape of a single photo by light and shade where the skin is even enough.

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
    pictures = [image for _, image in photos]
    fits = fit_sights(model, sights, identity_freedom=likeness)
    looks = [_look(model, *each) for each in zip(fits, chosen, pictures, strict=True)]
    if mask:
        for _ in range(_MASK_ROUNDS):
            if not any(look is not None and look.hidden.max() > 0.3 for look in looks):
                break
            sights = [_without_hidden(*each) for each in zip(sights, chosen, looks, strict=True)]
            fits = fit_sights(model, sights, identity_freedom=likeness)
            looks = [_look(model, *each) for each in zip(fits, chosen, pictures, strict=True)]
    beliefs = [_belief(model, *each) for each in zip(sights, chosen, pictures, strict=True)]
    if any(belief is not None for belief in beliefs):
        fits = fit_sights(model, sights, identity_freedom=likeness, beliefs=beliefs)
    if len(photos) == 1 and looks[0] is not None:
        # several pictures tell more to each other than the outline of one
        state = _plain_state(model, fits[0], chosen[0], pictures[0])
        fits = [along_outline(fits[0], state, looks[0].hidden)]
        if shade:
            state = _plain_state(model, fits[0], chosen[0], pictures[0])
            fits = [refined_by_shade(fits[0], state, looks[0].shown)]
    if len(photos) > 1:
        told = fits[0].spread
        for _ in range(_MATCH_ROUNDS):
            states = [_plain_state(model, *each) for each in zip(fits, chosen, pictures, strict=True)]
            matches = matches_between(states)
            if matches is None:
                break
            points, count = triangulated(states, matches)
            if (count > 1).sum() < 60:
                break
            identity = identity_through(states[reference_of(states)], points, count, told)
            fits = fit_sights(model, sights, identity_freedom=0.003, identity_mean=identity)
    state = _state(model, fits[0], chosen[0], pictures[0], exact)
    return state if looks[0] is None else with_appearance(state, fits[0], looks[0])


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
    return np.linalg.norm(residuals_of(state), axis=1)


def residuals_of(state: HeadState) -> np.ndarray:
    """468 x 2 pixels, y down: the landmarks seen minus the fitted head's."""
    shift, _ = turned_landmarks(landmark_basis(state.model), rotation_matrix(state.rotation))
    places = landmark_points(state.model, expressed_vertices(state)) + shift
    points = project(state.camera, to_world(state, places).astype(np.float32))
    found: np.ndarray = state.landmarks[:468, :2] - points[:, :2]
    return found
