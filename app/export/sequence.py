"""Exporting a range of frames as numbered pictures, and going on with a stopped sequence."""

from __future__ import annotations

import json
import logging
import re
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from app.export.atomic import replacing
from app.export.parts import identity_of
from app.export.pictures import check_picture_path, write_picture
from app.export.progress import Clock, OnProgress
from app.export.stream import ExportReport, FrameSource
from nodes.sdk import Cancelled, FileProblem, NodeError
from nodes.sdk.values import Image

logger = logging.getLogger(__name__)

_FIELD = re.compile(r"#+|%0?(\d*)d")

#: Pictures that wait for, or are in, encoding.
_IN_FLIGHT = 3

#: The note of what is finished is renewed after this many pictures.
_NOTE_EVERY = 16


def is_pattern(path: Path) -> bool:
    """Whether a file name numbers its frames: `face.####.png` or `face.%04d.png`."""
    return _FIELD.search(path.name) is not None


def numbered(pattern: Path, frame: int) -> Path:
    """The file of a frame.

    Raises:
        NodeError: when the name has no place for the number, or more than one.
    """
    fields = list(_FIELD.finditer(pattern.name))
    if len(fields) != 1:
        raise NodeError(
            f"'{pattern.name}' does not say where the frame's number goes",
            hint="Write it once, as in face.####.png or face.%04d.png",
        )
    (field,) = fields
    digits = len(field[0]) if field[0].startswith("#") else int(field[1] or 1)
    digits = min(digits, 20)
    name = f"{pattern.name[: field.start()]}{frame:0{digits}d}{pattern.name[field.end() :]}"
    return pattern.with_name(name)


def export_sequence(
    frame_at: FrameSource,
    pattern: Path,
    first: int,
    last: int,
    *,
    depth: int = 8,
    quality: int = 95,
    key: str = "",
    carried: str = "",
    finish: Callable[[Path], None] = lambda draft: None,
    on_progress: OnProgress = lambda progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> ExportReport:
    """Write the frames first..last (both included) as numbered pictures.

    Args:
        frame_at: computes the picture at a frame; called in this thread, in order.
        pattern: such as `face.####.png`; the number is the frame.
        depth, quality, carried, finish: see `write_picture`.
        key: tells one content from another. With the same key, range and settings a stopped
            sequence goes on where it stopped; empty always starts anew.
        on_progress: called after every frame.
        is_cancelled: asked before every frame.

    Raises:
        Cancelled: when is_cancelled said so; the pictures written so far stay.
        NodeError: when the name does not fit.
        FileProblem: when the disk is full or a picture may not be written.
    """
    check_picture_path(pattern, depth)
    numbered(pattern, first)
    if last < first:
        raise NodeError(
            f"there are no frames from {first} to {last}", hint="Give a first and a later last frame"
        )
    note = _Note(pattern, identity_of(key=key, first=first, last=last, depth=depth, quality=quality))
    resumed = note.finished(first, last) if key else 0
    clock = Clock(last - first + 1)
    waiting: deque[Future[None]] = deque()

    def write(image: Image, frame: int) -> None:
        write_picture(
            image, numbered(pattern, frame), depth=depth, quality=quality, carried=carried, finish=finish
        )

    done = resumed
    with ThreadPoolExecutor(2, thread_name_prefix="export pictures") as pool:
        try:
            for frame in range(first + resumed, last + 1):
                if is_cancelled():
                    raise Cancelled
                while len(waiting) >= _IN_FLIGHT:
                    waiting.popleft().result()
                    done += 1
                    if key and done % _NOTE_EVERY == 0:
                        note.save(done)
                waiting.append(pool.submit(write, frame_at(frame), frame))
                on_progress(clock.report(frame - first + 1))
            while waiting:
                waiting.popleft().result()
                done += 1
        except BaseException:
            for future in waiting:
                future.cancel()
            if key and done > resumed:
                note.try_to_save(done)
            raise
    note.remove()
    return ExportReport(pattern, last - first + 1, resumed)


class _Note:
    """The file beside a sequence that says how far it came."""

    def __init__(self, pattern: Path, identity: str) -> None:
        self._pattern = pattern
        self._path = pattern.with_name(f".{pattern.name}.progress.json")
        self._identity = identity

    def finished(self, first: int, last: int) -> int:
        """How many frames from the first on are finished and still there."""
        try:
            found = json.loads(self._path.read_text("utf-8"))
            count = int(found["done"]) if found["identity"] == self._identity else 0
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.debug("no note of an earlier export: %s", error)
            return 0
        for frame in range(first, min(first + count, last + 1)):
            if not numbered(self._pattern, frame).is_file():
                return frame - first
        return min(max(count, 0), last - first + 1)

    def save(self, done: int) -> None:
        with replacing(self._path) as draft:
            draft.write_text(json.dumps({"identity": self._identity, "done": done}), "utf-8")

    def try_to_save(self, done: int) -> None:
        """Save without complaint: the export already ends with a more telling error."""
        try:
            self.save(done)
        except (FileProblem, OSError) as error:
            logger.info("the note of a stopped export was not written: %s", error)

    def remove(self) -> None:
        self._path.unlink(missing_ok=True)
