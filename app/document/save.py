"""Saves a graph so that no crash, full disk or second program can cost the work in it."""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from app.document import backups
from app.document.assets import home_of
from app.document.format import write_text
from app.document.graph import Graph
from app.document.storage import write_atomically
from app.document.text import MAX_BYTES, check_bounds
from nodes.sdk.errors import FileProblem
from nodes.sdk.registry import Registry


class ChangedOnDisk(FileProblem):
    """Another program saved the file since this one read or wrote it."""


@dataclass(frozen=True)
class FileMark:
    """Tells whether a file still holds what was read or written, whoever may have touched it."""

    size: int
    digest: bytes


def mark_of(path: Path) -> FileMark | None:
    """The mark of the file as it is now; None when there is none that can be read."""
    with contextlib.suppress(OSError, ValueError):
        if path.is_file():
            size = path.stat().st_size
            with path.open("rb") as stream:
                return FileMark(size, hashlib.blake2b(stream.read(MAX_BYTES)).digest())
    return None


def save(
    graph: Graph, path: Path, registry: Registry, *, expected: FileMark | None = None
) -> FileMark | None:
    """Write a graph file whole or not at all, and keep a copy among its backups.

    Args:
        expected: the mark of the file that is to be overwritten; None overwrites whatever is there.

    Returns:
        The mark of the file as written.

    Raises:
        ChangedOnDisk: when the file there is not the expected one.
        FileProblem: when it cannot be written; what was there is untouched.
    """
    data = write_text(graph, registry, home_of(path))
    try:
        check_bounds(data)
    except FileProblem as error:
        raise error.at(str(path)) from None
    present = mark_of(path)
    if expected is not None and present is not None and present != expected:
        raise ChangedOnDisk(
            "another program has changed it since it was opened",
            hint="Save under another name, or overwrite it",
            where=str(path),
        )
    if present is not None:
        _keep_foreign(path)
    write_atomically(path, data)
    backups.keep(path, data)
    return mark_of(path)


def _keep_foreign(path: Path) -> None:
    """Keep what another program or an older version left there: no backup holds it yet."""
    newest = backups.newest_backup(path)
    with contextlib.suppress(OSError):
        if not 0 < path.stat().st_size <= MAX_BYTES:
            return
        data = Path(os.path.realpath(path)).read_bytes()
        if newest is None or newest.read_bytes() != data:
            backups.keep(path, data)
