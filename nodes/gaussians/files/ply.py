"""PLY: splats as trained (Kerbl et al. 2023), PlayCanvas' compressed splats, coloured points."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from nodes.gaussians.files.checking import (
    Progress,
    assembled,
    logit,
    problem,
    require_bytes,
    require_count,
    sigmoid,
    silent,
)
from nodes.gaussians.files.points import splats_of_points
from nodes.gaussians.harmonics import C0
from nodes.sdk.values import Splats

_LONGEST_HEADER = 1 << 16
_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">"}
_CHUNK = 256
_NAMES = {
    "positions": "x", "scales": "scale_0", "rotations": "rot_0", "opacities": "opacity", "harmonics": "f_dc_0"
}  # fmt: skip


@dataclass(frozen=True)
class Element:
    """One table of a PLY: its name, how many rows, and the rows' numpy type."""

    name: str
    count: int
    row: np.dtype[np.void]


def read_ply(path: Path, *, skip: bool = False, progress: Progress = silent) -> Splats:
    """Splats of a PLY file of any of the three kinds.

    Raises:
        FileProblem: when the file is damaged or holds neither splats nor coloured points.
    """
    with path.open("rb") as stream:
        size = path.stat().st_size
        order, elements = _read_header(stream, path)
        tables: dict[str, np.ndarray] = {}
        for number, element in enumerate(elements):
            progress(0.4 * number / len(elements), f"reading {element.name}")
            if element.name not in ("vertex", "chunk", "sh"):
                break
            need = element.count * element.row.itemsize
            if order == "ascii":
                tables[element.name] = _read_text(stream, path, element, size)
            else:
                require_bytes(path, f"element {element.name}", size - stream.tell(), need)
                tables[element.name] = np.fromfile(stream, element.row, element.count)
    progress(0.4, "decoding")
    vertex = tables.get("vertex")
    if vertex is None:
        raise problem(path, "element vertex", "is missing")
    names = set(vertex.dtype.names or ())
    if "packed_position" in names:
        return _unpacked(path, tables, skip)
    if {"x", "y", "z", "scale_0", "rot_0", "opacity", "f_dc_0"} <= names:
        return _trained(path, vertex, skip)
    if {"x", "y", "z"} <= names:
        return _coloured_points(path, vertex)
    raise problem(path, "element vertex", "holds neither splats nor points")


def _read_header(stream: IO[bytes], path: Path) -> tuple[str, list[Element]]:
    head = stream.read(_LONGEST_HEADER)
    end = head.find(b"end_header")
    if not head.startswith(b"ply") or end < 0:
        raise problem(path, "header", "is not that of a PLY file")
    newline = head.find(b"\n", end)
    if newline < 0:
        raise problem(path, "end_header", "is cut off")
    stream.seek(newline + 1)
    order = ""
    found: list[tuple[str, int, list[tuple[str, str]]]] = []
    for line in head[:end].decode("latin-1").splitlines():
        words = line.split()
        if not words or words[0] in ("ply", "comment", "obj_info"):
            continue
        if words[0] == "format" and len(words) > 1:
            order = words[1]
        elif words[0] == "element" and len(words) == 3:
            if not words[2].isdigit() or len(words[2]) > 18:
                raise problem(path, f"element {words[1]}", f"has the count '{words[2][:30]}'")
            found.append((words[1], int(words[2]), []))
        elif words[0] == "property" and found and len(words) == 3:
            kind = _TYPES.get(words[1])
            if kind is None:
                raise problem(path, f"property {words[2]}", f"has the unknown type '{words[1][:30]}'")
            found[-1][2].append((words[2], kind))
        elif words[0] == "property" and found:
            found[-1][2].append(("", "list"))
        else:
            raise problem(path, "header", f"has a line that means nothing: '{line[:60]}'")
    if order != "ascii" and order not in _ORDERS:
        raise problem(path, "format", f"is '{order[:30]}', which no PLY has")
    elements = []
    for name, count, columns in found:
        if any(kind == "list" for _, kind in columns) or name not in ("vertex", "chunk", "sh"):
            # Faces and what follows them are not needed.
            break
        if len({column for column, _ in columns}) != len(columns) or not columns or len(columns) > 500:
            raise problem(path, f"element {name}", "has no properties, or some twice")
        require_count(path, f"element {name}", count)
        row = np.dtype([(column, _ORDERS.get(order, "<") + kind) for column, kind in columns])
        elements.append(Element(name, count, row))
    return order, elements


