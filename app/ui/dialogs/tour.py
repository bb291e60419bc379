"""First steps: six cards, each beside the part of the window it tells about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import current_theme

CARD_WIDTH = 340
GAP = 14


@dataclass(frozen=True)
class Step:
    """One card.

    Attributes:
        title, text: what it says.
        target: the widget it points at.
    """

    title: str
    text: str
    target: QWidget


class Tour(QWidget):
    """Lies over the window and darkens all but what is talked about.

    Signals:
        finished: the user came to the end, or had enough.
    """

    finished = Signal()

    def __init__(self, steps: Sequence[Step], window: QWidget) -> None:
        super().__init__(window)
        self._steps, self._window = list(steps), window
        self.index = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("First steps")
        self.card = QFrame(self)
        self.card.setProperty("popup", True)
        self.card.setFixedWidth(CARD_WIDTH)
        self.count = QLabel(self.card)
        self.count.setProperty("dim", True)
        self.title = QLabel(self.card)
        self.title.setProperty("title", True)
        self.text = QLabel(self.card)
        self.text.setWordWrap(True)
        self.back_button = self._button("Back", self.back)
        self.next_button = self._button("Next", self.next)
        self.next_button.setDefault(True)
        row = QHBoxLayout()
        row.addWidget(self._button("End the tour", self.end))
        row.addStretch(1)
        row.addWidget(self.back_button)
        row.addWidget(self.next_button)
        column = QVBoxLayout(self.card)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(8)
        for part in (self.count, self.title, self.text):
            column.addWidget(part)
        column.addSpacing(4)
        column.addLayout(row)
        window.installEventFilter(self)
        self._show_step()

    def _button(self, text: str, action: object) -> QPushButton:
        button = QPushButton(text, self.card)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(action)
        return button

    def next(self) -> None:
        if self.index + 1 < len(self._steps):
            self.index += 1
            self._show_step()
        else:
            self.end()

    def back(self) -> None:
        self.index = max(self.index - 1, 0)
        self._show_step()

    def end(self) -> None:
        self._window.removeEventFilter(self)
        self.hide()
        self.deleteLater()
        self.finished.emit()

    def _show_step(self) -> None:
        step = self._steps[self.index]
        self.count.setText(f"{self.index + 1} of {len(self._steps)}")
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.back_button.setEnabled(self.index > 0)
        last = self.index + 1 == len(self._steps)
        self.next_button.setText("Done" if last else "Next")
        self._place()
        self.show()
        self.raise_()
        self.setFocus()

    def _hole(self) -> QRect:
        target = self._steps[self.index].target
        if not target.isVisible():
            return QRect()
        return QRect(target.mapTo(self._window, QPoint(0, 0)), target.size())

    def _place(self) -> None:
        """The card beside what it tells about: below, above, or inside when there is no room."""
        self.setGeometry(self._window.rect())
        self.card.adjustSize()
        hole, height = self._hole(), self.card.height()
        x = min(max(hole.center().x() - CARD_WIDTH // 2, GAP), self.width() - CARD_WIDTH - GAP)
        if hole.bottom() + GAP + height < self.height():
            y = hole.bottom() + GAP
        elif hole.top() - GAP - height > 0:
            y = hole.top() - GAP - height
        elif hole.left() - GAP - CARD_WIDTH > 0:
            x, y = hole.left() - GAP - CARD_WIDTH, hole.top() + 60
        else:
            y = hole.center().y() - height // 2
        self.card.move(x, y)
        self.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        keys = Qt.Key
        if event.key() == keys.Key_Escape:
            self.end()
        elif event.key() in (keys.Key_Return, keys.Key_Enter, keys.Key_Right, keys.Key_Space):
            self.next()
        elif event.key() in (keys.Key_Left, keys.Key_Backspace):
            self.back()
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shade = QPainterPath()
        shade.addRect(QRectF(self.rect()))
        frame = QRectF(self._hole()).adjusted(1, 1, -1, -1)
        hole = QPainterPath()
        hole.addRoundedRect(frame, 4, 4)
        painter.fillPath(shade.subtracted(hole), QColor(0, 0, 0, 130))
        painter.setPen(QPen(current_theme().colour("accent"), 2))
        painter.drawRoundedRect(frame, 4, 4)
