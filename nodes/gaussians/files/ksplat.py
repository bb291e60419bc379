"""The .ksplat format of mkkellogg/GaussianSplats3D: sections of splats, at three levels of packing."""

from __future__ import annotations

import struct
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
from nodes.gaussians.harmonics import colour_to_harmonic, harmonic_to_colour
from nodes.gaussians.merging import merged
from nodes.sdk.values import Splats

_FILE_HEADER = 4096
_SECTION_HEADER = 1024
_MOST_SECTIONS = 4096
_REST = (0, 9, 24, 45)
#: Harmonics of level 2 lie in this range unless the header says otherwise.
_RANGE = 1.5
#: Packed places: splats of a bucket, steps to either side of a block's centre, blocks across the scene.
_BUCKET, _STEPS, _BLOCKS = 256, 32767, 10


@dataclass(frozen=True)
class _Section:
    count: int
    capacity: int
    bucket_capacity: int
    buckets: int
    block: float
    bucket_bytes: int
    steps: int
    full: int
    partial: int
    degree: int


def read_ksplat(path: Path, *, skip: bool = False, progress: Progress = silent) -> Splats:
    """Splats of a .ksplat file. Raises FileProblem when it is damaged."""
    size = path.stat().st_size
    require_bytes(path, "header", size, _FILE_HEADER)
    with path.open("rb") as stream:
        head = stream.read(_FILE_HEADER)
        major, minor = head[0], head[1]
        if major != 0 or minor < 1:
            raise problem(path, "version", f"is {major}.{minor}; 0.1 and later can be read")
        sections = struct.unpack_from("<I", head, 4)[0]
        level = struct.unpack_from("<H", head, 20)[0]
        if level > 2:
            raise problem(path, "compressionLevel", f"is {level}; 0 to 2 can be read")
        if not 1 <= sections <= _MOST_SECTIONS:
            raise problem(path, "maxSectionCount", f"is {sections}; 1 to {_MOST_SECTIONS} make sense")
        require_count(path, "splatCount", struct.unpack_from("<I", head, 16)[0])
        low, high = struct.unpack_from("<ff", head, 36)
        if not (np.isfinite([low, high]).all() and low < high):
            low, high = -_RANGE, _RANGE
        require_bytes(path, "maxSectionCount", size, _FILE_HEADER + sections * _SECTION_HEADER)
        heads = [_section(path, stream.read(_SECTION_HEADER), number) for number in range(sections)]
        parts = []
        for number, section in enumerate(heads):
            progress(0.1 + 0.8 * number / sections, f"section {number + 1} of {sections}")
            row = _row(level, section.degree)
            storage = section.bucket_bytes * section.buckets + 4 * section.partial
            need = storage + row.itemsize * section.capacity
            require_bytes(path, f"section {number} maxSplatCount", size - stream.tell(), need)
            begin = stream.tell()
            if section.count:
                data = stream.read(storage + row.itemsize * section.count)
                parts.append(_decode(path, number, section, level, data, (low, high), skip))
            stream.seek(begin + need)
    if not parts:
        raise problem(path, "splatCount", "says that there are no splats")
    return merged(parts)


def _section(path: Path, head: bytes, number: int) -> _Section:
    count, capacity, bucket_capacity, buckets = struct.unpack_from("<IIII", head, 0)
    (block,) = struct.unpack_from("<f", head, 16)
    (bucket_bytes,) = struct.unpack_from("<H", head, 20)
    (steps,) = struct.unpack_from("<I", head, 24)
    full, partial = struct.unpack_from("<II", head, 32)
    (degree,) = struct.unpack_from("<H", head, 40)
    name = f"section {number}"
    if capacity:
        require_count(path, f"{name} maxSplatCount", capacity)
    if count > capacity:
        raise problem(path, f"{name} splatCount", f"is {count}, above its maximum {capacity}")
    if degree >= len(_REST):
        raise problem(path, f"{name} sphericalHarmonicsDegree", f"is {degree}; 0 to 3 can be read")
    if max(full, partial, buckets) > count + 1 or full + partial > buckets + partial:
        raise problem(path, f"{name} bucketCount", f"is {buckets} for {count} splats")
    return _Section(
        count, capacity, bucket_capacity, buckets, block, bucket_bytes, steps or 32767, full, partial, degree
    )


