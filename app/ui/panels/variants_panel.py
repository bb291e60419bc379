"""The variants of a graph: keep the values under a name, see them side by side, switch, compare."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.document.commands import remove_variant, rename_variant, save_variant, switch_variant
from app.document.graph import Graph, Port
from app.document.variants import is_current
from app.engine.protocol import ViewReady
from app.ui.looks import SHEET_SLOT, VARIANT_SLOT
from app.ui.session import Session
from app.ui.theme import current_theme

EMPTY = (
    "A variant keeps the values of all nodes under a name.\n\n"
    "Keep the values as they are, change some, keep them again, and switch or compare."
)
PICTURE, CELL = QSize(136, 92), QSize(148, 122)
#: Milliseconds of rest before the pictures are made anew, and of how many variants they are made.
REST, MOST = 400, 24


class VariantsPanel(QWidget):
    """Shows what each variant makes of what is in front; those whose values the graph has are bold.

    The pictures are made while nothing else goes on, and only as long as somebody looks.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._known: object = None
        self.list = QListWidget(self)
        self.list.setAccessibleName("Variants")
        self.list.setViewMode(QListView.ViewMode.IconMode)
        self.list.setMovement(QListView.Movement.Static)
        self.list.setResizeMode(QListView.ResizeMode.Adjust)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(PICTURE)
        self.list.setGridSize(CELL)
        self._pictures: dict[str, QPixmap] = {}
        #: What the pictures at hand, or asked for, were made of.
        self._made_of: tuple[Graph, int, Port | None] | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST)
        self._rest.timeout.connect(self._ask)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.list.itemActivated.connect(lambda item: self.switch(self._title(item)))
        self.list.itemChanged.connect(self._on_renamed)
        self.list.currentItemChanged.connect(lambda _now, _before: self._refresh_buttons())
        self.empty = QLabel(EMPTY, self)
        self.empty.setWordWrap(True)
        self.empty.setProperty("dim", True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.keep = self._button("Keep as new", "Keep the values of all nodes as a new variant")
        self.keep.clicked.connect(lambda: self.save(self._free_title()))
        self.update_chosen = self._button("Update", "Keep the values of all nodes in the chosen variant")
        self.update_chosen.clicked.connect(lambda: self.save(self.chosen))
        self.go = self._button("Switch", "Give all nodes the values of the chosen variant (Enter)")
        self.go.clicked.connect(lambda: self.switch(self.chosen))
        self.compare = self._button("Compare", "Show the chosen variant beside what is in the viewer")
        self.compare.setCheckable(True)
        self.compare.clicked.connect(lambda on: session.compare_variant(self.chosen if on else ""))
        self.remove = self._button("Remove", "Forget the chosen variant; the graph stays as it is")
        self.remove.clicked.connect(lambda: self.forget(self.chosen))
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 8)
        column.addWidget(self.empty, 1)
        column.addWidget(self.list, 1)
        for line in ((self.keep, self.update_chosen), (self.go, self.compare, self.remove)):
            row = QHBoxLayout()
            for button in line:
                row.addWidget(button)
            column.addLayout(row)
        session.graph_changed.connect(lambda _before, _after: self.refresh())
        session.document_changed.connect(self.refresh)
        session.slots_changed.connect(self._refresh_buttons)
        session.graph_changed.connect(lambda _before, _after: self._wait())
        session.slots_changed.connect(self._wait)
        session.frame_changed.connect(lambda _frame: self._wait())
        session.view_ready.connect(self._on_ready)
        self.refresh()

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        return button

    # -- what can be done ---------------------------------------------------------------------

    @property
    def chosen(self) -> str:
        """The variant that is chosen in the list; empty for none."""
        item = self.list.currentItem()
        return self._title(item) if item is not None else ""

    def save(self, title: str) -> None:
        """Keep the values as they are under a name."""
        if title and self.session.edit_document("Keep variant", lambda graph: save_variant(graph, title)):
            self._choose(title)

    def switch(self, title: str) -> None:
        """Give all nodes the values of a variant."""
        if title:
            self.session.edit_document(f"Switch to {title}", lambda graph: switch_variant(graph, title))

    def forget(self, title: str) -> None:
        """Remove a variant."""
        if title:
            if self.session.compared == title:
                self.session.compare_variant("")
            self.session.edit_document("Remove variant", lambda graph: remove_variant(graph, title))

    def _on_renamed(self, item: QListWidgetItem) -> None:
        old, new = self._title(item), item.text()
        if new != old:
            self.session.edit_document("Rename variant", lambda graph: rename_variant(graph, old, new))
            self._known = None
            self.refresh()

    # -- showing ------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the variants that there are, and which of them the graph has the values of."""
        graph = self.session.document.graph
        if graph is self._known or not self.isVisible():
            return  # to compare all values costs something; while nobody looks it can wait
        self._known = graph
        titles, chosen = list(graph.settings.variants), self.chosen
        self.list.blockSignals(True)
        while self.list.count() > len(titles):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(titles):
            self.list.addItem(QListWidgetItem())
        for row, title in enumerate(titles):
            item = self.list.item(row)
            item.setText(title)
            item.setToolTip(title)
            item.setIcon(_icon(self._pictures.get(title)))
            item.setData(Qt.ItemDataRole.UserRole, title)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            font = item.font()
            font.setBold(is_current(graph, title))
            item.setFont(font)
        self.list.blockSignals(False)
        if chosen in titles:
            self._choose(chosen)
        self.list.setVisible(bool(titles))
        self.empty.setVisible(not titles)
        self._refresh_buttons()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        super().showEvent(event)
        self.refresh()
        self._wait()

    # -- pictures -----------------------------------------------------------------------------

    def _wait(self) -> None:
        """Something changed: no more pictures of what was, and new ones once it is calm."""
        self.session.show_sheet(())
        if self.isVisible() and self.session.document.graph.settings.variants:
            self._rest.start()

    def _ask(self) -> None:
        session = self.session
        graph, slot = session.document.graph, session.slot
        seen = (session.frame, session.slots.get(slot))
        if not self.isVisible() or session.requests.paused or session.compared:
            return
        if self._made_of is not None and self._made_of[0] is graph and self._made_of[1:] == seen:
            return
        if session.requests.busy:
            self._rest.start()
            return
        self._made_of = (graph, *seen)
        known = graph.settings.variants
        self._pictures = {title: each for title, each in self._pictures.items() if title in known}
        session.show_sheet(list(known)[:MOST])

    def _on_ready(self, event: ViewReady) -> None:
        number, titles = event.slot - SHEET_SLOT, self.session.sheet
        pixels = event.preview.pixels
        if not 0 <= number < len(titles) or pixels is None:
            return
        height, width = pixels.shape[:2]
        image = QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
        self._pictures[titles[number]] = QPixmap.fromImage(image.copy())
        for row in range(self.list.count()):
            item = self.list.item(row)
            if self._title(item) == titles[number]:
                self.list.blockSignals(True)
                item.setIcon(_icon(self._pictures[titles[number]]))
                self.list.blockSignals(False)

    def _refresh_buttons(self) -> None:
        session, chosen = self.session, self.chosen
        for button in (self.update_chosen, self.go, self.compare, self.remove):
            button.setEnabled(bool(chosen))
        self.compare.setChecked(session.wipe_slot == VARIANT_SLOT and session.compared == chosen != "")

    def _choose(self, title: str) -> None:
        for row in range(self.list.count()):
            if self._title(self.list.item(row)) == title:
                self.list.setCurrentRow(row)

    def _free_title(self) -> str:
        number = 1
        while f"Variant {number}" in self.session.document.graph.settings.variants:
            number += 1
        return f"Variant {number}"

    @staticmethod
    def _title(item: QListWidgetItem) -> str:
        return str(item.data(Qt.ItemDataRole.UserRole) or "")


def _icon(picture: QPixmap | None) -> QIcon:
    """A variant's picture in the middle of a plate, which a selection does not tint."""
    plate = QPixmap(PICTURE)
    plate.fill(current_theme().colour("canvas"))
    if picture is not None:
        keeps, soft = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        small = picture.scaled(PICTURE, keeps, soft)
        painter = QPainter(plate)
        painter.drawPixmap(plate.rect().center() - small.rect().center(), small)
        painter.end()
    made = QIcon(plate)
    made.addPixmap(plate, QIcon.Mode.Selected)
    return made
