"""Editing expression, pose and gaze."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.edit.edit_expression import edit_expression
from nodes.face._pose import angles_of
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import ARKIT_NAMES


def coefficient(head, name):
    return float(head.expression[ARKIT_NAMES.index(name)])


@pytest.fixture
def smiling(small_head):
    expression = small_head.expression.copy()
    expression[ARKIT_NAMES.index("mouthSmileLeft")] = 0.6
    return replace(small_head, expression=expression)


def test_every_coefficient_has_a_slider_by_its_apple_name():
    for name in ARKIT_NAMES:
        spec = edit_expression.spec.parameter(name)
        assert spec.keyframable and spec.default == 0 and spec.control.low == -1 and spec.group


def test_zero_leaves_the_head_as_it_is(smiling):
    edited = edit_expression(smiling)
    assert np.array_equal(edited.expression, smiling.expression)
    assert np.array_equal(edited.rotation, smiling.rotation)


def test_values_add_to_what_the_fit_found_and_stop_at_the_end(smiling):
    assert coefficient(edit_expression(smiling, mouthSmileLeft=0.3), "mouthSmileLeft") == pytest.approx(0.9)
    assert coefficient(edit_expression(smiling, mouthSmileLeft=0.8), "mouthSmileLeft") == pytest.approx(1.0)
    assert coefficient(edit_expression(smiling, mouthSmileLeft=-1.0), "mouthSmileLeft") == 0.0


def test_left_and_right_are_apart(smiling):
    edited = edit_expression(smiling, eyeBlinkLeft=1.0)
    assert coefficient(edited, "eyeBlinkLeft") == 1.0 and coefficient(edited, "eyeBlinkRight") == 0.0


def test_strength_scales_the_sliders_but_not_the_turn(small_head):
    edited = edit_expression(small_head, strength=0.5, jawOpen=0.8, yaw=10.0)
    assert coefficient(edited, "jawOpen") == pytest.approx(0.4)
    assert angles_of(rotation_matrix(edited.rotation)).yaw == pytest.approx(10.0, abs=0.01)


@pytest.mark.parametrize(("name", "value"), [("yaw", 20.0), ("pitch", 12.0), ("roll", -8.0)])
def test_angles_turn_the_head_as_the_viewer_sees_it(small_head, name, value):
    angles = angles_of(rotation_matrix(edit_expression(small_head, **{name: value}).rotation))
    assert getattr(angles, name) == pytest.approx(value, abs=0.01)
    assert all(abs(getattr(angles, other)) < 0.01 for other in {"yaw", "pitch", "roll"} - {name})


def test_gaze_moves_by_sliders_and_by_coefficients(small_head):
    both = edit_expression(small_head, look_sideways=20.0, look_up=-10.0).gaze
    assert np.allclose(np.degrees(both), [[-10, 20], [-10, 20]], atol=0.01)
    one = edit_expression(small_head, eyeLookOutLeft=0.5).gaze
    assert one[0, 1] > 0.2 and one[1, 1] == 0
    # the right eye looks in towards the nose: to the person's left, like the other
    assert edit_expression(small_head, eyeLookInRight=0.5).gaze[1, 1] > 0.2


def test_the_fit_is_remembered_through_a_chain_of_edits(smiling):
    edited = edit_expression(edit_expression(smiling, jawOpen=0.3), jawOpen=0.3)
    assert edited.reference is smiling
    assert coefficient(edited, "jawOpen") == pytest.approx(0.6)


def test_the_input_is_not_modified(smiling):
    before = smiling.expression.copy()
    edit_expression(smiling, jawOpen=1.0, yaw=30.0)
    assert np.array_equal(smiling.expression, before) and not smiling.rotation.any()
