"""The presets of a node as pictures in a row: a click sets the values."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPixmap, QWheelEvent
from PySide6.QtWidgets import QListView, QListWidget, QListWidgetItem, QWidget

from app.ui.panels.presets import Preset, picture_of
from app.ui.theme import current_theme, icon

FACE = QSize(56, 56)
CELL = QSize(68, 80)
#: Room for the bar that scrolls.
BAR = 12


class PresetStrip(QListWidget):
    """Arrows walk along the row, Return sets the chosen one, the wheel scrolls it sideways.

    Signals:
        chosen: the Preset whose values to set.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: tuple[str, list[Preset]] = ("", [])
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setIconSize(FACE)
        self.setGridSize(CELL)
        self.setFixedHeight(CELL.height() + BAR)
        self.setProperty("strip", True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName("Presets")
        self.itemClicked.connect(self._choose)
        self.hide()

    def show_presets(self, kind: str, known: Sequence[Preset]) -> None:
        """Offer these presets of a kind of node; hidden when none of them has a picture."""
        if self._shown == (kind, list(known)):
            return
        self._shown = (kind, list(known))
        self.clear()
        for preset in known:
            item = QListWidgetItem(_icon(picture_of(kind, preset.title), preset.own), preset.title, self)
            item.setData(Qt.ItemDataRole.UserRole, preset)
            item.setToolTip(f"{preset.title}: set these values, as keys where sliders are animated")
        self.setVisible(any(picture_of(kind, preset.title).is_file() for preset in known))

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self.currentItem())
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        bar = self.horizontalScrollBar()
        turned = event.angleDelta().y() or event.angleDelta().x()
        bar.setValue(bar.value() - round(turned / 120 * CELL.width()))
        event.accept()


def _icon(path: Path, own: bool) -> QIcon:
    """A preset's picture, which a selection does not tint; a plain sign for one without."""
    picture = QPixmap(str(path)) if not own and path.is_file() else QPixmap()
    if picture.isNull():
        picture = QPixmap(FACE)
        picture.fill(current_theme().colour("raised"))
        painter = QPainter(picture)
        icon("flag", "text_dim").paint(painter, picture.rect().adjusted(18, 18, -18, -18))
        painter.end()
    made = QIcon(picture)
    made.addPixmap(picture, QIcon.Mode.Selected)
    return made
