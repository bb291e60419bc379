"""Plays frames by the clock: late frames are dropped, the rate never drifts."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Qt, QTimer, Signal


def frame_at(start: int, seconds: float, fps: float, first: int, last: int, loop: bool) -> int | None:
    """The frame that is due `seconds` after playback began at `start`; None past the end."""
    due = start + int(seconds * fps)
    if due <= last:
        return due
    if not loop:
        return None
    return first + (due - first) % (last - first + 1)


class Playback(QObject):
    """A clock that says which frame is due.

    Signals:
        due: a frame to show.
        playing_changed: True while it runs.
    """

    due = Signal(int)
    playing_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.loop = True
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._clock = QElapsedTimer()
        self._start, self._first, self._last, self._fps = 0, 0, 0, 25.0

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def play(self, frame: int, first: int, last: int, fps: float) -> None:
        """Start at a frame; from the first when it is the last or outside the range."""
        self._first, self._last, self._fps = first, max(last, first), max(fps, 0.1)
        self._start = frame if first <= frame < self._last else first
        self._clock.start()
        # Twice the rate, so that a frame is never half a period late.
        self._timer.start(max(round(500 / self._fps), 4))
        self.playing_changed.emit(True)

    @property
    def frame(self) -> int:
        """The frame that is due now, or the one it began at."""
        seconds = self._clock.elapsed() / 1000 if self.playing else 0.0
        due = frame_at(self._start, seconds, self._fps, self._first, self._last, self.loop)
        return self._last if due is None else due

    def seconds(self, frame: int) -> float:
        """The time of the timeline now, when this is the frame that is due: finer than the frame."""
        elapsed = self._clock.elapsed() / 1000 * self._fps
        return (frame + elapsed - int(elapsed)) / self._fps

    def stop(self) -> None:
        if self.playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def _tick(self) -> None:
        seconds = self._clock.elapsed() / 1000
        frame = frame_at(self._start, seconds, self._fps, self._first, self._last, self.loop)
        if frame is None:
            self.due.emit(self._last)
            self.stop()
        else:
            self.due.emit(frame)
