"""What a viewer says about itself, loudly: paused, failed, restarted; and quietly: computing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.fields import thin_bar

Tone = Literal["error", "warning", "info"]
_STRIPES = {"error": "#e5484d", "warning": "#f5a623", "info": "#4a9eff"}
_GROUNDS = {"error": "#3a1d20", "warning": "#3a2d14", "info": "#182a40"}


class Banner(QFrame):
    """A coloured strip with a sentence, a hint, up to one button, and where it may be closed a cross."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewerBanner")
        self._title = QLabel(self)
        self._title.setWordWrap(True)
        self._title.setTextFormat(Qt.TextFormat.PlainText)
        self._hint = QLabel(self)
        self._hint.setWordWrap(True)
        self._hint.setTextFormat(Qt.TextFormat.PlainText)
        self._hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton(self)
        self._button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._button.clicked.connect(self._press)
        self._close = QToolButton(self)
        self._close.setText("×")
        self._close.setToolTip("Close")
        self._close.setAccessibleName("Close")
        self._close.setAutoRaise(True)
        self._close.clicked.connect(self.hide)
        self._action: Callable[[], None] | None = None
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 9, 10, 9)
        row.addLayout(texts, 1)
        row.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    @property
    def words(self) -> str:
        """The sentence shown, empty when hidden."""
        return self._title.text() if not self.isHidden() else ""

    def tell(
        self,
        tone: Tone,
        title: str,
        hint: str = "",
        button: str = "",
        action: Callable[[], None] | None = None,
        *,
        closable: bool = False,
    ) -> None:
        self._close.setVisible(closable)
        self.setStyleSheet(
            f"#viewerBanner {{ background: {_GROUNDS[tone]}; border: none;"
            f" border-left: 4px solid {_STRIPES[tone]}; }}"
            " #viewerBanner QLabel, #viewerBanner QToolButton { color: #f2f4f6; background: transparent; }"
        )
        font = self._title.font()
        font.setBold(True)
        self._title.setFont(font)
        self._title.setText(title)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self._action = action
        self.show()

    def _press(self) -> None:
        if self._action is not None:
            self._action()


class Activity(QFrame):
    """A small plate in the corner: which node is computed, how far, with a stop button."""

    def __init__(self, stop: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("viewerActivity")
        self.setStyleSheet(
            "#viewerActivity { background: rgba(16, 20, 26, 215); border-radius: 6px; }"
            " #viewerActivity QLabel { color: #dfe6ee; background: transparent; }"
        )
        self._label = QLabel(self)
        self._bar = thin_bar(self)
        self._bar.setFixedWidth(90)
        button = QPushButton("Stop", self)
        button.setToolTip("Stop computing")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 5, 5)
        row.setSpacing(8)
        for part in (self._label, self._bar, button):
            row.addWidget(part)
        self.hide()

    def tell(self, words: str, fraction: float) -> None:
        self._label.setText(words)
        self._bar.setRange(0, 1000 if fraction > 0 else 0)
        self._bar.setValue(round(fraction * 1000))
        self.adjustSize()
        self.show()
