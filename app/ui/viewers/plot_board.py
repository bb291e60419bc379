"""Two plots above each other over the same seconds. Imports pyqtgraph: only once a plot is shown."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import QGraphicsSceneWheelEvent, QWidget

from app.ui.theme import current_theme
from app.ui.viewers.traces import SILENCE, Wave
from nodes.sdk.values.arrays import FloatArray

# The clean-up at exit walks through every object of the program; widgets with parents need none.
pg.setConfigOption("exitCleanup", False)

FONT_PIXELS = 11
LEFT_PIXELS = 44
#: Share of the height that the lower plot takes.
LOWER_SHARE = 2, 1
#: The least that can be brought into view: seconds, and share of the values.
CLOSEST, CLOSEST_SHARE = 0.002, 0.02
GRID = 70
#: How far marks of clipping reach in from both edges.
MARK = 0.09
UPPER, LOWER = "upper", "lower"

Curves = Mapping[str, tuple[FloatArray, FloatArray, str]]


class SecondsAxis(pg.AxisItem):
    """Ticks such as "2.5 s", or "1:30" from a minute on."""

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802
        if not values or max(values) < 60:
            return [f"{value:.6g} s" for value in values]
        form = "02.0f" if spacing >= 1 else "05.2f"
        return [f"{int(value // 60)}:{value % 60:{form}}" for value in values]


class Pane(pg.ViewBox):
    """The wheel zooms seconds, with Shift or Ctrl values; a drag moves both."""

    def __init__(self) -> None:
        super().__init__(enableMenu=False)
        self.setMouseEnabled(x=True, y=True)
        self.disableAutoRange()

    def wheelEvent(self, event: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:  # noqa: N802
        values = Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier
        if axis is None:
            axis = 1 if event.modifiers() & values else 0
        super().wheelEvent(event, axis)


class PlotBoard(pg.GraphicsView):
    """Signals:
    sought: the playhead was dragged to a second.
    pointed: (second, value, "upper" or "lower") under the cursor, or None when it has left.
    """

    sought = Signal(float)
    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Keys belong to the viewer around it.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = pg.GraphicsLayout()
        layout.setContentsMargins(4, 8, 12, 4)
        layout.setSpacing(0)
        self.setCentralItem(layout)
        self._layout = layout
        self.panes: dict[str, Pane] = {}
        self._values: dict[str, pg.AxisItem] = {}
        self._seconds: dict[str, SecondsAxis] = {}
        self.playheads: dict[str, pg.InfiniteLine] = {}
        self._hairs: dict[str, pg.InfiniteLine] = {}
        self._names = {UPPER: "", LOWER: ""}
        self._ranges: dict[str, tuple[float, float]] = {UPPER: (0.0, 1.0), LOWER: (0.0, 1.0)}
        for row, name in enumerate((UPPER, LOWER)):
            self._add_pane(name, 2 * row)
        self.panes[LOWER].setXLink(self.panes[UPPER])
        self.length = 0.0
        self.curves: dict[str, pg.PlotDataItem] = {}
        self.wave: Wave | None = None
        self.wave_line = pg.PlotCurveItem()
        # As single lines: a long path takes several times longer to paint.
        self.wave_line.setSegmentedLineMode("on")
        self.clip_marks = pg.PlotCurveItem(connect="pairs")
        self.clip_marks.setZValue(5)
        self._clipped = np.zeros((0, 2))
        self.panes[UPPER].addItem(self.wave_line)
        self.panes[UPPER].addItem(self.clip_marks)
        self.panes[UPPER].sigXRangeChanged.connect(self._refine)
        self.panes[UPPER].sigResized.connect(self._refine)
        self.scene().sigMouseMoved.connect(self._on_mouse)
        self.dress()

    def _add_pane(self, name: str, row: int) -> None:
        pane = self.panes[name] = Pane()
        values = self._values[name] = pg.AxisItem("left", linkView=pane)
        seconds = self._seconds[name] = SecondsAxis("bottom", linkView=pane)
        # Of equal width, so that both plots begin at the same place.
        values.setWidth(LEFT_PIXELS)
        for axis in (values, seconds):
            axis.setGrid(GRID)
            axis.setStyle(maxTickLevel=0)
            axis.enableAutoSIPrefix(False)
            axis.setZValue(-10)
        self._layout.addItem(values, row, 0)
        self._layout.addItem(pane, row, 1)
        self._layout.addItem(seconds, row + 1, 1)
        self._layout.layout.setRowStretchFactor(row, LOWER_SHARE[row // 2])
        playhead = pg.InfiniteLine(0.0, angle=90, movable=True)
        playhead.setZValue(20)
        playhead.setCursor(Qt.CursorShape.SplitHCursor)
        if name == UPPER:
            playhead.addMarker("v", 1.0, 9)
        playhead.sigDragged.connect(self._on_drag)
        self.playheads[name] = playhead
        hair = self._hairs[name] = pg.InfiniteLine(0.0, angle=90)
        hair.hide()
        for line in (playhead, hair):
            pane.addItem(line, ignoreBounds=True)

    # -- what is shown ------------------------------------------------------------------------

    def show_wave(self, wave: Wave, colour: str) -> int:
        """Show a sound: its envelope above, its level below. Returns at how many places it is clipped."""
        self._clear()
        self.wave = wave
        self._clipped = wave.clipped()
        self.wave_line.setPen(self._pen(colour))
        reach = max(wave.peak, 1.0) * 1.05
        self._set_extent(wave.seconds, {UPPER: (-reach, reach), LOWER: (SILENCE, 0.0)})
        self._add_curve("level", *wave.level(), colour, LOWER)
        self._show_lower(True)
        self._refine()
        return len(self._clipped)

    def show_curves(self, seconds: float, upper: Curves, lower: Curves) -> None:
        """Show curves by name: seconds, values and colour; those that are gone are removed.

        Args:
            seconds: how long all of it lasts.
        """
        self._clear()
        for name, (x, y, colour) in upper.items():
            self._add_curve(name, x, y, colour, UPPER)
        for name, (x, y, colour) in lower.items():
            self._add_curve(name, x, y, colour, LOWER)
        low, high = _bounds([y for _, y, _ in upper.values()], 0.0, 1.0)
        farthest = max(map(abs, _bounds([y for _, y, _ in lower.values()], -5.0, 5.0)))
        self._set_extent(
            seconds, {UPPER: (low - 0.03, high + 0.03), LOWER: (-1.05 * farthest, 1.05 * farthest)}
        )
        self._show_lower(bool(lower))

    def show_time(self, seconds: float) -> None:
        """Move the playhead."""
        for line in self.playheads.values():
            line.setPos(seconds)
            line.setVisible(0 <= seconds <= self.length)

    def fit(self) -> None:
        """Bring all seconds and values into view."""
        for name, pane in self.panes.items():
            pane.setRange(xRange=(0.0, max(self.length, CLOSEST)), yRange=self._ranges[name], padding=0)

    def zoom_by(self, factor: float) -> None:
        """Show fewer seconds (a factor above 1) or more, around the middle."""
        self.panes[UPPER].scaleBy((1 / factor, 1.0))

    def look_aside(self, right: int, down: int) -> None:
        """Look further to a side, by tenths of what is in view."""
        pane = self.panes[UPPER]
        (first, last), (low, high) = pane.viewRange()
        pane.translateBy(x=right * (last - first) / 10, y=-down * (high - low) / 10)

    def seen(self) -> tuple[float, float]:
        """The first and last second in view."""
        first, last = self.panes[UPPER].viewRange()[0]
        return float(first), float(last)

    def lower_is_shown(self) -> bool:
        return bool(self.panes[LOWER].isVisible())

    def _clear(self) -> None:
        self.wave = None
        self._clipped = np.zeros((0, 2))
        self.wave_line.setData([], [])
        self.clip_marks.setData([], [])
        for curve in self.curves.values():
            curve.getViewBox().removeItem(curve)
        self.curves.clear()

    def _add_curve(self, name: str, x: FloatArray, y: FloatArray, colour: str, pane: str) -> None:
        curve = pg.PlotDataItem(pen=self._pen(colour), antialias=True, skipFiniteCheck=False)
        self.panes[pane].addItem(curve)
        curve.setDownsampling(auto=True, method="peak")
        curve.setClipToView(True)
        curve.setData(np.asarray(x, np.float64), np.asarray(y, np.float64))
        self.curves[name] = curve

    def _set_extent(self, seconds: float, ranges: dict[str, tuple[float, float]]) -> None:
        """How far one can look; all of it is shown when that changed."""
        if (seconds, ranges) == (self.length, self._ranges):
            return
        stays = seconds == self.length
        self.length, self._ranges = seconds, ranges
        for name, pane in self.panes.items():
            low, high = ranges[name]
            pane.setLimits(
                xMin=0.0,
                xMax=seconds,
                minXRange=min(CLOSEST, seconds),
                yMin=low,
                yMax=high,
                minYRange=(high - low) * CLOSEST_SHARE,
            )
            if stays:
                pane.setYRange(low, high, padding=0)
        if not stays:
            self.fit()

    def _show_lower(self, shown: bool) -> None:
        for item in (self.panes[LOWER], self._values[LOWER], self._seconds[LOWER]):
            item.setVisible(shown)
        grid = self._layout.layout
        grid.setRowStretchFactor(2, LOWER_SHARE[1] if shown else 0)
        for row in (2, 3):
            grid.setRowMaximumHeight(row, 1e6 if shown else 0)
        upper = self._seconds[UPPER]
        upper.setStyle(showValues=not shown)
        upper.setHeight(8 if shown else None)

    def _refine(self) -> None:
        """Draw as much of the sound as there are pixels for."""
        wave = self.wave
        if wave is None:
            return
        first, last = self.seen()
        columns = max(int(self.panes[UPPER].width()), 50)
        x, low, high = wave.between(first, last, columns)
        self.wave_line.setData(np.repeat(x, 2), np.column_stack([low, high]).ravel())
        near = self._clipped[(self._clipped[:, 1] >= first) & (self._clipped[:, 0] <= last)]
        # One mark for each pixel at most.
        places = np.unique(np.round((near.mean(axis=1) - first) / max(last - first, 1e-9) * columns))
        marks = first + places / columns * (last - first)
        low_edge, high_edge = self._ranges[UPPER]
        ends = (low_edge, low_edge * (1 - MARK), high_edge * (1 - MARK), high_edge)
        self.clip_marks.setData(np.repeat(marks, 4), np.tile(ends, len(marks)))

    # -- hands --------------------------------------------------------------------------------

    def _on_drag(self, line: pg.InfiniteLine) -> None:
        seconds = min(max(float(line.value()), 0.0), self.length)
        self.show_time(seconds)
        self.sought.emit(seconds)

    def _on_mouse(self, place: QPointF) -> None:
        for name, pane in self.panes.items():
            if pane.isVisible() and pane.sceneBoundingRect().contains(place):
                point = pane.mapSceneToView(place)
                for hair in self._hairs.values():
                    hair.setPos(point.x())
                    hair.show()
                self.pointed.emit((float(point.x()), float(point.y()), name))
                return
        self._leave()

    def _leave(self) -> None:
        for hair in self._hairs.values():
            hair.hide()
        self.pointed.emit(None)

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().leaveEvent(event)
        self._leave()

    # -- looks --------------------------------------------------------------------------------

    def dress(self) -> None:
        """Take on the colours of the theme in force."""
        theme = current_theme()
        self.setBackground(theme.colour("field"))
        font = QFont(self.font())
        font.setPixelSize(FONT_PIXELS)
        for axis in (*self._values.values(), *self._seconds.values()):
            axis.setPen(pg.mkPen(theme.colour("text_off")))
            axis.setTextPen(pg.mkPen(theme.colour("text_dim")))
            axis.setTickFont(font)
        for line in self.playheads.values():
            line.setPen(pg.mkPen(theme.colour("select"), width=1.5))
            line.setHoverPen(pg.mkPen(theme.colour("select"), width=3))
        for hair in self._hairs.values():
            hair.setPen(pg.mkPen(theme.colour("text_off"), width=1, style=Qt.PenStyle.DotLine))
        self.clip_marks.setPen(pg.mkPen(theme.colour("error"), width=2))
        self.name_values(self._names[UPPER], self._names[LOWER])

    def name_values(self, upper: str, lower: str) -> None:
        """Say what is counted at the left."""
        self._names = {UPPER: upper, LOWER: lower}
        colour = current_theme().colours["text_dim"]
        for name, text in self._names.items():
            axis = self._values[name]
            axis.setLabel(text, **{"color": colour, "font-size": f"{FONT_PIXELS}px"})
            axis.showLabel(bool(text))

    @staticmethod
    def _pen(colour: str) -> object:
        # One pixel: wider lines take Qt a hundred times longer, at every move of the playhead.
        return pg.mkPen(QColor(colour), width=1)


def _bounds(curves: list[FloatArray], low: float, high: float) -> tuple[float, float]:
    """The least and the largest of some curves, and of two numbers."""
    for curve in curves:
        finite = curve[np.isfinite(curve)]
        low = min(low, float(finite.min(initial=low)))
        high = max(high, float(finite.max(initial=high)))
    return low, high
