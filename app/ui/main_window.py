"""The window: viewer above the graph, parameters at the side, timeline below."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QShowEvent,
    QTransform,
)
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMenu, QVBoxLayout, QWidget

from app.document.backups import backups
from app.document.graph import Graph
from app.export.carried import carries_graph
from app.export.remembered import RenderStore
from app.ui.actions import Actions
from app.ui.canvas import GraphCanvas
from app.ui.dialogs.left_renders import offer_renders
from app.ui.docks import Docks
from app.ui.exports import ExportQueue
from app.ui.files import Files
from app.ui.menus import Menus, channel_menu, examples, title_of
from app.ui.notices import Notices
from app.ui.palette import CommandPalette, FindNodePopup, SearchPopup
from app.ui.panels import CurvesPanel, HelpPanel, ParameterPanel
from app.ui.panels.variants_panel import VariantsPanel
from app.ui.session import Session
from app.ui.settings import Preferences
from app.ui.status import Status
from app.ui.theme import apply_theme, current_theme
from app.ui.timeline.timeline import Timeline
from app.ui.viewers.viewer import Viewer

POPUP_TOP = 90


class MainWindow(QMainWindow):
    """Holds the panels together; what each of them does is its own business."""

    def __init__(self, session: Session, preferences: Preferences) -> None:
        super().__init__()
        self.session, self.preferences = session, preferences
        self.setObjectName("main")
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)
        self.keys = Actions(preferences.folder / "shortcuts.json", self)
        store = RenderStore(session.registry)
        self.exports = ExportQueue(session.engine, session.export_event, self, store)
        self.exports.trouble.connect(session.message)
        self.files = Files(session, preferences, self)
        self.viewer = Viewer(session, self.keys, self)
        self.canvas = GraphCanvas(session, self.keys, self)
        self.parameters = ParameterPanel(session, self)
        self.variants = VariantsPanel(session, self)
        self.help = HelpPanel(session, self)
        self.curves = CurvesPanel(session, self)
        self.timeline = Timeline(session, self.keys, self)
        # Over the ruler Home and the like mean the timeline, and no longer the graph.
        self.keys.attach(self.timeline.ruler, "timeline")
        self.notices = Notices(session, self.show_models, self.show_export, self)
        self._export_dialog: QDialog | None = None
        self._popups: dict[str, SearchPopup] = {}
        self._arranged = False
        self._opened_at: tuple[QTransform, QPointF] | None = None
        self._build()
        self._bind()
        self.status = Status(self.statusBar(), session, self.exports)
        self.status.gauge.clicked.connect(self.show_export)
        session.graph_changed.connect(self._on_graph)
        session.document_changed.connect(self._refresh_title)
        self.canvas.graph_dropped.connect(lambda path: self.files.open(Path(path)))
        self.canvas.media_dropped.connect(lambda paths: self._offer_graphs([Path(path) for path in paths]))
        self.files.opened.connect(self.notices.check_document)
        self.files.opened.connect(self._remember_place)
        session.requests.busy_changed.connect(self._on_busy)
        self.exports.finished.connect(self.notices.tell_export)
        self._refresh_title()

    # -- building -----------------------------------------------------------------------------

    def _build(self) -> None:
        centre = QWidget(self)
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.notices)
        column.addWidget(self.canvas, 1)
        self.setCentralWidget(centre)
        self.docks = Docks(
            self,
            {
                "viewer": self.viewer,
                "parameters": self.parameters,
                "variants": self.variants,
                "help": self.help,
                "curves": self.curves,
                "timeline": self.timeline,
            },
        )
        self.menus = Menus(
            self,
            self.keys,
            {
                "@recent": self._menu("Open recent", self._fill_recent),
                "@examples": self._menu("Examples", self._fill_examples),
                "@backups": self._menu("Earlier saves", self._fill_backups),
                "@panels": self._panels_menu(),
                "@layouts": self._layouts_menu(),
                "@channels": channel_menu(self.keys, self),
                "@models": self._command("Models…", self.show_models),
                "@purge": self._command("Forget all results", self.purge),
            },
        )

    def _menu(self, title: str, fill: object) -> QMenu:
        menu = QMenu(title, self)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(lambda: fill(menu))  # type: ignore[operator]
        return menu

    def _command(self, title: str, run: object) -> QAction:
        action = QAction(title, self)
        action.triggered.connect(lambda _checked=False: run())  # type: ignore[operator]
        return action

    def _panels_menu(self) -> QMenu:
        menu = QMenu("Panels", self)
        for dock in self.docks.by_name.values():
            menu.addAction(dock.toggleViewAction())
        return menu

    def _layouts_menu(self) -> QMenu:
        menu = QMenu("Layout", self)
        menu.addAction("Viewer above the graph", self.docks.above)
        menu.addAction("Viewer beside the graph", self.docks.beside)
        menu.addAction("Viewer in a window of its own", self.docks.detached)
        return menu

    def _bind(self) -> None:
        session, files = self.session, self.files
        commands = {
            "file.new": files.new,
            "file.open": files.open_dialog,
            "file.gallery": self.show_gallery,
            "file.save": files.save,
            "file.save_as": files.save_as_dialog,
            "file.export": self.show_export,
            "file.quit": self.close,
            "edit.undo": session.undo,
            "edit.redo": session.redo,
            "edit.find": self.find_node,
            "window.commands": self.find_command,
            "project.consent": self.show_consent,
            "window.render": self.show_export,
            "window.interrupt": session.cancel,
            "window.fullscreen": self.toggle_fullscreen,
            "window.theme": self.toggle_theme,
            "window.shortcuts": self.show_shortcuts,
            "window.settings": self.show_settings,
            "timeline.curves": lambda: self.docks.toggle("curves"),
            "help.node": lambda: self.docks.bring("help"),
            "help.tour": self.show_tour,
            "help.guide": self.show_guide,
            "help.about": self.show_about,
        }
        for action_id, command in commands.items():
            self.keys.bind(action_id, command)
        self.parameters.bind(self.keys)

    # -- life ---------------------------------------------------------------------------------

    def start(self, path: Path | None) -> None:
        """Open what was asked for; call once the window is up."""
        self.files.start(path)
        offer_renders(self, self.exports, self.session.registry)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            self.docks.restore(self.preferences.bytes("window/state"))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        if not self.files.may_close():
            event.ignore()
            return
        self.timeline.stop()
        self.files.stop()
        self.exports.stop()
        self.preferences.set_bytes("window/geometry", self.saveGeometry())
        self.preferences.set_bytes("window/state", self.docks.state())
        self.preferences.sync()
        if self._export_dialog is not None:
            self._export_dialog.close()
        self.viewer.close_pages()
        self.session.close()
        event.accept()

    # -- commands -----------------------------------------------------------------------------

    def show_export(self) -> None:
        from app.ui.dialogs.export_dialog import ExportDialog

        if self._export_dialog is None:
            self._export_dialog = ExportDialog(self.session, self.exports, self.preferences, self)
        dialog = self._export_dialog
        assert isinstance(dialog, ExportDialog)
        dialog.refresh_writers()
        for name in self.session.selection:
            dialog.choose_writer(name)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def show_models(self) -> None:
        from app.ui.dialogs.models_dialog import ModelsDialog, missing_models
        from nodes.sdk.models import cards

        missing = missing_models(self.session.whole, self.session.registry)
        heading = "Every model that nodes can use."
        if missing:
            heading = "This graph needs models that are not on this machine."
        self._run_dialog(ModelsDialog(missing or list(cards().values()), heading, self))
        self.notices.check_models()
        self.session.requests.wish()

    def show_gallery(self) -> None:
        """Offer the example graphs, beside whatever goes on."""
        from app.ui.dialogs.gallery import GalleryDialog

        dialog = GalleryDialog(self.files.open_example, self.preferences, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def greet(self) -> None:
        """Show the gallery at the start, unless there is work in front or the user switched it off."""
        if not self.session.graph.nodes and self.preferences.flag("gallery/at_start", True):
            self.show_gallery()

    def show_guide(self) -> None:
        """Open the guide beside the work."""
        from app.ui.dialogs.guide import GuideDialog

        guide = self.findChild(GuideDialog) or GuideDialog(self)
        guide.show()
        guide.raise_()
        guide.activateWindow()

    def show_about(self) -> None:
        from app.ui.dialogs.about import AboutDialog

        self._run_dialog(AboutDialog(self))

    def show_shortcuts(self) -> None:
        from app.ui.dialogs.shortcuts_dialog import ShortcutsDialog

        self._run_dialog(ShortcutsDialog(self.keys, self))

    def show_settings(self) -> None:
        from app.ui.dialogs.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self.session, self)
        if self._run_dialog(dialog) and dialog.theme_name != current_theme().name:
            self.set_theme(dialog.theme_name)

    def show_consent(self) -> None:
        from app.ui.dialogs.consent_dialog import ConsentDialog

        self._run_dialog(ConsentDialog(self.session, self))

    def show_tour(self) -> None:
        from app.ui.first_steps import first_steps

        first_steps(self)

    def _run_dialog(self, dialog: QDialog) -> bool:
        result = dialog.exec()
        dialog.deleteLater()
        return result == QDialog.DialogCode.Accepted

    def find_node(self) -> None:
        """Go to a node by its name."""
        popup = self._popups.get("node")
        if not isinstance(popup, FindNodePopup):
            popup = self._popups["node"] = FindNodePopup(self.session.registry, self)
            popup.chosen.connect(self.canvas.show_node)
        popup.open_at(self._popup_place(), self.session.whole)

    def find_command(self) -> None:
        """Run any command by its name."""
        popup = self._popups.get("command")
        if not isinstance(popup, CommandPalette):
            popup = self._popups["command"] = CommandPalette(self.keys, self)
        popup.open_at(self._popup_place())

    def _popup_place(self) -> QPoint:
        return self.mapToGlobal(QPoint(self.width() // 2 - 180, POPUP_TOP))

    def toggle_fullscreen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def toggle_theme(self) -> None:
        self.set_theme("light" if current_theme().dark else "dark")

    def set_theme(self, name: str) -> None:
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, name)
        self.keys.refresh_icons()
        self.preferences.set_text("theme", name)
        self.status.refresh(self.session.status)

    def purge(self) -> None:
        """Forget every result: all is computed anew."""
        self.session.engine.purge()
        self.session.seen_frames.clear()
        self.session.requests.wish()
        self.session.message.emit("All results were forgotten")

    # -- menus that change --------------------------------------------------------------------

    def _fill_recent(self, menu: QMenu) -> None:
        menu.clear()
        for path in self.preferences.recent():
            menu.addAction(path.name, partial(self.files.open, path)).setToolTip(str(path))
        if menu.isEmpty():
            menu.addAction("Nothing yet").setEnabled(False)
        else:
            menu.addSeparator()
            menu.addAction("Clear this list", self.preferences.forget_recent)

    def _fill_examples(self, menu: QMenu) -> None:
        menu.clear()
        for path in examples():
            menu.addAction(title_of(path), partial(self.files.open_example, path))
        if menu.isEmpty():
            menu.addAction("None installed").setEnabled(False)

    def _fill_backups(self, menu: QMenu) -> None:
        menu.clear()
        path = self.session.document.path
        for backup in backups(path) if path else []:
            stamp = backup.name.removesuffix(backup.suffix).rsplit(".", 2)[-2].replace("_", "  ")
            menu.addAction(stamp, partial(self.files.open_backup, backup))
        if menu.isEmpty():
            menu.addAction("None yet").setEnabled(False)

    # -- following the session ----------------------------------------------------------------

    def _refresh_title(self) -> None:
        document = self.session.document
        self.setWindowTitle(f"{document.name}[*] — Facewright")
        self.setWindowModified(document.dirty)
        for action_id, verb, label in (
            ("edit.undo", "Undo", document.undo_label),
            ("edit.redo", "Redo", document.redo_label),
        ):
            self.keys[action_id].setText(f"{verb} {label[:1].lower()}{label[1:]}" if label else verb)
            self.keys[action_id].setEnabled(bool(label))

    def _on_graph(self, before: Graph, after: Graph) -> None:
        """The first nodes of an empty graph are shown without being asked for."""
        if not before.nodes and after.nodes and not self.session.slots:
            self.session.view_node(list(after.nodes)[-1])

    def _remember_place(self) -> None:
        self._opened_at = self._canvas_place()

    def _on_busy(self, busy: bool) -> None:
        """Nodes grow with their first thumbnails: frame them again, unless the user looked elsewhere."""
        if not busy and self._opened_at is not None and self.session.seen_frames:
            if self._opened_at == self._canvas_place():
                self.canvas.frame_all()
            self._opened_at = None

    def _canvas_place(self) -> tuple[QTransform, QPointF]:
        return self.canvas.transform(), self.canvas.mapToScene(self.canvas.viewport().rect().center())

    # -- drag and drop ------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802
        event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        viewport = self.canvas.viewport()
        at = viewport.mapFrom(self, event.position().toPoint())
        place = at if viewport.rect().contains(at) else viewport.rect().center()
        event.acceptProposedAction()
        self.drop(paths, self.canvas.mapToScene(place))

    def drop(self, paths: list[Path], place: QPointF) -> None:
        """Open a dropped graph, or add a load node at a canvas point for each other file."""
        graphs = [path for path in paths if path.suffix.lower() == ".graph"]
        if graphs:
            self.files.open(graphs[0])
        elif paths:
            self.canvas.commands.add_files([str(path) for path in paths], place)
            self._offer_graphs(paths)

    def _offer_graphs(self, paths: list[Path]) -> None:
        """Say of a file that was loaded as media that it carries the graph it was made with."""
        for path in paths:
            if carries_graph(path):
                self.notices.tell_carried(path, self.files.open_dropped_export)
                return
