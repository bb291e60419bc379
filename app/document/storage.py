"""Files written whole or not at all, and what went wrong said in words."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from nodes.sdk.errors import FileProblem

_REASONS: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("there is no such file", "Check the path"),
    errno.EACCES: ("you have no right to {verb} it", "Choose another place, or ask for the right"),
    errno.EPERM: ("you have no right to {verb} it", "Choose another place, or ask for the right"),
    errno.EROFS: ("it lies on a disk that cannot be written to", "Choose another place"),
    errno.ENOSPC: ("the disk is full", "Free some space; nothing was overwritten"),
    errno.EDQUOT: ("your share of the disk is full", "Free some space; nothing was overwritten"),
    errno.EFBIG: ("the file would become larger than is allowed here", "Nothing was overwritten"),
    errno.ENAMETOOLONG: ("its name is too long", "Choose a shorter name"),
    errno.ENOTDIR: ("a part of its path is not a folder", "Check the path"),
    errno.EISDIR: ("it is a folder", "Name a file"),
    errno.ELOOP: ("its links lead in a circle", "Check the path"),
}


def explained(error: OSError | ValueError, path: Path, verb: str) -> FileProblem:
    """An error of the operating system as a line for people.

    Args:
        verb: what was tried: "read" or "write".
    """
    number = error.errno if isinstance(error, OSError) else None
    if number in _REASONS:
        what, hint = _REASONS[number]
        if number == errno.ENOENT and verb == "write":
            if path.parent.is_dir():
                what, hint = "its folder takes no files", "Choose another place"
            else:
                what, hint = f"there is no folder {path.parent}", "Make it first, or choose another place"
        return FileProblem(what.format(verb=verb), hint=hint, where=str(path))
    reason = getattr(error, "strerror", None) or str(error)
    return FileProblem(
        f"it cannot be {'read' if verb == 'read' else 'written'} ({reason.lower()})", where=str(path)
    )


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that, whatever happens, either the old or the new one is there whole.

    A link is followed: the file it leads to is written. An existing file keeps its permissions.

    Raises:
        FileProblem: when it cannot be written; what was there is untouched.
    """
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        exists = target.exists()
        if exists and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, "is read-only")
        _write_and_sync(temporary, data)
        if exists:
            with contextlib.suppress(OSError):
                temporary.chmod(target.stat().st_mode & 0o7777)
        temporary.replace(target)
        _sync_folder(target.parent)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink(missing_ok=True)
        raise explained(error, path, "write") from error


def _write_and_sync(path: Path, data: bytes) -> None:
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the renaming itself last; not every system can, and then the file is still whole."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
