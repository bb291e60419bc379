"""Small widgets that look the same everywhere."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QProgressBar, QPushButton, QSpinBox, QWidget

# Qt leaves a styled field without buttons no room for its text; buttons of no width look the same.
_PLAIN = "QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { width: 0; border: none; }"
_THIN = "QProgressBar { min-height: 6px; max-height: 6px; border: none; border-radius: 3px; }"


def whole_number(tip: str, low: int, high: int, parent: QWidget | None = None) -> QSpinBox:
    """A field for a whole number; the wheel and the arrow keys step it."""
    field = QSpinBox(parent)
    field.setRange(low, high)
    _make_plain(field, tip)
    return field


def number(tip: str, low: float, high: float, parent: QWidget | None = None) -> QDoubleSpinBox:
    """A field for a number with two decimals."""
    field = QDoubleSpinBox(parent)
    field.setRange(low, high)
    field.setDecimals(2)
    _make_plain(field, tip)
    return field


def _make_plain(field: QAbstractSpinBox, tip: str) -> None:
    field.setToolTip(tip)
    field.setAccessibleName(tip)
    field.setAlignment(Qt.AlignmentFlag.AlignCenter)
    field.setKeyboardTracking(False)
    field.setStyleSheet(_PLAIN)


def push_button(text: str, action: object, parent: QWidget | None = None) -> QPushButton:
    """A button of a dialog that Return does not press unless it has the focus."""
    made = QPushButton(text, parent)
    made.setAutoDefault(False)
    made.clicked.connect(action)
    return made


def thin_bar(parent: QWidget | None = None) -> QProgressBar:
    """A progress bar without words, 0 to 1000."""
    bar = QProgressBar(parent)
    bar.setRange(0, 1000)
    bar.setTextVisible(False)
    bar.setStyleSheet(_THIN)
    return bar
