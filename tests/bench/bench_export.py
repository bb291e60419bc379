"""Reading and writing pictures and clips: speed at 1080p, and memory while a long film is written."""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import psutil

from app.export.settings import VideoSettings
from app.export.stream import export_range
from nodes.image._resample import resize
from nodes.image.blend_images import blend_images
from nodes.load.load_image import load_image
from nodes.media.video_reader import VideoReader
from nodes.sdk import Context
from nodes.sdk.values import Image
from tests.bench.table import Row

_WIDE, _HIGH = 1920, 1080
_MEGABYTE = 1024 * 1024


def rows() -> list[Row]:
    """Every figure of this file."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_clips(Path(folder)), _memory(Path(folder)), _blend(), *_credentials(Path(folder))]


def _scene(frame: int, width: int = _WIDE, height: int = _HIGH) -> Image:
    """The portrait, enlarged and sliding: detail and movement as in a film, cheap to make."""
    return Image(np.roll(_portrait(width, height), 3 * frame, axis=1))


@cache
def _portrait(width: int, height: int) -> np.ndarray:
    return resize(load_image(context=Context(), path="demo:astronaut").pixels, width, height)


def _clips(folder: Path) -> list[Row]:
    frames = [_scene(frame) for frame in range(12)]
    found = []
    for codec, name, count, floor in (
        ("h264", "film.mp4", 120, 10.0),
        ("h265", "film.h265.mp4", 24, None),
        ("vp9", "film.webm", 48, None),
        ("prores 4444", "film.mov", 12, None),
    ):
        plain = _raw_encoder(folder, codec, frames, count)
        rate = _rate(
            count,
            lambda name=name, count=count, codec=codec: export_range(
                lambda frame: frames[frame % 12], folder / name, 0, count - 1, settings=VideoSettings(codec)
            ),
        )
        found.append(
            Row(f"write 1080p {codec}", rate, "fps", floor, "higher", f"encoder alone {plain:.3g} fps")
        )
    reader = VideoReader(folder / "film.mp4")
    plain = _rate(120, lambda: _raw_decoder(folder / "film.mp4"))
    rate = _rate(120, lambda: _read_all(reader))
    found.append(
        Row("read 1080p h264 as float RGB", rate, "fps", 25.0, "higher", f"decoder alone {plain:.3g} fps")
    )
    order = np.random.default_rng(0).integers(0, 120, 24)
    start = time.perf_counter()
    for number in order:
        reader.frame(int(number))
    jump = (time.perf_counter() - start) / len(order) * 1000
    found.append(Row("jump to any 1080p h264 frame", jump, "ms", None, "lower", note="mean of 24 jumps"))
    start = time.perf_counter()
    for number in range(119, 79, -1):
        reader.frame(number)
    back = (time.perf_counter() - start) / 40 * 1000
    found.append(Row("step back one 1080p h264 frame", back, "ms", None, "lower", note="mean of 40 steps"))
    reader.close()
    found.append(_reading_memory(folder))
    return found


def _read_all(reader: VideoReader) -> None:
    for number in range(len(reader.index)):
        reader.frame(number)


def _rate(count: int, work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return count / (time.perf_counter() - start)


def _raw_encoder(folder: Path, codec: str, frames: list[Image], count: int) -> float:
    """Frames a second of the bare encoder, fed with frames that are already in its own format."""
    import av

    settings = VideoSettings(codec)
    kind = settings.kind()
    with av.open(str(folder / f"raw.{kind.segment}"), "w") as container:
        stream = container.add_stream(kind.encoder, rate=25, options=settings.options(alpha=False))
        stream.width, stream.height, stream.pix_fmt = _WIDE, _HIGH, kind.opaque
        ready = [
            av.VideoFrame.from_ndarray((frame.pixels * 255).astype(np.uint8), format="rgb24").reformat(
                format=kind.opaque
            )
            for frame in frames
        ]

        def encode() -> None:
            for number in range(count):
                ready[number % 12].pts = number
                container.mux(stream.encode(ready[number % 12]))
            container.mux(stream.encode())

        return _rate(count, encode)


def _raw_decoder(path: Path) -> None:
    import av

    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        for _ in container.decode(video=0):
            pass


def _memory(folder: Path) -> Row:
    process, seen = psutil.Process(), []

    def note(_: object) -> None:
        seen.append(process.memory_info().rss / _MEGABYTE)

    export_range(lambda frame: _scene(frame, 512, 512), folder / "long.mp4", 0, 999, on_progress=note)
    growth = max(seen[100:]) - seen[100]
    return Row(
        "memory growth after frame 100 of 1,000 at 512 px",
        max(growth, 0.0),
        "MB",
        50.0,
        "lower",
        beside=f"{seen[100]:.0f} MB at frame 100",
        note="writing alone, without a graph",
    )


def _reading_memory(folder: Path) -> Row:
    process, seen = psutil.Process(), []
    reader = VideoReader(folder / "film.mp4")
    for number in range(400):
        reader.frame(number * 7 % len(reader.index))
        seen.append(process.memory_info().rss / _MEGABYTE)
    reader.close()
    growth = max(max(seen[100:]) - seen[100], 0.0)
    return Row("memory growth of 300 scattered reads at 1080p", growth, "MB", 50.0, "lower", "", "")


def _blend() -> Row:
    base, over = _scene(0), _scene(40)
    blend_images(base, over, mode="soft light")
    start = time.perf_counter()
    for _ in range(5):
        blend_images(base, over, mode="soft light", opacity=0.7)
    took = (time.perf_counter() - start) / 5 * 1000
    start = time.perf_counter()
    for _ in range(5):
        base.pixels.copy()
    copy = (time.perf_counter() - start) / 5 * 1000
    return Row(
        "blend two 1080p pictures, soft light", took, "ms", 40.0, "lower", f"copying one {copy:.2g} ms"
    )


def _credentials(folder: Path) -> list[Row]:
    """What signing costs, and whether every change of a signed file is noticed by the SDK's reader."""
    try:
        import c2pa
    except ImportError:
        return [
            Row(
                "sign a 1080p PNG", math.nan, "ms", None, "lower", note="absent: c2pa-python is not installed"
            )
        ]
    from app.document.edits import Edit, origin_of
    from app.export.credentials import Stamp, claim_of
    from app.export.pictures import write_picture

    edits = (Edit("expression", ("edit_portrait",), False),)
    stamp = Stamp(claim_of(edits, origin_of(edits), "{}"), folder / "signing.pem")
    plain, film = folder / "plain.png", folder / "film.mp4"
    write_picture(_scene(0), plain)
    found = []
    for source, name, limit in ((plain, "1080p PNG", 150.0), (film, "1080p film of 120 frames", 500.0)):
        signed, took = folder / f"signed{source.suffix}", []
        for _ in range(5):
            shutil.copyfile(source, signed)
            start = time.perf_counter()
            stamp(signed)
            took.append((time.perf_counter() - start) * 1000)
        grown = (signed.stat().st_size - source.stat().st_size) / 1000
        found.append(
            Row(f"sign a {name}", min(took), "ms", limit, "lower", f"{grown:.0f} kB more", stamp.remark)
        )
        data, noticed = signed.read_bytes(), 0
        first = data.index(b"IDAT" if source is plain else b"mdat") + 64
        places = np.random.default_rng(0).integers(first, first + source.stat().st_size // 2, 20)
        for place in places:
            changed = bytearray(data)
            changed[place] ^= 1
            (folder / f"changed{source.suffix}").write_bytes(changed)
            with c2pa.Reader(str(folder / f"changed{source.suffix}")) as reader:
                noticed += reader.get_validation_state() == "Invalid"
        found.append(
            Row(f"changes of one bit noticed in a signed {name}", noticed, "", 20, "higher", "of 20")
        )
    return found
