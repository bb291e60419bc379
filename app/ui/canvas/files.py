"""Which node loads a file that is dropped on the canvas. Knows no Qt."""

from __future__ import annotations

import zipfile
from pathlib import Path, PurePath

from nodes.media.archives import DAMAGED
from nodes.sdk.node import NodeSpec
from nodes.sdk.params import File
from nodes.sdk.registry import Registry

GRAPH_SUFFIX = ".graph"
#: How much of a file is looked at to tell what it holds.
HEAD_BYTES = 64 * 1024
#: What stands in files whose name leaves open what they hold: the node that reads them, by suffix.
_SIGNS: dict[str, tuple[tuple[bytes, str], ...]] = {
    "ply": ((b"f_dc_0", "load_splats"), (b"packed_position", "load_splats")),
    "csv": ((b"blendshapecount", "load_motion"),),
    "json": ((b'"sh0"', "load_splats"),),
    "npz": ((b"motion", "load_motion"), (b"splats", "load_splats"), (b"means3d", "load_splats")),
}


def is_graph(path: str) -> bool:
    """Whether a path names a graph."""
    return PurePath(path).suffix.lower() == GRAPH_SUFFIX


def loader_for(registry: Registry, path: str) -> tuple[NodeSpec, str] | None:
    """The kind of node that reads a file, and its parameter for the path.

    What stands in the file counts most, where its name fits several kinds. Nodes without inputs come
    before those with: a node with inputs reads the file as something beside them.
    """
    suffix = PurePath(path).suffix.lower().lstrip(".")
    found: list[tuple[int, NodeSpec, str]] = []
    for spec in registry:
        for parameter in spec.parameters:
            control = parameter.control
            if isinstance(control, File) and control.mode == "open" and suffix in control.extensions:
                rank = len(spec.inputs) * 10 + (spec.category != "Load") * 5
                found.append((rank, spec, parameter.name))
    if not found:
        return None
    if len(found) > 1:
        inside = _reader_of(Path(path), suffix)
        found = [entry for entry in found if entry[1].id == inside] or found
    _, spec, parameter_name = min(found, key=lambda entry: (entry[0], entry[1].id))
    return spec, parameter_name


def _reader_of(path: Path, suffix: str) -> str:
    """The node that reads what a file holds, "" when it does not say."""
    signs = _SIGNS.get(suffix)
    if not signs:
        return ""
    try:
        head = _names_inside(path) if suffix == "npz" else _head(path)
    except DAMAGED:
        return ""  # The node itself will say what is wrong with it.
    return next((node for sign, node in signs if sign in head.lower()), "")


def _head(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(HEAD_BYTES)


def _names_inside(path: Path) -> bytes:
    """The names of an archive's arrays, and the beginning of the one that says what they make up."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        words = " ".join(names[:100]).encode()
        if "tree.npy" in names:
            with archive.open("tree.npy") as stream:
                words += stream.read(HEAD_BYTES)
    return words
