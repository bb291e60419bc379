"""How values cross from one process to another: plain data by pipe, large arrays by mapped files.

The files lie in a folder in memory (where the system has one) that belongs to one worker. The reader
maps a file and removes its name at once; whatever a killed worker leaves behind goes with its folder.
So nothing leaks, and nothing has to be tracked.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from app.engine.protocol import Event, Preview, ViewReady
from nodes.sdk import codec

#: Smaller arrays are cheaper to send than to map.
SMALLEST_MAPPED = 1 << 16
PREFIX = "facewright-"


@dataclass(frozen=True)
class Mapped:
    """An array in a file of the worker's folder."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Kept:
    """An array that the message before for the same slot brought already, by its number."""

    number: int


@dataclass(frozen=True, eq=False)
class Packed:
    """A preview whose arrays are on their way; `numbers` are what to remember them by."""

    kind: str
    summary: str
    scale: float
    pixels: Mapped | npt.NDArray[Any] | None
    tree: Any
    arrays: tuple[Mapped | Kept | npt.NDArray[Any], ...]
    numbers: tuple[int, ...] = ()
    bounds: tuple[float, float, float, float] | None = None


def make_folder() -> Path:
    """A new folder for one worker; those of programs that are gone are removed."""
    shared = Path("/dev/shm")
    parent = shared if shared.is_dir() and os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
    _sweep(parent)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))


def _sweep(parent: Path) -> None:
    """Remove folders whose owner died without a chance to do it."""
    if not hasattr(os, "getuid"):
        return
    for folder in parent.glob(f"{PREFIX}*-*"):
        owner = folder.name.removeprefix(PREFIX).partition("-")[0]
        with contextlib.suppress(OSError):
            if owner.isdigit() and folder.stat().st_uid == os.getuid() and not _alive(int(owner)):
                shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Sender:
    """Packs events in the worker.

    What one message for a slot has in common with the next, such as the model of a head whose
    expression changes, crosses once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        #: What the reader has of each slot. The arrays are held, so that no other takes their place.
        self._sent: dict[int, dict[int, tuple[npt.NDArray[Any], int]]] = {}

    def pack(self, event: Event) -> Any:
        """The event with its large arrays put aside."""
        if not isinstance(event, ViewReady):
            return event
        preview = event.preview
        tree, arrays = codec.encode(preview.value)
        before = self._sent.get(event.slot, {})
        now: dict[int, tuple[npt.NDArray[Any], int]] = {}
        numbers: list[int] = []
        ways: list[Mapped | Kept | npt.NDArray[Any]] = []
        for array in arrays:
            known = before.get(id(array))
            number = next(self._numbers) if known is None else known[1]
            now[id(array)] = (array, number)
            numbers.append(number)
            ways.append(self._put(array) if known is None else Kept(number))
        self._sent[event.slot] = now
        packed = Packed(
            preview.kind,
            preview.summary,
            preview.scale,
            None if preview.pixels is None else self._put(preview.pixels),
            tree,
            tuple(ways),
            tuple(numbers),
            preview.bounds,
        )
        return replace(event, preview=packed)  # type: ignore[arg-type]

    def _put(self, array: npt.NDArray[Any]) -> Mapped | npt.NDArray[Any]:
        if array.nbytes < SMALLEST_MAPPED:
            return array
        name = str(next(self._numbers))
        path = self._folder / name
        try:
            # write() and not a mapping: a full memory disk is then an error and not a bus fault.
            with path.open("wb", buffering=0) as stream:
                rest = np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
                while len(rest):
                    rest = rest[stream.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            return array
        return Mapped(name, str(array.dtype), array.shape)


class Receiver:
    """Unpacks events in the interface's process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: dict[int, dict[int, npt.NDArray[Any]]] = {}

    def unpack(self, event: Any) -> Event:
        """The event as it was packed.

        Raises:
            ValueError, OSError: when it is damaged.
        """
        if isinstance(event, ViewReady) and isinstance(event.preview, Packed):
            packed = event.preview
            before = self._kept.get(event.slot, {})
            arrays = [self._one(array, before) for array in packed.arrays]
            self._kept[event.slot] = dict(zip(packed.numbers, arrays, strict=True))
            value = codec.decode(packed.tree, arrays)
            pixels = None if packed.pixels is None else self._get(packed.pixels)
            preview = Preview(packed.kind, packed.summary, pixels, value, packed.scale, packed.bounds)
            return replace(event, preview=preview)
        return event  # type: ignore[no-any-return]

    def _one(
        self, array: Mapped | Kept | npt.NDArray[Any], before: dict[int, npt.NDArray[Any]]
    ) -> npt.NDArray[Any]:
        if not isinstance(array, Kept):
            return self._get(array)
        if array.number not in before:
            raise ValueError("a message refers to an array that never came")
        return before[array.number]

    def _get(self, array: Mapped | npt.NDArray[Any]) -> npt.NDArray[Any]:
        if not isinstance(array, Mapped):
            return array
        path = self._folder / array.name
        if sys.platform == "win32":  # A mapped file cannot be removed there.
            copied = np.fromfile(path, array.dtype).reshape(array.shape)
            path.unlink()
            return copied
        with path.open("r+b") as stream:
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY)
        path.unlink()
        return np.frombuffer(mapped, array.dtype).reshape(array.shape)
