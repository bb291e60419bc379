"""Short questions and plain statements, in one look."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.theme import icon
from nodes.sdk.errors import FacewrightError

#: Pixels of the sign beside the words.
SIGN = 32


def ask(parent: QWidget | None, title: str, text: str, answers: Sequence[str], more: str = "") -> int:
    """Ask; returns the number of the answer. The first is what Return says, the last what Escape says."""
    box = QMessageBox(parent)
    box.setWindowTitle("Facewright")
    box.setIconPixmap(icon("help", "accent").pixmap(SIGN))
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(title)
    box.setInformativeText(text)
    if more:
        box.setDetailedText(more)
    role = QMessageBox.ButtonRole.ActionRole
    buttons = [box.addButton(answer, role) for answer in answers]
    box.setDefaultButton(buttons[0])
    box.setEscapeButton(buttons[-1])
    box.exec()
    chosen = box.clickedButton()
    box.deleteLater()
    return buttons.index(chosen) if chosen in buttons else len(buttons) - 1


def tell(parent: QWidget | None, error: FacewrightError) -> None:
    """Say what went wrong and what can be done."""
    box = QMessageBox(parent)
    box.setWindowTitle("Facewright")
    box.setIconPixmap(icon("warning", "warning").pixmap(SIGN))
    box.setTextFormat(Qt.TextFormat.PlainText)
    first, _, rest = error.what.partition(" ")
    # The name of a file or a parameter stays as it is written.
    box.setText(f"{first.capitalize() if first.isalpha() and first.islower() else first} {rest}".strip())
    box.setInformativeText("\n\n".join(part for part in (error.hint, error.where) if part))
    box.exec()
    box.deleteLater()
