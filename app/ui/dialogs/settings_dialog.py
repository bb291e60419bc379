"""What the user may set: looks, network, and what is written down about the project."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QGroupBox,
    QLabel,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from app.models import policy
from app.ui.session import Session
from app.ui.theme import THEMES, current_theme
from nodes.sdk import own
from nodes.sdk.errors import FacewrightError


class SettingsDialog(QDialog):
    """Takes effect on OK."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.setWindowTitle("Settings")
        self.setMinimumWidth(480)
        self.theme = QComboBox(self)
        for name in THEMES:
            self.theme.addItem(name.capitalize(), name)
        self.theme.setCurrentIndex(self.theme.findData(current_theme().name))
        self.offline = QCheckBox("Offline: never fetch anything from the network", self)
        self.offline.setChecked(policy.is_offline())
        self.own = QCheckBox("Run the nodes in my folder, from the next start", self)
        self.own.setToolTip(f"They are code and may do anything: {own.folder()}")
        self.own.setChecked(own.are_on())
        program = QFormLayout()
        program.setHorizontalSpacing(12)
        program.addRow("Theme", self.theme)
        program.addRow("Network", self.offline)
        program.addRow("Own nodes", self.own)
        self.consent = QPlainTextEdit(session.graph.settings.consent, self)
        self.consent.setPlaceholderText("Who is shown, and who agreed to what, when")
        self.consent.setFixedHeight(90)
        note = QLabel("Kept in the graph file; exports that carry credentials name it.", self)
        note.setProperty("dim", True)
        note.setWordWrap(True)
        project = QVBoxLayout()
        project.addWidget(QLabel("Consent", self))
        project.addWidget(self.consent)
        project.addWidget(note)
        self.problem = QLabel(self)
        self.problem.setProperty("box", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        kinds = QDialogButtonBox.StandardButton
        buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        buttons.accepted.connect(self.apply)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(12)
        for title, content in (("Program", program), ("This graph", project)):
            group = QGroupBox(title, self)
            group.setLayout(content)
            group.setAlignment(Qt.AlignmentFlag.AlignLeft)
            column.addWidget(group)
        column.addWidget(self.problem)
        column.addWidget(buttons)

    @property
    def theme_name(self) -> str:
        return str(self.theme.currentData())

    def apply(self) -> None:
        """Keep what was set; stays open and says why when that is not possible."""
        try:
            if self.offline.isChecked() != policy.is_offline():
                policy.set_offline(self.offline.isChecked())
            if self.own.isChecked() != own.are_on():
                own.turn(self.own.isChecked())
        except FacewrightError as error:
            self.problem.setText(str(error))
            self.problem.show()
            return
        words = self.consent.toPlainText().strip()
        settings = self.session.graph.settings
        if words != settings.consent:
            self.session.edit(
                "Write down consent",
                lambda graph: replace(graph, settings=replace(graph.settings, consent=words)),
            )
        self.accept()
