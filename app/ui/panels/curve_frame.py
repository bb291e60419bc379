"""What editors of curves have in common: a bar of buttons, a list of curves, and a plot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QSplitter, QToolButton, QVBoxLayout, QWidget

from app.ui.theme import icon


class CurveFrame(QWidget):
    """A list beside a plot, under a bar; or a sentence instead of both where there is nothing to edit.

    Attributes:
        list: the curves; those that are ticked are drawn.
        buttons: of the bar, by their word.
    """

    def _build(
        self, plot: Any, empty: str, ways: Iterable[tuple[Any, str, Callable[[Any], object]]], fit_tip: str
    ) -> None:
        """Lay everything out.

        Args:
            plot: the widget that draws; it has `fit()`.
            empty: what is said instead.
            ways: for each button its word, its tool tip, and what is called with the word.
            fit_tip: what bringing all into view is called.
        """
        self.plot = plot
        self.list = QListWidget(self)
        self.list.setMinimumWidth(120)
        self.empty = QLabel(empty, self)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("dim", True)
        self.buttons: dict[Any, QToolButton] = {}
        self._bar = QHBoxLayout()
        self._bar.setContentsMargins(6, 4, 6, 4)
        self._bar.setSpacing(3)
        for way, tip, act in ways:
            self.buttons[way] = self._segment(way, tip, act)
        self._bar.addStretch(1)
        self.fit_button = QToolButton(self)
        self.fit_button.setIcon(icon("frame_all"))
        self.fit_button.setToolTip(fit_tip)
        self.fit_button.clicked.connect(plot.fit)
        self._bar.addWidget(self.fit_button)
        self.split = QSplitter(self)
        self.split.addWidget(self.list)
        self.split.addWidget(plot)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([190, 700])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._bar)
        column.addWidget(self.split, 1)
        column.addWidget(self.empty, 1)

    def _segment(self, way: str, tip: str, act: Callable[[Any], object]) -> QToolButton:
        button = QToolButton(self)
        button.setText(way.capitalize())
        button.setToolTip(tip)
        button.setProperty("segment", True)
        button.setCheckable(True)
        button.clicked.connect(partial(act, way))
        self._bar.addWidget(button)
        return button

    def add_field(self, label: str, field: QWidget) -> None:
        """Put a field behind the buttons."""
        place = len(self.buttons)
        self._bar.insertSpacing(place, 10)
        self._bar.insertWidget(place + 1, QLabel(label, self))
        self._bar.insertWidget(place + 2, field)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "fit_button"):
            self.fit_button.setIcon(icon("frame_all"))
            self.dress()
            self.plot.update()

    def dress(self) -> None:
        """Take on the hues of the theme in force."""
