"""From the plain data of a `.graph` file to a graph.

What cannot be understood at all raises FileProblem. What this version, or this set of nodes, does
not know is kept as it is and written again; what is known to be wrong is left out of the graph and
reported as a Problem.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from app.document.consent import read_consent
from app.document.graph import (
    INLET,
    NAME_PATTERN,
    OUTLET,
    SUBGRAPH,
    Backdrop,
    Graph,
    NodeInstance,
    Owner,
    ParameterSetting,
    Port,
    Settings,
)
from app.document.problems import Problem
from app.document.settings import located, read_setting
from app.document.subgraph import END_TYPE, MAX_DEPTH, MAX_NODES
from app.document.text import shown
from app.document.variants import read_variants
from app.document.wiring import loop_closers, wire_problem
from nodes.sdk.errors import FileProblem
from nodes.sdk.node import NodeSpec
from nodes.sdk.registry import Registry

logger = logging.getLogger(__name__)

MAX_WIRES = 100_000
MAX_FRAME = 10_000_000
MAX_RATE = 1000

_TOP = frozenset({"format", "version", "settings", "nodes", "wires", "backdrops"})
_INNER = frozenset({"nodes", "wires", "backdrops"})
_NODE = frozenset({"kind", "version", "at", "parameters", "label", "colour", "disabled"})
_BACKDROP = frozenset({"title", "at", "size", "colour"})
_SETTINGS = frozenset(entry.name for entry in fields(Settings)) - {"extra"}


def build(data: dict[str, Any], registry: Registry, folder: Path | None) -> tuple[Graph, list[Problem]]:
    """The graph that up-to-date data describes, and what is wrong with it.

    Raises:
        FileProblem: when an entry is of another shape than the format says.
    """
    reading = _Reading(registry, folder)
    graph = _level(data, reading, _TOP)
    graph = replace(graph, settings=_settings(data.get("settings", {})))
    if "variants" in data.get("settings", {}):
        try:
            graph = read_variants(graph, data["settings"]["variants"], registry, folder)
        except ValueError as error:
            raise FileProblem(f"settings, 'variants': {error}") from None
    return graph, reading.problems


@dataclass
class _Reading:
    """What all levels of a file share.

    Attributes:
        path: the subgraphs that are being read, each with a dot behind it.
        depth: how many they are.
        nodes, wires: how many were read so far.
    """

    registry: Registry
    folder: Path | None
    problems: list[Problem] = field(default_factory=list)
    path: str = ""
    depth: int = 0
    nodes: int = 0
    wires: int = 0

    def place(self, what: str, name: str) -> str:
        return f"{what} {shown(self.path + name)}"


def _level(data: dict[str, Any], reading: _Reading, known: frozenset[str]) -> Graph:
    """The nodes, wires and backdrops of a graph, or of the inside of a subgraph."""
    entries = _object(data.get("nodes", {}), f"{reading.path}nodes")
    reading.nodes += len(entries)
    if reading.nodes > MAX_NODES:
        raise FileProblem(
            f"it holds {reading.nodes:,} nodes, more than the {MAX_NODES:,} that a graph may have"
        )
    nodes = {name: _node(name, entry, reading) for name, entry in entries.items()}
    wires = _wires(data.get("wires", []), nodes, reading)
    backdrops = {
        name: _backdrop(name, entry)
        for name, entry in _object(data.get("backdrops", {}), f"{reading.path}backdrops").items()
    }
    extra = {name: entry for name, entry in data.items() if name not in known}
    return Graph(nodes, wires, backdrops, extra=extra)


# -- nodes ----------------------------------------------------------------------------------------


def _node(name: str, data: Any, reading: _Reading) -> NodeInstance:
    place, full = reading.place("node", name), reading.path + name
    problems = reading.problems
    if not NAME_PATTERN.fullmatch(name):
        raise FileProblem(
            f"{shown(name)} cannot be a node's name",
            hint="Use letters, digits and underscores, not starting with a digit",
        )
    entry = _object(data, place)
    kind = _text(entry.get("kind"), f"{place}, 'kind'")
    version = _version(entry.get("version", 1), place)
    stored = _object(entry.get("parameters", {}), f"{place}, 'parameters'")
    extra = {key: item for key, item in entry.items() if key not in _NODE}
    spec = reading.registry.get(kind)
    known: dict[str, ParameterSetting] = {}
    unread = stored
    inner: Graph | None = None
    promoted: dict[str, Owner] = {}
    if kind == SUBGRAPH and isinstance(entry.get("graph"), dict):
        inner = _inner(name, extra.pop("graph"), reading)
        promoted = _promoted(extra.pop("promoted", {}), inner, place)
    elif kind in (INLET, OUTLET):
        carried = _text(stored.get(END_TYPE, ""), f"{place}, '{END_TYPE}'")
        known, unread = {END_TYPE: carried}, {key: each for key, each in stored.items() if key != END_TYPE}
    elif spec is None:
        problems.append(
            Problem(
                f"there is no kind of node {shown(kind)} here",
                "It is kept as a placeholder; install the nodes it comes from",
                place,
                full,
                "warning",
            )
        )
    else:
        migrated = _migrated(spec, version, stored, place, full, problems)
        if migrated is not None:
            version = max(version, spec.version)
            known, unread = _parameters(spec, migrated, reading.folder, place, full, problems)
    if unread:
        extra["parameters"] = unread
    x, y = _pair(entry.get("at", [0, 0]), f"{place}, 'at'")
    return NodeInstance(
        kind,
        version,
        known,
        x,
        y,
        _text(entry.get("label", ""), f"{place}, 'label'"),
        _text(entry.get("colour", ""), f"{place}, 'colour'"),
        _flag(entry.get("disabled", False), f"{place}, 'disabled'"),
        extra,
        inner,
        promoted,
    )


def _inner(name: str, data: dict[str, Any], reading: _Reading) -> Graph:
    """The inside of a subgraph."""
    if reading.depth == MAX_DEPTH:
        raise FileProblem(f"its subgraphs are nested more than {MAX_DEPTH} deep")
    before = reading.path
    reading.path, reading.depth = f"{before}{name}.", reading.depth + 1
    graph = _level(data, reading, _INNER)
    reading.path, reading.depth = before, reading.depth - 1
    return graph


def _promoted(data: Any, inner: Graph, place: str) -> dict[str, Owner]:
    """Names of parameters outside, written {"name": "node.parameter"}; those of no node are left out."""
    owners: dict[str, Owner] = {}
    for alias, address in _object(data, f"{place}, 'promoted'").items():
        node, _, parameter = _text(address, f"{place}, 'promoted'").rpartition(".")
        owner = Owner(node, parameter)
        if node in inner.nodes and parameter and owner not in owners.values():
            owners[alias] = owner
    return owners


def _migrated(
    spec: NodeSpec,
    version: int,
    stored: dict[str, Any],
    place: str,
    name: str,
    problems: list[Problem],
) -> dict[str, Any] | None:
    """Parameters written for an older version of a node, as today's version wants them.

    None when that fails. Migrations see plain data: a curve is {"keys": [[frame, value], ...]}.
    """
    if version > spec.version:
        problems.append(
            Problem(
                f"it was saved with version {version} of '{spec.id}'; version {spec.version} is here",
                "Update the nodes it comes from, or check its settings",
                place,
                name,
                "warning",
            )
        )
    if version >= spec.version or spec.migrate is None:
        return stored
    try:
        migrated = spec.migrate(version, dict(stored))
        if not isinstance(migrated, dict):
            raise TypeError("the migration returned no parameters")
    except Exception:  # a node's own code may raise anything
        logger.warning("%s: migration from version %d failed", place, version, exc_info=True)
        problems.append(
            Problem(
                f"its settings of version {version} could not be brought up to version {spec.version}",
                "They are kept; set them anew",
                place,
                name,
                "warning",
            )
        )
        return None
    return migrated


def _parameters(
    spec: NodeSpec,
    stored: dict[str, Any],
    folder: Path | None,
    place: str,
    name: str,
    problems: list[Problem],
) -> tuple[dict[str, ParameterSetting], dict[str, Any]]:
    """The settings that are understood, and the rest as it stands in the file."""
    known: dict[str, ParameterSetting] = {}
    unread: dict[str, Any] = {}
    for key, item in stored.items():
        parameter = spec.parameter(key)
        if parameter is None:
            unread[key] = item
            problems.append(
                Problem(f"'{spec.id}' has no parameter {shown(key)}", "It is kept", place, name, "warning")
            )
            continue
        try:
            known[key] = located(read_setting(item, parameter), parameter, folder)
        except (ValueError, OverflowError) as error:
            unread[key] = item
            hint = str(error) if isinstance(error, ValueError) else parameter.expectation()
            hint = hint[:1].upper() + hint[1:]
            problems.append(Problem(f"parameter '{key}' cannot be {shown(item)}", hint, place, name))
    return known, unread


# -- wires ----------------------------------------------------------------------------------------


def _wires(
    data: Any, nodes: dict[str, NodeInstance], reading: _Reading
) -> dict[str, dict[str, tuple[Port, ...]]]:
    problems, path = reading.problems, reading.path
    if not isinstance(data, list):
        raise FileProblem("'wires' must be a list")
    reading.wires += len(data)
    if reading.wires > MAX_WIRES:
        raise FileProblem(
            f"it holds {reading.wires:,} wires, more than the {MAX_WIRES:,} that a graph may have"
        )
    # Dictionaries for their order and their quick look-up: port -> nothing.
    wires: dict[str, dict[str, dict[Port, None]]] = {}
    for number, entry in enumerate(data, 1):
        source, target = _wire(entry, number)
        ports = wires.get(target.node, {}).get(target.output, {})
        problem = wire_problem(nodes, reading.registry, source, target.node, target.output, taken=bool(ports))
        if source in ports:
            problem = "the wire is there twice", ""
        if problem is not None:
            what, hint = problem
            place = f"wire {path}{source.node}.{source.output} -> {path}{target.node}.{target.output}"
            problems.append(Problem(what, hint or "The wire was left out", place, path + target.node))
            continue
        wires.setdefault(target.node, {}).setdefault(target.output, {})[source] = None
    for source, target_node, input_name in loop_closers(wires):
        del wires[target_node][input_name][source]
        problems.append(
            Problem(
                f"the wires form a cycle through '{path}{target_node}'",
                "A node cannot depend on its own result; the wire was left out",
                f"wire {path}{source.node}.{source.output} -> {path}{target_node}.{input_name}",
                path + target_node,
            )
        )
    return {
        node: full
        for node, inputs in wires.items()
        if (full := {name: tuple(ports) for name, ports in inputs.items() if ports})
    }


def _wire(entry: Any, number: int) -> tuple[Port, Port]:
    """Source and target of a wire; the target's input stands where a port has its output."""
    if not isinstance(entry, list) or len(entry) != 2 or not all(isinstance(end, str) for end in entry):
        raise FileProblem(f'wire {number} must be written ["node.output", "node.input"]')
    ends = [Port(*end.partition(".")[::2]) for end in entry]
    if not all(end.node and end.output for end in ends):
        raise FileProblem(f'wire {number} must be written ["node.output", "node.input"]')
    return ends[0], ends[1]


