"""What a video is written as, and which file names fit it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from nodes.sdk import NodeError


@dataclass(frozen=True)
class Codec:
    """A kind of video that can be written.

    Attributes:
        name: as the user chooses it.
        encoder: FFmpeg's name.
        opaque, transparent: pixel formats; transparent is empty when there is no alpha.
        extensions: file names that can hold it, the usual one first.
        segment: extension of the parts an export is written in.
        deep: whether more than 8 bits are kept.
        sound: FFmpeg's audio encoder.
        tag: the four letters some players insist on in mp4 and mov.
    """

    name: str
    encoder: str
    opaque: str
    transparent: str
    extensions: tuple[str, ...]
    segment: str
    deep: bool
    sound: str
    tag: str = ""


CODECS = {
    codec.name: codec
    for codec in (
        Codec("h264", "libx264", "yuv420p", "", ("mp4", "mov", "mkv"), "mkv", False, "aac", "avc1"),
        Codec("h265", "libx265", "yuv420p", "", ("mp4", "mov", "mkv"), "mkv", False, "aac", "hvc1"),
        Codec(
            "prores 4444", "prores_ks", "yuv444p10le", "yuva444p10le", ("mov", "mkv"), "mov", True,
            "pcm_s16le", "ap4h",
        ),
        Codec("vp9", "libvpx-vp9", "yuv420p", "yuva420p", ("webm", "mkv"), "webm", False, "libopus"),
    )
}  # fmt: skip

#: The codec that a file name suggests when none is asked for.
_USUAL = {"mp4": "h264", "mov": "h264", "mkv": "h264", "webm": "vp9"}

VIDEO_EXTENSIONS = tuple(_USUAL)

_X264_PRESETS = {"fast": "veryfast", "balanced": "medium", "small file": "slow"}
_VP9_EFFORT = {"fast": ("realtime", "8"), "balanced": ("good", "4"), "small file": ("good", "2")}
_NTSC = (24, 30, 48, 60, 120)


@dataclass(frozen=True)
class VideoSettings:
    """How a video is encoded.

    Attributes:
        codec: a key of CODECS.
        quality: 0..100; 75 is visually lossless for most pictures.
        effort: "fast", "balanced" or "small file".
        fps: frames a second of the file; 0 takes the project's.
    """

    codec: str = "h264"
    quality: int = 75
    effort: str = "fast"
    fps: float = 0.0

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, Any]) -> VideoSettings:
        """The settings in the parameters of an `export_video` node; others are left at the default."""
        known = {
            name: parameters[name] for name in ("codec", "quality", "effort", "fps") if name in parameters
        }
        return cls(**known)

    @classmethod
    def for_path(cls, path: Path) -> VideoSettings:
        """The usual settings for a file name. Raises NodeError when it is no video's name."""
        extension = extension_of(path)
        if extension not in _USUAL:
            raise NodeError(
                f"'{path.name}' is no name of a video", hint=f"Let it end in {_listed(VIDEO_EXTENSIONS)}"
            )
        return cls(codec=_USUAL[extension])

    def kind(self) -> Codec:
        """The codec's entry. Raises NodeError when there is none of that name."""
        try:
            return CODECS[self.codec]
        except KeyError:
            raise NodeError(
                f"there is no codec '{self.codec}'", hint=f"There is {', '.join(CODECS)}"
            ) from None

    def check_path(self, path: Path) -> None:
        """Raise NodeError when a file of this name cannot hold the codec."""
        if not path.name:
            raise NodeError("no file is chosen to export to", hint="Set 'Path' to a file name")
        fitting = self.kind().extensions
        if extension_of(path) not in fitting:
            raise NodeError(
                f"{self.codec} video cannot be written to '{path.name}'",
                hint=f"Let the name end in {_listed(fitting)}, or choose another codec",
            )

    def options(self, *, alpha: bool) -> dict[str, str]:
        """FFmpeg's options for the encoder."""
        quality = min(max(self.quality, 0), 100)
        if self.codec == "h264":
            return {"preset": _X264_PRESETS[self.effort], "crf": f"{40 - 0.3 * quality:.1f}"}
        if self.codec == "h265":
            options = {"preset": _X264_PRESETS[self.effort], "crf": f"{42 - 0.28 * quality:.1f}"}
            return {**options, "x265-params": "log-level=error"}
        if self.codec == "vp9":
            deadline, speed = _VP9_EFFORT[self.effort]
            options = {"crf": f"{60 - 0.45 * quality:.0f}", "b": "0", "deadline": deadline, "cpu-used": speed}
            # The encoder's hidden frames do not go with the alpha that is stored beside the picture.
            return {**options, "row-mt": "1"} | ({"auto-alt-ref": "0"} if alpha else {})
        return {"profile": "4444", "vendor": "apl0"}

    def rate(self, project_fps: float) -> Fraction:
        """Frames a second of the file, exact: 29.97 means 30000/1001."""
        return exact_rate(self.fps or project_fps)


def exact_rate(fps: float) -> Fraction:
    """A frame rate as a fraction; the broadcast rates near 24, 30, 60 ... become n * 1000 / 1001.

    Raises:
        NodeError: when it lies outside 0.1 to 1000.
    """
    if not 0.1 <= fps <= 1000:
        raise NodeError(f"{fps:g} is no frame rate", hint="It takes a number from 0.1 to 1000")
    for whole in _NTSC:
        if abs(fps - whole * 1000 / 1001) < 0.006:
            return Fraction(whole * 1000, 1001)
    return Fraction(fps).limit_denominator(1001)


def extension_of(path: Path) -> str:
    """The file name's extension in small letters, without the dot."""
    return path.suffix.lower().lstrip(".")


def _listed(extensions: tuple[str, ...]) -> str:
    dotted = [f".{extension}" for extension in extensions]
    return " or ".join([", ".join(dotted[:-1]), dotted[-1]]) if len(dotted) > 1 else dotted[0]