def _row(level: int, degree: int) -> np.dtype[np.void]:
    place, real, code = (("<f4", "<f4", "<f4"), ("<u2", "<f2", "<f2"), ("<u2", "<f2", "u1"))[level]
    fields: list[tuple[str, str, int]] = [("position", place, 3), ("scale", real, 3), ("rotation", real, 4)]
    fields.append(("colour", "u1", 4))
    if degree:
        fields.append(("rest", code, _REST[degree]))
    return np.dtype(fields)


def _decode(
    path: Path,
    number: int,
    section: _Section,
    level: int,
    data: bytes,
    limits: tuple[float, float],
    skip: bool,
) -> Splats:
    row = _row(level, section.degree)
    storage = section.bucket_bytes * section.buckets + 4 * section.partial
    rows = np.frombuffer(data, row, section.count, storage)
    places = rows["position"].astype(np.float32)
    if level:
        if section.bucket_bytes != 12 or not np.isfinite(section.block):
            raise problem(path, f"section {number} bucketStorageSizeBytes", f"is {section.bucket_bytes}")
        owner = _owners(path, number, section, np.frombuffer(data, "<u4", section.partial))
        centres = np.frombuffer(data, "<f4", 3 * section.buckets, 4 * section.partial).reshape(-1, 3)
        step = np.float32(section.block / 2 / section.steps)
        with np.errstate(all="ignore"):
            places = (places - section.steps) * step + centres[owner]
    colours = rows["colour"].astype(np.float32) / 255
    harmonics = colour_to_harmonic(colours[:, None, :3])
    if section.degree:
        rest = rows["rest"].astype(np.float32)
        if level == 2:
            rest = limits[0] + rest / 255 * (limits[1] - limits[0])
        # Each degree keeps all of red, then all of green, then all of blue.
        bands = [
            rest[:, 3 * (d * d - 1) : 3 * ((d + 1) ** 2 - 1)].reshape(section.count, 3, -1).transpose(0, 2, 1)
            for d in range(1, section.degree + 1)
        ]
        harmonics = np.concatenate([harmonics, *bands], axis=1)
    return assembled(
        path,
        positions=places,
        scales=rows["scale"].astype(np.float32),
        rotations=rows["rotation"].astype(np.float32),
        opacities=colours[:, 3],
        harmonics=harmonics,
        names={
            field: f"section {number} {field}" for field in ("positions", "scales", "rotations", "harmonics")
        },
        skip=skip,
    )


def _owners(path: Path, number: int, section: _Section, partial: np.ndarray) -> np.ndarray:
    """Which bucket each splat lies in: full ones first, then partly filled ones."""
    filled = np.repeat(np.int64(section.bucket_capacity), section.full)
    lengths = np.concatenate([filled, partial.astype(np.int64)])
    if int(lengths.sum()) < section.count or len(lengths) > section.buckets:
        raise problem(path, f"section {number} fullBucketCount", "does not add up to its splats")
    ends = np.cumsum(lengths)
    return np.searchsorted(ends, np.arange(section.count), side="right")


