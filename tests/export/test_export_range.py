"""Exporting video: exact frames, constant memory, resuming, and no broken files."""

from __future__ import annotations

import gc
import json
import signal
import subprocess
import sys
import time
import weakref
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from app.export import stream
from app.export.encoder import Encoder
from app.export.parts import discard, parts_folder
from app.export.progress import Clock, ExportProgress
from app.export.render import export
from app.export.settings import CODECS, VideoSettings, exact_rate
from app.export.stream import QUEUE_LENGTH, export_range
from nodes.media.video_reader import VideoReader
from nodes.sdk import Cancelled, FileProblem, NodeError
from nodes.sdk.values import Audio, Image
from tests.export.helpers import counting, disk_with_room_for, grainy, numbers_in, picture

ROOT = Path(__file__).parents[2]


@pytest.fixture
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "PART_FRAMES", 10)


def stop_after(frame: int) -> tuple[Callable[[ExportProgress], None], Callable[[], bool]]:
    """A progress listener and a cancel switch that goes on when so many frames are done."""
    seen = [0]

    def note(progress: ExportProgress) -> None:
        seen[0] = progress.done

    return note, lambda: seen[0] >= frame


def only_file_in(folder: Path) -> str:
    (path,) = folder.iterdir()
    return path.name


@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize("codec", CODECS)
def test_a_video_holds_exactly_the_frames_asked_for(tmp_path: Path, codec: str) -> None:
    for extension in CODECS[codec].extensions:
        target = tmp_path / f"film.{extension}"
        report = export_range(picture, target, 5, 29, settings=VideoSettings(codec), fps=29.97)
        assert (report.frames, report.resumed) == (25, 0)
        assert numbers_in(target) == list(range(5, 30))
        with av.open(str(target)) as film:
            assert film.streams.video[0].average_rate == Fraction(30000, 1001)
        assert only_file_in(tmp_path) == target.name
        target.unlink()


def test_colours_are_tagged_and_come_back(tmp_path: Path) -> None:
    colours = np.array(
        [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [90, 90, 90], [0, 0, 0]], np.float32
    )
    image = Image((colours / 255).repeat(16, axis=0)[None].repeat(32, axis=0))
    for codec in CODECS:
        target = tmp_path / f"film.{CODECS[codec].extensions[0]}"
        export_range(lambda _: image, target, 0, 2, settings=VideoSettings(codec, quality=95))
        with av.open(str(target)) as film:
            context = film.streams.video[0].codec_context
            assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        reader = VideoReader(target)
        assert np.abs(reader.frame(1)[16, 8::16, :3] * 255 - colours).max() < 6
        reader.close()


def test_an_mp4_can_start_to_play_before_it_is_loaded(tmp_path: Path) -> None:
    export_range(picture, tmp_path / "film.mp4", 0, 9)
    data = (tmp_path / "film.mp4").read_bytes()
    assert data.find(b"moov") < data.find(b"mdat")


def test_odd_sizes_get_one_more_column_and_row(tmp_path: Path) -> None:
    image = Image(np.random.default_rng(0).random((33, 47, 3)).astype(np.float32) * 0.1 + 0.4)
    export_range(lambda _: image, tmp_path / "film.mov", 0, 2, settings=VideoSettings("prores 4444"))
    reader = VideoReader(tmp_path / "film.mov")
    frame = reader.frame(0)
    reader.close()
    assert frame.shape == (34, 48, 3)
    assert np.abs(frame[:33, :47] - image.pixels).max() < 0.05
    assert np.abs(frame[33] - frame[32]).max() < 0.05


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (16, 16), (17, 250)])
@pytest.mark.parametrize("codec", CODECS)
def test_small_sizes_are_written_or_refused_in_words(
    tmp_path: Path, codec: str, size: tuple[int, int]
) -> None:
    target = tmp_path / f"film.{CODECS[codec].extensions[0]}"
    image = Image(np.full((size[1], size[0], 3), 0.5, np.float32))
    try:
        export_range(lambda _: image, target, 0, 3, settings=VideoSettings(codec))
        reader = VideoReader(target)
        assert reader.frame(3).shape == (size[1] + size[1] % 2, size[0] + size[0] % 2, 3)
        reader.close()
    except NodeError as problem:
        assert problem.hint
        assert not target.exists()


