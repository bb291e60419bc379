"""The way into nested subgraphs, at the top of the canvas; a click on a part of it leads back there."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

MARGIN = 8


class Breadcrumb(QFrame):
    """Hidden while the whole document is shown."""

    def __init__(self, session: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self.setProperty("box", "plain")
        self.setAutoFillBackground(True)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 2, 6, 2)
        self._row.setSpacing(2)
        self.setAccessibleName("Where the canvas is")
        session.place_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the way to the level that is shown."""
        while (part := self._row.takeAt(0)) is not None:
            widget = part.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        path = self._session.place.path
        for depth, name in enumerate(("Graph", *path)):
            if depth:
                self._row.addWidget(QLabel("›", self))
            button = QToolButton(self)
            button.setText(name)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setEnabled(depth < len(path))
            button.setToolTip(f"Go to {name}" if depth < len(path) else "You are here. Esc leads back out")
            button.clicked.connect(partial(self._go, path[:depth]))
            self._row.addWidget(button)
        self.setVisible(bool(path))
        self.adjustSize()
        self.move(QPoint(MARGIN, MARGIN))

    def _go(self, path: tuple[str, ...], _checked: bool = False) -> None:
        self._session.go_to(path)
