"""The menu bar and the tool bar, made from the actions."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QMenuBar, QSizePolicy, QToolBar, QWidget

from app.ui.actions import Actions

EXAMPLES = Path(__file__).resolve().parents[2] / "resources" / "graphs"

#: Menus by title; "" is a line, "@name" a submenu or action that the window fills in.
MENUS: dict[str, tuple[str, ...]] = {
    "&File": (
        "file.new",
        "file.open",
        "@recent",
        "file.gallery",
        "@examples",
        "",
        "file.save",
        "file.save_as",
        "@backups",
        "",
        "file.export",
        "@models",
        "",
        "file.quit",
    ),
    "&Edit": (
        "edit.undo",
        "edit.redo",
        "",
        "canvas.cut",
        "canvas.copy",
        "canvas.paste",
        "canvas.paste_with_inputs",
        "canvas.duplicate",
        "canvas.duplicate_with_inputs",
        "canvas.delete",
        "",
        "canvas.select_all",
        "canvas.select_none",
        "canvas.select_upstream",
        "canvas.select_downstream",
        "",
        "edit.find",
        "window.commands",
    ),
    "&Node": (
        "canvas.add",
        "",
        "canvas.disable",
        "canvas.extract",
        "canvas.swap_inputs",
        "canvas.dot",
        "",
        "canvas.rename",
        "canvas.label",
        "canvas.colour",
        "canvas.backdrop",
        "canvas.arrange",
        "",
        "canvas.group",
        "canvas.ungroup",
        "canvas.enter",
        "canvas.leave",
        "canvas.expose",
        "",
        "canvas.pin",
        "canvas.purge",
        "",
        "panel.reset",
        "panel.copy_values",
        "panel.paste_values",
        "",
        "@purge",
        "help.node",
    ),
    "&View": (
        "viewer.fit",
        "viewer.actual",
        "viewer.wipe",
        "viewer.swap",
        "@channels",
        "viewer.overlays",
        "viewer.wireframe",
        "viewer.light",
        "viewer.front",
        "viewer.pause",
        "",
        "canvas.frame_selected",
        "canvas.frame_all",
        "canvas.minimap",
        "canvas.thumbnails",
        "",
        "@panels",
        "@layouts",
        "window.fullscreen",
        "window.theme",
    ),
    "&Timeline": (
        "timeline.play",
        "timeline.loop",
        "timeline.sound",
        "",
        "timeline.back",
        "timeline.forward",
        "timeline.back_ten",
        "timeline.forward_ten",
        "timeline.first",
        "timeline.last",
        "timeline.previous_key",
        "timeline.next_key",
        "",
        "timeline.curves",
        "timeline.mark",
        "timeline.unmark",
        "timeline.previous_marker",
        "timeline.next_marker",
    ),
    "&Project": ("project.consent",),
    "&Render": ("window.render", "window.interrupt"),
    "&Help": (
        "help.guide",
        "help.tour",
        "help.node",
        "",
        "window.shortcuts",
        "window.settings",
        "",
        "help.about",
    ),
}
CHANNELS = ("viewer.red", "viewer.green", "viewer.blue", "viewer.alpha", "viewer.luma")
TOOLS = (
    "file.new",
    "file.open",
    "file.save",
    "",
    "edit.undo",
    "edit.redo",
    "",
    "canvas.add",
    "canvas.disable",
    "canvas.arrange",
    "canvas.frame_all",
    "",
    "edit.find",
    ">",
    "window.interrupt",
    "file.export",
)


class Menus:
    """Builds the bars; `slots` maps "@name" entries to menus or actions."""

    def __init__(self, window: QMainWindow, actions: Actions, slots: dict[str, QMenu | QAction]) -> None:
        self._actions, self._slots = actions, slots
        bar = window.menuBar()
        for title, entries in MENUS.items():
            self._fill(bar, title, entries)
        self.tools = self._tool_bar(window)

    def _fill(self, bar: QMenuBar, title: str, entries: tuple[str, ...]) -> None:
        menu = bar.addMenu(title)
        menu.setToolTipsVisible(True)
        for entry in entries:
            if not entry:
                menu.addSeparator()
            elif entry.startswith("@"):
                slot = self._slots.get(entry)
                if isinstance(slot, QMenu):
                    menu.addMenu(slot)
                elif slot is not None:
                    menu.addAction(slot)
            elif entry in self._actions:
                menu.addAction(self._actions[entry])

    def _tool_bar(self, window: QMainWindow) -> QToolBar:
        bar = QToolBar("Tools", window)
        bar.setObjectName("tools")
        bar.setMovable(False)
        bar.setIconSize(QSize(18, 18))
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        for entry in TOOLS:
            if entry == ">":
                space = QWidget(bar)
                space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
                bar.addWidget(space)
            elif not entry:
                bar.addSeparator()
            elif entry in self._actions:
                bar.addAction(self._actions[entry])
        window.addToolBar(bar)
        return bar


def channel_menu(actions: Actions, parent: QWidget) -> QMenu:
    menu = QMenu("Channels", parent)
    for action_id in CHANNELS:
        menu.addAction(actions[action_id])
    return menu


def examples() -> list[Path]:
    """The graphs that ship."""
    return sorted(EXAMPLES.glob("*.graph"))


def title_of(path: Path) -> str:
    """A graph file's name as words: first_face.graph is "First face"."""
    words = path.stem.replace("_", " ").replace("-", " ")
    return words[:1].upper() + words[1:]