@pytest.mark.parametrize("codec", ["prores 4444", "vp9"])
def test_alpha_is_kept_where_the_codec_can(tmp_path: Path, codec: str) -> None:
    pixels = np.zeros((32, 64, 4), np.float32)
    pixels[..., 0], pixels[:, 32:, 3] = 0.8, 1.0
    target = tmp_path / f"film.{CODECS[codec].extensions[0]}"
    export_range(lambda _: Image(pixels), target, 0, 2, settings=VideoSettings(codec))
    reader = VideoReader(target)
    frame = reader.frame(2)
    reader.close()
    assert frame[:, :28, 3].max() < 0.05 and frame[:, 36:, 3].min() > 0.95
    assert abs(frame[16, 50, 0] - 0.8) < 0.03


def test_without_alpha_a_transparent_picture_lies_over_black(tmp_path: Path) -> None:
    pixels = np.ones((32, 64, 4), np.float32)
    pixels[:, :32, 3] = 0.5
    export_range(lambda _: Image(pixels), tmp_path / "film.mp4", 0, 1)
    reader = VideoReader(tmp_path / "film.mp4")
    assert np.allclose(reader.frame(0)[16, [8, 56]], [[0.5] * 3, [1] * 3], atol=0.03)
    reader.close()


@pytest.mark.parametrize(
    ("codec", "rate", "channels"),
    [("h264", 44_100, 1), ("h264", 16_000, 2), ("vp9", 22_050, 1), ("prores 4444", 8_000, 2)],
)
def test_sound_stays_with_its_frame(tmp_path: Path, codec: str, rate: int, channels: int) -> None:
    samples = np.zeros((rate * 4, channels), np.float32)
    click = rate * 2  # two seconds into the project: one second into the film
    samples[click : click + rate // 20] = np.sin(np.arange(rate // 20) * 0.9)[:, None] * 0.8
    target = tmp_path / f"film.{CODECS[codec].extensions[0]}"
    export_range(picture, target, 25, 74, settings=VideoSettings(codec), fps=25.0, audio=Audio(samples, rate))
    heard, start = [], None
    with av.open(str(target)) as film:
        sound_rate = film.streams.audio[0].rate
        for frame in film.decode(audio=0):
            start = frame.time if start is None else start
            heard.append(frame.to_ndarray().reshape(-1, channels if frame.format.is_packed else 1, order="C"))
            if frame.format.is_planar:
                heard[-1] = frame.to_ndarray()[0][:, None]
    loud = np.abs(np.concatenate([part[:, 0] for part in heard]).astype(np.float64))
    begins = np.flatnonzero(loud > 0.3 * loud.max())[0] / sound_rate + (start or 0)
    assert abs(begins - 1.0) < 0.03
    assert abs(len(loud) / sound_rate - 2.0) < 0.08
    assert len(numbers_in(target)) == 50


@pytest.mark.parametrize(("first", "rate", "fps"), [(0, 100, 1000.0), (50, 44_100, 25.0)])
def test_sound_shorter_than_a_step_or_over_before_the_range_stops_nothing(
    tmp_path: Path, first: int, rate: int, fps: float
) -> None:
    sound = Audio(np.zeros((50, 1), np.float32), rate)
    report = export_range(picture, tmp_path / "film.mp4", first, first, fps=fps, audio=sound)
    assert report.frames == 1 and (tmp_path / "film.mp4").is_file()


def test_computing_never_runs_far_ahead_of_encoding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: weakref.WeakSet[Image] = weakref.WeakSet()
    most = 0
    original = Encoder.write

    def slow(self: Encoder, image: Image) -> None:
        time.sleep(0.003)
        original(self, image)

    def source(frame: int) -> Image:
        nonlocal most
        most = max(most, len(alive))
        image = picture(frame)
        alive.add(image)
        return image

    monkeypatch.setattr(Encoder, "write", slow)
    gc.disable()  # what is dropped must be gone without waiting for the collector
    try:
        export_range(source, tmp_path / "film.mp4", 0, 149)
    finally:
        gc.enable()
    assert most <= QUEUE_LENGTH + 3


@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize("codec", CODECS)
def test_a_stopped_export_goes_on_where_it_stopped(tmp_path: Path, codec: str) -> None:
    target = tmp_path / f"film.{CODECS[codec].extensions[0]}"
    settings = VideoSettings(codec)
    target.write_bytes(b"an earlier film")
    note, stopped = stop_after(27)
    with pytest.raises(Cancelled):
        export_range(
            picture, target, 0, 44, key="k", settings=settings, on_progress=note, is_cancelled=stopped
        )
    assert target.read_bytes() == b"an earlier film"
    calls: list[int] = []
    report = export_range(counting(picture, calls), target, 0, 44, key="k", settings=settings)
    assert report.resumed == 27  # nothing that was computed is computed again
    assert calls == list(range(27, 45))
    assert numbers_in(target) == list(range(45))
    assert only_file_in(tmp_path) == target.name


@pytest.mark.parametrize("codec", CODECS)
def test_parts_of_any_length_join(tmp_path: Path, codec: str) -> None:
    target = tmp_path / f"film.{CODECS[codec].extensions[0]}"
    settings = VideoSettings(codec, effort="balanced")
    for frame in (1, 2, 4, 7, 12, 13, 24):
        note, stopped = stop_after(frame)
        with pytest.raises(Cancelled):
            export_range(
                picture, target, 0, 39, key="k", settings=settings, on_progress=note, is_cancelled=stopped
            )
    assert export_range(picture, target, 0, 39, key="k", settings=settings).resumed == 24
    assert numbers_in(target) == list(range(40))
    with av.open(str(target)) as film:
        times = [packet.dts for packet in film.demux(video=0) if packet.size]
    assert times == sorted(set(times))


KILLED = """
import os, signal, sys
from pathlib import Path
from app.export import stream
from tests.export.helpers import picture
stream.PART_FRAMES = 10
def source(frame):
    if frame == 37:
        os.kill(os.getpid(), signal.SIGKILL)
    return picture(frame)
stream.export_range(source, Path(sys.argv[1]), 0, 44, key="k")
"""


@pytest.mark.usefixtures("short_parts")
def test_a_killed_program_loses_no_finished_part(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    target.write_bytes(b"an earlier film")
    killed = subprocess.run([sys.executable, "-c", KILLED, str(target)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert target.read_bytes() == b"an earlier film"
    assert export_range(picture, target, 0, 44, key="k").resumed >= 20
    assert numbers_in(target) == list(range(45))
    assert only_file_in(tmp_path) == "film.mp4"


@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize(
    "change",
    [{"key": "other"}, {"last": 43}, {"fps": 30.0}, {"settings": VideoSettings("h264", quality=40)}],
    ids=str,
)
def test_another_content_range_or_setting_starts_anew(tmp_path: Path, change: dict[str, object]) -> None:
    usual: dict[str, object] = {"first": 0, "last": 44, "key": "k", "settings": VideoSettings("h264")}
    note, stopped = stop_after(35)
    with pytest.raises(Cancelled):
        export_range(picture, tmp_path / "film.mp4", **usual, on_progress=note, is_cancelled=stopped)
    assert export_range(picture, tmp_path / "film.mp4", **(usual | change)).resumed == 0


@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize("damage", ["flip", "cut", "missing", "note", "note is no note"])
def test_a_damaged_part_is_made_again_and_not_trusted(tmp_path: Path, damage: str) -> None:
    target = tmp_path / "film.mp4"
    note, stopped = stop_after(40)
    with pytest.raises(Cancelled):
        export_range(picture, target, 0, 44, key="k", on_progress=note, is_cancelled=stopped)
    part = parts_folder(target) / "00000010.mkv"
    data = part.read_bytes()
    if damage == "flip":
        part.write_bytes(data[:-99] + bytes([data[-99] ^ 1]) + data[-98:])
    elif damage == "cut":
        part.write_bytes(data[:-1])
    elif damage == "missing":
        part.unlink()
    else:
        text = "{}" if damage == "note is no note" else (parts_folder(target) / "parts.json").read_text()[:-9]
        (parts_folder(target) / "parts.json").write_text(text)
    report = export_range(picture, target, 0, 44, key="k")
    assert report.resumed == (0 if damage.startswith("note") else 10)
    assert numbers_in(target) == list(range(45))


@pytest.mark.usefixtures("short_parts")
def test_without_a_key_nothing_is_left_to_resume(tmp_path: Path) -> None:
    note, stopped = stop_after(25)
    with pytest.raises(Cancelled):
        export_range(picture, tmp_path / "film.mp4", 0, 44, on_progress=note, is_cancelled=stopped)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("short_parts")
def test_what_is_left_can_be_thrown_away(tmp_path: Path) -> None:
    note, stopped = stop_after(25)
    with pytest.raises(Cancelled):
        export_range(picture, tmp_path / "film.mp4", 0, 44, key="k", on_progress=note, is_cancelled=stopped)
    discard(tmp_path / "film.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_somebody_elses_is_not_touched(tmp_path: Path) -> None:
    folder = parts_folder(tmp_path / "film.mp4")
    folder.mkdir()
    (folder / "novel.txt").write_text("chapter one")
    with pytest.raises(FileProblem, match="in the way"):
        export_range(picture, tmp_path / "film.mp4", 0, 3, key="k")
    discard(tmp_path / "film.mp4")
    assert (folder / "novel.txt").read_text() == "chapter one"


@pytest.mark.usefixtures("short_parts")
@pytest.mark.parametrize("room", [2_000, 60_000, 250_000])
def test_a_full_disk_gives_one_clear_line_and_costs_no_earlier_file(tmp_path: Path, room: int) -> None:
    target = tmp_path / "film.mp4"
    target.write_bytes(b"an earlier film")
    with (
        disk_with_room_for(room),
        pytest.raises(FileProblem, match=r"disk is full.*Free some space") as caught,
    ):
        export_range(grainy, target, 0, 44, key="k", settings=VideoSettings(quality=100))
    assert "film.mp4" in str(caught.value) and "\n" not in str(caught.value)
    assert target.read_bytes() == b"an earlier film"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mp4", "film.mp4.parts"]
    listed = json.loads((parts_folder(target) / "parts.json").read_text())["parts"]
    left = {path.name for path in parts_folder(target).iterdir()}
    assert left == {"parts.json", *(part["name"] for part in listed)}
    report = export_range(grainy, target, 0, 44, key="k", settings=VideoSettings(quality=100))
    assert report.resumed == sum(part["last"] - part["first"] + 1 for part in listed)
    assert numbers_in(target) == list(range(45))


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nowhere/film.mp4", "does not exist"),
        ("letter.txt/film.mp4", "does not exist"),
        ("folder.mp4", "is a folder"),
    ],
)
def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "letter.txt").write_text("hello")
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(FileProblem, match=says):
        export_range(picture, tmp_path / name, 0, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.mp4", "letter.txt"]


def test_a_folder_without_write_right_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(FileProblem, match="no right to write"):
        export_range(picture, tmp_path / "film.mp4", 0, 3)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("film.mp4", "prores 4444"), ("film.webm", "h264"), ("film", "h264"), ("film.avi", "vp9")],
)
def test_a_name_that_does_not_fit_the_codec_is_refused_before_anything_is_computed(
    tmp_path: Path, name: str, codec: str
) -> None:
    calls: list[int] = []
    with pytest.raises(NodeError, match="Let the name end in"):
        export_range(counting(picture, calls), tmp_path / name, 0, 3, settings=VideoSettings(codec))
    assert calls == [] and list(tmp_path.iterdir()) == []


def test_pictures_that_change_size_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match=r"66 x 48, the first had 64 x 48.*Resize"):
        export_range(lambda frame: picture(frame, 64 if frame < 7 else 66), tmp_path / "film.mp4", 0, 30)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("short_parts")
