"""Joining the parts of a video, and sound, into the file the user asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app.export.atomic import replacing
from app.export.carried import KEYWORD
from app.export.encoder import encoding
from app.export.settings import VideoSettings, extension_of
from nodes.media.video_index import alpha_beside, build_index, open_video, picture_stream
from nodes.sdk import FileProblem
from nodes.sdk.values import Audio
from nodes.sdk.values.arrays import host_array

if TYPE_CHECKING:
    from av.packet import Packet

#: Sound is written this far ahead of the picture, so that the file stays well interleaved.
_SOUND_AHEAD = 0.5

_SOUND_CHUNK = 16_384
_COMMON_RATES = (44_100, 48_000)


def join(
    parts: Sequence[tuple[Path, int]],
    target: Path,
    settings: VideoSettings,
    rate: Fraction,
    *,
    audio: Audio | None = None,
    audio_start: float = 0.0,
    carried: str = "",
    finish: Callable[[Path], None] = lambda draft: None,
    check: Callable[[], None] = lambda: None,
) -> None:
    """Copy the parts' pictures, without encoding them again, into one file, and put sound to them.

    The file is read back before it takes the target's place.

    Args:
        parts: paths and their numbers of frames, in order.
        target: the file to make.
        settings: how the parts were encoded.
        rate: frames a second.
        audio: sound, or None.
        audio_start: seconds of the sound that come before the first frame.
        carried: the text of a graph that goes into the file's metadata.
        finish: called with the joined file before it is read back.
        check: called often; what it raises ends the work.

    Raises:
        FileProblem: when the file cannot be written.
    """
    total = sum(count for _, count in parts)
    # A draft among the parts goes with them, should the program be killed now.
    with encoding(target), replacing(target, parts[0][0].parent) as draft:
        _write(parts, draft, settings, rate, total, audio, audio_start, carried, check)
        finish(draft)
        with open_video(draft) as written:
            index = build_index(written, picture_stream(written, draft), target)
        if len(index) != total:
            raise FileProblem(
                f"{target} was not written whole ({len(index)} of {total} frames)",
                hint="Check the disk, then export again",
            )


def _write(
    parts: Sequence[tuple[Path, int]],
    draft: Path,
    settings: VideoSettings,
    rate: Fraction,
    total: int,
    audio: Audio | None,
    audio_start: float,
    carried: str,
    check: Callable[[], None],
) -> None:
    import av

    with ExitStack() as stack:
        first = stack.enter_context(open_video(parts[0][0]))
        template = picture_stream(first, parts[0][0])
        extension = extension_of(draft)
        options = {"movflags": "+faststart+use_metadata_tags"} if extension in ("mp4", "mov") else {}
        container = stack.enter_context(av.open(f"file:{draft}", "w", options=options))
        if carried:
            container.metadata[KEYWORD] = carried
        stream = container.add_stream_from_template(template, opaque=True)
        tag = settings.kind().tag
        if tag and extension in ("mp4", "mov"):
            stream.codec_context.codec_tag = tag
        if alpha_beside(template):
            stream.metadata["alpha_mode"] = "1"
        stream.time_base = 1 / rate
        sound = None
        if audio is not None and audio.samples.shape[0]:
            sound = _Sound(container, settings.kind().sound, audio, audio_start, float(total / rate))
        for packet in _packets(parts, rate):
            packet.stream = stream
            if sound is not None:
                sound.write_until(float((packet.pts or 0) / rate) + _SOUND_AHEAD)
            container.mux(packet)
            check()
        if sound is not None:
            sound.finish()


def _packets(parts: Sequence[tuple[Path, int]], rate: Fraction) -> Iterator[Packet[Any]]:
    """The packets of all parts, their times counted in frames of the whole.

    Decoding times follow from the order of the packets and from how far frames may be shown out of
    order; those of the parts would not fit together where a part is very short.

    Raises:
        FileProblem: when a part does not go with the first.
    """
    shown_before, decoded, header, depth = 0, 0, None, 0
    for path, count in parts:
        with open_video(path) as container:
            stream = picture_stream(container, path)
            context = stream.codec_context
            if header is None:
                header, depth = context.extradata, context.reorder_depth
            if context.extradata != header:
                raise FileProblem(
                    f"the parts in {path.parent} do not belong together",
                    hint="Delete that folder, export again",
                )
            scale = Fraction(stream.time_base or 1 / rate) * rate
            for packet in container.demux(stream):
                if packet.size == 0 or packet.pts is None:
                    continue
                # Parts count in milliseconds or the like; here each stamp is a whole frame again.
                packet.pts = round(packet.pts * scale) + shown_before
                packet.dts = decoded - depth
                packet.duration = 1
                packet.time_base = 1 / rate
                decoded += 1
                yield packet
        shown_before += count


class _Sound:
    """Encodes sound bit by bit beside the pictures."""

    def __init__(self, container: Any, encoder: str, audio: Audio, start: float, seconds: float) -> None:
        self._container = container
        self._samples = host_array(audio.samples)
        self._rate = audio.rate
        self._start = max(round(start * audio.rate), 0)
        self._end = min(self._start + round(seconds * audio.rate), self._samples.shape[0])
        self._position = self._start
        self._layout = "stereo" if self._samples.shape[1] == 2 else "mono"
        rate = audio.rate if audio.rate in _COMMON_RATES and encoder != "libopus" else _COMMON_RATES[-1]
        self._stream = container.add_stream(encoder, rate=rate, layout=self._layout)
        if encoder != "pcm_s16le":
            self._stream.codec_context.bit_rate = 192_000

    def write_until(self, seconds: float) -> None:
        """Encode up to a time of the film."""
        import av

        wanted = min(self._start + round(seconds * self._rate), self._end)
        while self._position < wanted:
            chunk = self._samples[self._position : min(self._position + _SOUND_CHUNK, self._end)]
            if chunk.shape[1] > 2:
                chunk = chunk.mean(axis=1, keepdims=True)
            planes = np.ascontiguousarray(np.clip(np.nan_to_num(chunk.T), -1, 1), np.float32)
            frame = av.AudioFrame.from_ndarray(planes, format="fltp", layout=self._layout)
            frame.sample_rate = self._rate
            frame.time_base = Fraction(1, self._rate)
            frame.pts = self._position - self._start
            self._container.mux(self._stream.encode(frame))
            self._position += chunk.shape[0]

    def finish(self) -> None:
        """Encode the rest."""
        self.write_until((self._end - self._start) / self._rate + 1)
        self._container.mux(self._stream.encode())
