"""What a face looks like, in words and numbers: one row of a table for each face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nodes.face._age import AgeReading, load_age_reader
from nodes.face._crops import similarity, warp
from nodes.face._emotion import Emotion, emotion_of
from nodes.face._pose import Angles, angles_of
from nodes.sdk.context import Context
from nodes.sdk.values import PARSING_CLASSES, Face, Table
from nodes.sdk.values.arrays import ByteArray, FloatArray

_NUMBER = {name: number for number, name in enumerate(PARSING_CLASSES)}
#: Where the eyes are put in a 64 px square that glasses are looked for in.
_EYES = np.array([[20.0, 32.0], [44.0, 32.0]])
#: Mean edge strength over the bridge of the nose that bare skin does not reach.
_BRIDGE = 0.05
#: CIELAB centres of natural hair colours; lightness 0..100.
_HAIR_COLOURS: dict[str, tuple[float, float, float]] = {
    "black": (14, 2, 2), "dark brown": (25, 7, 9), "brown": (38, 12, 18), "blond": (66, 8, 28),
    "red": (40, 28, 30), "grey": (58, 0, 2), "white": (82, 0, 3),
}  # fmt: skip


@dataclass(frozen=True)
class Glasses:
    """Whether a face wears glasses.

    Attributes:
        worn: whether.
        confidence: 0.5..1.
    """

    worn: bool
    confidence: float


@dataclass(frozen=True)
class Hair:
    """A face's hair.

    Attributes:
        colour: a name, "none" when there is hardly any, or "hidden" under a hat.
        length: "none", "short", "medium" or "long".
        confidence: 0..1, of the colour.
    """

    colour: str
    length: str
    confidence: float


@dataclass(frozen=True)
class Attributes:
    """All that is said about one face; None for what was not looked at."""

    face: Face
    angles: Angles
    emotion: Emotion
    glasses: Glasses
    age: AgeReading | None = None
    hair: Hair | None = None


def attributes_of(
    picture: FloatArray, faces: Sequence[Face], labels: ByteArray | None, context: Context
) -> list[Attributes]:
    """Attributes of faces with landmarks; every network runs once for all of them.

    Args:
        picture: H x W x 3.
        faces: the faces.
        labels: H x W of the parsed picture, which tell glasses and hair; None when not parsed.
        context: of the run.
    """
    ages = load_age_reader(context).read(picture, faces)
    return [
        Attributes(
            face,
            angles_of(face.rotation),
            emotion_of(face.coefficients),
            glasses_of(picture, face, labels),
            age,
            hair_of(picture, face, labels) if labels is not None else None,
        )
        for face, age in zip(faces, ages, strict=True)
    ]


def glasses_of(picture: FloatArray, face: Face, labels: ByteArray | None) -> Glasses:
    """Glasses by their parsed area, or by the edge a frame makes on the bridge of the nose."""
    if labels is not None:
        part = _window(face, labels)
        share = float((part == _NUMBER["glasses"]).mean()) if part.size else 0.0
        return Glasses(share > 0.01, float(np.clip(0.6 + abs(share - 0.01) * 20, 0.6, 0.97)))
    square = warp(picture, similarity(face.key_points[:2], _EYES), 64, 64)
    grey = np.nan_to_num(square).mean(axis=2)
    # A frame crosses the bridge as a dark or bright bar: strong changes downwards, few sideways.
    bridge = grey[24:40, 29:36]
    down = float(np.abs(np.diff(bridge, axis=0)).mean())
    evidence = (down - _BRIDGE) / _BRIDGE
    return Glasses(evidence > 0, float(np.clip(0.5 + abs(evidence) * 0.25, 0.5, 0.8)))


def hair_of(picture: FloatArray, face: Face, labels: ByteArray) -> Hair:
    """Colour and length of the hair among the labels around a face."""
    import cv2

    rows, columns = np.nonzero(labels == _NUMBER["hair"])
    middle, size = face.key_points[:2].mean(axis=0), max(face.size, 1.0)
    near = (np.abs(columns - middle[0]) < 1.6 * size) & (np.abs(rows - middle[1]) < 2.6 * size)
    rows, columns = rows[near], columns[near]
    hat = float((_window(face, labels, 1.2) == _NUMBER["hat"]).mean())
    if len(rows) < 0.06 * size * size:
        return Hair("hidden" if hat > 0.08 else "none", "none", 0.6)
    pixels = np.clip(picture[rows, columns], 0, 1)[None].astype(np.float32)
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[0]
    # Highlights and the darkest gaps say little about the colour.
    order = np.argsort(lab[:, 0])
    core = lab[order[len(order) // 5 : max(len(order) * 4 // 5, len(order) // 5 + 1)]]
    typical = np.median(core, axis=0)
    gaps = {
        name: float(np.linalg.norm((typical - centre) * (0.7, 1.0, 1.0)))
        for name, centre in _HAIR_COLOURS.items()
    }
    colour = min(gaps, key=lambda name: gaps[name])
    odds = np.exp(-np.array(list(gaps.values())) / 8.0)
    reach = (np.quantile(rows, 0.98) - middle[1]) / size
    length = "short" if reach < 0.45 else "medium" if reach < 0.95 else "long"
    return Hair(colour, length, float(odds.max() / odds.sum()))


def _window(face: Face, labels: ByteArray, grow: float = 1.0) -> ByteArray:
    height, width = labels.shape
    middle, half = (face.box[:2] + face.box[2:]) / 2, (face.box[2:] - face.box[:2]) / 2 * grow
    x0, y0 = np.clip(middle - half, 0, (width, height)).astype(int)
    x1, y1 = np.clip(middle + half, 0, (width, height)).astype(int)
    return labels[y0:y1, x0:x1]


COLUMNS = (
    "face", "person", "name", "left", "top", "width", "height", "score", "yaw", "pitch", "roll", "age",
    "age spread", "gender", "gender confidence", "emotion", "emotion confidence", "valence", "arousal",
    "glasses", "glasses confidence", "hair colour", "hair length", "hair confidence", "visible",
)  # fmt: skip


def table_of(entries: Sequence[Attributes]) -> Table:
    """One row per face; empty cells where something was not looked at."""
    return Table(COLUMNS, tuple(_row(number, entry) for number, entry in enumerate(entries)))


def gender_words(age: AgeReading) -> tuple[str, float]:
    """How a face presents, and with what confidence."""
    sure = max(age.masculine, 1 - age.masculine)
    return ("masculine" if age.masculine >= 0.5 else "feminine"), sure


def _row(number: int, entry: Attributes) -> tuple[str | float | int | bool | None, ...]:
    face, age, hair = entry.face, entry.age, entry.hair
    x0, y0, x1, y1 = (round(float(value), 1) for value in face.box)
    gender, sure = gender_words(age) if age else (None, None)
    seen = float(face.visibility.mean()) if len(face.visibility) else None
    return (
        number,
        face.identity if face.identity >= 0 else None,
        face.name or None,
        x0,
        y0,
        round(x1 - x0, 1),
        round(y1 - y0, 1),
        round(face.score, 3),
        *(round(angle, 1) for angle in entry.angles),
        round(age.age, 1) if age else None,
        round(age.spread, 1) if age else None,
        gender,
        round(sure, 3) if sure is not None else None,
        entry.emotion.name,
        round(entry.emotion.confidence, 3),
        round(entry.emotion.valence, 3),
        round(entry.emotion.arousal, 3),
        entry.glasses.worn,
        round(entry.glasses.confidence, 3),
        hair.colour if hair else None,
        hair.length if hair else None,
        round(hair.confidence, 3) if hair else None,
        round(seen, 3) if seen is not None else None,
    )
