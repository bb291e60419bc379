"""What the pixels of a picture say of a head beyond its landmarks: small networks on gradients.

They look at the gradients of the upright picture of a head (`gradients_of` the crop that the fit to
landmarks asks for) and at the numbers of that fit, and foretell what the fit lacks in identity,
expression, rotation and lens, and how sure it is. Their mean is believed. Trained by
packaging/train_head_regressor.py on drawn pictures of the head model; no data of persons.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nodes.head._correction import Correction, Fitted, features
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values.arrays import FloatArray

#: Its file; it fits the head model of the name inside and the basis of anny_correction.npz.
FILE = Path(__file__).resolve().parents[2] / "resources" / "heads" / "anny_regressor.npz"

_LAYERS = ("first", "second", "out")
_NUMBERS = (
    "middle", "spread", "shape_precision", "expression_spread", "rotation_spread", "focal_spread", "least",
)  # fmt: skip
_FINE = 24.0  # pixels between the eyes
#: Numbers at the end of the output: log spreads of shape, expression and rotation against the usual.
DOUBTS = 3


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
class PictureRegressor:
    """The network and its spreads on heads that it was not trained on.

    Attributes:
        components: G x P, main variations of gradients. usual: G, their mean.
        weights: of N networks: `first` N x (P + F) x H, `second` N x H x J, `out` N x (J + F) x outputs,
            and a `_bias` of each.
        middle, spread: F, of the numbers of a fit.
        shape_precision: D x D, expression_spread: 52, rotation_spread: 3 radians, focal_spread: of
            errors divided by what the networks thought of them.
        least: 52, what an expression coefficient must reach to be believed.
    """

    components: FloatArray
    usual: FloatArray
    weights: dict[str, FloatArray]
    middle: FloatArray
    spread: FloatArray
    shape_precision: FloatArray
    expression_spread: FloatArray
    rotation_spread: FloatArray
    focal_spread: FloatArray
    least: FloatArray

    def believed(
        self, gradients: FloatArray, numbers: FloatArray, fit: Fitted, log_focal: float
    ) -> PictureBelief:
        """What a picture tells.

        Args:
            gradients: from `gradients_of`. numbers: F, from `fit_numbers`.
            fit: by landmarks. log_focal: of its focal length.
        """
        out = self.change(gradients, numbers)
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

    def change(self, gradients: FloatArray, numbers: FloatArray) -> FloatArray:
        """D + 52 + 3 + 1 + DOUBTS: to the truth less the fit, and logs of how sure."""
        known = np.clip((numbers - self.middle) / self.spread, -3.5, 3.5).astype(np.float32)
        seen = (gradients.astype(np.float32) - self.usual) @ self.components
        both = np.concatenate([seen, known])
        found = np.zeros(self.weights["out_bias"].shape[1], np.float64)
        networks = len(self.weights["first"])
        for network in range(networks):
            first, second, out = (
                (self.weights[layer][network], self.weights[f"{layer}_bias"][network]) for layer in _LAYERS
            )
            values = np.maximum(both @ first[0] + first[1], 0.0)
            values = np.maximum(values @ second[0] + second[1], 0.0)
            found += np.concatenate([values, known]) @ out[0] + out[1]
        return found / networks


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


@functools.cache
def regressor_for(name: str, correction: Correction) -> PictureRegressor | None:
    """The regressor for a head model by its name that was trained with a correction, if there is one."""
    if not FILE.is_file():
        return None
    with np.load(FILE, allow_pickle=False) as stored:
        own = stored["turn"]
        if str(stored["model"]) != name or not np.allclose(own, correction.turn[0, : len(own)], atol=1e-5):
            return None
        names = [part for layer in _LAYERS for part in (layer, f"{layer}_bias")]
        weights = {part: stored[part].astype(np.float32) for part in names}
        seen = (stored[part].astype(np.float32) for part in ("components", "usual"))
        return PictureRegressor(
            *seen, weights, **{part: stored[part].astype(np.float64) for part in _NUMBERS}
        )
