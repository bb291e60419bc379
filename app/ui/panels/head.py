"""The top of the parameter panel: which node, what is said of it, what went wrong."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from app.document.graph import NodeInstance
from app.engine.protocol import NodeState
from app.ui.theme import current_theme, icon
from nodes.sdk.models import cards
from nodes.sdk.node import NodeSpec


class NodeHead(QWidget):
    """Shows a node's name, kind, honest labels, the licences of its models, what it says, and its error.

    Signals:
        renamed: the name that was typed.
        disabled: whether the node shall pass its input through.
    """

    renamed = Signal(str)
    disabled = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._name = ""
        self._colour = QColor()
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 9, 8, 8)
        column.setSpacing(3)
        line = QHBoxLayout()
        line.setSpacing(2)
        self.title = QLabel(self)
        self.title.setProperty("title", True)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.power = QToolButton(self)
        self.power.setCheckable(True)
        self.power.clicked.connect(lambda: self.disabled.emit(self.power.isChecked()))
        self.power.setToolTip("Disable: pass the input through unchanged")
        self.menu_button = QToolButton(self)
        self.menu_button.setToolTip("Presets; reset, copy and paste values")
        line.addWidget(self.title, 1)
        line.addWidget(self.power)
        line.addWidget(self.menu_button)
        column.addLayout(line)
        self.name = QLineEdit(self)
        self.name.setProperty("bare", True)
        self.name.setToolTip("The node's name, as on the command line")
        self.name.editingFinished.connect(self._on_name)
        self.name.setTextMargins(-7, 0, 0, 0)
        column.addWidget(self.name)
        self.notes = QLabel(self)
        self.notes.setProperty("chip", "warning")
        self.notes.setWordWrap(True)
        self.licences = QLabel(self)
        self.licences.setProperty("dim", True)
        self.licences.setWordWrap(True)
        self.notice = QLabel(self)
        self.notice.setProperty("box", "warning")
        self.notice.setWordWrap(True)
        self.error = QLabel(self)
        self.error.setProperty("box", "error")
        self.error.setWordWrap(True)
        self.error.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self.notes, self.licences, self.notice, self.error):
            column.addWidget(label)
        self.notice.hide()
        self.error.hide()
        self.restyle()

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.power.setIcon(icon("power", "text_dim"))
        self.menu_button.setIcon(icon("menu", "text_dim"))
        self.update()

    def show_node(self, name: str, instance: NodeInstance, spec: NodeSpec | None, count: int) -> None:
        """Show a node; `count` says how many are edited together."""
        theme = current_theme()
        self._name = name
        self.title.setText(spec.title if spec else instance.kind)
        self.title.setToolTip(spec.help.split("\n\n")[0] if spec else "")
        self.name.setText(name if count == 1 else f"{count} nodes")
        self.name.setEnabled(count == 1)
        self.power.setChecked(instance.disabled)
        self.menu_button.setVisible(spec is not None)
        self._colour = (
            QColor(instance.colour) if instance.colour else theme.category(spec.category if spec else "")
        )
        notes = _notes(spec) if spec else [_missing(instance)]
        self.notes.setText("<br>".join(html.escape(note) for note in notes))
        self.notes.setVisible(bool(notes))
        licences = _licences(spec) if spec else ""
        self.licences.setText(html.escape(licences))
        self.licences.setVisible(bool(licences))
        self.update()

    def show_state(self, state: NodeState | None) -> None:
        """Show why the node failed, what it waits for, or what it says about its result."""
        notice = state.notice if state is not None and state.error is None else ""
        self.notice.setText(html.escape(_sentence(notice)))
        self.notice.setVisible(bool(notice))
        words = ""
        if state is not None and state.error is not None:
            words = f"<b>{html.escape(_sentence(state.error.what))}</b>"
            if state.error.hint:
                words += f"<br>{html.escape(_sentence(state.error.hint))}"
            if state.error.inputs:
                lines = "<br>".join(html.escape(line) for line in state.error.inputs)
                words += f"<br><span style='color: {current_theme().colours['text_dim']}'>{lines}</span>"
        elif state is not None and state.state == "blocked":
            words = f"Waits for <b>{html.escape(state.blocked_by)}</b>, which failed"
        self.error.setText(words)
        self.error.setVisible(bool(words))

    def _on_name(self) -> None:
        text = self.name.text().strip()
        if self.name.isEnabled() and text and text != self._name:
            self.renamed.emit(text)
        elif self.name.isEnabled():
            self.name.setText(self._name)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        painter = QPainter(self)
        painter.fillRect(0, 0, 4, self.height(), self._colour)
        painter.fillRect(0, self.height() - 1, self.width(), 1, current_theme().colour("line"))
        painter.end()


def _notes(spec: NodeSpec) -> list[str]:
    """The node's own label, and the models whose licence restrains what may be done with results."""
    notes = [spec.note] if spec.note else []
    known = cards()
    for name in spec.models:
        card = known.get(name)
        if card is not None and not card.commercial:
            notes.append(f"{card.title}: not for commercial use ({card.licence})")
    return notes


def _licences(spec: NodeSpec) -> str:
    """The models a node computes with, each with its licence."""
    known = cards()
    listed = [known[name] for name in spec.models if name in known]
    return "Models: " + ", ".join(f"{card.title} ({card.licence})" for card in listed) if listed else ""


def _missing(instance: NodeInstance) -> str:
    return f"The kind '{instance.kind}' (version {instance.version}) is not installed"


def _sentence(text: str) -> str:
    """Words that begin as a sentence does, unless they begin with the name of a file."""
    first = text.partition(" ")[0]
    return text if "." in first or "/" in first else text[:1].upper() + text[1:]
