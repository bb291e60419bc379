"""What the user may set: looks, network, own nodes."""

from __future__ import annotations

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QVBoxLayout,
    QWidget,
)

from app.models import policy
from app.ui.dialogs.answer import Answer
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
        self.answer = Answer(self)
        self.answer.accepted.connect(self.apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 14, 16, 14)
        column.setSpacing(12)
        column.addLayout(program)
        column.addWidget(self.answer)

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
            self.answer.say(str(error))
            return
        self.accept()
