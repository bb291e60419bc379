"""The last saves of a graph, in a hidden folder beside it: `.NAME.graph.backups/`.

They lie beside the file, not among the program's own data, so that they move with the project and
are found without the program.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
from datetime import datetime
from pathlib import Path

from app.document.storage import write_atomically
from nodes.sdk.errors import FileProblem

logger = logging.getLogger(__name__)

KEPT = 10
_STAMP = "%Y-%m-%d_%H-%M-%S"


def backup_folder(path: Path) -> Path:
    """Where the backups of a graph file lie; the folder may not exist."""
    target = Path(os.path.realpath(path))
    return target.with_name(f".{target.name}.backups")


def backups(path: Path) -> list[Path]:
    """The backups of a graph file, newest first."""
    target = Path(os.path.realpath(path))
    pattern = re.compile(
        re.escape(target.stem) + r"\.\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.\d{3}" + re.escape(target.suffix)
    )
    try:
        found = [entry for entry in backup_folder(path).iterdir() if pattern.fullmatch(entry.name)]
    except (OSError, ValueError):
        return []
    return sorted(found, key=lambda entry: entry.name, reverse=True)


def newest_backup(path: Path) -> Path | None:
    """The newest backup of a graph file that is not empty, or None."""
    with contextlib.suppress(OSError):
        return next((entry for entry in backups(path) if entry.stat().st_size), None)
    return None


def keep(path: Path, data: bytes, *, count: int = KEPT) -> Path | None:
    """Put a copy of a graph file's contents among its backups, and remove the oldest above `count`.

    Returns:
        The backup; None when it could not be written, which is logged: a save that succeeded is
        not to fail for the sake of its copy.
    """
    target = Path(os.path.realpath(path))
    folder = backup_folder(path)
    try:
        folder.mkdir(exist_ok=True)
        backup = folder / f"{target.stem}.{_stamp(backups(path))}{target.suffix}"
        write_atomically(backup, data)
        for old in backups(path)[count:]:
            old.unlink(missing_ok=True)
    except (OSError, FileProblem) as error:
        logger.warning("no backup of %s: %s", path, error)
        return None
    return backup


def _stamp(existing: list[Path]) -> str:
    """The time in a form that sorts, and later than that of every existing backup's name."""
    now = datetime.now()
    stamp = f"{now.strftime(_STAMP)}.{now.microsecond // 1000:03d}"
    if existing:
        newest = existing[0].name.removesuffix(existing[0].suffix).rsplit(".", 2)
        last = ".".join(newest[-2:])
        if stamp <= last:
            head, _, number = last.rpartition(".")
            stamp = f"{head}.{min(int(number) + 1, 999):03d}"
    return stamp
