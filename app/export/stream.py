"""Exporting a range of frames as a video, in constant memory, and going on with a stopped export.

Pictures are computed in the caller's thread and encoded in another; a short queue joins the two,
so that neither runs ahead of the other.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from app.export.encoder import Encoder, encoding
from app.export.joining import join
from app.export.parts import Parts, identity_of
from app.export.progress import Clock, ExportProgress, OnProgress
from app.export.settings import VideoSettings
from nodes.sdk import Cancelled, NodeError
from nodes.sdk.values import Audio, Image

FrameSource: TypeAlias = Callable[[int], Image]

#: Pictures between computing and encoding.
QUEUE_LENGTH = 3

#: Frames a part: what is lost at most when the program is killed.
PART_FRAMES = 120


@dataclass(frozen=True)
class ExportReport:
    """What an export did.

    Attributes:
        path: the file that was made (of a sequence: its pattern).
        frames: how many frames it holds.
        resumed: how many of them an earlier run had finished.
    """

    path: Path
    frames: int
    resumed: int


def export_range(
    frame_at: FrameSource,
    target: Path,
    first: int,
    last: int,
    *,
    settings: VideoSettings | None = None,
    fps: float = 25.0,
    key: str = "",
    audio: Audio | None = None,
    carried: str = "",
    finish: Callable[[Path], None] = lambda draft: None,
    on_progress: OnProgress = lambda progress: None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> ExportReport:
    """Write the frames first..last (both included) into a video file.

    Args:
        frame_at: computes the picture at a frame; called in this thread, in order.
        target: the file; an earlier one is replaced only when the new one is complete.
        settings: codec and quality; None takes what the file name suggests.
        fps: frames a second of the project.
        key: tells one content from another (the engine's key of the port). With the same key,
            range and settings a stopped export goes on where it stopped; empty always starts anew.
        audio: sound; its time 0 is the project's frame 0.
        carried: the text of a graph that goes into the file's metadata.
        finish: called with the whole file before it takes the place of an earlier one.
        on_progress: called after every frame.
        is_cancelled: asked before every frame.

    Raises:
        Cancelled: when is_cancelled said so; with a key, what is finished stays for the next run.
        NodeError: when name, codec or picture sizes do not fit.
        FileProblem: when the disk is full or the file may not be written. An earlier file of that
            name is still there then.
    """
    settings = settings or VideoSettings.for_path(target)
    settings.check_path(target)
    if last < first:
        raise NodeError(
            f"there are no frames from {first} to {last}", hint="Give a first and a later last frame"
        )
    rate = settings.rate(fps)
    identity = _identity(key, first, last, settings, rate)
    parts = Parts(target, identity, resume=bool(key))
    resumed = parts.frames
    clock = Clock(last - first + 1)

    def check() -> None:
        if is_cancelled():
            raise Cancelled

    try:
        writer = _Writer(parts, target, settings, rate, last, keep=bool(key))
        try:
            for frame in range(first + resumed, last + 1):
                check()
                writer.put(frame, frame_at(frame))
                on_progress(clock.report(frame - first + 1))
            writer.finish()
        except BaseException:
            writer.stop()
            raise
        on_progress(ExportProgress(last - first + 1, last - first + 1, None, "joining"))
        join(
            [(parts.folder / part.name, part.last - part.first + 1) for part in parts.done],
            target,
            settings,
            rate,
            audio=audio,
            audio_start=first / fps,
            carried=carried,
            finish=finish,
            check=check,
        )
    except BaseException:
        if not key:
            parts.remove()  # nothing could ever go on from them
        raise
    parts.remove()
    return ExportReport(target, last - first + 1, resumed)


def _identity(key: str, first: int, last: int, settings: VideoSettings, rate: Fraction) -> str:
    import av

    # Another encoder version may write another header, and such parts do not join.
    return identity_of(
        key=key, first=first, last=last, settings=vars(settings), rate=rate, library=av.library_versions
    )


class _Writer:
    """The encoding thread: takes pictures from a short queue and writes parts."""

    def __init__(
        self, parts: Parts, target: Path, settings: VideoSettings, rate: Fraction, last: int, *, keep: bool
    ) -> None:
        self._parts = parts
        self._target = target
        self._settings = settings
        self._rate = rate
        self._end = last + 1
        self._keep = keep
        self._queue: queue.Queue[tuple[int, Image] | None] = queue.Queue(QUEUE_LENGTH)
        self._failure: BaseException | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="export encoder", daemon=True)
        self._thread.start()

    def put(self, frame: int, image: Image) -> None:
        """Hand over a picture; waits while the queue is full. Raises what the encoding raised."""
        self._offer((frame, image))

    def finish(self) -> None:
        """Wait until everything is written. Raises what the encoding raised."""
        self._offer(None)
        self._thread.join()
        self._raise()

    def stop(self) -> None:
        """End the thread: what it was given is finished as a shorter part, or thrown away."""
        self._stopped.set()
        self._thread.join()

    def _offer(self, item: tuple[int, Image] | None) -> None:
        while True:
            self._raise()
            try:
                self._queue.put(item, timeout=0.1)
                return
            except queue.Full:
                continue

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _take(self) -> tuple[int, Image] | None:
        """The next picture; None when there will be none. Raises Cancelled when all is given up."""
        while not self._stopped.is_set():
            try:
                return self._queue.get(timeout=0.1)
            except queue.Empty:
                continue
        if not self._keep:
            raise Cancelled
        try:
            return self._queue.get_nowait()
        except queue.Empty:
            return None

    def _run(self) -> None:
        try:
            with encoding(self._target):
                while self._write_part():
                    pass
        except Cancelled:
            pass
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for it
            self._failure = error

    def _write_part(self) -> bool:
        """Write the next part; False when it was the last."""
        item = self._take()
        if item is None:
            return False
        first, image = item
        last = first
        path = self._parts.path(first, self._settings.kind().segment)
        try:
            with Encoder(path, self._settings, self._rate) as encoder:
                encoder.write(image)
                while last + 1 < min(first + PART_FRAMES, self._end) and (item := self._take()):
                    last, image = item
                    encoder.write(image)
            self._parts.add(first, last, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return item is not None
