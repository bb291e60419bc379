"""What may be typed into a number field."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.panels.arithmetic import typed_number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        (" -3.5 ", -3.5),
        (".5", 0.5),
        ("1e3", 1000),
        ("+1", 11),
        ("*2", 20),
        ("/4", 2.5),
        ("-=4", 6),
        ("+=4", 14),
        ("2*(3+4)", 14),
        ("1,5", 1.5),
        ("10-2-3", 5),
        ("-(2)", -2),
        ("2*-3", -6),
    ],
)
def test_numbers_and_sums(text: str, expected: float) -> None:
    assert typed_number(text, 10.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", ["", "much", "1/0", "/0", "(1", "1)", "1 2", "**2", "__import__('os')", "9e999", "1+" * 300, "2*"]
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        typed_number(text, 10.0)


@given(st.text(max_size=30), st.floats(-1e6, 1e6))
def test_any_text_is_a_number_or_refused(text: str, current: float) -> None:
    with contextlib.suppress(ValueError):
        assert isinstance(typed_number(text, current), float)
