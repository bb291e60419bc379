"""Numbered pictures: names, content, resuming, bad places."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from app.export.sequence import export_sequence, is_pattern, numbered
from nodes.load.load_image import load_image
from nodes.sdk import Cancelled, Context, FileProblem, NodeError
from nodes.sdk.values import Image
from tests.export.helpers import counting, disk_with_room_for, grainy, picture
from tests.media.clips import number_in


def test_the_number_goes_where_the_name_says() -> None:
    assert numbered(Path("a/face.####.png"), 7) == Path("a/face.0007.png")
    assert numbered(Path("face.%04d.png"), 12345) == Path("face.12345.png")
    assert numbered(Path("face%d.png"), 7) == Path("face7.png")
    assert is_pattern(Path("f#.png")) and not is_pattern(Path("a#b/face.png"))
    with pytest.raises(NodeError, match=r"face\.####\.png"):
        numbered(Path("##.####.png"), 1)


@pytest.mark.parametrize("extension", ["png", "jpg", "tif", "webp"])
def test_every_frame_becomes_the_file_of_its_number(tmp_path: Path, extension: str) -> None:
    report = export_sequence(picture, tmp_path / f"f.###.{extension}", 8, 30)
    assert report.frames == 23
    assert len(list(tmp_path.iterdir())) == 23
    for frame in range(8, 31):
        assert (
            number_in(load_image(context=Context(), path=str(tmp_path / f"f.{frame:03d}.{extension}")).pixels)
            == frame
        )


def test_sixteen_bits_hold_what_eight_cannot(tmp_path: Path) -> None:
    image = Image(np.random.default_rng(0).random((8, 9, 4)).astype(np.float32))
    export_sequence(lambda _: image, tmp_path / "f#.png", 0, 0, depth=16)
    assert (
        np.abs(load_image(context=Context(), path=str(tmp_path / "f0.png")).pixels - image.pixels).max()
        < 1e-5
    )
    with pytest.raises(NodeError, match="only 8 bits"):
        export_sequence(lambda _: image, tmp_path / "f#.jpg", 0, 0, depth=16)


def test_a_stopped_sequence_goes_on_where_it_stopped(tmp_path: Path) -> None:
    done = 0

    def stop() -> bool:
        return done >= 20

    def note(progress: object) -> None:
        nonlocal done
        done += 1

    with pytest.raises(Cancelled):
        export_sequence(picture, tmp_path / "f.##.png", 0, 39, key="k", on_progress=note, is_cancelled=stop)
    calls: list[int] = []
    report = export_sequence(counting(picture, calls), tmp_path / "f.##.png", 0, 39, key="k")
    assert report.resumed >= 16 and calls == list(range(report.resumed, 40))
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"f.{frame:02d}.png" for frame in range(40)]
    calls.clear()
    export_sequence(counting(picture, calls), tmp_path / "f.##.png", 0, 39, key="k")
    assert len(calls) == 40


def test_another_content_or_a_missing_file_is_made_again(tmp_path: Path) -> None:
    def broken(frame: int) -> Image:
        if frame == 30:
            raise NodeError("no face", hint="none")
        return picture(frame)

    for change, expected in ((None, 27), ("missing", 9), ("key", 0)):
        with pytest.raises(NodeError, match="no face"):
            export_sequence(broken, tmp_path / "f.##.png", 0, 39, key="k")
        if change == "missing":
            (tmp_path / "f.09.png").unlink()
        report = export_sequence(
            picture, tmp_path / "f.##.png", 0, 39, key="other" if change == "key" else "k"
        )
        assert expected <= report.resumed <= (expected if change else 30)


def test_a_full_disk_leaves_no_broken_picture(tmp_path: Path) -> None:
    with disk_with_room_for(5_000), pytest.raises(FileProblem, match="disk is full"):
        export_sequence(grainy, tmp_path / "f.##.png", 0, 9)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileProblem, match="does not exist"):
        export_sequence(picture, tmp_path / "nowhere" / "f.##.png", 0, 9)


def test_a_name_of_no_picture_is_refused_before_anything_is_computed(tmp_path: Path) -> None:
    calls: list[int] = []
    with pytest.raises(NodeError, match="cannot be written"):
        export_sequence(counting(picture, calls), tmp_path / "f.##.psd", 0, 9)
    assert calls == []


def test_transparent_pictures_keep_alpha_or_lie_over_black(tmp_path: Path) -> None:
    half = Image(np.full((8, 8, 4), 0.5, np.float32))
    for name, expected in (("a#.png", [128] * 4), ("a#.jpg", [64] * 3)):
        export_sequence(lambda _: half, tmp_path / name, 1, 1)
        with Pillow.open(tmp_path / name.replace("#", "1")) as written:
            assert np.abs(np.asarray(written)[4, 4].astype(int) - expected).max() <= 1
