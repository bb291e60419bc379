"""A number that is dragged, typed or reset."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QLineEdit, QSizePolicy, QWidget

from app.ui.panels.arithmetic import typed_number
from app.ui.theme import current_theme
from nodes.sdk.params import Slider

HEIGHT = 22
FINE, COARSE = 0.1, 10.0
#: A drag over the whole width of the field goes through this part of the range.
DRAG_SPAN = 1.0
ARROW_STEP = 0.01


class NumberField(QWidget):
    """Shows a bounded number as a bar.

    Drag to change it, with Shift finely, with Ctrl coarsely; click or Enter to type, double-click to
    reset. Typing `+1` or `*2` changes what is there.

    Signals:
        edited: the number, at every step.
        finished: the hand let go, or the typing ended.
        reset: back to the default, please.
    """

    edited = Signal(float)
    finished = Signal()
    reset = Signal()

    def __init__(self, slider: Slider, *, whole: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._slider, self._whole = slider, whole
        self._value = slider.low
        self._mixed = False
        self._animated: str = "none"
        self._press: QPointF | None = None
        self._last = QPointF()
        self._exact = 0.0
        self._dragging = False
        self._editor: QLineEdit | None = None
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(70)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.SizeHorCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    # -- what it shows ------------------------------------------------------------------------

    @property
    def value(self) -> float:
        return self._value

    def show_value(self, value: float, *, mixed: bool = False, animated: str = "none") -> None:
        """Show a number; `mixed` when several nodes differ, `animated` as in `settings.KeyState`."""
        if (value, mixed, animated) != (self._value, self._mixed, self._animated):
            self._value, self._mixed, self._animated = value, mixed, animated
            self.update()

    def text(self) -> str:
        """The number as it is shown."""
        return "mixed" if self._mixed else self._format(self._value)

    def _format(self, value: float) -> str:
        if self._whole:
            return str(round(value))
        low, high = self._range()
        span = high - low
        decimals = 3 if span < 5 else 2 if span < 50 else 1 if span < 2000 else 0
        if span < 0.05:
            decimals = 3 - math.floor(math.log10(span))
        text = f"{value:.{decimals}f}"
        return text if float(text) else text.lstrip("-")

    def _range(self) -> tuple[float, float]:
        """The slider's range; a soft one widens to hold the number."""
        low, high = self._slider.low, self._slider.high
        return (low, high) if self._slider.hard else (min(low, self._value), max(high, self._value))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(140, HEIGHT)

    # -- dragging -----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.button() == Qt.MouseButton.LeftButton:
            self._press = self._last = event.position()
            self._exact = self._value
            self._dragging = False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if self._press is None:
            return
        if not self._dragging:
            if abs(event.position().x() - self._press.x()) < 3:
                return
            self._dragging = True
            self._last = event.position()
            return
        step = (event.position().x() - self._last.x()) / max(self.width(), 1) * DRAG_SPAN
        self._last = event.position()
        self._nudge(step, event.modifiers())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.button() != Qt.MouseButton.LeftButton or self._press is None:
            return
        self._press = None
        if self._dragging:
            self._dragging = False
            self.finished.emit()
            self.update()
        else:
            self.open_editor()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset.emit()

    def _nudge(self, part: float, modifiers: Qt.KeyboardModifier) -> None:
        """Move by a part of the range."""
        if modifiers & Qt.KeyboardModifier.ShiftModifier:
            part *= FINE
        elif modifiers & Qt.KeyboardModifier.ControlModifier:
            part *= COARSE
        low, high = self._slider.low, self._slider.high
        self._exact += part * (high - low)
        if self._slider.hard:
            self._exact = min(max(self._exact, low), high)
        self._set(self._exact)

    def _set(self, value: float) -> None:
        value = float(round(value)) if self._whole else value
        if self._slider.hard:
            value = min(max(value, self._slider.low), self._slider.high)
        if value != self._value or self._mixed:
            self._value, self._mixed = value, False
            self.update()
            self.edited.emit(value)

    # -- keys ---------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and self._wants(event)
        ):
            event.accept()
            return True
        return super().event(event)

    def _wants(self, event: QKeyEvent) -> bool:
        keys = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Backspace)
        return event.key() in keys or (event.text() != "" and event.text() in "0123456789.+-*/")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._exact = self._value
            span = self._slider.high - self._slider.low
            step = max(ARROW_STEP, 1.0 / span) if self._whole else ARROW_STEP
            self._nudge(step if key == Qt.Key.Key_Up else -step, event.modifiers())
            self.finished.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open_editor()
        elif key == Qt.Key.Key_Backspace:
            self.reset.emit()
        elif self._wants(event):
            self.open_editor(event.text())
        else:
            super().keyPressEvent(event)

    # -- typing -------------------------------------------------------------------------------

    def open_editor(self, text: str = "") -> None:
        """Let the user type; with a text, that is what was typed so far."""
        if self._editor is not None:
            return
        editor = QLineEdit(text or ("" if self._mixed else self._format(self._value)), self)
        editor.setGeometry(self.rect())
        editor.setAlignment(Qt.AlignmentFlag.AlignRight)
        if not text:
            editor.selectAll()
        editor.installEventFilter(self)
        self._editor = editor
        editor.show()
        editor.setFocus()

    @property
    def editor(self) -> QLineEdit | None:
        return self._editor

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if watched is not self._editor:
            return False
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._close_editor(keep=True)
                self.setFocus()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self._close_editor(keep=False)
                self.setFocus()
                return True
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self._close_editor(keep=True)
                self._go_on(forward=event.key() == Qt.Key.Key_Tab)
                return True
        elif kind == QEvent.Type.MouseButtonDblClick:
            # The second press of a double click on the field: the first one opened the editor.
            self._close_editor(keep=False)
            self.reset.emit()
            return True
        elif kind == QEvent.Type.FocusOut and QApplication.activePopupWidget() is None:
            self._close_editor(keep=True)
        return False

    def _go_on(self, *, forward: bool) -> None:
        """Type into the next number field."""
        fields = [field for field in self.window().findChildren(NumberField) if field.isVisible()]
        place = fields.index(self) + (1 if forward else -1)
        if 0 <= place < len(fields):
            fields[place].open_editor()

    def _close_editor(self, *, keep: bool) -> None:
        editor, self._editor = self._editor, None
        if editor is None:
            return
        text = editor.text()
        editor.removeEventFilter(self)
        editor.hide()
        editor.deleteLater()
        unchanged = text == self._format(self._value) and not self._mixed
        if not keep or unchanged or not text.strip():
            return
        try:
            value = typed_number(text, self._value)
        except ValueError as error:
            self.setToolTip(str(error))
            QApplication.beep()
            return
        self._exact = value
        self._set(value)
        self.finished.emit()

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        hovered = self.underMouse() or self._dragging
        outline = QPainterPath()
        outline.addRoundedRect(body, 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.fillPath(outline, theme.colour("field_hover" if hovered else "field"))
        low, high = self._range()
        if not self._mixed and high > low:
            zero = min(max((0 - low) / (high - low), 0.0), 1.0)
            here = min(max((self._value - low) / (high - low), 0.0), 1.0)
            left, right = sorted((zero, here))
            bar = QRectF(
                body.left() + left * body.width(), body.top(), (right - left) * body.width(), body.height()
            )
            painter.save()
            painter.setClipPath(outline)
            painter.fillRect(bar, theme.colour("fill_hover" if hovered else "fill"))
            if 0 < zero < 1:
                x = body.left() + zero * body.width()
                painter.fillRect(QRectF(x - 0.5, body.top(), 1, body.height()), theme.colour("line"))
            painter.restore()
        edge = {"key": "key", "animated": "key"}.get(self._animated, "border")
        if self.hasFocus():
            edge = "accent"
        pen = QPen(theme.colour(edge), 1)
        if self._animated == "animated" and not self.hasFocus():
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(outline)
        words = body.adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        if self._slider.unit:
            painter.setPen(theme.colour("text_dim"))
            painter.drawText(words, middle | Qt.AlignmentFlag.AlignRight, self._slider.unit)
            words.setRight(words.right() - self.fontMetrics().horizontalAdvance(self._slider.unit) - 5)
        painter.setPen(theme.colour("text_dim" if self._mixed else "text"))
        painter.drawText(words, middle | Qt.AlignmentFlag.AlignRight, self.text())
        painter.end()
