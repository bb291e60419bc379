"""Reading mesh files: headers proved against the file's size first, then parsed by trimesh."""

from __future__ import annotations

import json
import logging
import struct
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from nodes.media.files import existing_file
from nodes.mesh._gathering import Piece, mesh_of
from nodes.sdk import FileProblem
from nodes.sdk.values import Mesh

logger = logging.getLogger(__name__)

EXTENSIONS = ("obj", "glb", "ply", "stl")
MOST_BYTES = 1 << 30
MOST_VERTICES = 8_000_000
MOST_TEXELS = 64_000_000
_MOST_SIDE_BYTES = 256 << 20
_PLY_SIZES = {
    "char": 1, "uchar": 1, "int8": 1, "uint8": 1, "short": 2, "ushort": 2, "int16": 2, "uint16": 2,
    "int": 4, "uint": 4, "int32": 4, "uint32": 4, "float": 4, "float32": 4, "double": 8, "float64": 8,
}  # fmt: skip
#: What the parsers raise on damaged files.
_DAMAGE = (
    ValueError, KeyError, IndexError, TypeError, AttributeError, EOFError, OverflowError, struct.error,
    UnicodeError, OSError, SyntaxError, ZeroDivisionError, RecursionError, NotImplementedError, MemoryError,
)  # fmt: skip


def read_mesh(text: str) -> Mesh:
    """The mesh of an OBJ, GLB, PLY or STL file, in the file's own units; all its parts as one.

    Raises:
        NodeError: when no path was given.
        FileProblem: when the file is missing, damaged, too large, or holds no triangles; it names
            the file and, where it can, the field.
    """
    path = existing_file(text, "mesh")
    extension = path.suffix.lower().removeprefix(".")
    if extension not in EXTENSIONS:
        raise FileProblem(
            f"{path.name} is no mesh file that can be read", hint=f"Use {', '.join(EXTENSIONS)}"
        )
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise FileProblem(
            f"{path.name} is larger than {MOST_BYTES >> 20} MB", hint="Decimate it in another program first"
        )
    try:
        _CHECKS.get(extension, lambda *_: None)(path, size)
        return mesh_of(_pieces(path, extension), path.name)
    except FileProblem:
        raise
    except _DAMAGE as error:
        # A parser's words on an index say nothing about the file.
        lost = isinstance(error, IndexError | KeyError)
        reason = "it names a vertex or a part that is not there" if lost else str(error)[:200]
        raise _damaged(path, reason or "it cannot be read") from error


def _damaged(path: Path, field: str) -> FileProblem:
    return FileProblem(f"the mesh {path.name} is damaged: {field}", hint="Copy or export it again")


def _pieces(path: Path, extension: str) -> list[Piece]:
    import trimesh

    resolver = None if extension == "glb" else _Beside(path.parent)
    with path.open("rb") as stream:
        loaded = trimesh.load(stream, file_type=extension, resolver=resolver, process=False)
    if isinstance(loaded, trimesh.Scene):
        found = loaded.dump() if loaded.geometry else []
        parts = [part for part in found if isinstance(part, trimesh.Trimesh)]
    else:
        parts = [loaded] if isinstance(loaded, trimesh.Trimesh) else []
    parts = [part for part in parts if len(part.faces)]
    if not parts:
        raise FileProblem(
            f"the mesh {path.name} holds no triangles", hint="Load a point cloud with 'Load splats' instead"
        )
    pictures: dict[int, np.ndarray | None] = {}
    return [_piece(part, path, pictures) for part in parts]


def _piece(part: Any, path: Path, pictures: dict[int, np.ndarray | None]) -> Piece:
    vertices = np.asarray(part.vertices, np.float64)
    triangles = np.asarray(part.faces, np.int64)
    if not np.isfinite(vertices).all() or np.abs(vertices).max(initial=0.0) > 1e12:
        raise _damaged(path, "a vertex position is not a usable number")
    if len(vertices) > MOST_VERTICES:
        raise FileProblem(f"{path.name} has more than {MOST_VERTICES:,} vertices", hint="Decimate it first")
    if triangles.min() < 0 or triangles.max() >= len(vertices):
        raise _damaged(path, "a face names a vertex that is not there")
    uv, picture, plain = None, None, None
    visual = part.visual
    if visual.kind == "texture":
        material = visual.material
        uv = None if visual.uv is None else np.asarray(visual.uv, np.float64)[:, :2]
        if uv is not None and (len(uv) != len(vertices) or not np.isfinite(uv).all()):
            raise _damaged(path, "the texture coordinates do not fit the vertices")
        image = getattr(material, "baseColorTexture", None) or getattr(material, "image", None)
        if id(image) not in pictures:
            pictures[id(image)] = _picture(image, path)
        picture = pictures[id(image)]
        plain = _plain(material)
        uv = uv if picture is not None else None
    colours = None
    if visual.kind == "vertex":
        colours = np.asarray(visual.vertex_colors, np.float32)[:, :3] / 255.0
    elif visual.kind == "face":
        colours = _from_faces(
            np.asarray(visual.face_colors, np.float32)[:, :3] / 255.0, triangles, len(vertices)
        )
    return Piece(vertices, triangles, uv, picture, colours, plain)


