"""Feelings on a face, and how a voice betrays them.

Expressions follow the prototypes of Ekman and Friesen 1978 in the words of ARKit; the sign in the
voice (the span of its melody) is one of those in Scherer 2003.
"""

from __future__ import annotations

import numpy as np

from nodes.raster.ramps import smooth_step
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray, host_array
from nodes.voice.moving import MOUTH

_INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}


def _pose(**parts: float) -> FloatArray:
    """Coefficients by name; a name without a side means both."""
    pose = np.zeros(52, np.float32)
    for name, value in parts.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in _INDEX:
                pose[_INDEX[full]] = value
    return pose


#: The six names, at full strength.
FEELINGS: dict[str, FloatArray] = {
    "happy": _pose(mouthSmile=0.65, cheekSquint=0.6, eyeSquint=0.35, mouthDimple=0.15, browOuterUp=0.1),
    "sad": _pose(
        browInnerUp=0.75, mouthFrown=0.55, mouthShrugLower=0.3, eyeSquint=0.1, eyeBlink=0.15, browDown=0.1
    ),
    "angry": _pose(
        browDown=0.85,
        eyeSquint=0.4,
        eyeWide=0.15,
        noseSneer=0.35,
        mouthPress=0.25,
        mouthFrown=0.2,
        jawForward=0.15,
    ),
    "afraid": _pose(browInnerUp=0.7, browOuterUp=0.4, eyeWide=0.65, mouthStretch=0.4, browDown=0.15),
    "surprised": _pose(browInnerUp=0.8, browOuterUp=0.75, eyeWide=0.6, jawOpen=0.12),
    "disgusted": _pose(noseSneer=0.75, mouthUpperUp=0.35, browDown=0.4, cheekSquint=0.35, mouthFrown=0.2),
}
#: Where the six stand: valence (-1 bad .. 1 good) and arousal (-1 calm .. 1 stirred).
_PLACES = {
    "happy": (0.8, 0.5), "sad": (-0.7, -0.5), "angry": (-0.7, 0.75), "afraid": (-0.6, 0.6),
    "surprised": (0.2, 0.8), "disgusted": (-0.7, 0.2),
}  # fmt: skip

#: Semitones between the lower and the upper tenth of the pitch of plain speech.
_PLAIN_SPAN = 9.5


def pose_at(valence: float, arousal: float) -> FloatArray:
    """The expression at a point of the plane of feelings: 52 coefficients; calm neutral is none."""
    strength = min(float(np.hypot(valence, arousal)), 1.0)
    if strength < 1e-3:
        return np.zeros(52, np.float32)
    shares = {
        name: max(valence * x + arousal * y, 0.0) ** 3 / (x * x + y * y) ** 1.5
        for name, (x, y) in _PLACES.items()
        if name in ("happy", "sad", "angry", "surprised")
    }
    total = sum(shares.values())
    if total < 1e-9:
        # Calm and content: a hint of a smile, heavy lids.
        return _pose(mouthSmile=0.2, eyeBlink=0.12) * strength
    pose = sum(share / total * FEELINGS[name] for name, share in shares.items())
    return np.asarray(pose * strength, np.float32)


def heard_feeling(signal: FloatArray) -> tuple[float, float]:
    """(valence, arousal), each -1..1, guessed from how a signal (N, 16 kHz) sounds.

    Arousal is the span of the melody in semitones against that of plain speech; valence follows it
    a little, for flat voices are rather sad and wide ones rather glad. Anger and plain speech of the
    same span sound alike to this.
    """
    from nodes.voice.sound_features import pitch, voice_activity

    hertz, sure = pitch(signal)
    voiced = (voice_activity(signal) > 0.5) & (sure > 0.6)
    if voiced.sum() < 30:
        return 0.0, 0.0
    low, high = np.percentile(12 * np.log2(hertz[voiced]), [10, 90])
    arousal = float(np.clip((high - low - _PLAIN_SPAN) / 6.0, -1.0, 1.0))
    return 0.6 * arousal, arousal


def with_feeling(motion: Motion, pose: FloatArray, arousal: float, ease: float) -> Motion:
    """The motion with a feeling on its face.

    Brows, lids and cheeks take the pose; the mouth takes it where it is free: a smile stays while
    lips close. Stirred people also open wider and move more.

    Args:
        motion: such as speech gives.
        pose: 52 coefficients.
        arousal: -1..1, widens or narrows all movement by up to a quarter.
        ease: seconds over which the feeling comes up at the start.
    """
    from nodes.voice.lips import lip_gap, with_gap

    values = host_array(motion.coefficients)
    count = len(values)
    rise = smooth_step((np.arange(count) / motion.fps + 1e-6) / max(ease, 1e-3))[:, None]
    wider = 1.0 + 0.25 * arousal
    gap = np.maximum(lip_gap(values), 0.0) * (1 + (wider - 1) * rise[:, 0])
    result = values.copy()
    jaw, close = _INDEX["jawOpen"], _INDEX["mouthClose"]
    rounded = np.clip(values[:, [_INDEX["mouthPucker"]]] * 0.8, 0, 0.8)
    add = rise * pose * np.where(MOUTH, 1.0 - rounded, 1.0)
    result = np.clip(result + add, 0.0, np.maximum(values, 1.0))
    wished = result[:, jaw] * (1 + (wider - 1) * rise[:, 0])
    result[:, [jaw, close]] = 0.0
    result = with_gap(result.astype(np.float32), gap.astype(np.float32), wished.astype(np.float32))
    return Motion(
        result,
        (host_array(motion.rotation) * (1 + 0.4 * arousal)).astype(np.float32),
        motion.translation,
        motion.gaze,
        motion.fps,
    )
