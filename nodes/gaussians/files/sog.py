"""PlayCanvas' SOG, version 2: attributes as lossless pictures, in a folder or a .sog archive."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

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
from nodes.gaussians.files.ply import morton_order
from nodes.media.archives import DAMAGED
from nodes.sdk.values import Splats

_LONGEST_META = 1 << 20
_LARGEST_MEMBER = 1 << 30
_MOST_PIXELS = 1 << 26
_PALETTE_COLUMNS = 64
_CODES = 256
#: Size of the palette of higher harmonics.
_ENTRIES = 2048

Load = Callable[[str], bytes]


def read_sog(path: Path, *, skip: bool = False, progress: Progress = silent) -> Splats:
    """Splats of a SOG folder, its meta.json, or a .sog archive.

    Raises:
        FileProblem: when the set is incomplete or damaged.
    """
    if path.is_dir() or path.name == "meta.json":
        folder = path if path.is_dir() else path.parent
        return _decode(path, lambda name: _from_folder(path, folder, name), skip, progress)
    try:
        with zipfile.ZipFile(path) as archive:
            return _decode(path, lambda name: _from_archive(path, archive, name), skip, progress)
    except (zipfile.BadZipFile, RuntimeError) as error:
        raise problem(path, "archive", f"is damaged: {error}") from error


def _from_folder(path: Path, folder: Path, name: str) -> bytes:
    found = folder / name
    try:
        if found.stat().st_size > _LARGEST_MEMBER:
            raise problem(path, name, "is larger than 1 GB")
        return found.read_bytes()
    except OSError as error:
        raise problem(path, name, "is missing from the folder") from error


def _from_archive(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        info = archive.getinfo(name)
        if info.file_size > _LARGEST_MEMBER:
            raise problem(path, name, "is larger than 1 GB")
        with archive.open(info) as stream:
            return stream.read(info.file_size)
    except DAMAGED as error:
        raise problem(path, name, "is missing from the archive or damaged") from error


def _decode(path: Path, load: Load, skip: bool, progress: Progress) -> Splats:
    text = load("meta.json")
    require_bytes(path, "meta.json", _LONGEST_META, len(text))
    try:
        meta = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise problem(path, "meta.json", f"is no JSON: {error}") from error
    if not isinstance(meta, dict) or meta.get("version") != 2:
        raise problem(path, "meta.json version", "is not 2")
    count = meta.get("count")
    if not isinstance(count, int):
        raise problem(path, "meta.json count", "is no whole number")
    require_count(path, "meta.json count", count)

    def picture(group: str, index: int, rows: int | None = count) -> np.ndarray:
        files = _entry(path, meta, group, "files")
        if not isinstance(files, list) or len(files) <= index or not _plain(files[index]):
            raise problem(path, f"meta.json {group}.files", "names no file in the folder")
        pixels = _pixels(path, files[index], load(files[index]))
        if rows is None:
            return pixels
        flat = pixels.reshape(-1, 4)
        require_bytes(path, files[index], len(flat), rows)
        return flat[:rows]

    progress(0.1, "places")
    low, high = (_numbers(path, meta, "means", key, 3) for key in ("mins", "maxs"))
    steps = picture("means", 0)[:, :3].astype(np.float64) + picture("means", 1)[:, :3] * 256.0
    logs = low + steps / 65535 * (high - low)
    with np.errstate(all="ignore"):
        positions = np.sign(logs) * np.expm1(np.abs(logs))
        progress(0.3, "sizes")
        sizes = np.exp(_numbers(path, meta, "scales", "codebook", _CODES))[picture("scales", 0)[:, :3]]
    progress(0.5, "rotations")
    rotations = _rotations(picture("quats", 0))
    progress(0.7, "colours")
    base = picture("sh0", 0)
    harmonics = _numbers(path, meta, "sh0", "codebook", _CODES)[base[:, :3]][:, None]
    if meta.get("shN") is not None:
        more = _palette(path, meta, picture)
        harmonics = np.concatenate([harmonics, more], axis=1)
    return assembled(
        path,
        positions=positions,
        scales=sizes,
        rotations=rotations,
        opacities=base[:, 3] / np.float32(255),
        harmonics=harmonics.astype(np.float32),
        names={
            "positions": "meta.json means",
            "scales": "meta.json scales.codebook",
            "rotations": "quats",
            "harmonics": "meta.json sh0.codebook",
        },
        skip=skip,
    )


def _plain(name: Any) -> bool:
    """Whether a name stays inside the folder."""
    return isinstance(name, str) and name not in ("", ".", "..") and not set(name) & set("/\\:\0")


def _entry(path: Path, meta: dict[str, Any], group: str, key: str) -> Any:
    held = meta.get(group)
    if not isinstance(held, dict) or key not in held:
        raise problem(path, f"meta.json {group}.{key}", "is missing")
    return held[key]


def _numbers(path: Path, meta: dict[str, Any], group: str, key: str, length: int) -> np.ndarray:
    held = _entry(path, meta, group, key)
    plain = isinstance(held, list) and all(
        isinstance(number, int | float) and not isinstance(number, bool) and abs(number) < 1e30
        for number in held
    )
    if not plain or len(held) != length:
        raise problem(path, f"meta.json {group}.{key}", f"is no list of {length} numbers")
    return np.array(held, np.float64)


def _pixels(path: Path, name: str, data: bytes) -> np.ndarray:
    """H x W x 4 uint8 of a lossless picture."""
    from PIL import Image as Pillow
    from PIL import UnidentifiedImageError

    try:
        with Pillow.open(BytesIO(data), formats=["WEBP", "PNG"]) as opened:
            if opened.width * opened.height > _MOST_PIXELS:
                raise problem(path, name, f"has {opened.width} x {opened.height} pixels, which is too many")
            return np.asarray(opened.convert("RGBA"))
    except (
        UnidentifiedImageError, Pillow.DecompressionBombError, OSError, ValueError, SyntaxError, EOFError
    ) as error:  # fmt: skip
        raise problem(path, name, "is no picture or damaged") from error


def _rotations(pixels: np.ndarray) -> np.ndarray:
    """The largest of w x y z by the fourth byte (252 to 255), the others in a byte each."""
    parts = (pixels[:, :3] / np.float32(255) * 2 - 1) / np.float32(np.sqrt(2))
    largest = np.sqrt(np.maximum(0, 1 - (parts**2).sum(axis=1)))
    out = np.zeros((len(pixels), 4), np.float32)
    out[:, 0] = 1
    for axis in range(4):
        rows = pixels[:, 3] == 252 + axis
        others = [other for other in range(4) if other != axis]
        out[rows, axis] = largest[rows]
        out[np.ix_(rows, others)] = parts[rows]
    return out


def _palette(path: Path, meta: dict[str, Any], picture: Callable[..., np.ndarray]) -> np.ndarray:
    bands = _entry(path, meta, "shN", "bands")
    if bands not in (1, 2, 3):
        raise problem(path, "meta.json shN.bands", "is not 1, 2 or 3")
    width = (bands + 1) ** 2 - 1
    codebook = _numbers(path, meta, "shN", "codebook", _CODES)
    centroids = picture("shN", 0, None)
    if centroids.shape[1] != _PALETTE_COLUMNS * width:
        raise problem(path, "shN_centroids", f"is {centroids.shape[1]} pixels wide")
    table = codebook[centroids[..., :3]].reshape(-1, width, 3).astype(np.float32)
    labels = picture("shN", 1).astype(np.int64)
    chosen = labels[:, 0] | labels[:, 1] << 8
    if chosen.max() >= len(table):
        raise problem(path, "shN_labels", f"points at entry {chosen.max()} of {len(table)}")
    return table[chosen]


def sog_files(splats: Splats) -> dict[str, bytes]:
    """The files of a SOG set by name. Harmonics of the higher degrees go through a palette."""
    order = morton_order(splats.positions)
    count = len(order)
    side = int(np.ceil(np.sqrt(count) / 4) * 4)
    high = -(-count // side)

    def laid(values: np.ndarray) -> np.ndarray:
        out = np.zeros((side * high, 4), np.uint8)
        out[:, 3] = 255
        out[:count, : values.shape[1]] = values
        return out.reshape(high, side, 4)

    places = splats.positions[order].astype(np.float64)
    logs = np.sign(places) * np.log1p(np.abs(places))
    low, top = logs.min(axis=0), logs.max(axis=0)
    steps = np.round((logs - low) / np.maximum(top - low, 1e-12) * 65535).astype(np.int64)
    scale_book, scale_codes = _coded(np.log(splats.scales[order]))
    colour_book, colour_codes = _coded(splats.harmonics[order, 0])
    alpha = np.round(np.clip(splats.opacities[order], 0, 1) * 255)[:, None]
    files = {
        "means_l.webp": _lossless(laid(steps & 255)),
        "means_u.webp": _lossless(laid(steps >> 8)),
        "scales.webp": _lossless(laid(scale_codes)),
        "quats.webp": _lossless(laid(_packed_rotations(splats.rotations[order]))),
        "sh0.webp": _lossless(laid(np.concatenate([colour_codes, alpha], axis=1))),
    }
    meta: dict[str, Any] = {
        "version": 2,
        "asset": {"generator": "Facewright"},
        "count": count,
        "means": {"mins": low.tolist(), "maxs": top.tolist(), "files": ["means_l.webp", "means_u.webp"]},
        "scales": {"codebook": scale_book, "files": ["scales.webp"]},
        "quats": {"files": ["quats.webp"]},
        "sh0": {"codebook": colour_book, "files": ["sh0.webp"]},
    }
    bands = splats.harmonics.shape[1]
    if bands > 1:
        table, chosen = _clustered(splats.harmonics[order, 1:].reshape(count, -1))
        book, codes = _coded(table.reshape(len(table), bands - 1, 3))
        rows = -(-len(table) // _PALETTE_COLUMNS)
        grid = np.zeros((rows * _PALETTE_COLUMNS, bands - 1, 4), np.uint8)
        grid[..., 3] = 255
        grid[: len(table), :, :3] = codes
        files["shN_centroids.webp"] = _lossless(grid.reshape(rows, -1, 4))
        files["shN_labels.webp"] = _lossless(laid(np.stack([chosen & 255, chosen >> 8], axis=1)))
        meta["shN"] = {
            "count": len(table),
            "bands": degree_of(bands),
            "codebook": book,
            "files": ["shN_centroids.webp", "shN_labels.webp"],
        }
    return files | {"meta.json": json.dumps(meta, separators=(",", ":")).encode()}


def sog_bytes(splats: Splats) -> bytes:
    """A .sog archive."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sog_files(splats).items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def _coded(values: np.ndarray) -> tuple[list[float], np.ndarray]:
    """256 numbers that stand for all values, by Lloyd's method from quantiles, and which is which."""
    flat = np.sort(values.ravel().astype(np.float64))
    sums = np.concatenate([[0.0], np.cumsum(flat)])
    book = np.quantile(flat, (np.arange(_CODES) + 0.5) / _CODES)
    # Evenly spread numbers as well, so that rare values far out are not lost.
    book[::4] = np.linspace(flat[0], flat[-1], _CODES // 4)
    book.sort()
    for _ in range(30):
        edges = np.searchsorted(flat, 0.5 * (book[1:] + book[:-1]))
        starts, ends = np.concatenate([[0], edges]), np.concatenate([edges, [len(flat)]])
        size = ends - starts
        book = np.where(size > 0, (sums[ends] - sums[starts]) / np.maximum(size, 1), book)
    book.sort()
    codes = np.searchsorted(0.5 * (book[1:] + book[:-1]), values)
    return book.tolist(), codes.astype(np.uint8)


def _clustered(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A palette for rows of numbers (at most 2048 entries, Lloyd's method), and each row's entry."""
    random = np.random.default_rng(0)
    entries = min(_ENTRIES, len(rows))
    if entries == len(rows):
        return rows, np.arange(len(rows))
    rows = np.ascontiguousarray(rows, np.float32)
    sample = rows[random.choice(len(rows), min(len(rows), 16 * entries), replace=False)]
    table = sample[:entries].copy()
    for _ in range(4):
        nearest = _nearest(sample, table)
        size = np.bincount(nearest, minlength=entries)
        sums = np.stack([np.bincount(nearest, column, entries) for column in sample.T], axis=1)
        used = size > 0
        table[used] = sums[used] / size[used, None]
    return table, _nearest(rows, table)


def _nearest(rows: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Which row of the table is nearest to each row."""
    lengths = (table * table).sum(axis=1)
    blocks = [
        np.argmin(lengths - 2 * (rows[start : start + 4096] @ table.T), axis=1)
        for start in range(0, len(rows), 4096)
    ]
    return np.concatenate(blocks)


def _packed_rotations(rotations: np.ndarray) -> np.ndarray:
    largest = np.abs(rotations).argmax(axis=1)
    signed = rotations * np.sign(np.take_along_axis(rotations, largest[:, None], axis=1))
    out = np.empty((len(rotations), 4))
    for step in range(3):
        column = step + (largest <= step)
        part = np.take_along_axis(signed, column[:, None], axis=1)[:, 0]
        out[:, step] = np.round((np.clip(part * np.sqrt(2), -1, 1) * 0.5 + 0.5) * 255)
    out[:, 3] = 252 + largest
    return out


def _lossless(pixels: np.ndarray) -> bytes:
    from PIL import Image as Pillow

    out = BytesIO()
    Pillow.fromarray(pixels, "RGBA").save(out, "WEBP", lossless=True, exact=True, quality=50)
    return out.getvalue()
