"""Niantic's .spz, versions 2 and 3 (one gzip stream or none) and 4 (a zstd stream per attribute)."""

from __future__ import annotations

import gzip
import itertools
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nodes.gaussians.files.checking import (
    Progress,
    assembled,
    degree_of,
    problem,
    require_bytes,
    require_count,
    silent,
)
from nodes.sdk import FileProblem, NodeError
from nodes.sdk.values import Splats

_MAGIC = 0x5053474E
_HEADER = struct.Struct("<IIIBBBB")
_REST = (0, 9, 24, 45)
#: Colours are stored around 0.5 with this factor in place of the constant harmonic.
_COLOUR = 0.15
_STREAMS = ("positions", "alphas", "colors", "scales", "rotations", "sh")
_BITS = 12
_LONGEST_TABLE = 64


@dataclass(frozen=True)
class _Head:
    version: int
    count: int
    degree: int
    fraction: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """Bytes of positions, alphas, colours, scales, rotations and harmonics."""
        turn = 3 if self.version < 3 else 4
        return tuple(self.count * each for each in (9, 1, 3, 3, turn, _REST[self.degree]))


def read_spz(path: Path, *, skip: bool = False, progress: Progress = silent) -> Splats:
    """Splats of an .spz file. Raises FileProblem when it is damaged."""
    with path.open("rb") as stream:
        start = stream.read(_HEADER.size)
        zipped = start[:2] == b"\x1f\x8b"
        if zipped:
            start = _inflated(path, _HEADER.size)
    head = _head(path, start)
    progress(0.1, "unpacking")
    if head.version >= 4:
        parts = _streams(path, head)
    else:
        need = _HEADER.size + sum(head.sizes)
        data = _inflated(path, need) if zipped else path.read_bytes()[:need]
        require_bytes(path, "numPoints", len(data), need)
        edges = np.cumsum([_HEADER.size, *head.sizes])
        parts = [data[a:b] for a, b in itertools.pairwise(edges)]
    progress(0.5, "decoding")
    return _decoded(path, head, [np.frombuffer(part, np.uint8) for part in parts], skip)


def _head(path: Path, start: bytes) -> _Head:
    if len(start) < _HEADER.size:
        raise problem(path, "header", "is cut off")
    magic, version, count, degree, fraction, _, _ = _HEADER.unpack(start)
    if magic != _MAGIC:
        raise problem(path, "magic", "is not that of an .spz file")
    if version not in (2, 3, 4):
        raise problem(path, "version", f"is {version}; 2, 3 and 4 can be read")
    if degree >= len(_REST):
        raise problem(path, "shDegree", f"is {degree}; 0 to 3 can be read")
    if fraction > 24:
        raise problem(path, "fractionalBits", f"is {fraction}; at most 24 make sense")
    return _Head(version, require_count(path, "numPoints", count), degree, fraction)


def _inflated(path: Path, most: int) -> bytes:
    """The first `most` bytes of a gzip file, never more."""
    decoder = zlib.decompressobj(31)
    out = bytearray()
    try:
        with path.open("rb") as stream:
            while len(out) < most and (chunk := stream.read(1 << 20)):
                while chunk and len(out) < most:
                    out += decoder.decompress(chunk, most - len(out))
                    chunk = decoder.unconsumed_tail
                if decoder.eof:
                    break
    except zlib.error as error:
        raise problem(path, "gzip stream", f"is damaged: {error}") from error
    return bytes(out)


def _streams(path: Path, head: _Head) -> list[bytes]:
    """The attribute streams of version 4, each a zstd frame listed in a table."""
    try:
        from zstandard import ZstdDecompressor, ZstdError
    except ImportError as error:
        raise FileProblem(
            f"{path} is an .spz of version 4, which needs the package zstandard",
            hint="Install zstandard, or save the file as version 3",
        ) from error
    size = path.stat().st_size
    with path.open("rb") as stream:
        fixed = stream.read(32)
        require_bytes(path, "header", len(fixed), 32)
        number, table_at = fixed[15], struct.unpack_from("<I", fixed, 16)[0]
        wanted = [want for want in head.sizes if want]
        if not len(wanted) <= number <= _LONGEST_TABLE:
            raise problem(path, "number of streams", f"is {number}; {len(wanted)} are needed")
        require_bytes(path, "tocByteOffset", size, table_at + 16 * number)
        stream.seek(table_at)
        table = struct.unpack(f"<{2 * number}Q", stream.read(16 * number))
        parts: list[bytes] = []
        for name, want, packed, plain in zip(_STREAMS, wanted, table[::2], table[1::2], strict=False):
            if plain != want:
                raise problem(path, f"stream {name}", f"holds {plain:,} bytes where {want:,} are needed")
            require_bytes(path, f"stream {name}", size - stream.tell(), packed)
            data = stream.read(packed)
            try:
                with ZstdDecompressor(max_window_size=1 << 27).stream_reader(data) as reader:
                    part = reader.read(want)
            except (ZstdError, MemoryError) as error:
                raise problem(path, f"stream {name}", f"is damaged: {error}") from error
            require_bytes(path, f"stream {name}", len(part), want)
            parts.append(part)
    return parts + [b""] * (6 - len(parts))


