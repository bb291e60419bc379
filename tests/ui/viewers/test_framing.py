"""Zoom and pan."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ui.viewers.framing import LARGEST, SMALLEST, Framing


def test_a_fitted_picture_lies_in_the_middle_and_touches_the_margin() -> None:
    framing = Framing.fitted((400, 200), (824, 624), margin=12)
    assert framing.zoom == pytest.approx(2.0)
    assert framing.to_view(0, 0) == pytest.approx((12, 112))
    assert framing.to_view(400, 200) == pytest.approx((812, 512))


@given(
    zoom=st.floats(0.1, 10),
    factor=st.floats(0.2, 5),
    x=st.floats(-500, 500),
    y=st.floats(-500, 500),
)
def test_zooming_keeps_the_point_under_the_cursor(zoom: float, factor: float, x: float, y: float) -> None:
    before = Framing(zoom, 37.0, -12.0)
    after = before.zoomed(factor, x, y)
    assert after.to_picture(x, y) == pytest.approx(before.to_picture(x, y), abs=1e-6)


def test_zoom_stays_in_bounds() -> None:
    assert Framing().zoomed(1e9, 0, 0).zoom == LARGEST
    assert Framing().zoomed(1e-9, 0, 0).zoom == SMALLEST


def test_a_picture_of_another_size_fills_the_same_place() -> None:
    framing = Framing(2.0, 10, 20).kept_for((400, 200), (800, 400))
    assert framing.to_view(800, 400) == pytest.approx(Framing(2.0, 10, 20).to_view(400, 200))


def test_an_empty_picture_or_view_does_not_divide_by_zero() -> None:
    assert Framing.fitted((0, 0), (100, 100)) == Framing()
    assert Framing.fitted((100, 100), (0, 0)).zoom > 0
