"""Models a graph needs: what each is, its size, licence, checksum and source, and a button to fetch."""

from __future__ import annotations

import sys

from PySide6.QtCore import QProcess, Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.document.graph import Graph
from app.models import policy
from app.ui.fields import thin_bar
from nodes.sdk.errors import FacewrightError
from nodes.sdk.models import ModelCard, cards, find
from nodes.sdk.registry import Registry

#: Pixels of a column, at most.
WIDEST = 230
COLUMNS = ("Model", "Here", "Size", "Licence", "Commercial use", "Source", "SHA-256")


def models_of(graph: Graph, registry: Registry) -> list[ModelCard]:
    """The cards that the nodes of a graph name, each once."""
    names: dict[str, None] = {}
    for node in graph.nodes.values():
        spec = registry.get(node.kind)
        names.update(dict.fromkeys(spec.models if spec else ()))
    known = cards()
    return [known[name] for name in names if name in known]


def missing_models(graph: Graph, registry: Registry) -> list[ModelCard]:
    """Those of them that are not on this machine."""
    return [card for card in models_of(graph, registry) if find(card.name) is None]


def source_of(card: ModelCard) -> str:
    if card.client == "user":
        return "your own file"
    return f"{card.client}: {card.package} {card.version}"


def _checksum(card: ModelCard) -> str:
    if card.client == "user":
        return "not checked"
    return card.sha256[:10] + "…" if card.sha256 else "made here"


