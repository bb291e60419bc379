"""Laying a graph out from left to right (after Sugiyama, Tagawa and Toda 1981). Knows no Qt.

Layers by the longest path to a node, order within a layer by the barycentre of its neighbours,
swept a few times in both directions; then each node is moved towards its neighbours' height as far
as its own neighbours above and below allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.document.graph import Graph

if TYPE_CHECKING:
    import networkx

SWEEPS = 8
COLUMN_GAP = 70.0
ROW_GAP = 26.0

Size = tuple[float, float]
Point = tuple[float, float]


def arranged(graph: Graph, names: list[str], sizes: Mapping[str, Size]) -> dict[str, Point]:
    """New positions for some nodes; their top left corner stays where it is.

    Args:
        graph: the graph; only wires among `names` count.
        names: the nodes to lay out.
        sizes: width and height of each.
    """
    if not names:
        return {}
    # Late: it takes long to import, and nobody arranges while the window starts.
    import networkx

    wires = networkx.DiGraph()
    wires.add_nodes_from(names)
    among = [(port.node, target) for port, target, _ in graph.links()]
    wires.add_edges_from((source, target) for source, target in among if source in wires and target in wires)
    layers = _layers(names, wires)
    _order(layers, wires)
    left = min(graph.nodes[name].x for name in names)
    top = min(graph.nodes[name].y for name in names)
    return _place(layers, wires, sizes, left, top)


def _layers(names: list[str], wires: networkx.DiGraph) -> list[list[str]]:
    import networkx

    generations = list(networkx.topological_generations(wires))
    depth = {name: number for number, generation in enumerate(generations) for name in generation}
    # Sources stand right before the first node that uses them, not all in the first column.
    for name in generations[0]:
        if wires.succ[name]:
            depth[name] = min(depth[target] for target in wires.succ[name]) - 1
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in names:
        layers[depth[name]].append(name)
    return [layer for layer in layers if layer]


def _order(layers: list[list[str]], wires: networkx.DiGraph) -> None:
    place = {name: float(row) for layer in layers for row, name in enumerate(layer)}
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        neighbours = wires.pred if forward else wires.succ
        for layer in layers if forward else reversed(layers):

            def centre(name: str, near: Mapping[str, Mapping[str, object]] = neighbours) -> float:
                around = near[name]
                return sum(place[other] for other in around) / len(around) if around else place[name]

            layer.sort(key=centre)
            for row, name in enumerate(layer):
                place[name] = float(row)


def _place(
    layers: list[list[str]],
    wires: networkx.DiGraph,
    sizes: Mapping[str, Size],
    left: float,
    top: float,
) -> dict[str, Point]:
    heights = {name: sizes[name][1] for layer in layers for name in layer}
    y: dict[str, float] = {}
    for layer in layers:
        level = 0.0
        for name in layer:
            y[name] = level
            level += heights[name] + ROW_GAP
    for sweep in range(SWEEPS):
        neighbours = wires.succ if sweep % 2 else wires.pred
        for layer in reversed(layers) if sweep % 2 else layers:
            wanted = []
            for name in layer:
                near = neighbours[name] or [name]
                middle = sum(y[other] + heights[other] / 2 for other in near) / len(near)
                wanted.append(middle - heights[name] / 2)
            _settle(layer, wanted, heights, y)
    highest = min(y.values())
    positions: dict[str, Point] = {}
    x = left
    for layer in layers:
        for name in layer:
            positions[name] = (round(x), round(top + y[name] - highest))
        x += max(sizes[name][0] for name in layer) + COLUMN_GAP
    return positions


def _settle(layer: list[str], wanted: list[float], heights: Mapping[str, float], y: dict[str, float]) -> None:
    """Put a column as near to the wanted heights as its order allows (pool adjacent violators)."""
    offset = 0.0
    blocks: list[list[float]] = []  # sum of wishes, how many, first index
    offsets = []
    for index, name in enumerate(layer):
        offsets.append(offset)
        blocks.append([wanted[index] - offset, 1.0, float(index)])
        offset += heights[name] + ROW_GAP
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1][0] += last[0]
            blocks[-1][1] += last[1]
    for total, count, first in blocks:
        for index in range(int(first), int(first + count)):
            y[layer[index]] = total / count + offsets[index]
