"""The `.graph` format: a graph as JSON text that people can read and compare.

    {
      "format": "facewright.graph",
      "version": 2,
      "settings": {"fps": 30, "last": 149, "consent": [{"person": "Ada", "agreed": "to a smile"}]},
      "nodes": {
        "photo": {"kind": "load_image", "at": [0, 0], "parameters": {"path": "me.jpg"}},
        "edit": {
          "kind": "edit_expression", "version": 2, "at": [420, 0], "label": "the blink",
          "parameters": {"eyeBlinkLeft": {"keys": [[0, 0.0], [6, 1.0, "linear"], [12, 0.0]]}}
        }
      },
      "wires": [
        ["photo.out", "edit.image"]
      ],
      "backdrops": {"frame": {"title": "Eyes", "at": [-20, -40], "size": [900, 300]}}
    }

A subgraph is a node that holds a graph; its sockets are inner nodes, and the names of promoted
parameters lead to the inner nodes that hold the values:

        "soften": {
          "kind": "subgraph", "at": [840, 0],
          "graph": {"nodes": {"image": {"kind": "subgraph_input", ...}, ...}, "wires": [...]},
          "promoted": {"radius": "blur.radius"}
        }

Only what differs from the defaults is written. Paths of files are relative to the graph's folder
where they lie near it. Entries that this version does not know are kept and written again.
Reading runs nothing and imports nothing because of what a file says.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from app.document.assets import home_of
from app.document.backups import newest_backup
from app.document.graph import Graph
from app.document.migrations import up_to_date
from app.document.problems import Problem
from app.document.reader import build
from app.document.storage import explained
from app.document.text import MAX_BYTES, TruncatedProblem, layout, parse
from app.document.writer import flatten
from nodes.sdk.errors import FileProblem
from nodes.sdk.registry import Registry

#: Each node, wire and backdrop starts a line of its own.
_BROKEN = frozenset({(), ("nodes",), ("wires",), ("backdrops",)})


@dataclass(frozen=True, eq=False)
class Loaded:
    """What a file holds.

    Attributes:
        graph: all that could be understood, the unknown kept aside in it.
        problems: what is unknown ("warning") or wrong and left out ("error").
    """

    graph: Graph
    problems: tuple[Problem, ...] = ()


def write_text(graph: Graph, registry: Registry, folder: Path | None = None) -> bytes:
    """The graph as a file in `folder` holds it; with None all paths stay as they are."""
    return layout(flatten(graph, registry, folder), broken=_BROKEN)


def read_text(data: bytes, registry: Registry, folder: Path | None = None) -> Loaded:
    """The graph that a file in `folder` holds.

    Raises:
        FileProblem: when it is not a graph that this version can read.
    """
    plain = parse(data)
    if not isinstance(plain, dict):
        raise FileProblem("it is not a graph: it must be an object in braces")
    graph, problems = build(up_to_date(plain), registry, folder)
    return Loaded(graph, tuple(problems))


def read_bytes(path: Path) -> bytes:
    """The bytes of a graph file, at most one more than are allowed.

    Raises:
        FileProblem: when there is no such file or it cannot be read.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            what = "it is a folder" if path.is_dir() else "it is not an ordinary file"
            raise FileProblem(what, where=str(path))
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise explained(error, path, "read") from error


def load(path: Path, registry: Registry, *, beside: Path | None = None) -> Loaded:
    """Read a graph file; what is wrong with parts of it is reported, not raised.

    Args:
        beside: the file whose folder paths are relative to, when it is not this one (a backup).

    Raises:
        FileProblem: one line with the file and the place when it cannot be read at all.
    """
    try:
        return read_text(read_bytes(path), registry, home_of(beside or path))
    except TruncatedProblem as error:
        backup = newest_backup(path)
        error.hint = f"Its newest backup is {backup}" if backup else "There is no backup of it"
        raise error.at(str(path)) from None
    except FileProblem as error:
        raise error.at(str(path)) from None


def load_strict(path: Path, registry: Registry) -> Graph:
    """Read a graph file to render it: anything that is wrong in it is raised.

    Raises:
        FileProblem: one line with the file and the place.
    """
    loaded = load(path, registry)
    for problem in loaded.problems:
        if problem.severity == "error":
            raise FileProblem(
                f"{problem.place}: {problem.what}" if problem.place else problem.what,
                hint=problem.hint,
                where=str(path),
            )
    return loaded.graph