def _from_faces(face_colours: np.ndarray, triangles: np.ndarray, count: int) -> np.ndarray:
    sums = np.zeros((count, 3), np.float32)
    for corner in range(3):
        np.add.at(sums, triangles[:, corner], face_colours)
    return sums / np.maximum(np.bincount(triangles.ravel(), minlength=count), 1)[:, None]


def _picture(image: Any, path: Path) -> np.ndarray | None:
    if image is None:
        return None
    if image.size[0] * image.size[1] > MOST_TEXELS:
        raise FileProblem(
            f"a texture of {path.name} is {image.size[0]} x {image.size[1]} px", hint="Make it smaller first"
        )
    return np.asarray(image.convert("RGB"), np.float32) / 255.0


def _plain(material: Any) -> np.ndarray | None:
    colour = getattr(material, "baseColorFactor", None)
    if colour is None:
        colour = getattr(material, "diffuse", None)
    if colour is None:
        return None
    found = np.asarray(colour, np.float64)[:3]
    return np.clip(found / 255.0 if found.max(initial=0) > 1.0 else found, 0, 1).astype(np.float32)


class _Beside:
    """Hands out materials and pictures that lie beside the mesh, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def get(self, name: str) -> bytes:
        """The bytes of a file beside the mesh. Raises ValueError when it is elsewhere or too large."""
        plain = str(name).strip().replace("\\", "/")
        wanted = (self._folder / PurePosixPath(plain)).resolve()
        if not wanted.is_relative_to(self._folder):
            # Exporters write absolute paths of the machine they ran on; the picture is usually beside.
            wanted = self._folder / PurePosixPath(plain).name
        if not wanted.is_file() or wanted.stat().st_size > _MOST_SIDE_BYTES:
            logger.warning("%s, named by the mesh, is not usable", plain)
            raise ValueError(f"'{plain}' is not beside the mesh")
        return wanted.read_bytes()

    __getitem__ = get

    def keys(self) -> list[str]:
        return [entry.name for entry in self._folder.iterdir()]

    def namespaced(self, _namespace: str) -> _Beside:
        return self


def _check_ply(path: Path, size: int) -> None:
    with path.open("rb") as stream:
        head = stream.read(65_536)
    end = head.find(b"end_header")
    if not head.startswith(b"ply") or end < 0:
        raise _damaged(path, "it has no PLY header")
    needed, binary, row, rows, element = end, True, 0, 0, ""
    for line in [*head[:end].decode("ascii", "replace").splitlines(), "element end 0"]:
        words = line.split()
        if words[:1] == ["format"]:
            binary = "ascii" not in line
        elif words[:1] == ["element"]:
            needed += rows * max(row, 1)
            if len(words) != 3 or not words[2].isdigit():
                raise _damaged(path, f"element '{' '.join(words[1:])[:40]}' has no count")
            element, rows, row = words[1], int(words[2]), 0
            if needed + rows > size * (1 if binary else 4):
                raise _damaged(path, f"'{element}' promises {rows:,} rows, more than the file can hold")
            if rows > MOST_VERTICES * 4:
                raise FileProblem(f"{path.name} has {rows:,} rows of '{element}'", hint="Decimate it first")
        elif words[:1] == ["property"]:
            row += (1 if words[1:2] == ["list"] else _PLY_SIZES.get(words[1], 1)) if binary else 2
    if needed > size * (1 if binary else 2):
        raise _damaged(path, "the file ends before the last row")


def _check_stl(path: Path, size: int) -> None:
    with path.open("rb") as stream:
        head = stream.read(84)
    if head[:5] == b"solid" and b"\0" not in head:
        return
    if len(head) < 84:
        raise _damaged(path, "it ends inside the header")
    (count,) = struct.unpack("<I", head[80:84])
    if 84 + 50 * count > size:
        raise _damaged(path, f"the header promises {count:,} triangles, more than the file can hold")


def _check_glb(path: Path, size: int) -> None:
    with path.open("rb") as stream:
        head = stream.read(20)
        if len(head) < 20 or head[:4] != b"glTF":
            raise _damaged(path, "it has no glTF header")
        _version, total, length, kind = struct.unpack("<4xIII4s", head)
        if total > size or length > size - 20 or kind != b"JSON":
            raise _damaged(path, "a chunk is longer than the file")
        document = json.loads(stream.read(length))
    if not isinstance(document, dict):
        raise _damaged(path, "its JSON is no glTF document")
    for entry in [*document.get("buffers", []), *document.get("images", [])]:
        if "uri" in entry:
            raise FileProblem(
                f"{path.name} keeps data outside of itself", hint="Export it with everything embedded"
            )
    for number, view in enumerate(document.get("bufferViews", [])):
        if not 0 <= view.get("byteOffset", 0) <= view.get("byteOffset", 0) + view["byteLength"] <= size:
            raise _damaged(path, f"bufferView {number} reaches beyond the file")
    for number, accessor in enumerate(document.get("accessors", [])):
        if not 0 <= accessor["count"] <= size:
            raise _damaged(path, f"accessor {number} promises {accessor['count']:,} entries")


_CHECKS = {"ply": _check_ply, "stl": _check_stl, "glb": _check_glb}
