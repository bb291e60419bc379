"""Parsing faces into 19 classes, in the whole picture.

Every face is seen twice by the network, in one batch: as the undistorted square that the network
was trained on, and through the tanh-polar warp, where the hair, the shoulders and the rest of the
scene are. The square decides what lies inside it, the warp all around. What belongs to neighbours
is taken out afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from nodes.face._align import ffhq_square
from nodes.face._crops import Crop, warp
from nodes.face._detector import covered, detect, load_detector
from nodes.face._tanh_warp import ROUNDNESS, TanhWarp
from nodes.sdk.context import Context
from nodes.sdk.values import PARSING_CLASSES, Face
from nodes.sdk.values.arrays import ByteArray, FloatArray

if TYPE_CHECKING:
    import torch

CARD = "face_parser"
RESOLUTION = 512
#: Half the warp's side as a multiple of half the aligned square's.
CONTEXT = 1.3
#: The warp shows the face undistorted up to this share of its half side.
CORE = 0.6
#: Between these shares of the square's half side its word fades and the warp's grows.
_FADE = (0.92, 1.0)
#: Beyond this warped distance nothing can be told apart.
_FAR = 0.97
_MEAN = np.array([0.485, 0.456, 0.406], np.float32)
_DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

_NUMBER = {name: number for number, name in enumerate(PARSING_CLASSES)}
#: Classes that come in pairs: (the person's left, right).
_PAIRS = tuple((_NUMBER[f"left {part}"], _NUMBER[f"right {part}"]) for part in ("brow", "eye", "ear"))
_FACE_CLASSES = tuple(
    _NUMBER[name]
    for name in PARSING_CLASSES
    if name not in ("background", "neck", "necklace", "cloth", "hair", "hat", "earring")
)


class Parser:
    """The parsing network, loaded.

    Runs in bfloat16 where processor or graphics card compute with it, else in float32: on a
    processor with the instructions that halves the time, and changes 6 labels in 10,000.
    """

    def __init__(self, path: Path, device: str = "cpu", *, exact: bool = False) -> None:
        """Load the network.

        Args:
            path: the checkpoint.
            device: "cpu" or "cuda".
            exact: float32 whatever the processor can do.
        """
        import torch

        from nodes.face._bisenet import load

        self.device = torch.device(
            "cuda" if device.startswith("cuda") and torch.cuda.is_available() else "cpu"
        )
        self.dtype = torch.float32 if exact or not has_fast_bfloat16(self.device) else torch.bfloat16
        self._net = load(path).to(self.device, self.dtype)

    def logits(self, pictures: FloatArray) -> FloatArray:
        """N x 64 x 64 x 19 of N x 512 x 512 x 3 pictures (RGB, 0..1)."""
        import torch

        normal = (np.clip(np.nan_to_num(pictures, nan=0.0), 0.0, 1.0) - _MEAN) / _DEVIATION
        batch = torch.from_numpy(np.ascontiguousarray(normal.transpose(0, 3, 1, 2)))
        batch = batch.to(self.device, self.dtype).contiguous(memory_format=torch.channels_last)
        with torch.inference_mode():
            out = self._net(batch).float().permute(0, 2, 3, 1).contiguous()
        result: FloatArray = out.cpu().numpy()
        return result


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether a device computes with bfloat16 in hardware."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(supported and supported())


def load_parser(context: Context) -> Parser:
    """The parsing network of this run, shared by all nodes."""
    return context.model(CARD, lambda path: Parser(path, context.device))


def parse(
    parser: Parser, picture: FloatArray, targets: Sequence[Face], others: Sequence[Face] = ()
) -> ByteArray:
    """Labels of a picture (H x W uint8): what every pixel is, as part of the target faces.

    Args:
        parser: the network.
        picture: H x W x 3 float32, 0..1.
        targets: the faces to parse, with landmarks or at least five points.
        others: further faces of the picture; what is nearer to them is background.
    """
    height, width = picture.shape[:2]
    labels = np.zeros((height, width), np.uint8)
    if not targets:
        return labels
    near = np.full((height, width), np.inf, np.float32) if len(targets) > 1 else None
    for target in targets:
        rivals = [face for face in (*targets, *others) if face is not target]
        (left, top, right, bottom), part = _parsed(parser, picture, target, rivals)
        window = labels[top:bottom, left:right]
        if near is None:
            window[:] = part
            continue
        distance = _closeness(target, left, top, right - left, bottom - top)
        better = (part > 0) & (distance < near[top:bottom, left:right])
        window[better] = part[better]
        near[top:bottom, left:right][better] = distance[better]
    return labels


def neighbours(picture: FloatArray, targets: Sequence[Face], context: Context) -> list[Face]:
    """Faces of a picture that are none of the targets, as boxes."""
    if not targets:
        return []
    smallest = max(20.0, min(face.size for face in targets) / 4)
    found = detect(load_detector(context), picture, smallest=smallest)
    known = np.stack([face.box for face in targets])
    return [
        Face(box=box, landmarks=np.zeros((0, 3), np.float32), key_points=points)
        for box, points in zip(found.boxes, found.key_points, strict=True)
        if covered(box, known) < 0.4
    ]


def views(picture: FloatArray, face: Face) -> tuple[Crop, TanhWarp, FloatArray]:
    """The square and the warp about a face, and what the network sees of both: 2 x 512 x 512 x 3."""
    crop = ffhq_square(face.key_points)
    around = TanhWarp(crop.centre, crop.size / 2 * CONTEXT, crop.angle, CORE)
    square = warp(picture, crop.to_crop(RESOLUTION), RESOLUTION, RESOLUTION, border="edge")
    return crop, around, np.stack([square, around.warped(picture, RESOLUTION)])


def _parsed(
    parser: Parser, picture: FloatArray, face: Face, rivals: Sequence[Face]
) -> tuple[tuple[int, int, int, int], ByteArray]:
    """The part of the picture that a face's warp reaches (left, top, right, bottom), and its labels."""
    crop, around, seen = views(picture, face)
    square, warped = parser.logits(seen)
    left, top, right, bottom = _reach(around, picture.shape[1], picture.shape[0])
    labels = label_part(crop, around, square, warped, (left, top, right, bottom))
    labels = _sided(labels, face, left, top)
    labels[_nearer_to_others(face, rivals, left, top, right - left, bottom - top)] = 0
    labels = _rooted(labels, crop, left, top)
    return (left, top, right, bottom), _connected(labels, face, left, top)


