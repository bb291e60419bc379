"""What a voice sounds like, in few numbers, and how words describe it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nodes.sdk.values.arrays import FloatArray


@dataclass(frozen=True)
class VoiceShape:
    """How the network's voice is changed.

    Attributes:
        pitch: semitones up.
        size: length of the vocal tract as a factor; longer is lower and larger.
        warmth: -1 bright .. 1 warm, tilts the spectrum by up to 4 dB an octave.
        breath: 0 clear .. 1 whispering.
        lively: how far the melody goes, 1 as spoken, 0 monotone.
        pace: speed of speaking.
        tremble: 0 steady .. 1, slow wavering of pitch, as in old voices.
    """

    pitch: float = 0.0
    size: float = 1.0
    warmth: float = 0.0
    breath: float = 0.0
    lively: float = 1.0
    pace: float = 1.0
    tremble: float = 0.0

    def mixed(self, other: VoiceShape, share: float) -> VoiceShape:
        """Between this one (share 0) and another (share 1)."""
        values = {
            name: getattr(self, name) * (1 - share) + getattr(other, name) * share
            for name in self.__dataclass_fields__
        }
        return VoiceShape(**values)

    def with_changes(self, changes: VoiceShape) -> VoiceShape:
        """Another shape's differences from the plain voice laid over this one, kept in range."""
        return VoiceShape(
            pitch=min(max(self.pitch + changes.pitch, -18.0), 12.0),
            size=min(max(self.size * changes.size, 0.75), 1.4),
            warmth=min(max(self.warmth + changes.warmth, -1.0), 1.0),
            breath=min(max(self.breath + changes.breath, 0.0), 1.0),
            lively=min(max(self.lively * changes.lively, 0.0), 2.0),
            pace=min(max(self.pace * changes.pace, 0.5), 2.0),
            tremble=min(max(self.tremble + changes.tremble, 0.0), 1.0),
        )


#: The voices to choose from.
VOICES: dict[str, VoiceShape] = {
    "Heart": VoiceShape(),
    "Alma (warm, older)": VoiceShape(pitch=-2.5, size=1.05, warmth=0.45, breath=0.12, pace=0.92),
    "Tom (man)": VoiceShape(pitch=-10.5, size=1.17, warmth=0.1, lively=0.95),
    "Bruno (deep)": VoiceShape(pitch=-13.5, size=1.27, warmth=0.35, lively=0.85, pace=0.94),
    "Grandfather": VoiceShape(pitch=-8.5, size=1.16, warmth=0.25, breath=0.3, pace=0.82, tremble=0.6),
    "Kim (child)": VoiceShape(pitch=4.0, size=0.83, warmth=-0.1, lively=1.2, pace=1.02),
}

_S = VoiceShape
#: What words ask for.
_WORDS: dict[str, VoiceShape] = {
    **dict.fromkeys(("man", "male", "boyish", "masculine", "he"), _S(pitch=-10.0, size=1.16)),
    **dict.fromkeys(("woman", "female", "feminine", "she"), _S()),
    **dict.fromkeys(("child", "kid", "boy", "girl", "little"), _S(pitch=4.0, size=0.84)),
    **dict.fromkeys(("deep", "low", "bass"), _S(pitch=-4.0, size=1.07)),
    **dict.fromkeys(("high", "light", "thin"), _S(pitch=3.0, size=0.95)),
    **dict.fromkeys(("big", "large", "giant", "huge", "heavy"), _S(pitch=-4.0, size=1.15)),
    **dict.fromkeys(("small", "tiny", "petite"), _S(pitch=2.5, size=0.9)),
    **dict.fromkeys(
        ("old", "elderly", "aged", "grandmother", "granny"),
        _S(pitch=-1.5, breath=0.25, tremble=0.6, pace=0.88, size=1.03),
    ),
    **dict.fromkeys(
        ("grandfather", "grandpa"), _S(pitch=-9.0, size=1.15, breath=0.25, tremble=0.6, pace=0.85)
    ),
    **dict.fromkeys(("young", "youthful", "fresh"), _S(pitch=1.0, size=0.97, pace=1.05, lively=1.1)),
    **dict.fromkeys(("warm", "soft", "gentle", "mellow", "kind", "dark"), _S(warmth=0.5, breath=0.08)),
    **dict.fromkeys(("bright", "sharp", "clear", "crisp", "metallic"), _S(warmth=-0.5)),
    **dict.fromkeys(("breathy", "husky", "hoarse", "smoky"), _S(breath=0.4)),
    **dict.fromkeys(("whisper", "whispering", "whispered"), _S(breath=1.0)),
    **dict.fromkeys(("slow", "calm", "tired", "solemn", "sleepy"), _S(pace=0.8, lively=0.85)),
    **dict.fromkeys(("fast", "quick", "hasty", "nervous"), _S(pace=1.25)),
    **dict.fromkeys(("lively", "excited", "happy", "cheerful", "playful"), _S(lively=1.4, pitch=1.0)),
    **dict.fromkeys(("flat", "monotone", "bored", "robotic", "cold"), _S(lively=0.3)),
    **dict.fromkeys(("sad", "quiet"), _S(lively=0.6, pace=0.88, warmth=0.3, pitch=-1.0)),
}
_MUCH = {
    "very": 1.5,
    "extremely": 1.8,
    "really": 1.4,
    "slightly": 0.5,
    "somewhat": 0.6,
    "bit": 0.5,
    "not": -0.7,
}


def described(words: str) -> tuple[VoiceShape, list[str]]:
    """The shape that a description asks for, such as "old, very warm, slow", and the words understood."""
    shape, understood, much = VoiceShape(), [], 1.0
    for word in re.findall(r"[a-z]+", words.lower()):
        if word in _MUCH:
            much = _MUCH[word]
            continue
        wanted = _WORDS.get(word)
        if wanted is not None:
            shape = shape.with_changes(VoiceShape().mixed(wanted, much))
            understood.append(word)
        if word not in ("a", "of", "the"):
            much = 1.0
    return shape, understood


def waver(count: int, step: float, tremble: float) -> FloatArray:
    """The factor on pitch of a trembling voice at `count` moments `step` seconds apart."""
    import numpy as np

    times = np.arange(count) * step
    slow = np.sin(2 * np.pi * 5.3 * times) + 0.6 * np.sin(2 * np.pi * 3.1 * times + 1.0)
    return (1.0 + 0.022 * tremble * slow).astype(np.float32)
