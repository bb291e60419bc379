"""The plane on which curves are drawn and their keys are moved."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.document.commands import KeyPlace, Track, add_key, delete_keys, key_bounds, shift_keys
from app.document.curve import Curve
from app.document.graph import Graph
from app.ui.theme import current_theme

#: Hues of the curves, after Okabe and Ito, light enough for a dark and dark enough for a light ground.
HUES = ("#e69f00", "#56b4e9", "#22a97f", "#d6c200", "#3d86c6", "#d5703a", "#cc79a7", "#9a9aa2")
REACH = 8.0
KEY = 4.5
RULER = 20


class CurvePlot(QWidget):
    """Draws curves; keys are dragged, added and removed.

    Signals:
        selection_changed: other keys are selected.
    """

    selection_changed = Signal()

    def __init__(self, session: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.session = session
        self.curves: dict[Track, Curve] = {}
        self._colours: dict[Track, str] = {}
        self.selected: frozenset[KeyPlace] = frozenset()
        self._left, self._frames = -5.0, 60.0
        self._bottom, self._span = -0.2, 1.4
        self._press: QPointF | None = None
        self._mode = ""
        self._before: tuple[Graph, frozenset[KeyPlace]] | None = None
        self._marquee: QRectF | None = None
        self._gesture = 0
        self.setMinimumSize(200, 100)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Curves")

    # -- what it shows ------------------------------------------------------------------------

    def show_curves(self, shown: dict[Track, Curve], colours: dict[Track, str]) -> None:
        """Show other curves in their colours; selected keys that are still there stay selected."""
        self._colours = colours
        there = {KeyPlace(track, key.frame) for track, curve in shown.items() for key in curve.keys}
        self.curves = shown
        self._select(self.selected & there)
        self.update()

    def fit(self) -> None:
        """Bring all keys into view."""
        found = key_bounds(self.curves)
        if found is None:
            return
        first, last, low, high = found
        self._frames = max(last - first, 10.0) * 1.16
        self._left = first - (self._frames - (last - first)) / 2
        self._span = max(high - low, 0.1) * 1.4
        self._bottom = (low + high) / 2 - self._span / 2
        self.update()

    def _select(self, places: frozenset[KeyPlace]) -> None:
        if places != self.selected:
            self.selected = places
            self.selection_changed.emit()
            self.update()

    # -- places -------------------------------------------------------------------------------

    def at(self, frame: float, value: float) -> QPointF:
        """The pixel of a frame and a value."""
        x = (frame - self._left) / self._frames * self.width()
        y = RULER + (1 - (value - self._bottom) / self._span) * (self.height() - RULER)
        return QPointF(x, y)

    def read(self, point: QPointF) -> tuple[float, float]:
        """The frame and the value of a pixel."""
        frame = self._left + point.x() / max(self.width(), 1) * self._frames
        part = (point.y() - RULER) / max(self.height() - RULER, 1)
        return frame, self._bottom + (1 - part) * self._span

    def key_at(self, point: QPointF) -> KeyPlace | None:
        """The key under a pixel."""
        best, nearest = None, REACH
        for track, curve in self.curves.items():
            for key in curve.keys:
                step = self.at(key.frame, key.value) - point
                distance = math.hypot(step.x(), step.y())
                if distance < nearest:
                    best, nearest = KeyPlace(track, key.frame), distance
        return best

    def curve_at(self, point: QPointF) -> Track | None:
        """The curve under a pixel."""
        frame, _ = self.read(point)
        best, nearest = None, REACH
        for track, curve in self.curves.items():
            distance = abs(self.at(frame, curve.at(frame)).y() - point.y())
            if distance < nearest:
                best, nearest = track, distance
        return best

    # -- hands --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        point = event.position()
        self._press = self._last = point
        keys = event.modifiers()
        if event.button() == Qt.MouseButton.MiddleButton or keys & Qt.KeyboardModifier.AltModifier:
            self._mode = "pan"
        elif event.button() != Qt.MouseButton.LeftButton:
            self._press = None
        elif point.y() < RULER:
            self._mode = "playhead"
            self._move_playhead(point)
        else:
            self._press_key(point, keys)

    def _press_key(self, point: QPointF, keys: Qt.KeyboardModifier) -> None:
        place = self.key_at(point)
        adds = keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        if place is None:
            self._mode = "marquee"
            self._base = self.selected if adds else frozenset()
            self._select(self._base)
            return
        if adds:
            self._select(self.selected ^ {place})
        elif place not in self.selected:
            self._select(frozenset({place}))
        self._mode = "keys"
        self._gesture += 1
        self._before = (self.session.graph, self.selected)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        point = event.position()
        if self._press is None:
            over = self.key_at(point) is not None
            self.setCursor(Qt.CursorShape.SizeAllCursor if over else Qt.CursorShape.ArrowCursor)
            return
        if self._mode == "pan":
            step = point - self._last
            self._left -= step.x() / max(self.width(), 1) * self._frames
            self._bottom += step.y() / max(self.height() - RULER, 1) * self._span
            self.update()
        elif self._mode == "playhead":
            self._move_playhead(point)
        elif self._mode == "marquee":
            self._marquee = QRectF(self._press, point).normalized()
            inside = frozenset(
                KeyPlace(track, key.frame)
                for track, curve in self.curves.items()
                for key in curve.keys
                if self._marquee.contains(self.at(key.frame, key.value))
            )
            self._select(self._base | inside)
            self.update()
        elif self._mode == "keys":
            self._drag_keys(point, event.modifiers())
        self._last = point

    def _drag_keys(self, point: QPointF, keys: Qt.KeyboardModifier) -> None:
        assert self._press is not None and self._before is not None
        step = point - self._press
        if step.manhattanLength() < 3 and self.session.graph is self._before[0]:
            return
        frames = step.x() / max(self.width(), 1) * self._frames
        amount = -step.y() / max(self.height() - RULER, 1) * self._span
        if keys & Qt.KeyboardModifier.ShiftModifier:
            # One direction only: the one that was dragged farther.
            frames, amount = (frames, 0.0) if abs(step.x()) > abs(step.y()) else (0.0, amount)
        start, places = self._before
        registry = self.session.registry
        now, moved = shift_keys(start, registry, places, frames, amount)
        tracks = {place.track for place in places}

        def apply(graph: Graph) -> Graph:
            for track in tracks:
                setting = now.nodes[track.node].parameters[track.parameter]
                graph = graph.with_parameter(track.node, track.parameter, setting)
            return graph

        # Selected before the edit: the edit shows the curves again and keeps what is selected.
        self.selected = moved
        self.session.edit("Move keys", apply, merge=f"curves {id(self)} {self._gesture}")
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if self._mode == "keys":
            self.session.document.finish_gesture()
        self._press, self._mode, self._before, self._marquee = None, "", None, None
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        track = self.curve_at(event.position())
        if (
            event.button() == Qt.MouseButton.LeftButton
            and track is not None
            and event.position().y() >= RULER
        ):
            frame = float(round(self.read(event.position())[0]))
            value, registry = self.curves[track].at(frame), self.session.registry
            self.session.edit("Add key", lambda graph: add_key(graph, registry, track, frame, value))
            self._select(frozenset({KeyPlace(track, frame)}))

    def _move_playhead(self, point: QPointF) -> None:
        self.session.set_frame(max(round(self.read(point)[0]), 0))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        turned = event.angleDelta().y() or event.angleDelta().x()
        factor = 1.15 ** (-turned / 120)
        frame, value = self.read(event.position())
        keys = event.modifiers()
        if not keys & Qt.KeyboardModifier.ShiftModifier:
            frames = min(max(self._frames * factor, 4.0), 1e6)
            self._left = frame - (frame - self._left) * frames / self._frames
            self._frames = frames
        if not keys & Qt.KeyboardModifier.ControlModifier:
            span = min(max(self._span * factor, 1e-3), 1e6)
            self._bottom = value - (value - self._bottom) * span / self._span
            self._span = span
        self.update()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.selected:
            places, registry = self.selected, self.session.registry
            self.session.edit("Delete keys", lambda graph: delete_keys(graph, registry, places))
        elif event.key() == Qt.Key.Key_F:
            self.fit()
        else:
            super().keyPressEvent(event)

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        theme = current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("canvas"))
        self._paint_grid(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for track, curve in self.curves.items():
            self._paint_curve(painter, track, curve, QColor(self._colours[track]))
        if self._marquee is not None:
            ground = QColor(theme.colour("select"))
            ground.setAlpha(28)
            painter.setPen(QPen(theme.colour("select"), 1, Qt.PenStyle.DashLine))
            painter.setBrush(ground)
            painter.drawRect(self._marquee)
        x = self.at(self.session.frame, 0).x()
        painter.setPen(QPen(theme.colour("select"), 1))
        painter.drawLine(QPointF(x, 0), QPointF(x, self.height()))
        painter.end()

    def _paint_grid(self, painter: QPainter) -> None:
        theme = current_theme()
        painter.fillRect(QRectF(0, 0, self.width(), RULER), theme.colour("panel"))
        frame_step = max(_step(self._frames / max(self.width() / 70, 1)), 1.0)
        value_step = _step(self._span / max((self.height() - RULER) / 34, 1))
        frame = math.ceil(self._left / frame_step) * frame_step
        while frame <= self._left + self._frames:
            x = self.at(frame, 0).x()
            painter.setPen(theme.colour("grid_major"))
            painter.drawLine(QPointF(x, RULER), QPointF(x, self.height()))
            painter.setPen(theme.colour("text_dim"))
            painter.drawText(QRectF(x - 30, 0, 60, RULER), Qt.AlignmentFlag.AlignCenter, f"{frame:g}")
            frame += frame_step
        value = math.ceil(self._bottom / value_step) * value_step
        while value <= self._bottom + self._span:
            y = self.at(0, value).y()
            if y > RULER:
                zero = abs(value) < value_step / 2
                painter.setPen(theme.colour("line" if zero else "grid_major"))
                painter.drawLine(QPointF(0, y), QPointF(self.width(), y))
                painter.setPen(theme.colour("text_dim"))
                below = y - 14 < RULER
                painter.drawText(QPointF(4, y + 12 if below else y - 3), f"{0.0 if zero else value:g}")
            value += value_step

    def _paint_curve(self, painter: QPainter, track: Track, curve: Curve, colour: QColor) -> None:
        points = QPolygonF()
        for x in range(0, self.width() + 2, 2):
            frame = self._left + x / max(self.width(), 1) * self._frames
            points.append(QPointF(x, self.at(frame, curve.at(frame)).y()))
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(points)
        theme = current_theme()
        for key in curve.keys:
            chosen = KeyPlace(track, key.frame) in self.selected
            size = KEY + 1.2 if chosen else KEY
            corners = [QPointF(0, -size), QPointF(size, 0), QPointF(0, size), QPointF(-size, 0)]
            if key.interpolation == "constant":
                corners = [
                    QPointF(-size, -size),
                    QPointF(size, -size),
                    QPointF(size, size),
                    QPointF(-size, size),
                ]
            place = self.at(key.frame, key.value)
            painter.setPen(QPen(theme.colour("text" if chosen else "canvas"), 1.4))
            painter.setBrush(theme.colour("select") if chosen else colour)
            if key.interpolation == "smooth":
                painter.drawEllipse(place, size - 0.4, size - 0.4)
            else:
                painter.drawPolygon(QPolygonF([place + corner for corner in corners]))


def _step(least: float) -> float:
    """The next of 1, 2, 5, 10, 20, ... above a number."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return next((factor * power for factor in (1, 2, 5) if factor * power >= least), 10 * power)
