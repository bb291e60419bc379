"""What is looked at: the viewer slots, and what else is computed while they are looked at. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable

from app.document.graph import Graph, Port
from app.document.variants import abreast, beside
from app.document.wiring import known_spec
from app.engine.protocol import View, Viewpoint
from nodes.sdk.registry import Registry

SLOTS = range(1, 10)
#: The engine's slots for the faces drawn over a picture, and for the picture behind viewed faces.
OVERLAY_SLOT, BACKING_SLOT = 101, 102
#: The slot in which a variant is compared with what is in front.
VARIANT_SLOT = 103
#: The slots in which several variants are shown small, from here on; their longest side in pixels.
SHEET_SLOT, SHEET_PIXELS = 200, 240
#: The slot for the faces that the hand works on in the viewer.
HAND_SLOT = 104
#: The slots for the mask and the head drawn over a picture. Panels have slots of their own between these.
MASK_SLOT, MESH_SLOT = 110, 111


class Looks:
    """The wishes of the viewers of one document.

    Attributes:
        slots: the output that each viewer slot shows, by the node's address.
        slot: the one in front.
        wipe_slot: another one beside it, or None.
        compared: the title of the variant that is compared with what is in front, or empty.
        sheet: the titles of variants that are shown small beside each other.
        extras: what else is computed while something is viewed, by the engine's slot.
        viewpoint: from where splats in front are drawn; None asks for them as they are.
    """

    def __init__(self) -> None:
        self.slots: dict[int, Port] = {}
        self.slot = 1
        self.wipe_slot: int | None = None
        self.compared = ""
        self.sheet: tuple[str, ...] = ()
        self.extras: dict[int, Port] = {}
        self.viewpoint: Viewpoint | None = None

    def views(self, graph: Graph) -> tuple[Graph, tuple[View, ...]]:
        """What the engine is asked for, and of which graph: one that also holds compared variants."""
        views = []
        for slot in dict.fromkeys((self.slot, self.wipe_slot)):
            port = self.slots.get(slot) if slot is not None else None
            if port is not None and slot is not None:
                viewpoint = self.viewpoint if slot == self.slot else None
                views.append(View(slot, port.node, port.output, viewpoint=viewpoint))
        front = self.slots.get(self.slot)
        if self.compared in graph.settings.variants and front is not None:
            found = beside(graph, self.compared, front)
            if found is not None:
                graph, port = found
                views.append(View(VARIANT_SLOT, port.node, port.output))
        elif self.sheet and front is not None:
            titles = [title for title in self.sheet if title in graph.settings.variants]
            graph, ports = abreast(graph, titles, front)
            for number, title in enumerate(self.sheet):
                if title in ports:
                    node, output = ports[title]
                    views.append(View(SHEET_SLOT + number, node, output, SHEET_PIXELS))
        if views:
            views += [View(slot, port.node, port.output) for slot, port in self.extras.items()]
        return graph, tuple(views)

    def follow(self, moved: Callable[[str], str]) -> bool:
        """Follow nodes that are called otherwise, and let go of removed ones; whether there were any.

        Args:
            moved: from the address before to that after, "" for a node that is gone.
        """
        changed = False
        for shown in (self.slots, self.extras):
            for slot, port in list(shown.items()):
                now = moved(port.node)
                if now != port.node:
                    changed = True
                    shown.pop(slot)
                    if now:
                        shown[slot] = Port(now, port.output)
        return changed


def result_of(graph: Graph, registry: Registry) -> Port | None:
    """What a graph is for: its view node, the input of its writer, or its last node; None when empty.

    An empty output means the node's first.
    """
    marked = next((name for name, node in graph.nodes.items() if node.kind == "view"), "")
    if marked:
        return Port(marked, "")
    feeding = {port.node for port, _, _ in graph.links()}
    ends = [name for name in graph.nodes if name not in feeding]
    for name in reversed(ends):
        spec = known_spec(graph.nodes[name], registry)
        if spec is not None and spec.writer:
            sources = [port for ports in graph.wires.get(name, {}).values() for port in ports]
            if sources:
                return sources[0]
    return Port(ends[-1], "") if ends else None