def _read_text(stream: IO[bytes], path: Path, element: Element, size: int) -> np.ndarray:
    names = element.row.names or ()
    # Every number takes at least a digit and a blank.
    require_bytes(path, f"element {element.name}", size, 2 * element.count * len(names))
    table = np.zeros(element.count, element.row)
    rows = np.empty((element.count, len(names)))
    for number in range(element.count):
        words = stream.readline(_LONGEST_HEADER).split()
        try:
            rows[number] = [float(word) for word in words]
        except ValueError:
            raise problem(path, f"element {element.name}", f"is not readable in row {number}") from None
    for column, name in enumerate(names):
        with np.errstate(all="ignore"):
            table[name] = rows[:, column].astype(element.row[name])
    return table


def _columns(path: Path, table: np.ndarray, *names: str) -> np.ndarray:
    for name in names:
        if name not in (table.dtype.names or ()):
            raise problem(path, f"property {name}", "is missing")
    with np.errstate(all="ignore"):
        return np.stack([table[name].astype(np.float32) for name in names], axis=1)


def _trained(path: Path, vertex: np.ndarray, skip: bool) -> Splats:
    rest = sorted(
        (name for name in vertex.dtype.names or () if name.startswith("f_rest_")),
        key=lambda name: int(name[7:]) if name[7:].isdigit() else -1,
    )
    if len(rest) not in (0, 9, 24, 45) or rest != [f"f_rest_{number}" for number in range(len(rest))]:
        raise problem(path, "property f_rest", f"comes {len(rest)} times; 0, 9, 24 or 45 make sense")
    harmonics = _columns(path, vertex, "f_dc_0", "f_dc_1", "f_dc_2")[:, None]
    if rest:
        # A file keeps all of red, then all of green, then all of blue.
        more = _columns(path, vertex, *rest).reshape(len(vertex), 3, -1).transpose(0, 2, 1)
        harmonics = np.concatenate([harmonics, more], axis=1)
    with np.errstate(all="ignore"):
        scales = np.exp(_columns(path, vertex, "scale_0", "scale_1", "scale_2"))
        opacities = sigmoid(_columns(path, vertex, "opacity")[:, 0])
    return assembled(
        path,
        positions=_columns(path, vertex, "x", "y", "z"),
        scales=scales,
        rotations=_columns(path, vertex, "rot_0", "rot_1", "rot_2", "rot_3"),
        opacities=opacities,
        harmonics=harmonics,
        names=_NAMES,
        skip=skip,
    )


def _coloured_points(path: Path, vertex: np.ndarray) -> Splats:
    positions = _columns(path, vertex, "x", "y", "z")
    if not np.isfinite(positions).all():
        raise problem(path, "property x", "holds a place that is not finite")
    colours = np.full_like(positions, 0.5)
    if {"red", "green", "blue"} <= set(vertex.dtype.names or ()):
        colours = _columns(path, vertex, "red", "green", "blue")
        if vertex["red"].dtype.kind == "u":
            colours = colours / np.float32(np.iinfo(vertex["red"].dtype).max)
    return splats_of_points(positions, np.clip(np.nan_to_num(colours), 0, 1))


