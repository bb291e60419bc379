"""Progress on a terminal and elsewhere."""

from __future__ import annotations

import io

import pytest

from app.commands import progress
from app.commands.progress import ProgressLine
from app.engine.protocol import NodeState


class Stream(io.StringIO):
    """A stream that is a terminal, or not."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, to be set by hand."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_terminal_shows_one_line_that_is_overwritten_and_leaves_it_empty(clock: list[float]) -> None:
    stream = Stream(terminal=True)
    with ProgressLine(stream) as line:
        for done in range(1, 4):
            clock[0] += 1
            line.report(done, 3, 3.0 - done)
    text = stream.getvalue()
    assert "\rrendering 1/3, 2 s left" in text
    assert "\n" not in text
    assert text.rpartition("3/3")[2].replace(" ", "") == "\r\r"


def test_a_terminal_is_not_written_to_more_often_than_eyes_can_follow(clock: list[float]) -> None:
    stream = Stream(terminal=True)
    line = ProgressLine(stream)
    for done in range(1000):
        clock[0] += 0.001
        line.report(done, 2000, None)
    assert stream.getvalue().count("\r") < 15


def test_elsewhere_short_work_is_silent_and_long_work_says_a_line_now_and_then(clock: list[float]) -> None:
    stream = Stream(terminal=False)
    with ProgressLine(stream) as line:
        for done in range(60):
            clock[0] += 1
            line.report(done, 100, 100.0 - done)
    lines = stream.getvalue().splitlines()
    assert 8 <= len(lines) <= 12
    assert "\r" not in stream.getvalue()
    assert lines[0].startswith("rendering ")
    silent = Stream(terminal=False)
    with ProgressLine(silent) as line:
        for done in range(4):
            clock[0] += 1
            line.report(done, 4, None)
    assert silent.getvalue() == ""


def test_what_a_node_does_is_shown_behind_the_frame(clock: list[float]) -> None:
    stream = Stream(terminal=True)
    line = ProgressLine(stream)
    line.report(3, 10, None)
    clock[0] += 1
    line.on_state(NodeState(0, "fit", "computing", 0.5, "fitting"))
    line.on_state(NodeState(0, "fit", "fresh"))
    assert "rendering 3/10, fit: fitting 50%" in stream.getvalue()


def test_what_a_node_says_about_its_result_is_written_once_and_stays() -> None:
    stream = io.StringIO()
    with ProgressLine(stream) as line:
        for frame_state in ("fresh", "cached", "cached"):
            line.on_state(NodeState(0, "faces", frame_state, notice="no face was found"))
        line.on_state(NodeState(0, "more", "fresh", notice="no face was found"))
    assert stream.getvalue() == (
        "facewright: note: faces: no face was found\nfacewright: note: more: no face was found\n"
    )
