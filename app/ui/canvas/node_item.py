"""A node on the canvas: one item that paints everything of it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from app.document.graph import NodeInstance
from app.engine.protocol import NodeState
from app.ui.canvas.badge import Badge, badge_of, paint_badge, tooltip_of
from app.ui.canvas.geometry import HEADER, WIDTH, NodeLayout, lay_out
from app.ui.canvas.node_texts import NodeTexts, placed
from app.ui.canvas.paints import (
    BLOCKS_BELOW,
    LABELS_FROM,
    SHADOWS_FROM,
    Paints,
    paints,
    socket_path,
    socket_style,
)
from app.ui.canvas.wiring import Side, Socket, Sockets
from nodes.sdk.node import NodeSpec

CORNER = 5.0
MARGIN = 12.0
REMARK = 18.0


class NodeItem(QGraphicsRectItem):
    """Paints a node; knows nothing of gestures.

    Attributes:
        name, instance, spec: what it shows; `spec` is None for an unknown kind.
        layout: where its parts stand.
    """

    def __init__(
        self,
        name: str,
        instance: NodeInstance,
        spec: NodeSpec | None,
        sockets: Sockets,
        stray: tuple[str, ...],
    ) -> None:
        super().__init__()
        self.name = name
        self.state: NodeState | None = None
        self.badge: Badge = badge_of(None)
        self._picture: QPixmap | None = None
        self._show_picture = True
        self._selected = False
        self._hovered = False
        self._slots: tuple[int, ...] = ()
        self._pinned = False
        #: While a wire is dragged: the sockets that it may end at. None when none is dragged.
        self._open_sockets: frozenset[tuple[Side, str]] | None = None
        self._snap: tuple[Side, str] | None = None
        self.setZValue(1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.instance, self.spec, self.sockets, self.stray = instance, spec, sockets, stray
        self._texts: NodeTexts | None = None
        self.setPos(instance.x, instance.y)
        self._lay_out()

    # -- what it shows ------------------------------------------------------------------------

    def show_instance(
        self, instance: NodeInstance, spec: NodeSpec | None, sockets: Sockets, stray: tuple[str, ...]
    ) -> None:
        """Show another state of the node."""
        before = (self.spec, self.sockets, self.stray, self.instance.label, self.instance.kind)
        self.instance, self.spec, self.sockets, self.stray = instance, spec, sockets, stray
        self.setPos(instance.x, instance.y)
        if before != (spec, sockets, stray, instance.label, instance.kind):
            self._lay_out()
        self.update()

    def _lay_out(self) -> None:
        picture = None
        if self._picture is not None and self._show_picture:
            picture = (self._picture.width(), self._picture.height())
        note = bool(self.spec and self.spec.note)
        self.layout: NodeLayout = lay_out(self.sockets, self.stray, picture, note=note)
        below = REMARK if self.instance.label else 0.0
        self.setRect(-MARGIN, -MARGIN, WIDTH + 2 * MARGIN, self.layout.height + 2 * MARGIN + below)
        self._sockets = placed(self.layout, self.sockets)
        self._texts = None
        self.update()

    def texts(self) -> NodeTexts:
        """What is written on it, made when it is first painted in full and for another theme."""
        kit = paints()
        if self._texts is None or self._texts.kit is not kit:
            self._texts = NodeTexts(kit, self.name, self.instance, self.spec, self.layout, self._sockets)
        return self._texts

    def set_stray(self, sockets: Sockets, stray: tuple[str, ...]) -> None:
        """Show sockets that only wires know of."""
        if (sockets, stray) != (self.sockets, self.stray):
            self.show_instance(self.instance, self.spec, sockets, stray)

    def set_state(self, state: NodeState | None) -> None:
        """Show what the engine said of the node."""
        self.state = state
        self.badge = badge_of(state)
        self.update()

    def set_picture(self, picture: QPixmap | None) -> None:
        """Show a thumbnail of at most PICTURE pixels."""
        resized = (picture.size() if picture else None) != (self._picture.size() if self._picture else None)
        self._picture = picture
        if resized and self._show_picture:
            self._lay_out()
        else:
            self.update()

    def show_picture(self, shown: bool) -> None:
        if shown != self._show_picture:
            self._show_picture = shown
            self._lay_out()

    def set_selected(self, selected: bool) -> None:
        if selected != self._selected:
            self._selected = selected
            self.setZValue(2 if selected else 1)
            self.update()

    def set_hovered(self, hovered: bool) -> None:
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def set_pinned(self, pinned: bool) -> None:
        """Show whether its results are kept whatever memory they take."""
        if pinned != self._pinned:
            self._pinned = pinned
            self.update()

    def set_viewed(self, slots: tuple[int, ...]) -> None:
        """Show which viewers look at the node."""
        if slots != self._slots:
            self._slots = slots
            self.update()

    def set_open_sockets(
        self, sockets: frozenset[tuple[Side, str]] | None, snap: tuple[Side, str] | None = None
    ) -> None:
        """While a wire is dragged: grey out what it may not end at, light up where it would."""
        if (sockets, snap) != (self._open_sockets, self._snap):
            self._open_sockets, self._snap = sockets, snap
            self.update()

    # -- where things are ---------------------------------------------------------------------

    def body(self) -> QRectF:
        """The node's body in canvas units."""
        return QRectF(self.x(), self.y(), WIDTH, self.layout.height)

    def socket_point(self, side: Side, name: str) -> QPointF:
        """The centre of a socket in canvas units; of an unknown one the middle of that side."""
        places = self.layout.inputs if side == "input" else self.layout.outputs
        x, y = places.get(name, (0.0 if side == "input" else WIDTH, HEADER / 2))
        return QPointF(self.x() + x, self.y() + y)

    def socket_near(self, point: QPointF, reach: float) -> tuple[float, Socket] | None:
        """The nearest socket within reach of a point on the canvas, with its distance."""
        best: tuple[float, Socket] | None = None
        for side, name, place, _, _ in self._sockets:
            dx, dy = point.x() - self.x() - place.x(), point.y() - self.y() - place.y()
            distance = (dx * dx + dy * dy) ** 0.5
            if distance <= reach and (best is None or distance < best[0]):
                best = (distance, Socket(self.name, name, side))
        return best

    def tooltip(self) -> str:
        """What a hovering cursor is told."""
        return tooltip_of(self.name, self.instance, self.spec, self.state)

    # -- painting -----------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        zoom = painter.worldTransform().m11()
        kit = paints()
        if zoom < BLOCKS_BELOW:
            self._paint_block(painter, kit)
            return
        detailed = zoom >= LABELS_FROM
        body = QRectF(0, 0, WIDTH, self.layout.height)
        if detailed:
            if zoom >= SHADOWS_FROM:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(kit.shadow)
                painter.drawRoundedRect(body.adjusted(-1, 2.5, 1, 3.5), CORNER + 1, CORNER + 1)
            self._paint_body(painter, kit, body)
        else:
            self._paint_plain_body(painter, kit, body)
        if self._show_picture and self._picture is not None and self.layout.picture:
            left, top, _, _ = self.layout.picture
            painter.drawPixmap(QPointF(left, top), self._picture)
        if detailed:
            self._paint_texts(painter, kit)
        else:
            painter.setPen(kit.text)
            painter.setFont(kit.title_font)
            painter.drawStaticText(QPointF(9, 10), self.texts().title)
        if self.instance.disabled or self.badge.blocked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(kit.veil)
            painter.drawRoundedRect(body, CORNER, CORNER)
        if self.instance.disabled:
            painter.setPen(kit.strike)
            painter.drawLine(QPointF(4, self.layout.height - 4), QPointF(WIDTH - 4, 4))
        if self._open_sockets is not None:
            self._paint_sockets(painter, kit)
        elif detailed:
            painter.setPen(kit.outline)
            for type_name, path in self.texts().marks.items():
                painter.setBrush(kit.socket(type_name))
                painter.drawPath(path)
        else:
            self._paint_plain_sockets(painter, kit)
        paint_badge(painter, kit, self.badge, WIDTH, detailed=detailed)
        if self._pinned:
            self._paint_pin(painter, kit)
        if self._slots and detailed:
            self._paint_slots(painter, kit)

    def _paint_block(self, painter: QPainter, kit: Paints) -> None:
        body = QRectF(0, 0, WIDTH, self.layout.height)
        brush = kit.header(self.spec.category if self.spec else "", self.instance.colour)
        if self.spec is None:
            brush = kit.missing
        if self.badge.failed:
            brush = kit.error
        painter.fillRect(body, brush)
        if self._selected:
            painter.fillRect(body.adjusted(-8, -8, 8, 8), kit.selected.color())
            painter.fillRect(body, brush)
        if self.instance.disabled or self.badge.blocked:
            painter.fillRect(body, kit.veil)

    def _paint_body(self, painter: QPainter, kit: Paints, body: QRectF) -> None:
        if self.instance.inner is not None:
            painter.setPen(kit.outline)
            painter.setBrush(kit.node)
            for step in (6.0, 3.0):
                painter.drawRoundedRect(body.translated(step, step), CORNER, CORNER)
        painter.setBrush(kit.node if self.spec else kit.missing)
        painter.setPen(kit.outline if self.spec else kit.missing_outline)
        painter.drawRoundedRect(body, CORNER, CORNER)
        if self.spec is None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(kit.missing_hatch)
            painter.drawRoundedRect(body, CORNER, CORNER)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(kit.header(self.spec.category, self.instance.colour))
            painter.drawRoundedRect(QRectF(0.5, 0.5, WIDTH - 1, HEADER), CORNER - 0.5, CORNER - 0.5)
            painter.drawRect(QRectF(0.5, HEADER - CORNER, WIDTH - 1, CORNER))
        pen = kit.selected if self._selected else kit.failed if self.badge.failed else None
        if pen is None and self._hovered:
            pen = kit.hovered
        if pen is not None:
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(body.adjusted(-1, -1, 1, 1), CORNER + 1, CORNER + 1)

    def _paint_plain_body(self, painter: QPainter, kit: Paints, body: QRectF) -> None:
        """Too small for round corners and shadows to be seen."""
        if self._selected or self.badge.failed:
            edge = kit.selected if self._selected else kit.failed
            painter.fillRect(body.adjusted(-3, -3, 3, 3), edge.color())
        if self.spec is None:
            painter.fillRect(body, kit.missing)
            painter.fillRect(body, kit.missing_hatch)
        else:
            painter.fillRect(body, kit.node)
            painter.fillRect(
                QRectF(0, 0, WIDTH, HEADER), kit.header(self.spec.category, self.instance.colour)
            )

    def _paint_plain_sockets(self, painter: QPainter, kit: Paints) -> None:
        for _, _, place, type_name, _ in self._sockets:
            painter.fillRect(QRectF(place.x() - 4, place.y() - 4, 8, 8), kit.socket(type_name))

    def _paint_texts(self, painter: QPainter, kit: Paints) -> None:
        texts = self.texts()
        category = self.spec.category if self.spec else ""
        title_pen, name_pen = kit.on_header(category, self.instance.colour if self.spec else "")
        painter.setPen(title_pen)
        painter.setFont(kit.title_font)
        painter.drawStaticText(QPointF(9, 4), texts.title)
        painter.setFont(kit.label_font)
        for place, text, quiet in texts.labels:
            painter.setPen(kit.dim if quiet else kit.text)
            painter.drawStaticText(place, text)
        painter.setFont(kit.small_font)
        painter.setPen(name_pen if self.spec else kit.error_pen)
        painter.drawStaticText(QPointF(9, 20), texts.name)
        if self.layout.footer is not None:
            painter.setPen(kit.note)
            painter.drawStaticText(QPointF(10, self.layout.footer), texts.note)
        if self.instance.label:
            painter.setFont(kit.label_font)
            painter.setPen(kit.dim)
            painter.drawStaticText(QPointF(2, self.layout.height + 4), texts.remark)

    def _paint_sockets(self, painter: QPainter, kit: Paints) -> None:
        """While a wire is dragged: each socket as far as the wire may end at it."""
        for side, name, place, type_name, many in self._sockets:
            closed = self._open_sockets is not None and (side, name) not in self._open_sockets
            snapped = self._snap == (side, name)
            shape = socket_style(type_name).shape
            painter.setPen(kit.white if snapped else kit.outline)
            painter.setBrush(kit.grey if closed else kit.socket(type_name))
            painter.translate(place)
            if many:
                painter.drawPath(socket_path(shape).translated(-3, 0))
            painter.drawPath(socket_path(shape, 8.0 if snapped else 5.0))
            painter.translate(-place)

    def _paint_pin(self, painter: QPainter, kit: Paints) -> None:
        """A drawing pin left of the badge."""
        painter.setPen(QPen(kit.progress.color(), 1.6))
        painter.setBrush(kit.progress)
        painter.drawLine(QPointF(WIDTH - 30, 13), QPointF(WIDTH - 30, 19))
        painter.drawRoundedRect(QRectF(WIDTH - 34, 6, 8, 7), 2, 2)

    def _paint_slots(self, painter: QPainter, kit: Paints) -> None:
        painter.setFont(kit.small_font)
        for index, slot in enumerate(self._slots):
            chip = QRectF(4 + index * 18, -9, 15, 14)
            painter.setPen(kit.outline)
            painter.setBrush(kit.progress)
            painter.drawRoundedRect(chip, 3, 3)
            painter.setPen(kit.white)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, str(slot))
