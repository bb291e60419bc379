"""Paints a picture: zoom about the cursor, pan, wipe against another, probe, overlays."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.ui.viewers.film import Wires, draw_film, draw_wires
from app.ui.viewers.framing import Framing
from app.ui.viewers.node_tool import Tool
from app.ui.viewers.overlays import Overlays, draw_faces
from app.ui.viewers.picture import Channel, Picture
from nodes.sdk.values import Faces

ZOOM_STEP = 1.15
#: View pixels for a step aside by keys.
PAN_STEP = 40
GRAB = 8.0
BACKDROP = QColor("#17191c")
GRID_FROM_ZOOM = 12.0


class PictureView(QWidget):
    """A picture, or two with a wipe between them.

    Signals:
        probed: (x, y, (r, g, b, a)) in full-size pixels and 0..255, or None off the picture.
        zoomed: the new zoom.
    """

    probed = Signal(object)
    zoomed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Picture viewer")
        self.framing = Framing()
        self.picture: Picture | None = None
        self.other: Picture | None = None
        self.wipe: float | None = None
        self.wipe_names = ("A", "B")
        self.channel: Channel = "rgb"
        self.overlays = Overlays()
        self.faces: Faces | None = None
        self.film: QImage | None = None
        self.wires: Wires | None = None
        self.tool: Tool | None = None
        self._tool_held = False
        self._hover: tuple[float, float] | None = None
        self.empty_text: Callable[[], tuple[str, str]] = lambda: ("Nothing to show", "")
        self._fits = True
        self._grabbed: QPointF | None = None
        self._dragging_wipe = False
        self._checker: QPixmap | None = None

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(720, 480)

    # -- what is shown ------------------------------------------------------------------------

    def show_picture(self, picture: Picture | None) -> None:
        old = self.picture
        self.picture = picture
        if picture is not None:
            if self._fits or old is None:
                self.fit()
            elif old.size != picture.size:
                self._set_framing(self.framing.kept_for(old.size, picture.size))
        self.update()

    def show_other(self, picture: Picture | None) -> None:
        self.other = picture
        self.update()

    def show_faces(self, faces: Faces | None) -> None:
        self.faces = faces
        self.update()

    def show_cover(self, film: QImage | None, wires: Wires | None) -> None:
        """Lay a mask and a wireframe over the picture, or none."""
        self.film, self.wires = film, wires
        self.update()

    def set_tool(self, tool: Tool | None) -> None:
        """Give the hand a tool for the picture; one that is held stays until it is let go."""
        if not self._tool_held:
            self.tool = tool
            self.update()

    def set_channel(self, channel: Channel) -> None:
        self.channel = channel
        self.update()

    def set_overlays(self, overlays: Overlays) -> None:
        self.overlays = overlays
        self.update()

    def set_wipe(self, share: float | None) -> None:
        """Split the view at a share 0..1 of its width: left the picture, right the other."""
        self.wipe = None if share is None else min(max(share, 0.0), 1.0)
        self.update()

    # -- framing ------------------------------------------------------------------------------

    def fit(self) -> None:
        """Show the whole picture, and go on doing so when the view or the picture changes size."""
        self._fits = True
        if self.picture is not None:
            self._set_framing(Framing.fitted(self.picture.size, (self.width(), self.height())))

    def actual_size(self) -> None:
        """One view pixel for each picture pixel, about the middle of the view."""
        self.set_zoom(1.0 / self.devicePixelRatioF())

    def set_zoom(self, zoom: float) -> None:
        self._fits = False
        self._set_framing(self.framing.at_zoom(zoom, self.width() / 2, self.height() / 2))

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        point = about if about is not None else QPointF(self.width() / 2, self.height() / 2)
        self._fits = False
        self._set_framing(self.framing.zoomed(factor, point.x(), point.y()))

    def look_aside(self, right: int, down: int) -> None:
        """Show more of what lies to a side: steps to the right and down."""
        self._fits = False
        self._set_framing(self.framing.panned(-right * PAN_STEP, -down * PAN_STEP))

    def _set_framing(self, framing: Framing) -> None:
        self.framing = framing
        self.zoomed.emit(framing.zoom)
        self.update()

    # -- events -------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        if self._fits:
            self.fit()
        super().resizeEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        steps = event.angleDelta().y() / 120
        if self.tool is not None and self.tool.wheel(steps, event.modifiers()):
            self.update()
        elif steps and self.picture is not None:
            self.zoom_by(ZOOM_STEP**steps, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self._on_wipe_line(event.position()):
            self._dragging_wipe = True
        elif event.button() == Qt.MouseButton.LeftButton and self._press_tool(event):
            self.update()
        elif event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        position = event.position()
        self._hover = self.framing.to_picture(position.x(), position.y())
        if self.tool is not None:
            self.update()
        if self._tool_held and self.tool is not None:
            self.tool.move(self._hover)
        elif self._dragging_wipe:
            self.set_wipe(position.x() / max(self.width(), 1))
        elif self._grabbed is not None:
            moved = position - self._grabbed
            self._grabbed = position
            self._fits = False
            self._set_framing(self.framing.panned(moved.x(), moved.y()))
        elif self._on_wipe_line(position):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif self.tool is not None and (shape := self.tool.cursor(self._hover, self._reach())) is not None:
            self.setCursor(shape)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor if self.picture else Qt.CursorShape.ArrowCursor)
        self.probed.emit(self._probe(position))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._tool_held and self.tool is not None:
            self._tool_held = False
            self.tool.release()
            self.update()
        self._dragging_wipe = False
        self._grabbed = None
        self.setCursor(Qt.CursorShape.CrossCursor)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton and self.tool is None:
            self.fit()

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802
        self.probed.emit(None)
        self._hover = None
        self.update()
        super().leaveEvent(event)

    def _reach(self) -> float:
        """How far from a handle it can still be grabbed, in picture pixels."""
        return GRAB / self.framing.zoom

    def _press_tool(self, event: QMouseEvent) -> bool:
        if self.tool is None or self.picture is None:
            return False
        at = self.framing.to_picture(event.position().x(), event.position().y())
        # Held from here on: what the press itself changes must not put another tool in its place.
        self._tool_held = True
        self._tool_held = self.tool.press(at, self._reach(), event.modifiers())
        return self._tool_held

    def _on_wipe_line(self, position: QPointF) -> bool:
        return self.wipe is not None and abs(position.x() - self.wipe * self.width()) < GRAB

    def _probe(self, position: QPointF) -> tuple[int, int, tuple[int, int, int, int]] | None:
        picture = self.picture
        if self.wipe is not None and position.x() > self.wipe * self.width():
            picture = self.other
        if picture is None:
            return None
        x, y = self.framing.to_picture(position.x(), position.y())
        colour = picture.probe(x, y)
        return None if colour is None else (int(x), int(y), colour)

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.fillRect(self.rect(), BACKDROP)
        if self.picture is None and (self.wipe is None or self.other is None):
            self._paint_empty(painter)
            return
        if self.wipe is None:
            self._paint_picture(painter, self.picture, self.rect().toRectF())
        else:
            line = self.wipe * self.width()
            self._paint_picture(painter, self.picture, QRectF(0, 0, line, self.height()))
            self._paint_picture(painter, self.other, QRectF(line, 0, self.width() - line, self.height()))
        if self.film is not None and self.picture is not None:
            draw_film(painter, self.film, self.picture.size, self.framing)
        if self.wires is not None and self.picture is not None:
            draw_wires(painter, self.wires, self.picture.size, self.framing)
        if self.faces is not None and self.picture is not None and self.overlays.any_of_faces:
            draw_faces(painter, self.faces, self.picture.size, self.framing, self.overlays)
        if self.tool is not None and self.picture is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.tool.paint(painter, self.framing, self._hover)
        if self.wipe is not None:
            self._paint_wipe(painter, self.wipe * self.width())

    def _paint_picture(self, painter: QPainter, picture: Picture | None, clip: QRectF) -> None:
        if picture is None:
            return
        # The other picture of a wipe takes the place of the first, whatever its size.
        width, height = (self.picture or picture).size
        left, top = self.framing.to_view(0, 0)
        target = QRectF(left, top, width * self.framing.zoom, height * self.framing.zoom)
        painter.save()
        painter.setClipRect(clip)
        if picture.transparent and self.channel == "rgb":
            painter.setBrushOrigin(target.topLeft())
            painter.fillRect(target, QBrush(self._checkerboard()))
        shown = self.framing.zoom * picture.scale
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shown < 2)
        image = picture.image(self.channel)
        painter.drawImage(target, image, QRectF(image.rect()))
        if shown >= GRID_FROM_ZOOM:
            self._paint_grid(painter, target, shown)
        painter.setPen(QPen(QColor(255, 255, 255, 28), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(target)
        painter.restore()

    def _paint_grid(self, painter: QPainter, target: QRectF, step: float) -> None:
        painter.setPen(QPen(QColor(128, 128, 128, 60), 0))
        visible = target.intersected(self.rect().toRectF())
        first = int((visible.left() - target.left()) / step)
        for column in range(first, int((visible.right() - target.left()) / step) + 1):
            x = target.left() + column * step
            painter.drawLine(QPointF(x, visible.top()), QPointF(x, visible.bottom()))
        first = int((visible.top() - target.top()) / step)
        for row in range(first, int((visible.bottom() - target.top()) / step) + 1):
            y = target.top() + row * step
            painter.drawLine(QPointF(visible.left(), y), QPointF(visible.right(), y))

    def _paint_wipe(self, painter: QPainter, line: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0, 140), 3))
        painter.drawLine(QPointF(line, 0), QPointF(line, self.height()))
        painter.setPen(QPen(QColor("#ffffff"), 1))
        painter.drawLine(QPointF(line, 0), QPointF(line, self.height()))
        middle = self.height() / 2
        painter.setBrush(QColor("#ffffff"))
        painter.setPen(QPen(QColor(0, 0, 0, 160), 1))
        painter.drawEllipse(QPointF(line, middle), 9, 9)
        painter.setBrush(QColor("#20242a"))
        painter.setPen(Qt.PenStyle.NoPen)
        for side in (-1, 1):
            tip = QPointF(line + 6 * side, middle)
            base = line + 2 * side
            painter.drawPolygon(QPolygonF([tip, QPointF(base, middle - 3.5), QPointF(base, middle + 3.5)]))
        self._paint_name(painter, self.wipe_names[0], line, -1)
        self._paint_name(painter, self.wipe_names[1], line, 1)

    def _paint_name(self, painter: QPainter, words: str, line: float, side: int) -> None:
        """Which node is on this side of the wipe."""
        if not words:
            return
        font = painter.font()
        font.setPixelSize(12)
        painter.setFont(font)
        width = painter.fontMetrics().horizontalAdvance(words) + 14
        left = line + 12 if side > 0 else line - 12 - width
        plate = QRectF(left, self.height() - 32, width, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(16, 20, 26, 215))
        painter.drawRoundedRect(plate, 4, 4)
        painter.setPen(QColor("#f2f4f6"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_empty(self, painter: QPainter) -> None:
        title, advice = self.empty_text()
        font = painter.font()
        font.setPixelSize(17)
        painter.setFont(font)
        painter.setPen(QColor("#b9c0c8"))
        middle = self.rect().toRectF().adjusted(24, 0, -24, -16)
        painter.drawText(middle, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, title)
        font.setPixelSize(13)
        painter.setFont(font)
        painter.setPen(QColor("#848d97"))
        below = QRectF(middle.left(), middle.center().y() + 18, middle.width(), 80)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(below, flags, advice)

    def _checkerboard(self) -> QPixmap:
        if self._checker is None:
            self._checker = QPixmap(16, 16)
            self._checker.fill(QColor("#5b5f64"))
            painter = QPainter(self._checker)
            painter.fillRect(0, 0, 8, 8, QColor("#74787d"))
            painter.fillRect(8, 8, 8, 8, QColor("#74787d"))
            painter.end()
        return self._checker
