"""Consent: who is shown in the project, and who agreed to what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.document.commands import set_consent
from app.document.consent import MAX_RECORDS, Consent, checksum_of
from app.ui.dialogs.answer import Answer
from app.ui.fields import push_button
from app.ui.session import Session

EVERYTHING = "All of the project"


class ConsentDialog(QDialog):
    """A record for each person or source. Takes effect on OK, as one step of undo."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.records: list[Consent] = list(session.document.graph.settings.consent)
        self._filling = False
        self.setWindowTitle("Consent")
        self.setMinimumSize(720, 470)
        note = QLabel(
            "Write down who is shown and what they agreed to. It is kept in the graph file and proves "
            "nothing by itself: keep the signed form. Exported files say how many records there are, and "
            "name a person only where you allow it.",
            self,
        )
        note.setProperty("dim", True)
        note.setWordWrap(True)
        self.people = QListWidget(self)
        self.people.setFixedWidth(200)
        self.people.currentRowChanged.connect(self._show)
        self.add = push_button("Add person", self.add_record, self)
        self.remove = push_button("Remove", self.remove_record, self)
        under = QHBoxLayout()
        under.addWidget(self.add)
        under.addWidget(self.remove)
        left = QVBoxLayout()
        left.addWidget(self.people, 1)
        left.addLayout(under)
        self.form = self._make_form()
        middle = QHBoxLayout()
        middle.setSpacing(16)
        middle.addLayout(left)
        middle.addWidget(self.form, 1)
        self.answer = Answer(self)
        self.answer.accepted.connect(self.apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(12)
        column.addWidget(note)
        column.addLayout(middle, 1)
        column.addWidget(self.answer)
        self._list()
        self.people.setCurrentRow(0 if self.records else -1)
        self._show(self.people.currentRow())

    def _make_form(self) -> QWidget:
        self.person, self.by, self.date = (self._line() for _ in range(3))
        self.person.setPlaceholderText("Who is shown")
        self.by.setPlaceholderText("Only if somebody else agreed: a parent, an agency")
        self.date.setPlaceholderText("YYYY-MM-DD")
        self.source = QComboBox(self)
        self.source.setEditable(True)
        self.source.addItem(EVERYTHING)
        self.source.addItems(self._sources())
        self.source.setToolTip("The node or the file that shows the person")
        self.source.editTextChanged.connect(self._keep)
        self.agreed, self.note = (
            self._words("Such as: edits of expression, for the film “Ada”"),
            self._words(""),
        )
        self.file = QLabel(self)
        self.file.setProperty("dim", True)
        self.file.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.file.setWordWrap(True)
        self.attach = push_button("Checksum of the form…", self.choose_form, self)
        self.attach.setToolTip("Keeps the file's name and SHA-256, not the file")
        self.detach = push_button("Remove", self.remove_form, self)
        today = push_button(
            "Today", lambda: self.date.setText(QDate.currentDate().toString("yyyy-MM-dd")), self
        )
        self.public = QCheckBox("Exported files may name this person and what was agreed", self)
        self.public.setToolTip("The note, the source and the form's name never leave the graph file")
        self.public.toggled.connect(self._keep)
        when, kept = QHBoxLayout(), QHBoxLayout()
        when.setSpacing(8)
        kept.setSpacing(8)
        when.addWidget(self.date)
        when.addWidget(today)
        kept.addWidget(self.attach)
        kept.addWidget(self.detach)
        kept.addStretch(1)
        inside = QWidget(self)
        form = QFormLayout(inside)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(12)
        form.addRow("Person", self.person)
        form.addRow("Shown in", self.source)
        form.addRow("Agreed to", self.agreed)
        form.addRow("Agreed by", self.by)
        form.addRow("Date", when)
        form.addRow("Note", self.note)
        form.addRow("Form", kept)
        form.addRow("", self.file)
        form.addRow("", self.public)
        return inside

    def _line(self) -> QLineEdit:
        line = QLineEdit(self)
        line.textChanged.connect(self._keep)
        return line

    def _words(self, hint: str) -> QPlainTextEdit:
        words = QPlainTextEdit(self)
        words.setPlaceholderText(hint)
        words.setFixedHeight(58)
        words.setTabChangesFocus(True)
        words.textChanged.connect(self._keep)
        return words

    def _sources(self) -> list[str]:
        """The nodes that load something."""
        session = self.session
        kinds = {spec.id for spec in session.registry if spec.category == "Load"}
        return [name for name, node in session.document.graph.nodes.items() if node.kind in kinds]

    # -- the records --------------------------------------------------------------------------

    def add_record(self) -> None:
        if len(self.records) < MAX_RECORDS:
            self.records.append(Consent())
            self._list()
            self.people.setCurrentRow(len(self.records) - 1)
            self.person.setFocus()

    def remove_record(self) -> None:
        row = self.people.currentRow()
        if 0 <= row < len(self.records):
            del self.records[row]
            self._list()
            self.people.setCurrentRow(min(row, len(self.records) - 1))
            self._show(self.people.currentRow())

    def choose_form(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "The signed form")
        if chosen:
            self.take_form(Path(chosen))

    def take_form(self, path: Path) -> None:
        """Keep the name and the checksum of a form."""
        try:
            checksum = checksum_of(path)
        except OSError as error:
            self.answer.say(f"{path} cannot be read: {error.strerror or error}")
            return
        self._change(file=path.name, sha256=checksum)

    def remove_form(self) -> None:
        self._change(file="", sha256="")

    def _change(self, **changes: str) -> None:
        row = self.people.currentRow()
        if 0 <= row < len(self.records):
            self.records[row] = replace(self.records[row], **changes)
            self._show(row)

    def _list(self) -> None:
        self.people.blockSignals(True)
        row = self.people.currentRow()
        self.people.clear()
        self.people.addItems([record.person or "(no name)" for record in self.records])
        self.people.setCurrentRow(row)
        self.people.blockSignals(False)

    def _show(self, row: int) -> None:
        there = 0 <= row < len(self.records)
        record = self.records[row] if there else Consent()
        self._filling = True
        self.person.setText(record.person)
        self.source.setEditText(record.source or EVERYTHING)
        self.agreed.setPlainText(record.agreed)
        self.by.setText(record.by)
        self.date.setText(record.date)
        self.note.setPlainText(record.note)
        self.public.setChecked(record.public)
        self._filling = False
        self.file.setText(f"{record.file}  ·  SHA-256 {record.sha256[:16]}…" if record.sha256 else "")
        self.file.setToolTip(record.sha256)
        self.file.setVisible(bool(record.sha256))
        self.detach.setVisible(bool(record.sha256))
        self.form.setEnabled(there)
        self.remove.setEnabled(there)

    def _keep(self) -> None:
        row = self.people.currentRow()
        if self._filling or not 0 <= row < len(self.records):
            return
        source = self.source.currentText().strip()
        self.records[row] = replace(
            self.records[row],
            person=self.person.text().strip(),
            source="" if source == EVERYTHING else source,
            agreed=self.agreed.toPlainText().strip(),
            by=self.by.text().strip(),
            date=self.date.text().strip(),
            note=self.note.toPlainText().strip(),
            public=self.public.isChecked(),
        )
        item = self.people.item(row)
        if item is not None:
            item.setText(self.records[row].person or "(no name)")
        self.answer.problem.hide()

    def apply(self) -> None:
        """Write the records into the project; stays open and says why when one cannot be kept."""
        for row, record in enumerate(self.records):
            problem = record.problem()
            if problem:
                self.people.setCurrentRow(row)
                self.answer.say(f"{record.person or 'This record'}: {problem}")
                return
        kept = tuple(record for record in self.records if not record.is_empty)
        if kept != self.session.document.graph.settings.consent:
            self.session.edit_document("Write down consent", lambda graph: set_consent(graph, kept))
        self.accept()
