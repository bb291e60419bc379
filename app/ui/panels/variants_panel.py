"""The variants of a graph: keep the values under a name, switch, compare."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.document.commands import remove_variant, rename_variant, save_variant, switch_variant
from app.document.variants import is_current
from app.ui.session import VARIANT_SLOT, Session

EMPTY = (
    "A variant keeps the values of all nodes under a name.\n\n"
    "Keep the values as they are, change some, keep them again, and switch or compare."
)


class VariantsPanel(QWidget):
    """Lists the variants; those whose values the graph has are bold."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._known: object = None
        self.list = QListWidget(self)
        self.list.setAccessibleName("Variants")
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