# -- the rest -------------------------------------------------------------------------------------


def _backdrop(name: str, data: Any) -> Backdrop:
    place = f"backdrop {shown(name)}"
    entry = _object(data, place)
    x, y = _pair(entry.get("at"), f"{place}, 'at'")
    width, height = _pair(entry.get("size"), f"{place}, 'size'")
    extra = {key: item for key, item in entry.items() if key not in _BACKDROP}
    colour = _text(entry.get("colour", Backdrop.colour), f"{place}, 'colour'")
    return Backdrop(_text(entry.get("title", ""), f"{place}, 'title'"), x, y, width, height, colour, extra)


def _settings(data: Any) -> Settings:
    entry = _object(data, "settings")
    default = Settings()
    fps = entry.get("fps", default.fps)
    if not _is_number(fps) or not 0 < fps <= MAX_RATE:
        raise FileProblem(f"settings, 'fps': it must be a number above 0, at most {MAX_RATE}")
    first = _frame(entry.get("first", default.first), "settings, 'first'")
    last = _frame(entry.get("last", max(default.last, first)), "settings, 'last'")
    if last < first:
        raise FileProblem("settings: 'last' lies before 'first'")
    markers = entry.get("markers", [])
    if not isinstance(markers, list) or not all(isinstance(m, list) and len(m) == 2 for m in markers):
        raise FileProblem("settings, 'markers': they are written [[frame, \"words\"], ...]")
    read = tuple(
        (_frame(frame, "settings, 'markers'"), _text(words, "settings, 'markers'"))
        for frame, words in markers
    )
    try:
        consent = read_consent(entry.get("consent", []))
    except ValueError as error:
        raise FileProblem(f"settings, 'consent': {error}") from None
    extra = {key: item for key, item in entry.items() if key not in _SETTINGS}
    return Settings(float(fps), first, last, consent, read, extra=extra)


def _object(data: Any, place: str) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise FileProblem(f"{place}: it must be an object in braces")
    return data


def _text(data: Any, place: str) -> str:
    if not isinstance(data, str):
        raise FileProblem(f"{place}: it must be text")
    return data


def _flag(data: Any, place: str) -> bool:
    if not isinstance(data, bool):
        raise FileProblem(f"{place}: it must be true or false")
    return data


def _is_number(data: Any) -> bool:
    return isinstance(data, int | float) and not isinstance(data, bool)


def _pair(data: Any, place: str) -> tuple[float, float]:
    if not isinstance(data, list) or len(data) != 2 or not all(map(_is_number, data)):
        raise FileProblem(f"{place}: it must be two numbers")
    return float(data[0]), float(data[1])


def _frame(data: Any, place: str) -> int:
    if not _is_number(data) or not math.isfinite(data) or int(data) != data or abs(data) > MAX_FRAME:
        raise FileProblem(f"{place}: it must be a whole number of frames, at most {MAX_FRAME:,}")
    return int(data)


def _version(data: Any, place: str) -> int:
    if isinstance(data, bool) or not isinstance(data, int) or not 1 <= data <= 1_000_000:
        raise FileProblem(f"{place}, 'version': it must be a whole number from 1")
    return data
