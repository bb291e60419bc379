"""The items of the canvas, kept in step with the graph by what changed between two snapshots."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QGraphicsScene

from app.document.graph import Graph
from app.document.wiring import known_spec
from app.engine.protocol import NodeState
from app.ui.canvas.backdrop_item import BackdropItem
from app.ui.canvas.bends import bends_of
from app.ui.canvas.node_item import NodeItem
from app.ui.canvas.paints import socket_style
from app.ui.canvas.wire_layer import WireLayer
from app.ui.canvas.wiring import Socket, Wire, sockets_of, stray_outputs, type_of
from nodes.sdk.registry import Registry


class GraphScene(QGraphicsScene):
    """Shows one graph.

    Attributes:
        graph: the snapshot it shows.
        nodes, backdrops: the items by name.
        wires: the layer that holds every wire.
    """

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.registry = registry
        self.graph = Graph()
        self.nodes: dict[str, NodeItem] = {}
        self.backdrops: dict[str, BackdropItem] = {}
        self.wires = WireLayer()
        self.addItem(self.wires)
        self.selected: frozenset[str] = frozenset()
        self.selected_backdrops: frozenset[str] = frozenset()
        self._stray: dict[str, tuple[str, ...]] = {}
        self._pictures_shown = True

    # -- following the graph ------------------------------------------------------------------

    def show_graph(self, graph: Graph) -> None:
        """Show another snapshot; only what is not the same object is looked at."""
        before, self.graph = self.graph, graph
        if graph is before:
            return
        touched: set[str] = set()
        if graph.wires is not before.wires or self._declares_otherwise(before, graph):
            stray = stray_outputs(graph, self.registry)
            touched |= {
                name for name in stray.keys() | self._stray.keys() if stray.get(name) != self._stray.get(name)
            }
            self._stray = stray
        if graph.nodes is not before.nodes:
            touched |= self._follow_nodes(before, graph)
        touched |= self._follow_sockets(before, graph, touched)
        self._follow_wires(before, graph, touched)
        if graph.backdrops is not before.backdrops:
            self._follow_backdrops(before, graph)

    def _declares_otherwise(self, before: Graph, graph: Graph) -> bool:
        """Whether nodes came, went or declare other outputs; those of a mere edit do not."""
        if graph.nodes is before.nodes:
            return False
        if graph.nodes.keys() != before.nodes.keys():
            return True
        edited = [
            (before.nodes[name], instance)
            for name, instance in graph.nodes.items()
            if before.nodes[name] is not instance
        ]
        specs = [[known_spec(instance, self.registry) for instance in pair] for pair in edited]
        return any((was.outputs if was else None) != (now.outputs if now else None) for was, now in specs)

    def _follow_nodes(self, before: Graph, graph: Graph) -> set[str]:
        touched: set[str] = set()
        for name in before.nodes.keys() - graph.nodes.keys():
            self.removeItem(self.nodes.pop(name))
            touched.add(name)
        for name, instance in graph.nodes.items():
            if before.nodes.get(name) is instance:
                continue
            touched.add(name)
            spec = known_spec(instance, self.registry)
            sockets = sockets_of(graph, spec, name)
            stray = self._stray.get(name, ())
            item = self.nodes.get(name)
            if item is None:
                item = self.nodes[name] = NodeItem(name, instance, spec, sockets, stray)
                item.show_picture(self._pictures_shown)
                self.addItem(item)
            else:
                item.show_instance(instance, spec, sockets, stray)
        return touched

    def _follow_sockets(self, before: Graph, graph: Graph, touched: set[str]) -> set[str]:
        """Give a socket to every wire that ends where none is declared."""
        changed = set()
        for name, item in self.nodes.items():
            if name in touched or graph.wires.get(name) is not before.wires.get(name):
                sockets = sockets_of(graph, item.spec, name)
                stray = self._stray.get(name, ())
                if (sockets, stray) != (item.sockets, item.stray):
                    item.set_stray(sockets, stray)
                    changed.add(name)
        return changed

    def _follow_wires(self, before: Graph, graph: Graph, touched: set[str]) -> None:
        """Renew the wires of inputs that changed and of nodes that were touched."""
        again: set[Wire] = set()
        for target in before.wires.keys() | graph.wires.keys():
            old, new = before.wires.get(target), graph.wires.get(target)
            if old is new:
                continue
            had = {Wire(port, target, name) for name, ports in (old or {}).items() for port in ports}
            has = {Wire(port, target, name) for name, ports in (new or {}).items() for port in ports}
            for wire in had - has:
                self.wires.drop(wire)
            again |= has - had
        for name in touched:
            again |= {wire for wire in self.wires.of_node(name) if wire in self.wires.wires}
        for wire in again:
            self.draw_wire(wire)

    def _follow_backdrops(self, before: Graph, graph: Graph) -> None:
        for name in before.backdrops.keys() - graph.backdrops.keys():
            self.removeItem(self.backdrops.pop(name))
        for name, backdrop in graph.backdrops.items():
            if name not in self.backdrops:
                item = self.backdrops[name] = BackdropItem(name, backdrop)
                self.addItem(item)
            elif self.backdrops[name].backdrop is not backdrop:
                self.backdrops[name].show_backdrop(backdrop)
        # Small ones lie on large ones.
        by_size = sorted(
            self.backdrops.values(), key=lambda item: -item.rect().width() * item.rect().height()
        )
        for rank, item in enumerate(by_size):
            item.setZValue(-3 + rank / (len(by_size) + 1))
        self.select_backdrops(self.selected_backdrops & graph.backdrops.keys())

    def draw_wire(self, wire: Wire, bends: tuple[tuple[float, float], ...] | None = None) -> None:
        """Draw a wire between where its ends stand now; wires to missing nodes are not drawn."""
        source, target = self.nodes.get(wire.source.node), self.nodes.get(wire.target)
        if source is None or target is None:
            self.wires.drop(wire)
            return
        start = source.socket_point("output", wire.source.output)
        end = target.socket_point("input", wire.input)
        if bends is None:
            bends = bends_of(self.graph, wire)
        carried = type_of(self.graph, self.registry, Socket(wire.source.node, wire.source.output, "output"))
        points = [start, *(QPointF(x, y) for x, y in bends), end]
        self.wires.put(wire, points, socket_style(carried).colour)

    def move_node(self, name: str, x: float, y: float) -> None:
        """Show a node elsewhere while it is dragged; its wires are left to `draw_wires_of`."""
        self.nodes[name].setPos(x, y)

    def draw_wires_of(self, names: Iterable[str]) -> None:
        """Draw the wires of nodes that were moved."""
        for wire in {wire for name in names for wire in self.wires.of_node(name)}:
            self.draw_wire(wire)

    # -- selection, state, pictures -----------------------------------------------------------

    def select(self, names: Iterable[str]) -> None:
        """Show which nodes are selected."""
        wanted = frozenset(names) & self.nodes.keys()
        for name in wanted ^ self.selected:
            if name in self.nodes:
                self.nodes[name].set_selected(name in wanted)
        self.selected = frozenset(wanted)

    def chosen(self) -> list[str]:
        """The selected nodes in the order of the graph."""
        return [name for name in self.graph.nodes if name in self.selected]

    def select_backdrops(self, names: Iterable[str]) -> None:
        """Show which backdrops are selected."""
        self.selected_backdrops = frozenset(names)
        for name, item in self.backdrops.items():
            item.set_selected(name in self.selected_backdrops)

    def set_state(self, state: NodeState) -> None:
        if state.node in self.nodes:
            self.nodes[state.node].set_state(state)

    def set_picture(self, name: str, picture: QPixmap | None) -> None:
        if name in self.nodes:
            self.nodes[name].set_picture(picture)

    def show_pictures(self, shown: bool) -> None:
        """Show or hide all thumbnails."""
        self._pictures_shown = shown
        for item in self.nodes.values():
            item.show_picture(shown)

    def restyle(self) -> None:
        """Take over the theme in force."""
        self.wires.update()
        self.update()

    # -- finding ------------------------------------------------------------------------------

    def node_at(self, point: QPointF) -> NodeItem | None:
        """The topmost node under a point."""
        found = None
        for item in self.nodes.values():
            if item.body().contains(point) and (found is None or item.zValue() >= found.zValue()):
                found = item
        return found

    def nodes_in(self, area: QRectF) -> list[str]:
        """The nodes that a rectangle touches."""
        return [name for name, item in self.nodes.items() if area.intersects(item.body())]

    def nodes_inside(self, area: QRectF) -> list[str]:
        """The nodes that lie wholly in a rectangle."""
        return [name for name, item in self.nodes.items() if area.contains(item.body())]

    def socket_near(self, point: QPointF, reach: float) -> Socket | None:
        """The nearest socket within reach of a point."""
        near = self.sockets_near(point, reach)
        return near[0][1] if near else None

    def sockets_near(self, point: QPointF, reach: float) -> list[tuple[float, Socket]]:
        """The sockets within reach of a point with their distance, nearest first."""
        found = []
        for item in self.nodes.values():
            if item.body().adjusted(-reach, -reach, reach, reach).contains(point):
                near = item.socket_near(point, reach)
                if near is not None:
                    found.append(near)
        return sorted(found, key=lambda entry: entry[0])

    def backdrop_at(self, point: QPointF) -> BackdropItem | None:
        """The topmost backdrop whose title or corner is under a point."""
        hits = [item for item in self.backdrops.values() if item.in_title(point) or item.in_handle(point)]
        return max(hits, key=lambda item: item.zValue(), default=None)

    def bounds(self, names: Iterable[str] | None = None) -> QRectF:
        """What some nodes, or everything, covers; empty when there is nothing."""
        area = QRectF()
        for name in self.nodes if names is None else names:
            area = area.united(self.nodes[name].body())
        if names is None:
            for item in self.backdrops.values():
                area = area.united(item.area())
        return area
