"""Encoding pictures into one video file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from app.export.atomic import writing
from app.export.settings import VideoSettings
from nodes.media.colour import as_bytes, as_words, over_black, with_light
from nodes.sdk import FileProblem, NodeError
from nodes.sdk.values import Image
from nodes.sdk.values.arrays import host_array

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

logger = logging.getLogger(__name__)

# Numbers of ITU-T H.273 for BT.709 and of FFmpeg for the two ranges.
_BT709 = 1
_LIMITED, _FULL = 1, 2


@contextmanager
def encoding(target: Path) -> Iterator[None]:
    """Turn what FFmpeg and the disk raise while a video is written into a FileProblem.

    Raises:
        FileProblem: names the target, the reason and what to do.
    """
    import av

    with writing(target):
        try:
            yield
        except av.error.FFmpegError as error:
            if isinstance(error, OSError):
                raise
            logger.warning("encoding %s failed", target, exc_info=error)
            raise FileProblem(
                f"{target} cannot be encoded: {error.strerror}", hint="Choose another codec, size or quality"
            ) from error


class Encoder:
    """Writes pictures, one after another, into a video file without sound.

    Every picture has the size of the first; odd sides get one column or row more. Use it as a
    context manager: the file is complete only when the block ends without an error.
    """

    def __init__(self, path: Path, settings: VideoSettings, rate: Fraction) -> None:
        self._path = path
        self._settings = settings
        self._rate = rate
        self._container: Any = None
        self._stream: Any = None
        self._converter: Any = None
        self._shape: tuple[int, int] | None = None
        self._alpha = False
        self._count = 0

    def write(self, image: Image) -> None:
        """Encode the next picture.

        Raises:
            NodeError: when the size differs from the first picture's, or cannot be encoded.
            OSError: when the file cannot be written.
        """
        if self._shape is None:
            self._open(image)
        if (image.width, image.height) != self._shape:
            wide, high = self._shape or (0, 0)
            raise NodeError(
                f"a video's pictures must have one size: this one has {image.width} x {image.height}, "
                f"the first had {wide} x {high}",
                hint="Put a 'Resize image' node in front of the export",
            )
        frame = self._frame(image)
        frame.pts = self._count
        self._count += 1
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Finish the file. Raises OSError when it cannot be written."""
        if self._container is None:
            return
        container, self._container = self._container, None
        try:
            container.mux(self._stream.encode())
        finally:
            container.close()

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        elif self._container is not None:
            import av

            container, self._container = self._container, None
            # The error that ended the block is the one to tell.
            with suppress(av.error.FFmpegError, OSError):
                container.close()

    def _open(self, image: Image) -> None:
        import av

        kind = self._settings.kind()
        self._shape = (image.width, image.height)
        self._alpha = image.has_alpha and bool(kind.transparent)
        self._container = av.open(f"file:{self._path}", "w")
        stream = self._container.add_stream(
            kind.encoder, rate=self._rate, options=self._settings.options(alpha=self._alpha)
        )
        stream.width, stream.height = image.width + image.width % 2, image.height + image.height % 2
        stream.pix_fmt = kind.transparent if self._alpha else kind.opaque
        context = stream.codec_context
        context.time_base = 1 / self._rate
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED
        context.thread_type = "AUTO"
        if self._alpha and kind.segment == "webm":
            stream.metadata["alpha_mode"] = "1"
        try:
            self._container.start_encoding()
        except (ValueError, av.error.ExternalError, av.error.UnknownError) as error:
            raise NodeError(
                f"{kind.name} cannot encode pictures of {image.width} x {image.height}",
                hint="Choose another size or codec",
            ) from error
        self._stream = stream
        self._converter = av.video.reformatter.VideoReformatter()

    def _frame(self, image: Image) -> VideoFrame:
        import av

        encoded = with_light(image, linear=False)
        if not self._alpha:
            encoded = over_black(encoded)
        pixels = host_array(encoded.pixels)
        if self._alpha and pixels.shape[2] == 3:
            pixels = np.concatenate([pixels, np.ones((*pixels.shape[:2], 1), np.float32)], axis=2)
        deep = self._settings.kind().deep
        whole: np.ndarray[Any, Any] = as_words(pixels) if deep else as_bytes(pixels)
        odd = (whole.shape[0] % 2, whole.shape[1] % 2)
        if any(odd):
            whole = np.pad(whole, ((0, odd[0]), (0, odd[1]), (0, 0)), mode="edge")
        layout = ("rgba64le" if deep else "rgba") if self._alpha else ("rgb48le" if deep else "rgb24")
        frame: VideoFrame = self._converter.reformat(
            av.VideoFrame.from_ndarray(np.ascontiguousarray(whole), format=layout),
            format=self._stream.pix_fmt,
            interpolation="BICUBIC",
            src_color_range=_FULL,
            dst_colorspace=_BT709,
            dst_color_range=_LIMITED,
        )
        frame.colorspace, frame.color_range = _BT709, _LIMITED
        return frame
