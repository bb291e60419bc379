"""Documents: opening, saving, editing and comparing large graphs, and how quickly a command starts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from app.document import commands
from app.document.check import check
from app.document.diff import diff
from app.document.document import Document
from app.document.format import load, read_text, write_text
from app.document.graph import Graph, Port
from app.document.save import save
from nodes.sdk.errors import FileProblem
from nodes.sdk.registry import Registry, default_registry
from tests.bench.table import Row

NODES = 600
WIRES = 900


def rows() -> list[Row]:
    """What an artist waits for when a graph of 600 nodes and 900 wires is open."""
    registry = default_registry()
    graph = large_graph(registry)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.graph"
        save(graph, path, registry)
        found = [
            _opening(path, registry),
            _saving(graph, path, registry),
            *_editing(graph, registry),
            _refusing(graph, registry),
            _checking(graph, registry),
            _memory(graph),
        ]
    return [*found, *_bomb(registry), _starting()]


def large_graph(registry: Registry) -> Graph:
    """NODES nodes in rows, WIRES wires between them."""
    graph = Graph()
    for number in range(NODES):
        kind = "checker_image" if number % 20 == 0 else "blend_images" if number % 2 else "grade_image"
        at = (number % 20 * 180.0, number // 20 * 120.0)
        graph, _ = commands.add_node(graph, registry, kind, at, f"n{number}")
    wires = 0
    for number, (name, instance) in enumerate(graph.nodes.items()):
        spec = registry.get(instance.kind)
        images = [socket for socket in spec.inputs if socket.type_name == "Image"] if spec else []
        for back, socket in enumerate(images, 1):
            if wires < WIRES and number >= back:
                graph = graph.with_link(Port(f"n{number - back}", "out"), name, socket.name)
                wires += 1
    return graph


def best(function: Callable[[], object], times: int = 7) -> float:
    """The shortest of several runs, in milliseconds."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        function()
        took.append(time.perf_counter() - started)
    return min(took) * 1000


def _opening(path: Path, registry: Registry) -> Row:
    plain = best(lambda: json.loads(path.read_bytes()))
    return Row(
        f"open a graph of {NODES} nodes",
        best(lambda: load(path, registry)),
        "ms",
        30.0,
        "lower",
        f"json.loads of the same file {plain:.1f} ms",
        "the editor as a whole may take 300 ms",
    )


def _saving(graph: Graph, path: Path, registry: Registry) -> Row:
    data = write_text(graph, registry)
    target = path.with_name("plain")

    def plainly() -> None:
        target.write_bytes(data)

    return Row(
        f"save a graph of {NODES} nodes",
        best(lambda: save(graph, path, registry)),
        "ms",
        100.0,
        "lower",
        f"write_bytes without care {best(plainly):.1f} ms",
        "atomic, synced, with its backup",
    )


def _editing(graph: Graph, registry: Registry) -> list[Row]:
    document = Document(registry, graph)
    steps = iter(range(1_000_000))
    document.subscribe(lambda before, after, label: diff(before, after))

    def drag() -> None:
        x = float(next(steps))
        document.edit("Move", lambda now: commands.move_nodes(now, {"n7": (x, 0.0)}), merge="drag")

    def turn() -> None:
        value = next(steps) % 100 / 50
        document.edit(
            "Set", lambda now: commands.set_parameter(now, registry, "n2", "exposure", value), merge="slider"
        )

    return [
        Row("a drag step: edit and difference", best(drag, 50), "ms", 1.0, "lower", "", "of 4 ms for all"),
        Row("a slider step: edit and difference", best(turn, 50), "ms", 1.0, "lower"),
    ]


def _refusing(graph: Graph, registry: Registry) -> Row:
    def every_socket() -> None:
        refused = commands.refusals_from(graph, registry, Port("n300", "out"))
        for name, instance in graph.nodes.items():
            spec = registry.get(instance.kind)
            for socket in spec.inputs if spec else ():
                refused(name, socket.name)

    return Row(
        "which sockets take a wire, of all", best(every_socket), "ms", 16.0, "lower", "one screen frame"
    )


def _checking(graph: Graph, registry: Registry) -> Row:
    return Row(f"check a graph of {NODES} nodes", best(lambda: check(graph, registry)), "ms", 100.0, "lower")


def _memory(graph: Graph) -> Row:
    """What a thousand steps of undo hold."""
    document = Document(Registry(), graph)
    tracemalloc.start()
    for number in range(1000):
        x = float(number)
        document.edit("Move", lambda now, x=x: now.with_positions({"n7": (x, 0.0)}))  # type: ignore[misc]
    held = tracemalloc.get_traced_memory()[0] / 1e6
    tracemalloc.stop()
    return Row("1,000 steps of undo", held, "MB", 100.0, "lower", f"of a graph of {NODES} nodes")


def _bomb(registry: Registry) -> list[Row]:
    nodes = ",".join(f'"n{number}":{{"kind":"view"}}' for number in range(1_000_000))
    data = f'{{"format":"facewright.graph","version":1,"nodes":{{{nodes}}}}}'.encode()

    def refuse() -> None:
        try:
            read_text(data, registry)
        except FileProblem:
            return
        raise AssertionError("a million nodes were accepted")

    plain = best(lambda: json.loads(data), 1)
    tracemalloc.start()
    refuse()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return [
        Row("refuse a million nodes", best(refuse), "ms", 500.0, "lower", f"json.loads alone {plain:.0f} ms"),
        Row(
            "memory to refuse a million nodes",
            peak,
            "MB",
            10.0,
            "lower",
            f"the file has {len(data) / 1e6:.0f} MB",
        ),
    ]


def _starting() -> Row:
    def ask() -> None:
        subprocess.run([sys.executable, "-m", "app", "nodes"], check=True, stdout=subprocess.DEVNULL)

    bare = best(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True), 3)
    return Row(
        "facewright nodes, from start to end",
        best(ask, 3),
        "ms",
        1000.0,
        "lower",
        f"import numpy {bare:.0f} ms",
    )
