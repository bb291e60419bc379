"""The names of a motion's curves: a legend whose entries switch them on and off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

SWATCH = 10


class PlotLegend(QWidget):
    """Signals:
    switched: (name, whether it is to be seen).
    liveliest_chosen: the choice is left to the motion again.
    """

    switched = Signal(str, bool)
    liveliest_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.filter = QLineEdit(self)
        self.filter.setPlaceholderText("Find a curve")
        self.filter.setAccessibleName("Find a curve")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._narrow)
        self.liveliest = QToolButton(self)
        self.liveliest.setText("Liveliest")
        self.liveliest.setToolTip("Show the curves that move most, whatever was ticked")
        self.liveliest.clicked.connect(self.liveliest_chosen)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Curves to show")
        self.list.setToolTip("Tick the curves to see")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.itemChanged.connect(self._on_changed)
        bar = QHBoxLayout()
        bar.setContentsMargins(4, 4, 4, 4)
        bar.addWidget(self.filter, 1)
        bar.addWidget(self.liveliest)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.list, 1)
        self.setMinimumWidth(120)

    @property
    def names(self) -> list[str]:
        """The curves in the order they are listed."""
        return [self.list.item(row).text() for row in range(self.list.count())]

    def show_curves(self, names: Sequence[str], colours: Mapping[str, str]) -> None:
        """List curves; those with a colour are ticked.

        Args:
            names: all of them, in order.
            colours: "#rrggbb" of those that are seen.
        """
        self.list.blockSignals(True)
        if self.names != list(names):
            self.list.clear()
            self.list.addItems(list(names))
        for row, name in enumerate(names):
            item = self.list.item(row)
            seen = name in colours
            item.setCheckState(Qt.CheckState.Checked if seen else Qt.CheckState.Unchecked)
            swatch = QPixmap(SWATCH, SWATCH)
            swatch.fill(QColor(colours[name]) if seen else Qt.GlobalColor.transparent)
            item.setIcon(QIcon(swatch))
        self.list.blockSignals(False)
        self._narrow(self.filter.text())

    def _narrow(self, text: str) -> None:
        words = text.lower().split()
        for row in range(self.list.count()):
            item = self.list.item(row)
            item.setHidden(not all(word in item.text().lower() for word in words))

    def _on_changed(self, item: QListWidgetItem) -> None:
        self.switched.emit(item.text(), item.checkState() == Qt.CheckState.Checked)
