"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from app.document.assets import is_builtin
from app.document.commands.parameters import parameter_spec, set_parameter
from app.document.format import load_strict
from app.document.graph import Graph, GraphError
from app.document.reader import MAX_FRAME
from app.document.subgraph import inner_at, with_inner_at
from nodes.sdk.errors import FacewrightError, FileProblem, NodeError
from nodes.sdk.registry import Registry

_ASSIGNMENT = re.compile(r"(?P<node>[^=]+)\.(?P<parameter>[^.=]+)=(?P<value>.*)", re.DOTALL)
_FRAMES = re.compile(r"(-?\d+)(?:-(-?\d+))?")


class UsageError(FacewrightError):
    """The command line cannot be understood."""


def add_graph_file(parser: argparse.ArgumentParser) -> None:
    """The graph file, the first argument of most commands."""
    parser.add_argument("file", metavar="FILE.graph", type=Path, help="the graph")


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """--set and --device."""
    parser.add_argument(
        "--set",
        dest="assignments",
        metavar="NODE.PARAM=VALUE",
        action="append",
        default=[],
        help="use another value for a parameter; may be given several times",
    )
    parser.add_argument(
        "--device",
        choices=["auto", "cpu", "cuda"],
        default="auto",
        help="where to compute; auto takes the graphics card when there is one",
    )


def read_graph(args: argparse.Namespace, registry: Registry) -> Graph:
    """The graph file with the values of --set in it.

    Raises:
        FileProblem: when the file cannot be read or something in it is wrong.
        UsageError: when an assignment cannot be understood.
        GraphError: when it names no parameter, or a value that the parameter cannot have.
    """
    return with_assignments(load_strict(args.file, registry), registry, args.assignments)


def with_assignments(graph: Graph, registry: Registry, assignments: Iterable[str]) -> Graph:
    """The graph with NODE.PARAM=VALUE applied; paths are relative to the working folder.

    A node inside of a subgraph is written SUBGRAPH.NODE.
    """
    for text in assignments:
        found = _ASSIGNMENT.fullmatch(text)
        if found is None:
            raise UsageError(f"'{text}' cannot be set", hint="Write --set NODE.PARAM=VALUE")
        *path, node = found["node"].split(".")
        name, value = found["parameter"], found["value"]
        try:
            level = inner_at(graph, tuple(path))
            spec = parameter_spec(level, registry, node, name)
            parsed = spec.parse(value)
        except NodeError as error:
            raise GraphError(error.what, hint=error.hint, where=f"--set {text}") from None
        except GraphError as error:
            raise error.at(f"--set {text}") from None
        if isinstance(parsed, int | float) and spec.kind != "bool" and parsed != float(value):
            sys.stderr.write(
                f"facewright: note: --set {text}: out of its range; {parsed:g} is used."
                f" {spec.expectation()}\n"
            )
        if spec.kind == "file" and parsed and not is_builtin(str(parsed)):
            parsed = str(Path(str(parsed)).absolute())
        level = set_parameter(level, registry, node, name, parsed)
        graph = with_inner_at(graph, tuple(path), level)
    return graph


def frame_range(text: str) -> tuple[int, int]:
    """ "12" or "0-49" as first and last frame.

    Raises:
        UsageError: when it is neither, the last lies before the first, or one is out of reach.
    """
    found = _FRAMES.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"'{text}' is no range of frames", hint="Write --frames A-B, such as 0-49")
    first = int(found[1])
    last = first if found[2] is None else int(found[2])
    if last < first:
        raise UsageError(f"frames {text} end before they begin", hint="Write the first frame first")
    if max(abs(first), abs(last)) > MAX_FRAME:
        raise UsageError(f"frames {text} are out of reach", hint=f"The last that can be is {MAX_FRAME:,}")
    return first, last


def require_node(graph: Graph, name: str, file: Path) -> None:
    """Raise FileProblem unless the graph has a node of that name."""
    if name not in graph.nodes:
        names = ", ".join(list(graph.nodes)[:12]) + (", ..." if len(graph.nodes) > 12 else "")
        raise FileProblem(f"it has no node '{name}'", hint=f"It has {names or 'none'}", where=str(file))


def with_rate(graph: Graph, fps: float | None) -> Graph:
    """The graph at another rate."""
    return graph if fps is None else replace(graph, settings=replace(graph.settings, fps=fps))


def one_frame(text: str) -> int:
    """A frame on the command line."""
    try:
        frame = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no frame; it takes a whole number") from None
    if abs(frame) > MAX_FRAME:
        raise argparse.ArgumentTypeError(f"frame {text} is out of reach; the last is {MAX_FRAME:,}")
    return frame


def positive_rate(text: str) -> float:
    """A frame rate on the command line."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1000:
        raise argparse.ArgumentTypeError(
            f"'{text}' is no frame rate; it takes a number above 0, at most 1000"
        )
    return rate
