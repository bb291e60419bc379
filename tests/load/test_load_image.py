"""Loading pictures: right way up, right colours, right depth, and clear words about bad files."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow

from nodes.load.load_image import load_image
from nodes.sdk import Context, FacewrightError, FileProblem, NodeError
from nodes.sdk.values import Image

CORNERS = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)


def noise(width: int = 40, height: int = 30, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def load(path: Path) -> np.ndarray:
    return load_image(context=Context(), path=str(path)).pixels


def message_of(path: Path | str) -> str:
    with pytest.raises(FileProblem) as caught:
        load_image(context=Context(), path=str(path))
    assert "\n" not in str(caught.value)
    assert caught.value.hint
    return str(caught.value)


def test_the_built_in_astronaut_needs_no_file_of_the_user() -> None:
    image = load_image(context=Context(), path="demo:astronaut")
    assert image.pixels.shape == (512, 512, 3)
    assert image.pixels.dtype == np.float32
    assert 0.0 <= image.pixels.min() < 0.05 and 0.95 < image.pixels.max() <= 1.0


def test_the_built_in_picture_is_read_without_importing_the_package_that_carries_it() -> None:
    code = (
        "import sys; from nodes.sdk import Context; from nodes.load.load_image import load_image;"
        "load_image(context=Context(), path='demo:astronaut');"
        "sys.exit('skimage' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_an_unknown_built_in_name_lists_those_there_are() -> None:
    with pytest.raises(NodeError, match="demo:astronaut"):
        load_image(context=Context(), path="demo:nobody")


def test_an_eight_bit_picture_keeps_every_value(tmp_path: Path) -> None:
    Pillow.fromarray(noise()).save(tmp_path / "a.png")
    assert np.array_equal(np.rint(load(tmp_path / "a.png") * 255), noise())


@pytest.mark.parametrize("kind", ["png", "tif", "jpg"])
@pytest.mark.parametrize(
    ("orientation", "top_left"), [(1, 0), (2, 1), (3, 3), (4, 2), (5, 0), (6, 2), (7, 3), (8, 1)]
)
def test_a_picture_is_turned_upright_by_its_orientation_mark(
    tmp_path: Path, kind: str, orientation: int, top_left: int
) -> None:
    stored = CORNERS.repeat(24, axis=0).repeat(16, axis=1)
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned.{kind}"
    Pillow.fromarray(stored).save(path, exif=exif)
    pixels = load(path)
    assert pixels.shape == ((32, 48, 3) if orientation >= 5 else (48, 32, 3))
    assert np.allclose(pixels[4, 4], CORNERS.reshape(4, 3)[top_left] / 255, atol=0.1)


def test_a_deep_picture_is_turned_upright_too(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(noise(40, 30)).save(tmp_path / "shallow.png", exif=exif)
    deep = noise(40, 30).astype(np.uint16) * 257
    cv2.imwrite(str(tmp_path / "deep.png"), deep[..., ::-1])
    chunk = next(part for part in _chunks((tmp_path / "shallow.png").read_bytes()) if part[4:8] == b"eXIf")
    data = (tmp_path / "deep.png").read_bytes()
    (tmp_path / "deep.png").write_bytes(data[:33] + chunk + data[33:])
    assert np.allclose(load(tmp_path / "deep.png"), load(tmp_path / "shallow.png"), atol=1e-6)
    assert load(tmp_path / "deep.png").shape == (40, 30, 3)


def test_a_deep_picture_with_its_notes_twice_is_read_in_silence(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    exif = Pillow.Exif()
    exif[0x010E] = "a description"
    Pillow.fromarray(noise()).save(tmp_path / "shallow.png", exif=exif)
    chunk = next(part for part in _chunks((tmp_path / "shallow.png").read_bytes()) if part[4:8] == b"eXIf")
    cv2.imwrite(str(tmp_path / "deep.png"), (noise().astype(np.uint16) * 257)[..., ::-1])
    data = (tmp_path / "deep.png").read_bytes()
    (tmp_path / "deep.png").write_bytes(data[:33] + chunk + data[33:-12] + chunk + data[-12:])
    assert np.allclose(load(tmp_path / "deep.png"), load(tmp_path / "shallow.png"), atol=1e-6)
    assert capfd.readouterr().err == ""


def _chunks(png: bytes) -> list[bytes]:
    found, place = [], 8
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        found.append(png[place : place + length + 12])
        place += length + 12
    return found


@pytest.mark.parametrize("kind", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_are_kept(tmp_path: Path, kind: str, channels: int) -> None:
    words = np.random.default_rng(1).integers(0, 65536, (9, 11, channels), dtype=np.uint16)
    swapped = words[..., [2, 1, 0, 3][:channels]] if channels > 1 else words
    cv2.imwrite(str(tmp_path / f"deep.{kind}"), swapped)
    pixels = load(tmp_path / f"deep.{kind}")
    expected = words if channels > 1 else words.repeat(3, axis=2)
    assert np.array_equal(np.rint(pixels.astype(np.float64) * 65535), expected)


def test_grey_becomes_rgb_and_transparency_is_kept(tmp_path: Path) -> None:
    grey = Pillow.fromarray(noise()[..., 0])
    grey.save(tmp_path / "grey.png")
    assert load(tmp_path / "grey.png").shape == (30, 40, 3)
    grey.putalpha(Pillow.fromarray(noise(seed=3)[..., 0]))
    grey.save(tmp_path / "both.png")
    pixels = load(tmp_path / "both.png")
    assert np.array_equal(np.rint(pixels[..., 3] * 255), noise(seed=3)[..., 0])
    palette = Pillow.fromarray(noise()).quantize(8)
    palette.save(tmp_path / "palette.png", transparency=0)
    assert set(np.unique(load(tmp_path / "palette.png")[..., 3])) == {0.0, 1.0}


def test_cmyk_is_converted(tmp_path: Path) -> None:
    Pillow.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "red.jpg", quality=100)
    assert np.allclose(load(tmp_path / "red.jpg")[4, 4], [1, 0, 0], atol=0.08)


def test_an_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Pillow.new("RGB", (8, 8), colour) for colour in ("red", "lime", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    context = Context()
    image = load_image(path=str(tmp_path / "moving.gif"), context=context)
    assert np.allclose(image.pixels[4, 4, :3], [1, 0, 0])
    assert context.notices == (f"the file holds {len(frames)} pictures; this is the first of them",)


def test_a_still_picture_needs_no_words(tmp_path: Path) -> None:
    Pillow.new("RGB", (8, 8)).save(tmp_path / "still.gif")
    context = Context()
    load_image(path=str(tmp_path / "still.gif"), context=context)
    assert context.notices == ()


def _linear_profile() -> bytes:
    """A minimal ICC profile: the primaries of sRGB with a linear curve."""

    def fixed(*numbers: float) -> bytes:
        return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    xyz = {
        b"wtpt": (0.9642, 1.0, 0.8249), b"rXYZ": (0.4361, 0.2225, 0.0139),
        b"gXYZ": (0.3851, 0.7169, 0.0971), b"bXYZ": (0.1431, 0.0606, 0.7141),
    }  # fmt: skip
    tags = {name: b"XYZ \0\0\0\0" + fixed(*numbers) for name, numbers in xyz.items()}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), b"curv\x00\x00\x00\x00\x00\x00\x00\x00")
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 7) + b"linear\0" + bytes(78)
    tags[b"cprt"] = b"text\0\0\0\0none\0"
    table, body, start = struct.pack(">I", len(tags)), b"", 132 + 12 * len(tags)
    for name, data in tags.items():
        table += name + struct.pack(">II", start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"lcms", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    head += bytes(12) + b"acsp" + bytes(28) + fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + table + body


def test_the_embedded_colour_profile_is_honoured(tmp_path: Path) -> None:
    for mode in ("RGB", "RGBA"):
        Pillow.new(mode, (8, 8), (55, 55, 55, 77)[: len(mode)]).save(
            tmp_path / "linear.png", icc_profile=_linear_profile()
        )
        pixels = load(tmp_path / "linear.png")
        # 55/255 of linear light is 0.5029 sRGB-encoded.
        assert np.allclose(pixels[4, 4, :3], 0.503, atol=0.006)
        assert mode == "RGB" or pixels[4, 4, 3] == np.float32(77) / np.float32(255)


def test_a_damaged_colour_profile_does_not_stop_the_picture(tmp_path: Path) -> None:
    Pillow.fromarray(noise()).save(tmp_path / "a.png", icc_profile=b"this is no profile" * 20)
    assert np.array_equal(np.rint(load(tmp_path / "a.png") * 255), noise())


def _png(width: int, height: int, rows: bytes) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + end


@pytest.mark.parametrize("size", [(60_000, 60_000), (20_001, 4), (15_000, 15_000), (2**31 - 1, 1)])
def test_a_giant_is_refused_by_its_header_and_the_limit_is_named(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    (tmp_path / "giant.png").write_bytes(_png(*size, b""))
    text = message_of(tmp_path / "giant.png")
    assert "giant.png" in text and "too large" in text and "20,000 pixels" in text


def test_a_header_that_promises_more_than_the_file_holds_is_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "lie.png").write_bytes(_png(3000, 2000, bytes(301)))
    assert "damaged or cut short" in message_of(tmp_path / "lie.png")


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tif", "gif", "bmp", "avif", "jp2", "tga", "ppm"])
def test_a_file_cut_short_anywhere_gives_one_clear_line(tmp_path: Path, kind: str) -> None:
    whole = tmp_path / f"whole.{kind}"
    Pillow.fromarray(noise()).save(whole)
    size = load(whole).shape
    data = whole.read_bytes()
    for cut in sorted({*range(1, 64, 3), *range(0, len(data), max(len(data) // 40, 1))} - {0}):
        path = tmp_path / f"cut.{kind}"
        path.write_bytes(data[:cut])
        try:
            assert load(path).shape == size
        except FileProblem as problem:
            assert "cut." in str(problem) and problem.hint


@pytest.mark.parametrize("kind", ["png", "tif", "ppm"])
def test_a_deep_file_cut_short_is_called_so_and_not_half_shown(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"deep.{kind}"
    cv2.imwrite(str(path), noise().astype(np.uint16) * 200)
    data = path.read_bytes()
    for cut in range(60, len(data) - 60, len(data) // 9):
        path.write_bytes(data[:cut])
        assert "damaged or cut short" in message_of(path)
    assert "OpenCV" not in capfd.readouterr().err


@pytest.mark.parametrize("kind", ["png", "jpg", "webp", "tif", "gif", "bmp"])
def test_flipped_bytes_never_raise_anything_else(tmp_path: Path, kind: str) -> None:
    whole = tmp_path / f"whole.{kind}"
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(noise()).save(whole, **({"exif": exif} if kind in ("png", "jpg", "tif", "webp") else {}))
    data = np.frombuffer(whole.read_bytes(), np.uint8)
    chance = np.random.default_rng(7)
    for _ in range(60):
        broken = data.copy()
        places = chance.integers(0, min(len(data), 400), 4)
        broken[places] = chance.integers(0, 256, 4, dtype=np.uint8)
        (tmp_path / f"broken.{kind}").write_bytes(broken.tobytes())
        try:
            load(tmp_path / f"broken.{kind}")
        except FacewrightError as problem:
            assert problem.hint


def test_the_content_counts_and_not_the_name(tmp_path: Path) -> None:
    Pillow.fromarray(noise()).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert np.array_equal(np.rint(load(tmp_path / "a.jpg") * 255), noise())


def test_what_is_no_picture_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("this is a letter, not a picture\n" * 9)
    assert "is not a picture" in message_of(tmp_path / "text.png")
    (tmp_path / "clip.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(99))
    assert "Load video" in message_of(tmp_path / "clip.mp4")
    (tmp_path / "page.eps").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    assert "is not a picture" in message_of(tmp_path / "page.eps")
    (tmp_path / "empty.png").write_bytes(b"")
    assert "0 bytes" in message_of(tmp_path / "empty.png")
    assert "folder" in message_of(tmp_path)
    assert "does not exist" in message_of(tmp_path / "missing.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "device or a pipe" in message_of(tmp_path / "pipe.png")


def test_a_file_without_read_right_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "secret.png").write_bytes(b"x")
    monkeypatch.setattr(Path, "open", refuse)
    assert "may not be read" in message_of(tmp_path / "secret.png")


def test_no_path_asks_for_one() -> None:
    with pytest.raises(NodeError, match="no picture is chosen"):
        load_image(context=Context())


def test_the_result_is_an_encoded_image() -> None:
    image = load_image(context=Context(), path="demo:astronaut")
    assert isinstance(image, Image) and not image.linear and image.pixels.flags.c_contiguous


def _with_lens(path, size, focal, noted):
    from PIL import Image as Pillow

    notes = Pillow.Exif()
    notes.get_ifd(0x8769).update({0xA405: focal, 0xA002: noted[0], 0xA003: noted[1]})
    Pillow.new("RGB", size).save(path, exif=notes)
    return path


def test_the_cameras_note_of_its_lens_is_kept(tmp_path):
    from nodes.media.pictures import read_picture

    whole = _with_lens(tmp_path / "whole.jpg", (60, 40), 85, (6000, 4000))
    assert read_picture(str(whole)).focal_35mm == 85.0
    cropped = _with_lens(tmp_path / "cropped.jpg", (40, 40), 85, (6000, 4000))
    assert read_picture(str(cropped)).focal_35mm == 0.0
    assert read_picture(str(_with_lens(tmp_path / "odd.jpg", (60, 40), 0, (0, 0)))).focal_35mm == 0.0
