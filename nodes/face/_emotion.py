"""Emotion from the 52 coefficients: prototypes of facial action, valence and arousal.

Sources: the action-unit prototypes of basic emotions are those of EMFACS (Friesen & Ekman 1983);
valence and arousal follow the circumplex of Russell (1980), weighting the same actions. What a face
shows is not what a person feels; these are names for expressions.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nodes.sdk.values import ARKIT_NAMES
from nodes.sdk.values.arrays import FloatArray

_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}

#: Coefficients rarely reach 1: the value that counts as fully shown.
_FULL = {
    "browInnerUp": 0.6, "browOuterUp": 0.6, "browDown": 0.5, "eyeWide": 0.35, "eyeSquint": 0.6,
    "cheekSquint": 0.4, "noseSneer": 0.3, "mouthSmile": 0.6, "mouthFrown": 0.35, "mouthStretch": 0.4,
    "mouthUpperUp": 0.45, "mouthPress": 0.45, "mouthPucker": 0.8, "mouthShrugLower": 0.5, "jawOpen": 0.45,
    "mouthDimple": 0.35, "mouthLowerDown": 0.5, "mouthRollLower": 0.5,
}  # fmt: skip

#: Emotion -> (action, weight); weights of an emotion's signs sum to 1, counter-signs are negative.
_PROTOTYPES: dict[str, tuple[tuple[str, float], ...]] = {
    "happy": (("mouthSmile", 0.85), ("cheekSquint", 0.1), ("eyeSquint", 0.05), ("mouthFrown", -0.5)),
    "sad": (("browInnerUp", 0.4), ("mouthFrown", 0.4), ("mouthShrugLower", 0.2), ("mouthSmile", -1.0),
            ("jawOpen", -0.4), ("eyeWide", -0.4)),
    "angry": (("browDown", 0.65), ("mouthPress", 0.15), ("eyeSquint", 0.1), ("noseSneer", 0.1),
              ("mouthSmile", -0.8), ("browInnerUp", -0.4)),
    "surprised": (("browInnerUp", 0.25), ("browOuterUp", 0.25), ("jawOpen", 0.3), ("eyeWide", 0.2),
                  ("browDown", -0.4), ("mouthSmile", -0.4), ("mouthStretch", -0.3)),
    "afraid": (("eyeWide", 0.35), ("browInnerUp", 0.3), ("mouthStretch", 0.35), ("mouthSmile", -0.8),
               ("browDown", -0.1)),
    "disgusted": (("noseSneer", 0.55), ("mouthUpperUp", 0.3), ("browDown", 0.15), ("mouthSmile", -0.6)),
}  # fmt: skip

_VALENCE = (("mouthSmile", 1.0), ("cheekSquint", 0.2), ("mouthFrown", -0.8), ("browDown", -0.5),
            ("noseSneer", -0.5), ("mouthStretch", -0.4), ("mouthPress", -0.2))  # fmt: skip
_AROUSAL = (("eyeWide", 0.6), ("jawOpen", 0.5), ("browOuterUp", 0.4), ("mouthSmile", 0.3), ("browDown", 0.3),
            ("mouthStretch", 0.3), ("noseSneer", 0.3))  # fmt: skip

EMOTIONS = ("neutral", *_PROTOTYPES)
#: Strength at which an expression is as likely as none.
_NEUTRAL = 0.33
_SHARPNESS = 9.0


class Emotion(NamedTuple):
    """What an expression shows.

    Attributes:
        name: one of EMOTIONS.
        confidence: 0..1, of the name.
        shares: the probability of each of EMOTIONS; they sum to 1.
        valence: -1 unpleasant .. 1 pleasant.
        arousal: 0 calm .. 1 excited.
    """

    name: str
    confidence: float
    shares: dict[str, float]
    valence: float
    arousal: float


def _actions(coefficients: FloatArray) -> dict[str, float]:
    """How fully each action is shown, 0..1, both sides averaged."""
    shown = {}
    for action, full in _FULL.items():
        names = [name for name in (action, f"{action}Left", f"{action}Right") if name in _INDEX]
        value = float(np.mean([coefficients[_INDEX[name]] for name in names]))
        shown[action] = min(max(value, 0.0) / full, 1.0)
    return shown


def emotion_of(coefficients: FloatArray) -> Emotion:
    """The emotion that 52 coefficients (in the order of ARKIT_NAMES) look like."""
    shown = _actions(coefficients)
    strength = np.array(
        [_NEUTRAL]
        + [sum(weight * shown[action] for action, weight in signs) for signs in _PROTOTYPES.values()]
    )
    odds = np.exp(_SHARPNESS * (strength - strength.max()))
    shares = odds / odds.sum()
    best = int(shares.argmax())
    valence = sum(weight * shown[action] for action, weight in _VALENCE)
    arousal = sum(weight * shown[action] for action, weight in _AROUSAL)
    return Emotion(
        EMOTIONS[best],
        float(shares[best]),
        {name: float(share) for name, share in zip(EMOTIONS, shares, strict=True)},
        float(np.clip(valence, -1.0, 1.0)),
        float(np.clip(arousal, 0.0, 1.0)),
    )
