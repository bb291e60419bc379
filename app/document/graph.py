"""The graph: an immutable snapshot. Every edit makes a new one that shares what did not change.

Because snapshots are immutable they can be handed to the engine, kept for undo, and compared by
identity: what `is` the same did not change.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from app.document.consent import Consent
from app.document.curve import Curve
from nodes.sdk.errors import FacewrightError

ParameterSetting: TypeAlias = bool | int | float | str | tuple[float, float, float] | Curve

#: Kinds that the document itself knows: a node that holds a graph, and the ends inside of it.
SUBGRAPH, INLET, OUTLET = "subgraph", "subgraph_input", "subgraph_output"

NAME_PATTERN = re.compile(r"[^\W\d]\w*", re.UNICODE)
EMPTY: Mapping[str, Any] = MappingProxyType({})


class GraphError(FacewrightError):
    """An edit that would make the graph invalid."""


class Port(NamedTuple):
    """An output of a node."""

    node: str
    output: str


class Owner(NamedTuple):
    """Where a promoted parameter is stored: a node inside the subgraph, and its parameter."""

    node: str
    parameter: str


@dataclass(frozen=True, eq=False)
class NodeInstance:
    """A node on the canvas. Its name is its key in the graph.

    Attributes:
        kind: the id of the node's declaration.
        version: the declaration's version its parameters were written for.
        parameters: settings that differ from the defaults.
        x, y: position on the canvas.
        label: a remark shown under the title.
        colour: "#rrggbb" or empty.
        disabled: when True its first input of the output's type passes through.
        extra: what the file said and this version of the program does not know; kept as it is.
        inner: the graph inside a subgraph; its nodes of kind INLET and OUTLET are the sockets.
        promoted: parameters of inner nodes that are also shown outside, by their name there. The
            inner node owns the value: `parameters` of a subgraph only says what its owners hold.
    """

    kind: str
    version: int = 1
    parameters: Mapping[str, ParameterSetting] = field(default_factory=dict)
    x: float = 0.0
    y: float = 0.0
    label: str = ""
    colour: str = ""
    disabled: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    inner: Graph | None = None
    promoted: Mapping[str, Owner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.inner is not None:
            object.__setattr__(self, "parameters", _owned(self.inner, self.promoted))

    def with_setting(self, parameter: str, setting: ParameterSetting | None) -> NodeInstance:
        """Set a parameter, where its owner keeps it; None returns it to its default.

        Raises:
            GraphError: when a subgraph shows no such parameter.
        """
        if self.inner is None:
            settings = dict(self.parameters)
            settings.pop(parameter, None)
            if setting is not None:
                settings[parameter] = setting
            return replace(self, parameters=settings)
        owner = self.promoted.get(parameter)
        if owner is None:
            raise GraphError(f"the subgraph shows no parameter '{parameter}'")
        return replace(self, inner=self.inner.with_parameter(owner.node, owner.parameter, setting))


def _owned(inner: Graph, promoted: Mapping[str, Owner]) -> Mapping[str, ParameterSetting]:
    """What the owners of promoted parameters hold."""
    return {
        name: inner.nodes[owner.node].parameters[owner.parameter]
        for name, owner in promoted.items()
        if owner.node in inner.nodes and owner.parameter in inner.nodes[owner.node].parameters
    }


@dataclass(frozen=True)
class Backdrop:
    """A labelled rectangle behind nodes.

    Attributes:
        title: what it says.
        x, y, width, height: where it lies on the canvas.
        colour: "#rrggbb".
        extra: unknown entries of the file, kept as they are.
    """

    title: str
    x: float
    y: float
    width: float
    height: float
    colour: str = "#3a4a5a"
    extra: Mapping[str, Any] = field(default_factory=dict)


#: A named state of parameters: address of a node -> parameter -> what differs from its default.
Variant: TypeAlias = Mapping[str, Mapping[str, ParameterSetting]]


@dataclass(frozen=True)
class Settings:
    """What concerns the whole project.

    Attributes:
        fps: frames a second.
        first, last: the range that plays and renders, both included.
        consent: who agreed to what, written down by the user; export credentials say that it is there.
        markers: (frame, words) on the timeline.
        variants: named states of the parameters, see `app.document.variants`.
        extra: unknown entries of the file, kept as they are.
    """

    fps: float = 25.0
    first: int = 0
    last: int = 124
    consent: tuple[Consent, ...] = ()
    markers: tuple[tuple[int, str], ...] = ()
    variants: Mapping[str, Variant] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes by name, and the wires into each of their inputs.

    Attributes:
        nodes: node instances by unique name, in the order they were added.
        wires: target node -> input -> the ports wired to it, in order (more than one only for
            inputs that take many).
        backdrops: labelled rectangles by name.
        settings: of the whole project.
        extra: unknown top-level entries of the file.
    """

    nodes: Mapping[str, NodeInstance] = field(default_factory=dict)
    wires: Mapping[str, Mapping[str, tuple[Port, ...]]] = field(default_factory=dict)
    backdrops: Mapping[str, Backdrop] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    extra: Mapping[str, Any] = field(default_factory=dict)

    # -- reading ------------------------------------------------------------------------------

    def sources(self, node: str, input_name: str) -> tuple[Port, ...]:
        """The ports wired to an input, possibly none."""
        inputs: Mapping[str, tuple[Port, ...]] = self.wires.get(node, EMPTY)
        return inputs.get(input_name, ())

    def links(self) -> Iterator[tuple[Port, str, str]]:
        """Every wire as (source port, target node, target input)."""
        for target, inputs in self.wires.items():
            for input_name, ports in inputs.items():
                for port in ports:
                    yield port, target, input_name

    def upstream(self, node: str) -> list[str]:
        """Every node that `node` depends on, itself last, in an order fit for evaluation.

        Raises:
            GraphError: when the wires form a cycle.
        """
        order: list[str] = []
        state: dict[str, int] = {}
        stack: list[tuple[str, bool]] = [(node, False)]
        while stack:
            name, done = stack.pop()
            if done:
                state[name] = 2
                order.append(name)
                continue
            if state.get(name) == 2:
                continue
            if state.get(name) == 1:
                raise GraphError(f"the wires form a cycle through '{name}'", hint="Cut one of them")
            state[name] = 1
            stack.append((name, True))
            for ports in self.wires.get(name, EMPTY).values():
                for port in ports:
                    if state.get(port.node) == 1:
                        raise GraphError(
                            f"the wires form a cycle through '{port.node}'", hint="Cut one of them"
                        )
                    if port.node in self.nodes and state.get(port.node) != 2:
                        stack.append((port.node, False))
        return order

    def free_name(self, wanted: str) -> str:
        """`wanted` if no node has that name, else with the lowest free number behind it."""
        if wanted not in self.nodes:
            return wanted
        stem = re.sub(r"_?\d+$", "", wanted) or wanted
        number = 2
        while f"{stem}_{number}" in self.nodes:
            number += 1
        return f"{stem}_{number}"

    @cached_property
    def size(self) -> int:
        """How many nodes there are, those inside of subgraphs counted."""
        return len(self.nodes) + sum(node.inner.size for node in self.nodes.values() if node.inner)

    @cached_property
    def depth(self) -> int:
        """How deep subgraphs are nested; 0 without any."""
        return max((node.inner.depth + 1 for node in self.nodes.values() if node.inner), default=0)

    # -- editing: each returns a new graph ----------------------------------------------------

    def with_node(self, name: str, instance: NodeInstance) -> Graph:
        """Add a node, or replace the one of that name. Raises GraphError on a name not allowed."""
        if not NAME_PATTERN.fullmatch(name):
            raise GraphError(
                f"'{name}' cannot be a node's name",
                hint="Use letters, digits and underscores, not starting with a digit",
            )
        return replace(self, nodes={**self.nodes, name: instance})

    def with_parameter(self, node: str, parameter: str, setting: ParameterSetting | None) -> Graph:
        """Set a parameter; None returns it to its default."""
        return self.with_node(node, self._instance(node).with_setting(parameter, setting))

    def with_positions(self, positions: Mapping[str, tuple[float, float]]) -> Graph:
        """Move nodes."""
        nodes = dict(self.nodes)
        for name, (x, y) in positions.items():
            nodes[name] = replace(self._instance(name), x=x, y=y)
        return replace(self, nodes=nodes)

    def with_link(self, source: Port, target: str, input_name: str, *, many: bool = False) -> Graph:
        """Wire a port to an input, replacing what was there unless the input takes many.

        Raises:
            GraphError: when a node is missing or the wire would close a cycle.
        """
        self._instance(source.node)
        self._instance(target)
        if source.node == target or self._reaches(target, source.node):
            raise GraphError(
                f"a wire from '{source.node}' to '{target}' would close a cycle",
                hint="A node cannot depend on its own result",
            )
        before = self.sources(target, input_name) if many else ()
        if source in before:
            return self
        inputs = {**self.wires.get(target, EMPTY), input_name: (*before, source)}
        return replace(self, wires={**self.wires, target: inputs})

    def without_link(self, source: Port | None, target: str, input_name: str) -> Graph:
        """Cut one wire, or with None all wires, of an input."""
        rest = tuple(port for port in self.sources(target, input_name) if source and port != source)
        inputs = dict(self.wires.get(target, EMPTY))
        inputs.pop(input_name, None)
        if rest:
            inputs[input_name] = rest
        wires = dict(self.wires)
        wires.pop(target, None)
        if inputs:
            wires[target] = inputs
        return replace(self, wires=wires)

    def without_nodes(self, names: Iterable[str]) -> Graph:
        """Remove nodes and every wire that touches them."""
        gone = set(names)
        nodes = {name: instance for name, instance in self.nodes.items() if name not in gone}
        wires: dict[str, Mapping[str, tuple[Port, ...]]] = {}
        for target, inputs in self.wires.items():
            if target in gone:
                continue
            kept = {
                name: rest
                for name, ports in inputs.items()
                if (rest := tuple(port for port in ports if port.node not in gone))
            }
            if kept:
                wires[target] = kept
        return replace(self, nodes=nodes, wires=wires)

    def renamed(self, old: str, new: str) -> Graph:
        """Give a node another name; its wires follow.

        Raises:
            GraphError: when the new name is taken or not allowed.
        """
        if new in self.nodes and new != old:
            raise GraphError(f"there is already a node '{new}'", hint="Names are unique")
        if not NAME_PATTERN.fullmatch(new):
            raise GraphError(
                f"'{new}' cannot be a node's name",
                hint="Use letters, digits and underscores, not starting with a digit",
            )
        self._instance(old)
        nodes = {new if name == old else name: instance for name, instance in self.nodes.items()}
        wires = {
            new if target == old else target: _with_renamed_sources(inputs, old, new)
            for target, inputs in self.wires.items()
        }
        return replace(self, nodes=nodes, wires=wires)

    # -----------------------------------------------------------------------------------------

    def _instance(self, name: str) -> NodeInstance:
        try:
            return self.nodes[name]
        except KeyError:
            raise GraphError(f"there is no node '{name}'") from None

    def _reaches(self, start: str, goal: str) -> bool:
        """Whether `goal` depends on `start`."""
        seen: set[str] = set()
        stack = [goal]
        while stack:
            name = stack.pop()
            if name == start:
                return True
            if name in seen:
                continue
            seen.add(name)
            for ports in self.wires.get(name, EMPTY).values():
                stack.extend(port.node for port in ports)
        return False


def _with_renamed_sources(
    inputs: Mapping[str, tuple[Port, ...]], old: str, new: str
) -> Mapping[str, tuple[Port, ...]]:
    """The wires of a node after one of the nodes that feed it changed its name."""
    if all(port.node != old for ports in inputs.values() for port in ports):
        return inputs
    return {
        name: tuple(Port(new, port.output) if port.node == old else port for port in ports)
        for name, ports in inputs.items()
    }
