"""The window: viewer above the graph, parameters at the side, timeline below."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPointF, Qt, QUrl
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QMenu, QTabWidget, QVBoxLayout, QWidget

from app.document.backups import backups
from app.document.graph import Graph
from app.ui.actions import Actions
from app.ui.canvas import GraphCanvas
from app.ui.dialogs.export_dialog import ExportDialog
from app.ui.exports import Export, ExportQueue
from app.ui.files import Files
from app.ui.menus import Menus, channel_menu, examples, title_of
from app.ui.panels import HelpPanel, ParameterPanel
from app.ui.session import Session
from app.ui.settings import Preferences
from app.ui.status import Status
from app.ui.theme import apply_theme, current_theme
from app.ui.timeline.timeline import Timeline
from app.ui.viewers.banner import Banner
from app.ui.viewers.viewer import Viewer

#: Raised when the set of panels changes, so that an old arrangement is not forced on it.
LAYOUT_VERSION = 1
SIDE_WIDTH = 330


class MainWindow(QMainWindow):
    """Holds the panels together; what each of them does is its own business."""

    def __init__(self, session: Session, preferences: Preferences) -> None:
        super().__init__()
        self.session, self.preferences = session, preferences
        self.setObjectName("main")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.actions_ = Actions(preferences.folder / "shortcuts.json", self)
        self.exports = ExportQueue(session.engine, session.export_event, self)
        self.files = Files(session, preferences, self)
        self.viewer = Viewer(session, self.actions_, self)
        self.canvas = GraphCanvas(session, self.actions_, self)
        self.parameters = ParameterPanel(session, self)
        self.help = HelpPanel(session)
        self.timeline = Timeline(session, self.actions_, self)
        self.notice = Banner(self)
        self._export_dialog: ExportDialog | None = None
        self._arranged = False
        self._build()
        self._bind()
        self.status = Status(self.statusBar(), session, self.exports)
        self.status.gauge.clicked.connect(self.show_export)
        session.document_changed.connect(self._refresh_title)
        session.graph_changed.connect(self._on_graph)
        self.canvas.graph_dropped.connect(lambda path: self.files.open(Path(path)))
        self.files.opened.connect(self._on_opened)
        self.exports.finished.connect(self._on_export_finished)
        self._refresh_title()

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notice)
        column.addWidget(self.canvas, 1)
        self.setCentralWidget(centre)
        areas = Qt.DockWidgetArea
        for corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner):
            self.setCorner(corner, areas.RightDockWidgetArea)
        self.docks = {
            "viewer": self._dock("Viewer", self.viewer, areas.TopDockWidgetArea),
            "parameters": self._dock("Parameters", self.parameters, areas.RightDockWidgetArea),
            "help": self._dock("Help", self.help, areas.RightDockWidgetArea),
            "timeline": self._dock("Timeline", self.timeline, areas.BottomDockWidgetArea),
        }
        for dock in self.docks.values():
            self._hide_title(dock)
        self.setTabPosition(areas.RightDockWidgetArea, QTabWidget.TabPosition.North)
        self._default_layout()
        self._menus()

    def _dock(self, title: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        dock = QDockWidget(title, self)
        dock.setObjectName(f"dock-{title.lower()}")
        dock.setWidget(widget)
        self.addDockWidget(area, dock)
        return dock

    def _hide_title(self, dock: QDockWidget) -> None:
        """No title while docked: the panel's own head says what it is. A floating one needs it."""
        empty = QWidget(dock)
        dock.setTitleBarWidget(empty)
        dock.topLevelChanged.connect(
            lambda floating: dock.setTitleBarWidget(None if floating else empty)  # type: ignore[arg-type]
        )

    def _default_layout(self) -> None:
        docks, areas = self.docks, Qt.DockWidgetArea
        for dock in docks.values():
            dock.setFloating(False)
            dock.show()
        self.addDockWidget(areas.TopDockWidgetArea, docks["viewer"])
        self.addDockWidget(areas.RightDockWidgetArea, docks["parameters"])
        self.addDockWidget(areas.RightDockWidgetArea, docks["help"])
        self.addDockWidget(areas.BottomDockWidgetArea, docks["timeline"])
        self.tabifyDockWidget(docks["parameters"], docks["help"])
        docks["parameters"].raise_()
        self._share_room()

    def _share_room(self) -> None:
        upright, level = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
        room = max(self.height() - 150, 300)
        self.resizeDocks([self.docks["viewer"]], [round(room * 0.56)], upright)
        self.resizeDocks([self.docks["parameters"]], [SIDE_WIDTH], level)

    def _side_by_side(self) -> None:
        """The viewer at the left of the graph."""
        self._default_layout()
        self.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, self.docks["viewer"])
        width = (self.width() - SIDE_WIDTH) // 2
        self.resizeDocks([self.docks["viewer"]], [width], Qt.Orientation.Horizontal)

    def _menus(self) -> None:
        self._recent = QMenu("Open recent", self)
        self._recent.aboutToShow.connect(self._fill_recent)
        self._examples = QMenu("Examples", self)
        self._examples.aboutToShow.connect(self._fill_examples)
        self._backups = QMenu("Earlier saves", self)
        self._backups.aboutToShow.connect(self._fill_backups)
        panels = QMenu("Panels", self)
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())
        layouts = QMenu("Layout", self)
        layouts.addAction("Viewer above the graph", self._default_layout)
        layouts.addAction("Viewer beside the graph", self._side_by_side)
        layouts.addAction("Viewer in a window of its own", lambda: self.docks["viewer"].setFloating(True))
        models = QAction("Models…", self)
        models.triggered.connect(lambda _=False: self.show_models())
        purge = QAction("Forget all results", self)
        purge.setToolTip("Empty the cache: everything is computed anew")
        purge.triggered.connect(lambda _=False: self._purge())
        self.menus = Menus(
            self,
            self.actions_,
            {
                "@recent": self._recent,
                "@examples": self._examples,
                "@backups": self._backups,
                "@panels": panels,
                "@layouts": layouts,
                "@channels": channel_menu(self.actions_, self),
                "@models": models,
                "@purge": purge,
            },
        )

    def _bind(self) -> None:
        session, files, bind = self.session, self.files, self.actions_.bind
        bind("file.new", files.new)
        bind("file.open", files.open_dialog)
        bind("file.save", files.save)
        bind("file.save_as", files.save_as_dialog)
        bind("file.export", self.show_export)
        bind("file.quit", self.close)
        bind("edit.undo", session.undo)
        bind("edit.redo", session.redo)
        bind("window.render", self.show_export)
        bind("window.interrupt", session.cancel)
        bind("window.fullscreen", self.toggle_fullscreen)
        bind("window.theme", self.toggle_theme)
        bind("help.node", self._show_help)
        bind("help.about", self.show_about)

    # -- life ---------------------------------------------------------------------------------

    def start(self, path: Path | None) -> None:
        """Open what was asked for; call once the window is up."""
        self.files.start(path)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            state = self.preferences.bytes("window/state")
            if state.isEmpty() or not self.restoreState(state, LAYOUT_VERSION):
                self._share_room()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self.files.may_close():
            event.ignore()
            return
        self.timeline.stop()
        self.files.stop()
        self.preferences.set_bytes("window/geometry", self.saveGeometry())
        self.preferences.set_bytes("window/state", self.saveState(LAYOUT_VERSION))
        self.preferences.sync()
        if self._export_dialog is not None:
            self._export_dialog.close()
        self.viewer.close_pages()
        self.session.close()
        event.accept()
        super().closeEvent(event)

    # -- commands -----------------------------------------------------------------------------

    def show_export(self) -> None:
        if self._export_dialog is None:
            self._export_dialog = ExportDialog(self.session, self.exports, self.preferences, self)
        dialog = self._export_dialog
        dialog.refresh_writers()
        for name in self.session.selection:
            dialog.choose_writer(name)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def show_models(self) -> None:
        from app.ui.dialogs.models_dialog import ModelsDialog, missing_models
        from nodes.sdk.models import cards

        missing = missing_models(self.session.graph, self.session.registry)
        heading = (
            "This graph needs models that are not on this machine."
            if missing
            else "Every model nodes can use."
        )
        dialog = ModelsDialog(missing or list(cards().values()), heading, self)
        dialog.exec()
        dialog.deleteLater()
        self._check_models()
        self.session.requests.wish()

    def show_about(self) -> None:
        from app.ui.dialogs.about import AboutDialog

        dialog = AboutDialog(self)
        dialog.exec()
        dialog.deleteLater()

    def toggle_fullscreen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def toggle_theme(self) -> None:
        name = "light" if current_theme().dark else "dark"
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, name)
        self.actions_.refresh_icons()
        self.preferences.set_text("theme", name)
        self.status.refresh(self.session.status)

    def _show_help(self) -> None:
        self.docks["help"].show()
        self.docks["help"].raise_()

    def _purge(self) -> None:
        self.session.engine.purge()
        self.session.seen_frames.clear()
        self.session.requests.wish()
        self.session.message.emit("All results were forgotten")

    # -- menus that change ----------------------------------------------------------------------

    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.preferences.recent():
            action = self._recent.addAction(path.name, lambda path=path: self.files.open(path))
            action.setToolTip(str(path))
        if self._recent.isEmpty():
            self._recent.addAction("Nothing yet").setEnabled(False)
        else:
            self._recent.addSeparator()
            self._recent.addAction("Clear this list", self.preferences.forget_recent)

    def _fill_examples(self) -> None:
        self._examples.clear()
        for path in examples():
            self._examples.addAction(title_of(path), lambda path=path: self.files.open(path))
        if self._examples.isEmpty():
            self._examples.addAction("None installed").setEnabled(False)

    def _fill_backups(self) -> None:
        self._backups.clear()
        path = self.session.document.path
        for backup in backups(path) if path else []:
            stamp = backup.name.removesuffix(backup.suffix).rsplit(".", 2)[-2].replace("_", "  ")
            self._backups.addAction(stamp, lambda backup=backup: self.files.open_backup(backup))
        if self._backups.isEmpty():
            self._backups.addAction("None yet").setEnabled(False)

    # -- following the session ----------------------------------------------------------------

    def _refresh_title(self) -> None:
        document, actions = self.session.document, self.actions_
        self.setWindowTitle(f"{document.name}[*] — Facewright")
        self.setWindowModified(document.dirty)
        for action_id, verb, label in (
            ("edit.undo", "Undo", document.undo_label),
            ("edit.redo", "Redo", document.redo_label),
        ):
            actions[action_id].setText(f"{verb} {label[:1].lower()}{label[1:]}" if label else verb)
            actions[action_id].setEnabled(bool(label))

    def _on_opened(self) -> None:
        problems = self.session.document.problems
        if problems:
            count = len(problems)
            title = str(problems[0]) if count == 1 else f"{count} things in this file need attention"
            self.notice.tell("warning", title, "", "" if count == 1 else "Show them", self._show_problems)
        else:
            self.notice.hide()
            self._check_models()

    def _check_models(self) -> None:
        from app.ui.dialogs.models_dialog import missing_models

        missing = missing_models(self.session.graph, self.session.registry)
        if missing:
            titles = ", ".join(card.title for card in missing[:3])
            more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
            self.notice.tell(
                "warning",
                f"This graph needs models that are not on this machine: {titles}{more}",
                "",
                "Models…",
                self.show_models,
            )
        else:
            self.notice.hide()

    def _show_problems(self) -> None:
        from app.ui.dialogs import questions

        problems = self.session.document.problems
        lines = "\n\n".join(f"• {problem}" for problem in problems[:12])
        more = f"\n\n… and {len(problems) - 12} more" if len(problems) > 12 else ""
        questions.ask(self, "What this file holds that could not be used as it is", lines + more, ("Close",))
        self.notice.hide()

    def _on_export_finished(self, export: Export) -> None:
        if export.state == "done":
            self.notice.tell(
                "info",
                f"Exported {export.path.name}",
                str(export.path),
                "Open folder",
                lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(export.path.parent))),
            )
        elif export.state == "failed" and export.error is not None:
            self.notice.tell(
                "error",
                f"Export of {export.path.name} failed: {export.error.what}",
                export.error.hint,
                "Show",
                self.show_export,
            )

    # -- drag and drop ------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        at = self.canvas.viewport().mapFrom(self, event.position().toPoint())
        inside = self.canvas.viewport().rect().contains(at)
        place = at if inside else self.canvas.viewport().rect().center()
        event.acceptProposedAction()
        self.drop(paths, self.canvas.mapToScene(place))

    def drop(self, paths: list[Path], place: QPointF) -> None:
        """Open a dropped graph, or add a load node at a canvas point for each other file."""
        graphs = [path for path in paths if path.suffix.lower() == ".graph"]
        if graphs:
            self.files.open(graphs[0])
        elif paths:
            self.canvas.commands.add_files([str(path) for path in paths], place)

    def _on_graph(self, before: Graph, after: Graph) -> None:
        """The first nodes of an empty graph are shown without being asked for."""
        if not before.nodes and after.nodes and not self.session.slots:
            self.session.view_node(list(after.nodes)[-1])
