"""Opening a file that a person named, with errors a person can act on."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from nodes.sdk import FileProblem, NodeError

#: Names of files that may hold a clip.
VIDEO_EXTENSIONS = (
    "mp4",
    "mov",
    "mkv",
    "webm",
    "avi",
    "m4v",
    "mpg",
    "mpeg",
    "ts",
    "mts",
    "gif",
    "ogv",
    "flv",
    "wmv",
)

#: Errors that mean "no room left", whatever the file system calls it.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def existing_file(text: str, noun: str) -> Path:
    """The path of a readable, non-empty file.

    Args:
        text: the path as the user gave it.
        noun: what it should hold, such as "picture".

    Raises:
        NodeError: when no path was given.
        FileProblem: when the file is missing, a folder, empty, or not readable.
    """
    if not text.strip():
        raise NodeError(f"no {noun} is chosen", hint="Set 'Path' to a file")
    path = Path(text).expanduser()
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise FileProblem(f"{path} is a device or a pipe, not a {noun}", hint="Choose a file")
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except FileNotFoundError:
        raise FileProblem(
            f"the {noun} {path} does not exist", hint="Check the name, or choose the file again"
        ) from None
    except IsADirectoryError:
        raise FileProblem(f"{path} is a folder, not a {noun}", hint="Choose a file inside it") from None
    except PermissionError:
        raise FileProblem(
            f"the {noun} {path} may not be read", hint="Ask its owner for the right to read it"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileProblem(
            f"the {noun} {path} cannot be read: {reason}", hint="Choose another file"
        ) from error
    if empty:
        raise FileProblem(f"the {noun} {path} is empty (0 bytes)", hint="Copy or export it again")
    return path


def write_problem(error: OSError, path: Path) -> FileProblem:
    """The error of a failed write as one clear line that names the file and what to do."""
    if error.errno in _NO_ROOM:
        return FileProblem(
            f"the disk is full; {path.name} was not written",
            hint=f"Free some space on the disk of {path.parent}, or choose another folder",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return FileProblem(
            f"there is no right to write {path}", hint="Choose a folder in which you may save files"
        )
    # Some folders, such as those of the system's own, take no new files and say "not found".
    if error.errno in (errno.ENOENT, errno.ENOTDIR) and not path.parent.is_dir():
        return FileProblem(
            f"the folder {path.parent} does not exist", hint="Make it first, or choose another folder"
        )
    if error.errno == errno.EISDIR:
        return FileProblem(f"{path} is a folder", hint="Give the name of a file")
    if error.errno == errno.ENOENT:
        return FileProblem(
            f"{path} cannot be written: its folder takes no files", hint="Choose another folder"
        )
    reason = error.strerror or str(error)
    return FileProblem(f"{path} cannot be written: {reason}", hint="Choose another file name or folder")
