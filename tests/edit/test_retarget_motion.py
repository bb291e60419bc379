"""A performance taken over by another head."""

import numpy as np
import pytest

from nodes.edit.retarget_motion import retarget_motion
from nodes.face._pose import Angles, angles_of, rotation_of
from nodes.portrait.retargeting import GAZE, relative_change, scaled_turn
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.errors import NodeError
from nodes.sdk.values import ARKIT_NAMES, Face, Faces

INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}


def faces(angles=(0.0, 0.0, 0.0), **coefficients):
    values = np.zeros(52, np.float32)
    for name, value in coefficients.items():
        values[INDEX[name]] = value
    face = Face(
        box=np.zeros(4, np.float32),
        landmarks=np.zeros((0, 3), np.float32),
        key_points=np.zeros((5, 2), np.float32),
        coefficients=values,
        rotation=rotation_of(Angles(*angles)),
    )
    return Faces((face,), 100, 100)


def value(head, name):
    return float(head.expression[INDEX[name]])


def test_the_first_frame_is_rest(small_head):
    first = retarget_motion(small_head, faces((5, 0, 0), jawOpen=0.3))
    assert np.allclose(first.result.expression, small_head.expression)
    assert np.allclose(first.result.rotation, small_head.rotation, atol=1e-6)


def test_movement_and_turn_come_over(small_head):
    state = retarget_motion(small_head, faces((5, 0, 0), jawOpen=0.1)).state
    moved = retarget_motion(small_head, faces((15, -4, 0), jawOpen=0.5), previous=state).result
    assert value(moved, "jawOpen") == pytest.approx(0.4 / 0.9, abs=0.01)
    yaw, pitch, _ = angles_of(rotation_matrix(moved.rotation))
    assert yaw == pytest.approx(10, abs=0.5) and pitch == pytest.approx(-4, abs=0.7)


def test_regions_and_strength(small_head):
    rest = faces()
    moved = retarget_motion(
        small_head, faces(jawOpen=0.4, browInnerUp=0.4, eyeBlinkLeft=0.4), rest, brows=0.0, mouth=0.5
    ).result
    assert value(moved, "browInnerUp") == 0.0
    assert value(moved, "jawOpen") == pytest.approx(0.2, abs=1e-5)
    assert value(moved, "eyeBlinkLeft") == pytest.approx(0.4, abs=1e-5)


def test_absolute_copies_the_pose(small_head):
    moved = retarget_motion(small_head, faces((12, 3, -5), mouthPucker=0.6), mode="absolute").result
    assert np.allclose(angles_of(rotation_matrix(moved.rotation)), (12, 3, -5), atol=0.01)
    assert value(moved, "mouthPucker") == pytest.approx(0.6, abs=1e-5)


def test_a_large_turn_is_held_back(small_head):
    moved = retarget_motion(small_head, faces((50, 0, 0)), faces(), most_turn=20.0).result
    assert angles_of(rotation_matrix(moved.rotation)).yaw == pytest.approx(20, abs=0.01)


@pytest.mark.parametrize(("when", "kept"), [("hold", 1.0), ("fade out", 0.8)])
def test_a_lost_face_is_held_or_fades(small_head, when, kept):
    state = retarget_motion(small_head, faces(jawOpen=0.5), faces()).state
    lost = retarget_motion(small_head, Faces((), 100, 100), faces(), when_lost=when, previous=state).result
    assert value(lost, "jawOpen") == pytest.approx(0.5 * kept, abs=1e-5)


def test_a_lost_face_can_be_an_error(small_head):
    with pytest.raises(NodeError, match="not seen"):
        retarget_motion(small_head, Faces((), 100, 100), when_lost="fail")


def test_before_any_face_nothing_moves(small_head):
    result = retarget_motion(small_head, Faces((), 100, 100)).result
    assert np.array_equal(result.expression, small_head.expression)


def test_a_smile_on_a_smiling_face_has_less_room():
    rest, own = np.zeros(52, np.float32), np.zeros(52, np.float32)
    driving = np.full(52, 0.5, np.float32)
    own[0] = 0.6
    change = relative_change(driving, rest, own)
    assert change[0] == pytest.approx(0.2) and change[1] == pytest.approx(0.5)


def test_both_eyes_turn_alike_whatever_the_portrait_does(small_head):
    rest = faces(eyeLookOutLeft=0.1, eyeLookInRight=0.4)
    own = faces(eyeLookOutLeft=0.7, eyeLookInRight=0.0, eyeLookOutRight=0.3)
    driving = faces(eyeLookOutLeft=0.5, eyeLookInRight=0.7)
    moved = retarget_motion(small_head, driving, rest, own).result
    turned = moved.gaze - small_head.gaze
    assert np.allclose(turned[0], turned[1], atol=1e-6)
    assert turned[0, 1] > 0.15


def test_a_face_without_a_smile_has_none_to_give_back():
    rest, own = np.full(52, 0.6, np.float32), np.zeros(52, np.float32)
    assert not relative_change(np.zeros(52, np.float32), rest, own)[~GAZE].any()


def test_turns_are_scaled_about_their_axis():
    turn = rotation_of(Angles(20, 0, 0))
    assert angles_of(scaled_turn(turn, 0.5, 3.0)).yaw == pytest.approx(10, abs=1e-4)
    assert np.allclose(scaled_turn(np.eye(3), 2.0, 1.0), np.eye(3))
