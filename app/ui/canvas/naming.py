"""Names, remarks and colours of nodes and backdrops, as the hands give them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from app.document import commands as do
from app.document.graph import Graph
from app.ui.canvas.backdrop_item import TITLE
from app.ui.canvas.geometry import WIDTH

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

COLOURS = {
    "Slate": "#3a4a5a",
    "Blue": "#2f5580",
    "Teal": "#2b6360",
    "Green": "#3f6640",
    "Olive": "#686a34",
    "Ochre": "#80602c",
    "Red": "#7d3c3a",
    "Plum": "#6a4270",
    "Grey": "#55555a",
}


class Naming:
    """What is typed or chosen for the selection of one canvas."""

    def __init__(self, canvas: GraphCanvas) -> None:
        self._canvas = canvas
        self._scene = canvas.graph_scene
        self._session = canvas.session

    @property
    def _graph(self) -> Graph:
        return self._scene.graph

    def rename(self, name: str = "") -> None:
        """Type another name for a node, or for the selected backdrop."""
        chosen = [name] if name else self._scene.chosen()
        if not chosen and len(self._scene.selected_backdrops) == 1:
            self.rename_backdrop(next(iter(self._scene.selected_backdrops)))
        if len(chosen) != 1:
            return
        old = chosen[0]

        def done(new: str) -> None:
            new = new.strip()
            if new and new != old and old in self._graph.nodes:
                self._session.edit("Rename", lambda graph: do.rename_node(graph, old, new))

        self._canvas.edit_text(self._canvas.title_area(old), old, done)

    def rename_backdrop(self, name: str) -> None:
        """Type another title for a backdrop."""
        item = self._scene.backdrops[name]
        area = item.area()
        area.setHeight(TITLE)

        def done(title: str) -> None:
            before = self._graph.backdrops.get(name)
            if before is not None and title != before.title:
                self._session.edit("Rename frame", lambda graph: do.set_backdrop(graph, name, title=title))

        self._canvas.edit_text(area, item.backdrop.title, done)

    def label(self) -> None:
        """Type a remark that stands under the selected nodes."""
        names = self._scene.chosen()
        if not names:
            return
        item = self._scene.nodes[names[0]]
        area = QRectF(item.x(), item.y() + item.layout.height, WIDTH, 24)

        def done(text: str) -> None:
            kept = [name for name in names if name in self._graph.nodes]
            if any(self._graph.nodes[name].label != text for name in kept):
                self._session.edit("Remark", lambda graph: do.set_label(graph, kept, text))

        self._canvas.edit_text(area, item.instance.label, done)

    def colour(self) -> None:
        """Choose a colour for the selected nodes and backdrops."""
        if self._scene.selected or self._scene.selected_backdrops:
            menu = QMenu(self._canvas)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self.fill_colours(menu)
            point = self._canvas.mapFromScene(self._canvas.cursor_point())
            menu.popup(self._canvas.viewport().mapToGlobal(point))

    def fill_colours(self, menu: QMenu) -> None:
        """Offer the colours in a menu."""
        menu.addAction("By category", partial(self.set_colour, ""))
        for title, colour in COLOURS.items():
            swatch = QPixmap(14, 14)
            swatch.fill(QColor(colour))
            menu.addAction(QIcon(swatch), title, partial(self.set_colour, colour))

    def set_colour(self, colour: str) -> None:
        """Give the selected nodes and backdrops a colour; empty returns to the usual one."""
        names, backdrops = self._scene.chosen(), self._scene.selected_backdrops

        def apply(graph: Graph) -> Graph:
            graph = do.set_colour(graph, names, colour)
            for name in backdrops:
                graph = do.set_backdrop(graph, name, colour=colour or COLOURS["Slate"])
            return graph

        self._session.edit("Colour", apply)
