"""Variants: named states of all parameters of a graph, to switch between and to compare.

A variant holds, by the address of each node it knows, the settings that differ from the defaults.
Nodes that were added later are left as they are when it is switched to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.document.graph import Graph, GraphError, ParameterSetting, Port, Variant
from app.document.settings import can_be_written, located, read_setting, write_setting
from app.document.subgraph import inner_at, renamed_nodes, with_inner_at
from app.document.unfold import STAND_IN, given_by, unfolded
from app.document.wiring import upstream_of
from nodes.sdk.registry import Registry

MAX_VARIANTS = 200
MAX_LETTERS = 80

#: What the nodes of the other graph are called in a comparison begins so; no node's name does.
BESIDE = "="


def current(graph: Graph) -> Variant:
    """The state of all parameters as it is."""
    return {
        name: dict(node.parameters) for name, node in unfolded(graph).nodes.items() if node is not STAND_IN
    }


def save_variant(graph: Graph, title: str) -> Graph:
    """Keep the values as they are under a name, in place of what it held before.

    Raises:
        GraphError: when the name is empty or too long, or there are too many.
    """
    title = title.strip()
    if not title or len(title) > MAX_LETTERS:
        raise GraphError("a variant needs a name", hint=f"At most {MAX_LETTERS} letters")
    variants = {**graph.settings.variants, title: current(graph)}
    if len(variants) > MAX_VARIANTS:
        raise GraphError(f"a graph can have {MAX_VARIANTS} variants at most", hint="Remove one first")
    return _with(graph, variants)


def remove_variant(graph: Graph, title: str) -> Graph:
    """Forget a variant; the graph stays as it is."""
    _variant(graph, title)
    return _with(graph, {name: each for name, each in graph.settings.variants.items() if name != title})


def rename_variant(graph: Graph, old: str, new: str) -> Graph:
    """Call a variant otherwise. Raises GraphError when there is one of that name."""
    _variant(graph, old)
    new = new.strip()
    if new == old:
        return graph
    if not new or len(new) > MAX_LETTERS or new in graph.settings.variants:
        raise GraphError(f"a variant cannot be called '{new}'", hint="Choose another name")
    variants = graph.settings.variants.items()
    return _with(graph, {new if name == old else name: each for name, each in variants})


def switch_variant(graph: Graph, title: str) -> Graph:
    """Give all parameters the values of a variant; the very same graph when they have them already."""
    levels: dict[tuple[str, ...], dict[str, Mapping[str, ParameterSetting]]] = {}
    for address, settings in _variant(graph, title).items():
        *within, name = address.split(".")
        levels.setdefault(tuple(within), {})[name] = settings
    for path, nodes in levels.items():
        try:
            level = inner_at(graph, path)
        except GraphError:
            continue  # the subgraph is gone
        after = level
        for name, settings in nodes.items():
            node = level.nodes.get(name)
            if node is not None and node.inner is None and dict(node.parameters) != dict(settings):
                after = after.with_node(name, replace(node, parameters=dict(settings)))
        if after is not level:
            graph = with_inner_at(graph, path, after)
    return graph


def is_current(graph: Graph, title: str) -> bool:
    """Whether the parameters have the values of a variant."""
    nodes = unfolded(graph).nodes
    return all(
        address not in nodes or dict(nodes[address].parameters) == dict(settings)
        for address, settings in _variant(graph, title).items()
    )


def beside(graph: Graph, title: str, port: Port) -> tuple[Graph, Port] | None:
    """The graph together with what a variant makes of one output, so that both can be looked at.

    What does not differ has the same key in both and is computed once.

    Returns:
        The graph, and the output in the variant; None when it gives nothing there.
    """
    both, found = abreast(graph, [title], port)
    return (both, found[title]) if title in found else None


def abreast(graph: Graph, titles: Iterable[str], port: Port) -> tuple[Graph, dict[str, Port]]:
    """As `beside`, for several variants at once.

    Returns:
        The graph, and the output in each variant that gives something there.
    """
    here = unfolded(graph)
    nodes, wires, found = dict(here.nodes), dict(here.wires), {}
    for number, title in enumerate(titles, 1):
        there, mark = unfolded(switch_variant(graph, title)), BESIDE * number
        wanted = given_by(there, port.node, port.output)
        if wanted is None or wanted.node not in there.nodes:
            continue
        cone = upstream_of(there, [wanted.node])
        nodes.update({mark + name: there.nodes[name] for name in cone if name in there.nodes})
        for name in cone & there.wires.keys():
            wires[mark + name] = {
                key: tuple(Port(mark + each.node, each.output) for each in ports)
                for key, ports in there.wires[name].items()
            }
        found[title] = Port(mark + wanted.node, wanted.output)
    return Graph(nodes, wires, settings=here.settings), found


def followed(before: Graph, after: Graph) -> Graph:
    """The graph after an edit, its variants under the addresses that nodes have now."""
    variants = after.settings.variants
    if not variants or _same_names(before, after):
        return after
    moves = {old: new for old, new in renamed_nodes(unfolded(before), unfolded(after)).items() if new}
    if not any(address in moves for variant in variants.values() for address in variant):
        return after
    return _with(
        after,
        {
            title: {moves.get(address, address): settings for address, settings in variant.items()}
            for title, variant in variants.items()
        },
    )


def _same_names(before: Graph, after: Graph) -> bool:
    """Whether all nodes are called as before, those inside of subgraphs too."""
    if before.nodes is after.nodes:
        return True
    if before.nodes.keys() != after.nodes.keys():
        return False
    return all(
        node is (old := before.nodes[name])
        or (node.inner is None and old.inner is None)
        or (node.inner is not None and old.inner is not None and _same_names(old.inner, node.inner))
        for name, node in after.nodes.items()
    )


def _variant(graph: Graph, title: str) -> Variant:
    try:
        return graph.settings.variants[title]
    except KeyError:
        raise GraphError(f"there is no variant '{title}'") from None


def _with(graph: Graph, variants: Mapping[str, Variant]) -> Graph:
    return replace(graph, settings=replace(graph.settings, variants=variants))


# -- files ----------------------------------------------------------------------------------------


def write_variants(graph: Graph, registry: Registry, folder: Path | None) -> dict[str, Any]:
    """All variants as plain data; what could not be read stands there as it was."""
    nodes = unfolded(graph).nodes if graph.settings.variants else {}
    data: dict[str, Any] = {}
    for title, variant in graph.settings.variants.items():
        data[title] = {}
        # Nodes that are gone come last, as they do when the file is read and written again.
        for address, settings in sorted(variant.items(), key=lambda item: item[0] not in nodes):
            node = nodes.get(address)
            spec = registry.get(node.kind) if node is not None else None
            data[title][address] = {
                name: write_setting(setting, spec.parameter(name) if spec else None, folder)
                for name, setting in settings.items()
                if can_be_written(setting)
            }
    unread = graph.settings.extra.get("variants", {})
    for title, addresses in unread.items():
        for address, entries in addresses.items():
            kept = data.setdefault(title, {}).setdefault(address, {})
            kept.update({name: entry for name, entry in entries.items() if name not in kept})
    return data


def read_variants(graph: Graph, data: Any, registry: Registry, folder: Path | None) -> Graph:
    """The graph with the variants that a file holds; what nodes here do not know is kept aside.

    Raises:
        ValueError: when the entry is of another shape than the format says.
    """
    if not _is_nested(data) or len(data) > MAX_VARIANTS:
        raise ValueError('they are written {"name": {"node": {"parameter": value}}}')
    nodes = unfolded(graph).nodes
    variants: dict[str, Variant] = {}
    unread: dict[str, dict[str, dict[str, Any]]] = {}
    for title, addresses in data.items():
        known: dict[str, Mapping[str, ParameterSetting]] = {}
        variants[title] = known
        for address, entries in addresses.items():
            node = nodes.get(address)
            spec = registry.get(node.kind) if node is not None else None
            if spec is None:
                unread.setdefault(title, {})[address] = dict(entries)
                continue
            settings: dict[str, ParameterSetting] = {}
            known[address] = settings
            for name, entry in entries.items():
                parameter = spec.parameter(name)
                try:
                    if parameter is None:
                        raise ValueError("there is no such parameter")
                    settings[name] = located(read_setting(entry, parameter), parameter, folder)
                except (ValueError, OverflowError):
                    unread.setdefault(title, {}).setdefault(address, {})[name] = entry
    extra = {**graph.settings.extra, **({"variants": unread} if unread else {})}
    return replace(graph, settings=replace(graph.settings, variants=variants, extra=extra))


def _is_nested(data: Any) -> bool:
    return isinstance(data, dict) and all(
        isinstance(addresses, dict) and all(isinstance(entries, dict) for entries in addresses.values())
        for addresses in data.values()
    )
