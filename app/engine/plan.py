"""A graph made ready for keys and evaluation: wires resolved, parameters checked, faults noted.

Disabled nodes vanish here (what they pass through is wired past them), and so do inputs that a
switching node does not need. Subgraphs are unfolded before, so that a node's key is the same inside of
one as outside. A plan is made per snapshot; after an edit of parameters it takes over
everything of the plan before that the edit did not touch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.document.graph import EMPTY, SUBGRAPH, Graph, NodeInstance, Port
from app.document.unfold import given_by
from app.engine.failure import NodeFailure
from app.engine.parameters import ParameterResolver, Parameters
from nodes.sdk.node import NodeSpec, SocketSpec
from nodes.sdk.registry import Registry
from nodes.sdk.sockets import with_article


@dataclass(slots=True, eq=False)
class Wired:
    """An input and the (node number, output number) pairs that feed it, in order."""

    socket: SocketSpec
    sources: tuple[tuple[int, int], ...]


@dataclass(slots=True, eq=False)
class Step:
    """One node of a plan.

    Attributes:
        inputs: every input that counts, wired or not; empty when there is a problem.
        static: bytes that stand for kind, version, constant parameters and the shape of the wiring.
        plain: its key is `static` and the keys of `feeds` at the same frame, nothing else.
        feeds: node numbers that feed it, in the order of the inputs.
        problem: why it cannot run whatever its inputs hold, or None.
    """

    name: str
    instance: NodeInstance
    spec: NodeSpec | None
    parameters: Parameters
    inputs: tuple[Wired, ...]
    static: bytes
    plain: bool
    feeds: tuple[int, ...]
    problem: NodeFailure | None

    def inputs_at(self, frame: int) -> tuple[Wired, ...]:
        """The inputs that count at a frame; fewer than `inputs` only for keyframed switches."""
        if self.spec is None or self.spec.needs is None or not self.parameters.curves:
            return self.inputs
        needed = self.spec.needs(self.parameters.at(frame))
        return tuple(wired for wired in self.inputs if wired.socket.name in needed)


class Plan:
    """The nodes of an unfolded snapshot by number. Does not hold the snapshot itself, so that it can go.

    Attributes:
        steps: in the graph's own order.
        number: node name to number.
        order: all numbers, sources before targets.
        varying: whether a node's result may differ from frame to frame.
        single: whether every node needs only the frame that is asked for.
    """

    def __init__(
        self, graph: Graph, registry: Registry, resolver: ParameterResolver, before: Plan | None = None
    ) -> None:
        self.settings = graph.settings
        self._wires = graph.wires
        self._resolver = resolver
        self.names = list(graph.nodes)
        self.number = {name: i for i, name in enumerate(self.names)}
        self._specs = [registry.get(instance.kind) for instance in graph.nodes.values()]
        self._instances = list(graph.nodes.values())
        self._passes_through = any(instance.disabled for instance in self._instances)
        known = self._reused(before) if before is not None else {}
        self.steps = [known[i] if i in known else self._step(i, name) for i, name in enumerate(self.names)]
        self.order = self._sorted()
        self.varying = self._varying()
        self.single = not any(_spans_frames(step) for step in self.steps)
        self._consumers: list[list[int]] | None = None

    def updated(self, graph: Graph) -> tuple[Plan, list[int]] | None:
        """The plan for an edited graph and the numbers of the nodes whose own keys change.

        None when more than parameters, positions and labels changed, so that a new plan is needed.
        """
        if graph.wires is not self._wires or graph.settings != self.settings:
            return None
        if list(graph.nodes) != self.names:
            return None
        instances = list(graph.nodes.values())
        touched = [i for i, new in enumerate(instances) if new is not self._instances[i]]
        plan = object.__new__(Plan)
        plan.__dict__.update(self.__dict__)
        plan._instances, plan.steps = instances, self.steps.copy()
        changed = []
        for i in touched:
            old, new = self._instances[i], instances[i]
            if old.kind != new.kind or old.disabled != new.disabled:
                return None
            step = plan._step(i, self.steps[i].name)
            if bool(step.parameters.curves) != bool(self.steps[i].parameters.curves):
                return None
            if step.feeds != self.steps[i].feeds:
                return None
            plan.steps[i] = step
            same = step.static == self.steps[i].static and step.problem is None
            if not same or step.parameters.curves or self.steps[i].problem is not None:
                changed.append(i)
        return plan, changed

    def downstream(self, numbers: list[int]) -> list[int]:
        """These nodes and all that depend on them."""
        if self._consumers is None:
            self._consumers = [[] for _ in self.steps]
            for i, step in enumerate(self.steps):
                for source in step.feeds:
                    self._consumers[source].append(i)
        found = dict.fromkeys(numbers)
        waiting = list(numbers)
        while waiting:
            for consumer in self._consumers[waiting.pop()]:
                if consumer not in found:
                    found[consumer] = None
                    waiting.append(consumer)
        return list(found)

    def upstream(self, numbers: Iterable[int]) -> list[int]:
        """These nodes and all that feed them, sources first."""
        found = set(numbers)
        waiting = list(found)
        while waiting:
            for source in self.steps[waiting.pop()].feeds:
                if source not in found:
                    found.add(source)
                    waiting.append(source)
        return [number for number in self.order if number in found]

    def suits_proxy(self, numbers: Iterable[int], frame: int) -> bool:
        """Whether no node that feeds these, or is one, would mistake a smaller picture for a full one."""
        smaller: set[int] = set()
        for number in self.upstream(numbers):
            step = self.steps[number]
            if step.spec is None:
                continue
            if "proxy" in step.spec.reads:
                smaller.add(number)
            if smaller.isdisjoint(step.feeds):
                continue
            any_size = step.spec.any_size
            if not (any_size(step.parameters.at(frame)) if callable(any_size) else any_size):
                return False
            smaller.add(number)
        return True

    def locate(self, node: str, output: str) -> tuple[int, int]:
        """Node and output number behind a wish to look; a disabled node shows what it passes on.

        Of a subgraph, or of an end inside of one, it is the output that stands behind its own.

        Raises:
            NodeFailure: when there is no such node or output.
        """
        if node not in self.number:
            raise NodeFailure(node, f"there is no node '{node}'", hint=_one_of(self.names))
        if self._instances[self.number[node]].kind == SUBGRAPH:
            level = Graph(dict(zip(self.names, self._instances, strict=True)), self._wires)
            behind = given_by(level, node, output)
            if behind is None:
                raise NodeFailure(
                    node,
                    f"nothing inside is wired to '{output}'" if output else "nothing inside is wired to it",
                    hint="Go inside and wire an output",
                )
            node, output = behind
        spec = self._specs[self.number[node]]
        if spec is None:
            return self.number[node], 0
        names = [socket.name for socket in spec.outputs]
        wanted = output or names[0]
        if wanted not in names:
            raise NodeFailure(node, f"there is no output '{wanted}'", hint=_one_of(names))
        found = self._resolved(Port(node, wanted))
        if found is None:
            raise NodeFailure(
                node, "the node is switched off and has nothing to pass through", hint="Switch it on"
            )
        return found

    def _reused(self, before: Plan) -> dict[int, Step]:
        """The steps of an earlier plan that an edit of wires or nodes left as they were, by number."""
        if self._passes_through or before._passes_through:
            return {}
        same = 0
        for new, old in zip(self.names, before.names, strict=False):
            if new != old or self._specs[same] is not before._specs[same]:
                break
            same += 1
        return {
            i: step
            for i, step in enumerate(before.steps[:same])
            if step.problem is None
            and self._instances[i] is before._instances[i]
            and self._wires.get(step.name) is before._wires.get(step.name)
            and all(source < same for source in step.feeds)
        }

    # -- wiring -------------------------------------------------------------------------------

    def _step(self, number: int, name: str) -> Step:
        instance, spec = self._instances[number], self._specs[number]
        parameters = self._resolver.resolve(spec, instance)
        if spec is None:
            problem = NodeFailure(
                name,
                f"the kind of node '{instance.kind}' is not known",
                hint="It may come from a newer version, or from a package that is not installed",
            )
            return Step(name, instance, None, parameters, (), b"", False, (), problem)
        try:
            if parameters.problem is not None:
                raise NodeFailure(name, parameters.problem.what, hint=parameters.problem.hint)
            inputs, shape, feeds, plain = self._wire(name, spec, parameters)
        except NodeFailure as failure:
            return Step(name, instance, spec, parameters, (), b"", False, (), failure)
        plain = plain and not (spec.reads or spec.sequential or parameters.curves or parameters.files)
        static = parameters.digest + shape.encode() if shape else parameters.digest
        return Step(name, instance, spec, parameters, inputs, static, plain, feeds, None)

    def _wire(
        self, name: str, spec: NodeSpec, parameters: Parameters
    ) -> tuple[tuple[Wired, ...], str, tuple[int, ...], bool]:
        wires = self._wires.get(name, EMPTY)
        live = None
        if spec.needs is not None and not parameters.curves:
            live = spec.needs(parameters.constants)
        inputs: list[Wired] = []
        feeds: list[int] = []
        shape: list[str] = []
        plain = True
        for socket in spec.inputs:
            ports = wires.get(socket.name, ())
            if live is not None and socket.name not in live:
                continue
            sources = self._sources(name, socket, ports) if ports else ()
            if not sources and not socket.optional and not (socket.many and socket.around is None):
                raise NodeFailure(
                    name,
                    f"the input '{socket.name}' is not wired",
                    hint=f"Wire {with_article(socket.type_name)} to it",
                )
            plain = plain and socket.around is None
            inputs.append(Wired(socket, sources))
            for source, output in sources:
                feeds.append(source)
                shape.append(f"{socket.name}<{output}")
        return tuple(inputs), ";".join(shape), tuple(feeds), plain

    def _sources(self, name: str, socket: SocketSpec, ports: tuple[Port, ...]) -> tuple[tuple[int, int], ...]:
        if len(ports) > 1 and not socket.many:
            raise NodeFailure(name, f"the input '{socket.name}' takes one wire, it has {len(ports)}")
        found = []
        for port in ports:
            source = self.number.get(port.node)
            if source is None:
                raise NodeFailure(
                    name, f"the input '{socket.name}' is wired to a node '{port.node}' that is not there"
                )
            spec = self._specs[source]
            if spec is None:
                found.append((source, 0))
                continue
            output = spec.output(port.output) if port.output else spec.outputs[0]
            if output is None:
                raise NodeFailure(
                    name,
                    f"the input '{socket.name}' is wired to an output '{port.output}' that "
                    f"'{port.node}' does not have",
                    hint=_one_of([each.name for each in spec.outputs]),
                )
            if output.type_name != socket.type_name:
                raise NodeFailure(
                    name,
                    f"the input '{socket.name}' takes {with_article(socket.type_name)}, "
                    f"but '{port.node}' gives {with_article(output.type_name)}",
                )
            resolved = (
                self._resolved(Port(port.node, output.name))
                if self._passes_through
                else (source, spec.outputs.index(output))
            )
            if resolved is not None:
                found.append(resolved)
        return tuple(found)

    def _resolved(self, port: Port) -> tuple[int, int] | None:
        """Follow a port back through disabled nodes; None when they have nothing to pass."""
        visited: set[str] = set()
        while True:
            number = self.number[port.node]
            spec = self._specs[number]
            if spec is None:
                return number, 0
            output = spec.output(port.output) if port.output else spec.outputs[0]
            if output is None:
                return number, 0
            if not self._instances[number].disabled:
                return number, spec.outputs.index(output)
            visited.add(port.node)
            ports = (
                self._wires.get(port.node, EMPTY).get(socket.name, ())
                for socket in spec.inputs
                if socket.type_name == output.type_name
            )
            behind = next((found[0] for found in ports if found), None)
            if behind is None or behind.node not in self.number or behind.node in visited:
                return None
            port = behind

    # -- order --------------------------------------------------------------------------------

    def _sorted(self) -> list[int]:
        """Kahn's order; nodes on a cycle get a problem and lose their inputs."""
        missing = [len(step.feeds) for step in self.steps]
        consumers: list[list[int]] = [[] for _ in self.steps]
        for i, step in enumerate(self.steps):
            for source in step.feeds:
                consumers[source].append(i)
        order = [i for i, count in enumerate(missing) if not count]
        for i in order:
            for consumer in consumers[i]:
                missing[consumer] -= 1
                if not missing[consumer]:
                    order.append(consumer)
        if len(order) < len(self.steps):
            self._mark_cycles()
            return self._sorted()
        return order

    def _mark_cycles(self) -> None:
        # Late: only a broken graph pays for the import.
        import networkx

        wires = networkx.DiGraph((source, i) for i, step in enumerate(self.steps) for source in step.feeds)
        loops = [
            part
            for part in networkx.strongly_connected_components(wires)
            if len(part) > 1 or wires.has_edge(*part, *part)
        ]
        for i in sorted(set().union(*loops)):
            old = self.steps[i]
            problem = NodeFailure(
                old.name, f"the wires form a cycle through '{old.name}'", hint="Cut one of them"
            )
            self.steps[i] = Step(
                old.name, old.instance, old.spec, old.parameters, (), b"", False, (), problem
            )

    def _varying(self) -> list[bool]:
        varying = [False] * len(self.steps)
        for i in self.order:
            step = self.steps[i]
            if not step.plain and step.spec is not None:
                own = "frame" in step.spec.reads or step.spec.sequential or step.parameters.curves
                varying[i] = bool(own)
            if not varying[i]:
                for source in step.feeds:
                    if varying[source]:
                        varying[i] = True
                        break
        return varying


def _spans_frames(step: Step) -> bool:
    if step.plain or step.spec is None:
        return False
    return step.spec.sequential or any(wired.socket.around for wired in step.inputs)


def _one_of(names: list[str]) -> str:
    shown = names[:8]
    return f"There is {', '.join(shown)}{', ...' if len(names) > len(shown) else ''}" if shown else ""
