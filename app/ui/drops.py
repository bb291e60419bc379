"""Files dropped into the window: a graph is opened, media become load nodes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.document.graph import Graph, NodeInstance
from nodes.sdk.node import NodeSpec
from nodes.sdk.params import File
from nodes.sdk.registry import Registry

SPACING = 140.0


@dataclass(frozen=True)
class Loader:
    """A node that reads a file, and the parameter that names it."""

    spec: NodeSpec
    parameter: str


def loader_for(path: Path, registry: Registry) -> Loader | None:
    """The node that loads this kind of file; the one that stands first in the palette."""
    extension = path.suffix.lower().lstrip(".")
    for spec in registry:
        if spec.writer or any(not socket.optional for socket in spec.inputs):
            continue
        for parameter in spec.parameters:
            control = parameter.control
            if isinstance(control, File) and control.mode == "open" and extension in control.extensions:
                return Loader(spec, parameter.name)
    return None


def with_loaders(
    graph: Graph, found: list[tuple[Path, Loader]], x: float, y: float
) -> tuple[Graph, tuple[str, ...]]:
    """Add a load node for each file, one below the other from (x, y), named after the files."""
    names: list[str] = []
    for number, (path, loader) in enumerate(found):
        name = graph.free_name(_node_name(path, loader))
        node = NodeInstance(
            loader.spec.id,
            loader.spec.version,
            {loader.parameter: str(path.resolve())},
            x,
            y + number * SPACING,
        )
        graph = graph.with_node(name, node)
        names.append(name)
    return graph, tuple(names)


def _node_name(path: Path, loader: Loader) -> str:
    """The file's name made fit to be a node's name."""
    cleaned = "".join(letter if letter.isalnum() else "_" for letter in path.stem).strip("_")
    if not cleaned or cleaned[0].isdigit():
        cleaned = f"{loader.spec.id}_{cleaned}".strip("_")
    return cleaned[:40]
