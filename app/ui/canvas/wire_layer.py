"""All wires in one item: drawn one by one where they can be told apart, in batches when zoomed out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from app.ui.canvas.paints import CURVES_FROM, paints
from app.ui.canvas.wiring import Wire

EXTENT = 1.0e6
WIDTH = 2.0
BEND = 4.5
#: Canvas units around a wire's path that its stroke may cover.
STROKE_MARGIN = 8.0


class DrawnWire:
    """A wire's path.

    Attributes:
        points: where it starts, its bends, where it ends.
        path, area: its curve, and what that covers.
        colour: "#rrggbb".
    """

    __slots__ = ("area", "colour", "path", "points")

    def __init__(self, points: Sequence[QPointF], colour: str) -> None:
        self.points = list(points)
        self.colour = colour
        self.path = curve_through(points)
        self.area = self.path.controlPointRect().adjusted(
            -STROKE_MARGIN, -STROKE_MARGIN, STROKE_MARGIN, STROKE_MARGIN
        )


class WireLayer(QGraphicsItem):
    """Holds and paints the wires of a graph."""

    def __init__(self) -> None:
        super().__init__()
        self.wires: dict[Wire, DrawnWire] = {}
        self._by_node: dict[str, set[Wire]] = {}
        self._batches: dict[str, QPainterPath] | None = None
        #: Wires that change at every step of a drag; they are kept out of the batches.
        self._moving: frozenset[Wire] = frozenset()
        self._marked: frozenset[Wire] = frozenset()
        self._hidden: Wire | None = None
        # Without this the exposed rectangle is the whole item, and every wire would be drawn.
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(-1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:  # noqa: N802 - Qt's name
        return QRectF(-EXTENT, -EXTENT, 2 * EXTENT, 2 * EXTENT)

    # -- what it holds ------------------------------------------------------------------------

    def put(self, wire: Wire, points: Sequence[QPointF], colour: str) -> None:
        """Add a wire, or move it."""
        old = self.wires.get(wire)
        if old is not None:
            self.update(old.area)
        drawn = DrawnWire(points, colour)
        self.wires[wire] = drawn
        self._by_node.setdefault(wire.source.node, set()).add(wire)
        self._by_node.setdefault(wire.target, set()).add(wire)
        self.update(drawn.area)
        if wire not in self._moving:
            self._batches = None

    def drop(self, wire: Wire) -> None:
        """Remove a wire."""
        drawn = self.wires.pop(wire, None)
        if drawn is None:
            return
        for node in (wire.source.node, wire.target):
            self._by_node.get(node, set()).discard(wire)
        self.update(drawn.area)
        self._batches = None

    def of_node(self, name: str) -> Iterable[Wire]:
        """The wires that touch a node."""
        return self._by_node.get(name, ())

    def set_moving(self, wires: Iterable[Wire]) -> None:
        """Say which wires will change at every step from now on."""
        self._moving = frozenset(wires)
        self._batches = None

    def mark(self, wires: Iterable[Wire]) -> None:
        """Light up some wires and no others."""
        marked = frozenset(wires)
        if marked != self._marked:
            for wire in marked ^ self._marked:
                self.refresh(wire)
            self._marked = marked

    def hide_wire(self, wire: Wire | None) -> None:
        """Leave out one wire, the one that is being dragged away."""
        if wire != self._hidden:
            for changed in (wire, self._hidden):
                if changed is not None:
                    self.refresh(changed)
            self._hidden = wire
            self._batches = None

    def refresh(self, wire: Wire) -> None:
        if wire in self.wires:
            self.update(self.wires[wire].area)

    # -- finding ------------------------------------------------------------------------------

    def nearest(self, point: QPointF, reach: float) -> Wire | None:
        """The wire nearest to a point on the canvas within reach."""
        around = QRectF(point.x() - reach, point.y() - reach, 2 * reach, 2 * reach)
        best, best_distance = None, reach
        for wire, drawn in self.wires.items():
            if wire == self._hidden or not drawn.area.intersects(around):
                continue
            if not drawn.path.intersects(around):
                continue
            distance = _distance(drawn.path, point)
            if distance < best_distance:
                best, best_distance = wire, distance
        return best

    def crossed_by(self, start: QPointF, end: QPointF) -> list[Wire]:
        """The wires that a straight stroke crosses."""
        area = QRectF(start, end).normalized().adjusted(-1, -1, 1, 1)
        return [
            wire
            for wire, drawn in self.wires.items()
            if drawn.area.intersects(area) and _crosses(drawn.path, start, end)
        ]

    def bend_near(self, point: QPointF, reach: float) -> tuple[Wire, int] | None:
        """The bend within reach of a point: its wire and its index among that wire's bends."""
        for wire, drawn in self.wires.items():
            for index, bend in enumerate(drawn.points[1:-1]):
                if (bend - point).manhattanLength() <= reach * 1.4:
                    return wire, index
        return None

    def slot_for_bend(self, wire: Wire, point: QPointF) -> int:
        """At which place among a wire's bends a new one at a point belongs."""
        points = self.wires[wire].points
        lengths = [
            _distance(curve_through(points[index : index + 2]), point) for index in range(len(points) - 1)
        ]
        return lengths.index(min(lengths))

    # -- painting -----------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        kit = paints()
        zoom = painter.worldTransform().m11()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if zoom < CURVES_FROM:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            for colour, path in self._batched().items():
                painter.setPen(kit.wire(colour, 0))
                painter.drawPath(path)
            singles: Iterable[Wire] = [*self._moving, *self._marked]
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
            exposed = option.exposedRect
            singles = [wire for wire, drawn in self.wires.items() if drawn.area.intersects(exposed)]
        for wire in singles:
            drawn = self.wires.get(wire)
            if drawn is None or wire == self._hidden:
                continue
            marked = wire in self._marked
            painter.setPen(kit.wire(drawn.colour, 4.0 if marked else WIDTH if zoom >= CURVES_FROM else 0))
            painter.drawPath(drawn.path)
            if len(drawn.points) > 2 and zoom >= CURVES_FROM:
                painter.setBrush(kit.wire(drawn.colour, WIDTH).color())
                for bend in drawn.points[1:-1]:
                    painter.drawEllipse(bend, BEND, BEND)
                painter.setBrush(Qt.BrushStyle.NoBrush)

    def _batched(self) -> Mapping[str, QPainterPath]:
        if self._batches is None:
            self._batches = {}
            for wire, drawn in self.wires.items():
                if wire not in self._moving and wire != self._hidden:
                    self._batches.setdefault(drawn.colour, QPainterPath()).addPath(drawn.path)
        return self._batches


