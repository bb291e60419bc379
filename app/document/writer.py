"""From a graph to the plain data of a `.graph` file: only what differs from the defaults."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.document.consent import write_consent
from app.document.graph import Backdrop, Graph, NodeInstance, Settings
from app.document.migrations import FORMAT, VERSION
from app.document.settings import can_be_written, plain, write_setting
from app.document.variants import write_variants
from nodes.sdk.registry import Registry

logger = logging.getLogger(__name__)


def flatten(graph: Graph, registry: Registry, folder: Path | None) -> dict[str, Any]:
    """The graph as plain data, in an order that depends on nothing but its contents.

    Args:
        folder: where the file will lie; file paths near it become relative. None keeps them.
    """
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    settings = _settings(graph.settings)
    variants = write_variants(graph, registry, folder)
    if variants:
        settings["variants"] = variants
    if settings:
        data["settings"] = settings
    data["nodes"] = {name: flatten_node(instance, registry, folder) for name, instance in graph.nodes.items()}
    data["wires"] = flatten_wires(graph, graph.nodes)
    if graph.backdrops:
        data["backdrops"] = {name: _backdrop(backdrop) for name, backdrop in graph.backdrops.items()}
    return {**data, **graph.extra}


def flatten_node(instance: NodeInstance, registry: Registry, folder: Path | None) -> dict[str, Any]:
    """One node as plain data."""
    data: dict[str, Any] = {"kind": instance.kind}
    if instance.version != 1:
        data["version"] = instance.version
    data["at"] = [plain(instance.x), plain(instance.y)]
    if instance.label:
        data["label"] = instance.label
    if instance.colour:
        data["colour"] = instance.colour
    if instance.disabled:
        data["disabled"] = True
    if instance.inner is not None:
        data["graph"] = _inner(instance.inner, registry, folder)
        if instance.promoted:
            data["promoted"] = {name: f"{node}.{key}" for name, (node, key) in instance.promoted.items()}
    parameters = _parameters(instance, registry, folder)
    if parameters:
        data["parameters"] = parameters
    return {**data, **{key: item for key, item in instance.extra.items() if key != "parameters"}}


def _inner(graph: Graph, registry: Registry, folder: Path | None) -> dict[str, Any]:
    """The inside of a subgraph as plain data; the settings are the whole project's."""
    data: dict[str, Any] = {
        "nodes": {name: flatten_node(node, registry, folder) for name, node in graph.nodes.items()},
        "wires": flatten_wires(graph, graph.nodes),
    }
    if graph.backdrops:
        data["backdrops"] = {name: _backdrop(backdrop) for name, backdrop in graph.backdrops.items()}
    return {**data, **graph.extra}


def _parameters(instance: NodeInstance, registry: Registry, folder: Path | None) -> dict[str, Any]:
    spec = registry.get(instance.kind)
    data = {}
    # Those of a subgraph are written with the inner nodes that own them.
    for name in _declared_order(instance, registry) if instance.inner is None else ():
        setting = instance.parameters[name]
        if not can_be_written(setting):
            # One value that is no number must not keep all the others from being saved.
            logger.warning("parameter '%s' of a '%s' is %s and is not saved", name, instance.kind, setting)
            continue
        parameter = spec.parameter(name) if spec else None
        if parameter is None or not is_default(setting, parameter.default):
            data[name] = write_setting(setting, parameter, folder)
    unread = {
        name: item
        for name, item in instance.extra.get("parameters", {}).items()
        if name not in instance.parameters
    }
    return {**data, **unread}


def is_default(setting: Any, default: Any) -> bool:
    """Whether a setting says just what the default says; True is not 1."""
    return isinstance(setting, bool) == isinstance(default, bool) and bool(setting == default)


def _declared_order(instance: NodeInstance, registry: Registry) -> list[str]:
    spec = registry.get(instance.kind)
    declared = [parameter.name for parameter in spec.parameters] if spec else []
    rank = {name: number for number, name in enumerate(declared)}
    return sorted(instance.parameters, key=lambda name: (rank.get(name, len(rank)), name))


def flatten_wires(graph: Graph, targets: Iterable[str]) -> list[list[str]]:
    """The wires into some nodes: targets in the order given, their inputs by name."""
    return [
        [f"{port.node}.{port.output}", f"{target}.{input_name}"]
        for target in targets
        for input_name, ports in sorted(graph.wires.get(target, {}).items())
        for port in ports
    ]


def _backdrop(backdrop: Backdrop) -> dict[str, Any]:
    data: dict[str, Any] = {
        "title": backdrop.title,
        "at": [plain(backdrop.x), plain(backdrop.y)],
        "size": [plain(backdrop.width), plain(backdrop.height)],
    }
    if backdrop.colour != Backdrop.colour:
        data["colour"] = backdrop.colour
    return {**data, **backdrop.extra}


def _settings(settings: Settings) -> dict[str, Any]:
    default = Settings()
    data: dict[str, Any] = {}
    if settings.fps != default.fps:
        data["fps"] = plain(settings.fps)
    if (settings.first, settings.last) != (default.first, default.last):
        data["first"], data["last"] = settings.first, settings.last
    if settings.consent:
        data["consent"] = write_consent(settings.consent)
    if settings.markers:
        data["markers"] = [[frame, words] for frame, words in settings.markers]
    return {**data, **settings.extra}
