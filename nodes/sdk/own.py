"""The user's own nodes: loose files in a folder, which run only after the user said so."""

from __future__ import annotations

import json
from pathlib import Path

from nodes.sdk.errors import FileProblem
from nodes.sdk.models import data_folder
from nodes.sdk.whole import written_whole

_LARGEST_FILE = 1 << 16


def folder() -> Path:
    """Where the files lie; it need not exist."""
    return data_folder() / "nodes"


def are_on() -> bool:
    """Whether the user has turned the folder on. A choice that cannot be read is a no."""
    try:
        if _path().stat().st_size > _LARGEST_FILE:
            return False
        stored = json.loads(_path().read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stored, dict) and stored.get("on") is True


def turn(on: bool) -> None:
    """Store the choice; it holds for programs started from now on, and makes the folder.

    Raises:
        FileProblem: when the data folder cannot be written.
    """
    path = _path()
    try:
        if on:
            folder().mkdir(parents=True, exist_ok=True)
        with written_whole(path) as stream:
            stream.write(json.dumps({"on": on}).encode())
    except OSError as error:
        raise FileProblem(
            f"the choice cannot be saved ({error.strerror})",
            hint="Make room, or give yourself the right to write there",
            where=str(path),
        ) from error


def _path() -> Path:
    return data_folder() / "own_nodes.json"
