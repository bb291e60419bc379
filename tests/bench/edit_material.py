"""Portraits, expressions and sheets that the benchmarks of editing share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from nodes.face._identity import embeddings, load_embedder
from nodes.face.face_landmarks import face_landmarks
from nodes.face.parse_face import parse_face
from nodes.head.fit_head import fit_head
from nodes.media.pictures import read_picture
from nodes.sdk.context import Context
from nodes.sdk.models import find
from nodes.sdk.values import ARKIT_NAMES, Faces, HeadState, Image, Parsing
from nodes.sdk.values.arrays import FloatArray
from tests.bench.face_material import picture
from tests.samples import SAMPLES

CONTEXT = Context()
SHEETS = Path(__file__).resolve().parents[2] / "bench-results" / "edit"
PORTRAITS = ("s1", "s5", "s7", "s12", "s42", "astronaut")

#: Twenty expressions of what a landmarker can see, as changes of coefficients.
EXPRESSIONS: dict[str, dict[str, float]] = {
    "smile": {"mouthSmileLeft": 0.6, "mouthSmileRight": 0.6},
    "faint smile": {"mouthSmileLeft": 0.3, "mouthSmileRight": 0.3},
    "half smile": {"mouthSmileLeft": 0.5},
    "jaw a little": {"jawOpen": 0.25},
    "jaw open": {"jawOpen": 0.55},
    "laugh": {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.5, "jawOpen": 0.35},
    "pucker": {"mouthPucker": 0.6},
    "o": {"mouthPucker": 0.4, "jawOpen": 0.3},
    "blink": {"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5},
    "half blink": {"eyeBlinkLeft": 0.25, "eyeBlinkRight": 0.25},
    "wink": {"eyeBlinkRight": 0.45},
    "squint": {"eyeSquintLeft": 0.3, "eyeSquintRight": 0.3},
    "brows up": {"browInnerUp": 0.4, "browOuterUpLeft": 0.4, "browOuterUpRight": 0.4},
    "worried": {"browInnerUp": 0.5},
    "frown of brows": {"browDownLeft": 0.4, "browDownRight": 0.4},
    "surprise": {"browInnerUp": 0.4, "browOuterUpLeft": 0.4, "browOuterUpRight": 0.4, "jawOpen": 0.4},
    "upper lip": {"mouthUpperUpLeft": 0.3, "mouthUpperUpRight": 0.3},
    "lower lip": {"mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3},
    "mouth aside": {"mouthLeft": 0.3},
    "chin raised": {"mouthShrugLower": 0.35},
}


@dataclass(frozen=True, eq=False)
class Sitter:
    """A portrait, made ready."""

    name: str
    image: Image
    faces: Faces
    head: HeadState
    parsing: Parsing | None
    identity: FloatArray


def present() -> bool:
    """Whether the samples and the models are here."""
    models = ("anny_head", "face_landmarker", "face_detector", "face_embedder", "portrait_matte")
    return (SAMPLES / "photos").is_dir() and all(find(name) for name in models)


@cache
def sitter(name: str) -> Sitter:
    """A portrait, cropped around the face to at most 512 px."""
    import cv2

    if name == "astronaut":
        pixels = read_picture("demo:astronaut").pixels[..., :3]
    else:
        pixels = picture(SAMPLES / "photos" / f"portrait_{name}.jpg")
    pixels = np.ascontiguousarray(pixels, np.float32)
    face = face_landmarks(Image(pixels), context=CONTEXT)[0]
    middle, reach = (face.box[:2] + face.box[2:]) / 2, 1.25 * face.size
    left, top = np.maximum(middle - reach, 0).astype(int)
    right, bottom = (middle + reach).astype(int)
    pixels = pixels[top:bottom, left:right]
    scale = 512 / max(pixels.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    resized = cv2.resize(np.ascontiguousarray(pixels), None, fx=scale, fy=scale, interpolation=way)
    image = Image(np.clip(resized, 0, 1).astype(np.float32))
    faces = face_landmarks(image, context=CONTEXT)
    parsing = parse_face(image, faces, context=CONTEXT) if find("face_parser") else None
    identity = identity_of(image, faces)
    return Sitter(name, image, faces, fit_head(faces, image, context=CONTEXT), parsing, identity)


def identity_of(image: Image, faces: Faces) -> FloatArray:
    """The identity of the first face, 128."""
    found: FloatArray = embeddings(load_embedder(CONTEXT), image.pixels[..., :3], list(faces)[:1])[0]
    return found


def named(coefficients: FloatArray, name: str) -> float:
    """A coefficient by its name."""
    return float(coefficients[ARKIT_NAMES.index(name)])


def sheet(name: str, rows: list[list[FloatArray]], side: int = 256) -> None:
    """Write pictures as a sheet for people to look at."""
    import cv2

    SHEETS.mkdir(parents=True, exist_ok=True)
    blank = np.zeros((side, side, 3), np.float32)
    width = max(len(row) for row in rows)
    lines = [np.hstack([_fitted(tile, side) for tile in row] + [blank] * (width - len(row))) for row in rows]
    whole = np.clip(np.vstack(lines), 0, 1)
    cv2.imwrite(str(SHEETS / f"{name}.jpg"), (whole[..., ::-1] * 255).astype(np.uint8))


def _fitted(tile: FloatArray, side: int) -> FloatArray:
    import cv2

    height, width = tile.shape[:2]
    scale = side / max(height, width)
    small = cv2.resize(
        np.ascontiguousarray(tile[..., :3]), (max(1, int(width * scale)), max(1, int(height * scale)))
    )
    out = np.zeros((side, side, 3), np.float32)
    out[: small.shape[0], : small.shape[1]] = small
    return out


def zooms(image: Image, head: HeadState) -> list[FloatArray]:
    """The eyes, the mouth and the chin line of a picture, enlarged."""
    points = head.landmarks[:468, :2]
    unit = float(np.linalg.norm(points[33] - points[263]))
    found = []
    for rows, reach in (((33, 263), 0.75), ((13, 14), 0.6), ((152,), 0.7)):
        x, y = points[list(rows)].mean(axis=0)
        left, top = int(max(x - reach * unit, 0)), int(max(y - reach * unit, 0))
        found.append(image.pixels[top : int(y + reach * unit), left : int(x + reach * unit)])
    return found


def difference(before: FloatArray, after: FloatArray, times: float = 4.0) -> FloatArray:
    """How two pictures differ, made visible about grey."""
    return np.clip(0.5 + times * (after[..., :3] - before[..., :3]), 0.0, 1.0)