def curve_through(points: Sequence[QPointF]) -> QPainterPath:
    """A curve that leaves each point to the right and enters the next from the left."""
    path = QPainterPath(points[0])
    for start, end in itertools.pairwise(points):
        across = end.x() - start.x()
        pull = max(abs(across) * 0.45, min(60.0, abs(end.y() - start.y()) * 0.5 + 16))
        if across < 0:
            pull = min(pull, 160.0)
        path.cubicTo(start.x() + pull, start.y(), end.x() - pull, end.y(), end.x(), end.y())
    return path


def _samples(path: QPainterPath) -> list[QPointF]:
    polygons = path.toSubpathPolygons(QTransform())
    return [polygon.at(index) for polygon in polygons for index in range(polygon.size())]


def _distance(path: QPainterPath, point: QPointF) -> float:
    """The distance of a point from a curve."""
    best = float("inf")
    samples = _samples(path)
    for start, end in itertools.pairwise(samples):
        dx, dy = end.x() - start.x(), end.y() - start.y()
        length = dx * dx + dy * dy
        t = 0.0 if length == 0 else ((point.x() - start.x()) * dx + (point.y() - start.y()) * dy) / length
        t = min(max(t, 0.0), 1.0)
        x, y = start.x() + t * dx - point.x(), start.y() + t * dy - point.y()
        best = min(best, (x * x + y * y) ** 0.5)
    return best


def _crosses(path: QPainterPath, start: QPointF, end: QPointF) -> bool:
    def side(a: QPointF, b: QPointF, c: QPointF) -> float:
        return (b.x() - a.x()) * (c.y() - a.y()) - (b.y() - a.y()) * (c.x() - a.x())

    samples = _samples(path)
    for first, second in itertools.pairwise(samples):
        apart = side(first, second, start) * side(first, second, end)
        if apart <= 0 and side(start, end, first) * side(start, end, second) <= 0:
            return True
    return False
