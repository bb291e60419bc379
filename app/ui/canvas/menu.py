"""The menu of the canvas for what is selected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

MENU = (
    "canvas.view_1",
    "",
    "canvas.rename",
    "canvas.label",
    "canvas.colour",
    "canvas.disable",
    "",
    "canvas.copy",
    "canvas.cut",
    "canvas.duplicate",
    "canvas.duplicate_with_inputs",
    "canvas.delete",
    "",
    "canvas.extract",
    "canvas.swap_inputs",
    "canvas.select_upstream",
    "canvas.select_downstream",
    "",
    "canvas.arrange",
    "canvas.backdrop",
    "canvas.group",
    "canvas.ungroup",
    "canvas.enter",
    "canvas.expose",
    "",
    "canvas.pin",
    "canvas.purge",
    "",
    "canvas.frame_selected",
    "help.node",
)

_SUBGRAPH_ONLY = frozenset({"canvas.ungroup", "canvas.enter", "canvas.expose"})


def open_menu(canvas: GraphCanvas, at: QPoint) -> None:
    """Open the menu for the selection at a point of the screen."""
    menu = QMenu(canvas)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for entry in MENU:
        if not entry:
            menu.addSeparator()
        elif entry in _SUBGRAPH_ONLY and not _fits_subgraph(canvas, entry):
            continue
        elif entry == "canvas.colour":
            canvas.commands.naming.fill_colours(menu.addMenu("Colour"))
        else:
            menu.addAction(canvas.actions_map[entry])
    menu.popup(at)


def _fits_subgraph(canvas: GraphCanvas, entry: str) -> bool:
    """Whether an entry that concerns subgraphs makes sense here."""
    if entry == "canvas.expose":
        return bool(canvas.session.place.path)
    return any(canvas.graph.nodes[name].inner is not None for name in canvas.commands.chosen())
