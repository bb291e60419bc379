"""One parameter of several nodes: what it shows at a frame, and edits of all of them in one step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from app.document.commands.parameters import clear_keys, remove_key, reset_parameter, set_key, set_value
from app.document.curve import Curve
from app.document.graph import Graph, NodeInstance
from nodes.sdk.errors import FacewrightError
from nodes.sdk.params import ParameterSpec, ParameterValue
from nodes.sdk.registry import Registry

KeyState = Literal["none", "animated", "key"]


@dataclass(frozen=True)
class Shown:
    """What there is to show of a parameter.

    Attributes:
        value: at the frame; of the first node when there are several.
        mixed: whether the nodes differ.
        changed: whether any differs from the default.
        key: whether it is animated, and has a key at this very frame.
    """

    value: ParameterValue
    mixed: bool
    changed: bool
    key: KeyState


def shown_value(instance: NodeInstance, spec: ParameterSpec, frame: float) -> ParameterValue:
    """A parameter's value at a frame; the default where the stored one makes no sense."""
    setting = instance.parameters.get(spec.name, spec.default)
    plain: object = setting.at(frame) if isinstance(setting, Curve) else setting
    try:
        return spec.coerce(plain)
    except FacewrightError:
        return spec.default


def shown(graph: Graph, names: Iterable[str], spec: ParameterSpec, frame: float) -> Shown:
    """What to show of a parameter of one or several nodes."""
    instances = [graph.nodes[name] for name in names]
    values = [shown_value(instance, spec, frame) for instance in instances]
    settings = [instance.parameters.get(spec.name) for instance in instances]
    curves = [setting for setting in settings if isinstance(setting, Curve)]
    state: KeyState = "none"
    if curves:
        keyed = len(curves) == len(instances) and all(_has_key(curve, frame) for curve in curves)
        state = "key" if keyed else "animated"
    return Shown(
        value=values[0],
        mixed=any(value != values[0] for value in values),
        changed=any(setting is not None and setting != spec.default for setting in settings),
        key=state,
    )


def set_values(
    graph: Graph, registry: Registry, names: Iterable[str], spec: ParameterSpec, value: Any, frame: float
) -> Graph:
    """Set a parameter of several nodes; where it is animated, as a key at the frame."""
    for name in names:
        graph = set_value(graph, registry, name, spec.name, value, frame)
    return graph


def reset_parameters(
    graph: Graph, registry: Registry, names: Iterable[str], specs: Iterable[ParameterSpec]
) -> Graph:
    """Return parameters of several nodes to their defaults, their keys included."""
    chosen = list(specs)
    for name in names:
        for spec in chosen:
            graph = reset_parameter(graph, registry, name, spec.name)
    return graph


def toggle_keys(
    graph: Graph, registry: Registry, names: Iterable[str], spec: ParameterSpec, frame: float
) -> Graph:
    """Set a key at the frame, or remove it where all have one; the last key leaves its value."""
    chosen = list(names)
    remove = shown(graph, chosen, spec, frame).key == "key"
    for name in chosen:
        if remove:
            graph = remove_key(graph, registry, name, spec.name, frame)
        else:
            value = shown_value(graph.nodes[name], spec, frame)
            graph = set_key(graph, registry, name, spec.name, frame, value)
    return graph


def stop_animating(
    graph: Graph, registry: Registry, names: Iterable[str], spec: ParameterSpec, frame: float
) -> Graph:
    """Remove the keys of a parameter of several nodes; each keeps the value it has at the frame."""
    for name in names:
        graph = clear_keys(graph, registry, name, spec.name, frame)
    return graph


def _has_key(curve: Curve, frame: float) -> bool:
    return any(key.frame == frame for key in curve.keys)
