"""Frames along a ruler, as plain numbers."""

from __future__ import annotations

from dataclasses import dataclass

_STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000)


@dataclass(frozen=True)
class Scale:
    """Which frames a ruler of a width shows; frame `first` stands at `left`, `last` at `right`.

    Attributes:
        first, last: frames at the ends, last above first; need not be whole.
        left, right: view pixels.
    """

    first: float
    last: float
    left: float
    right: float

    @property
    def pixels(self) -> float:
        """View pixels for each frame."""
        return (self.right - self.left) / max(self.last - self.first, 1e-9)

    def x(self, frame: float) -> float:
        return self.left + (frame - self.first) * self.pixels

    def frame(self, x: float) -> int:
        """The frame nearest to a view point."""
        return round(self.first + (x - self.left) / self.pixels)

    def zoomed(self, factor: float, x: float) -> tuple[float, float]:
        """First and last after zooming about a view point, at least four frames apart."""
        anchor = self.first + (x - self.left) / self.pixels
        span = max((self.last - self.first) / factor, 4.0)
        share = (anchor - self.first) / max(self.last - self.first, 1e-9)
        first = max(anchor - span * share, 0.0)
        return first, first + span

    def step(self, room: float = 64.0) -> int:
        """Frames between labels so that each has `room` pixels."""
        return next((step for step in _STEPS if step * self.pixels >= room), _STEPS[-1])


def timecode(frame: int, fps: float) -> str:
    """Minutes, seconds and frames: 0:03:12."""
    whole = max(round(fps), 1)
    seconds, rest = divmod(max(frame, 0), whole)
    return f"{seconds // 60}:{seconds % 60:02d}:{rest:02d}"
