"""What landmarks say about a head at first sight: a small network trained on drawn heads.

A landmarker pulls strange faces towards usual ones, and turned faces towards the front. The
network learns what was there from what it saw: it takes the 468 landmarks turned to the front by
Procrustes, the coefficients and which landmarks are hidden, and gives the identity, the expression
and the rest of the rotation, each with its spread on heads it was not trained on. Trained by
packaging/train_head_regressor.py on drawn pictures of the head model; no data of persons.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values.arrays import FloatArray

#: Its file; it fits the head model of this name and number of identity directions.
FILE = Path(__file__).resolve().parents[2] / "resources" / "heads" / "anny_regressor.npz"


@dataclass(frozen=True, eq=False)
class FirstSight:
    """What a face looks like at first sight.

    Attributes:
        shape: D, coefficients of the regressor's own directions.
        expression: 52 in 0..1.
        rotation: 3 x 3, head to camera, as for a face in the middle of the picture.
    """

    shape: FloatArray
    expression: FloatArray
    rotation: FloatArray


@dataclass(frozen=True, eq=False)
class Regressor:
    """The network and its spreads.

    Attributes:
        model: name of the head model.
        turn: K x D, from the regressor's directions to identity coefficients.
        front: 468 x 3, the average face in its own size, centred.
        steady: 468, how much each landmark counts in the alignment.
        regions: 468, the region of each landmark, 0..R-1.
        components: 1404 x P, main variations of aligned landmarks; spreads: P.
        layers: weights (in x out) and biases, applied one after another with ReLU between.
        shape_precision: D x D. expression_spread: 52. rotation_spread: 3 radians.
    """

    model: str
    turn: FloatArray
    front: FloatArray
    steady: FloatArray
    regions: FloatArray
    components: FloatArray
    spreads: FloatArray
    layers: tuple[tuple[FloatArray, FloatArray], ...]
    shape_precision: FloatArray
    expression_spread: FloatArray
    rotation_spread: FloatArray

    def look(
        self, landmarks: FloatArray, coefficients: FloatArray, hidden: FloatArray | None = None
    ) -> FirstSight:
        """What a face looks like.

        Args:
            landmarks: 468 or more x 3 pixels as in Face.landmarks.
            coefficients: 52. hidden: 468 in 0..1, None when nothing is hidden.
        """
        covered = np.zeros(468) if hidden is None else np.asarray(hidden[:468], np.float64)
        values, rotation = features(self, landmarks, coefficients, covered)
        for number, (weights, biases) in enumerate(self.layers):
            values = values @ weights + biases
            if number + 1 < len(self.layers):
                values = np.maximum(values, 0.0)
        count = self.turn.shape[1]
        return FirstSight(
            values[:count].astype(np.float64),
            np.clip(values[count : count + 52], 0.0, 1.0).astype(np.float64),
            rotation @ rotation_matrix(values[count + 52 :]),
        )


def features(
    regressor: Regressor, landmarks: FloatArray, coefficients: FloatArray, hidden: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """What the network takes in (one row), and the rotation that was taken out (3 x 3)."""
    places = np.array(landmarks[:468], np.float64) * [1.0, -1.0, -1.0]
    weights = regressor.steady * (1.0 - 0.95 * hidden)
    share = (weights / weights.sum())[:, None]
    front = regressor.front - (regressor.front * share).sum(axis=0)
    places -= (places * share).sum(axis=0)
    left, values, right = np.linalg.svd((places * share).T @ front)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right)) or 1.0])
    rotation = (left * signs) @ right
    scale = max(float((values * signs).sum() / (front**2 * share).sum()), 1e-9)
    aligned = (places @ rotation / scale - front) * (1.0 - hidden)[:, None]
    main = np.clip((aligned.ravel() @ regressor.components) / regressor.spreads, -4.0, 4.0)
    covered = np.bincount(regressor.regions.astype(int), hidden) / np.bincount(regressor.regions.astype(int))
    yaw = np.arctan2(rotation[0, 2], rotation[2, 2])
    pitch = np.arcsin(np.clip(rotation[1, 2], -1.0, 1.0))
    angles = [yaw, pitch, yaw * yaw, abs(yaw), pitch * pitch, yaw * pitch]
    return np.concatenate([main, coefficients, angles, covered]).astype(np.float32), rotation


@functools.cache
def regressor_for(name: str, directions: int) -> Regressor | None:
    """The regressor of a head model by its name and number of identity directions, if there is one."""
    if not FILE.is_file():
        return None
    with np.load(FILE, allow_pickle=False) as stored:
        if str(stored["model"]) != name or len(stored["turn"]) != directions:
            return None
        count = sum(1 for key in stored.files if key.startswith("weights_"))
        layers = tuple(
            (stored[f"weights_{k}"].astype(np.float32), stored[f"biases_{k}"].astype(np.float32))
            for k in range(count)
        )
        arrays = {
            key: stored[key].astype(np.float64)
            for key in (
                "turn", "front", "steady", "regions", "components", "spreads", "shape_precision",
                "expression_spread", "rotation_spread",
            )
        }  # fmt: skip
    return Regressor(model=name, layers=layers, **arrays)


def towards(centre: tuple[float, float], focal: float, place: FloatArray) -> FloatArray:
    """The 3 x 3 rotation that turns the middle of the picture towards a pixel.

    A face off the middle looks turned by as much less.
    """
    x, y = (place[0] - centre[0]) / focal, (centre[1] - place[1]) / focal
    axis = np.array([y, -x, 0.0])
    length = float(np.hypot(x, y))
    if length < 1e-9:
        return np.eye(3)
    return rotation_matrix(axis / length * np.arctan(length))
