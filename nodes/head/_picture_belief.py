"""What the pixels of a picture say of a head beyond its landmarks: small networks that look twice.

They look at the gradients around the points of the head that was fitted to landmarks, and at the numbers
of that fit, and foretell what the fit lacks in identity, expression, rotation and lens, how sure they
are, and how far each point lies beside where it should; there the next networks look again (supervised
descent: Xiong and De la Torre 2013). Trained by packaging/train_head_regressor.py on drawn pictures of
the head model; no data of persons.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nodes.head._correction import Correction, Fitted, features
from nodes.head._picture_points import Gradients, features_at, moved_by
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values.arrays import FloatArray

#: Its file; it fits the head model of the name inside and the basis of anny_correction.npz.
FILE = Path(__file__).resolve().parents[2] / "resources" / "heads" / "anny_regressor.npz"

#: Layers of a network, each with a `_bias`; the last look has no `ways`.
LAYERS = ("points", "first", "second", "out", "ways")
_SCALES = ("usual", "scale", "middle", "spread")
_SPREADS = ("shape_precision", "expression_spread", "rotation_spread", "focal_spread", "least")
_FINE = 24.0  # pixels between the eyes
CLIP = 3.5  # beyond so many spreads nothing was learned
#: Numbers at the end of the output: log spreads of shape, expression and rotation against the usual.
DOUBTS = 3
#: Names of a layer's weights and of what a column of them is to be multiplied by.
_WHOLE, _COLUMN = "{}_{}_whole", "{}_{}_column"


@dataclass(frozen=True, eq=False)
class PictureBelief:
    """What is held true of a head after a look at its pixels.

    Attributes:
        shape: D, identity in the directions of the landmark basis. shape_precision: D x D.
        expression: 52 in 0..1. expression_spread: 52.
        rotation: 3 x 3, seen along the ray to the face. rotation_spread: 3 radians.
        log_focal: of the focal length in pixels. focal_spread: its deviation.
    """

    shape: FloatArray
    shape_precision: FloatArray
    expression: FloatArray
    expression_spread: FloatArray
    rotation: FloatArray
    rotation_spread: FloatArray
    log_focal: float
    focal_spread: float


@dataclass(frozen=True, eq=False)
class View:
    """What the networks look at.

    Attributes:
        gradients: of the crop. points: P x 2, the fitted head's in it, pixels. seen: P in 0 or 1.
        numbers: F, from `fit_numbers`.
    """

    gradients: Gradients
    points: FloatArray
    seen: FloatArray
    numbers: FloatArray


@dataclass(frozen=True, eq=False)
class Look:
    """N networks that look at the same points; their mean is believed.

    Attributes:
        weights: `points` N x P x FEATURES x E (each point has its own), `first` N x (P E + F) x H,
            `second` N x H x J, `out` N x (J + F) x outputs, `ways` N x (J + F) x 2P, and a `_bias` of each.
        usual, scale: P x FEATURES, the mean and spread of features.
        middle, spread: F, of the numbers; those of a fit, and for a later look what was found so far.
    """

    weights: dict[str, FloatArray]
    usual: FloatArray
    scale: FloatArray
    middle: FloatArray
    spread: FloatArray

    def told(
        self, gradients: Gradients, points: FloatArray, seen: FloatArray, numbers: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The outputs, and P x 2 pixels that the points are to be moved by (none for a last look)."""
        known = np.clip((numbers - self.middle) / self.spread, -CLIP, CLIP).astype(np.float32)
        features = (features_at(gradients, points, seen) - self.usual) / self.scale
        found = np.zeros(self.weights["out_bias"].shape[1], np.float64)
        ways = np.zeros(2 * len(points))
        count = len(self.weights["first"])
        for network in range(count):
            layer = {name: part[network] for name, part in self.weights.items()}
            own = np.einsum("pk,pke->pe", features, layer["points"], optimize=True) + layer["points_bias"]
            values = np.concatenate([np.maximum(own, 0.0).ravel(), known])
            for name in ("first", "second"):
                values = np.maximum(values @ layer[name] + layer[f"{name}_bias"], 0.0)
            values = np.concatenate([values, known])
            found += values @ layer["out"] + layer["out_bias"]
            if "ways" in layer:
                ways += values @ layer["ways"] + layer["ways_bias"]
        return found / count, ways.reshape(-1, 2) / count


