"""Draws heads into a folder, and reads them back: python packaging/head_cache.py PHOTOS CACHE [COUNT] [SEED].

PHOTOS is a folder of portraits (.jpg) that lend the drawn heads their skin and backgrounds; none of it
is in what is trained. Several runs with other seeds may draw into one folder at the same time. Needs
the fetched head model and landmarker; a head takes about a tenth of a second.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from head_pictures import Example, donors_of, examples, head_model

CHUNK = 200
#: What is kept of every head; the truth, and what the landmarker saw.
FIELDS = (
    "landmarks", "coefficients", "visibility", "hidden",
    "identity", "expression", "rotation", "translation", "camera",
)  # fmt: skip


def _row(found: Example) -> tuple[np.ndarray, ...]:
    head, face = found.head, found.face
    seen = np.ones(478) if face.visibility is None else face.visibility
    camera = np.array([head.camera.focal, head.camera.centre_x, head.camera.centre_y, found.whole])
    truth = (head.identity, head.expression, head.rotation, head.translation, camera)
    return tuple(
        np.asarray(part, np.float32)
        for part in (face.landmarks, face.coefficients, seen, found.hidden, *truth)
    )


def _write(path: Path, rows: list[tuple[np.ndarray, ...]], pictures: list[bytes]) -> None:
    arrays = dict(zip(FIELDS, (np.array(column) for column in zip(*rows, strict=True)), strict=True))
    arrays["lengths"] = np.array([len(picture) for picture in pictures])
    arrays["pictures"] = np.frombuffer(b"".join(pictures), np.uint8)
    with path.with_suffix(".part").open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    path.with_suffix(".part").replace(path)


def draw(photos: Path, cache: Path, count: int, seed: int) -> None:
    """Draw heads and keep them with what the landmarker saw of them, in files of CHUNK."""
    cache.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[np.ndarray, ...]] = []
    pictures: list[bytes] = []
    for number, found in enumerate(examples(head_model(), donors_of(photos), count, seed), 1):
        rows.append(_row(found))
        pictures.append(found.picture)
        if number % CHUNK == 0:
            _write(cache / f"{seed}_{number:06}.npz", rows, pictures)
            rows.clear()
            pictures.clear()
    if rows:
        _write(cache / f"{seed}_last.npz", rows, pictures)


def gathered_file(path: Path) -> tuple[dict[str, np.ndarray], list[bytes]]:
    """Every field of one file, and its JPEG pictures."""
    with np.load(path, allow_pickle=False) as stored:
        ends = np.cumsum(stored["lengths"])
        whole = stored["pictures"].tobytes()
        pictures = [whole[end - size : end] for end, size in zip(ends, np.diff(ends, prepend=0), strict=True)]
        return {name: stored[name] for name in FIELDS}, pictures


def gathered(cache: Path, most: int = 1 << 30) -> dict[str, np.ndarray]:
    """Every field of the first heads in the cache."""
    chunks: list[dict[str, np.ndarray]] = []
    for path in sorted(cache.glob("*.npz")):
        chunks.append(gathered_file(path)[0])
        if sum(len(chunk["camera"]) for chunk in chunks) >= most:
            break
    return {name: np.concatenate([chunk[name] for chunk in chunks])[:most] for name in FIELDS}


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[3:]]
    draw(Path(sys.argv[1]), Path(sys.argv[2]), *(numbers + [20000, 21][len(numbers) :]))
