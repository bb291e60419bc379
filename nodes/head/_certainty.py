"""How surely a fit tells where the surface of a head is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nodes.head._appearance import Appearance
from nodes.head._fit import LandmarkFit
from nodes.head._landmarks import eye_distance, landmark_basis
from nodes.head._shape import neutral_vertices
from nodes.raster.geometry import rotation_matrix, vertex_normals
from nodes.sdk.context import Context
from nodes.sdk.values import Faces, HeadState
from nodes.sdk.values.arrays import FloatArray

#: A surface known this well, in metres, is half sure.
_HALF_SURE = 0.004
_SIDEWAYS = 50.0  # degrees
_SMALL = 24.0  # pixels between the eyes
#: A second face of more than this share of the largest one's width could be meant as well.
_RIVAL = 0.5


def surface_spread(state: HeadState, fit: LandmarkFit) -> FloatArray:
    """V metres: the standard deviation of the surface along its normal, given what a fit knows.

    Directions of identity that the landmarks do not move keep the spread of their prior.
    """
    model = state.model
    turn = landmark_basis(model).turn.astype(np.float32)
    normals = vertex_normals(neutral_vertices(state), model.triangles)
    along = np.einsum("kvc,vc->vk", model.identity, normals)
    told = along @ turn
    variance = np.einsum("vk,kl,vl->v", told, fit.spread.astype(np.float32), told, optimize=True)
    untold = (along**2).sum(axis=1) - (told**2).sum(axis=1)
    spread: FloatArray = np.sqrt(np.maximum(variance + np.maximum(untold, 0.0), 0.0)).astype(np.float32)
    return spread


def doubts(state: HeadState) -> list[str]:
    """Sentences for the user about what makes a fit uncertain; none for a clear face seen from ahead."""
    found = []
    rotation = rotation_matrix(state.rotation)
    yaw = float(np.degrees(abs(np.arctan2(rotation[0, 2], rotation[2, 2]))))
    if yaw > _SIDEWAYS:
        found.append(f"the face is seen from the side ({yaw:.0f} degrees): its far half is a guess")
    if len(state.landmarks) >= 468:
        # eyes seen from the side look nearer to each other than the face is small
        apart = eye_distance(state.landmarks) / max(float(np.cos(np.radians(min(yaw, 75.0)))), 0.25)
        if apart < _SMALL:
            found.append(f"the face is small ({apart:.0f} pixels between the eyes): its shape is uncertain")
    return found


def tell_if_several(faces: Faces, which: int, context: Context) -> bool:
    """Put a notice on the node when the face was not plainly chosen; whether it was not.

    A face is chosen by its number, by a name, or by being far larger than the others.
    """
    if which > 0 or len(faces) < 2 or faces[0].name:
        return False
    sizes = sorted((float(face.box[2] - face.box[0]) for face in faces), reverse=True)
    if sizes[1] < _RIVAL * sizes[0]:
        return False
    context.notice(
        f"{len(faces)} faces are in the picture and the largest was taken: "
        "choose with 'Which face' or 'Pick face'"
    )
    return True


def with_appearance(state: HeadState, fit: LandmarkFit, look: Appearance) -> HeadState:
    """The head with its light, and how sure each place of its surface is."""
    spread = surface_spread(state, fit)
    sure = 1.0 / (1.0 + (spread / _HALF_SURE) ** 2)
    # What the picture does not show is known from the rest of the head alone.
    confidence = sure * (0.4 + 0.6 * look.shown)
    return replace(
        state,
        light=look.light,
        residuals=look.residuals,
        spread=spread,
        confidence=confidence.astype(np.float32),
    )
