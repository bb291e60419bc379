"""A parameter's line in the panel, and the groups that lines stand in."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.document.commands import Shown
from app.ui.panels.controls import Control, control_for
from app.ui.theme import current_theme, icon
from nodes.sdk.params import ParameterSpec

LABEL_WIDTH = 128
LINE_HEIGHT = 22
KEY_TIPS = {
    "none": "Animate: set a key at this frame",
    "animated": "Set a key at this frame",
    "key": "Remove the key at this frame",
}


class KeyButton(QAbstractButton):
    """A diamond: empty when nothing is animated, half for an animated value, full for a key here."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.state = "none"
        self.setFixedSize(18, LINE_HEIGHT)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_state(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.update()
        self.setToolTip(KEY_TIPS[state])

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(18, LINE_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        theme = current_theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, reach = QRectF(self.rect()).center(), 4.8
        corners = [QPointF(0, -reach), QPointF(reach, 0), QPointF(0, reach), QPointF(-reach, 0)]
        lit = self.underMouse() or self.hasFocus()
        colour = theme.colour("key" if self.state != "none" else "text" if lit else "text_off")
        painter.setPen(QPen(colour, 1.3))
        painter.setBrush(colour if self.state == "key" else Qt.BrushStyle.NoBrush)
        painter.drawPolygon(QPolygonF([middle + corner for corner in corners]))
        if self.state == "animated":
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            left = [corners[0], corners[2], corners[3]]
            painter.drawPolygon(QPolygonF([middle + corner for corner in left]))
        painter.end()


class NameLabel(QLabel):
    """A parameter's name; bright when it was changed. A double click resets it."""

    double_clicked = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._full = text
        self.setFixedSize(LABEL_WIDTH, LINE_HEIGHT)
        elided = self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, LABEL_WIDTH - 4)
        self.setText(elided)
        self.setProperty("dim", True)

    def show_changed(self, changed: bool) -> None:
        if self.property("dim") == changed:
            self.setProperty("dim", not changed)
            self.style().polish(self)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        self.double_clicked.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        self.menu_wanted.emit(event.globalPos())


class ParameterRow:
    """The label, the control and the key of one parameter."""

    def __init__(self, spec: ParameterSpec, parent: QWidget, tip: str = "") -> None:
        self.spec = spec
        self.label = NameLabel(spec.label, parent)
        self.control: Control = control_for(spec, parent)
        self.control.setAccessibleName(spec.label)
        self.label.setToolTip(f"{tip}<br>Double-click to reset")
        self.control.setToolTip(tip)
        self.key: KeyButton | None = KeyButton(parent) if spec.keyframable else None
        self.shown: Shown | None = None

    def show(self, shown: Shown) -> None:
        """Show another value."""
        if shown == self.shown:
            return
        self.shown = shown
        self.control.show_value(shown.value, mixed=shown.mixed, animated=shown.key)
        self.label.show_changed(shown.changed)
        if self.key is not None:
            self.key.show_state(shown.key)

    def set_visible(self, visible: bool) -> None:
        for widget in (self.label, self.control, self.key):
            if widget is not None:
                widget.setVisible(visible)

    def matches(self, words: str) -> bool:
        """Whether a filter lets it through."""
        return words in self.spec.label.lower() or words in self.spec.name.lower()


class Group(QWidget):
    """A heading that folds the rows under it."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = title
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        self.head: QToolButton | None = None
        if title:
            self.head = QToolButton(self)
            self.head.setText(title)
            self.head.setProperty("group", True)
            self.head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            self.head.setIcon(icon("chevron_down", "text_dim"))
            self.head.setIconSize(QSize(12, 12))
            self.head.clicked.connect(self.toggle)
            column.addWidget(self.head)
        self.body = QWidget(self)
        self.grid = QGridLayout(self.body)
        self.grid.setContentsMargins(10, 2, 6, 6)
        self.grid.setHorizontalSpacing(6)
        self.grid.setVerticalSpacing(4)
        self.grid.setColumnStretch(1, 1)
        self.grid.setColumnMinimumWidth(2, 18)
        column.addWidget(self.body)
        self.rows: list[ParameterRow] = []
        self._line = 0

    def add(self, row: ParameterRow) -> None:
        line = self._line
        if row.control.wide:
            self.grid.addWidget(row.label, line, 0, 1, 3)
            self.grid.addWidget(row.control, line + 1, 0, 1, 3)
            self._line += 2
        else:
            self.grid.addWidget(row.label, line, 0, Qt.AlignmentFlag.AlignTop)
            self.grid.addWidget(row.control, line, 1)
            self._line += 1
        if row.key is not None:
            self.grid.addWidget(row.key, line, 2)
        self.rows.append(row)

    def toggle(self) -> None:
        """Fold or unfold."""
        folded = self.body.isVisible()
        self.body.setVisible(not folded)
        if self.head is not None:
            self.head.setIcon(icon("chevron_right" if folded else "chevron_down", "text_dim"))

    def filter(self, words: str) -> None:
        """Show only the rows that match."""
        wanted = words.strip().lower()
        any_shown = False
        for row in self.rows:
            fits = not wanted or row.matches(wanted) or wanted in self.title.lower()
            row.set_visible(fits)
            any_shown |= fits
        self.setVisible(any_shown)
