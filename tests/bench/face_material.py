"""Pictures and clips that the face benchmarks measure on."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nodes.sdk.values import Image
from nodes.sdk.values.arrays import FloatArray
from tests.samples import SAMPLES


def picture(path: Path) -> FloatArray:
    """H x W x 3 float32 of a file."""
    import cv2

    return np.ascontiguousarray(cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255.0)


def frames(path: Path, most: int = 10_000, every: int = 1) -> Iterator[FloatArray]:
    """The frames of a clip."""
    import cv2

    capture = cv2.VideoCapture(str(path))
    number = 0
    while number < most * every:
        found, pixels = capture.read()
        if not found:
            break
        if number % every == 0:
            yield np.ascontiguousarray(pixels[..., ::-1].astype(np.float32) / 255.0)
        number += 1
    capture.release()


def clips() -> list[Path]:
    """All clips with one person each."""
    return sorted([*SAMPLES.glob("driving/*.mp4"), *SAMPLES.glob("speech/*.mp4")])


def photos() -> list[Path]:
    """The portraits."""
    return sorted(SAMPLES.glob("photos/*.jpg"))


def labelled() -> Iterator[tuple[FloatArray, list[FloatArray]]]:
    """Group photos and the 68 points of each of their faces, continuous pixels."""
    root = SAMPLES / "landmarks"
    for entry in ElementTree.parse(root / "faces_68.xml").getroot().iter("image"):
        points = [
            np.array([[float(p.get("x", 0)), float(p.get("y", 0))] for p in box.findall("part")], np.float32)
            for box in entry.findall("box")
        ]
        # The file counts pixels from their centres.
        yield picture(root / str(entry.get("file"))), [face + 0.5 for face in points]


def turned(pixels: FloatArray, degrees: float) -> tuple[FloatArray, npt.NDArray[np.float64]]:
    """The picture turned about its middle on a canvas that holds it, and the 2 x 3 map of points."""
    import cv2

    height, width = pixels.shape[:2]
    side = int(np.hypot(height, width)) + 2
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    matrix[:, 2] += ((side - width) / 2, (side - height) / 2)
    return cv2.warpAffine(pixels, matrix, (side, side), borderValue=(0.4, 0.4, 0.4)), matrix


def as_720p(count: int, people: int = 1) -> list[Image]:
    """1280 x 720 frames of a moving clip, the person shown once or several times side by side."""
    import cv2

    sources = [SAMPLES / "driving" / name for name in ("driving_d3.mp4", "driving_d0.mp4", "driving_d18.mp4")]
    streams = [list(frames(source, count)) for source in sources[:people]]
    side = 720 if people == 1 else 1280 // people
    result = []
    for number in range(min(len(stream) for stream in streams)):
        canvas = np.full((720, 1280, 3), 0.35, np.float32)
        for place, stream in enumerate(streams):
            left = (1280 - side * people) // 2 + place * side
            top = (720 - side) // 2
            canvas[top : top + side, left : left + side] = cv2.resize(stream[number], (side, side))
        result.append(Image(canvas))
    return result


def seconds(work: Callable[[], object], times: int = 5) -> float:
    """The least of several runs: what the machine can do when nothing else runs."""
    work()
    best = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - begin)
    return best


def median_seconds(work: Callable[[Image], object], items: list[Image], warm: int = 3) -> float:
    """The median time of one item of a sequence, the first few left out."""
    taken = []
    for item in items:
        begin = time.perf_counter()
        work(item)
        taken.append(time.perf_counter() - begin)
    return float(np.median(taken[warm:]))
