"""478 landmarks, 52 expression coefficients and head rotation from one face crop.

The networks are those of the face landmarker bundle (attention mesh: Grishchenko et al. 2020,
"Attention Mesh: High-fidelity Face Mesh Prediction in Real-time"); the geometry is the canonical
face mesh of the same bundle, fitted by weighted Procrustes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nodes.face._crops import Crop, warp
from nodes.face._pose import fit_rotation
from nodes.face._protobuf import BYTES, fields, submessage
from nodes.face._tflite import TfliteNetwork
from nodes.media.archives import bundle_of_model
from nodes.sdk.context import Context
from nodes.sdk.values import Face
from nodes.sdk.values.arrays import FloatArray, IntArray

CARD = "face_landmarker"
RESOLUTION = 256
#: The crop's side as a multiple of the face's longer side.
MARGIN = 1.5
#: Landmarks of the eye corners that level the crop: the person's right eye, left eye (outer).
RIGHT_EYE, LEFT_EYE = 33, 263
#: Rows of the five key points: irises, nose tip, mouth corners.
KEY_POINTS = (468, 473, 1, 61, 291)
_MEMBER_LIMIT = 64 << 20

# fmt: off
#: The landmarks that the coefficient network looks at.
_COEFFICIENT_POINTS = (
    0, 1, 4, 5, 6, 7, 8, 10, 13, 14, 17, 21, 33, 37, 39, 40, 46, 52, 53, 54, 55, 58, 61, 63, 65, 66, 67,
    70, 78, 80, 81, 82, 84, 87, 88, 91, 93, 95, 103, 105, 107, 109, 127, 132, 133, 136, 144, 145, 146, 148,
    149, 150, 152, 153, 154, 155, 157, 158, 159, 160, 161, 162, 163, 168, 172, 173, 176, 178, 181, 185,
    191, 195, 197, 234, 246, 249, 251, 263, 267, 269, 270, 276, 282, 283, 284, 285, 288, 291, 293, 295,
    296, 297, 300, 308, 310, 311, 312, 314, 317, 318, 321, 323, 324, 332, 334, 336, 338, 356, 361, 362,
    365, 373, 374, 375, 377, 378, 379, 380, 381, 382, 384, 385, 386, 387, 388, 389, 390, 397, 398, 400,
    402, 405, 409, 415, 454, 466, 468, 469, 470, 471, 472, 473, 474, 475, 476, 477,
)
# fmt: on


@dataclass(frozen=True)
class Geometry:
    """The canonical face mesh.

    Attributes:
        vertices: 468 x 3, centimetres; x to the viewer's right, y up, z towards the viewer.
        triangles: F x 3, counter-clockwise seen from outside.
        weights: 468, how much each vertex counts in the pose; most are 0.
    """

    vertices: FloatArray
    triangles: IntArray
    weights: FloatArray


@dataclass(frozen=True)
class Reading:
    """What the landmark network says about one crop.

    Attributes:
        points: 478 x 3, pixels of the picture; z in the same scale, smaller is nearer.
        presence: 0..1, how sure it is to see a face.
        level: 478 x 2, the points in the crop, where the eyes are level.
        look: 8 x 8 x 3, the crop's colours at a glance.
    """

    points: FloatArray
    presence: float
    level: FloatArray
    look: FloatArray


class LandmarkRuntime:
    """The landmarker bundle, loaded: networks and geometry."""

    def __init__(self, path: Path) -> None:
        """Open the bundle.

        Raises:
            ModelProblem: when the file is not such a bundle.
        """
        with bundle_of_model(path, "the landmarker", CARD, _MEMBER_LIMIT) as bundle:
            self._mesh = TfliteNetwork(bundle.read("face_landmarks_detector.tflite"))
            self._expression = TfliteNetwork(bundle.read("face_blendshapes.tflite"))
            self.geometry = read_geometry(bundle.read("geometry_pipeline_metadata_landmarks.binarypb"))
            self._mirror = mirror_index(self.geometry.vertices)

    def read(self, picture: FloatArray, crop: Crop, *, careful: bool = False) -> Reading:
        """Landmarks in a crop of a picture (H x W x 3 float32, 0..1).

        Args:
            picture: the picture.
            crop: where the face is.
            careful: enlarge bicubically and average with the reading of the mirrored crop; twice
                the time, and about 5 % less error on small faces.
        """
        smooth = careful and crop.size < RESOLUTION
        pixels = warp(picture, crop.to_crop(RESOLUTION), RESOLUTION, RESOLUTION, smooth=smooth)
        pixels = np.clip(np.nan_to_num(pixels, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
        level, presence = self._run(pixels)
        if careful:
            mirrored, seen = self._run(np.ascontiguousarray(pixels[:, ::-1]))
            mirrored = mirrored[self._mirror] * (-1.0, 1.0, 1.0) + (RESOLUTION, 0.0, 0.0)
            level = ((level + mirrored) / 2).astype(np.float32)
            presence = (presence + seen) / 2
        points = crop.points_to_picture(level, RESOLUTION)
        look = pixels.reshape(8, RESOLUTION // 8, 8, RESOLUTION // 8, 3).mean(axis=(1, 3))
        return Reading(points, presence, np.ascontiguousarray(level[:, :2]), look)

    def _run(self, pixels: FloatArray) -> tuple[FloatArray, float]:
        """478 x 3 crop pixels and presence."""
        out = self._mesh(pixels[None])
        logit = float(np.clip(out["Identity_1"].reshape(-1)[0], -60, 60))
        return out["Identity"].reshape(478, 3), 1.0 / (1.0 + np.exp(-logit))

    def coefficients(self, reading: Reading) -> FloatArray:
        """52 coefficients in the order of ARKIT_NAMES; tongueOut is always 0, the net does not say it."""
        chosen = reading.level[list(_COEFFICIENT_POINTS)]
        (scores,) = self._expression(chosen[None]).values()
        # The net's first number is "neutral"; the 51 that follow are in alphabetical order.
        result = np.zeros(52, np.float32)
        result[:51] = np.clip(scores.reshape(-1)[1:52], 0.0, 1.0)
        return result

    def rotation(self, points: FloatArray) -> FloatArray:
        """The head's rotation, as in Face.rotation, from 478 x 3 landmarks."""
        seen = points[:468].astype(np.float64) * (1.0, -1.0, -1.0)
        return fit_rotation(self.geometry.vertices, seen, self.geometry.weights)

    def face(self, reading: Reading, width: int, height: int, score: float) -> Face:
        """The face that a reading describes, in a picture of width x height."""
        return self.placed(reading.points, self.coefficients(reading), width, height, score)

    def placed(
        self,
        points: FloatArray,
        coefficients: FloatArray,
        width: int,
        height: int,
        score: float,
        identity: int = -1,
    ) -> Face:
        """The face with these 478 x 3 landmarks and 52 coefficients; pose and visibility follow."""
        low, high = points[:468, :2].min(axis=0), points[:468, :2].max(axis=0)
        return Face(
            box=np.concatenate([low, high]).astype(np.float32),
            landmarks=points,
            key_points=np.ascontiguousarray(points[list(KEY_POINTS), :2]),
            score=score,
            coefficients=coefficients,
            rotation=self.rotation(points),
            visibility=visibility(points, self.geometry.triangles, width, height),
            identity=identity,
        )


