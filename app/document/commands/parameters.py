"""Parameters and their keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from app.document.curve import Curve, Interpolation, Key
from app.document.graph import Graph, GraphError, ParameterSetting
from app.document.subgraph import spec_of
from app.document.writer import is_default
from nodes.sdk.errors import NodeError
from nodes.sdk.params import ParameterSpec, ParameterValue
from nodes.sdk.registry import Registry


def parameter_spec(graph: Graph, registry: Registry, node: str, parameter: str) -> ParameterSpec:
    """The declaration of a parameter.

    Raises:
        GraphError: when there is no such node, kind or parameter.
    """
    instance = graph.nodes.get(node)
    if instance is None:
        raise GraphError(f"there is no node '{node}'", hint=_one_of("node", list(graph.nodes)))
    spec = spec_of(instance, registry)
    if spec is None:
        raise GraphError(
            f"'{node}' is a placeholder: there is no kind of node '{instance.kind}' here",
            hint="Install the nodes it comes from",
        )
    found = spec.parameter(parameter)
    if found is None:
        names = [entry.name for entry in spec.parameters]
        raise GraphError(f"'{node}' has no parameter '{parameter}'", hint=_one_of("parameter", names))
    return found


def _one_of(what: str, names: list[str]) -> str:
    if not names:
        return f"There is no {what}"
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"There is {shown}"


def set_parameter(
    graph: Graph, registry: Registry, node: str, parameter: str, setting: ParameterSetting
) -> Graph:
    """Set a parameter to a value, or to a curve; keys that were there are gone.

    Values are brought into a hard range; the default is not stored.

    Raises:
        GraphError: when the value is of another type, or the parameter cannot be keyframed.
    """
    spec = parameter_spec(graph, registry, node, parameter)
    if isinstance(setting, Curve):
        return _stored(graph, node, parameter, _checked(setting, spec))
    value = _coerced(spec, setting)
    return _stored(graph, node, parameter, None if is_default(value, spec.default) else value)


def reset_parameter(graph: Graph, registry: Registry, node: str, parameter: str) -> Graph:
    """Return a parameter to its default."""
    spec = parameter_spec(graph, registry, node, parameter)
    return _stored(graph, node, spec.name, None)


def set_value(graph: Graph, registry: Registry, node: str, parameter: str, value: Any, frame: float) -> Graph:
    """What moving a slider does: sets a key at the frame when there are keys, else the value."""
    if isinstance(_setting(graph, node, parameter), Curve):
        return set_key(graph, registry, node, parameter, frame, value)
    return set_parameter(graph, registry, node, parameter, value)


def value_at(graph: Graph, registry: Registry, node: str, parameter: str, frame: float) -> ParameterValue:
    """The value a parameter has at a frame."""
    spec = parameter_spec(graph, registry, node, parameter)
    setting = _setting(graph, node, parameter)
    if setting is None:
        return spec.default
    return _coerced(spec, setting.at(frame) if isinstance(setting, Curve) else setting)


def set_key(
    graph: Graph,
    registry: Registry,
    node: str,
    parameter: str,
    frame: float,
    value: Any = None,
    interpolation: Interpolation | None = None,
) -> Graph:
    """Set a key at a frame.

    Args:
        value: None keeps the value that the parameter has there.
        interpolation: how the curve leaves the key; None keeps that of the key there, before it or first.

    Raises:
        GraphError: when the parameter cannot be keyframed, or the value is no number.
    """
    spec = parameter_spec(graph, registry, node, parameter)
    _require_keyframable(spec)
    if value is None:
        value = value_at(graph, registry, node, parameter, frame)
    number = float(_coerced(spec, value))  # type: ignore[arg-type]
    curve = _setting(graph, node, parameter)
    keys = curve.keys if isinstance(curve, Curve) else ()
    if interpolation is None:
        earlier = [key for key in keys if key.frame <= frame] or list(keys[:1])
        interpolation = earlier[-1].interpolation if earlier else "smooth"
    key = Key(float(frame), number, interpolation)
    return _stored(graph, node, parameter, _curve((*(k for k in keys if k.frame != key.frame), key)))


def remove_key(graph: Graph, registry: Registry, node: str, parameter: str, frame: float) -> Graph:
    """Remove the key at a frame; with the last key its value stays, as a constant."""
    curve = _setting(graph, node, parameter)
    if not isinstance(curve, Curve) or all(key.frame != frame for key in curve.keys):
        return graph
    rest = curve.without_key(frame)
    if rest is None:
        return set_parameter(graph, registry, node, parameter, curve.at(frame))
    return _stored(graph, node, parameter, rest)


def clear_keys(graph: Graph, registry: Registry, node: str, parameter: str, frame: float) -> Graph:
    """Remove all keys; the value that the parameter has at the frame stays, as a constant."""
    if not isinstance(_setting(graph, node, parameter), Curve):
        return graph
    value = value_at(graph, registry, node, parameter, frame)
    return set_parameter(graph, registry, node, parameter, value)


def move_keys(
    graph: Graph,
    registry: Registry,
    node: str,
    parameter: str,
    moves: Mapping[float, tuple[float, float]],
) -> Graph:
    """Move keys in time and value; a moved key replaces one that stands where it lands.

    Args:
        moves: frame of a key -> its new frame and value.
    """
    spec = parameter_spec(graph, registry, node, parameter)
    curve = _setting(graph, node, parameter)
    if not isinstance(curve, Curve):
        raise GraphError(f"parameter '{parameter}' of '{node}' has no keys")
    moved = {}
    for key in curve.keys:
        if key.frame in moves:
            frame, value = moves[key.frame]
            number = float(_coerced(spec, value))  # type: ignore[arg-type]
            moved[float(frame)] = Key(float(frame), number, key.interpolation)
    resting = [key for key in curve.keys if key.frame not in moves and key.frame not in moved]
    return _stored(graph, node, parameter, _curve((*resting, *moved.values())))


def move_keys_at(graph: Graph, registry: Registry, nodes: Iterable[str], start: float, end: float) -> Graph:
    """Move every key of some nodes at frame `start` to `end`; a key already there gives way."""
    for node, parameter, curve in _keyed(graph, nodes, start):
        graph = move_keys(graph, registry, node, parameter, {start: (end, curve.at(start))})
    return graph


def remove_keys_at(graph: Graph, registry: Registry, nodes: Iterable[str], frame: float) -> Graph:
    """Remove every key of some nodes at a frame; a parameter left without keys keeps its value."""
    for node, parameter, _ in _keyed(graph, nodes, frame):
        graph = remove_key(graph, registry, node, parameter, frame)
    return graph


def _keyed(graph: Graph, nodes: Iterable[str], frame: float) -> list[tuple[str, str, Curve]]:
    """The curves of some nodes that have a key at a frame."""
    return [
        (node, parameter, setting)
        for node in nodes
        if node in graph.nodes
        for parameter, setting in graph.nodes[node].parameters.items()
        if isinstance(setting, Curve) and any(key.frame == frame for key in setting.keys)
    ]


def _setting(graph: Graph, node: str, parameter: str) -> ParameterSetting | None:
    instance = graph.nodes.get(node)
    return instance.parameters.get(parameter) if instance else None


def _stored(graph: Graph, node: str, parameter: str, setting: ParameterSetting | None) -> Graph:
    """Put a setting into the graph, and let go of what a file said that was not understood."""
    instance = graph.nodes[node]
    unread = instance.extra.get("parameters", {})
    if parameter in unread:
        rest = {name: item for name, item in unread.items() if name != parameter}
        extra = {name: item for name, item in instance.extra.items() if name != "parameters"}
        instance = replace(instance, extra={**extra, "parameters": rest} if rest else extra)
        graph = graph.with_node(node, instance)
    elif is_default(instance.parameters.get(parameter), setting):
        return graph
    return graph.with_parameter(node, parameter, setting)


def _coerced(spec: ParameterSpec, value: Any) -> ParameterValue:
    try:
        return spec.coerce(value)
    except NodeError as error:
        raise GraphError(error.what, hint=error.hint) from None


def _checked(curve: Curve, spec: ParameterSpec) -> Curve:
    """A curve whose values lie in the parameter's hard range."""
    _require_keyframable(spec)
    values = [float(_coerced(spec, key.value)) for key in curve.keys]  # type: ignore[arg-type]
    if values == [key.value for key in curve.keys]:
        return curve
    return Curve(tuple(replace(key, value=value) for key, value in zip(curve.keys, values, strict=True)))


def _require_keyframable(spec: ParameterSpec) -> None:
    if not spec.keyframable:
        raise GraphError(f"parameter '{spec.name}' cannot be keyframed", hint="Only numbers can")


def _curve(keys: tuple[Key, ...]) -> Curve:
    try:
        return Curve(tuple(sorted(keys, key=lambda key: key.frame)))
    except ValueError as error:
        raise GraphError(str(error)) from None
