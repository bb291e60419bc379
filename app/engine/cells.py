"""A few numbers and a name that two processes see at once, without waiting for each other.

The client writes what is no longer wanted; the worker writes which node runs, so that after a crash
it is known whose fault it was.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

SIZE = 4096
_CANCELLED = 0
_REQUEST = 8
_RUNNING = 64
_LONGEST = SIZE - _RUNNING - 4


class Cells:
    """The shared page of one worker; a file in its folder."""

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        path = folder / "cells"
        if make:
            path.write_bytes(bytes(SIZE))
        with path.open("r+b") as stream:
            self._page = mmap.mmap(stream.fileno(), SIZE)

    @property
    def cancelled(self) -> int:
        """Requests up to this number are not wanted any more."""
        (number,) = struct.unpack_from("<q", self._page, _CANCELLED)
        return int(number)

    @cancelled.setter
    def cancelled(self, number: int) -> None:
        struct.pack_into("<q", self._page, _CANCELLED, number)

    @property
    def request(self) -> int:
        """The request that is being answered; 0 for none."""
        (number,) = struct.unpack_from("<q", self._page, _REQUEST)
        return int(number)

    @request.setter
    def request(self, number: int) -> None:
        struct.pack_into("<q", self._page, _REQUEST, number)

    @property
    def running(self) -> str:
        """The node that runs, or empty. Read it when the worker is gone: writing takes two steps."""
        (length,) = struct.unpack_from("<I", self._page, _RUNNING)
        start = _RUNNING + 4
        return self._page[start : start + min(length, _LONGEST)].decode("utf-8", "replace")

    @running.setter
    def running(self, name: str) -> None:
        written = name.encode()[:_LONGEST]
        struct.pack_into(f"<I{len(written)}s", self._page, _RUNNING, len(written), written)

    def close(self) -> None:
        self._page.close()
