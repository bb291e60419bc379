"""Pins stuck into a picture, which pull it along."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.ui.session import Session
from app.ui.viewers.framing import Framing
from app.ui.viewers.node_tool import LINE, NodeTool, Point, Sight, Tool, source_of
from nodes.image._pins import MOST_PINS, Pins, pins_text, read_pins
from nodes.image._pins import source_of as unpulled
from nodes.sdk.errors import NodeError
from nodes.sdk.values.arrays import FloatArray

RADIUS = 5.5
#: Below this strength a drag of the pulled picture would throw a pin off; it then sets the pin itself.
FAINTEST = 0.05


class PinTool(NodeTool):
    """Stick in pins, drag them, take them out; each drag is one step."""

    advice = "Click to stick in a pin, drag it to pull, Shift and a click takes it out"
    parameters = ("pins",)

    def __init__(self, session: Session, node: str, size: tuple[float, float], *, pulled: bool) -> None:
        """`pulled` says that the picture in front is the node's own, not the one it is given."""
        super().__init__(session, node, size)
        self._pulled = pulled
        self._held: int | None = None
        self._offset = np.zeros(2)
        self._merge = ""

    @classmethod
    def over(cls, session: Session, node: str, sight: Sight) -> Tool | None:
        if sight.node == node:
            return cls(session, node, sight.size, pulled=True)
        given = source_of(session, node, "image") == sight.node
        return cls(session, node, sight.size, pulled=False) if given else None

    # -- the pins -----------------------------------------------------------------------------

    def _pins(self) -> Pins | None:
        """What is stuck in; None when the text is no pins, which the node itself complains of."""
        try:
            return read_pins(str(self.get("pins")))
        except NodeError:
            return None

    def _strength(self) -> float:
        strength = float(self.get("strength"))
        return strength if abs(strength) >= FAINTEST else 1.0

    def _shown(self, pins: Pins) -> FloatArray:
        """Where the pins are seen, in picture pixels: N x 2."""
        places = pins.pulled(self._strength()).place if self._pulled else pins.rest
        return places * self.size[0]

    def _nearest(self, pins: Pins, at: Point, reach: float) -> int | None:
        if not len(pins):
            return None
        gaps = np.linalg.norm(self._shown(pins) - at, axis=1)
        nearest = int(gaps.argmin())
        return nearest if gaps[nearest] < 1.5 * reach else None

    def _unpulled(self, pins: Pins, at: FloatArray) -> FloatArray:
        """Which place of the given picture is seen at a place of the pulled one, in widths."""
        stuck = pins.pulled(float(self.get("strength")))
        if self.get("hold_border"):
            stuck = stuck.with_border(self.size[1] / self.size[0])
        return unpulled(at[None], stuck, self.get("keeps"), float(self.get("near")))[0]

    # -- the hand -----------------------------------------------------------------------------

    def cursor(self, at: Point, reach: float) -> Qt.CursorShape | None:
        pins = self._pins()
        if pins is None or not self.inside(at):
            return None
        over = self._nearest(pins, at, reach) is not None
        return Qt.CursorShape.SizeAllCursor if over else Qt.CursorShape.CrossCursor

    def press(self, at: Point, reach: float, modifiers: Qt.KeyboardModifier) -> bool:
        pins = self._pins()
        if pins is None:
            return False
        self._held = self._nearest(pins, at, reach)
        self._merge = self.new_gesture()
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            if self._held is None:
                return False
            kept = np.arange(len(pins)) != self._held
            self._held = None
            self.set("Take out pin", {"pins": pins_text(Pins(pins.rest[kept], pins.place[kept]))})
            return True
        if self._held is None:
            if not self.inside(at) or len(pins) >= MOST_PINS:
                return False
            self._held = len(pins)
            pins = self._with_new(pins, np.asarray(at) / self.size[0])
            self.set("Stick in pin", {"pins": pins_text(pins)}, self._merge)
            # One step with the drag that follows, as long as it lasts.
        self._offset = self._shown(pins)[self._held] - at
        return True

    def _with_new(self, pins: Pins, place: FloatArray) -> Pins:
        rest = self._unpulled(pins, place) if self._pulled and len(pins) else place
        pulled = rest + (place - rest) / self._strength()
        return Pins(np.vstack([pins.rest, rest]), np.vstack([pins.place, pulled]))

    def move(self, at: Point) -> None:
        pins = self._pins()
        if self._held is None or pins is None or self._held >= len(pins):
            return
        to = (np.asarray(at) + self._offset) / self.size[0]
        rest, place = pins.rest.copy(), pins.place.copy()
        if self._pulled:
            place[self._held] = rest[self._held] + (to - rest[self._held]) / self._strength()
        else:
            place[self._held] += to - rest[self._held]
            rest[self._held] = to
        self.set("Pull pin", {"pins": pins_text(Pins(rest, place))}, self._merge)

    def release(self) -> None:
        self._held = None

    # -- painting -----------------------------------------------------------------------------

    def paint(self, painter: QPainter, framing: Framing, hover: Point | None) -> None:
        pins = self._pins()
        if pins is None:
            return
        near = self._held
        if near is None and hover is not None:
            near = self._nearest(pins, hover, 8.0 / framing.zoom)
        for number, (place, rest) in enumerate(zip(self._shown(pins), pins.rest * self.size[0], strict=True)):
            centre, origin = (QPointF(*framing.to_view(*point)) for point in (place, rest))
            if self._pulled and (centre - origin).manhattanLength() > 2:
                for colour, width in ((QColor(0, 0, 0, 130), 3.0), (LINE, 1.2)):
                    painter.setPen(QPen(colour, width))
                    painter.drawLine(origin, centre)
            radius = RADIUS + 2 if number == near else RADIUS
            painter.setPen(QPen(QColor(0, 0, 0, 190), 2.5))
            painter.setBrush(LINE)
            painter.drawEllipse(centre, radius, radius)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor("#20242a"))
            painter.drawEllipse(centre, 1.8, 1.8)
