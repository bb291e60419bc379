"""New, open, save, recover: what stands between the user's hands and the document."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.document.document import Document
from app.document.graph import Graph
from app.document.problems import Problem
from app.document.recovery import Recovery, find_recovery, find_untitled
from app.document.save import ChangedOnDisk
from app.export.carried import can_carry, carried_graph
from app.ui.canvas.commands import ADD_FILES
from app.ui.dialogs import questions
from app.ui.session import Session
from app.ui.settings import Preferences
from nodes.sdk.errors import FacewrightError

logger = logging.getLogger(__name__)

PATTERN = "Graphs (*.graph);;All files (*)"
OPEN_PATTERN = "Graphs, and exports that carry one (*.graph *.png *.mp4 *.mov *.mkv *.webm);;" + PATTERN
SUFFIX = ".graph"
#: Milliseconds between looks whether there is unsaved work to put aside.
AUTOSAVE = 4000


class Files(QObject):
    """Asks before anything is lost; nothing here fails without a word.

    Signals:
        opened: another document is in front.
        recent_changed: the list of recent files changed.
    """

    opened = Signal()
    recent_changed = Signal()

    def __init__(self, session: Session, preferences: Preferences, window: QWidget) -> None:
        super().__init__(window)
        self.session, self._preferences, self._window = session, preferences, window
        self._complained = False
        self._timer = QTimer(self)
        self._timer.setInterval(AUTOSAVE)
        self._timer.timeout.connect(self.autosave)
        self._timer.start()

    # -- beginning and end --------------------------------------------------------------------

    def start(self, path: Path | None) -> None:
        """Open the file named at the start, and offer work that an earlier run left unsaved."""
        if path is not None:
            self.open(path, asked=True)
            return
        for recovery in find_untitled():
            when = _when(recovery)
            answer = questions.ask(
                self._window,
                "Go on with unsaved work?",
                f"The program ended {when} with a graph that was never saved.",
                ("Go on with it", "Throw it away", "Not now"),
            )
            if answer == 1:
                recovery.discard()
            elif answer == 0 and self._recover(recovery):
                return

    def stop(self) -> None:
        """Let go of the document; call after `may_close` agreed."""
        self._timer.stop()
        self.session.document.close()

    def may_close(self) -> bool:
        """Ask about unsaved work; whether to go on."""
        document = self.session.document
        if not document.dirty:
            return True
        answer = questions.ask(
            self._window,
            f"Save the changes to {document.name}?",
            "They are lost otherwise.",
            ("Save", "Discard", "Cancel"),
        )
        if answer == 0:
            return self.save()
        return answer == 1

    # -- commands -----------------------------------------------------------------------------

    def new(self) -> None:
        if self.may_close():
            self.session.document.close()
            self.session.new()
            self.opened.emit()

    def open_dialog(self) -> None:
        start = self._preferences.folder_for("graphs")
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a graph", start, OPEN_PATTERN)
        if chosen:
            self.open(Path(chosen))

    def open(self, path: Path, *, asked: bool = False) -> bool:
        """Open a graph file, or the newer unsaved work that belongs to it; or an export's graph."""
        if can_carry(path):
            return self.open_export(path, asked=asked)
        if not asked and not self.may_close():
            return False
        recovery = find_recovery(path)
        if recovery is not None:
            answer = questions.ask(
                self._window,
                f"Recover unsaved changes to {path.name}?",
                f"The program ended {_when(recovery)} before they were saved.",
                ("Recover them", "Open the saved file", "Cancel"),
            )
            if answer == 2:
                return False
            if answer == 0 and self._recover(recovery):
                self._remember(path)
                return True
        previous = self.session.document
        try:
            self.session.open(path)
        except FacewrightError as error:
            questions.tell(self._window, error)
            return False
        previous.close()
        self._remember(path)
        self.opened.emit()
        return True

    def open_example(self, path: Path) -> None:
        """Start a new, unnamed graph from an example, which itself is never written to."""
        if not self.may_close():
            return
        try:
            example = Document.open(path, self.session.registry)
        except FacewrightError as error:
            questions.tell(self._window, error)
            return
        self._adopt_unnamed(example.graph, example.problems)

    def open_export(self, path: Path, *, asked: bool = False) -> bool:
        """Start a new, unnamed graph from the one that an exported file carries."""
        if not asked and not self.may_close():
            return False
        try:
            loaded = carried_graph(path, self.session.registry)
        except FacewrightError as error:
            questions.tell(self._window, error)
            return False
        self._preferences.remember_folder("graphs", path)
        self._adopt_unnamed(loaded.graph, loaded.problems)
        return True

    def open_dropped_export(self, path: Path) -> bool:
        """Open the graph of a file that was dropped and loaded as media, which is taken back."""
        document = self.session.document
        if document.undo_label == ADD_FILES:
            self.session.undo()
        if self.open_export(path):
            return True
        if self.session.document is document and document.redo_label == ADD_FILES:
            self.session.redo()
        return False

    def _adopt_unnamed(self, graph: Graph, problems: tuple[Problem, ...]) -> None:
        self.session.document.close()
        self.session.adopt(Document(self.session.registry, graph, problems=problems))
        self.opened.emit()

    def save(self) -> bool:
        """Save; asks for a name when there is none. Whether it was saved."""
        if self.session.document.path is None:
            return self.save_as_dialog()
        try:
            self.session.save()
        except ChangedOnDisk as error:
            return self._save_over(error)
        except FacewrightError as error:
            questions.tell(self._window, error)
            return False
        return True

    def save_as_dialog(self) -> bool:
        document = self.session.document
        start = document.path or Path(self._preferences.folder_for("graphs")) / f"untitled{SUFFIX}"
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save the graph", str(start), PATTERN)
        if not chosen:
            return False
        path = Path(chosen)
        return self.save_as(path if path.suffix else path.with_suffix(SUFFIX))

    def save_as(self, path: Path) -> bool:
        try:
            self.session.save_as(path)
        except FacewrightError as error:
            questions.tell(self._window, error)
            return False
        self._remember(path)
        return True

    def open_backup(self, backup: Path) -> None:
        """Go back to an earlier save; the file itself is only changed by the next save."""
        path = self.session.document.path
        recovery = Recovery(backup, path, backup.stat().st_mtime)
        if path is not None and self.may_close():
            self._recover(recovery)

    def autosave(self) -> None:
        """Put unsaved work aside."""
        try:
            self.session.document.autosave()
            self._complained = False
        except FacewrightError as error:
            logger.warning("no recovery file: %s", error)
            if not self._complained:
                self._complained = True
                self.session.message.emit(f"Unsaved work cannot be kept safe: {error}")

    # -----------------------------------------------------------------------------------------

    def _recover(self, recovery: Recovery) -> bool:
        try:
            document = Document.recovered(recovery, self.session.registry)
        except FacewrightError as error:
            questions.tell(self._window, error)
            return False
        self.session.adopt(document)
        self.session.message.emit("Recovered; save to keep it")
        self.opened.emit()
        return True

    def _save_over(self, error: ChangedOnDisk) -> bool:
        answer = questions.ask(
            self._window,
            "Another program has changed this file",
            f"{error.where}\n\nOverwriting keeps the other version among the backups.",
            ("Save under another name", "Overwrite", "Cancel"),
        )
        if answer == 0:
            return self.save_as_dialog()
        if answer == 1:
            try:
                self.session.save(overwrite=True)
            except FacewrightError as other:
                questions.tell(self._window, other)
                return False
            return True
        return False

    def _remember(self, path: Path) -> None:
        self._preferences.remember(path)
        self._preferences.remember_folder("graphs", path)
        self.recent_changed.emit()


def _when(recovery: Recovery) -> str:
    moment = datetime.fromtimestamp(recovery.modified)
    day = "today" if moment.date() == datetime.now().date() else f"on {moment:%d %B}"
    return f"{day} at {moment:%H:%M}"
