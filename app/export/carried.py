"""The graph that an exported picture or video carries with it: put in, and read back.

PNG files carry it as compressed international text (chunk iTXt of the PNG specification), videos
as a metadata entry. It is the text of a `.graph` file, made fit to be given away: no path leads out
of the export's own folder, and no password stands in an address.
"""

from __future__ import annotations

import copy
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from app.document.consent import published
from app.document.format import Loaded, read_text
from app.document.graph import Graph
from app.document.text import MAX_BYTES, layout
from app.document.writer import flatten
from nodes.sdk.errors import FacewrightError, FileProblem
from nodes.sdk.params import File
from nodes.sdk.registry import Registry

KEYWORD = "facewright.graph"
PICTURES = ("png",)
VIDEOS = ("mp4", "mov", "mkv", "webm")
CARRIERS = (*PICTURES, *VIDEOS)

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PASSWORD = re.compile(r"(?<=://)[^/@\s]*@")
#: Chunks of a PNG that are looked at before giving up.
_MOST_CHUNKS = 100_000
#: Sources and the like are told apart from files; see `nodes.sdk.params.File`.
_NOT_PATHS = ("demo:",)


def text_to_carry(graph: Graph, registry: Registry, folder: Path) -> str:
    """The graph as a file in `folder` would hold it, without anything that is private.

    Paths that lead far away are cut down to the file's name; of what is written down about consent
    only what the user made public stays.
    """
    graph = replace(graph, settings=replace(graph.settings, consent=published(graph.settings.consent)))
    data = copy.deepcopy(flatten(graph, registry, folder.absolute()))
    _clean_level(data, registry)
    return layout(data, broken=frozenset({(), ("nodes",), ("wires",)})).decode()


def _clean_level(level: dict[str, Any], registry: Registry) -> None:
    for entry in level.get("nodes", {}).values():
        spec = registry.get(str(entry.get("kind", "")))
        stored = entry.get("parameters")
        if isinstance(stored, dict):
            for name, value in stored.items():
                parameter = spec.parameter(name) if spec else None
                may_be_path = parameter is None or isinstance(parameter.control, File)
                stored[name] = _clean(value, may_be_path)
        inner = entry.get("graph")
        if isinstance(inner, dict):
            _clean_level(inner, registry)


def _clean(value: Any, may_be_path: bool) -> Any:
    if isinstance(value, dict):
        return {name: _clean(item, may_be_path) for name, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, may_be_path) for item in value]
    if not isinstance(value, str):
        return value
    value = _PASSWORD.sub("", value)
    if not may_be_path or value.startswith(_NOT_PATHS) or "://" in value:
        return value
    outward = value.startswith(("~", "../", "..\\")) or PurePosixPath(value).is_absolute()
    windows = PureWindowsPath(value)
    if outward or windows.drive or windows.root:
        return windows.name
    return value


# -- pictures -------------------------------------------------------------------------------------


def png_with_graph(data: bytes, text: str) -> bytes:
    """A PNG file with the text put in behind its header. Raises ValueError when it is no PNG."""
    if not data.startswith(_SIGNATURE):
        raise ValueError("no PNG file")
    header = len(_SIGNATURE) + 12 + struct.unpack(">I", data[8:12])[0]
    # Keyword, 0, compressed, deflate, no language, no translated keyword.
    body = KEYWORD.encode("latin-1") + b"\0\1\0\0\0" + zlib.compress(text.encode(), 9)
    checksum = zlib.crc32(b"iTXt" + body)
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", checksum)
    return data[:header] + chunk + data[header:]


def _text_of_png(path: Path) -> bytes | None:
    with path.open("rb") as stream:
        if stream.read(len(_SIGNATURE)) != _SIGNATURE:
            return None
        for _ in range(_MOST_CHUNKS):
            head = stream.read(8)
            if len(head) < 8:
                return None
            size, kind = struct.unpack(">I4s", head)
            if kind == b"iTXt" and size <= MAX_BYTES:
                found = _international_text(stream.read(size))
                if found is not None:
                    return found
                stream.seek(4, 1)
            elif kind == b"IEND":
                return None
            else:
                stream.seek(size + 4, 1)
    return None


def _international_text(body: bytes) -> bytes | None:
    keyword, _, rest = body.partition(b"\0")
    if keyword.decode("latin-1") != KEYWORD or len(rest) < 2:
        return None
    compressed = rest[0] == 1
    text = rest[2:].split(b"\0", 2)[-1]
    if not compressed:
        return text
    inflater = zlib.decompressobj()
    try:
        out = inflater.decompress(text, MAX_BYTES)
    except zlib.error:
        return None
    return out if inflater.eof else None


# -- videos ---------------------------------------------------------------------------------------


def _text_of_video(path: Path) -> bytes | None:
    from nodes.media.video_index import open_video

    with open_video(path) as container:
        for name, text in container.metadata.items():
            if name.lower() == KEYWORD:
                return str(text).encode()
    return None


# -- reading --------------------------------------------------------------------------------------


def can_carry(path: Path) -> bool:
    """Whether a file of this name may carry a graph."""
    return path.suffix.lower().lstrip(".") in CARRIERS


def carries_graph(path: Path) -> bool:
    """Whether a file carries a graph; one that cannot be read carries none."""
    if not can_carry(path):
        return False
    try:
        return _carried_text(path) is not None
    except (FacewrightError, OSError):
        return False


def _carried_text(path: Path) -> bytes | None:
    pictures = path.suffix.lower().lstrip(".") in PICTURES
    return _text_of_png(path) if pictures else _text_of_video(path)


def carried_graph(path: Path, registry: Registry) -> Loaded:
    """The graph in an exported file; its paths are taken from where the file lies.

    Raises:
        FileProblem: when the file cannot be read or carries no graph.
    """
    try:
        data = _carried_text(path)
    except OSError as error:
        raise FileProblem(
            f"{path} cannot be read: {error.strerror or error}", hint="Check the path"
        ) from error
    if data is None:
        raise FileProblem(
            f"{path.name} carries no graph",
            hint="Only files exported by Facewright with 'Put the graph into the file' do. To work on the "
            "picture itself, drop it onto the graph",
        )
    try:
        return read_text(data, registry, path.absolute().parent)
    except FacewrightError as error:
        raise FileProblem(
            f"the graph in {path.name} cannot be used: {error.what}", hint=error.hint
        ) from error
