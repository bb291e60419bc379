"""Finding faces of all sizes and orientations with one small network (YuNet) over a picture pyramid.

Source: Wu, Peng, Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence
Research 2023: an anchor-free net with heads at strides 8, 16 and 32; score = sqrt(class * object).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nodes.face._crops import invert, plain_picture, transform
from nodes.face._onnx import OnnxNetwork
from nodes.sdk.context import Context
from nodes.sdk.values import Face, Faces, Image
from nodes.sdk.values.arrays import FloatArray

CARD = "face_detector"
_STRIDES = (8, 16, 32)
#: The smallest face, in pixels of the network's input, that it finds dependably.
_SMALLEST_SEEN = 14.0
#: Faces above this size, in pixels of the network's input, are found more surely one level down.
_LARGEST_SEEN = 220.0
#: The network looks at no more pixels at once than this, and turns nothing longer than that.
_MAX_AREA = 1920 * 1920
_MAX_SIDE = 1920
_OVERLAP = 0.4


@dataclass(frozen=True)
class Found:
    """Detections.

    Attributes:
        boxes: N x 4, x0, y0, x1, y1 in pixels.
        key_points: N x 5 x 2, in the order of Face.key_points.
        scores: N, 0..1.
    """

    boxes: FloatArray
    key_points: FloatArray
    scores: FloatArray

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Found:
        return Found(self.boxes[index], self.key_points[index], self.scores[index])

    @staticmethod
    def none() -> Found:
        return Found(np.zeros((0, 4), np.float32), np.zeros((0, 5, 2), np.float32), np.zeros(0, np.float32))

    @staticmethod
    def join(parts: list[Found]) -> Found:
        return Found(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.key_points for part in parts]),
            np.concatenate([part.scores for part in parts]),
        )


class Detector:
    """The detection network, loaded."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        axes = {"input": {0: "batch", 2: "height", 3: "width"}}
        self._network = OnnxNetwork(path, device=device, free_axes=axes, relax=True)

    def raw(self, batch: FloatArray, threshold: float) -> list[Found]:
        """Detections before overlapping ones are merged, in pixels of the batch.

        Args:
            batch: N x H x W x 3 RGB in 0..1; H and W are multiples of 32.
            threshold: the least score.
        """
        count, height, width = batch.shape[:3]
        inputs = np.ascontiguousarray(batch[..., ::-1].transpose(0, 3, 1, 2), np.float32) * 255.0
        out = self._network(inputs)
        found: list[list[Found]] = [[] for _ in range(count)]
        for stride in _STRIDES:
            rows, columns = height // stride, width // stride
            cells = rows * columns
            score = np.sqrt(
                np.clip(out[f"cls_{stride}"].reshape(count, cells), 0, 1)
                * np.clip(out[f"obj_{stride}"].reshape(count, cells), 0, 1)
            )
            boxes = out[f"bbox_{stride}"].reshape(count, cells, 4)
            points = out[f"kps_{stride}"].reshape(count, cells, 5, 2)
            for number in range(count):
                index = np.flatnonzero(score[number] >= threshold)
                if not len(index):
                    continue
                corner = np.column_stack([index % columns, index // columns]).astype(np.float32)
                centre = (corner + boxes[number, index, :2]) * stride
                half = np.exp(np.minimum(boxes[number, index, 2:], 8.0)) * (stride / 2)
                key_points = (corner[:, None] + points[number, index]) * stride
                # The net gives the mouth corners and eyes as: right, left, nose, right, left.
                found[number].append(
                    Found(np.hstack([centre - half, centre + half]), key_points, score[number, index])
                )
        return [Found.join(parts) if parts else Found.none() for parts in found]


def detect(
    detector: Detector,
    picture: FloatArray,
    *,
    threshold: float = 0.6,
    smallest: float = 20.0,
    turned: bool = False,
) -> Found:
    """All faces of a picture, best first.

    The picture is looked at in as many sizes as lie between the smallest face asked for and one
    that fills it. With `turned`, also in seven other turns, an eighth apart.

    Args:
        detector: the network.
        picture: H x W x 3 float32 in 0..1.
        threshold: the least score.
        smallest: the smallest face to look for, in pixels of the picture.
        turned: find faces of any orientation.
    """
    height, width = picture.shape[:2]
    if not picture.size:
        return Found.none()
    parts = []
    level = picture
    for scale in pyramid(width, height, smallest):
        # Each level is made from the one before, which is nearer in size.
        level = _scaled(level, scale * width / level.shape[1])
        exact = (level.shape[1] / width, level.shape[0] / height)
        # A long strip, turned by an eighth, would fill a huge square.
        eighths = range(8) if turned and max(level.shape[:2]) <= _MAX_SIDE else range(1)
        seen = [_turn(level, eighth) for eighth in eighths]
        for group in _by_shape([picture for picture, _ in seen]):
            batch = _padded([seen[index][0] for index in group])
            for index, found in zip(group, detector.raw(batch, threshold), strict=True):
                back = _carried(found, invert(seen[index][1]))
                parts.append(_rescaled(back, 1 / exact[0], 1 / exact[1]))
    return merged(Found.join(parts)) if parts else Found.none()


def pyramid(width: int, height: int, smallest: float) -> list[float]:
    """The scales at which a picture is looked at, largest first."""
    longest = max(width, height)
    most = (_MAX_AREA / (width * height)) ** 0.5
    top = min(_SMALLEST_SEEN / max(smallest, 1.0), most, 2.0)
    bottom = _LARGEST_SEEN / longest
    scales = [top]
    if top * longest > _MAX_SIDE + 0.5:
        scales.append(_MAX_SIDE / longest)
    while scales[-1] > bottom * 1.5:
        scales.append(max(scales[-1] / 4, bottom))
    return scales


def _scaled(picture: FloatArray, scale: float) -> FloatArray:
    """The picture at a scale, clipped to 0..1 (fast rather than free of all aliasing)."""
    import cv2

    height, width = picture.shape[:2]
    new = (max(1, round(width * scale)), max(1, round(height * scale)))
    level = picture
    factor = int(1 / (1.5 * scale))
    if factor >= 2:
        coarse = (max(1, width // factor), max(1, height // factor))
        level = cv2.resize(level, coarse, interpolation=cv2.INTER_AREA)
    if new != (level.shape[1], level.shape[0]):
        level = cv2.resize(level, new, interpolation=cv2.INTER_LINEAR)
    return np.clip(np.nan_to_num(level, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)


def _by_shape(pictures: list[FloatArray]) -> list[list[int]]:
    """Indices of pictures of equal shape, together."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for index, picture in enumerate(pictures):
        groups.setdefault(picture.shape, []).append(index)
    return list(groups.values())


def _padded(pictures: list[FloatArray]) -> FloatArray:
    """A batch, filled with black to multiples of 32."""
    height, width = pictures[0].shape[:2]
    batch = np.zeros((len(pictures), -(-height // 32) * 32, -(-width // 32) * 32, 3), np.float32)
    for index, picture in enumerate(pictures):
        batch[index, :height, :width] = picture
    return batch


def _turn(picture: FloatArray, eighth: int) -> tuple[FloatArray, npt.NDArray[np.float64]]:
    """The picture turned clockwise by eighths of a turn, and the 2 x 3 map that takes points there."""
    import cv2

    height, width = picture.shape[:2]
    if eighth == 0:
        return picture, np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    angle = eighth * np.pi / 4
    linear = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    size = np.abs(linear) @ (width, height)
    new_width, new_height = (max(1, round(float(side))) for side in size)
    middle = np.array([width, height]) / 2
    matrix = np.column_stack([linear, np.array([new_width, new_height]) / 2 - linear @ middle])
    if eighth % 2 == 0:
        return np.rot90(picture, -eighth // 2), matrix
    centred = matrix.copy()
    centred[:, 2] += linear @ (0.5, 0.5) - 0.5
    return cv2.warpAffine(picture, centred, (new_width, new_height)), matrix


def _carried(found: Found, matrix: npt.NDArray[np.float64]) -> Found:
    """Detections through a turn; a box becomes the box of the ellipse that filled it."""
    if not len(found):
        return found
    middle = transform(matrix, (found.boxes[:, :2] + found.boxes[:, 2:]) / 2)
    half = (found.boxes[:, 2:] - found.boxes[:, :2]) / 2
    reach = np.sqrt(half.astype(np.float64) ** 2 @ (matrix[:, :2].T ** 2)).astype(np.float32)
    points = transform(matrix, found.key_points.reshape(-1, 2)).reshape(-1, 5, 2)
    return Found(np.hstack([middle - reach, middle + reach]), points, found.scores)


def _rescaled(found: Found, x: float, y: float) -> Found:
    scale = np.array([x, y], np.float32)
    return Found(found.boxes * np.tile(scale, 2), found.key_points * scale, found.scores)


def overlap(box: npt.NDArray[np.floating], boxes: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Intersection over union of one box with many."""
    low = np.maximum(box[:2], boxes[:, :2])
    high = np.minimum(box[2:], boxes[:, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    area = np.prod(np.maximum(box[2:] - box[:2], 0))
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    return both / np.maximum(area + areas - both, 1e-9)


def covered(box: FloatArray, boxes: FloatArray) -> float:
    """The largest share of a box, or of one of many, that both have in common."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    both = np.prod(np.maximum(high - low, 0), axis=1)
    smaller = np.minimum(np.prod(box[2:] - box[:2]), np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
    return float((both / np.maximum(smaller, 1e-9)).max())


def merged(found: Found, limit: float = _OVERLAP) -> Found:
    """One detection for every face: overlapping ones give way to the best, best first.

    A box that lies mostly inside a better one gives way too, for scales and turns often disagree
    about how much of a head belongs to the face.
    """
    order = np.argsort(-found.scores, kind="stable")
    kept: list[int] = []
    alive = np.ones(len(found), bool)
    for index in order:
        if not alive[index]:
            continue
        kept.append(int(index))
        box = found.boxes[index]
        low = np.maximum(box[:2], found.boxes[:, :2])
        high = np.minimum(box[2:], found.boxes[:, 2:])
        both = np.prod(np.maximum(high - low, 0), axis=1)
        area = np.prod(np.maximum(found.boxes[:, 2:] - found.boxes[:, :2], 0), axis=1)
        smaller = np.minimum(area, np.prod(box[2:] - box[:2]))
        alive &= (overlap(box, found.boxes) < limit) & (both < 0.7 * smaller)
    return found.take(np.array(kept, np.intp))


def load_detector(context: Context) -> Detector:
    """The detection network of this run, shared by all nodes."""
    return context.model(CARD, lambda path: Detector(path, context.device))


def faces_in(
    image: Image, context: Context, *, threshold: float, smallest: float, turned: bool, most: int
) -> Faces:
    """The faces of a picture with box, five points, score and coarse pose, largest first."""
    from nodes.face._pose import coarse_rotation

    found = detect(
        load_detector(context), plain_picture(image), threshold=threshold, smallest=smallest, turned=turned
    )
    faces = [
        Face(
            box=box.astype(np.float32),
            landmarks=np.zeros((0, 3), np.float32),
            key_points=points.astype(np.float32),
            score=float(score),
            rotation=coarse_rotation(points),
        )
        for box, points, score in zip(found.boxes, found.key_points, found.scores, strict=True)
    ]
    faces = [face for face in faces if face.size >= smallest * 0.8]
    faces.sort(key=lambda face: -face.size)
    if not faces:
        context.notice("no face was found")
    return Faces(tuple(faces[:most]), image.width, image.height)
