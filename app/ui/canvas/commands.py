"""What the keys and the menu of the canvas do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QGuiApplication

from app.document import commands as do
from app.document.graph import Graph
from app.document.wiring import downstream_of, known_spec, upstream_of
from app.ui.actions import Actions
from app.ui.canvas import edits, files
from app.ui.canvas.arrange import arranged
from app.ui.canvas.backdrop_item import TITLE
from app.ui.canvas.geometry import HEADER, WIDTH, snapped
from app.ui.canvas.naming import Naming
from app.ui.canvas.wiring import Draft, Socket

if TYPE_CHECKING:
    from app.ui.canvas.view import GraphCanvas

BACKDROP_MARGIN = 26.0
#: How far below each other nodes of dropped files stand: their pictures need room.
FILE_STEP = 200
#: What the edit that adds dropped files is called.
ADD_FILES = "Add files"
#: How far right of a node another is put that is wired to it.
BEHIND_GAP = 60.0


class CanvasCommands:
    """The commands of one canvas, bound to the actions of the canvas."""

    def __init__(self, canvas: GraphCanvas, actions: Actions) -> None:
        self._canvas = canvas
        self._scene = canvas.graph_scene
        self._session = canvas.session
        self._registry = canvas.session.registry
        self.naming = Naming(canvas)
        table: dict[str, Callable[[], object]] = {
            "add": self.open_palette,
            "delete": self.delete,
            "frame_selected": self.frame_selected,
            "frame_all": canvas.frame_all,
            "disable": self.disable,
            "duplicate": partial(self.duplicate, with_inputs=False),
            "duplicate_with_inputs": partial(self.duplicate, with_inputs=True),
            "cut": self.cut,
            "copy": self.copy,
            "paste": partial(self.paste, with_inputs=False),
            "paste_with_inputs": partial(self.paste, with_inputs=True),
            "extract": self.extract,
            "arrange": self.arrange,
            "backdrop": self.add_backdrop,
            "group": self.group,
            "ungroup": self.ungroup,
            "enter": self.enter,
            "leave": self.leave,
            "expose": self.expose,
            "pin": self.pin,
            "purge": self.purge,
            "rename": self.naming.rename,
            "label": self.naming.label,
            "colour": self.naming.colour,
            "select_all": self.select_all,
            "select_none": partial(canvas.select, ()),
            "select_upstream": partial(self.select_related, upstream_of),
            "select_downstream": partial(self.select_related, downstream_of),
            "go_left": partial(self.go, -1, 0),
            "go_right": partial(self.go, 1, 0),
            "go_up": partial(self.go, 0, -1),
            "go_down": partial(self.go, 0, 1),
            "dot": self.add_dot,
            "swap_inputs": self.swap_inputs,
            "minimap": self.toggle_minimap,
            "thumbnails": self.toggle_thumbnails,
        }
        for name, slot in table.items():
            actions.bind(f"canvas.{name}", slot)
        for slot_number in range(1, 10):
            actions.bind(f"canvas.view_{slot_number}", partial(self.view, slot_number))
        self._thumbnails = True

    @property
    def _graph(self) -> Graph:
        return self._scene.graph

    def chosen(self) -> list[str]:
        """The selected nodes in the order of the graph."""
        return self._scene.chosen()

    # -- adding -------------------------------------------------------------------------------

    def open_palette(self) -> None:
        """Open the palette at the cursor; what is picked is wired to the one selected node, if it fits."""
        self._canvas.open_palette(behind=self.chosen()[0] if len(self.chosen()) == 1 else "")

    def add_behind(self, kind: str, name: str, point: QPointF) -> None:
        """Add a node to the right of another and wire it to its first output that fits."""
        spec = self._registry.get(kind)
        before = self._graph.nodes.get(name)
        source = known_spec(before, self._registry) if before else None
        for output in source.outputs if source and spec else ():
            fixed = Socket(name, output.name, "output")
            if Draft.from_socket(self._graph, self._registry, fixed).accepts_kind(spec) is not None:
                item = self._scene.nodes[name]
                self.add(kind, QPointF(item.x() + WIDTH + BEHIND_GAP, item.y() + HEADER + 16), fixed)
                return
        self.add(kind, point)

    def add(self, kind: str, point: QPointF, fixed: Socket | None = None) -> None:
        """Add a node at a point; wired to a socket when the palette was opened from one."""
        spec = self._registry.get(kind)
        if spec is None:
            return
        added: list[str] = []
        left = point.x() - (0 if fixed and fixed.side == "output" else WIDTH if fixed else WIDTH / 2)
        place = (snapped(left), snapped(point.y() - HEADER - 16))

        def apply(graph: Graph) -> Graph:
            if fixed is None:
                graph, name = do.add_node(graph, self._registry, spec.id, place)
            else:
                graph, name = edits.add_wired(graph, self._registry, spec, place, fixed)
            added.append(name)
            return graph

        if self._session.edit(f"Add {spec.title}", apply) is not False:
            self._canvas.select(added[-1:])

    def add_files(self, paths: list[str], point: QPointF) -> None:
        """Add a node for each file that some node can load."""
        loaders = [(path, files.loader_for(self._registry, path)) for path in paths]
        unknown = [PurePath(path).name for path, found in loaders if found is None]
        added: list[str] = []

        def apply(graph: Graph) -> Graph:
            for path, found in loaders:
                if found is not None:
                    spec, parameter = found
                    place = (snapped(point.x()), snapped(point.y() + FILE_STEP * len(added)))
                    graph, name = do.add_node(graph, self._registry, spec.id, place)
                    graph = graph.with_parameter(name, parameter, path)
                    added.append(name)
            return graph

        if len(unknown) < len(paths):
            self._session.edit(ADD_FILES, apply)
            self._canvas.select(added)
        if unknown:
            self._canvas.say(f"No node loads {', '.join(unknown)}")

    # -- editing ------------------------------------------------------------------------------

    def delete(self) -> None:
        """Delete the selection and join the wires over the gaps."""
        names, backdrops = self.chosen(), list(self._scene.selected_backdrops)
        if names or backdrops:
            self._session.edit(
                "Delete",
                lambda graph: do.remove_backdrops(do.delete_nodes(graph, self._registry, names), backdrops),
            )

    def disable(self) -> None:
        """Disable the selection, or enable it when all of it is disabled."""
        names = self.chosen()
        if names:
            label = "Enable" if all(self._graph.nodes[name].disabled for name in names) else "Disable"
            self._session.edit(label, lambda graph: do.toggle_disabled(graph, names))

    def duplicate(self, *, with_inputs: bool) -> None:
        """Copy the selection beside itself and select the copies."""
        names = self.chosen()
        copies: list[str] = []
        if not names:
            return

        def apply(graph: Graph) -> Graph:
            graph, made = do.duplicate(graph, self._registry, names, with_inputs=with_inputs)
            copies.extend(made.values())
            return graph

        self._session.edit("Duplicate", apply)
        self._canvas.select(copies)

    def copy(self) -> bool:
        """Put the selection into the clipboard as text."""
        names, backdrops = self.chosen(), self._scene.selected_backdrops
        if names or backdrops:
            text = do.copy_text(self._graph, self._registry, names, backdrops)
            QGuiApplication.clipboard().setText(text)
        return bool(names or backdrops)

    def cut(self) -> None:
        """Copy the selection and delete it."""
        if self.copy():
            self.delete()

    def paste(self, *, with_inputs: bool) -> None:
        """Put the clipboard's nodes at the cursor."""
        text = QGuiApplication.clipboard().text()
        point = self._canvas.cursor_point()
        made: list[tuple[list[str], list[str]]] = []

        def apply(graph: Graph) -> Graph:
            place = (snapped(point.x()), snapped(point.y()))
            after, names = do.paste_text(graph, self._registry, text, place, with_inputs=with_inputs)
            made.append((names, [name for name in after.backdrops if name not in graph.backdrops]))
            return after

        self._session.edit("Paste", apply)
        if made:
            self._canvas.select(*made[-1])

    def extract(self) -> None:
        """Take the selection out of its wires."""
        names = self.chosen()
        if names:
            self._session.edit("Extract", lambda graph: do.extract_nodes(graph, self._registry, names))

    def swap_inputs(self) -> None:
        """Exchange the first two inputs of one type of the selected node."""
        names = self.chosen()
        if len(names) == 1:
            self._session.edit("Swap inputs", lambda graph: do.swap_inputs(graph, self._registry, names[0]))

    def arrange(self) -> None:
        """Lay out the selection, or everything."""
        names = self.chosen() or list(self._graph.nodes)
        sizes = {name: (WIDTH, self._scene.nodes[name].layout.height) for name in names}
        places = arranged(self._graph, names, sizes)
        if places:
            self._session.edit("Arrange", lambda graph: do.move_nodes(graph, places))

    def add_dot(self) -> None:
        """Bend the wire under the cursor."""
        from app.ui.canvas.bends import bends_of, with_bends

        point = self._canvas.cursor_point()
        wire = self._scene.wires.nearest(point, 24 / self._canvas.zoom)
        if wire is None:
            self._canvas.say("There is no wire under the cursor")
            return
        bends = list(bends_of(self._graph, wire))
        bends.insert(self._scene.wires.slot_for_bend(wire, point), (point.x(), point.y()))
        self._session.edit("Add dot", lambda graph: with_bends(graph, wire, tuple(bends)))

    def add_backdrop(self) -> None:
        """Put a labelled rectangle behind the selection."""
        area = self._scene.bounds(self.chosen())
        if area.isEmpty():
            point = self._canvas.cursor_point()
            area = QRectF(point.x(), point.y(), 320, 200)
        margin = BACKDROP_MARGIN
        area = area.adjusted(-margin, -margin - TITLE, margin, margin)
        made: list[str] = []

        def apply(graph: Graph) -> Graph:
            corner, size = (area.x(), area.y()), (area.width(), area.height())
            graph, name = do.add_backdrop(graph, "Group", corner, size)
            made.append(name)
            return graph

        if self._session.edit("Add frame", apply) is not False:
            self._canvas.select(self._scene.selected, made)
            self.naming.rename_backdrop(made[-1])

    # -- subgraphs ----------------------------------------------------------------------------

    def group(self) -> None:
        """Put the selection into a subgraph in its place."""
        names = self.chosen()
        made: list[str] = []

        def apply(graph: Graph) -> Graph:
            graph, name = do.group_nodes(graph, self._registry, names)
            made.append(name)
            return graph

        if self._session.edit("Group", apply):
            self._canvas.select(made)

    def ungroup(self) -> None:
        """Put the nodes of the selected subgraphs in their place."""
        names = [name for name in self.chosen() if self._graph.nodes[name].inner is not None]
        freed: list[str] = []

        def apply(graph: Graph) -> Graph:
            for name in names:
                graph, inner = do.ungroup(graph, name)
                freed.extend(inner)
            return graph

        if not names:
            self._canvas.say("Select a subgraph first")
        elif self._session.edit("Ungroup", apply):
            self._canvas.select(freed)

    def enter(self) -> None:
        """Go inside the selected subgraph."""
        names = self.chosen()
        if len(names) == 1:
            self._session.enter(names[0])

    def leave(self) -> None:
        """Take back what the hand does; else go out of the subgraph that was entered."""
        if self._canvas.gesture is not None:
            self._canvas.cancel_gesture()
        else:
            self._session.leave()

    def expose(self) -> None:
        """Show unwired sockets of the selection on the subgraph that was entered."""
        names = self.chosen()
        if not self._session.place.path:
            self._canvas.say("Go inside a subgraph first")
        elif names:
            self._session.edit(
                "Show sockets outside", lambda graph: do.expose_sockets(graph, self._registry, names)
            )

    # -- results ------------------------------------------------------------------------------

    def pin(self) -> None:
        """Keep the results of the selection in memory, or no longer when all of it is kept."""
        if self.chosen():
            self._session.toggle_pins(self.chosen())

    def purge(self) -> None:
        """Forget the results of the selection."""
        if self.chosen():
            self._session.purge(self.chosen())

    # -- looking ------------------------------------------------------------------------------

    def view(self, slot: int, names: Iterable[str] | None = None) -> None:
        """Send the selected node to a viewer slot."""
        chosen = list(names) if names is not None else self.chosen()
        if chosen:
            self._session.view_node(chosen[-1], slot)
        else:
            self._canvas.say("Select the node to be shown first")

    def frame_selected(self) -> None:
        """Bring the selection into view, or everything when nothing is selected."""
        area = self._scene.bounds(self.chosen())
        for name in self._scene.selected_backdrops:
            area = area.united(self._scene.backdrops[name].area())
        self._canvas.navigation.frame(area if not area.isEmpty() else self._scene.bounds())

    def go(self, across: int, down: int) -> None:
        """Select the nearest node in a direction, so that the graph can be walked by keys."""
        chosen = self.chosen()
        if not chosen:
            self._canvas.select(list(self._graph.nodes)[:1])
            return
        start = self._scene.nodes[chosen[-1]].body().center()

        def cost(name: str) -> float:
            step = self._scene.nodes[name].body().center() - start
            along = step.x() * across + step.y() * down
            aside = abs(step.x() * down) + abs(step.y() * across)
            return along + 2 * aside if along > 1 else math.inf

        best = min(self._graph.nodes, key=cost)
        if cost(best) < math.inf:
            self._canvas.show_node(best)

    def select_all(self) -> None:
        self._canvas.select(self._graph.nodes, self._graph.backdrops)

    def select_related(self, related: Callable[[Graph, list[str]], frozenset[str]]) -> None:
        """Add to the selection what it depends on, or what depends on it."""
        self._canvas.select(related(self._graph, self.chosen()), self._scene.selected_backdrops)

    def toggle_minimap(self) -> None:
        self._canvas.minimap.wanted = not self._canvas.minimap.wanted
        self._canvas.minimap.place()

    def toggle_thumbnails(self) -> None:
        self._thumbnails = not self._thumbnails
        self._scene.show_pictures(self._thumbnails)
        self._scene.draw_wires_of(self._scene.nodes)
