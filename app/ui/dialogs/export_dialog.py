"""Export: which writer, to which file, which frames; and the queue of exports below."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.ui.dialogs.export_row import ExportRow
from app.ui.exports import Export, ExportQueue
from app.ui.fields import whole_number
from app.ui.session import LAST_FRAME, Session
from app.ui.settings import Preferences
from nodes.sdk.params import File, ParameterSpec

SUFFIXES = {"video": ".mp4", "image": ".png", "audio": ".wav", "mesh": ".obj", "splats": ".ply"}


class ExportDialog(QDialog):
    """Stays open beside the work; closing it does not stop an export."""

    def __init__(
        self,
        session: Session,
        queue: ExportQueue,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.session, self.queue, self._preferences = session, queue, preferences
        self._rows: dict[int, ExportRow] = {}
        self.setWindowTitle("Export")
        self.setMinimumWidth(620)
        self.writer = QComboBox(self)
        self.writer.currentIndexChanged.connect(self._on_writer)
        self.path = QLineEdit(self)
        self.path.setPlaceholderText("Where to write the file")
        self.path.textChanged.connect(self._check)
        browse = QPushButton("Browse…", self)
        browse.setAutoDefault(False)
        browse.clicked.connect(self.browse)
        file_row = QHBoxLayout()
        file_row.setSpacing(8)
        file_row.addWidget(self.path, 1)
        file_row.addWidget(browse)
        self.first, self.last = self._number("First frame"), self._number("Last frame")
        whole = QPushButton("Whole range", self)
        whole.setAutoDefault(False)
        whole.clicked.connect(self._whole_range)
        self.length = QLabel(self)
        self.length.setProperty("dim", True)
        frames_row = QHBoxLayout()
        frames_row.setSpacing(8)
        for part in (self.first, QLabel("to", self), self.last, whole, self.length):
            frames_row.addWidget(part)
        frames_row.addStretch(1)
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(8)
        form.addRow("Writer node", self.writer)
        form.addRow("File", file_row)
        form.addRow("Frames", frames_row)
        self.embed = QCheckBox("Put the graph into the file", self)
        self.embed.setToolTip(
            "PNG and video files then open as a graph: File > Open. Paths are cut to this folder; no\n"
            "other file and no password goes with it"
        )
        self.embed.setChecked(preferences.flag("export/graph", True))
        self.embed.toggled.connect(lambda on: preferences.set_flag("export/graph", on))
        form.addRow("", self.embed)
        self.credentials = QCheckBox("Say in the file that people are edited in it", self)
        self.credentials.setToolTip(
            "Content credentials (C2PA) name the program, the kinds of edits and the graph's checksum, and\n"
            "show whether the file was changed later. They are signed with a certificate of your own, which\n"
            "is on no trust list and does not name you. Graphs without edits of people get none"
        )
        self.credentials.setChecked(preferences.flag("export/credentials", True))
        self.credentials.toggled.connect(lambda on: preferences.set_flag("export/credentials", on))
        form.addRow("", self.credentials)
        self.problem = QLabel(self)
        self.problem.setWordWrap(True)
        self.problem.setProperty("box", "warning")
        self.start = QPushButton("Export", self)
        self.start.setDefault(True)
        self.start.clicked.connect(self.begin)
        close = QPushButton("Close", self)
        close.setAutoDefault(False)
        close.clicked.connect(self.close)
        self.hold = QPushButton("Pause", self)
        self.hold.setCheckable(True)
        self.hold.setAutoDefault(False)
        self.hold.setToolTip("Stop the running export, and start no other; later it goes on where it stopped")
        self.hold.toggled.connect(queue.set_paused)
        buttons = QHBoxLayout()
        buttons.addWidget(self.hold)
        buttons.addStretch(1)
        buttons.addWidget(close)
        buttons.addWidget(self.start)
        self._list = QVBoxLayout()
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(4)
        self._list.addStretch(1)
        inside = QWidget(self)
        inside.setLayout(self._list)
        self.queue_area = QScrollArea(self)
        self.queue_area.setWidgetResizable(True)
        self.queue_area.setFrameShape(QFrame.Shape.NoFrame)
        self.queue_area.setWidget(inside)
        self.queue_area.setMinimumHeight(190)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 14)
        column.setSpacing(12)
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addWidget(self.queue_area, 1)
        column.addLayout(buttons)
        queue.changed.connect(self.refresh_queue)
        session.graph_changed.connect(lambda _before, _after: self.refresh_writers())
        self.refresh_writers()
        self._whole_range()
        self.refresh_queue()

    def _number(self, name: str) -> QSpinBox:
        field = whole_number(name, 0, LAST_FRAME, self)
        field.setFixedWidth(72)
        field.valueChanged.connect(self._check)
        return field

    # -- the form -----------------------------------------------------------------------------

    def refresh_writers(self) -> None:
        """Offer the graph's writer nodes; the selected one first."""
        session = self.session
        names = [name for name, node in session.whole.nodes.items() if self._kind(node.kind)]
        shown = [self.writer.itemData(index) for index in range(self.writer.count())]
        if names != shown:
            self.writer.blockSignals(True)
            chosen = self.writer.currentData()
            self.writer.clear()
            for name in names:
                self.writer.addItem(f"{name}  ({self._kind(session.whole.nodes[name].kind)})", name)
            selected = next((name for name in session.selection if name in names), chosen)
            self.writer.setCurrentIndex(max(self.writer.findData(selected), 0) if names else -1)
            self.writer.blockSignals(False)
            self._on_writer()
        self._check()

    def choose_writer(self, name: str) -> None:
        index = self.writer.findData(name)
        if index >= 0:
            self.writer.setCurrentIndex(index)

    def _kind(self, kind: str) -> str:
        spec = self.session.registry.get(kind)
        return spec.writer if spec is not None else ""

    def _file_parameter(self) -> ParameterSpec | None:
        node = self.session.whole.nodes.get(self.writer.currentData() or "")
        spec = self.session.registry.get(node.kind) if node else None
        if spec is None:
            return None
        return next(
            (
                parameter
                for parameter in spec.parameters
                if isinstance(parameter.control, File) and parameter.control.mode == "save"
            ),
            None,
        )

    def _on_writer(self) -> None:
        name = self.writer.currentData()
        if name:
            self.path.setText(str(self._suggestion(name)))
        self._check()

    def _suggestion(self, name: str) -> Path:
        """The file the writer names, else one beside the graph file."""
        session = self.session
        node, parameter = session.whole.nodes[name], self._file_parameter()
        own = session.document.path
        folder = own.parent if own else Path(self._preferences.folder_for("export"))
        stored = node.parameters.get(parameter.name, parameter.default) if parameter else ""
        if isinstance(stored, str) and stored:
            path = Path(stored)
            return path if path.is_absolute() else folder / path
        suffix = SUFFIXES.get(self._kind(node.kind), "")
        if parameter is not None and isinstance(parameter.control, File) and parameter.control.extensions:
            suffix = f".{parameter.control.extensions[0]}"
        return folder / f"{own.stem if own else name}{suffix}"

    def _whole_range(self) -> None:
        settings = self.session.graph.settings
        self.first.setValue(settings.first)
        self.last.setValue(settings.last)

    def browse(self) -> None:
        parameter = self._file_parameter()
        pattern = ""
        if parameter is not None and isinstance(parameter.control, File) and parameter.control.extensions:
            patterns = " ".join(f"*.{extension}" for extension in parameter.control.extensions)
            pattern = f"{parameter.control.kind} ({patterns})"
        start = self.path.text() or self._preferences.folder_for("export")
        chosen, _ = QFileDialog.getSaveFileName(self, "Export to", start, pattern)
        if chosen:
            self.path.setText(chosen)
            self._preferences.remember_folder("export", Path(chosen))

    def _check(self) -> None:
        frames = self.last.value() - self.first.value() + 1
        fps = self.session.graph.settings.fps
        self.length.setText(f"{frames} frames, {frames / fps:.2f} s at {fps:g} fps" if frames > 0 else "")
        problem = self._problem(frames)
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.start.setEnabled(not problem)

    def _problem(self, frames: int) -> str:
        if not self.writer.count():
            return "This graph has no writer node. Add one from the Output group, such as “Export video”."
        text = self.path.text().strip()
        if not text:
            return "Name the file to write."
        if frames < 1:
            return "The last frame lies before the first."
        folder = Path(text).parent
        if Path(text).is_dir():
            return "That is a folder. Name a file in it."
        if not folder.is_dir():
            return f"There is no folder {folder}. Make it first, or choose another place."
        if not Path(text).suffix:
            return f"The ending says what is written: let the name end in {self._endings()}."
        return ""

    def _endings(self) -> str:
        """What the writer's files may end in; a node that is no writer shows pictures."""
        parameter = self._file_parameter()
        control = parameter.control if parameter is not None else None
        known = control.extensions if isinstance(control, File) else ()
        return ", ".join(f".{extension}" for extension in known or ("png",))

    def begin(self) -> None:
        """Put the export into the queue, with the graph as it is now."""
        path = Path(self.path.text().strip())
        first, last = self.first.value(), self.last.value()
        writer, embed = self.writer.currentData(), self.embed.isChecked()
        told = self.credentials.isChecked()
        self.queue.add(Export(self.session.document.graph, writer, path, first, last, embed, told))

    # -- the queue ----------------------------------------------------------------------------

    def refresh_queue(self) -> None:
        items = self.queue.items
        known = {id(item) for item in items}
        for key in [key for key in self._rows if key not in known]:
            row = self._rows.pop(key)
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
        for index, item in enumerate(items):
            if id(item) not in self._rows:
                self._rows[id(item)] = ExportRow(item, self.queue, self)
            row = self._rows[id(item)]
            if self._list.indexOf(row) != index:
                self._list.insertWidget(index, row)
            row.refresh()
        self.queue_area.setVisible(bool(items))
        self.hold.setVisible(any(item.open for item in items) or self.queue.paused)
        self.hold.setText("Go on" if self.queue.paused else "Pause")