def read_geometry(message: bytes) -> Geometry:
    """The canonical mesh from the bundle's geometry file.

    Raises:
        ValueError: when it does not hold 468 vertices.
    """
    mesh = submessage(message, 1)
    vertices = np.array(_numbers(mesh, 3, "<f4"), np.float32)
    triangles = np.array(_numbers(mesh, 4, ""), np.int64)
    if len(vertices) != 468 * 5 or len(triangles) % 3 or not len(triangles):
        raise ValueError("the canonical mesh has another shape")
    weights = np.zeros(468, np.float32)
    for entry in fields(message):
        if entry.number == 2 and isinstance(entry.value, bytes):
            index = weight = 0.0
            for part in fields(entry.value):
                if part.number == 1 and isinstance(part.value, int):
                    index = part.value
                elif isinstance(part.value, bytes):
                    weight = float(np.frombuffer(part.value, "<f4")[0])
            weights[int(index)] = weight
    return Geometry(
        np.ascontiguousarray(vertices.reshape(468, 5)[:, :3]),
        triangles.reshape(-1, 3).astype(np.int32),
        weights,
    )


def mirror_index(vertices: FloatArray) -> IntArray:
    """For each of the 478 landmarks the one on the other side of the face."""
    flipped = vertices * np.array([-1.0, 1.0, 1.0], np.float32)
    distance = np.linalg.norm(vertices[:, None] - flipped[None], axis=2)
    # Rings of the irises run: right, top, left, bottom as the viewer sees them, in both eyes.
    irises = [473, 476, 475, 474, 477, 468, 471, 470, 469, 472]
    return np.concatenate([distance.argmin(axis=1), irises]).astype(np.int32)


