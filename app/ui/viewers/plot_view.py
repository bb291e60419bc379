"""Sound and motion over time, with the playhead."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QLabel, QSplitter, QStackedLayout, QWidget

from app.ui.theme import current_theme
from app.ui.viewers.plot_legend import PlotLegend
from app.ui.viewers.traces import CURVES, Wave, curve_of, worth_seeing
from nodes.sdk.values import ARKIT_NAMES, Audio, Motion

if TYPE_CHECKING:
    from app.ui.viewers.plot_board import PlotBoard

EMPTY, STILL = "It is empty", "Nothing moves in it"
CLIPPED = "Cut off at full scale at {} place{}: the red marks"
WAVE_HUE = 2
LEGEND_PIXELS = 190


class PlotView(QWidget):
    """A waveform over its level, or the liveliest curves of a motion.

    Signals:
        sought: the playhead was dragged to a second.
        probed: what is under the cursor, in words; "" when it has left.
    """

    sought = Signal(float)
    probed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Plot")
        self._value: Audio | Motion | None = None
        self._time = 0.0
        #: What somebody ticked; None leaves it to the motion.
        self._chosen: list[str] | None = None
        self._hues: dict[str, int] = {}
        self.board: PlotBoard | None = None
        self.legend: PlotLegend | None = None
        self.note = QLabel(EMPTY, self)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.note.setProperty("dim", True)
        self._stack = QStackedLayout(self)
        self._stack.setStackingMode(QStackedLayout.StackingMode.StackAll)
        self._stack.addWidget(self.note)

    # -- what is shown ------------------------------------------------------------------------

    def show_value(self, value: Any) -> None:
        """Show a sound or a motion; anything else is empty."""
        if self._value is not None and _are_equal(value, self._value):
            return  # It comes again with every frame.
        self._value = value if isinstance(value, Audio | Motion) and _has_content(value) else None
        self.probed.emit("")
        if self._value is None:
            self._say(EMPTY)
            if self.board is not None:
                self._split.hide()
            return
        board = self._made()
        self._split.show()
        self._draw(board)

    @property
    def shown(self) -> list[str]:
        """The names of the motion's curves in view."""
        return list(self._hues) if isinstance(self._value, Motion) else []

    def show_time(self, seconds: float) -> None:
        """Move the playhead."""
        self._time = seconds
        if self.board is not None:
            self.board.show_time(seconds)

    def fit(self) -> None:
        """Bring all of it into view."""
        if self.board is not None:
            self.board.fit()

    def zoom_by(self, factor: float) -> None:
        """Show fewer seconds (a factor above 1) or more."""
        if self.board is not None:
            self.board.zoom_by(factor)

    def look_aside(self, right: int, down: int) -> None:
        """Look further to a side, by steps."""
        if self.board is not None:
            self.board.look_aside(right, down)

    def switch(self, name: str, on: bool) -> None:
        """Show a curve of the motion, or no longer."""
        others = [other for other in self.shown if other != name]
        self._chosen = [*others, name] if on else others
        if isinstance(self._value, Motion) and self.board is not None:
            self._show_motion(self.board, self._value)

    def choose_liveliest(self) -> None:
        """Leave to the motion which curves are seen."""
        self._chosen = None
        if isinstance(self._value, Motion) and self.board is not None:
            self._show_motion(self.board, self._value)

    def _made(self) -> PlotBoard:
        """The board, made for the first value: pyqtgraph takes long to import."""
        if self.board is None:
            from app.ui.viewers.plot_board import PlotBoard

            self.board = PlotBoard(self)
            self.board.sought.connect(self.sought)
            self.board.pointed.connect(self._on_pointed)
            self.legend = PlotLegend(self)
            self.legend.switched.connect(self.switch)
            self.legend.liveliest_chosen.connect(self.choose_liveliest)
            self._split = QSplitter(self)
            self._split.addWidget(self.board)
            self._split.addWidget(self.legend)
            self._split.setStretchFactor(0, 1)
            self._split.setSizes([700, LEGEND_PIXELS])
            self._stack.addWidget(self._split)
        return self.board

    def _say(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.note.raise_()

    def _draw(self, board: PlotBoard) -> None:
        if isinstance(self._value, Audio):
            self._show_sound(board, self._value)
        elif self._value is not None:
            self._show_motion(board, self._value)
        board.show_time(self._time)

    def _show_sound(self, board: PlotBoard, audio: Audio) -> None:
        assert self.legend is not None
        self.legend.hide()
        self._say("")
        self._hues = {}
        board.name_values("", "dB")
        clips = board.show_wave(Wave(audio), current_theme().curve(WAVE_HUE))
        board.setToolTip(CLIPPED.format(clips, "s" if clips > 1 else "") if clips else "")

    def _show_motion(self, board: PlotBoard, motion: Motion) -> None:
        assert self.legend is not None
        first = self._chosen is None
        names = worth_seeing(motion) if self._chosen is None else self._chosen
        self._hues = self._coloured(names)
        listed = self.legend.names
        if first or not listed:
            listed = [*names, *(name for name in CURVES if name not in names)]
        hues = {name: current_theme().curve(number) for name, number in self._hues.items()}
        self.legend.show_curves(listed, hues)
        self.legend.show()
        seconds = np.arange(len(motion.coefficients)) / motion.fps
        curves = {name: (seconds, curve_of(motion, name), hue) for name, hue in hues.items()}
        board.setToolTip("")
        board.name_values("", "degrees")
        board.show_curves(
            motion.seconds,
            {name: curve for name, curve in curves.items() if name in ARKIT_NAMES},
            {name: curve for name, curve in curves.items() if name not in ARKIT_NAMES},
        )
        board.show_time(self._time)
        self._say("" if names else STILL)

    def _coloured(self, names: list[str]) -> dict[str, int]:
        """The number of a hue for each; curves that are seen already keep theirs."""
        kept = {name: self._hues[name] for name in names if name in self._hues}
        hues = dict(kept)
        for name in names:
            if name not in hues:
                used = list(hues.values())
                hues[name] = min(range(len(current_theme().curves)), key=used.count)
        return {name: hues[name] for name in names}

    # -- the cursor ---------------------------------------------------------------------------

    def _on_pointed(self, found: tuple[float, float, str] | None) -> None:
        self.probed.emit(self._words(*found) if found is not None else "")

    def _words(self, seconds: float, value: float, pane: str) -> str:
        board, shown = self.board, self._value
        if board is None or shown is None or not 0 <= seconds <= shown.seconds:
            return ""
        if isinstance(shown, Audio):
            return f"{seconds:.3f} s   {self._level(board, seconds)}"
        at = min(int(seconds * shown.fps), len(shown.coefficients) - 1)
        here = {name: float(curve_of(shown, name)[at]) for name in self._hues}
        here = {name: y for name, y in here.items() if (name in ARKIT_NAMES) == (pane == "upper")}
        if not here:
            return f"{seconds:.3f} s"
        nearest = min(here, key=lambda name: abs(here[name] - value))
        amount = f"{here[nearest]:.3f}" if pane == "upper" else f"{here[nearest]:.1f}°"
        return f"{seconds:.3f} s   {nearest} {amount}"

    @staticmethod
    def _level(board: PlotBoard, seconds: float) -> str:
        assert board.wave is not None
        x, low, high = board.wave.between(seconds, seconds, 1)
        times, level = board.curves["level"].getOriginalDataset()
        said = f"{low[0]:+.3f} to {high[0]:+.3f}" if len(x) else ""
        if times is not None and len(times):
            said += f"   {np.interp(seconds, times, level):.1f} dB"
        return said

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "board", None) is not None:
            self.board.dress()
            self._draw(self.board)


def _has_content(value: Audio | Motion) -> bool:
    return value.seconds > 0 and not (isinstance(value, Audio) and not value.samples.shape[1])


def _are_equal(one: Any, other: Audio | Motion) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    pairs = ((getattr(one, field.name), getattr(other, field.name)) for field in fields(other))
    return all(np.array_equal(a, b) for a, b in pairs)
