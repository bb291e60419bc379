"""What a clip holds: the time of each of its frames, found without decoding them."""

from __future__ import annotations

import logging
import math
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from nodes.media.files import VIDEO_EXTENSIONS
from nodes.sdk import FileProblem

if TYPE_CHECKING:
    import av
    from av.video.stream import VideoStream

logger = logging.getLogger(__name__)

#: Larger frames are refused; 8192 x 8192 takes 0.8 GB as float RGB.
MAX_SIDE = 16_384
MAX_PIXELS = 8192 * 8192

# Containers of one file each. Playlists and scripts (HLS, concat, ...) could open other files or
# addresses, so they are not among them.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,asf,gif,ogg,mxf,nut,apng,"
    "h264,hevc,m4v,ivf,obu,yuv4mpegpipe,dv,wtv,rm,swf,webp_anim"
)
_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}

#: Frame times may miss a frame's start by rounding; a tenth of a frame is forgiven.
_TOLERANCE = 0.1

AfterEnd = Literal["hold", "loop", "bounce"]


@dataclass(frozen=True, eq=False)
class VideoIndex:
    """The frames of a clip in the order they are shown.

    Attributes:
        stamps: N int64, presentation time of each frame in units of `time_base` seconds, rising.
        keys: indices (into stamps) of frames from which decoding can start, rising.
        time_base: seconds of one stamp unit.
        fps: mean frames a second.
        width, height: size in pixels as stored, before a phone's quarter turn.
        counted: True when the file has no usable times, so that frames can only be counted.
    """

    stamps: npt.NDArray[np.int64]
    keys: npt.NDArray[np.int64]
    time_base: float
    fps: float
    width: int
    height: int
    counted: bool

    def __len__(self) -> int:
        return int(self.stamps.size)

    @property
    def seconds(self) -> float:
        """How long the clip lasts, its last frame included."""
        return float((self.stamps[-1] - self.stamps[0]) * self.time_base + 1.0 / self.fps)

    def number_at(self, seconds: float) -> int:
        """The frame shown at a time after the clip's first frame; -1 before it begins.

        Times that miss a frame's start by less than a tenth of a frame count as on it. At and
        after the end the number is len(self) or more, at the clip's mean rate.
        """
        shifted = seconds + _TOLERANCE / self.fps
        if shifted < 0:
            return min(-1, math.floor(seconds * self.fps + _TOLERANCE))
        if shifted >= self.seconds:
            return len(self) + int((shifted - self.seconds) * self.fps)
        stamp = self.stamps[0] + math.floor(shifted / self.time_base)
        return int(np.searchsorted(self.stamps, stamp, side="right")) - 1

    def inside(self, number: int, after_end: AfterEnd) -> int:
        """A frame that exists, for a number that may lie before the first or after the last."""
        count = len(self)
        if 0 <= number < count:
            return number
        if after_end == "loop":
            return number % count
        if after_end == "bounce" and count > 1:
            place = number % (2 * count - 2)
            return min(place, 2 * count - 2 - place)
        return min(max(number, 0), count - 1)


def open_video(path: Path) -> av.container.InputContainer:
    """The opened container of a clip.

    Raises:
        FileProblem: when it is not a clip, or damaged.
    """
    import av

    try:
        # The prefix keeps names such as "a:b.mp4" from being read as an address.
        return av.open(f"file:{path}", options=_OPTIONS, metadata_errors="replace")
    except (av.error.FFmpegError, ValueError, UnicodeError) as error:
        logger.info("%s does not open as a clip: %s", path, error)
        if path.suffix.lower().lstrip(".") in VIDEO_EXTENSIONS:
            raise FileProblem(
                f"the video {path} is damaged, cut short, or no video at all",
                hint="Copy, download or export it again",
            ) from error
        raise FileProblem(
            f"{path} is not a video", hint="MP4, MOV, MKV, WebM, AVI, MPEG, GIF and the like can be read"
        ) from error


def picture_stream(container: av.container.InputContainer, path: Path) -> VideoStream:
    """The stream that holds the moving picture (a cover picture of a song is none).

    Raises:
        FileProblem: when there is none, or its frames are too large.
    """
    import av

    covers = av.stream.Disposition.attached_pic
    found = [stream for stream in container.streams.video if not stream.disposition & covers]
    if not found:
        raise FileProblem(f"{path} holds no moving picture", hint="Choose a video file")
    stream = found[0]
    if stream.codec_context is None:
        raise FileProblem(
            f"the video {path} is of a kind that cannot be decoded", hint="Convert it to H.264 in MP4"
        )
    width, height = stream.codec_context.width, stream.codec_context.height
    if width < 1 or height < 1:
        raise FileProblem(f"the video {path} has no picture size", hint="Export it again")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise FileProblem(
            f"the video {path} is too large ({width} x {height}; at most {MAX_SIDE:,} pixels a side and "
            f"{MAX_PIXELS // 1_000_000} megapixels)",
            hint="Make it smaller first",
        )
    return stream


def alpha_beside(stream: VideoStream) -> bool:
    """Whether a VP9 stream keeps alpha beside its pictures, as WebM does."""
    return any(name.lower() == "alpha_mode" and value == "1" for name, value in stream.metadata.items())


def build_index(container: av.container.InputContainer, stream: VideoStream, path: Path) -> VideoIndex:
    """Read all packets once, without decoding, and note when each frame is shown.

    Raises:
        FileProblem: when there is no frame.
    """
    import av

    stamps, keys, missing = array("q"), array("q"), False
    try:
        for packet in container.demux(stream):
            if packet.size == 0 or packet.is_discard:
                continue
            stamp = packet.pts if packet.pts is not None else packet.dts
            missing = missing or packet.pts is None
            if packet.is_keyframe:
                keys.append(len(stamps) if stamp is None else stamp)
            stamps.append(len(stamps) if stamp is None else stamp)
    except av.error.FFmpegError as error:
        logger.warning("%s is damaged after frame %d: %s", path, len(stamps), error)
    if not stamps:
        raise FileProblem(f"the video {path} holds no frames", hint="Copy, download or export it again")
    rate = stream.average_rate or stream.guessed_rate
    time_base = float(stream.time_base or 0) or 1 / 25
    shown = np.unique(np.frombuffer(stamps, np.int64))
    counted = missing and (shown.size != len(stamps) or not _has_times(stream))
    if counted:
        fps = float(rate) if rate else 25.0
        shown, key_stamps = np.arange(len(stamps), dtype=np.int64), np.zeros(1, np.int64)
        time_base = 1.0 / fps
    else:
        key_stamps = np.frombuffer(keys, np.int64) if keys else shown[:1]
    fps = _mean_rate(shown, time_base, float(rate) if rate else 0.0)
    width, height = stream.codec_context.width, stream.codec_context.height
    return VideoIndex(
        shown, np.searchsorted(shown, np.unique(key_stamps)), time_base, fps, width, height, counted
    )


def _has_times(stream: Any) -> bool:
    return stream.container.format.name not in ("h264", "hevc", "m4v", "mpegvideo", "obu")


def _mean_rate(stamps: npt.NDArray[np.int64], time_base: float, declared: float) -> float:
    """Frames a second, from the frames themselves; as declared when the two agree or there is one frame."""
    span = float(stamps[-1] - stamps[0]) * time_base
    if stamps.size < 2 or span <= 0:
        return declared if 0 < declared <= 1000 else 25.0
    measured = (stamps.size - 1) / span
    return declared if declared and abs(measured / declared - 1) < 0.01 else measured
