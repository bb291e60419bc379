"""Enlarging, restoring and interpolating: what it gains over plain ways, how long, how much memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable

import cv2
import numpy as np

from nodes.enhance.interpolate_frames import interpolate_frames
from nodes.enhance.restore import restore
from nodes.face.face_landmarks import face_landmarks
from nodes.media.video_reader import VideoReader
from nodes.sdk.context import Context
from nodes.sdk.models import find
from nodes.sdk.values import Image
from nodes.sdk.values.arrays import FloatArray
from tests.bench.run import RESULTS
from tests.bench.table import Row
from tests.samples import SAMPLES

#: Frames left out between two that are kept, so that there is motion to guess.
_APART = 4
_CLIPS = ("driving/driving_d0.mp4", "driving/driving_d12.mp4", "driving/driving_d18.mp4")
_PIXELS = 3840 * 2160


def rows() -> list[Row]:
    """All figures of models and samples that are here."""
    found: list[Row] = []
    if find("frame_interpolator") is not None:
        found += [_sliding(), *_clips()]
        found.append(_memory("interpolate", 2.5, "two 4K pictures held, the result, and the network"))
    if find("real_esrgan_x2") is not None:
        if find("face_landmarker") is not None and SAMPLES.is_dir():
            found += _restoring()
        found.append(_memory("restore", 2.0, "a 4K picture whose face is 1,000 px"))
        if os.environ.get("FACEWRIGHT_LONG_BENCH"):
            found.append(_memory("upscale", 2.0, "4K to 8K; the result alone is 0.4 GB"))
    return found


def _likeness(one: FloatArray, two: FloatArray) -> float:
    """PSNR in dB."""
    return float(-10 * np.log10(max(float(((one - two) ** 2).mean()), 1e-12)))


def _between(first: FloatArray, second: FloatArray, phase: int, times: int) -> FloatArray:
    """The node's picture at a phase between two pictures of a clip shown `times` times slower."""
    one, two = Image(first), Image(second)
    window = [two if n >= times - phase else one for n in range(-7, 9)]
    return interpolate_frames(window, times=times, context=Context(frame=phase)).pixels


def _sliding() -> Row:
    """A portrait that slides and turns: the picture between is known exactly."""
    from skimage import data

    picture = (data.astronaut() / 255).astype(np.float32)

    def at(share: float) -> FloatArray:
        turn = cv2.getRotationMatrix2D((256, 256), 6.0 * share, 1.0)
        turn[:, 2] += (20.0 * share, -8.0 * share)
        return cv2.warpAffine(picture, turn, (512, 512), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)

    first, second, inner = at(0.0), at(1.0), np.s_[64:-64, 64:-64]
    _between(first, second, 1, 2)
    started = time.process_time()
    middle = _between(first, second, 1, 2)
    took = time.process_time() - started
    likeness = np.mean([_likeness(_between(first, second, n, 4)[inner], at(n / 4)[inner]) for n in (1, 2, 3)])
    blend = np.mean(
        [_likeness((first + (second - first) * n / 4)[inner], at(n / 4)[inner]) for n in (1, 2, 3)]
    )
    _keep("interpolated", [first, at(0.5), middle, (first + second) / 2, second])
    return Row(
        "interpolate 4x: sliding, turning portrait", float(likeness), "dB", float(blend) + 4.0, "higher",
        f"mixing {blend:.1f} dB", f"limit: 4 dB above mixing; {took:.1f} s of processor a 512 px picture",
    )  # fmt: skip


def _clips() -> list[Row]:
    """Frames of real clips left out and the middle one made again: one of two, and seven of eight."""
    found = []
    for apart, name in ((1, "1 of 2"), (_APART, f"{2 * _APART - 1} of {2 * _APART}")):
        ours, mixed, error, ghost, sharp, washed = [], [], [], [], [], []
        for clip in _CLIPS:
            if not (SAMPLES / clip).is_file():
                continue
            reader = VideoReader(SAMPLES / clip)
            start = len(reader.index) // 3
            first, left_out, second = (reader.frame(start + n * apart)[..., :3] for n in range(3))
            reader.close()
            made, mix = _between(first, second, 1, 2), (first + second) / 2
            ours.append(_likeness(made, left_out))
            mixed.append(_likeness(mix, left_out))
            moving = np.abs(first - second).max(axis=2) > 0.1
            if moving.any():
                error.append(float(np.abs(made - left_out)[moving].mean()))
                ghost.append(float(np.abs(mix - left_out)[moving].mean()))
                own = (_edges(first, moving) + _edges(second, moving)) / 2
                sharp.append(_edges(made, moving) / own)
                washed.append(_edges(mix, moving) / own)
            _keep(f"interpolated_{clip.split('/')[-1][:-4]}_{apart}", [first, left_out, made, mix, second])
        if not error:
            continue
        kept = float(np.mean(sharp))
        told = "the frame left out need not lie half-way" if apart > 1 else "as for a clip at twice its rate"
        found += [
            Row(f"interpolate clips, {name} left out", float(np.mean(ours)), "dB", None, "higher",
                f"mixing {np.mean(mixed):.1f} dB", told),
            Row(f"interpolate clips, {name}: error where it moves", float(np.mean(error)), "",
                float(np.mean(ghost)) if apart == 1 else None, "lower", f"mixing {np.mean(ghost):.3f}", told),
            Row(f"interpolate clips, {name}: edges kept where it moves", kept, "", 0.85, "higher",
                f"mixing {np.mean(washed):.2f}", "share of the neighbours' gradients; less: blur, ghosts"),
        ]  # fmt: skip
    return found