def ksplat_bytes(splats: Splats, level: int = 0) -> bytes:
    """A .ksplat file of one section, with harmonics to degree 2.

    Args:
        level: 0 keeps float32; 1 packs places into 16 bits about the centres of blocks, and sizes, turns and
            harmonics into half floats; 2 also packs harmonics into 8 bits.
    """
    degree = min(degree_of(splats.harmonics.shape[1]), 2)
    order, storage, buckets = np.arange(len(splats.positions)), b"", _Buckets()
    places: np.ndarray = splats.positions
    if level:
        order, places, storage, buckets = _bucketed(splats.positions)
    count = len(order)
    rows = np.empty(count, _row(level, degree))
    rows["position"], rows["rotation"] = places, splats.rotations[order]
    # The smallest half float above zero: a size of nothing would be damage.
    rows["scale"] = np.maximum(splats.scales[order], 6.2e-5) if level else splats.scales[order]
    colours = np.clip(harmonic_to_colour(splats.harmonics[order, 0]), 0, 1)
    rows["colour"][:, :3] = np.round(colours * 255)
    rows["colour"][:, 3] = np.round(np.clip(splats.opacities[order], 0, 1) * 255)
    low, high = -_RANGE, _RANGE
    if degree:
        parts = [
            splats.harmonics[order, d * d : (d + 1) ** 2].transpose(0, 2, 1).reshape(count, -1)
            for d in range(1, degree + 1)
        ]
        rest = np.concatenate(parts, axis=1)
        if level == 2:
            low, high = float(rest.min()), max(float(rest.max()), float(rest.min()) + 1e-3)
            rest = np.round((rest - low) / (high - low) * 255)
        rows["rest"] = rest
    head = bytearray(_FILE_HEADER)
    head[0:2] = bytes([0, 1])
    struct.pack_into("<IIII", head, 4, 1, 1, count, count)
    struct.pack_into("<H", head, 20, level)
    struct.pack_into("<ff", head, 36, low, high)
    section = bytearray(_SECTION_HEADER)
    struct.pack_into("<II", section, 0, count, count)
    if level:
        struct.pack_into("<IIfH", section, 8, _BUCKET, buckets.number, buckets.block, 12)
        struct.pack_into("<I", section, 24, _STEPS)
        struct.pack_into("<II", section, 32, buckets.full, buckets.number - buckets.full)
    struct.pack_into("<I", section, 28, len(storage) + rows.nbytes)
    struct.pack_into("<H", section, 40, degree)
    return bytes(head) + bytes(section) + storage + rows.tobytes()


@dataclass(frozen=True)
class _Buckets:
    number: int = 0
    full: int = 0
    block: float = 0.0


def _bucketed(positions: np.ndarray) -> tuple[np.ndarray, np.ndarray, bytes, _Buckets]:
    """The order of splats by blocks of space, their places in it in 16 bits, and the table of blocks."""
    places = positions.astype(np.float64)
    low = places.min(axis=0)
    block = max(float(np.ptp(places, axis=0).max()) / _BLOCKS, 1e-4)
    cell = np.floor((places - low) / block).astype(np.int64)
    number = (cell[:, 0] * (_BLOCKS + 2) + cell[:, 1]) * (_BLOCKS + 2) + cell[:, 2]
    order = np.argsort(number, kind="stable")
    _, starts, sizes = np.unique(number[order], return_index=True, return_counts=True)
    full, partial = [], []
    for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
        whole = size - size % _BUCKET
        full += [order[start + at : start + at + _BUCKET] for at in range(0, whole, _BUCKET)]
        if size > whole:
            partial.append(order[start + whole : start + size])
    buckets = [*full, *partial]
    order = np.concatenate(buckets)
    centres = np.stack([low + (cell[bucket[0]] + 0.5) * block for bucket in buckets]).astype("<f4")
    owner = np.repeat(np.arange(len(buckets)), [len(bucket) for bucket in buckets])
    fixed = np.round((places[order] - centres[owner]) / (block / 2) * _STEPS + _STEPS)
    lengths = np.array([len(bucket) for bucket in partial], "<u4")
    storage = lengths.tobytes() + centres.tobytes()
    return order, np.clip(fixed, 0, 65535), storage, _Buckets(len(buckets), len(full), block)
