"""Which node loads a file that is dropped on the canvas. Knows no Qt."""

from __future__ import annotations

from pathlib import PurePath

from nodes.sdk.node import NodeSpec
from nodes.sdk.params import File
from nodes.sdk.registry import Registry

GRAPH_SUFFIX = ".graph"


def is_graph(path: str) -> bool:
    """Whether a path names a graph."""
    return PurePath(path).suffix.lower() == GRAPH_SUFFIX


def loader_for(registry: Registry, path: str) -> tuple[NodeSpec, str] | None:
    """The kind of node that reads a file, and its parameter for the path.

    Nodes without inputs come first: a node with inputs reads the file as something beside them.
    """
    suffix = PurePath(path).suffix.lower().lstrip(".")
    found: list[tuple[int, NodeSpec, str]] = []
    for spec in registry:
        for parameter in spec.parameters:
            control = parameter.control
            if isinstance(control, File) and control.mode == "open" and suffix in control.extensions:
                rank = len(spec.inputs) * 10 + (spec.category != "Load") * 5
                found.append((rank, spec, parameter.name))
    if not found:
        return None
    _, spec, parameter_name = min(found, key=lambda entry: (entry[0], entry[1].id))
    return spec, parameter_name
