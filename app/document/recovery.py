"""Recovery files: unsaved work, written beside the graph file and never over it.

`NAME.graph.recovery` lies beside a file that has a name; work without one goes to the program's
data folder, and so does that of files in folders that cannot be written to. A recovery file is
removed when its document is saved or closed, so one that is found tells of a program that ended
in the middle.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from app.document.assets import home_of
from app.document.format import Loaded, load, write_text
from app.document.graph import Graph
from app.document.storage import explained, write_atomically
from nodes.sdk.errors import FileProblem
from nodes.sdk.models import data_folder
from nodes.sdk.registry import Registry

SUFFIX = ".recovery"
_UNTITLED = "untitled"


@dataclass(frozen=True)
class Recovery:
    """Unsaved work that was found.

    Attributes:
        file: the recovery file.
        path: the graph file it belongs to; None for work that never had one.
        modified: when it was written, in seconds since 1970.
    """

    file: Path
    path: Path | None
    modified: float

    def load(self, registry: Registry) -> Loaded:
        """Read it. Raises FileProblem when it cannot be read."""
        return load(self.file, registry, beside=self.path)

    def discard(self) -> None:
        """Remove it."""
        _remove(self.file)


class RecoveryFile:
    """The recovery file of one open document."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._own_name = f"{_UNTITLED}-{os.getpid()}-{secrets.token_hex(4)}.graph{SUFFIX}"
        self._written: Path | None = None

    def adopt(self, file: Path) -> None:
        """Take over a recovery file of an earlier run."""
        self._written = file

    def write(self, graph: Graph, registry: Registry) -> Path:
        """Write unsaved work.

        Raises:
            FileProblem: when it can be written neither beside the file nor to the data folder.
        """
        folder = home_of(self.path) if self.path else None
        data = write_text(graph, registry, folder)
        places = [] if self.path is None else [_beside(self.path), _aside(self.path)]
        problem: FileProblem | None = None
        for place in places or [recovery_folder() / self._own_name]:
            try:
                if place.parent == recovery_folder():
                    _make(place.parent)
                write_atomically(place, data)
            except FileProblem as error:
                problem = error
                continue
            if self._written not in (None, place):
                self.remove()
            self._written = place
            return place
        assert problem is not None
        raise problem

    def remove(self) -> None:
        """Remove what was written, and what an earlier run left beside the same file."""
        for place in {self._written, *([_beside(self.path), _aside(self.path)] if self.path else [])}:
            if place is not None:
                _remove(place)
        self._written = None


def recovery_folder() -> Path:
    """Where unsaved work without a graph file of its own lies."""
    return data_folder() / "recovery"


def find_recovery(path: Path) -> Recovery | None:
    """Unsaved work of a graph file that is newer than the file; None when there is none."""
    try:
        saved = path.stat().st_mtime_ns
    except (OSError, ValueError):
        saved = 0
    found = [recovery for place in (_beside(path), _aside(path)) if (recovery := _found(place, path))]
    newest = max(found, key=lambda recovery: recovery.modified, default=None)
    return newest if newest is not None and newest.file.stat().st_mtime_ns >= saved else None


def find_untitled() -> list[Recovery]:
    """Unsaved work that never had a file, of programs that no longer run; newest first."""
    try:
        files = list(recovery_folder().glob(f"{_UNTITLED}-*{SUFFIX}"))
    except OSError:
        return []
    found = [
        recovery for file in files if not _is_running(_process_of(file)) and (recovery := _found(file, None))
    ]
    return sorted(found, key=lambda recovery: recovery.modified, reverse=True)


def _found(file: Path, path: Path | None) -> Recovery | None:
    with contextlib.suppress(OSError, ValueError):
        status = file.stat()
        if file.is_file() and status.st_size:
            return Recovery(file, path, status.st_mtime)
    return None


def _beside(path: Path) -> Path:
    target = Path(os.path.realpath(path))
    return target.with_name(target.name + SUFFIX)


def _aside(path: Path) -> Path:
    target = Path(os.path.realpath(path))
    digest = hashlib.sha256(os.fsencode(target)).hexdigest()[:16]
    return recovery_folder() / f"{target.stem}-{digest}.graph{SUFFIX}"


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explained(error, folder, "write") from error


def _remove(file: Path) -> None:
    with contextlib.suppress(OSError, ValueError):
        file.unlink(missing_ok=True)


def _process_of(file: Path) -> int:
    parts = file.name.split("-")
    return int(parts[1]) if len(parts) > 2 and parts[1].isdigit() else 0


def _is_running(process: int) -> bool:
    """Whether a process is there. Windows offers no harmless question: there none counts as running."""
    if process <= 0 or os.name == "nt":
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
