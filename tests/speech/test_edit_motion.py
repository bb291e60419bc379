"""Changes of a motion by hand."""

from __future__ import annotations

import numpy as np
import pytest

from app.document.curve import Curve, Key
from nodes.sdk import NodeError
from nodes.sdk.values import ARKIT_NAMES
from nodes.speech.edit_motion import edit_motion
from nodes.voice.editing import (
    CURVES,
    OffsetKey,
    curve_of,
    edited,
    offset_at,
    pulled,
    read_offsets,
    shifted,
    write_offsets,
)
from tests.speech.motions import lively

JAW = ARKIT_NAMES.index("jawOpen")


def test_without_changes_the_motion_is_the_same() -> None:
    motion = lively(1, seconds=2.0)
    made = edit_motion(motion)
    np.testing.assert_array_equal(made.coefficients, motion.coefficients)
    np.testing.assert_allclose(made.rotation, motion.rotation, atol=1e-7)


def test_an_offset_is_added_where_its_keys_say_and_nowhere_else() -> None:
    motion = lively(2, seconds=2.0)
    before = motion.coefficients.copy()
    made = edit_motion(motion, curves="jawOpen: 0.5 0, 1.0 0.3, 1.5 0")
    added = made.coefficients - before
    assert added[30, JAW] == pytest.approx(min(0.3, 1 - before[30, JAW]), abs=1e-5)
    assert np.abs(added[:15]).max() == 0 and np.abs(added[46:]).max() == 0
    assert np.abs(np.delete(added, JAW, axis=1)).max() == 0
    np.testing.assert_array_equal(motion.coefficients, before, "the motion that came in is untouched")


def test_coefficients_stay_in_their_range_and_angles_are_degrees() -> None:
    motion = lively(3, seconds=1.0)
    made = edit_motion(motion, curves="jawOpen: 0 5\nmouthPucker: 0 -5\nheadYaw: 0 10")
    assert made.coefficients[:, JAW].max() == 1.0
    assert made.coefficients[:, ARKIT_NAMES.index("mouthPucker")].min() == 0.0
    np.testing.assert_allclose(made.rotation[:, 1] - motion.rotation[:, 1], np.radians(10), atol=1e-6)
    np.testing.assert_array_equal(made.gaze, motion.gaze)


def test_strength_scales_and_can_switch_off() -> None:
    motion = lively(4, seconds=1.0)
    words = "eyeLeftYaw: 0 4"
    half = edit_motion(motion, curves=words, strength=0.5)
    np.testing.assert_allclose(half.gaze[:, 0, 1] - motion.gaze[:, 0, 1], np.radians(2), atol=1e-6)
    np.testing.assert_array_equal(edit_motion(motion, curves=words, strength=0).gaze, motion.gaze)


def test_offsets_go_from_key_to_key_as_keyframes_do() -> None:
    keys = (Key(0, 0.2), Key(10, 0.9, "linear"), Key(14, -0.4, "constant"), Key(30, 0.1), Key(33, 0.3))
    own = tuple(OffsetKey(key.frame, key.value, key.interpolation) for key in keys)
    moments = np.linspace(-5, 40, 181)
    curve = Curve(keys)
    np.testing.assert_allclose(offset_at(own, moments), [curve.at(moment) for moment in moments], atol=1e-9)


def test_text_and_keys_are_the_same_thing() -> None:
    text = "jawOpen: 0.5 0.2, 0.9 -0.1 linear, 1.2 0\nheadYaw: 0 12 constant"
    assert write_offsets(read_offsets(text)) == text
    assert write_offsets({"jawOpen": ()}) == ""
    late = (OffsetKey(1234.5678, -0.00001), OffsetKey(35999.25, -0.25))
    assert write_offsets({"jawOpen": late}) == "jawOpen: 1234.5678 0, 35999.25 -0.25"
    assert read_offsets("\n  \n") == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("elbow: 0 1", "names no curve"),
        ("jawOpen", "names no curve"),
        ("jawOpen: ", "has no key"),
        ("jawOpen: 0.5", "has no key"),
        ("jawOpen: 0.5 nan", "has no key"),
        ("jawOpen: 0.5 inf", "has no key"),
        ("jawOpen: -1 0.5", "has no key"),
        ("jawOpen: 1 0.5 bumpy", "has no key"),
        ("jawOpen: 1 2 linear more", "has no key"),
        ("jawOpen: 1 2, 1 3", "same time"),
        ("jawOpen: 1 2\njawOpen: 2 2", "again"),
        ("x" * 2_000_000, "too long"),
    ],
)
def test_wrong_text_is_told_by_its_line(text: str, words: str) -> None:
    with pytest.raises(NodeError, match=words):
        edit_motion(lively(1, seconds=0.5), curves=text)


def test_a_pull_changes_its_surroundings_only() -> None:
    keys = pulled((), 1.0, 0.4, 0.2)
    np.testing.assert_allclose(offset_at(keys, np.array([0.0, 0.8, 1.0, 1.2, 5.0])), [0, 0, 0.4, 0, 0])
    assert pulled(keys, 0.5, 0.0, 0.0) == (OffsetKey(0.5, 0.0), *keys), "without reach it is a single key"
    again = pulled(keys, 1.05, -0.1, 0.2)
    assert offset_at(again, np.array([1.0]))[0] == pytest.approx(0.4), "a key that was there stays"
    assert offset_at(again, np.array([0.5, 2.0])) == pytest.approx([0, 0])


def test_a_pull_at_the_start_needs_no_time_before_it() -> None:
    keys = pulled((), 0.0, 0.4, 0.2)
    assert keys[0] == OffsetKey(0.0, 0.4) and keys[0].seconds == 0


def test_shifted_keys_keep_their_way_and_do_not_leave_the_start() -> None:
    keys = (OffsetKey(0.2, 0.1, "linear"), OffsetKey(1.0, 0.5), OffsetKey(2.0, 0.0))
    moved = shifted(keys, frozenset({0.2, 1.0}), -0.5, 0.1)
    assert moved == (OffsetKey(0.0, 0.2, "linear"), OffsetKey(0.8, 0.6), OffsetKey(2.0, 0.0))
    assert shifted(keys, frozenset({1.0}), 1.0, 0) == (keys[0], OffsetKey(2.0, 0.5))


def test_every_curve_can_be_read() -> None:
    motion = lively(5, seconds=0.5)
    for name in CURVES:
        made = edited(motion, {name: (OffsetKey(0.0, 0.01),)})
        np.testing.assert_allclose(curve_of(made, name) - curve_of(motion, name), 0.01, atol=1e-4)


def test_an_empty_motion_stays_empty() -> None:
    from nodes.sdk.values import Motion

    nothing = Motion(
        np.zeros((0, 52), np.float32),
        np.zeros((0, 3), np.float32),
        np.zeros((0, 3), np.float32),
        np.zeros((0, 2, 2), np.float32),
        30.0,
    )
    assert len(edit_motion(nothing, curves="jawOpen: 0 1").coefficients) == 0
