"""Open clips, shared by everything in the process that asks for frames.

A clip is opened and indexed once and stays open, so that the next frame costs one decode. A file
that changes on disk is opened anew. At most a few stay open; the longest unused is closed first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeAlias

from nodes.media.files import existing_file
from nodes.media.video_reader import VideoReader

#: Each open decoder holds some tens of megabytes at 1080p.
MAX_OPEN = 4

_Key: TypeAlias = tuple[str, int, int]


class _Entry:
    """A clip's place in the pool; its lock is held while it is opened or read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.reader: VideoReader | None = None


class VideoPool:
    """Readers by file, at most `limit` open at a time (more only while all are being read)."""

    def __init__(self, limit: int = MAX_OPEN) -> None:
        self._limit = limit
        self._entries: OrderedDict[_Key, _Entry] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def reader(self, text: str) -> Iterator[VideoReader]:
        """The reader of a file, for this thread alone until the block ends.

        Raises:
            NodeError: when no path is given.
            FileProblem: when the file cannot be opened as a clip.
        """
        path = existing_file(text, "video")
        status = path.stat()
        key = (str(path.absolute()), status.st_mtime_ns, status.st_size)
        while True:
            with self._lock:
                entry = self._entries.setdefault(key, _Entry())
                self._entries.move_to_end(key)
            with entry.lock:
                if self._entries.get(key) is not entry:
                    continue  # dropped while this thread waited for it
                if entry.reader is None:
                    try:
                        entry.reader = VideoReader(path)
                    except BaseException:
                        with self._lock:
                            self._entries.pop(key, None)
                        raise
                self._drop_unused(key)
                yield entry.reader
                return

    def close(self) -> None:
        """Close every clip that is not being read."""
        with self._lock:
            for key in list(self._entries):
                self._drop(key)

    def __len__(self) -> int:
        return len(self._entries)

    def _drop_unused(self, current: _Key) -> None:
        with self._lock:
            same_file = [key for key in self._entries if key[0] == current[0] and key != current]
            oldest = [key for key in self._entries if key != current]
            surplus = len(self._entries) - len(same_file) - self._limit
            for key in same_file + [key for key in oldest if key not in same_file][: max(surplus, 0)]:
                self._drop(key)

    def _drop(self, key: _Key) -> None:
        entry = self._entries[key]
        if entry.lock.acquire(blocking=False):
            try:
                if entry.reader is not None:
                    entry.reader.close()
                del self._entries[key]
            finally:
                entry.lock.release()


#: The process's own pool.
clips = VideoPool()
