"""Paths of assets: relative to the `.graph` file inside it, absolute inside the program."""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath

#: "demo:astronaut", "rtsp://camera": names of things that are no files beside the graph. One
#: letter before the colon is a drive.
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:")

#: How many folders above the graph's own a file may lie and still be stored relative to it.
_STEPS_UP = 3


def is_builtin(path: str) -> bool:
    """Whether a path names something else than a file, such as "demo:astronaut"."""
    return bool(_SCHEME.match(path))


def _stays(path: str) -> bool:
    """Whether a path means the same wherever the graph lies: "~" is the user's own folder."""
    return not path or is_builtin(path) or path.startswith("~")


def home_of(graph_file: Path) -> Path:
    """The folder that a graph file's paths are relative to: where the file really lies."""
    return Path(os.path.realpath(graph_file)).parent


def stored(path: str, folder: Path | None) -> str:
    """A path as it is written into a file in `folder`; absolute ones stay so when it is None."""
    if folder is None or _stays(path) or not Path(path).is_absolute():
        return path
    really = os.path.realpath(Path(path).parent)
    for candidate in (Path(path), Path(really, Path(path).name)):
        try:
            relative = Path(os.path.relpath(candidate, folder))
        except ValueError:  # another drive
            return path
        ups = relative.parts.count(os.pardir)
        if ups <= _STEPS_UP and ups < len(folder.parts) - 1:
            text = relative.as_posix()
            return f"./{text}" if _stays(text) else text
    return path


def absolute(path: str, folder: Path | None) -> str:
    """The path meant by what a file in `folder` says."""
    if folder is None or _stays(path) or Path(path).is_absolute():
        return path
    return os.path.normpath(folder / PurePosixPath(path))
