"""The render queue on disk, so that it outlives the program.

Every running program keeps one file of its own in the data folder, with whole graphs in it, since
the graph of a render is the one it was ordered with. A file whose program is gone tells what was
left undone; finished parts of those exports lie beside their targets.
"""

from __future__ import annotations

import logging
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.document.graph import Graph
from app.document.migrations import up_to_date
from app.document.reader import build
from app.document.storage import explained, write_atomically
from app.document.text import layout, parse
from app.document.writer import flatten
from nodes.sdk.errors import FacewrightError, FileProblem
from nodes.sdk.models import data_folder
from nodes.sdk.registry import Registry

logger = logging.getLogger(__name__)

FORMAT = "facewright.renders"
#: A queue longer than this is no queue that a person made.
MOST_RENDERS = 1000


@dataclass(frozen=True)
class Render:
    """One wish to render that is not fulfilled yet.

    Attributes:
        path: absolute.
        first, last: frames, both included.
        embed: whether the file takes the graph with it.
        credentials: whether files with edited people carry content credentials.
    """

    graph: Graph = field(repr=False)
    node: str
    path: Path
    first: int
    last: int
    embed: bool = True
    credentials: bool = True


class RenderStore:
    """The file of one running program. Nothing is written before there is something to keep."""

    def __init__(self, registry: Registry, folder: Path | None = None) -> None:
        self._registry = registry
        folder = folder or renders_folder()
        self.file = folder / f"queue-{os.getpid()}-{secrets.token_hex(4)}.json"

    def save(self, renders: list[Render]) -> None:
        """Replace what is kept; an empty list removes the file.

        Raises:
            FileProblem: when it cannot be written.
        """
        try:
            if not renders:
                self.file.unlink(missing_ok=True)
                return
            self.file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explained(error, self.file, "write") from error
        data = {"format": FORMAT, "renders": [self._flat(render) for render in renders]}
        write_atomically(self.file, layout(data, broken=frozenset({(), ("renders",)})))

    def _flat(self, render: Render) -> dict[str, Any]:
        return {
            "node": render.node,
            "path": str(render.path),
            "first": render.first,
            "last": render.last,
            "embed": render.embed,
            "credentials": render.credentials,
            "graph": flatten(render.graph, self._registry, None),
        }


@dataclass(frozen=True)
class LeftOver:
    """What a program that is gone left undone."""

    file: Path
    renders: tuple[Render, ...]

    def discard(self) -> None:
        """Forget it."""
        try:
            self.file.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s cannot be removed: %s", self.file, error)


def renders_folder() -> Path:
    """Where queues lie."""
    return data_folder() / "renders"


def find_renders(registry: Registry, folder: Path | None = None) -> list[LeftOver]:
    """The queues of programs that no longer run, oldest first; those that cannot be read are left out."""
    folder = folder or renders_folder()
    found = []
    for file in sorted(folder.glob("queue-*.json"), key=_modified):
        if _is_running(file):
            continue
        try:
            renders = _read(file, registry)
        except FacewrightError as error:
            logger.warning("%s is no render queue: %s", file, error)
            continue
        if renders:
            found.append(LeftOver(file, renders))
    return found


def _read(file: Path, registry: Registry) -> tuple[Render, ...]:
    try:
        data = parse(file.read_bytes())
    except OSError as error:
        raise explained(error, file, "read") from error
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise FileProblem("it is of another format")
    entries = data.get("renders")
    if not isinstance(entries, list) or len(entries) > MOST_RENDERS:
        raise FileProblem("its list of renders cannot be used")
    return tuple(_render(entry, registry) for entry in entries)


def _render(entry: Any, registry: Registry) -> Render:
    if not isinstance(entry, dict) or not isinstance(entry.get("graph"), dict):
        raise FileProblem("a render in it holds no graph")
    node, path = entry.get("node"), entry.get("path")
    first, last = entry.get("first"), entry.get("last")
    if not (isinstance(node, str) and isinstance(path, str) and Path(path).is_absolute()):
        raise FileProblem("a render in it names no node or no file")
    if not (type(first) is int and type(last) is int and 0 <= first <= last):
        raise FileProblem("a render in it names no frames")
    graph, _ = build(up_to_date(entry["graph"]), registry, None)
    embed, credentials = (entry.get(name) is not False for name in ("embed", "credentials"))
    return Render(graph, node, Path(path), first, last, embed, credentials)


def _modified(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0


def _is_running(file: Path) -> bool:
    """Whether the program that a queue belongs to is there; where nobody can say, it is not."""
    parts = file.stem.split("-")
    if len(parts) < 3 or not parts[1].isdigit() or os.name == "nt":
        return False
    if int(parts[1]) == os.getpid():
        return True
    try:
        os.kill(int(parts[1]), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
