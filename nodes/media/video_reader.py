"""Frames of a clip by number: a decoder that stays open and knows where it stands."""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nodes.media.video_index import VideoIndex, alpha_beside, build_index, open_video, picture_stream
from nodes.sdk import FileProblem
from nodes.sdk.values.arrays import FloatArray

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame

logger = logging.getLogger(__name__)

#: Decoded frames (still in the clip's own small encoding) kept for stepping backwards.
_RECENT_BYTES = 64 * 1024 * 1024
_RECENT_FRAMES = 48

#: A frame this far ahead is reached by decoding on; farther ones by seeking.
_DRAIN_FRAMES = 12

# AVColorSpace -> the constants of swscale (1: BT.709, 4: FCC, 5: BT.601, 7: SMPTE 240M, 9: BT.2020).
_MATRIX = {1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9, 10: 9}
_FULL_RANGE = 2
_HD_LINES = 720


class VideoReader:
    """One open clip. Not thread-safe: hold a lock while using it (see `video_pool`).

    Memory is constant: one decoder, and a few recent frames in the clip's own encoding.

    Attributes:
        path: the file.
        index: when each frame is shown.
        damaged: numbers of the frames that another stands in for, as far as they were asked for.
    """

    def __init__(self, path: Path) -> None:
        """Open a clip and index its frames.

        Raises:
            FileProblem: when it is no clip, damaged, holds no frames, or is too large.
        """
        self.path = path
        self._recent: OrderedDict[int, VideoFrame] = OrderedDict()
        self._recent_bytes = 0
        self._warned = False
        self.damaged: set[int] = set()
        with open_video(path) as container:
            self.index: VideoIndex = build_index(container, picture_stream(container, path), path)
        self._open()

    def close(self) -> None:
        """Release the decoder and the file."""
        self._recent.clear()
        self._recent_bytes = 0
        self._container.close()

    def frame(self, number: int) -> FloatArray:
        """Frame `number` as H x W x 3 (or 4, when the clip has alpha) float32 in 0..1, sRGB-encoded, upright.

        A frame that is damaged is replaced by the last good one before it, with a logged warning.

        Raises:
            IndexError: when there is no frame of that number.
            FileProblem: when nothing of the clip decodes.
        """
        if not 0 <= number < len(self.index):
            raise IndexError(f"frame {number} of {len(self.index)}")
        return self._as_float(self._decoded(number))

    def _open(self) -> None:
        import av

        self._container = open_video(self.path)
        self._stream = picture_stream(self._container, self.path)
        self._decoder: Any = self._stream
        # FFmpeg's own VP9 decoder drops the alpha that WebM keeps beside the picture.
        if self._stream.codec_context.name == "vp9" and alpha_beside(self._stream):
            decoder = av.CodecContext.create("libvpx-vp9", "r")
            if self._stream.codec_context.extradata:
                decoder.extradata = self._stream.codec_context.extradata
            self._decoder = decoder
        else:
            self._stream.thread_type = "AUTO"
        self._converter = av.video.reformatter.VideoReformatter()
        self._restart()

    def _restart(self) -> None:
        """Forget what was in flight; the decoder goes on from where the file now stands."""
        self._packets: Iterator[Packet[Any]] = self._container.demux(self._stream)
        self._ready: deque[VideoFrame] = deque()
        self._position: int | None = None  # number of the last frame that came out
        self._ended = False

    def _decoded(self, number: int) -> VideoFrame:
        if number in self._recent:
            self._recent.move_to_end(number)
            return self._recent[number]
        if not self._ahead(number):
            self._seek(number)
        found = self._run_to(number)
        if found is None:
            raise FileProblem(
                f"no frame of the video {self.path} can be decoded", hint="Copy or export it again"
            )
        return found

    def _ahead(self, number: int) -> bool:
        """Whether decoding on reaches the frame sooner than seeking."""
        position = self._position
        if position is None or self._ended or number <= position:
            return False
        return number - position <= _DRAIN_FRAMES or self._key_before(number) <= position

    def _key_before(self, number: int) -> int:
        keys = self.index.keys
        place = int(np.searchsorted(keys, number, side="right")) - 1
        return int(keys[place]) if place >= 0 else 0

    def _seek(self, number: int) -> None:
        """Stand at a key frame from which the frame decodes; earlier ones when a file's index lies."""
        import av

        key = self._key_before(number)
        for _ in range(2):
            if key == 0 or self.index.counted:
                break
            try:
                self._container.seek(int(self.index.stamps[key]), stream=self._stream, backward=True)
            except av.error.FFmpegError as error:
                logger.info("%s does not seek: %s", self.path, error)
                break
            if self._decoder is not self._stream:
                self._decoder.flush_buffers()
            self._restart()
            first = self._next()
            if first is not None and self._position is not None and self._position <= number:
                self._ready.appendleft(first)
                self._position = None
                return
            key = self._key_before(key - 1)
        self._container.close()
        self._open()

    def _run_to(self, number: int) -> VideoFrame | None:
        """Decode until the frame comes out; the nearest good one before it when it never does."""
        before: VideoFrame | None = self._recent.get(number - 1)
        while (frame := self._next()) is not None and self._position is not None:
            if self._position > number:
                self._ready.appendleft(frame)
                before = before or frame
                break
            before = frame
            if self._position == number:
                return frame
        if before is None and self._recent:
            before = self._recent[min(self._recent, key=lambda kept: (kept > number, abs(kept - number)))]
        if before is not None:
            self._warn(f"frame {number} is damaged; the one before it stands in")
            self.damaged.add(number)
            self._remember(number, before)
        return before

    def _next(self) -> VideoFrame | None:
        """The next good frame in order, noted as the position; None at the end."""
        while True:
            while self._ready:
                frame = self._ready.popleft()
                number = self._number(frame)
                if frame.is_corrupt:
                    self._warn(f"frame {number} is damaged")
                    continue
                self._position = number
                self._remember(number, frame)
                return frame
            if self._ended:
                return None
            self._read_on()

    def _read_on(self) -> None:
        import av

        try:
            packet = next(self._packets, None)
        except av.error.FFmpegError as error:
            self._warn(f"the file breaks off: {error}")
            packet = None
        if packet is None:
            self._ended = True
            return
        try:
            self._ready.extend(self._decoder.decode(packet if packet.size else None))
        except av.error.FFmpegError as error:
            self._warn(f"a frame does not decode: {error}")

    def _number(self, frame: VideoFrame) -> int:
        stamp = frame.pts if frame.pts is not None else frame.dts
        if self.index.counted or stamp is None:
            return 0 if self._position is None else self._position + 1
        return max(int(np.searchsorted(self.index.stamps, stamp, side="right")) - 1, 0)

    def _remember(self, number: int, frame: VideoFrame) -> None:
        if number in self._recent:
            return
        self._recent[number] = frame
        self._recent_bytes += _bytes_of(frame)
        while len(self._recent) > 1 and (
            self._recent_bytes > _RECENT_BYTES or len(self._recent) > _RECENT_FRAMES
        ):
            _, dropped = self._recent.popitem(last=False)
            self._recent_bytes -= _bytes_of(dropped)

    def _warn(self, what: str) -> None:
        """Log the first problem of a clip loudly and the others quietly."""
        logger.log(logging.DEBUG if self._warned else logging.WARNING, "%s: %s", self.path, what)
        self._warned = True

    def _as_float(self, frame: VideoFrame) -> FloatArray:
        layout = frame.format
        deep = any(part.bits > 8 for part in layout.components)
        alpha = any(part.is_alpha for part in layout.components) or layout.has_palette
        name = ("rgba64le" if alpha else "rgb48le") if deep else ("rgba" if alpha else "rgb24")
        matrix = _MATRIX.get(frame.colorspace, 1 if frame.height >= _HD_LINES else 5)
        whole = self._converter.reformat(
            frame,
            self.index.width,
            self.index.height,
            format=name,
            src_colorspace=None if layout.is_rgb else matrix,
            src_color_range=frame.color_range or None,
            dst_color_range=_FULL_RANGE,
        ).to_ndarray()
        turned = np.rot90(whole, round(frame.rotation / 90) % 4)
        return np.divide(turned, np.float32(65535 if deep else 255), dtype=np.float32, order="C")


def _bytes_of(frame: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in frame.planes)
