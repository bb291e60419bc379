"""The poses of two people are compared as they are seen."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.edit.edit_expression import edit_expression
from nodes.edit.edit_portrait import edit_portrait
from nodes.face._landmarks import load_landmarker
from nodes.face._pose import Angles, angles_of, rotation_of
from nodes.face.face_landmarks import face_landmarks
from nodes.head._shape import landmark_points, neutral_vertices
from nodes.head.fit_head import fit_head
from nodes.raster.geometry import rotation_matrix, rotation_vector
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image
from nodes.swap._geometry import with_shape_of
from nodes.swap._pose import as_seen_by, between_axes, corrected
from nodes.swap.swap_face import swap_face

pytestmark = pytest.mark.models
CONTEXT = Context()
NOD = Angles(0.0, 6.0, 0.0)


def in_other_axes(fit):
    """The same head in the same picture, described in axes that are tilted by a nod."""
    tilt = rotation_of(NOD)
    rotation = rotation_vector(rotation_matrix(fit.rotation) @ tilt).astype(np.float32)
    return replace(fit, rotation=rotation)


def test_one_person_in_other_axes_is_known_to_be_in_other_axes(astronaut_fit):
    runtime = load_landmarker(CONTEXT)
    other = in_other_axes(astronaut_fit)
    assert np.allclose(between_axes(runtime, astronaut_fit, astronaut_fit), np.eye(3), atol=1e-5)
    assert angles_of(between_axes(runtime, astronaut_fit, other)).pitch == pytest.approx(6.0, abs=0.2)


def test_a_head_without_landmarks_is_compared_as_it_is(astronaut_fit):
    runtime = load_landmarker(CONTEXT)
    blank = replace(astronaut_fit, landmarks=np.zeros((0, 3), np.float32))
    assert between_axes(runtime, astronaut_fit, blank) is None
    assert as_seen_by(runtime, astronaut_fit, blank) is astronaut_fit


def test_a_head_is_asked_to_turn_as_far_as_it_is_seen_to(astronaut_fit):
    runtime = load_landmarker(CONTEXT)
    other = in_other_axes(astronaut_fit)
    # Both pictures show the same pose, whatever the axes say.
    asked = as_seen_by(runtime, astronaut_fit, other)
    assert np.allclose(rotation_matrix(asked.rotation), rotation_matrix(other.rotation), atol=1e-4)
    turned = edit_expression(astronaut_fit, yaw=10.0)
    asked = as_seen_by(runtime, turned, other)
    between = rotation_matrix(asked.rotation) @ rotation_matrix(other.rotation).T
    assert angles_of(between).yaw == pytest.approx(10.0, abs=0.1)


def test_a_nod_that_is_seen_is_taken_back(astronaut, astronaut_fit):
    runtime = load_landmarker(CONTEXT)
    nodded = edit_portrait(astronaut, edit_expression(astronaut_fit, pitch=5.0), context=CONTEXT)
    back = corrected(runtime, np.eye(3), astronaut_fit, nodded.pixels)
    assert -6.0 < angles_of(back).pitch < -3.0
    still = corrected(runtime, np.eye(3), astronaut_fit, astronaut.pixels)
    assert np.degrees(np.linalg.norm(rotation_vector(still))) < 1.0


def test_a_shape_is_turned_about_the_middle_of_the_face(astronaut_fit):
    own = landmark_points(astronaut_fit.model, neutral_vertices(astronaut_fit))
    turned = with_shape_of(astronaut_fit, astronaut_fit, 1.0, rotation_of(NOD))
    moved = landmark_points(astronaut_fit.model, neutral_vertices(turned)) - own
    # Chin and forehead go opposite ways in depth, the face as a whole stays.
    assert moved[152, 2] * moved[10, 2] < 0
    assert np.abs(moved.mean(axis=0)).max() < 0.004


def test_calibrating_a_swap_on_a_head_without_a_picture_is_refused(astronaut, astronaut_fit):
    with pytest.raises(NodeError, match="knows no picture"):
        swap_face(
            astronaut,
            astronaut_fit,
            astronaut_fit,
            calibrate_on=replace(astronaut_fit, picture=None),
            parse=False,
            context=CONTEXT,
        )


def test_a_face_beside_the_middle_of_its_picture_is_compared_as_it_is_seen(astronaut, astronaut_fit):
    wide = np.pad(astronaut.pixels, ((0, 0), (0, 700), (0, 0)), mode="edge")
    picture = Image(np.ascontiguousarray(wide))
    beside = fit_head(face_landmarks(picture, context=CONTEXT), picture, context=CONTEXT)
    off = rotation_matrix(beside.rotation) @ rotation_matrix(astronaut_fit.rotation).T
    assert np.degrees(np.linalg.norm(rotation_vector(off))) > 6.0
    runtime = load_landmarker(CONTEXT)
    between = between_axes(runtime, beside, astronaut_fit)
    assert np.degrees(np.linalg.norm(rotation_vector(between))) < 3.0
    asked = as_seen_by(runtime, beside, astronaut_fit)
    turned = rotation_matrix(asked.rotation) @ rotation_matrix(astronaut_fit.rotation).T
    assert np.degrees(np.linalg.norm(rotation_vector(turned))) < 1.0
