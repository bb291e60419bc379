"""Frames along a ruler, and the clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.ui.timeline.playback import frame_at
from app.ui.timeline.scale import Scale, timecode


@given(first=st.integers(0, 1000), span=st.integers(1, 5000), frame=st.integers(0, 5000))
def test_a_frame_is_found_again_where_it_stands(first: int, span: int, frame: int) -> None:
    scale = Scale(first, first + span, 18, 900)
    assert scale.frame(scale.x(frame)) == frame


@given(span=st.integers(4, 100_000), width=st.integers(100, 4000))
def test_labels_do_not_touch(span: int, width: int) -> None:
    scale = Scale(0, span, 0, width)
    assert scale.step() * scale.pixels >= 64 or scale.step() == 10_000


def test_zooming_keeps_the_frame_under_the_cursor() -> None:
    scale = Scale(0, 100, 0, 1000)
    first, last = scale.zoomed(2.0, 500)
    assert (first, last) == (25, 75)


def test_timecode_counts_frames_of_a_second() -> None:
    assert timecode(0, 25) == "0:00:00"
    assert timecode(77, 25) == "0:03:02"
    assert timecode(1500, 25) == "1:00:00"
    assert timecode(30, 29.97) == "0:01:00"


def test_late_frames_are_dropped_and_the_rate_does_not_drift() -> None:
    assert frame_at(10, 0.0, 25, 0, 99, True) == 10
    assert frame_at(10, 0.5, 25, 0, 99, True) == 22
    assert frame_at(0, 3.99, 25, 0, 99, True) == 99


def test_a_loop_starts_over_inside_the_range_and_without_it_playing_ends() -> None:
    assert frame_at(20, 4.0, 25, 20, 119, True) == 20
    assert frame_at(20, 4.0, 25, 20, 119, False) is None
