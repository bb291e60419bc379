"""Zip archives and `.npz` files, which may be damaged or lie about what they hold."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from nodes.sdk.errors import ModelProblem

#: What reading an archive, or the arrays in it, raises when the file is damaged.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    KeyError,
    MemoryError,
    OSError,
    RuntimeError,
    ValueError,
)


@contextmanager
def bundle_of_model(path: Path, what: str, card: str, largest: int) -> Iterator[zipfile.ZipFile]:
    """A fetched model that is several files in one archive, open for reading.

    Args:
        what: the model as people say it: "the voices".
        card: the name to fetch it by.
        largest: bytes that a member may have.

    Raises:
        ModelProblem: when the archive, or what the block makes of it, is damaged.
    """
    try:
        with zipfile.ZipFile(path) as bundle:
            if any(entry.file_size > largest for entry in bundle.infolist()):
                raise ValueError("it is too large")
            yield bundle
    except DAMAGED as error:
        raise ModelProblem(
            f"{what} {path.name} cannot be read ({error})",
            hint=f"Fetch it again with: facewright models fetch {card}",
        ) from error


def write_bundle(target: Path, members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> None:
    """Put files into one archive; the same files always make the same archive."""
    with zipfile.ZipFile(target, "w", compression) as bundle:
        for name, data in members.items():
            bundle.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), data, compression)