def test_an_error_while_computing_comes_through_and_finished_parts_stay(tmp_path: Path) -> None:
    def breaks(frame: int) -> Image:
        if frame == 33:
            raise NodeError("the picture has no face", hint="Choose another")
        return picture(frame)

    with pytest.raises(NodeError, match="no face"):
        export_range(breaks, tmp_path / "film.mp4", 0, 44, key="k")
    assert not (tmp_path / "film.mp4").exists()
    assert export_range(picture, tmp_path / "film.mp4", 0, 44, key="k").resumed == 33


def test_an_encoder_that_gives_up_is_reported_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(*_: object) -> None:
        raise av.error.ExternalError(542398533, "Generic error")

    monkeypatch.setattr(Encoder, "_frame", give_up)
    with pytest.raises(FileProblem, match=r"cannot be encoded.*Choose another codec"):
        export_range(picture, tmp_path / "film.mp4", 0, 3)


def test_an_empty_range_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="no frames from 5 to 4"):
        export_range(picture, tmp_path / "film.mp4", 5, 4)


def test_progress_rises_to_the_end_and_the_time_left_follows_the_latest_frames(tmp_path: Path) -> None:
    reports: list[ExportProgress] = []
    export_range(picture, tmp_path / "film.mp4", 0, 19, on_progress=reports.append)
    assert [report.done for report in reports] == [*range(1, 21), 20]
    assert reports[-1].fraction == 1.0 and reports[-1].doing == "joining"
    now = iter([0.0, 100.0, *(100.0 + frame for frame in range(1, 60))])
    clock = Clock(100, now=lambda: next(now))
    assert clock.report(1).seconds_left == pytest.approx(9900)
    assert [clock.report(frame).seconds_left for frame in range(2, 50)][-1] == pytest.approx(51)


