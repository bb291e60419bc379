"""Drawing what was seen: coloured labels, boxes, points, axes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nodes.sdk.errors import NodeError
from nodes.sdk.values import Face, Faces, Parsing
from nodes.sdk.values.arrays import ByteArray, FloatArray

_GREEN, _ORANGE, _RED, _YELLOW = (0.1, 0.95, 0.3), (1.0, 0.6, 0.1), (1.0, 0.15, 0.15), (1.0, 0.9, 0.2)


def painted_labels(labels: ByteArray, pixels: FloatArray | None, opacity: float) -> FloatArray:
    """H x W x 3: labels in colours, mixed over a picture of the same size where they are not 0.

    Raises:
        NodeError: when picture and labels differ in size.
    """
    colours = Parsing(labels).painted().pixels
    if pixels is None:
        return colours
    if pixels.shape[:2] != labels.shape:
        raise NodeError("picture and parsing have different sizes", hint="Parse this same picture")
    share = (labels > 0)[..., None] * np.float32(opacity)
    result: FloatArray = pixels[..., :3] + (colours - pixels[..., :3]) * share
    return result


@dataclass(frozen=True)
class Marks:
    """What is drawn; as the parameters of 'Draw faces'."""

    boxes: bool = True
    landmarks: bool = True
    axes: bool = True
    labels: bool = True
    size: float = 1.0


def drawn(pixels: FloatArray, faces: Faces, marks: Marks) -> FloatArray:
    """A copy of the picture with marks on its faces."""
    canvas = np.ascontiguousarray(pixels[..., :3]).copy()
    for face in faces:
        _mark(canvas, face, marks)
    if pixels.shape[2] == 4:
        return np.dstack([canvas, pixels[..., 3]])
    return canvas


def _mark(canvas: FloatArray, face: Face, marks: Marks) -> None:
    import cv2

    unit = max(face.size / 200.0, max(canvas.shape[:2]) / 1200.0) * marks.size
    line, dot = max(1, round(unit * 1.5)), max(1, round(unit * 1.1))

    def at(point: FloatArray) -> tuple[int, int]:
        return round(float(point[0])), round(float(point[1]))

    if marks.boxes:
        cv2.rectangle(canvas, at(face.box[:2]), at(face.box[2:]), _YELLOW, line, cv2.LINE_AA)
    if marks.landmarks:
        points = face.landmarks if len(face.landmarks) else face.key_points
        for number, point in enumerate(points):
            hidden = len(face.visibility) == len(points) and face.visibility[number] < 0.5
            colour = _RED if number >= 468 else _ORANGE if hidden else _GREEN
            cv2.circle(canvas, at(point), dot, colour, -1, cv2.LINE_AA)
    if marks.axes:
        start = face.key_points[2]
        for axis, colour in ((0, (1, 0.2, 0.2)), (1, (0.2, 1, 0.2)), (2, (0.3, 0.5, 1))):
            tip = start + face.rotation[:2, axis] * (1.0, -1.0) * face.size * 0.45
            cv2.arrowedLine(canvas, at(start), at(tip), colour, line + 1, cv2.LINE_AA, tipLength=0.15)
    if marks.labels:
        text = face.name or (str(face.identity) if face.identity >= 0 else "")
        place = (round(float(face.box[0])), round(float(face.box[1]) - 4 * unit))
        _write(canvas, text, place, unit, line)


def _write(canvas: FloatArray, text: str, place: tuple[int, int], unit: float, line: int) -> None:
    """Letters are drawn into a byte mask, for OpenCV writes on nothing else, and painted from it."""
    import unicodedata

    import cv2

    # OpenCV's strokes hold plain Latin letters only: accents are dropped, others are question marks.
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = bare.encode("ascii", "replace").decode()
    if not plain:
        return
    mask = np.zeros(canvas.shape[:2], np.uint8)
    # Smaller letters cannot be read.
    scale = max(0.6 * unit, 0.4)
    (width, height), _ = cv2.getTextSize(plain, cv2.FONT_HERSHEY_SIMPLEX, scale, line)
    x = max(min(place[0], canvas.shape[1] - width), 0)
    y = max(place[1], height + 1)
    cv2.putText(mask, plain, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, line, cv2.LINE_AA)
    share = mask[..., None].astype(np.float32) / 255.0
    canvas += (np.array(_YELLOW, np.float32) - canvas) * share
