"""The ruler: ticks, range, cached frames, keys, markers and the playhead."""

from __future__ import annotations

from functools import partial
from typing import Literal

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from app.ui.theme import current_theme
from app.ui.timeline.scale import Scale
from app.ui.timeline.waveform import Waveform

HEIGHT = 52
MARGIN = 18
TICKS = 18.0
BAND = 4.0
KEYS = 38.0
GRAB = 6.0

Drag = Literal["", "frame", "first", "last", "key", "pan"]


class Ruler(QWidget):
    """Shows frames; says what the user does with them.

    Signals:
        scrubbed: a frame.
        range_dragged: (first, last).
        key_dragged: (from frame, to frame), once, when the key is let go.
        key_removed, marker_removed: a frame.
        released: a drag ended.
    """

    scrubbed = Signal(int)
    range_dragged = Signal(int, int)
    key_dragged = Signal(float, float)
    key_removed = Signal(float)
    marker_removed = Signal(int)
    released = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(HEIGHT)
        self.setMaximumHeight(HEIGHT)
        self.setMinimumWidth(200)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName("Timeline")
        self.first, self.last, self.frame = 0, 124, 0
        self.shown: tuple[float, float] | None = None
        self.keys: list[float] = []
        self.seen: set[int] = set()
        self.markers: tuple[tuple[int, str], ...] = ()
        self._wave: Waveform | None = None
        self._fps = 25.0
        self._drag: Drag = ""
        self._key: float | None = None
        self._key_at = 0.0
        self._pan_from = QPointF()

    def sizeHint(self) -> QSize:  # noqa: N802
        return QSize(600, HEIGHT)

    def scale(self) -> Scale:
        span = max(self.last - self.first, 1)
        first, last = self.shown or (self.first - span * 0.02, self.last + span * 0.02)
        return Scale(max(first, 0.0), max(last, first + 1), MARGIN, self.width() - MARGIN)

    def show_range(self, first: int, last: int) -> None:
        self.first, self.last = first, max(last, first)
        self.update()

    def show_sound(self, wave: Waveform | None, fps: float) -> None:
        """Draw a sound behind the frames, or none."""
        self._wave, self._fps = wave, fps
        self.update()

    def show_rate(self, fps: float) -> None:
        """Frames a second, which say where in the sound a frame lies."""
        self._fps = fps
        self.update()

    def show_frame(self, frame: int) -> None:
        """Move the playhead; the view follows when it would leave it."""
        self.frame = frame
        if self.shown is not None and not self.shown[0] <= frame <= self.shown[1]:
            span = self.shown[1] - self.shown[0]
            first = max(frame - span / 2, 0.0)
            self.shown = (first, first + span)
        self.update()

    # -- mouse --------------------------------------------------------------------------------

    def _target(self, position: QPointF) -> Drag:
        scale = self.scale()
        if position.y() > KEYS - 9:
            self._key = next((key for key in self.keys if abs(scale.x(key) - position.x()) < GRAB), None)
            if self._key is not None:
                return "key"
        if position.y() < TICKS:
            if abs(scale.x(self.first) - position.x()) < GRAB and self.frame != self.first:
                return "first"
            if abs(scale.x(self.last) - position.x()) < GRAB and self.frame != self.last:
                return "last"
        return "frame"

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.MiddleButton:
            self._drag, self._pan_from = "pan", event.position()
        elif event.button() == Qt.MouseButton.LeftButton:
            self._drag = self._target(event.position())
            self._key_at = self._key or 0.0
            self._move(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._drag:
            self._move(event.position())
            return
        target = self._target(event.position())
        sides = Qt.CursorShape.SizeHorCursor
        self.setCursor(sides if target in ("first", "last", "key") else Qt.CursorShape.ArrowCursor)
        self.setToolTip(self._tip(event.position(), target))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        drag, self._drag = self._drag, ""
        if drag == "key" and self._key is not None and self._key_at != self._key:
            self.key_dragged.emit(self._key, self._key_at)
        self.released.emit()
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        if self._target(event.position()) != "key":
            self.shown = None
            self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        steps = event.angleDelta().y() / 120
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.shown = self.scale().zoomed(1.25**steps, event.position().x())
            self.update()
        elif steps:
            self.scrubbed.emit(max(self.frame - round(steps), 0))
        event.accept()

    def _move(self, position: QPointF) -> None:
        scale = self.scale()
        frame = max(scale.frame(position.x()), 0)
        if self._drag == "frame":
            self.scrubbed.emit(frame)
        elif self._drag == "first":
            self.range_dragged.emit(min(frame, self.last), self.last)
        elif self._drag == "last":
            self.range_dragged.emit(self.first, max(frame, self.first))
        elif self._drag == "key":
            self._key_at = float(frame)
        elif self._drag == "pan":
            moved = (self._pan_from.x() - position.x()) / scale.pixels
            self._pan_from = position
            first = max(scale.first + moved, 0.0)
            self.shown = (first, first + scale.last - scale.first)
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802
        position = QPointF(event.pos())
        menu = QMenu(self)
        if self._target(position) == "key" and self._key is not None:
            key = self._key
            menu.addAction(f"Remove the keys at frame {key:g}", lambda: self.key_removed.emit(key))
        near = [item for item in self.markers if abs(self.scale().x(item[0]) - position.x()) < GRAB]
        for frame, words in near:
            menu.addAction(f"Remove marker “{words}”", partial(self.marker_removed.emit, frame))
        frame = max(self.scale().frame(position.x()), 0)
        menu.addAction(
            f"Start the range at {frame}", lambda: self.range_dragged.emit(min(frame, self.last), self.last)
        )
        menu.addAction(
            f"End the range at {frame}", lambda: self.range_dragged.emit(self.first, max(frame, self.first))
        )
        menu.addAction("Show the whole range", self._show_all)
        menu.exec(event.globalPos())
        menu.deleteLater()

    def _show_all(self) -> None:
        self.shown = None
        self.update()

    def _tip(self, position: QPointF, target: Drag) -> str:
        if target == "key":
            return f"Keys at frame {self._key:g}: drag to move, right-click to remove"
        for frame, words in self.markers:
            if abs(self.scale().x(frame) - position.x()) < GRAB:
                return words
        return "Drag to scrub, Ctrl+wheel to zoom, middle-drag to pan, double-click for the whole range"

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.update()
        super().changeEvent(event)

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme, scale = current_theme(), self.scale()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("window"))
        left, right = scale.x(self.first), scale.x(self.last)
        lane = QRectF(0, TICKS, self.width(), HEIGHT - TICKS - 4)
        painter.fillRect(lane, theme.colour("field"))
        painter.fillRect(QRectF(left, TICKS, right - left, lane.height()), theme.colour("panel"))
        self._paint_sound(painter, scale)
        self._paint_ticks(painter, scale)
        self._paint_seen(painter, scale)
        self._paint_range(painter, left, right)
        self._paint_markers(painter, scale)
        self._paint_keys(painter, scale)
        self._paint_playhead(painter, scale)

    def _paint_sound(self, painter: QPainter, scale: Scale) -> None:
        """The loudness of the sound that is exported with the pictures."""
        if self._wave is None:
            return
        left, right = max(round(scale.x(0)), 0), self.width()
        first, last = (scale.first + (x - scale.x(scale.first)) / scale.pixels for x in (left, right))
        peaks = self._wave.columns(first / self._fps, last / self._fps, max(right - left, 1))
        middle = (TICKS + HEIGHT - 4) / 2
        reach = (HEIGHT - 4 - TICKS) / 2 - 1
        colour = QColor(current_theme().colour("accent"))
        colour.setAlpha(110)
        painter.setPen(QPen(colour, 1))
        painter.drawLines(
            [
                QLineF(left + x + 0.5, middle - reach * peak, left + x + 0.5, middle + reach * peak)
                for x, peak in enumerate(peaks.tolist())
                if peak > 0
            ]
        )

    def _paint_ticks(self, painter: QPainter, scale: Scale) -> None:
        theme = current_theme()
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        step = scale.step()
        small = max(step // 5, 1)
        frame = int(scale.first) // small * small
        while frame <= scale.last + small:
            x = round(scale.x(frame)) + 0.5
            if frame >= 0 and frame % step == 0:
                painter.setPen(QPen(theme.colour("line"), 1))
                painter.drawLine(QPointF(x, TICKS), QPointF(x, HEIGHT - 4))
                painter.setPen(theme.colour("text_dim"))
                painter.drawText(QRectF(x - 30, 0, 60, TICKS - 2), Qt.AlignmentFlag.AlignCenter, str(frame))
            elif frame >= 0:
                painter.setPen(QPen(theme.colour("line"), 1))
                painter.drawLine(QPointF(x, TICKS), QPointF(x, TICKS + 5))
            frame += small

    def _paint_seen(self, painter: QPainter, scale: Scale) -> None:
        """A green band under the frames whose picture is ready."""
        colour = QColor(current_theme().colour("good"))
        width = max(scale.pixels, 1.5)
        for frame in self.seen:
            if scale.first - 1 <= frame <= scale.last + 1:
                painter.fillRect(QRectF(scale.x(frame) - width / 2, HEIGHT - 4 - BAND, width, BAND), colour)

    def _paint_range(self, painter: QPainter, left: float, right: float) -> None:
        colour = current_theme().colour("accent")
        painter.setPen(QPen(colour, 1.5))
        for x, inward in ((left, 1), (right, -1)):
            painter.drawLine(QPointF(x, TICKS), QPointF(x, HEIGHT - 4))
            painter.setBrush(colour)
            tip = [QPointF(x, TICKS), QPointF(x + 6 * inward, TICKS), QPointF(x, TICKS + 6)]
            painter.drawPolygon(QPolygonF(tip))

    def _paint_markers(self, painter: QPainter, scale: Scale) -> None:
        colour = current_theme().colour("select")
        for frame, words in self.markers:
            x = scale.x(frame)
            painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
            painter.drawLine(QPointF(x, TICKS), QPointF(x, HEIGHT - 4))
            painter.setPen(colour)
            painter.drawText(QPointF(x + 4, TICKS + 12), words[:24])

    def _paint_keys(self, painter: QPainter, scale: Scale) -> None:
        theme = current_theme()
        painter.setPen(QPen(theme.colour("border"), 1))
        painter.setBrush(theme.colour("key"))
        for key in self.keys:
            at = self._key_at if self._drag == "key" and key == self._key else key
            x, y, r = scale.x(at), KEYS, 5.0
            painter.drawPolygon(
                QPolygonF([QPointF(x, y - r), QPointF(x + r, y), QPointF(x, y + r), QPointF(x - r, y)])
            )

    def _paint_playhead(self, painter: QPainter, scale: Scale) -> None:
        theme = current_theme()
        x = scale.x(self.frame)
        painter.setPen(QPen(theme.colour("select"), 1.5))
        painter.drawLine(QPointF(x, TICKS - 2), QPointF(x, HEIGHT - 4))
        words = str(self.frame)
        width = max(painter.fontMetrics().horizontalAdvance(words) + 10, 24)
        plate = QRectF(min(max(x - width / 2, 0), self.width() - width), 1, width, TICKS - 3)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("select"))
        painter.drawRoundedRect(plate, 3, 3)
        painter.setPen(QColor("#1b1b1d"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)