class ModelsDialog(QDialog):
    """Lists cards and fetches those that are ticked."""

    def __init__(self, shown: list[ModelCard], heading: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.resize(960, 560)
        self._cards = shown
        self._process: QProcess | None = None
        title = QLabel(heading, self)
        title.setWordWrap(True)
        self.tree = QTreeWidget(self)
        self.tree.setHeaderLabels(list(COLUMNS))
        self.tree.setRootIsDecorated(False)
        self.tree.setAlternatingRowColors(True)
        self.tree.setUniformRowHeights(True)
        self.tree.itemChanged.connect(self._check)
        self.tree.currentItemChanged.connect(self._describe)
        self.details = QLabel(self)
        self.details.setWordWrap(True)
        self.details.setProperty("dim", True)
        self.details.setMinimumHeight(40)
        self.details.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.agree = QCheckBox(
            "I have read the licences above and will not use these models commercially", self
        )
        self.agree.toggled.connect(self._check)
        self.offline = QCheckBox("Offline: never fetch anything", self)
        self.offline.setChecked(policy.is_offline())
        self.offline.toggled.connect(self._set_offline)
        self.log = QPlainTextEdit(self)
        self.log.setReadOnly(True)
        self.log.setMaximumBlockCount(2000)
        self.log.setFixedHeight(96)
        self.log.hide()
        self.bar = thin_bar(self)
        self.bar.setRange(0, 0)
        self.bar.hide()
        self.fetch_button = QPushButton("Fetch", self)
        self.fetch_button.setDefault(True)
        self.fetch_button.clicked.connect(self.fetch)
        self.stop_button = QPushButton("Stop", self)
        self.stop_button.clicked.connect(self.stop)
        self.stop_button.hide()
        close = QPushButton("Close", self)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.addWidget(self.offline)
        row.addStretch(1)
        for button in (close, self.stop_button, self.fetch_button):
            button.setAutoDefault(button is self.fetch_button)
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(10)
        for part in (title, self.tree, self.details, self.agree, self.log, self.bar):
            column.addWidget(part, 1 if part is self.tree else 0)
        column.addLayout(row)
        self._fill()

    def _fill(self) -> None:
        self.tree.ensurePolished()  # Rows are as high as the theme says from the first on.
        self.tree.blockSignals(True)
        self.tree.clear()
        for card in self._cards:
            here = find(card.name) is not None
            item = QTreeWidgetItem(
                [
                    card.title,
                    "yes" if here else "no",
                    f"{card.size / 1e6:.1f} MB" if card.size else "",
                    card.licence,
                    "yes" if card.commercial else "no",
                    source_of(card),
                    _checksum(card),
                ]
            )
            item.setData(0, Qt.ItemDataRole.UserRole, card.name)
            if not here and card.client != "user":
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                item.setCheckState(0, Qt.CheckState.Checked)
            for index in range(len(COLUMNS)):
                item.setToolTip(index, card.sha256 if index == 6 else item.text(index))
            self.tree.addTopLevelItem(item)
        header = self.tree.header()
        header.setStretchLastSection(False)
        for index, title in enumerate(COLUMNS):
            fits = QHeaderView.ResizeMode.Stretch if title == "Source" else QHeaderView.ResizeMode.Interactive
            header.setSectionResizeMode(index, fits)
            if title != "Source":
                self.tree.resizeColumnToContents(index)
                self.tree.setColumnWidth(index, min(self.tree.columnWidth(index), WIDEST))
        self.tree.blockSignals(False)
        first = self.tree.topLevelItem(0)
        if first is not None:
            self.tree.setCurrentItem(first)
        self._check()

    def chosen(self) -> list[ModelCard]:
        """The ticked cards."""
        items = (self.tree.topLevelItem(index) for index in range(self.tree.topLevelItemCount()))
        names = {
            item.data(0, Qt.ItemDataRole.UserRole)
            for item in items
            if item is not None and item.checkState(0) == Qt.CheckState.Checked
        }
        return [card for card in self._cards if card.name in names]

    def _describe(self, item: QTreeWidgetItem | None) -> None:
        card = cards().get(item.data(0, Qt.ItemDataRole.UserRole)) if item else None
        if card is None:
            self.details.setText("")
            return
        note = f" {card.licence_note}" if card.licence_note else ""
        whole = f"\nSHA-256 {card.sha256}" if card.sha256 else ""
        self.details.setText(f"{card.description}{note}{whole}")

    def _restricted(self) -> list[ModelCard]:
        return [card for card in self.chosen() if policy.needs_agreement(card)]

    def _check(self) -> None:
        chosen, restricted = self.chosen(), self._restricted()
        self.agree.setVisible(bool(restricted))
        size = sum(card.size for card in chosen) / 1e6
        self.fetch_button.setText(f"Fetch {size:.0f} MB" if size >= 1 else "Fetch")
        offline = self.offline.isChecked()
        ready = bool(chosen) and not offline and (not restricted or self.agree.isChecked())
        self.fetch_button.setEnabled(ready and self._process is None)

    def _set_offline(self, offline: bool) -> None:
        try:
            policy.set_offline(offline)
        except FacewrightError as error:
            self._say(str(error))
        self._check()

    # -- fetching -----------------------------------------------------------------------------

    def fetch(self) -> None:
        """Run the program's own `models fetch` for the ticked cards."""
        chosen = self.chosen()
        if not chosen or self._process is not None:
            return
        arguments = ["-m", "app", "models", "fetch", *(card.name for card in chosen)]
        if self._restricted():
            arguments.append("--yes")
        self._process = process = QProcess(self)
        process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self.log.show()
        self.bar.show()
        self.stop_button.show()
        self._check()
        process.start(sys.executable, arguments)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()

    def _read(self) -> None:
        if self._process is not None:
            self._say(bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace").strip())

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._say("The fetching could not be started")
            self._end()

    def _on_finished(self, code: int) -> None:
        self._read()
        self._say("Done" if code == 0 else "Not everything could be fetched")
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.deleteLater()
        self._process = None
        self.bar.hide()
        self.stop_button.hide()
        self._fill()

    def _say(self, text: str) -> None:
        if text:
            self.log.show()
            self.log.appendPlainText(text)

    def done(self, result: int) -> None:
        """Closing stops a fetch under way; a half-fetched file is never kept."""
        process = self._process
        if process is not None:
            process.finished.disconnect(self._on_finished)
            process.terminate()
            if not process.waitForFinished(2000):
                process.kill()
                process.waitForFinished(2000)
            self._end()
        super().done(result)
