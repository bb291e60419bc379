"""Loading clips: the right frame at every time, whatever the file, and clear words about bad ones."""

from __future__ import annotations

import logging
import struct
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from nodes.load.load_video import load_video
from nodes.media.video_pool import VideoPool, clips
from nodes.media.video_reader import VideoReader
from nodes.sdk import Context, FacewrightError, FileProblem
from nodes.sdk.context import RunSettings
from tests.media.clips import number_in, write_clip


@pytest.fixture(autouse=True)
def close_clips() -> object:
    yield
    clips.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "numbers.mp4")


def at(path: Path | str, frame: int, fps: float = 25.0, **parameters: object) -> int:
    context = Context(frame=frame, settings=RunSettings(fps=fps), reads=load_video.spec.reads)
    return number_in(load_video(path=str(path), context=context, **parameters).pixels)


def notices_at(path: Path, frame: int) -> tuple[str, ...]:
    context = Context(frame=frame, reads=load_video.spec.reads)
    load_video(path=str(path), context=context)
    return context.notices


def test_every_frame_is_found_in_any_order(clip: Path) -> None:
    order = np.random.default_rng(0).permutation(60).tolist()
    assert [at(clip, frame) for frame in order] == order
    assert [at(clip, frame) for frame in range(59, -1, -1)] == list(range(59, -1, -1))


@pytest.mark.parametrize(
    ("name", "codec", "layout"),
    [
        ("a.mkv", "libx264", "yuv420p"),
        ("a.mov", "libx264", "yuv444p"),
        ("a.mp4", "libx265", "yuv420p10le"),
        ("a.avi", "mpeg4", "yuv420p"),
        ("a.webm", "libvpx-vp9", "yuv420p"),
        ("a.ts", "libx264", "yuv420p"),
        ("a.mpg", "mpeg2video", "yuv420p"),
        ("a.mov", "prores_ks", "yuv422p10le"),
        ("a.h264", "libx264", "yuv420p"),
        ("a.gif", "gif", "rgb8"),
    ],
)
def test_every_kind_of_file_gives_exact_frames(tmp_path: Path, name: str, codec: str, layout: str) -> None:
    options = {"x265-params": "log-level=error:keyint=12"} if codec == "libx265" else {}
    path = write_clip(tmp_path / name, 40, codec=codec, layout=layout, options=options)
    for frame in (0, 39, 5, 6, 30, 7, 38, 0):
        assert at(path, frame, timing="frame by frame") == frame