def _reach(around: TanhWarp, width: int, height: int) -> tuple[int, int, int, int]:
    edge = np.linspace(-_FAR, _FAR, 9)
    outline = np.concatenate(
        [np.column_stack([edge, np.full(9, side)]) for side in (-_FAR, _FAR)]
        + [np.column_stack([np.full(9, side), edge]) for side in (-_FAR, _FAR)]
    )
    places = around.to_picture(outline)
    low, high = np.floor(places.min(axis=0)).astype(int), np.ceil(places.max(axis=0)).astype(int)
    left, top = int(np.clip(low[0], 0, width - 1)), int(np.clip(low[1], 0, height - 1))
    right, bottom = int(np.clip(high[0], left + 1, width)), int(np.clip(high[1], top + 1, height))
    return left, top, right, bottom


def label_part(
    crop: Crop,
    around: TanhWarp,
    square: FloatArray,
    warped: FloatArray,
    part: tuple[int, int, int, int],
    fade: tuple[float, float] = _FADE,
) -> ByteArray:
    """Labels of a part of the picture (left, top, right, bottom) from the logits of square and warp."""
    from nodes.face._label_kernel import label_pixels

    left, top, right, bottom = part
    labels = np.zeros((bottom - top, right - left), np.uint8)
    to_square = crop.to_crop(2)
    to_square[:, 2] -= 1
    # The network's grid spans its picture from the first pixel's centre to the last one's.
    inset = RESOLUTION / (RESOLUTION - 1)
    label_pixels(
        square,
        warped,
        to_square,
        around.to_level(),
        around.core,
        ROUNDNESS,
        fade,
        _FAR,
        inset,
        left,
        top,
        labels,
    )
    return labels


def _midline(face: Face) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """A point between the eyes, and the direction across the face towards the person's left."""
    right, left = face.key_points[0], face.key_points[1]
    if len(face.landmarks):
        return face.landmarks[168, :2], face.landmarks[362, :2] - face.landmarks[133, :2]
    return (right + left) / 2, left - right


