"""The plane on which keyframe curves are drawn and their keys are moved."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.document.commands import KeyPlace, Track, add_key, delete_keys, key_bounds, shift_keys
from app.document.curve import Curve
from app.document.graph import Graph
from app.ui.panels.plane import REACH, RULER, Plane


class CurvePlot(Plane):
    """Draws curves; keys are dragged, added and removed.

    Signals:
        selection_changed: other keys are selected.
    """

    selection_changed = Signal()

    def __init__(self, session: Any, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.curves: dict[Track, Curve] = {}
        self._colours: dict[Track, str] = {}
        self.selected: frozenset[KeyPlace] = frozenset()
        self._base: frozenset[KeyPlace] = frozenset()
        self._before: tuple[Graph, frozenset[KeyPlace]] | None = None
        self._gesture = 0
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
        if found is not None:
            self.show_area(*found)

    def _select(self, places: frozenset[KeyPlace]) -> None:
        if places != self.selected:
            self.selected = places
            self.selection_changed.emit()
            self.update()

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

    def begin(self, point: QPointF, keys: Qt.KeyboardModifier) -> str:
        place = self.key_at(point)
        adds = keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        if place is None:
            self._base = self.selected if adds else frozenset()
            self._select(self._base)
            return "marquee"
        if adds:
            self._select(self.selected ^ {place})
        elif place not in self.selected:
            self._select(frozenset({place}))
        self._gesture += 1
        self._before = (self.session.graph, self.selected)
        return "keys"

    def hover(self, point: QPointF) -> None:
        over = self.key_at(point) is not None
        self.setCursor(Qt.CursorShape.SizeAllCursor if over else Qt.CursorShape.ArrowCursor)

    def choose_inside(self, area: QRectF) -> None:
        inside = frozenset(
            KeyPlace(track, key.frame)
            for track, curve in self.curves.items()
            for key in curve.keys
            if area.contains(self.at(key.frame, key.value))
        )
        self._select(self._base | inside)

    def go_on(self, point: QPointF, keys: Qt.KeyboardModifier) -> None:
        assert self._press is not None and self._before is not None
        step = point - self._press
        if step.manhattanLength() < 3 and self.session.graph is self._before[0]:
            return
        frames, amount = self.way(step)
        if keys & Qt.KeyboardModifier.ShiftModifier:
            # One direction only: the one that was dragged farther.
            frames, amount = (frames, 0.0) if abs(step.x()) > abs(step.y()) else (0.0, amount)
        start, places = self._before
        now, moved = shift_keys(start, self.session.registry, places, frames, amount)
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
        super().mouseReleaseEvent(event)
        self._before = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        point, track = event.position(), self.curve_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and track is not None and point.y() >= RULER:
            frame = float(round(self.read(point)[0]))
            value, registry = self.curves[track].at(frame), self.session.registry
            self.session.edit("Add key", lambda graph: add_key(graph, registry, track, frame, value))
            self._select(frozenset({KeyPlace(track, frame)}))

    def delete_selected(self) -> None:
        places, registry = self.selected, self.session.registry
        if places:
            self.session.edit("Delete keys", lambda graph: delete_keys(graph, registry, places))

    def nudge(self, frames: int, amount: float) -> None:
        if self.selected:
            now, moved = shift_keys(self.session.graph, self.session.registry, self.selected, frames, amount)
            self.selected = moved
            self.session.edit("Move keys", lambda _graph: now)

    def walk(self, direction: int) -> None:
        every = [KeyPlace(track, key.frame) for track, curve in self.curves.items() for key in curve.keys]
        if every:
            last = max(self.selected, key=every.index, default=None)
            at = every.index(last) + direction if last is not None else 0
            self._select(frozenset({every[at % len(every)]}))

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        self.paint_ground(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for track, curve in self.curves.items():
            self._paint_curve(painter, track, curve, QColor(self._colours[track]))
        self.paint_over(painter)
        painter.end()

    def _paint_curve(self, painter: QPainter, track: Track, curve: Curve, colour: QColor) -> None:
        points = QPolygonF()
        for x in range(0, self.width() + 2, 2):
            frame = self._left + x / max(self.width(), 1) * self._frames
            points.append(QPointF(x, self.at(frame, curve.at(frame)).y()))
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(points)
        for key in curve.keys:
            chosen = KeyPlace(track, key.frame) in self.selected
            self.paint_key(painter, self.at(key.frame, key.value), key.interpolation, colour, chosen)