def test_a_clip_keeps_its_own_speed_in_a_project_of_another_rate(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "thirty.mp4", rate=30)
    assert [at(path, frame, fps=25.0) for frame in range(20)] == [frame * 30 // 25 for frame in range(20)]
    assert [at(path, frame, fps=60.0) for frame in range(20)] == [frame // 2 for frame in range(20)]
    assert at(path, 20, fps=25.0, timing="frame by frame") == 20


def test_broadcast_rates_do_not_drift(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "ntsc.mov", 200, rate=Fraction(30000, 1001))
    assert [at(path, frame, fps=29.97) for frame in (0, 1, 99, 198, 199)] == [0, 1, 99, 198, 199]


def test_frames_of_unequal_length_are_shown_as_long_as_they_last(tmp_path: Path) -> None:
    stamps = [0, 1, 5, 6, 7, 20, 21, 40]
    path = write_clip(tmp_path / "unequal.mkv", 8, stamps=stamps)
    expected = [int(np.searchsorted(stamps, frame, side="right")) - 1 for frame in range(41)]
    assert [at(path, frame) for frame in range(41)] == expected


def test_after_the_end_the_clip_holds_loops_or_bounces(clip: Path) -> None:
    assert [at(clip, frame) for frame in (58, 59, 60, 200)] == [58, 59, 59, 59]
    assert [at(clip, frame, after_end="loop") for frame in (59, 60, 61, 185)] == [59, 0, 1, 5]
    assert [at(clip, frame, after_end="bounce") for frame in (59, 60, 61, 118, 119)] == [59, 58, 57, 0, 1]


def test_the_offset_begins_elsewhere_and_may_lie_before_the_start(clip: Path) -> None:
    assert at(clip, 0, offset=10) == 10
    assert at(clip, 30, offset=-20) == 10
    assert at(clip, 5, offset=-20) == 0
    assert at(clip, 5, offset=-20, after_end="loop") == 45


def test_phone_clips_are_turned_upright(tmp_path: Path) -> None:
    flat = write_clip(tmp_path / "flat.mp4", 3)
    data = flat.read_bytes()
    # The matrix in the track header that phones held upright write: a quarter turn clockwise.
    one, minus, most, none = (struct.pack(">i", number) for number in (65536, -65536, 1 << 30, 0))
    straight = one + none * 3 + one + none * 3 + most
    turned = none + one + none + minus + none * 4 + most
    place = data.find(straight, data.find(b"tkhd"))
    (tmp_path / "turned.mp4").write_bytes(data[:place] + turned + data[place + 36 :])
    with clips.reader(str(flat)) as reader:
        expected = np.rot90(reader.frame(2), -1)
    with clips.reader(str(tmp_path / "turned.mp4")) as reader:
        assert np.array_equal(reader.frame(2), expected)


@pytest.mark.parametrize(
    ("name", "codec", "layout", "depth"),
    [("a.webm", "libvpx-vp9", "yuva420p", 8), ("a.mov", "prores_ks", "yuva444p10le", 16)],
)
def test_alpha_is_kept(tmp_path: Path, name: str, codec: str, layout: str, depth: int) -> None:
    pixels = np.zeros((48, 64, 4), np.uint8)
    pixels[:, :, 0], pixels[:, 32:, 3] = 200, 255
    options = {"auto-alt-ref": "0"} if codec == "libvpx-vp9" else {}
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, layout
        stream.metadata["alpha_mode"] = "1"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgba")))
        container.mux(stream.encode())
    with clips.reader(str(tmp_path / name)) as reader:
        alpha = reader.frame(2)[..., 3]
    assert alpha[:, :28].max() < 0.05 and alpha[:, 36:].min() > 0.95


def test_colours_come_back_by_the_matrix_the_file_names(tmp_path: Path) -> None:
    colours = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [128, 128, 128]], np.uint8)
    picture = colours.repeat(16, axis=0)[None].repeat(32, axis=0)
    for matrix in (1, 5):
        with av.open(str(tmp_path / f"{matrix}.mp4"), "w") as container:
            stream = container.add_stream("libx264", rate=25, options={"crf": "5"})
            stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv444p"
            stream.codec_context.colorspace = matrix
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv444p", dst_colorspace=matrix)))
            container.mux(stream.encode())
        with clips.reader(str(tmp_path / f"{matrix}.mp4")) as reader:
            found = reader.frame(0)[16, 8::16]
        assert np.abs(found * 255 - colours).max() < 5


