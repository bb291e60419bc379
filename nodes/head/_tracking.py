"""Following one head through a clip: one identity, one lens, a calm pose.

The first frame is fitted freely, its pixels looked at. Later frames start from what is known: the
identity is the mean of what the frames so far said, with ever less freedom, and the focal length
stays; by how much the landmarks alone misjudge how the head is held is told by the first frame, and
goes for all. Pose and
expression then pass a One Euro filter (Casiez, Roussel and Vogel 2012), which holds still what
moves little and lets pass what moves fast.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from nodes.head._fit import LandmarkFit, eye_distance, fit_landmarks
from nodes.head._fitting import choose_face, fit_face, residuals_of, with_gaze
from nodes.head._landmarks import landmark_basis
from nodes.head._surface import surface_offsets
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.values import Face, Faces, HeadModel, HeadState, Image
from nodes.sdk.values.arrays import FloatArray

#: After this many frames the identity hardly moves.
_SETTLED = 40
#: As many frames of landmarks say as much of the identity as the first one, whose pixels were looked at.
_LOOKED_AT = 15
_LOST_AFTER = 15

#: What is carried from frame to frame: the head, frames seen, frames missed, speeds (6 + 52), and the
#: turn (3 x 3) that landmarks alone leave out.
TrackState = tuple[HeadState, int, int, FloatArray, FloatArray]


def track(
    model: HeadModel,
    faces: Faces,
    image: Image,
    previous: TrackState | None,
    *,
    fps: float,
    calm: float,
    which: int,
    exact: bool,
) -> TrackState | None:
    """The head in the next frame; None while no face was seen yet.

    Args:
        previous: what the frame before returned.
        fps: frames a second.
        calm: 0 no smoothing, 1 the usual, more for shaky clips.
        which: the face to follow, by its number in the first frame.
        exact: bend the surface onto every landmark.
    """
    if previous is None:
        if len(faces) <= which:
            return None
        first = fit_face(model, faces, image, which=which, exact=exact)
        return first, 1, 0, np.zeros(58, np.float32), _left_out(model, first, choose_face(faces, which))
    head, seen, missed, speed, left_out = previous
    face = _same_face(faces, head)
    if face is None:
        # Hold still; after a while start looking for any face again, with the identity kept.
        if missed < _LOST_AFTER or not len(faces):
            return replace(head, picture=image), seen, missed + 1, np.zeros(58, np.float32), left_out
        face = faces[0]
    known = float(min(seen + _LOOKED_AT - 1, _SETTLED))
    fit = _turned(head, face, _by_landmarks(model, head, face, max(1.0 / math.sqrt(known), 0.08)), left_out)
    identity = head.identity + (fit.identity - head.identity) / (known + 1.0)
    calm_now = 0.0 if missed else calm
    rotation, translation, expression, speed = _filtered(head, fit, speed, fps, calm_now)
    state = replace(
        head,
        identity=identity.astype(np.float32),
        expression=expression,
        rotation=rotation,
        translation=translation,
        offsets=surface_offsets(model, fit) if exact else head.offsets,
        picture=image,
        landmarks=face.landmarks,
        error=float(np.linalg.norm(fit.residuals, axis=1).mean() / eye_distance(face.landmarks)),
    )
    return with_gaze(state, face), seen + 1, 0, speed, left_out


def _by_landmarks(model: HeadModel, head: HeadState, face: Face, freedom: float) -> LandmarkFit:
    """A fit to landmarks alone around a head that is known, with its lens."""
    return fit_landmarks(
        model,
        face.landmarks,
        face.coefficients,
        centre=(head.camera.centre_x, head.camera.centre_y),
        focal=head.camera.focal,
        focal_known=True,
        identity_freedom=freedom,
        identity_mean=head.identity,
        visibility=face.visibility,
    )


def _left_out(model: HeadModel, first: HeadState, face: Face) -> FloatArray:
    """3 x 3, the turn in the head's frame from what landmarks alone say to how the head is held."""
    fit = _by_landmarks(model, first, face, 0.08)
    return rotation_matrix(fit.rotation).T @ rotation_matrix(first.rotation)


def _turned(head: HeadState, face: Face, fit: LandmarkFit, turn: FloatArray) -> LandmarkFit:
    """A fit turned in its head's frame, with the face staying where it is seen."""
    rotation = rotation_matrix(fit.rotation)
    middle = landmark_basis(head.model).mean.mean(axis=0)
    held = {
        "rotation": rotation_vector(rotation @ turn).astype(np.float32),
        "translation": (fit.translation + rotation @ (middle - turn @ middle)).astype(np.float32),
    }
    shown = replace(
        head,
        identity=fit.identity,
        expression=fit.expression,
        offsets=np.zeros((0, 3), np.float32),
        landmarks=face.landmarks,
        **held,
    )
    return replace(fit, residuals=residuals_of(shown).astype(np.float32), **held)


def _same_face(faces: Faces, head: HeadState) -> Face | None:
    """The face that is where the head was; None when there is none near."""
    if not len(head.landmarks):
        return faces[0] if len(faces) else None
    before = head.landmarks[:468, :2].mean(axis=0)
    reach = 2.5 * eye_distance(head.landmarks)
    usable = [face for face in faces if len(face.landmarks) >= 468]
    gaps = [float(np.linalg.norm(face.landmarks[:468, :2].mean(axis=0) - before)) for face in usable]
    nearest = int(np.argmin(gaps)) if gaps else -1
    return usable[nearest] if gaps and gaps[nearest] < reach else None


def _filtered(
    head: HeadState, fit: LandmarkFit, speed: FloatArray, fps: float, calm: float
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Rotation, translation, expression after the filter, and the speeds it keeps."""
    turn = rotation_matrix(fit.rotation) @ rotation_matrix(head.rotation).T
    step = np.concatenate(
        [rotation_vector(turn), fit.translation - head.translation, fit.expression - head.expression]
    )
    if calm <= 0:
        share, moving = np.ones(58), step * fps
    else:
        moving = speed + _share(1.0, fps) * (step * fps - speed)
        # Lowest cut-off frequencies in Hz, and how they rise with speed: per rad/s, per m/s, per 1/s.
        lowest = np.repeat([1.2, 1.2, 2.5], [3, 3, 52]) / calm
        rise = np.repeat([4.0, 25.0, 2.5], [3, 3, 52])
        share = _share(lowest + rise * np.abs(moving), fps)
    moved = step * share
    rotation = rotation_vector(rotation_matrix(moved[:3]) @ rotation_matrix(head.rotation))
    return (
        rotation.astype(np.float32),
        (head.translation + moved[3:6]).astype(np.float32),
        np.clip(head.expression + moved[6:], 0.0, 1.0).astype(np.float32),
        moving.astype(np.float32),
    )


def _share(cutoff: FloatArray | float, fps: float) -> FloatArray:
    """The weight of the new value in a first-order low-pass of that cut-off frequency."""
    return 1.0 / (1.0 + fps / (2 * np.pi * np.asarray(cutoff)))
