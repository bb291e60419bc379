"""The plane on which the curves of a motion are pulled and their keys are moved."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.ui.panels.plane import REACH, RULER, Plane
from nodes.sdk.values import Motion
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.editing import OffsetKey, Offsets, Way, curve_of, edited, pulled, shifted

#: Keys are set to thousandths of a second.
DIGITS = 3
#: Values that a plane of coefficients shows at least.
LEAST = 0.4


@dataclass(frozen=True)
class Picked:
    """A key by its curve and its time in seconds."""

    name: str
    seconds: float


class MotionPlot(Plane):
    """Draws what comes in dashed, what it becomes solid, and the keys of the change on it.

    A press beside every key pulls the curve under it; a double click sets a key there.

    Signals:
        offsets_changed: (label, keys by curve, merge): an edit of the changes.
        selection_changed: other keys are selected.
    """

    offsets_changed = Signal(str, object, str)
    selection_changed = Signal()

    def __init__(self, session: Any, parent: QWidget) -> None:
        super().__init__(session, parent)
        self.reach = 0.15
        self.motion: Motion | None = None
        self.offsets: Offsets = {}
        self.selected: frozenset[Picked] = frozenset()
        self._colours: Mapping[str, str] = {}
        self._before: dict[str, FloatArray] = {}
        self._after: dict[str, FloatArray] = {}
        self._base: frozenset[Picked] = frozenset()
        self._start: tuple[Offsets, frozenset[Picked]] = ({}, frozenset())
        self._pulls: tuple[str, float] | None = None
        self._gesture = 0
        self.setAccessibleName("Curves of the motion")

    # -- what it shows ------------------------------------------------------------------------

    def show_motion(
        self, motion: Motion | None, offsets: Offsets, strength: float, colours: Mapping[str, str]
    ) -> None:
        """Show curves of a motion by their names and colours, with the changes laid over them."""
        self.motion, self.offsets, self._colours = motion, offsets, colours
        self._before, self._after = {}, {}
        if motion is not None and len(motion.coefficients):
            made = edited(motion, {name: keys for name, keys in offsets.items() if name in colours}, strength)
            self._before = {name: curve_of(motion, name) for name in colours}
            self._after = {name: curve_of(made, name) for name in colours}
        there = {Picked(name, key.seconds) for name in self._after for key in offsets.get(name, ())}
        self._select(self.selected & there)
        self.update()

    def fit(self) -> None:
        """Bring all of the curves into view."""
        if self.motion is None or not self._after:
            return
        curves = [*self._after.values(), *self._before.values()]
        low, high = min(float(c.min()) for c in curves), max(float(c.max()) for c in curves)
        self.show_area(0.0, self.motion.seconds * self._fps, low, high, least=LEAST)

    @property
    def _fps(self) -> float:
        return float(self.session.graph.settings.fps)

    def value_of(self, name: str, seconds: float) -> float:
        """What a curve has become at a moment."""
        assert self.motion is not None
        curve = self._after[name]
        return float(np.interp(seconds * self.motion.fps, np.arange(len(curve)), curve))

    def place_of(self, picked: Picked) -> QPointF:
        """The pixel of a key: on its curve, wherever the change has led that."""
        return self.at(picked.seconds * self._fps, self.value_of(picked.name, picked.seconds))

    def _keys(self) -> Iterable[tuple[Picked, OffsetKey]]:
        for name in self._after:
            for key in self.offsets.get(name, ()):
                yield Picked(name, key.seconds), key

    def key_at(self, point: QPointF) -> Picked | None:
        """The key under a pixel."""
        found = [(_distance(self.place_of(picked), point), picked) for picked, _ in self._keys()]
        nearest = min(found, key=lambda pair: pair[0], default=None)
        return nearest[1] if nearest is not None and nearest[0] < REACH else None

    def curve_at(self, point: QPointF) -> str | None:
        """The curve under a pixel."""
        if self.motion is None:
            return None
        seconds = self.read(point)[0] / self._fps
        found = [
            (abs(self.place_of(Picked(name, seconds)).y() - point.y()), name)
            for name in self._after
            if 0 <= seconds <= self.motion.seconds
        ]
        nearest = min(found, default=None)
        return nearest[1] if nearest is not None and nearest[0] < REACH else None

    def _select(self, picked: frozenset[Picked]) -> None:
        if picked != self.selected:
            self.selected = picked
            self.selection_changed.emit()
            self.update()

    # -- hands --------------------------------------------------------------------------------

    def begin(self, point: QPointF, keys: Qt.KeyboardModifier) -> str:
        picked, name = self.key_at(point), self.curve_at(point)
        adds = keys & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.ControlModifier)
        self._gesture += 1
        if picked is not None:
            if adds:
                self._select(self.selected ^ {picked})
            elif picked not in self.selected:
                self._select(frozenset({picked}))
            self._start = (self.offsets, self.selected)
            return "keys"
        if name is not None and not adds:
            self._start = (self.offsets, frozenset())
            self._pulls = (name, round(max(self.read(point)[0] / self._fps, 0.0), DIGITS))
            return "pull"
        self._base = self.selected if adds else frozenset()
        self._select(self._base)
        return "marquee"

    def go_on(self, point: QPointF, keys: Qt.KeyboardModifier) -> None:
        assert self._press is not None
        step = point - self._press
        if step.manhattanLength() < 3 and self.offsets is self._start[0]:
            return
        frames, amount = self.way(step)
        if self._mode == "pull" and self._pulls is not None:
            name, seconds = self._pulls
            changed = pulled(self._start[0].get(name, ()), seconds, amount, self.reach)
            self.selected = frozenset({Picked(name, seconds)})
            self._tell(f"Pull {name}", {name: changed})
        elif self._mode == "keys":
            if keys & Qt.KeyboardModifier.ShiftModifier:
                frames, amount = (frames, 0.0) if abs(step.x()) > abs(step.y()) else (0.0, amount)
            self._move_keys(round(frames / self._fps, DIGITS), amount)

    def _move_keys(self, seconds: float, amount: float) -> None:
        offsets, picked = self._start
        seconds = max(seconds, -min((each.seconds for each in picked), default=0.0))
        changed = {}
        for name in {each.name for each in picked}:
            chosen = frozenset(each.seconds for each in picked if each.name == name)
            changed[name] = shifted(offsets.get(name, ()), chosen, seconds, amount)
        self.selected = frozenset(Picked(each.name, round(each.seconds + seconds, 4)) for each in picked)
        self._tell("Move keys", changed)

    def _tell(self, label: str, changed: Offsets) -> None:
        self.offsets_changed.emit(label, {**self._start[0], **changed}, f"motion {id(self)} {self._gesture}")

    def hover(self, point: QPointF) -> None:
        shapes = Qt.CursorShape
        over_key, over_curve = self.key_at(point) is not None, self.curve_at(point) is not None
        self.setCursor(
            shapes.SizeAllCursor if over_key else shapes.SizeVerCursor if over_curve else shapes.ArrowCursor
        )

    def choose_inside(self, area: QRectF) -> None:
        inside = frozenset(picked for picked, _ in self._keys() if area.contains(self.place_of(picked)))
        self._select(self._base | inside)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        point, name = event.position(), self.curve_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and name is not None and point.y() >= RULER:
            seconds = round(max(self.read(point)[0] / self._fps, 0.0), DIGITS)
            keys = pulled(self.offsets.get(name, ()), seconds, 0.0, 0.0)
            self.offsets_changed.emit("Add key", {**self.offsets, name: keys}, "")
            self._select(frozenset({Picked(name, seconds)}))

    def delete_selected(self) -> None:
        self._change_selected("Delete keys", lambda _key: None)

    def nudge(self, frames: int, amount: float) -> None:
        if self.selected:
            self._start = (self.offsets, self.selected)
            self._gesture += 1
            self._move_keys(frames / self._fps, amount)
            self.session.document.finish_gesture()

    def walk(self, direction: int) -> None:
        every = [picked for picked, _ in self._keys()]
        if every:
            last = next((picked for picked in reversed(every) if picked in self.selected), None)
            at = every.index(last) + direction if last is not None else 0
            self._select(frozenset({every[at % len(every)]}))

    def shape_selected(self, way: Way) -> None:
        """Say how the change goes on from the selected keys."""
        self._change_selected(f"Make keys {way}", lambda key: replace(key, way=way))

    def ways_of_selected(self) -> set[Way]:
        """How the change goes on from the selected keys."""
        return {key.way for picked, key in self._keys() if picked in self.selected}

    def _change_selected(self, label: str, change: Any) -> None:
        chosen = self.selected
        if chosen:
            made = {
                name: tuple(
                    new
                    for key in keys
                    if (new := change(key) if Picked(name, key.seconds) in chosen else key) is not None
                )
                for name, keys in self.offsets.items()
            }
            self.offsets_changed.emit(label, made, "")

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        self.paint_ground(painter)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.motion is not None:
            for name in self._after:
                self._paint_curve(painter, name, self.motion.fps)
            for picked, key in self._keys():
                colour = QColor(self._colours[picked.name])
                self.paint_key(painter, self.place_of(picked), key.way, colour, picked in self.selected)
        self.paint_over(painter)
        painter.end()

    def _paint_curve(self, painter: QPainter, name: str, rate: float) -> None:
        first, last = (self.read(QPointF(x, 0))[0] / self._fps * rate for x in (0, self.width()))
        count = len(self._after[name])
        step = max(int((last - first) / max(self.width(), 1)), 1)
        shown = np.arange(max(int(first) - 1, 0), min(int(last) + 2, count), step)
        colour, dim = QColor(self._colours[name]), QColor(self._colours[name])
        dim.setAlpha(130)
        behind = QPen(dim, 1.0, Qt.PenStyle.DashLine)
        if name in self.offsets:
            painter.setPen(behind)
            painter.drawPolyline(self._line(shown, self._before[name], rate))
        painter.setPen(QPen(colour, 1.6))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(self._line(shown, self._after[name], rate))

    def _line(self, shown: FloatArray, curve: FloatArray, rate: float) -> QPolygonF:
        frames = shown / rate * self._fps
        return QPolygonF([self.at(float(x), float(y)) for x, y in zip(frames, curve[shown], strict=True)])


def _distance(one: QPointF, other: QPointF) -> float:
    return math.hypot(one.x() - other.x(), one.y() - other.y())