def _sided(labels: ByteArray, face: Face, left: int, top: int) -> ByteArray:
    """Labels whose brows, eyes and ears are left or right by where they lie.

    The network tells parts apart well, but sides poorly.
    """
    middle, across = _midline(face)
    result = labels.copy()
    for of_left, of_right in _PAIRS:
        rows, columns = np.nonzero((labels == of_left) | (labels == of_right))
        side = (columns + left + 0.5 - middle[0]) * across[0] + (rows + top + 0.5 - middle[1]) * across[1]
        result[rows, columns] = np.where(side > 0, of_left, of_right)
    return result


def _closeness(face: Face, left: int, top: int, width: int, height: int) -> FloatArray:
    """Distance from a face's middle in face sizes, for every pixel of a part of the picture."""
    middle = (face.box[:2] + face.box[2:]) / 2
    columns = (np.arange(width, dtype=np.float32) + left + 0.5 - middle[0]) / max(face.size, 1.0)
    rows = (np.arange(height, dtype=np.float32) + top + 0.5 - middle[1]) / max(face.size, 1.0)
    return np.hypot(columns[None, :], rows[:, None])


def _nearer_to_others(
    face: Face, rivals: Sequence[Face], left: int, top: int, width: int, height: int
) -> npt.NDArray[np.bool_]:
    """Pixels that lie nearer to another face than to this one, sizes considered."""
    result = np.zeros((height, width), bool)
    own = _closeness(face, left, top, width, height)
    for rival in rivals:
        gap = np.linalg.norm((rival.box[:2] + rival.box[2:]) - (face.box[:2] + face.box[2:])) / 2
        if gap < 5 * max(face.size, rival.size):
            result |= _closeness(rival, left, top, width, height) < own
    return result


def _rooted(labels: ByteArray, crop: Crop, left: int, top: int) -> ByteArray:
    """Labels without regions that the undistorted square knows nothing of.

    Hair, hat and clothes may reach out of the square, but begin in it; what the warp alone sees,
    such as hats in the sky, is not believed.
    """
    import cv2

    matrix = crop.to_crop(2)
    rows = np.arange(labels.shape[0])[:, None] + top + 0.5
    columns = np.arange(labels.shape[1])[None, :] + left + 0.5
    x = matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2] - 1
    y = matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2] - 1
    inside = np.maximum(np.abs(x), np.abs(y)) < _FADE[0]
    result = labels.copy()
    for number in (_NUMBER[name] for name in ("hair", "hat", "cloth", "neck")):
        _, islands = cv2.connectedComponents((labels == number).astype(np.uint8), connectivity=8)
        roots = np.unique(islands[inside])
        result[(islands > 0) & ~np.isin(islands, roots[roots > 0])] = 0
    return result


def _connected(labels: ByteArray, face: Face, left: int, top: int) -> ByteArray:
    """Labels without islands that do not touch the target's own face."""
    import cv2

    inside = np.isin(labels, _FACE_CLASSES)
    middle = face.key_points.mean(axis=0) - (left, top)
    x0, y0 = np.clip(middle - face.size * 0.45, 0, (labels.shape[1], labels.shape[0])).astype(int)
    x1, y1 = np.clip(middle + face.size * 0.45, 0, (labels.shape[1], labels.shape[0])).astype(int)
    _, islands = cv2.connectedComponents((labels > 0).astype(np.uint8), connectivity=8)
    own = np.unique(islands[y0:y1, x0:x1][inside[y0:y1, x0:x1]])
    kept = np.isin(islands, own[own > 0])
    return np.where(kept, labels, 0).astype(np.uint8)


def square_only(
    crop: Crop, around: TanhWarp, logits: FloatArray, face: Face, shape: tuple[int, ...]
) -> tuple[ByteArray, npt.NDArray[np.bool_]]:
    """Labels from the undistorted square alone (H x W), and where it lies; to compare with."""
    part = (0, 0, shape[1], shape[0])
    labels = label_part(crop, around, logits, logits, part, fade=(2.0, 3.0))
    matrix = crop.to_crop(2)
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    x = matrix[0, 0] * columns + matrix[0, 1] * rows + matrix[0, 2] - 1
    y = matrix[1, 0] * columns + matrix[1, 1] * rows + matrix[1, 2] - 1
    return _sided(labels, face, 0, 0), np.maximum(np.abs(x), np.abs(y)) < 1
