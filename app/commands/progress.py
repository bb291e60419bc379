"""Progress on stderr: one line that is overwritten on a terminal, a few lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, TextIO

from app.export.progress import duration

if TYPE_CHECKING:
    from app.engine.protocol import NodeState

#: Seconds between two reports.
_TERMINAL_PAUSE = 0.1
_PLAIN_PAUSE = 5.0


class ProgressLine:
    """Says how far long work is and how long it will still take. A context manager.

    Attributes:
        activity: what goes on inside the present step, shown behind it on a terminal.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._terminal = self._stream.isatty()
        self._shown = 0.0
        self._length = 0
        self._step = ""
        self._noticed: set[tuple[str, str]] = set()
        self.activity = ""

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def report(self, done: int, total: int, seconds_left: float | None, doing: str = "") -> None:
        """Show `doing` and `done` of `total`, unless something was shown just now."""
        left = f", {duration(seconds_left)} left" if seconds_left is not None and done < total else ""
        self._step = f"{doing or 'rendering'} {done}/{total}{left}"
        self.activity = ""
        self._show()

    def on_state(self, state: NodeState) -> None:
        """Show what a node does; what it says about its result stays, once for each node and words."""
        if state.notice and (state.node, state.notice) not in self._noticed:
            self._noticed.add((state.node, state.notice))
            self.clear()
            self._stream.write(f"facewright: note: {state.node}: {state.notice}\n")
        if state.state == "computing":
            part = f" {state.fraction:.0%}" if state.fraction else ""
            self.activity = f"{state.node}{': ' if state.doing else ''}{state.doing}{part}"
            self._show()

    def _show(self) -> None:
        """Show the line, unless it was shown just now."""
        now = time.monotonic()
        pause = _TERMINAL_PAUSE if self._terminal else _PLAIN_PAUSE
        if self._shown and now - self._shown < pause:
            return
        if not self._shown and not self._terminal:
            self._shown = now  # short work needs no words
            return
        self._shown = now
        text = self._step
        if self._terminal:
            text = ", ".join(part for part in (self._step, self.activity) if part)
            text = text[: shutil.get_terminal_size().columns - 1]
            self._stream.write("\r" + text.ljust(self._length))
            self._length = len(text)
        else:
            self._stream.write((text or self.activity) + "\n")
        self._stream.flush()

    def clear(self) -> None:
        """Leave an empty line for what comes next."""
        if self._terminal and self._length:
            self._stream.write("\r" + " " * self._length + "\r")
            self._stream.flush()
            self._length = 0
