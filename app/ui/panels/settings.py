"""Reading and changing parameters at a frame, as functions on graphs. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from app.document.curve import Curve, Key
from app.document.graph import Graph, NodeInstance, ParameterSetting
from nodes.sdk.errors import FacewrightError
from nodes.sdk.params import ParameterSpec, ParameterValue

KeyState = Literal["none", "animated", "key"]


@dataclass(frozen=True)
class Shown:
    """What a panel shows of a parameter.

    Attributes:
        value: at the frame; of the first node when several are shown.
        mixed: whether the nodes differ.
        changed: whether any differs from the default.
        key: whether it is animated, and has a key at this very frame.
    """

    value: ParameterValue
    mixed: bool
    changed: bool
    key: KeyState


def value_at(instance: NodeInstance, spec: ParameterSpec, frame: float) -> ParameterValue:
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
    values = [value_at(instance, spec, frame) for instance in instances]
    settings = [instance.parameters.get(spec.name) for instance in instances]
    curves = [setting for setting in settings if isinstance(setting, Curve)]
    state: KeyState = "none"
    if curves:
        keyed = len(curves) == len(instances) and all(has_key(curve, frame) for curve in curves)
        state = "key" if keyed else "animated"
    return Shown(
        value=values[0],
        mixed=any(value != values[0] for value in values),
        changed=any(setting is not None and setting != spec.default for setting in settings),
        key=state,
    )


def has_key(curve: Curve, frame: float) -> bool:
    """Whether a curve has a key at a frame."""
    return any(key.frame == frame for key in curve.keys)


def with_value(
    graph: Graph, names: Iterable[str], spec: ParameterSpec, value: ParameterValue, frame: float
) -> Graph:
    """Set a parameter; an animated one gets a key at the frame."""
    wanted = spec.coerce(value)
    for name in names:
        before = graph.nodes[name].parameters.get(spec.name)
        after: ParameterSetting | None = wanted
        if isinstance(before, Curve) and isinstance(wanted, int | float):
            after = before.with_key(_key_like(before, frame, float(wanted)))
        elif wanted == spec.default:
            after = None
        graph = graph.with_parameter(name, spec.name, after)
    return graph


def without_value(graph: Graph, names: Iterable[str], spec: ParameterSpec) -> Graph:
    """Return a parameter to its default, its keys included."""
    for name in names:
        graph = graph.with_parameter(name, spec.name, None)
    return graph


def with_key_toggled(graph: Graph, names: Iterable[str], spec: ParameterSpec, frame: float) -> Graph:
    """Set a key at the frame, or remove the one there; without keys the value stays as it is."""
    chosen = list(names)
    remove = shown(graph, chosen, spec, frame).key == "key"
    for name in chosen:
        setting = graph.nodes[name].parameters.get(spec.name)
        value = value_at(graph.nodes[name], spec, frame)
        after: ParameterSetting
        if isinstance(setting, Curve):
            if remove:
                rest = setting.without_key(frame)
                after = value if rest is None else rest
            else:
                after = setting.with_key(_key_like(setting, frame, float(value)))  # type: ignore[arg-type]
        else:
            after = Curve((Key(frame, float(value)),))  # type: ignore[arg-type]
        is_default = not isinstance(after, Curve) and after == spec.default
        graph = graph.with_parameter(name, spec.name, None if is_default else after)
    return graph


def without_keys(graph: Graph, names: Iterable[str], spec: ParameterSpec, frame: float) -> Graph:
    """Stop animating a parameter; it keeps the value it has at the frame."""
    for name in names:
        if isinstance(graph.nodes[name].parameters.get(spec.name), Curve):
            value = value_at(graph.nodes[name], spec, frame)
            graph = graph.with_parameter(name, spec.name, None if value == spec.default else value)
    return graph


def _key_like(curve: Curve, frame: float, value: float) -> Key:
    """A key that leaves its frame as the curve did there."""
    before = [key for key in curve.keys if key.frame <= frame]
    return Key(frame, value, (before[-1] if before else curve.keys[0]).interpolation)
