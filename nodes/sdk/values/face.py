"""Faces seen in a picture, and identity embeddings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from nodes.sdk.values.arrays import ByteArray, FloatArray, host_array, require_shape
from nodes.sdk.values.picture import Image

#: The 52 ARKit coefficients by their Apple names, in Apple's alphabetical order. Every array of
#: expression coefficients in the program uses this order.
# fmt: off
ARKIT_NAMES: tuple[str, ...] = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft",
    "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight", "eyeLookOutLeft", "eyeLookOutRight",
    "eyeLookUpLeft", "eyeLookUpRight", "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight", "mouthClose", "mouthDimpleLeft", "mouthDimpleRight",
    "mouthFrownLeft", "mouthFrownRight", "mouthFunnel", "mouthLeft", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker", "mouthRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthSmileLeft",
    "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight", "mouthUpperUpLeft", "mouthUpperUpRight",
    "noseSneerLeft", "noseSneerRight", "tongueOut",
)
# fmt: on


def _no_coefficients() -> FloatArray:
    return np.zeros(52, np.float32)


def _no_rotation() -> FloatArray:
    return np.eye(3, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Face:
    """One face in one picture. Pixels: x to the right, y down, (0, 0) the top left corner.

    "Left" in names of landmarks and coefficients is the person's own left.

    Attributes:
        box: x0, y0, x1, y1 in pixels, float32.
        landmarks: 478 x 3 float32; x, y in pixels, z in the same scale, smaller is nearer;
            points 468..477 are the irises. Empty (0 x 3) when only detected.
        key_points: 5 x 2: the person's right eye, left eye, nose tip, right and left mouth corner.
        score: confidence 0..1.
        coefficients: 52 float32 in 0..1, in the order of ARKIT_NAMES.
        rotation: 3 x 3, head to camera (x right, y up, z towards the viewer): identity looks
            straight into the camera.
        visibility: 478 float32 in 0..1, or empty when unknown.
        identity: an id that lasts across the frames of a clip; -1 when not tracked.
        name: a name given by the user, else empty.
    """

    box: FloatArray
    landmarks: FloatArray
    key_points: FloatArray
    score: float = 1.0
    coefficients: FloatArray = field(default_factory=_no_coefficients)
    rotation: FloatArray = field(default_factory=_no_rotation)
    visibility: FloatArray = field(default_factory=lambda: np.zeros(0, np.float32))
    identity: int = -1
    name: str = ""

    def __post_init__(self) -> None:
        require_shape("Face.box", self.box, (4,))
        require_shape("Face.landmarks", self.landmarks, (None, 3))
        require_shape("Face.key_points", self.key_points, (5, 2))
        require_shape("Face.coefficients", self.coefficients, (52,))
        require_shape("Face.rotation", self.rotation, (3, 3))

    @property
    def size(self) -> float:
        """The longer side of the box, in pixels."""
        return float(max(self.box[2] - self.box[0], self.box[3] - self.box[1]))


@dataclass(frozen=True, eq=False)
class Faces:
    """All faces of one picture, largest first. May be empty: no face is a result, not an error.

    Attributes:
        items: the faces.
        width, height: size in pixels of the picture they were seen in.
    """

    socket_name: ClassVar[str] = "Faces"
    items: tuple[Face, ...] = ()
    width: int = 0
    height: int = 0

    def __iter__(self) -> Iterator[Face]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int) -> Face:
        return self.items[index]


@dataclass(frozen=True, eq=False)
class Embedding:
    """An identity as a unit vector; the cosine of two tells how alike the people look.

    Attributes:
        vector: D float32 of length 1.
        model: the card's name of the network that made it; embeddings of two nets do not compare.
        name: the person's name when enrolled, else empty.
        private: True for an enrolled identity: its vector stays in the project and is never exported.
    """

    socket_name: ClassVar[str] = "Embedding"
    vector: FloatArray
    model: str = ""
    name: str = ""
    private: bool = False


#: What the pixels of a parsed face are, by number; "left" and "right" are the person's own.
PARSING_CLASSES: tuple[str, ...] = (
    "background", "skin", "left brow", "right brow", "left eye", "right eye", "glasses", "left ear",
    "right ear", "earring", "nose", "mouth", "upper lip", "lower lip", "neck", "necklace", "cloth", "hair",
    "hat",
)  # fmt: skip


#: An sRGB colour for each of PARSING_CLASSES, to show them by.
PARSING_COLOURS: tuple[tuple[int, int, int], ...] = (
    (0, 0, 0), (255, 205, 165), (0, 150, 60), (60, 190, 60), (30, 60, 230), (80, 110, 255), (230, 0, 230),
    (255, 140, 0), (255, 175, 40), (0, 220, 220), (250, 225, 40), (255, 255, 255), (215, 20, 50),
    (240, 60, 80), (190, 125, 95), (0, 190, 255), (110, 105, 165), (125, 70, 30), (120, 20, 130),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Parsing:
    """What every pixel of a picture is, as seen for one or more faces.

    Attributes:
        labels: H x W uint8, numbers of PARSING_CLASSES; what belongs to no parsed face is background.
    """

    socket_name: ClassVar[str] = "Parsing"
    labels: ByteArray

    def __post_init__(self) -> None:
        require_shape("Parsing.labels", self.labels, (None, None))

    @property
    def height(self) -> int:
        return int(self.labels.shape[0])

    @property
    def width(self) -> int:
        return int(self.labels.shape[1])

    def painted(self) -> Image:
        """The classes in the colours of PARSING_COLOURS; numbers beyond them like the last."""
        palette = np.array(PARSING_COLOURS, np.float32) / 255.0
        return Image(palette[np.minimum(host_array(self.labels), len(palette) - 1)])
