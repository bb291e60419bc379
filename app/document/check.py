"""Finds what would keep a graph from being rendered, without rendering it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.document.assets import is_builtin
from app.document.curve import Curve
from app.document.graph import Graph, NodeInstance, ParameterSetting
from app.document.problems import Problem
from app.document.text import shown
from app.document.unfold import STAND_IN, unfolded
from app.document.wiring import loop_closers, upstream_of, wire_problem
from nodes.sdk.errors import ModelProblem, NodeError
from nodes.sdk.models import card, find
from nodes.sdk.node import NodeSpec
from nodes.sdk.params import File, ParameterSpec, Slider
from nodes.sdk.registry import Registry


def check(graph: Graph, registry: Registry, *, node: str | None = None) -> list[Problem]:
    """Everything that is wrong with a graph, in the order of its nodes.

    Nodes inside of subgraphs are looked at too.

    Unknown nodes, wires that may not be, loops, inputs that nothing feeds, missing files and
    models, and values out of range or of another type.

    Args:
        node: only what `node` depends on is looked at; None looks at all nodes.
    """
    graph = unfolded(graph)
    wanted = frozenset(graph.nodes) if node is None else upstream_of(graph, [node])
    problems: list[Problem] = []
    for name, instance in graph.nodes.items():
        if name not in wanted or instance is STAND_IN:
            continue
        spec = registry.get(instance.kind)
        if spec is None:
            problems.append(
                Problem(
                    f"there is no kind of node {shown(instance.kind)} here",
                    "Install the nodes it comes from",
                    f"node '{name}'",
                    name,
                )
            )
            continue
        problems += _of_node(graph, name, instance, spec)
    problems += _of_wires(graph, registry, wanted)
    return problems


def _of_node(graph: Graph, name: str, instance: NodeInstance, spec: NodeSpec) -> Iterator[Problem]:
    place = f"node '{name}'"
    if instance.version > spec.version:
        yield Problem(
            f"it was saved with version {instance.version} of '{spec.id}'; version {spec.version} is here",
            "Update the nodes it comes from, or check its settings",
            place,
            name,
            "warning",
        )
    for parameter in instance.extra.get("parameters", {}):
        if spec.parameter(parameter) is None:
            yield Problem(
                f"'{spec.id}' has no parameter {shown(parameter)}", "It has no effect", place, name, "warning"
            )
    for parameter_spec in spec.parameters:
        setting = instance.parameters.get(parameter_spec.name)
        if setting is not None:
            yield from _of_setting(setting, parameter_spec, place, name)
    if instance.disabled:
        return
    yield from _of_inputs(graph, name, instance, spec)
    yield from _of_files(instance, spec, place, name)
    yield from _of_models(spec, place, name)


def _of_setting(setting: ParameterSetting, spec: ParameterSpec, place: str, node: str) -> Iterator[Problem]:
    values = [key.value for key in setting.keys] if isinstance(setting, Curve) else [setting]
    if isinstance(setting, Curve) and not spec.keyframable:
        yield Problem(f"parameter '{spec.name}' cannot be keyframed", "Only numbers can", place, node)
        return
    for value in values:
        try:
            spec.coerce(value)
        except NodeError as error:
            yield Problem(error.what, error.hint, place, node)
            return
    control = spec.control
    if isinstance(control, Slider) and control.hard:
        for value in values:
            if isinstance(value, int | float) and not control.low <= value <= control.high:
                yield Problem(
                    f"parameter '{spec.name}' is {value:g}, out of its range",
                    f"{spec.expectation()}; the nearest is used",
                    place,
                    node,
                    "warning",
                )
                return


def _of_inputs(graph: Graph, name: str, instance: NodeInstance, spec: NodeSpec) -> Iterator[Problem]:
    needed = None
    if spec.needs is not None and not any(isinstance(s, Curve) for s in instance.parameters.values()):
        defaults = {parameter.name: parameter.default for parameter in spec.parameters}
        needed = spec.needs({**defaults, **instance.parameters})
    for socket in spec.inputs:
        optional = socket.optional or socket.many or (needed is not None and socket.name not in needed)
        if not optional and not graph.sources(name, socket.name):
            yield Problem(
                f"nothing is wired to the input '{socket.name}'",
                f"It needs a wire of type {socket.type_name}",
                f"node '{name}'",
                name,
            )


def _of_files(instance: NodeInstance, spec: NodeSpec, place: str, node: str) -> Iterator[Problem]:
    for parameter in spec.parameters:
        control = parameter.control
        if not isinstance(control, File):
            continue
        path = str(instance.parameters.get(parameter.name, parameter.default))
        if is_builtin(path):
            continue
        if not path:
            if control.mode != "save" and not spec.inputs:
                yield Problem(f"no {control.kind.lower()} is chosen", f"Set '{parameter.name}'", place, node)
        elif control.mode == "save":
            folder = Path(path).parent
            if not _exists(folder):
                yield Problem(
                    f"there is no folder {folder} to write '{parameter.name}' to",
                    "Make it, or choose another",
                    place,
                    node,
                )
        elif not _exists(Path(path)) and not _is_pattern(path):
            yield Problem(
                f"the {control.kind.lower()} {path} is missing",
                "Put it there, or choose another",
                place,
                node,
            )


def _is_pattern(path: str) -> bool:
    """Whether a path stands for many files, such as "frame_%04d.png" or "*.jpg"."""
    return any(mark in Path(path).name for mark in ("%", "*", "#"))


def _exists(path: Path) -> bool:
    try:
        return path.expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False


def _of_models(spec: NodeSpec, place: str, node: str) -> Iterator[Problem]:
    for name in spec.models:
        try:
            if find(name) is None:
                title = card(name).title
                yield Problem(
                    f"the model '{title}' is not on this machine",
                    f"Fetch it with: facewright models fetch {name}",
                    place,
                    node,
                )
        except ModelProblem as error:
            yield Problem(error.what, error.hint, place, node)


def _of_wires(graph: Graph, registry: Registry, wanted: frozenset[str]) -> Iterator[Problem]:
    for target, inputs in graph.wires.items():
        if target not in wanted:
            continue
        for input_name, ports in inputs.items():
            for number, port in enumerate(ports):
                found = wire_problem(graph.nodes, registry, port, target, input_name, taken=number > 0)
                if found is not None:
                    place = f"wire {port.node}.{port.output} -> {target}.{input_name}"
                    yield Problem(found[0], found[1], place, target)
    for port, target, input_name in loop_closers(graph.wires):
        if target in wanted and port.node != target:
            place = f"wire {port.node}.{port.output} -> {target}.{input_name}"
            yield Problem(f"the wires form a cycle through '{target}'", "Cut one of them", place, target)
