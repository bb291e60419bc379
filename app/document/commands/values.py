"""Copying values: the parameters of a node as text, to be pasted into other nodes."""

from __future__ import annotations

import json
from collections.abc import Iterable

from app.document.graph import Graph, GraphError, NodeInstance
from app.document.settings import read_setting, write_setting
from nodes.sdk.node import NodeSpec

FORMAT = "facewright.values"
MAX_LETTERS = 4_000_000


def copy_values(spec: NodeSpec, instance: NodeInstance) -> str:
    """All values of a node; what is not in the text is at its default."""
    plain = {
        name: write_setting(setting, spec.parameter(name)) for name, setting in instance.parameters.items()
    }
    return json.dumps({"format": FORMAT, "kind": spec.id, "values": plain}, indent=2)


def paste_values(graph: Graph, names: Iterable[str], spec: NodeSpec, text: str) -> Graph:
    """Take over copied values. On nodes of the same kind, what was not copied returns to its default.

    Raises:
        GraphError: when the text holds no values, or none that the nodes have parameters for.
    """
    entry = None
    try:
        entry = json.loads(text) if len(text) <= MAX_LETTERS else None
        plain = entry.get("values") if isinstance(entry, dict) and entry.get("format") == FORMAT else None
    except (ValueError, RecursionError):
        plain = None
    if entry is None or not isinstance(plain, dict):
        raise GraphError("there are no values in the clipboard", hint="Copy the values of a node first")
    settings = {}
    for parameter in spec.parameters:
        if parameter.name in plain:
            try:
                settings[parameter.name] = read_setting(plain[parameter.name], parameter)
            except ValueError:
                continue
    same = entry.get("kind") == spec.id
    if not settings and not same:
        raise GraphError("the copied values belong to another kind of node")
    for name in names:
        if same:
            for old in list(graph.nodes[name].parameters):
                graph = graph.with_parameter(name, old, None)
        for parameter_name, setting in settings.items():
            graph = graph.with_parameter(name, parameter_name, setting)
    return graph
