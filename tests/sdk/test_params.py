"""Parameter values: coerced, clamped, parsed, or refused with what is allowed."""

from __future__ import annotations

import math
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.sdk.errors import NodeError
from nodes.sdk.params import Choice, Colour, File, ParameterSpec, Slider, Text, Toggle, build_parameter

STRENGTH = build_parameter("strength", float, Slider(-1, 2, unit="px"), 0.5)
COUNT = build_parameter("count", int, Slider(1, 9), 3)
LOOSE = build_parameter("loose", float, Slider(0, 1, hard=False), 0.5)
MODE = build_parameter("mode", Literal["soft", "hard"], None, "soft")
INVERT = build_parameter("invert", bool, Toggle(), False)
TINT = build_parameter("tint", tuple[float, float, float], Colour(), (1.0, 0.5, 0.0))
PATH = build_parameter("path", str, File("Picture"), "")
WORDS = build_parameter("words", str, Text(), "")
ALL = [STRENGTH, COUNT, LOOSE, MODE, INVERT, TINT, PATH, WORDS]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(ALL), anything)
def test_any_value_is_taken_or_refused_with_a_reason(spec: ParameterSpec, value: Any) -> None:
    try:
        taken = spec.coerce(value)
    except NodeError as error:
        assert spec.name in error.what
        assert error.hint
    else:
        assert spec.coerce(taken) == taken, "a taken value is taken again unchanged"


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_hard_slider_clamps(value: float) -> None:
    taken = STRENGTH.coerce(value)
    assert isinstance(taken, float)
    assert -1 <= taken <= 2
    if -1 <= value <= 2:
        assert taken == value


def test_a_soft_slider_lets_typed_values_pass() -> None:
    assert LOOSE.coerce(7.5) == 7.5


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "nan", True, None, "much"])
def test_numbers_must_be_finite_numbers(value: Any) -> None:
    with pytest.raises(NodeError, match="It takes a number from -1 to 2 px"):
        STRENGTH.coerce(value)


def test_whole_numbers_are_rounded_and_stay_int() -> None:
    assert COUNT.coerce(3.6) == 4
    assert type(COUNT.coerce(3.6)) is int


def test_a_choice_that_is_none_lists_those_that_are() -> None:
    with pytest.raises(NodeError, match="one of soft, hard"):
        MODE.coerce("loud")


def test_colours_are_three_numbers_clamped_to_one() -> None:
    assert TINT.coerce([2, 0.25, -1]) == (1.0, 0.25, 0.0)
    with pytest.raises(NodeError, match="three numbers"):
        TINT.coerce([1, 0])


def test_paths_with_a_null_character_are_refused() -> None:
    with pytest.raises(NodeError):
        PATH.coerce("picture\0.png")


@pytest.mark.parametrize(
    ("spec", "text", "value"),
    [
        (STRENGTH, "1.25", 1.25),
        (COUNT, "4", 4),
        (MODE, "hard", "hard"),
        (INVERT, "yes", True),
        (INVERT, "Off", False),
        (TINT, "1, 0.5 0", (1.0, 0.5, 0.0)),
        (PATH, "a b.png", "a b.png"),
    ],
)
def test_text_of_a_command_line_is_understood(spec: ParameterSpec, text: str, value: Any) -> None:
    assert spec.parse(text) == value


@pytest.mark.parametrize(
    ("spec", "text"), [(STRENGTH, "big"), (COUNT, ""), (MODE, "x"), (INVERT, "maybe"), (TINT, "red")]
)
def test_text_that_says_no_such_value_is_refused(spec: ParameterSpec, text: str) -> None:
    with pytest.raises(NodeError, match=f"parameter '{spec.name}' cannot be"):
        spec.parse(text)


def test_only_numbers_can_be_keyframed() -> None:
    assert [spec.name for spec in ALL if spec.keyframable] == ["strength", "count", "loose"]


def test_labels_are_readable_and_can_be_given() -> None:
    assert build_parameter("jawOpen", float, Slider(0, 1), 0.0).label == "Jaw open"
    assert build_parameter("eye_size", float, Slider(0, 1), 0.0).label == "Eye size"
    assert build_parameter("a", Literal["x"], Choice(label="Way"), "x").label == "Way"