@dataclass(frozen=True, eq=False)
class PictureRegressor:
    """The networks and their spreads on heads that they were not trained on.

    Attributes:
        looks: one after the other.
        shape_precision: D x D, expression_spread: 52, rotation_spread: 3 radians, focal_spread: of
            errors divided by what the networks thought of them.
        least: 52, what an expression coefficient must reach to be believed.
    """

    looks: tuple[Look, ...]
    shape_precision: FloatArray
    expression_spread: FloatArray
    rotation_spread: FloatArray
    focal_spread: FloatArray
    least: FloatArray

    def believed(self, view: View, fit: Fitted, log_focal: float) -> PictureBelief:
        """What a picture tells.

        Args:
            fit: by landmarks. log_focal: of its focal length.
        """
        out = self.change(view)
        count = len(fit.shape)
        change, doubts = out[: count + 56], np.exp(np.clip(out[count + 56 :], -1.5, 2.0))
        believed = np.clip(fit.expression + change[count : count + 52], 0.0, 1.0)
        prior = np.eye(count)
        return PictureBelief(
            fit.shape + change[:count],
            prior + (self.shape_precision - prior) / doubts[0] ** 2,
            np.maximum(believed - self.least, 0.0) / (1.0 - self.least),
            self.expression_spread * doubts[1],
            fit.rotation @ rotation_matrix(change[count + 52 : count + 55]),
            self.rotation_spread * doubts[2],
            log_focal + float(change[count + 55]),
            float(self.focal_spread[0]),
        )

    def change(self, view: View) -> FloatArray:
        """D + 52 + 3 + 1 + DOUBTS: to the truth less the fit, and logs of how sure."""
        points, numbers = view.points, view.numbers
        change: FloatArray = np.zeros(0)
        for look in self.looks:
            out, ways = look.told(view.gradients, points, view.seen, numbers)
            doubts = out[-DOUBTS:]
            change = out[:-DOUBTS] if not len(change) else change + out[:-DOUBTS]
            points = moved_by(points, ways)
            numbers = np.concatenate([view.numbers, change])
        return np.concatenate([change, doubts])


def fit_numbers(
    components: FloatArray, fit: Fitted, coefficients: FloatArray, eye_pixels: float, sure: FloatArray
) -> FloatArray:
    """What the network takes in beside the picture: F numbers.

    Args:
        components: of the `Correction`. coefficients: 52, what the landmarker says.
        eye_pixels: between the eyes. sure: 468 in 0..1, of each landmark.
    """
    # how large a face is in its picture says how finely it is seen, and nothing of the head
    more = [min(eye_pixels, _FINE) / _FINE, float(sure.mean())]
    return np.concatenate([features(components, fit, coefficients), more])


def in_bytes(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weights (... x C x O) as numbers of 8 bits, and what each column (... x 1 x O) is multiplied by."""
    column = np.maximum(np.abs(weights).max(axis=-2, keepdims=True), 1e-12) / 127.0
    return np.round(weights / column).astype(np.int8), column.astype(np.float32)


def stored_look(number: int, look: Look) -> dict[str, FloatArray]:
    """The arrays of a file that `regressor_for` reads a look from."""
    found = {f"{name}_{number}": getattr(look, name).astype(np.float32) for name in _SCALES}
    for name, part in look.weights.items():
        if name.endswith("_bias"):
            found[f"{name}_{number}"] = part.astype(np.float32)
        else:
            whole, column = _WHOLE.format(name, number), _COLUMN.format(name, number)
            found[whole], found[column] = in_bytes(part)
    return found


def _read_look(number: int, stored: dict[str, FloatArray]) -> Look:
    weights = {}
    for name in LAYERS:
        whole = _WHOLE.format(name, number)
        if whole in stored:
            weights[name] = stored[whole].astype(np.float32) * stored[_COLUMN.format(name, number)]
            weights[f"{name}_bias"] = stored[f"{name}_bias_{number}"].astype(np.float32)
    return Look(weights, *(stored[f"{name}_{number}"].astype(np.float32) for name in _SCALES))


@functools.cache
def regressor_for(name: str, correction: Correction) -> PictureRegressor | None:
    """The regressor for a head model by its name that was trained with a correction, if there is one."""
    if not FILE.is_file():
        return None
    with np.load(FILE, allow_pickle=False) as file:
        own = file["turn"]
        if str(file["model"]) != name or not np.allclose(own, correction.turn[0, : len(own)], atol=1e-5):
            return None
        stored = {part: file[part] for part in file.files}
    looks = tuple(_read_look(number, stored) for number in range(int(stored["looks"])))
    return PictureRegressor(looks, **{part: stored[part].astype(np.float64) for part in _SPREADS})