def _decoded(path: Path, head: _Head, parts: list[np.ndarray], skip: bool) -> Splats:
    count = head.count
    places, alphas, colours, scales, turns, rest = parts
    bytes3 = places.reshape(count, 3, 3).astype(np.int32)
    fixed = bytes3[..., 0] | bytes3[..., 1] << 8 | bytes3[..., 2] << 16
    fixed = np.where(fixed & 0x800000, fixed - 0x1000000, fixed)
    harmonics = ((colours.reshape(count, 1, 3) / np.float32(255) - 0.5) / _COLOUR).astype(np.float32)
    if head.degree:
        more = (rest.reshape(count, -1, 3).astype(np.float32) - 128) / 128
        harmonics = np.concatenate([harmonics, more], axis=1)
    return assembled(
        path,
        positions=(fixed / np.float32(1 << head.fraction)).astype(np.float32),
        scales=np.exp(scales.reshape(count, 3) / np.float32(16) - 10),
        rotations=_first_three(turns) if head.version < 3 else _smallest_three(turns),
        opacities=alphas / np.float32(255),
        harmonics=harmonics,
        names={"rotations": "rotations"},
        skip=skip,
    )


def _first_three(turns: np.ndarray) -> np.ndarray:
    """Version 2: x, y, z in a byte each; w is what remains to length 1."""
    xyz = turns.reshape(-1, 3) / np.float32(127.5) - 1
    w = np.sqrt(np.maximum(0, 1 - (xyz**2).sum(axis=1, keepdims=True)))
    return np.concatenate([w, xyz], axis=1)


def _smallest_three(turns: np.ndarray) -> np.ndarray:
    """Version 3 on: the index of the largest of x y z w, the others as sign and 9 bits."""
    word = np.ascontiguousarray(turns).view("<u4").astype(np.uint32)
    largest = (word >> 30).astype(int)
    xyzw = np.zeros((len(word), 4), np.float32)
    for axis in (3, 2, 1, 0):
        mine = largest != axis
        size = (word & 511) / np.float32(511) * np.float32(np.sqrt(0.5))
        xyzw[mine, axis] = np.where(word & 512, -size, size)[mine]
        word = np.where(mine, word >> 10, word)
    rest = np.sqrt(np.maximum(0, 1 - (xyzw**2).sum(axis=1)))
    xyzw[np.arange(len(word)), largest] = rest
    return xyzw[:, [3, 0, 1, 2]]


def spz_bytes(splats: Splats, version: int = 3) -> bytes:
    """An .spz file of version 3, which all readers of the format know, or of version 4."""
    count = len(splats.positions)
    degree = degree_of(splats.harmonics.shape[1])
    reach = max(float(np.abs(splats.positions).max()), 1e-6)
    # As fine as 24 bits allow for the farthest splat, but never coarser than the usual 12 bits say.
    fraction = int(np.clip(np.floor(np.log2((2**23 - 1) / reach)), 0, 20))
    fixed = np.clip(np.round(splats.positions.astype(np.float64) * (1 << fraction)), -(2**23), 2**23 - 1)
    words = (fixed.astype(np.int64) & 0xFFFFFF).astype(np.uint32)
    places = np.stack([words & 255, words >> 8 & 255, words >> 16], axis=2).astype(np.uint8)

    def byte(values: np.ndarray) -> bytes:
        return np.clip(np.round(values), 0, 255).astype(np.uint8).tobytes()

    parts = [
        places.tobytes(),
        byte(splats.opacities * 255),
        byte((splats.harmonics[:, 0] * _COLOUR + 0.5) * 255),
        byte((np.log(splats.scales) + 10) * 16),
        _pack_smallest_three(splats.rotations),
    ]
    if degree:
        parts.append(byte(splats.harmonics[:, 1:] * 128 + 128))
    if version >= 4:
        return _with_streams(count, degree, fraction, parts)
    return gzip.compress(b"".join([_HEADER.pack(_MAGIC, 3, count, degree, fraction, 0, 0), *parts]), mtime=0)


def _with_streams(count: int, degree: int, fraction: int, parts: list[bytes]) -> bytes:
    """Version 4: a header of 32 bytes, a table of packed and plain sizes, and a zstd frame for each part.

    Raises:
        NodeError: without the package zstandard.
    """
    try:
        from zstandard import ZstdCompressor
    except ImportError as error:
        raise NodeError(
            "an .spz of version 4 needs the package zstandard",
            hint="Install zstandard, or end the name with .spz alone for version 3",
        ) from error
    packed = [ZstdCompressor(level=12).compress(part) for part in parts]
    head = _HEADER.pack(_MAGIC, 4, count, degree, fraction, 0, len(parts)) + struct.pack("<I12x", 32)
    sizes = [size for one, part in zip(packed, parts, strict=True) for size in (len(one), len(part))]
    return head + struct.pack(f"<{len(sizes)}Q", *sizes) + b"".join(packed)


def _pack_smallest_three(rotations: np.ndarray) -> bytes:
    xyzw = rotations[:, [1, 2, 3, 0]].astype(np.float64)
    largest = np.abs(xyzw).argmax(axis=1)
    xyzw *= np.sign(np.take_along_axis(xyzw, largest[:, None], axis=1))
    word = largest.astype(np.uint32)
    for step in range(3):
        column = step + (largest <= step)
        part = np.take_along_axis(xyzw, column[:, None], axis=1)[:, 0]
        size = np.round(np.clip(np.abs(part) * np.sqrt(2), 0, 1) * 511).astype(np.uint32)
        word = word << 10 | (part < 0).astype(np.uint32) << 9 | size
    return word.astype("<u4").tobytes()
