"""A node on the canvas: one item that paints everything of it."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap, QStaticText
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from app.document.graph import NodeInstance
from app.engine.protocol import NodeState
from app.ui.canvas.badge import Badge, badge_of, paint_badge, tooltip_of
from app.ui.canvas.geometry import HEADER, WIDTH, NodeLayout, lay_out
from app.ui.canvas.paints import BLOCKS_BELOW, LABELS_FROM, Paints, paints, socket_path, socket_style
from app.ui.canvas.wiring import UNKNOWN_TYPE, Side, Socket, Sockets
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
        #: While a wire is dragged: the sockets that it may end at. None when none is dragged.
        self._open_sockets: frozenset[tuple[Side, str]] | None = None
        self._snap: tuple[Side, str] | None = None
        self.setZValue(1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.show_instance(instance, spec, sockets, stray)

    # -- what it shows ------------------------------------------------------------------------

    def show_instance(
        self, instance: NodeInstance, spec: NodeSpec | None, sockets: Sockets, stray: tuple[str, ...]
    ) -> None:
        """Show another state of the node."""
        self.instance, self.spec, self.sockets, self.stray = instance, spec, sockets, stray
        self.setPos(instance.x, instance.y)
        self._lay_out()

    def _lay_out(self) -> None:
        picture = None
        if self._picture is not None and self._show_picture:
            picture = (self._picture.width(), self._picture.height())
        note = bool(self.spec and self.spec.note)
        self.layout: NodeLayout = lay_out(self.sockets, self.stray, picture, note=note)
        below = REMARK if self.instance.label else 0.0
        self.setRect(-MARGIN, -MARGIN, WIDTH + 2 * MARGIN, self.layout.height + 2 * MARGIN + below)
        self._make_texts()
        self.update()

    def _make_texts(self) -> None:
        kit = paints()
        self._kit = kit
        elide = Qt.TextElideMode.ElideRight
        title = self.spec.title if self.spec else self.instance.kind
        self._title = _text(kit.title_metrics.elidedText(title, elide, WIDTH - 34))
        self._subtitle = _text(kit.small_metrics.elidedText(self.name, elide, WIDTH - 62))
        self._remark = _text(kit.label_metrics.elidedText(self.instance.label, elide, WIDTH + 16))
        note = self.spec.note if self.spec else ""
        self._note = _text(kit.small_metrics.elidedText(note, elide, WIDTH - 20))
        self._labels: list[tuple[QPointF, QStaticText, bool]] = []
        types: list[tuple[Side, str, QPointF, str, bool]] = []
        rows = {y: False for _, y in self.layout.inputs.values()}
        for _, y in self.layout.outputs.values():
            rows[y] = y in rows
        for spec in self.sockets.inputs:
            x, y = self.layout.inputs[spec.name]
            words = spec.name.replace("_", " ")
            shown = kit.label_metrics.elidedText(words, elide, WIDTH / 2 - 16 if rows[y] else WIDTH - 28)
            self._labels.append(
                (QPointF(12, y - kit.label_metrics.height() / 2), _text(shown), spec.optional)
            )
            types.append(("input", spec.name, QPointF(x, y), spec.type_name, spec.many))
        declared = {spec.name: spec.type_name for spec in self.sockets.outputs}
        for name, (x, y) in self.layout.outputs.items():
            type_name = declared.get(name, UNKNOWN_TYPE)
            words = type_name if name == "out" and type_name != UNKNOWN_TYPE else name.replace("_", " ")
            shown = kit.label_metrics.elidedText(words, elide, WIDTH / 2 - 16 if rows[y] else WIDTH - 28)
            left = WIDTH - 12 - kit.label_metrics.horizontalAdvance(shown)
            self._labels.append((QPointF(left, y - kit.label_metrics.height() / 2), _text(shown), False))
            types.append(("output", name, QPointF(x, y), type_name, False))
        self._drawn_sockets = types

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

    def restyle(self) -> None:
        """Take over the theme in force."""
        self._make_texts()
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
        for side, name, place, _, _ in self._drawn_sockets:
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
        kit = self._kit
        if zoom < BLOCKS_BELOW:
            self._paint_block(painter, kit)
            return
        detailed = zoom >= LABELS_FROM
        body = QRectF(0, 0, WIDTH, self.layout.height)
        self._paint_body(painter, kit, body)
        if self._show_picture and self._picture is not None and self.layout.picture:
            left, top, _, _ = self.layout.picture
            painter.drawPixmap(QPointF(left, top), self._picture)
        if detailed:
            self._paint_texts(painter, kit)
        if self.instance.disabled or self.badge.blocked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(kit.veil)
            painter.drawRoundedRect(body, CORNER, CORNER)
        if self.instance.disabled:
            painter.setPen(kit.strike)
            painter.drawLine(QPointF(4, self.layout.height - 4), QPointF(WIDTH - 4, 4))
        self._paint_sockets(painter, kit)
        paint_badge(painter, kit, self.badge, WIDTH, detailed=detailed)
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
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(kit.shadow)
        painter.drawRoundedRect(body.translated(0, 2.5).adjusted(-1, 0, 1, 1), CORNER + 1, CORNER + 1)
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

    def _paint_texts(self, painter: QPainter, kit: Paints) -> None:
        painter.setPen(kit.text)
        painter.setFont(kit.title_font)
        painter.drawStaticText(QPointF(9, 4), self._title)
        painter.setFont(kit.label_font)
        for place, text, optional in self._labels:
            painter.setPen(kit.dim if optional else kit.text)
            painter.drawStaticText(place, text)
        painter.setFont(kit.small_font)
        painter.setPen(kit.dim)
        if self.spec is None:
            painter.setPen(kit.error_pen)
        painter.drawStaticText(QPointF(9, 20), self._subtitle)
        if self.layout.footer is not None:
            painter.setPen(kit.note)
            painter.drawStaticText(QPointF(10, self.layout.footer), self._note)
        if self.instance.label:
            painter.setFont(kit.label_font)
            painter.setPen(kit.dim)
            painter.drawStaticText(QPointF(2, self.layout.height + 4), self._remark)

    def _paint_sockets(self, painter: QPainter, kit: Paints) -> None:
        for side, name, place, type_name, many in self._drawn_sockets:
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

    def _paint_slots(self, painter: QPainter, kit: Paints) -> None:
        painter.setFont(kit.small_font)
        for index, slot in enumerate(self._slots):
            chip = QRectF(4 + index * 18, -9, 15, 14)
            painter.setPen(kit.outline)
            painter.setBrush(kit.progress)
            painter.drawRoundedRect(chip, 3, 3)
            painter.setPen(kit.white)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, str(slot))


def _text(words: str) -> QStaticText:
    text = QStaticText(words)
    text.setTextFormat(Qt.TextFormat.PlainText)
    text.setPerformanceHint(QStaticText.PerformanceHint.AggressiveCaching)
    return text
