"""The disk tier of the cache: results that took long, across sessions.

One file per key, complete in itself, so that removing one never hurts another. A file is a magic
line, the length of a JSON header, the header (the value's tree, dtypes and shapes), the raw arrays,
and a BLAKE2 checksum over all of it. Files are written beside their place and moved into it. What
does not check out is removed and computed again, never trusted.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import struct
import time
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from app.engine.cache import Result
from app.engine.keys import Key
from nodes.sdk import codec, values
from nodes.sdk.values.arrays import byte_size
from nodes.sdk.whole import written_whole

logger = logging.getLogger(__name__)

MAGIC = b"facewright result 1\n"
SUFFIX = ".result"
CHECKSUM_BYTES = 32
ABANDONED_SECONDS = 3600
LARGEST_HEADER = 64 * 2**20
HEADER_ALLOWANCE = 4096
#: Results that took less are made again sooner than they are found.
WORTH_SECONDS = 0.3
DEFAULT_BUDGET = 4 * 2**30
#: Never fill the disk: stop when less than this is free.
SPARE_BYTES = 1 * 2**30
_DTYPES = frozenset({"float16", "float32", "float64", "uint8", "uint16", "int32", "int64", "bool"})
_EXACT = (type(None), bool, int, float, str, np.ndarray)
_VALUES = tuple(kind for kind in (getattr(values, name) for name in values.__all__) if isinstance(kind, type))


class DiskCache:
    """Results in a folder, bounded in size, the least recently used removed first.

    Args:
        folder: made when it is not there.
        budget: bytes.
        salt: becomes part of every file's name; other code, other results.
        worth: only results that took at least this many seconds are kept.
    """

    def __init__(
        self, folder: Path, *, budget: int = DEFAULT_BUDGET, salt: bytes = b"", worth: float = WORTH_SECONDS
    ) -> None:
        self.folder = folder
        self.budget = budget
        self.worth = worth
        self._salt = salt
        self._size: int | None = None
        self._refused = False

    def get(self, key: Key) -> Result | None:
        """The stored result, its checksum proved; None when there is none or it is damaged."""
        path = self._path(key)
        try:
            size = path.stat().st_size
            with path.open("rb") as stream:
                result = _read(stream, size)
            os.utime(path)
            return result
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, struct.error) as error:
            logger.warning("a stored result is damaged and is computed again: %s (%s)", path.name, error)
            with contextlib.suppress(OSError):
                path.unlink()
            return None

    def put(self, key: Key, result: Result) -> None:
        """Store a result if it is worth it and can be stored; a full disk is no failure."""
        if self._refused or result.seconds < self.worth or not _is_exact((result.outputs, result.state)):
            return
        if byte_size((result.outputs, result.state)) > self.budget // 4:
            return
        path = self._path(key)
        try:
            tree, arrays = codec.encode((result.outputs, result.state))
        except TypeError:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._make_room(sum(array.nbytes for array in arrays) + HEADER_ALLOWANCE)
            _write(path, tree, arrays, result)
            if self._size is not None:
                self._size += path.stat().st_size
        except OSError as error:
            self._refused = True
            logger.warning("results are no longer kept on disk: %s", error)

    def remove(self, key: Key) -> None:
        with contextlib.suppress(OSError):
            self._path(key).unlink()
        self._size = None

    def clear(self) -> None:
        for path in self._files():
            with contextlib.suppress(OSError):
                path.unlink()
        self._size = 0

    def _path(self, key: Key) -> Path:
        name = blake2b(key, digest_size=20, key=self._salt[:64]).hexdigest()
        return self.folder / name[:2] / f"{name}{SUFFIX}"

    def _files(self) -> Iterable[Path]:
        return self.folder.glob(f"??/*{SUFFIX}")

    def _make_room(self, wanted: int) -> None:
        """Remove the least recently used files until `wanted` bytes fit.

        Raises:
            OSError: when the disk itself is too full.
        """
        if self._size is None or self._size + wanted > self.budget:
            files = []
            for path in self._files():
                with contextlib.suppress(OSError):
                    status = path.stat()
                    files.append((status.st_mtime_ns, status.st_size, path))
            self._sweep()
            files.sort(key=lambda each: each[0])
            total = sum(size for _, size, _ in files)
            for _, size, path in files:
                if total + wanted <= self.budget:
                    break
                with contextlib.suppress(OSError):
                    path.unlink()
                total -= size
            self._size = total
        if shutil.disk_usage(self.folder).free < wanted + SPARE_BYTES:
            raise OSError("the disk is nearly full")

    def _sweep(self) -> None:
        """Remove what writers that were killed left half written."""
        for path in self.folder.glob("??/*.part"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                    path.unlink()


def _is_exact(value: Any) -> bool:
    """Whether the codec gives back the very same types: lists and tensors, for one, it does not."""
    if type(value) is tuple:
        return all(_is_exact(item) for item in value)
    if type(value) is dict:
        return all(isinstance(key, str) and _is_exact(item) for key, item in value.items())
    return type(value) in _EXACT or type(value) in _VALUES


def _write(path: Path, tree: Any, arrays: list[np.ndarray[Any, Any]], result: Result) -> None:
    arrays = [np.ascontiguousarray(array) for array in arrays]
    header = json.dumps(
        {
            "value": tree,
            "seconds": result.seconds,
            "notices": list(result.notices),
            "arrays": [{"dtype": str(array.dtype), "shape": list(array.shape)} for array in arrays],
        },
        separators=(",", ":"),
        allow_nan=True,
    ).encode()
    checksum = blake2b(digest_size=CHECKSUM_BYTES)
    parts: list[bytes | memoryview] = [MAGIC, struct.pack("<Q", len(header)), header]
    parts += map(_raw, arrays)
    with written_whole(path) as stream:
        for part in parts:
            checksum.update(part)
            stream.write(part)
        stream.write(checksum.digest())


def _raw(array: np.ndarray[Any, Any]) -> memoryview:
    """The bytes of a contiguous array, without a copy."""
    return memoryview(array.reshape(-1).view(np.uint8).data)


def _read(stream: Any, size: int) -> Result:
    checksum = blake2b(digest_size=CHECKSUM_BYTES)
    start = stream.read(len(MAGIC) + 8)
    if not start.startswith(MAGIC) or len(start) != len(MAGIC) + 8:
        raise ValueError("not a stored result")
    (length,) = struct.unpack("<Q", start[len(MAGIC) :])
    if length > min(LARGEST_HEADER, size):
        raise ValueError("the header is longer than the file")
    written = stream.read(length)
    checksum.update(start)
    checksum.update(written)
    header = json.loads(written)
    left = size - len(start) - length - CHECKSUM_BYTES
    arrays = []
    for entry in header["arrays"]:
        if entry["dtype"] not in _DTYPES:
            raise ValueError(f"arrays of {entry['dtype']} are not stored")
        shape = tuple(int(count) for count in entry["shape"])
        dtype = np.dtype(entry["dtype"])
        count = dtype.itemsize
        for axis in shape:
            count *= axis
        if min(shape, default=0) < 0 or count > left:
            raise ValueError("the arrays are longer than the file")
        left -= count
        array = np.empty(shape, dtype)
        raw = _raw(array)
        if stream.readinto(raw) != count:
            raise ValueError("the file is cut short")
        checksum.update(raw)
        arrays.append(array)
    if left or stream.read(CHECKSUM_BYTES + 1) != checksum.digest():
        raise ValueError("the checksum is wrong")
    outputs, state = codec.decode(header["value"], arrays)
    notices = tuple(str(words) for words in header.get("notices", ()))
    return Result(tuple(outputs), state, float(header["seconds"]), notices=notices)