def test_rates_near_the_broadcast_ones_are_exact() -> None:
    assert exact_rate(29.97) == exact_rate(30000 / 1001) == Fraction(30000, 1001)
    assert exact_rate(23.976) == Fraction(24000, 1001)
    assert exact_rate(25) == 25 and exact_rate(12.5) == Fraction(25, 2)
    with pytest.raises(NodeError, match="no frame rate"):
        exact_rate(0.0)


def test_the_rate_of_the_file_may_differ_from_the_projects(tmp_path: Path) -> None:
    export_range(picture, tmp_path / "film.mp4", 0, 9, settings=VideoSettings(fps=50.0), fps=25.0)
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.streams.video[0].average_rate == 50


def test_one_door_leads_to_every_kind_of_export(tmp_path: Path) -> None:
    node = {"codec": "prores 4444", "quality": 60, "effort": "balanced", "fps": 0.0, "path": "elsewhere.mov"}
    export(picture, tmp_path / "film.mp4", 0, 4, parameters=node)
    with av.open(str(tmp_path / "film.mp4")) as film:
        assert film.streams.video[0].codec_context.name == "h264"
    export(picture, tmp_path / "film.mov", 0, 4, parameters=node)
    with av.open(str(tmp_path / "film.mov")) as film:
        assert film.streams.video[0].codec_context.name == "prores"
    assert (
        export(picture, tmp_path / "f.##.png", 3, 4, parameters={"depth": "16 bit", "quality": 95}).frames
        == 2
    )
    assert export(picture, tmp_path / "one.jpg", 3, 4).frames == 1
    assert {path.name for path in tmp_path.iterdir()} == {
        "film.mp4",
        "film.mov",
        "f.03.png",
        "f.04.png",
        "one.jpg",
    }
    with pytest.raises(NodeError, match="no file is chosen"):
        export(picture, Path(), 0, 1)