def _edges(picture: FloatArray, where: FloatArray) -> float:
    """Mean size of the gradients at some pixels."""
    grey = picture.mean(axis=2)
    steep = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    return float(steep[where].mean())


def _restoring() -> list[Row]:
    """Portraits shrunk three times and compressed, then restored."""
    gains, alike, plain_alike, took = [], [], [], []
    for path in sorted((SAMPLES / "photos").glob("portrait_s*.jpg"))[:6]:
        picture = cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255
        faces = face_landmarks(Image(np.ascontiguousarray(picture)), context=Context())
        if not len(faces):
            continue
        x0, y0, x1, y1 = faces[0].box
        middle, half = ((x0 + x1) / 2, (y0 + y1) / 2), float(max(x1 - x0, y1 - y0))
        square = [
            int(max(0, v)) for v in (middle[1] - half, middle[1] + half, middle[0] - half, middle[0] + half)
        ]
        face = cv2.resize(
            picture[square[0] : square[1], square[2] : square[3]], (480, 480), interpolation=cv2.INTER_AREA
        )
        small = cv2.resize(face, (160, 160), interpolation=cv2.INTER_AREA)
        _, packed = cv2.imencode(
            ".jpg", np.round(small[..., ::-1] * 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 60]
        )
        bad = cv2.imdecode(packed, 1)[..., ::-1].astype(np.float32) / 255
        bad = np.clip(cv2.resize(bad, (480, 480), interpolation=cv2.INTER_CUBIC), 0, 1)
        seen = face_landmarks(Image(bad), context=Context())
        if not len(seen):
            continue
        started = time.perf_counter()
        made = restore(Image(bad), seen, blur=3.0, context=Context()).pixels
        took.append(time.perf_counter() - started)
        gains.append(_likeness(made, face) - _likeness(bad, face))
        alike.append(_structure(made, face))
        plain_alike.append(_structure(bad, face))
        _keep(f"restored_{path.stem}", [face, bad, made])
    if not gains:
        return []
    plain = float(np.mean(plain_alike))
    return [
        Row("restore: change of PSNR to the original", float(np.mean(gains)), "dB", None, "higher", "",
            f"{len(gains)} portraits shrunk 3x and compressed; {np.mean(took):.1f} s each"),
        Row("restore: edges like the original's", float(np.mean(alike)), "", plain, "higher",
            f"unrestored {plain:.3f}", "correlation of gradients; the limit is the unrestored"),
    ]  # fmt: skip


def _structure(one: FloatArray, two: FloatArray) -> float:
    """Correlation of gradient sizes."""

    def gradient(picture: FloatArray) -> FloatArray:
        grey = cv2.GaussianBlur(picture.mean(axis=2), (0, 0), 0.8)
        return np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))

    return float(np.corrcoef(gradient(one).ravel(), gradient(two).ravel())[0, 1])


def _keep(name: str, pictures: list[FloatArray]) -> None:
    """A sheet to look at, in the folder of results."""
    folder = RESULTS / "enhance"
    folder.mkdir(parents=True, exist_ok=True)
    sheet = np.hstack([np.clip(picture, 0, 1) for picture in pictures])
    cv2.imwrite(str(folder / f"{name}.png"), np.round(sheet[..., ::-1] * 255).astype(np.uint8))


def _memory(what: str, limit: float, note: str) -> Row:
    """The most memory of a process that works on a 4K picture."""
    command = [sys.executable, "-c", f"from tests.bench.bench_enhance import work; work({what!r})"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500, check=True)
    most = float(done.stdout.split()[-1])
    return Row(f"{what} at 4K: most memory", most, "GB", limit, "lower", "", note)


def work(what: str) -> None:
    """Run one node on a 4K picture; writes the most gigabytes that this process held."""
    import resource

    picture = np.random.default_rng(0).random((2160, 3840, 3), np.float32)
    picture = cv2.GaussianBlur(picture, (0, 0), 6)
    actions: dict[str, Callable[[], object]] = {
        "interpolate": lambda: _between(picture, np.roll(picture, 8, axis=1), 1, 2),
        "restore": lambda: restore(Image(picture), _large_face(), context=Context()),
        "upscale": lambda: _upscaled(picture),
    }
    actions[what]()
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.3f}\n")


def _upscaled(picture: FloatArray) -> object:
    from nodes.enhance.upscale import upscale

    return upscale(Image(picture), factor=2.0, context=Context())


def _large_face() -> object:
    from nodes.sdk.values import Face, Faces

    points = np.array([[-0.5, -0.4], [0.5, -0.4], [0, 0.1], [-0.4, 0.6], [0.4, 0.6]], np.float32)
    place = np.array([1920, 1080], np.float32) + 220 * points
    box = np.array([1500, 600, 2340, 1560], np.float32)
    return Faces((Face(box, np.zeros((0, 3), np.float32), place),), 3840, 2160)
