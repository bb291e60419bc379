"""Whether two graphs say the same, though they are different objects."""

from __future__ import annotations

from typing import Any

from app.document.graph import Graph


def contents(graph: Graph) -> dict[str, Any]:
    """Everything a graph holds, as values that can be compared; orders that matter are kept."""
    return {
        "nodes": [
            (
                name,
                node.kind,
                node.version,
                dict(node.parameters),
                (node.x, node.y),
                node.label,
                node.colour,
                node.disabled,
                dict(node.extra),
                contents(node.inner) if node.inner is not None else None,
                dict(node.promoted),
            )
            for name, node in graph.nodes.items()
        ],
        "wires": {target: dict(inputs) for target, inputs in graph.wires.items() if inputs},
        "backdrops": dict(graph.backdrops),
        "settings": graph.settings,
        "extra": dict(graph.extra),
    }
