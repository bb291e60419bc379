"""Durations in words."""

from __future__ import annotations

import pytest

from app.export.progress import duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (59.4, "59 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (-3, "0 s")],
)
def test_time_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert duration(seconds) == words