def _unpacked(path: Path, tables: dict[str, np.ndarray], skip: bool) -> Splats:
    """PlayCanvas' compressed PLY: 256 splats share a box of places, of scales and of colours."""
    vertex, chunk = tables["vertex"], tables.get("chunk")
    if chunk is None:
        raise problem(path, "element chunk", "is missing")
    count = len(vertex)
    if len(chunk) != -(-count // _CHUNK):
        raise problem(path, "element chunk", f"has {len(chunk)} rows for {count} splats")
    packed = {}
    for name in ("packed_position", "packed_rotation", "packed_scale", "packed_color"):
        if name not in (vertex.dtype.names or ()) or vertex[name].dtype.kind != "u":
            raise problem(path, f"property {name}", "is missing or not of type uint")
        packed[name] = vertex[name].astype(np.uint32)
    part = np.arange(count) // _CHUNK

    def between(fractions: np.ndarray, stem: str, axes: str) -> np.ndarray:
        low = _columns(path, chunk, *(f"min_{stem}{axis}" for axis in axes))[part]
        high = _columns(path, chunk, *(f"max_{stem}{axis}" for axis in axes))[part]
        return low + (high - low) * fractions

    with np.errstate(all="ignore"):
        positions = between(_three(packed["packed_position"]), "", "xyz")
        scales = np.exp(between(_three(packed["packed_scale"]), "scale_", "xyz"))
        word = packed["packed_color"]
        colours = np.stack([(word >> shift & 255) / np.float32(255) for shift in (24, 16, 8)], axis=1)
        if "min_r" in (chunk.dtype.names or ()):
            colours = between(colours, "", "rgb")
    harmonics = ((colours - 0.5) / C0)[:, None].astype(np.float32)
    more = tables.get("sh")
    if more is not None:
        columns = more.dtype.names or ()
        if len(more) != count or len(columns) not in (9, 24, 45):
            raise problem(path, "element sh", f"has {len(more)} rows of {len(columns)} for {count} splats")
        coded = _columns(path, more, *(f"f_rest_{number}" for number in range(len(columns))))
        share = np.where(coded <= 0, 0.0, np.where(coded >= 255, 1.0, (coded + 0.5) / 256))
        rest = ((share - 0.5) * 8).reshape(count, 3, -1).transpose(0, 2, 1)
        harmonics = np.concatenate([harmonics, rest.astype(np.float32)], axis=1)
    return assembled(
        path,
        positions=positions,
        scales=scales,
        rotations=_smallest_three(packed["packed_rotation"]),
        opacities=((packed["packed_color"] & 255) / np.float32(255)).astype(np.float32),
        harmonics=harmonics,
        names={
            "positions": "element chunk min_x",
            "scales": "element chunk min_scale_x",
            "rotations": "packed_rotation",
            "opacities": "packed_color",
            "harmonics": "element chunk min_r",
        },
        skip=skip,
    )


def _three(words: np.ndarray) -> np.ndarray:
    """11, 10 and 11 bits as three fractions."""
    return np.stack(
        [
            (words >> 21) / np.float32(2047),
            (words >> 11 & 1023) / np.float32(1023),
            (words & 2047) / np.float32(2047),
        ],
        axis=1,
    ).astype(np.float32)


def _smallest_three(words: np.ndarray) -> np.ndarray:
    """Which of w x y z is largest in 2 bits, the others in 10 bits each."""
    parts = np.stack([(words >> shift & 1023) / np.float32(1023) for shift in (20, 10, 0)], axis=1)
    parts = (parts - 0.5) * np.float32(np.sqrt(2))
    largest = np.sqrt(np.maximum(0, 1 - (parts**2).sum(axis=1)))
    which = (words >> 30).astype(int)
    out = np.empty((len(words), 4), np.float32)
    for axis in range(4):
        rows = which == axis
        others = [other for other in range(4) if other != axis]
        out[rows, axis] = largest[rows]
        out[np.ix_(rows, others)] = parts[rows]
    return out


def trained_bytes(splats: Splats) -> bytes:
    """The PLY of Kerbl et al. 2023, which every splat program reads."""
    count = len(splats.positions)
    rest = splats.harmonics[:, 1:].transpose(0, 2, 1).reshape(count, -1)
    columns = {name: splats.positions[:, axis] for axis, name in enumerate("xyz")}
    columns |= {name: np.zeros(count, np.float32) for name in ("nx", "ny", "nz")}
    columns |= {f"f_dc_{channel}": splats.harmonics[:, 0, channel] for channel in range(3)}
    columns |= {f"f_rest_{number}": rest[:, number] for number in range(rest.shape[1])}
    columns["opacity"] = logit(splats.opacities)
    columns |= {f"scale_{axis}": np.log(splats.scales[:, axis]) for axis in range(3)}
    columns |= {f"rot_{number}": splats.rotations[:, number] for number in range(4)}
    table = np.empty(count, np.dtype([(name, "<f4") for name in columns]))
    for name, column in columns.items():
        table[name] = column
    return _header([("vertex", table)]) + table.tobytes()


def compressed_bytes(splats: Splats) -> bytes:
    """PlayCanvas' compressed PLY, 16 bytes a splat and one for each higher harmonic.

    Splats are put into the order of a space-filling curve, so that chunks of 256 lie together.
    """
    order = morton_order(splats.positions)
    count = len(order)
    part = np.arange(count) // _CHUNK
    edges = np.arange(0, count, _CHUNK)
    columns: dict[str, np.ndarray] = {}

    def fractions(values: np.ndarray, stem: str, axes: str) -> np.ndarray:
        low, high = np.minimum.reduceat(values, edges), np.maximum.reduceat(values, edges)
        for axis, name in enumerate(axes):
            columns[f"min_{stem}{name}"], columns[f"max_{stem}{name}"] = low[:, axis], high[:, axis]
        return (values - low[part]) / np.maximum(high - low, 1e-12)[part]

    places = fractions(splats.positions[order].astype(np.float64), "", "xyz")
    sizes = fractions(np.clip(np.log(splats.scales[order].astype(np.float64)), -20, 20), "scale_", "xyz")
    colours = fractions(splats.harmonics[order, 0].astype(np.float64) * C0 + 0.5, "", "rgb")
    alpha = np.round(np.clip(splats.opacities[order], 0, 1) * 255).astype(np.uint32)
    vertex = np.empty(count, np.dtype([(f"packed_{name}", "<u4") for name in _PACKED]))
    vertex["packed_position"] = _pack_three(places)
    vertex["packed_scale"] = _pack_three(sizes)
    bytes_ = np.round(colours * 255).astype(np.uint32)
    vertex["packed_color"] = bytes_[:, 0] << 24 | bytes_[:, 1] << 16 | bytes_[:, 2] << 8 | alpha
    vertex["packed_rotation"] = _pack_rotation(splats.rotations[order])
    names = [f"{end}_{stem}{axis}" for stem, axes in (("", "xyz"), ("scale_", "xyz"), ("", "rgb"))
             for end in ("min", "max") for axis in axes]  # fmt: skip
    chunk = np.empty(len(edges), np.dtype([(name, "<f4") for name in names]))
    for name in names:
        chunk[name] = columns[name]
    tables = [("chunk", chunk), ("vertex", vertex)]
    rest = splats.harmonics[order, 1:].transpose(0, 2, 1).reshape(count, -1)
    if rest.shape[1]:
        coded = np.clip(np.floor((rest / 8 + 0.5) * 256), 0, 255).astype(np.uint8)
        more = np.empty(count, np.dtype([(f"f_rest_{number}", "u1") for number in range(rest.shape[1])]))
        for number in range(rest.shape[1]):
            more[f"f_rest_{number}"] = coded[:, number]
        tables.append(("sh", more))
    return _header(tables) + b"".join(table.tobytes() for _, table in tables)


_PACKED = ("position", "rotation", "scale", "color")


def _pack_three(fractions: np.ndarray) -> np.ndarray:
    x, y, z = (
        np.round(np.clip(fractions[:, axis], 0, 1) * top).astype(np.uint32)
        for axis, top in enumerate((2047, 1023, 2047))
    )
    return x << 21 | y << 11 | z


def _pack_rotation(rotations: np.ndarray) -> np.ndarray:
    largest = np.abs(rotations).argmax(axis=1)
    signed = rotations * np.sign(np.take_along_axis(rotations, largest[:, None], axis=1))
    word = largest.astype(np.uint32)
    for step in range(3):
        column = step + (largest <= step)
        part = np.take_along_axis(signed, column[:, None], axis=1)[:, 0] / np.sqrt(2) + 0.5
        word = word << 10 | np.round(np.clip(part, 0, 1) * 1023).astype(np.uint32)
    return word


def morton_order(positions: np.ndarray) -> np.ndarray:
    """Indices that walk places along a space-filling curve, 10 bits an axis (Morton 1966)."""
    low, high = positions.min(axis=0), positions.max(axis=0)
    cells = ((positions - low) / np.maximum(high - low, 1e-12) * 1023).astype(np.uint64)
    code = np.zeros(len(positions), np.uint64)
    for bit in range(10):
        for axis in range(3):
            code |= (cells[:, axis] >> np.uint64(bit) & np.uint64(1)) << np.uint64(3 * bit + axis)
    return np.argsort(code, kind="stable")


def _header(tables: list[tuple[str, np.ndarray]]) -> bytes:
    kinds = {"f": "float", "u4": "uint", "u1": "uchar"}
    lines = ["ply", "format binary_little_endian 1.0"]
    for name, table in tables:
        lines.append(f"element {name} {len(table)}")
        for column in table.dtype.names or ():
            kind = table.dtype[column]
            lines.append(f"property {kinds.get(kind.kind) or kinds[kind.str[1:]]} {column}")
    return ("\n".join([*lines, "end_header"]) + "\n").encode()
