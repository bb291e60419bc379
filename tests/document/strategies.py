"""Random edits, as hypothesis draws them: what hands may do to a graph, and where it takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from app.document import commands
from app.document.curve import INTERPOLATIONS, Curve, Key
from app.document.graph import Graph, GraphError, Port
from app.document.subgraph import edited_at, inner_at, spec_of
from nodes.sdk.registry import Registry
from tests.document.kinds import registry

REGISTRY = registry()
KINDS = [spec.id for spec in REGISTRY]

numbers = st.floats(-1e6, 1e6, allow_nan=False)
positions = st.tuples(numbers, numbers)
words = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
names = st.from_regex(r"[^\W\d]\w{0,8}", fullmatch=True)
curves = st.lists(
    st.builds(Key, numbers, st.floats(0, 1), st.sampled_from(INTERPOLATIONS)),
    min_size=1,
    max_size=5,
    unique_by=lambda key: key.frame,
).map(lambda keys: Curve(tuple(sorted(keys, key=lambda key: key.frame))))
settings = st.one_of(
    numbers,
    st.integers(-100, 100),
    st.booleans(),
    words,
    st.sampled_from(["film", "video"]),
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)),
    curves,
)


@dataclass(frozen=True)
class Edit:
    """An edit by its name, and numbers that choose what it is done to."""

    what: str
    arguments: tuple[Any, ...]

    def __call__(self, graph: Graph, known: Registry = REGISTRY) -> Graph:
        """The graph after it; the graph itself when the edit is refused."""
        try:
            return _EDITS[self.what](graph, known, *self.arguments)
        except GraphError:
            return graph


def _pick(graph: Graph, number: int) -> str:
    if not graph.nodes:
        raise GraphError("there are no nodes")
    return list(graph.nodes)[number % len(graph.nodes)]


def _some(graph: Graph, number: int) -> list[str]:
    return [name for index, name in enumerate(graph.nodes) if number >> (index % 8) & 1]


def _wire(graph: Graph, number: int) -> tuple[Port, str, str]:
    links = list(graph.links())
    if not links:
        raise GraphError("there are no wires")
    return links[number % len(links)]


def _connect(graph: Graph, known: Registry, above: int, below: int, sockets: int) -> Graph:
    source, target = _pick(graph, above), _pick(graph, below)
    outputs = spec_of(graph.nodes[source], REGISTRY).outputs
    inputs = spec_of(graph.nodes[target], REGISTRY).inputs
    if not inputs or not outputs:
        raise GraphError("it has no sockets")
    output, socket = outputs[sockets % len(outputs)].name, inputs[sockets // 4 % len(inputs)].name
    return commands.connect(graph, known, Port(source, output), target, socket)


def _parameter(graph: Graph, node: int, parameter: int) -> tuple[str, str]:
    name = _pick(graph, node)
    parameters = spec_of(graph.nodes[name], REGISTRY).parameters
    return name, parameters[parameter % len(parameters)].name if parameters else "none"


def _disconnect(graph: Graph, known: Registry, number: int) -> Graph:
    source, target, name = _wire(graph, number)
    return commands.disconnect(graph, target, name, source)


def _copy(graph: Graph, known: Registry, number: int, with_inputs: bool) -> Graph:
    text = commands.copy_text(graph, known, _some(graph, number), graph.backdrops)
    return commands.paste_text(graph, known, text, with_inputs=with_inputs)[0]


def _backdrop(graph: Graph, known: Registry, title: str, at: tuple[float, float]) -> Graph:
    return commands.add_backdrop(graph, title, at, (200.0, 100.0))[0]


def _subgraph(graph: Graph, number: int) -> str:
    found = [name for name, node in graph.nodes.items() if node.inner is not None]
    if not found:
        raise GraphError("there are no subgraphs")
    return found[number % len(found)]


def _promote(graph: Graph, known: Registry, group: int, node: int, parameter: int) -> Graph:
    name = _subgraph(graph, group)
    return commands.promote(graph, known, (name,), *_parameter(inner_at(graph, (name,)), node, parameter))[0]


def _inside(graph: Graph, known: Registry, group: int, edit: Callable[..., Graph]) -> Graph:
    return edited_at(graph, (_subgraph(graph, group),), lambda inner: edit(inner, known))


_EDITS: dict[str, Callable[..., Graph]] = {
    "add": lambda g, r, kind, at: commands.add_node(g, r, kind, at)[0],
    "delete": lambda g, r, n, join: commands.delete_nodes(g, r, _some(g, n), join=join),
    "connect": _connect,
    "disconnect": _disconnect,
    "set": lambda g, r, n, which, value: commands.set_parameter(g, r, *_parameter(g, n, which), value),
    "key": lambda g, r, n, which, frame, v: commands.set_key(g, r, *_parameter(g, n, which), frame, v),
    "remove key": lambda g, r, n, which, frame: commands.remove_key(g, r, *_parameter(g, n, which), frame),
    "rename": lambda g, r, n, name: commands.rename_node(g, _pick(g, n), name),
    "move": lambda g, r, n, at: commands.move_nodes(g, dict.fromkeys(_some(g, n), at)),
    "disable": lambda g, r, n: commands.toggle_disabled(g, _some(g, n)),
    "label": lambda g, r, n, text: commands.set_label(g, _some(g, n), text),
    "duplicate": lambda g, r, n, inputs: commands.duplicate(g, r, _some(g, n), with_inputs=inputs)[0],
    "copy": _copy,
    "insert": lambda g, r, n, wire: commands.insert_on_wire(g, r, _pick(g, n), *_wire(g, wire)),
    "extract": lambda g, r, n: commands.extract_nodes(g, r, _some(g, n)),
    "backdrop": _backdrop,
    "remove backdrop": lambda g, r, n: commands.remove_backdrops(g, list(g.backdrops)[:n]),
    "settings": lambda g, r, fps, first, last: commands.set_settings(g, fps=fps, first=first, last=last),
    "marker": lambda g, r, frame, text: commands.set_marker(g, frame, text),
    "remove marker": lambda g, r, frame: commands.remove_marker(g, frame),
    "group": lambda g, r, n: commands.group_nodes(g, r, _some(g, n))[0],
    "ungroup": lambda g, r, n: commands.ungroup(g, _subgraph(g, n))[0],
    "promote": _promote,
    "expose": lambda g, r, group, n: _inside(
        g, r, group, lambda inner, known: commands.expose_sockets(inner, known, _some(inner, n))
    ),
    "inside": _inside,
}

_which = st.integers(0, 255)
_frames = st.integers(-5, 5)
_ARGUMENTS: dict[str, tuple[st.SearchStrategy[Any], ...]] = {
    "add": (st.sampled_from(KINDS), positions),
    "delete": (st.sampled_from([1, 2, 4, 8]), st.booleans()),
    "connect": (_which, _which, _which),
    "disconnect": (_which,),
    "set": (_which, _which, settings),
    "key": (_which, _which, _frames, st.floats(0, 1)),
    "remove key": (_which, _which, _frames),
    "rename": (_which, names),
    "move": (_which, positions),
    "disable": (_which,),
    "label": (_which, words),
    "duplicate": (st.sampled_from([1, 2, 3]), st.booleans()),
    "copy": (st.sampled_from([1, 2, 3]), st.booleans()),
    "insert": (_which, _which),
    "extract": (_which,),
    "backdrop": (words, positions),
    "remove backdrop": (st.integers(0, 3),),
    "settings": (st.floats(0.5, 240), st.integers(0, 10), st.integers(5, 500)),
    "marker": (_frames, words),
    "remove marker": (_frames,),
    "group": (_which,),
    "ungroup": (_which,),
    "promote": (_which, _which, _which),
    "expose": (_which, _which),
    "inside": (_which, st.deferred(lambda: edits())),
}


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    """One edit; wires, nodes and parameters come more often than the rest."""
    what = draw(
        st.sampled_from(["connect"] * 16 + ["add"] * 3 + ["set"] * 3 + ["group", "inside"] * 2 + list(_EDITS))
    )
    return Edit(what, tuple(draw(argument) for argument in _ARGUMENTS[what]))


@st.composite
def started(draw: st.DrawFn) -> Graph:
    """A few nodes of any kinds, not wired yet."""
    graph = Graph()
    for kind in draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=8)):
        graph = commands.add_node(graph, REGISTRY, kind)[0]
    return graph


@st.composite
def graphs(draw: st.DrawFn, max_edits: int = 25) -> Graph:
    """A graph that hands could have made."""
    graph = draw(started())
    for edit in draw(st.lists(edits(), min_size=2, max_size=max_edits)):
        graph = edit(graph)
    return graph
