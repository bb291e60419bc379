"""Takes files out of package archives without trusting them.

Wheels are zip files; source archives and npm packages are gzipped tar files. Nothing is run, no
path leaves the folder it is meant for, and sizes are bounded before anything is written.
"""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from nodes.sdk.errors import ModelProblem

#: Bounds for an archive that is unpacked whole.
MOST_FILES = 20_000
MOST_BYTES = 2 << 30
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Entry:
    """A file inside an archive.

    Attributes:
        name: its path in the archive.
        size: bytes, as the archive says.
        regular: False for links and devices.
        open: opens it for reading.
    """

    name: str
    size: int
    regular: bool
    open: Callable[[], IO[bytes]]


def extract_member(archive: Path, member: str, target: Path, size: int) -> str:
    """Write one file of an archive to `target` and return its SHA-256.

    Args:
        member: its path in the archive; the archive's single top folder may be left out.
        size: the bytes it must have.

    Raises:
        ModelProblem: when the archive cannot be read, or the member is absent or of another size.
    """
    with _entries(archive) as entries:
        for entry in entries:
            if entry.regular and member in (entry.name, _without_top(entry.name)):
                if entry.size != size:
                    raise ModelProblem(f"{member} has {entry.size} bytes instead of {size}")
                return _copy(entry, target, size)
    raise ModelProblem(f"the package does not hold {member}")


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a whole archive into `folder`.

    Raises:
        ModelProblem: when it cannot be read, is larger than the bounds, holds links, or holds a
            path that would leave the folder.
    """
    count = total = 0
    with _entries(archive) as entries:
        for entry in entries:
            count += 1
            total += entry.size
            if count > MOST_FILES or total > MOST_BYTES:
                raise ModelProblem(f"the package is larger than {MOST_FILES} files or {MOST_BYTES >> 20} MB")
            target = folder.joinpath(*_safe_parts(entry))
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(entry, target, entry.size)


def _safe_parts(entry: Entry) -> tuple[str, ...]:
    path = PurePosixPath(entry.name)
    unsafe = path.is_absolute() or ".." in path.parts or any(mark in entry.name for mark in "\\:\0")
    if unsafe or not path.parts or not entry.regular:
        raise ModelProblem(f"the package holds an unsafe path: {entry.name!r}")
    return path.parts


def _without_top(name: str) -> str:
    return name.partition("/")[2]


def _copy(entry: Entry, target: Path, size: int) -> str:
    """Copy at most `size` bytes; an archive that holds more than it declares is refused."""
    digest = hashlib.sha256()
    written = 0
    with entry.open() as source, target.open("wb") as sink:
        while block := source.read(_BLOCK):
            written += len(block)
            if written > size:
                break
            digest.update(block)
            sink.write(block)
    if written != size:
        raise ModelProblem(f"{entry.name} does not have the {size} bytes it declares")
    return digest.hexdigest()


@contextmanager
def _entries(archive: Path) -> Iterator[Iterator[Entry]]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                yield _zip_entries(zipped)
        else:
            with tarfile.open(archive, "r:*") as tarred:
                yield _tar_entries(tarred)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ModelProblem(f"the package {archive.name} is damaged ({error})") from error


def _zip_entries(archive: zipfile.ZipFile) -> Iterator[Entry]:
    for info in archive.infolist():
        if not info.is_dir():
            kind = info.external_attr >> 28  # the file type of the Unix mode; 8 is a regular file
            yield Entry(info.filename, info.file_size, kind in (0, 8), _opener(archive, info))


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _tar_entries(archive: tarfile.TarFile) -> Iterator[Entry]:
    for info in archive:
        if not info.isdir():
            yield Entry(info.name, info.size, info.isreg(), _tar_opener(archive, info))


def _tar_opener(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        stream = archive.extractfile(info)
        if stream is None:
            raise ModelProblem(f"{info.name} cannot be read")
        return stream

    return opened
