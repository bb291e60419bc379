"""The foot of a dialog that keeps what was set: why it could not, and OK and Cancel."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget


class Answer(QWidget):
    """Stands under a dialog's fields; OK calls the dialog's `accepted`, Cancel rejects the dialog."""

    def __init__(self, dialog: QDialog) -> None:
        super().__init__(dialog)
        self.problem = QLabel(self)
        self.problem.setProperty("box", "error")
        self.problem.setWordWrap(True)
        self.problem.hide()
        kinds = QDialogButtonBox.StandardButton
        self.buttons = QDialogButtonBox(kinds.Ok | kinds.Cancel, self)
        self.accepted = self.buttons.accepted
        self.buttons.rejected.connect(dialog.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)

    def say(self, words: str) -> None:
        """Show why what was set cannot be kept."""
        self.problem.setText(words)
        self.problem.show()