def _numbers(message: bytes, number: int, dtype: str) -> list[float]:
    """A repeated number field, packed or not; varints when dtype is empty."""
    values: list[float] = []
    for part in fields(message):
        if part.number != number:
            continue
        if isinstance(part.value, int):
            values.append(part.value)
        elif dtype:
            values.extend(np.frombuffer(part.value, dtype).tolist())
        elif part.wire == BYTES:
            raise ValueError("packed indices are not expected")
    return values


def visibility(points: FloatArray, triangles: IntArray, width: int, height: int) -> FloatArray:
    """How visible each landmark is, 478 in 0..1: 0 when it faces away or lies outside the picture.

    Judged from the mesh alone: hands, hair and glasses in front of the face are not seen.

    Args:
        points: 478 x 3 pixels.
        triangles: of the mesh over the first 468.
        width, height: of the picture.
    """
    corner = points[:468].astype(np.float64)[triangles]
    normals = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    summed = np.stack(
        [np.bincount(triangles.ravel(), np.repeat(normals[:, axis], 3), minlength=468) for axis in range(3)],
        axis=1,
    )
    # y points down and z away from the viewer, both mirrored against the mesh: the turn sense stays.
    facing = -summed[:, 2] / np.maximum(np.linalg.norm(summed, axis=1), 1e-9)
    result = np.empty(478, np.float32)
    result[:468] = np.clip((facing + 0.1) / 0.3, 0.0, 1.0)
    result[468:473] = result[[33, 133, 159, 145]].mean()
    result[473:] = result[[263, 362, 386, 374]].mean()
    x, y = points[:, 0], points[:, 1]
    inside = (x >= 0) & (y >= 0) & (x <= width) & (y <= height)
    return result * inside.astype(np.float32)


def crop_of_key_points(box: FloatArray, key_points: FloatArray) -> Crop:
    """The first crop for a detected face: its eyes level, its box well inside."""
    right, left = key_points[0], key_points[1]
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    centre = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    size = float(max(box[2] - box[0], box[3] - box[1])) * MARGIN
    return Crop((float(centre[0]), float(centre[1])), size, angle)


def crop_of_landmarks(points: FloatArray) -> Crop:
    """The crop for a face whose landmarks are known: as the network was trained on."""
    right, left = points[RIGHT_EYE], points[LEFT_EYE]
    angle = float(np.arctan2(left[1] - right[1], left[0] - right[0]))
    turned = Crop((0.0, 0.0), 1.0, angle).to_crop(1)[:, :2]
    level = points[:468, :2] @ turned.T
    low, high = level.min(axis=0), level.max(axis=0)
    centre = np.linalg.inv(turned) @ ((low + high) / 2)
    return Crop((float(centre[0]), float(centre[1])), float((high - low).max()) * MARGIN, angle)


def load_landmarker(context: Context) -> LandmarkRuntime:
    """The landmarker of this run, shared by all nodes."""
    return context.model(CARD, LandmarkRuntime)
