"""What a performer's landmarks do beyond the coefficients, carried over to another head."""

import numpy as np
import pytest

from nodes.edit.edit_expression import edit_expression
from nodes.edit.retarget_motion import retarget_motion
from nodes.face._landmarks import load_landmarker
from nodes.face._pose import Angles, rotation_of
from nodes.head._shape import edited, landmark_points, neutral_vertices
from nodes.portrait.editing import calibrated, witness_of
from nodes.portrait.performing import ON_SURFACE, STEADY, movement_seen, surface_of, unexplained
from nodes.portrait.retargeting import calmed, calmed_turn
from nodes.sdk.context import Context
from nodes.sdk.values import ARKIT_NAMES, Face, Faces

INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}
UPRIGHT = np.array([1.0, -1.0, -1.0])


def landmarks_of(head, levels=None, rotation=None, size=2000.0):
    """The landmarks a camera far away would see of a head: 468 x 3 pixels."""
    vertices = neutral_vertices(head)
    for name, level in (levels or {}).items():
        vertices = vertices + level * head.model.expression[INDEX[name]]
    points = landmark_points(head.model, vertices) @ (np.eye(3) if rotation is None else rotation).T
    return (points * UPRIGHT * size + 300.0).astype(np.float32)


def performer(landmarks, rotation=None, **coefficients):
    values = np.zeros(52, np.float32)
    for name, value in coefficients.items():
        values[INDEX[name]] = value
    return Faces(
        (
            Face(
                box=np.zeros(4, np.float32),
                landmarks=landmarks,
                key_points=np.zeros((5, 2), np.float32),
                coefficients=values,
                rotation=np.eye(3, dtype=np.float32) if rotation is None else rotation.astype(np.float32),
            ),
        ),
        600,
        600,
    )


@pytest.mark.models
def test_what_coefficients_do_not_see_comes_over_from_landmarks(astronaut_fit):
    rest = landmarks_of(astronaut_fit)
    now = landmarks_of(astronaut_fit, {"mouthUpperUpLeft": 0.5, "mouthUpperUpRight": 0.5})
    state = retarget_motion(astronaut_fit, performer(rest)).state
    moved = retarget_motion(astronaut_fit, performer(now), previous=state, calm=0.0).result
    levels = moved.expression - astronaut_fit.expression
    lips = [0, 37, 267, 13]
    before = landmark_points(astronaut_fit.model, neutral_vertices(astronaut_fit))
    after = np.einsum("k,kvc->vc", levels, astronaut_fit.model.expression) + neutral_vertices(astronaut_fit)
    wanted = (now - rest)[lips, 1].mean()
    got = -2000.0 * (landmark_points(astronaut_fit.model, after) - before)[lips, 1].mean()
    assert wanted < -2.0
    assert got == pytest.approx(wanted, rel=0.35)
    assert np.allclose(moved.carried[ON_SURFACE], levels[ON_SURFACE], atol=1e-5)


@pytest.mark.models
def test_carried_levels_are_drawn_as_they_are_and_sliders_beside_them_calibrated(astronaut, astronaut_fit):
    witness = witness_of(astronaut_fit, astronaut, load_landmarker(Context()))
    levels = np.zeros(52, np.float32)
    levels[INDEX["jawOpen"]] = 0.3
    driven = edited(astronaut_fit, expression=astronaut_fit.expression + levels, carried=levels)
    found = calibrated(driven, witness, most=2.0).expression - astronaut_fit.expression
    assert found[INDEX["jawOpen"]] == pytest.approx(0.3, abs=1e-5)
    more = edit_expression(driven, browInnerUp=0.3)
    found = calibrated(more, witness, most=2.0).expression - astronaut_fit.expression
    assert found[INDEX["jawOpen"]] == pytest.approx(0.3, abs=1e-5)
    assert found[INDEX["browInnerUp"]] > 0.4
    # Taken back afterwards, it is no longer carried.
    less = edit_expression(driven, jawOpen=-0.3)
    found = calibrated(less, witness, most=2.0).expression - astronaut_fit.expression
    assert abs(found[INDEX["jawOpen"]]) < 1e-5


@pytest.mark.models
def test_what_coefficients_explain_is_not_carried_twice(astronaut_fit):
    rest, levels = landmarks_of(astronaut_fit), {"jawOpen": 0.4}
    seen = np.zeros(52, np.float32)
    seen[INDEX["jawOpen"]] = 0.4
    more = unexplained(astronaut_fit, landmarks_of(astronaut_fit, levels), rest, np.eye(3), seen)
    assert np.abs(more).max() < 0.05


@pytest.mark.models
def test_a_turn_of_the_head_moves_no_surface(astronaut_fit):
    turn = rotation_of(Angles(15.0, -6.0, 4.0))
    rest, now = landmarks_of(astronaut_fit), landmarks_of(astronaut_fit, rotation=turn)
    assert np.abs(movement_seen(now, rest, np.eye(3))).max() < 1e-3
    assert np.abs(unexplained(astronaut_fit, now, rest, np.eye(3), np.zeros(52))).max() < 0.02


@pytest.mark.models
def test_movement_is_taken_in_the_size_of_the_face(astronaut_fit):
    levels = {"jawOpen": 0.4}
    near, far = (
        unexplained(
            astronaut_fit,
            landmarks_of(astronaut_fit, levels, size=size),
            landmarks_of(astronaut_fit, size=size),
            np.eye(3),
            np.zeros(52),
        )
        for size in (3000.0, 800.0)
    )
    assert near[INDEX["jawOpen"]] > 0.15
    assert np.allclose(near, far, atol=0.01)


def test_lids_and_gaze_are_left_to_calibration(small_head):
    names = np.array(ARKIT_NAMES)
    assert not any(name.startswith(("eye", "cheek", "tongue")) for name in names[ON_SURFACE])
    assert not surface_of(small_head).moves[~ON_SURFACE].any()
    assert max(STEADY) < 468


def test_small_steps_are_calmed_and_large_ones_come_through():
    before, now = np.zeros(52, np.float32), np.zeros(52, np.float32)
    now[0], now[1] = 0.01, 0.4
    found = calmed(before, now, 0.5)
    assert found[0] == pytest.approx(0.005, abs=5e-4) and found[1] == pytest.approx(0.4)
    assert np.array_equal(calmed(before, now, 0.0), now)
    little, much = rotation_of(Angles(0.2, 0, 0)), rotation_of(Angles(8.0, 0, 0))
    assert np.allclose(calmed_turn(np.eye(3), much, 0.5), much, atol=1e-6)
    assert calmed_turn(np.eye(3), little, 0.5)[0, 2] < 0.7 * little[0, 2]
