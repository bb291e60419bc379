"""Emotion from coefficients: prototypes are named, nothing is neutral, shares sum to one."""

import numpy as np
import pytest

from nodes.face._emotion import EMOTIONS, emotion_of
from nodes.sdk.values import ARKIT_NAMES


def coefficients(**values):
    result = np.zeros(52, np.float32)
    for name, value in values.items():
        hits = [i for i, known in enumerate(ARKIT_NAMES) if known in (name, f"{name}Left", f"{name}Right")]
        assert hits, name
        result[hits] = value
    return result


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ({}, "neutral"),
        ({"mouthSmile": 0.7, "cheekSquint": 0.3}, "happy"),
        ({"browInnerUp": 0.6, "mouthFrown": 0.4, "mouthShrugLower": 0.4}, "sad"),
        ({"browDown": 0.6, "mouthPress": 0.4, "eyeSquint": 0.4}, "angry"),
        ({"browInnerUp": 0.6, "browOuterUp": 0.6, "jawOpen": 0.5, "eyeWide": 0.3}, "surprised"),
        ({"browInnerUp": 0.5, "eyeWide": 0.4, "mouthStretch": 0.5}, "afraid"),
        ({"noseSneer": 0.4, "mouthUpperUp": 0.4, "browDown": 0.2}, "disgusted"),
    ],
)
def test_prototypes_are_named(shown, name):
    result = emotion_of(coefficients(**shown))
    assert result.name == name
    assert sum(result.shares.values()) == pytest.approx(1.0)
    assert set(result.shares) == set(EMOTIONS)


def test_valence_and_arousal_have_their_signs():
    glad, grim = emotion_of(coefficients(mouthSmile=0.7)), emotion_of(coefficients(mouthFrown=0.4))
    assert glad.valence > 0.5 and grim.valence < -0.5
    assert (
        emotion_of(coefficients(eyeWide=0.4, jawOpen=0.5)).arousal > 0.8 > emotion_of(coefficients()).arousal
    )
