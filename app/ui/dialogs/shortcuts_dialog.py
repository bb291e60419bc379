"""Every key of the program, to look up and to change."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.ui.actions import Actions, place_of
from app.ui.fields import push_button

PLACES = {
    "window": "Everywhere",
    "canvas": "Over the graph",
    "viewer": "Over the viewer",
    "panel": "Over the parameters",
}
_ID = Qt.ItemDataRole.UserRole


class ShortcutsDialog(QDialog):
    """Pick a command, press the new key, done; a key that is taken is named."""

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions = actions
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(620, 620)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Find a command or a key")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.tree = QTreeWidget(self)
        self.tree.setHeaderLabels(["Command", "Keys"])
        self.tree.setAlternatingRowColors(True)
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setStretchLastSection(False)
        self.tree.setColumnWidth(1, 220)
        self.tree.currentItemChanged.connect(self._on_current)
        self.key = QKeySequenceEdit(self)
        self.key.setMaximumSequenceLength(1)
        self.key.setAccessibleName("New key")
        self.set_button = push_button("Set", self.apply, self)
        self.clear_button = push_button("No key", lambda: self._set([]), self)
        self.reset_button = push_button("Reset", lambda: self._reset(self.chosen), self)
        self.note = QLabel(self)
        self.note.setProperty("dim", True)
        self.note.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(QLabel("New key", self))
        row.addWidget(self.key, 1)
        for button in (self.set_button, self.clear_button, self.reset_button):
            row.addWidget(button)
        bottom = QHBoxLayout()
        bottom.addWidget(push_button("Reset all", lambda: self._reset(None), self))
        bottom.addStretch(1)
        bottom.addWidget(push_button("Close", self.accept, self))
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(10)
        column.addWidget(self.search)
        column.addWidget(self.tree, 1)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addLayout(bottom)
        self._fill()
        self._on_current()

    def _fill(self) -> None:
        chosen = self.chosen
        self.tree.clear()
        for place, title in PLACES.items():
            group = QTreeWidgetItem([title, ""])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            self.tree.addTopLevelItem(group)
            for action_id in self._actions.ids(place):
                item = QTreeWidgetItem([self._title(action_id), self._shown(action_id)])
                item.setData(0, _ID, action_id)
                item.setToolTip(0, str(self._actions[action_id].data() or ""))
                group.addChild(item)
                if action_id == chosen:
                    self.tree.setCurrentItem(item)
            group.setExpanded(True)
        self._filter(self.search.text())

    def _title(self, action_id: str) -> str:
        words = {"edit.undo": "Undo", "edit.redo": "Redo"}
        return words.get(action_id) or self._actions[action_id].text().rstrip("…")

    def _shown(self, action_id: str) -> str:
        native = QKeySequence.SequenceFormat.NativeText
        return ",  ".join(keys.toString(native) for keys in self._actions[action_id].shortcuts())

    @property
    def chosen(self) -> str | None:
        """The id of the current command."""
        item = self.tree.currentItem()
        found = item.data(0, _ID) if item is not None else None
        return found if isinstance(found, str) else None

    def choose(self, action_id: str) -> None:
        """Make a command current."""
        for index in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(index)
            for child in range(group.childCount() if group else 0):
                item = group.child(child) if group else None
                if item is not None and item.data(0, _ID) == action_id:
                    self.tree.setCurrentItem(item)

    def _filter(self, words: str) -> None:
        wanted = words.lower().strip()
        for index in range(self.tree.topLevelItemCount()):
            group = self.tree.topLevelItem(index)
            if group is None:
                continue
            shown = 0
            for child in range(group.childCount()):
                item = group.child(child)
                if item is None:
                    continue
                text = f"{item.text(0)} {item.text(1)}".lower()
                item.setHidden(wanted not in text)
                shown += wanted in text
            group.setHidden(not shown)

    def _on_current(self) -> None:
        chosen = self.chosen
        for part in (self.key, self.set_button, self.clear_button, self.reset_button):
            part.setEnabled(chosen is not None)
        self.key.clear()
        self._say_conflicts()

    def apply(self) -> None:
        """Give the current command the key that was pressed."""
        text = self.key.keySequence().toString(QKeySequence.SequenceFormat.PortableText)
        if text:
            self._set([text])

    def _set(self, keys: list[str]) -> None:
        if self.chosen is not None:
            self._actions.set_keys(self.chosen, keys)
            self._fill()
            self._say_conflicts()

    def _reset(self, action_id: str | None) -> None:
        self._actions.reset_keys(action_id)
        self._fill()
        self._say_conflicts()

    def _say_conflicts(self) -> None:
        chosen = self.chosen
        others = self._actions.conflicts(chosen) if chosen else []
        if others:
            titles = ", ".join(self._title(other) for other in others)
            self.note.setText(f"The same key also belongs to: {titles}")
        elif chosen:
            self.note.setText(f"Counts {PLACES[place_of(chosen)].lower()}.")
        else:
            self.note.setText("Choose a command to change its key.")
