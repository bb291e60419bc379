"""One door to all readers of splat files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from nodes.gaussians.files.checking import Progress, problem, silent
from nodes.media.files import existing_file
from nodes.sdk import FileProblem, NodeError
from nodes.sdk.values import Splats

#: What `read_splats` opens.
EXTENSIONS = ("ply", "splat", "spz", "ksplat", "sog", "npz", "json")

Reader = Callable[..., Splats]


def read_splats(text: str, *, skip: bool = False, progress: Progress = silent) -> Splats:
    """Splats of a file or a SOG folder, by its first bytes where they tell, else by its name.

    Args:
        text: the path.
        skip: leave damaged splats out instead of refusing the file.

    Raises:
        NodeError: when no path is given.
        FileProblem: when the file is missing, of another kind, damaged or too large; the message
            names the file and the field.
    """
    path = _found(text)
    try:
        return _reader(path)(path, skip=skip, progress=progress)
    except MemoryError as error:
        raise FileProblem(
            f"there is not enough memory to read {path}", hint="Close other programs"
        ) from error
    except OSError as error:
        raise FileProblem(f"{path} cannot be read: {error}", hint="Copy the file again") from error


def _found(text: str) -> Path:
    if not text.strip():
        raise NodeError("no splat file is chosen", hint="Set 'Path' to a file")
    path = Path(text).expanduser()
    if path.is_dir():
        if not (path / "meta.json").is_file():
            raise problem(path, "meta.json", "is missing; a folder must be a SOG set")
        return path
    return existing_file(text, "splat file")


def _reader(path: Path) -> Reader:
    from nodes.gaussians.files import archive, ksplat, ply, sog, splat, spz

    if path.is_dir():
        return sog.read_sog
    with path.open("rb") as stream:
        start = stream.read(4)
    suffix = path.suffix.lower()
    if start[:3] == b"ply":
        return ply.read_ply
    if start[:2] == b"\x1f\x8b" or start == b"NGSP":
        return spz.read_spz
    if start[:2] == b"PK":
        return archive.read_npz if suffix == ".npz" else sog.read_sog
    known: dict[str, Reader] = {
        ".ply": ply.read_ply,
        ".spz": spz.read_spz,
        ".sog": sog.read_sog,
        ".npz": archive.read_npz,
        ".json": sog.read_sog,
        ".splat": splat.read_splat,
        ".ksplat": ksplat.read_ksplat,
    }
    if suffix not in known:
        raise FileProblem(
            f"{path} is no splat file that is known here",
            hint=f"These can be read: {', '.join(EXTENSIONS)}",
        )
    return known[suffix]
