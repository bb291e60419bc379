"""The strip above the graph: what a file lacks, and how an export ended."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from app.ui.dialogs import questions
from app.ui.exports import Export
from app.ui.session import Session
from app.ui.viewers.banner import Banner

SHOWN_PROBLEMS = 12
SHOWN_MODELS = 3


class Notices(Banner):
    """Says one thing at a time; the newest takes the place of the one before."""

    def __init__(
        self,
        session: Session,
        show_models: Callable[[], None],
        show_exports: Callable[[], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._show_models, self._show_exports = show_models, show_exports

    def check_document(self) -> None:
        """Say what of an opened file could not be used, or which models it needs."""
        problems = self._session.document.problems
        if not problems:
            self.check_models()
            return
        count = len(problems)
        title = str(problems[0]) if count == 1 else f"{count} things in this file need attention"
        if count == 1:
            self.tell("warning", title, "", "Close", self.hide)
        else:
            self.tell("warning", title, "", "Show them", self._show_problems)

    def check_models(self) -> None:
        """Say which models the graph needs and this machine lacks."""
        from app.ui.dialogs.models_dialog import missing_models

        missing = missing_models(self._session.whole, self._session.registry)
        if not missing:
            self.hide()
            return
        titles = ", ".join(card.title for card in missing[:SHOWN_MODELS])
        rest = len(missing) - SHOWN_MODELS
        self.tell(
            "warning",
            f"This graph needs models that are not on this machine: {titles}"
            + (f" and {rest} more" if rest > 0 else ""),
            "",
            "Models…",
            self._show_models,
        )

    def tell_export(self, export: Export) -> None:
        """Say how an export ended, unless the user ended it."""
        if export.state == "done":
            folder = QUrl.fromLocalFile(str(export.path.resolve().parent))
            self.tell(
                "info",
                f"Exported {export.path.name}",
                str(export.path),
                "Open folder",
                partial(_open_folder, folder),
                closable=True,
            )
        elif export.state == "failed" and export.error is not None:
            error = export.error
            title = f"Export of {export.path.name} failed: {error.what}"
            self.tell("error", title, error.hint, "Show", self._show_exports)

    def tell_carried(self, path: Path, open_graph: Callable[[Path], bool]) -> None:
        """Say that a file which was loaded as a picture or clip carries a graph, and offer that."""

        def chosen() -> None:
            self.hide()
            open_graph(path)

        self.tell(
            "info",
            f"{path.name} carries the graph it was made with",
            "It was added as a file to load. Opening the graph takes that back.",
            "Open the graph",
            chosen,
            closable=True,
        )

    def _show_problems(self) -> None:
        problems = self._session.document.problems
        lines = "\n\n".join(f"• {problem}" for problem in problems[:SHOWN_PROBLEMS])
        rest = len(problems) - SHOWN_PROBLEMS
        more = f"\n\n… and {rest} more" if rest > 0 else ""
        questions.ask(
            self.window(), "What this file holds and cannot be used as it is", lines + more, ("Close",)
        )
        self.hide()


def _open_folder(folder: QUrl) -> None:
    QDesktopServices.openUrl(folder)