def test_a_clip_cut_short_anywhere_gives_its_frames_or_one_clear_line(tmp_path: Path) -> None:
    for name in ("whole.mp4", "whole.mkv", "whole.webm", "whole.avi"):
        codec = "libvpx-vp9" if name.endswith("webm") else "libx264"
        data = write_clip(tmp_path / name, 30, codec=codec).read_bytes()
        for cut in {1, 8, 30, *range(40, len(data), max(len(data) // 12, 1)), len(data) - 1}:
            path = tmp_path / f"cut{cut}{Path(name).suffix}"
            path.write_bytes(data[:cut])
            try:
                assert 0 <= at(path, 29, timing="frame by frame") <= 29
            except FileProblem as problem:
                assert path.name in str(problem) and problem.hint


def test_a_film_whose_header_comes_first_plays_up_to_where_it_breaks_off(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", 60)
    with (
        av.open(str(whole)) as source,
        av.open(str(tmp_path / "front.mp4"), "w", options={"movflags": "+faststart"}) as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0], opaque=True)
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    data = (tmp_path / "front.mp4").read_bytes()
    (tmp_path / "front.mp4").write_bytes(data[: int(len(data) * 0.75)])
    assert at(tmp_path / "front.mp4", 10) == 10
    assert 10 < at(tmp_path / "front.mp4", 59) < 59


def test_damaged_frames_are_replaced_and_noted_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write_clip(tmp_path / "a.mp4", 60, options={"bf": "0"})
    with av.open(str(path)) as container:
        packets = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    for position, size in packets[25:27]:
        data[position + 8 : position + size] = b"\xff" * (size - 8)
    path.write_bytes(bytes(data))
    with caplog.at_level(logging.WARNING):
        shown = [at(path, frame) for frame in range(60)]
    assert not notices_at(path, 5) and notices_at(path, 26)
    assert shown[:24] == list(range(24)) and shown[36:] == list(range(36, 60))
    assert len(caplog.records) == 1


def test_flipped_bytes_never_raise_anything_else(tmp_path: Path) -> None:
    data = np.frombuffer(write_clip(tmp_path / "whole.mp4", 20).read_bytes(), np.uint8)
    chance = np.random.default_rng(3)
    for number in range(40):
        broken = data.copy()
        broken[chance.integers(0, len(data), 12)] = chance.integers(0, 256, 12, dtype=np.uint8)
        path = tmp_path / f"broken{number}.mp4"
        path.write_bytes(broken.tobytes())
        try:
            at(path, 13)
        except FacewrightError as problem:
            assert problem.hint


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("letter.mp4", b"this is a letter\n" * 40, "damaged, cut short, or no video"),
        ("letter.txt", b"this is a letter\n" * 40, "is not a video"),
        ("empty.mp4", b"", "0 bytes"),
        ("list.mp4", b"ffconcat version 1.0\nfile numbers.mp4\n", "damaged, cut short, or no video"),
        ("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nnumbers.mp4\n", "is not a video"),
    ],
)
def test_what_is_no_clip_is_refused_and_scripts_open_no_other_file(
    clip: Path, name: str, content: bytes, says: str
) -> None:
    path = clip.with_name(name)
    path.write_bytes(content)
    with pytest.raises(FileProblem, match=says) as caught:
        at(path, 0)
    assert caught.value.hint and name in str(caught.value)


def test_a_missing_clip_and_a_song_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="does not exist"):
        at(tmp_path / "missing.mp4", 0)
    with av.open(str(tmp_path / "song.m4a"), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4800), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with pytest.raises(FileProblem, match="no moving picture"):
        at(tmp_path / "song.m4a", 0)


def test_a_colon_in_a_name_is_no_address(clip: Path) -> None:
    assert at(clip.rename(clip.with_name("take: 2.mp4")), 7) == 7


def test_a_clip_that_changes_on_disk_is_opened_anew(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", 10)
    assert at(path, 9) == 9
    write_clip(path, 5)
    assert at(path, 9) == 4
    assert len(clips) == 1


def test_only_a_few_clips_stay_open(tmp_path: Path) -> None:
    pool = VideoPool(limit=2)
    for number in range(5):
        path = write_clip(tmp_path / f"{number}.mp4", 3)
        with pool.reader(str(path)) as reader:
            assert number_in(reader.frame(1)) == 1
        assert len(pool) <= 2
    pool.close()
    assert len(pool) == 0


def test_several_threads_may_read_the_same_clips(tmp_path: Path) -> None:
    paths = [write_clip(tmp_path / f"{number}.mp4", 24) for number in range(3)]
    pool = VideoPool(limit=1)

    def read(job: int) -> bool:
        frame = job * 7 % 24
        with pool.reader(str(paths[job % 3])) as reader:
            return number_in(reader.frame(frame)) == frame

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(read, range(48)))
    pool.close()


def test_stepping_back_does_not_decode_the_whole_stretch_again(clip: Path) -> None:
    reader = VideoReader(clip)
    decoded = 0
    original = reader._read_on

    def counted() -> None:
        nonlocal decoded
        decoded += 1
        original()

    reader._read_on = counted  # type: ignore[method-assign]
    reader.frame(11)
    forward = decoded
    for frame in range(10, -1, -1):
        assert number_in(reader.frame(frame)) == frame
    assert decoded == forward
    reader.close()


def test_a_clip_of_giant_frames_is_refused(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodes.media.video_index.MAX_SIDE", 32)
    with pytest.raises(FileProblem, match="too large"):
        at(clip, 0)
