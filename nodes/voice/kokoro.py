"""Twenty-eight English voices, mixed as words ask: Kokoro-82M, phonemes to sound.

Source: hexgrad 2025, "Kokoro-82M" (StyleTTS 2 by Li et al. 2023 with an ISTFTNet decoder), 8-bit ONNX
export. A voice is a table of style vectors; vectors of two voices blend into a third.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nodes.media.archives import bundle_of_model, write_bundle
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.network import session_of
from nodes.voice.shape import VoiceShape, described
from nodes.voice.speaker import RATE, Spoken, as_heard, numbers_of, phones_of, spelled, with_durations

CARD = "voices_kokoro"
_NETWORK, _STYLES = "network.onnx", "styles.npy"
_SOURCE, _MEMBER_LIMIT = "package/build", 128 << 20
#: A style for each length of text, and its numbers.
_LENGTHS, _WIDTH = 510, 256
#: Seconds that one step of the network's durations lasts.
_FRAME = 0.025


class Voice(NamedTuple):
    """One voice, as measured on a sentence.

    Attributes:
        file: its name in the package.
        pitch: middle, in Hz.
        warmth: dB by which 0.1-1 kHz is stronger than 2-6 kHz.
        seconds: how long it takes for that sentence.
        span: semitones between the lower and the upper tenth of its pitch.
    """

    file: str
    pitch: float
    warmth: float
    seconds: float
    span: float


VOICES = {
    "Alloy (woman)": Voice("af_alloy", 137, 21.2, 4.2, 7.4),
    "Aoede (woman)": Voice("af_aoede", 172, 27.3, 3.9, 8.9),
    "Bella (woman)": Voice("af_bella", 193, 26.6, 4.2, 5.6),
    "Heart, full (woman)": Voice("af_heart", 198, 20.7, 3.8, 7.2),
    "Jessica (woman)": Voice("af_jessica", 211, 17.7, 3.7, 9.5),
    "Kore (woman)": Voice("af_kore", 146, 25.4, 3.8, 10.8),
    "Nicole (woman)": Voice("af_nicole", 140, 17.7, 5.5, 14.7),
    "Nova (woman)": Voice("af_nova", 152, 27.1, 4.0, 7.6),
    "River (woman)": Voice("af_river", 179, 16.3, 3.8, 6.0),
    "Sarah (woman)": Voice("af_sarah", 182, 16.8, 4.3, 10.1),
    "Sky (woman)": Voice("af_sky", 168, 20.7, 4.0, 9.8),
    "Adam (man)": Voice("am_adam", 114, 18.4, 4.1, 7.4),
    "Echo (man)": Voice("am_echo", 103, 20.7, 4.1, 9.7),
    "Eric (man)": Voice("am_eric", 162, 19.7, 3.6, 7.2),
    "Fenrir (man)": Voice("am_fenrir", 130, 17.8, 3.7, 10.4),
    "Liam (man)": Voice("am_liam", 119, 17.9, 3.8, 11.1),
    "Michael (man)": Voice("am_michael", 112, 17.8, 4.5, 7.9),
    "Onyx (man)": Voice("am_onyx", 83, 23.8, 4.1, 6.6),
    "Puck (man)": Voice("am_puck", 107, 18.9, 3.8, 10.3),
    "Santa (man)": Voice("am_santa", 192, 16.4, 3.9, 13.0),
    "Alice (British woman)": Voice("bf_alice", 222, 21.4, 3.9, 10.7),
    "Emma (British woman)": Voice("bf_emma", 182, 18.6, 4.0, 5.4),
    "Isabella (British woman)": Voice("bf_isabella", 211, 20.4, 4.1, 6.3),
    "Lily (British woman)": Voice("bf_lily", 193, 22.3, 3.8, 9.4),
    "Daniel (British man)": Voice("bm_daniel", 126, 22.9, 3.9, 5.4),
    "Fable (British man)": Voice("bm_fable", 112, 13.5, 4.1, 11.3),
    "George (British man)": Voice("bm_george", 145, 22.5, 4.4, 5.5),
    "Lewis (British man)": Voice("bm_lewis", 82, 18.2, 4.5, 8.9),
}
_NAMES = tuple(VOICES)
#: What a description of nobody in particular asks for.
_PLAIN = Voice("", 190.0, 20.0, 4.0, 8.0)
#: Words for which only some voices are asked: the letters their files may begin with.
_KINDS = {
    **dict.fromkeys(("man", "male", "he", "masculine", "grandfather", "grandpa"), ("am", "bm")),
    **dict.fromkeys(("woman", "female", "she", "feminine", "grandmother", "granny"), ("af", "bf")),
    **dict.fromkeys(("british", "english"), ("bf", "bm")),
    "american": ("af", "am"),
    **dict.fromkeys(("whisper", "whispering", "whispered"), ("af_nicole", "am_santa")),
}


def build(unpacked: Path, target: Path) -> None:
    """Make one file of the network and the English voices."""
    source = next(
        path for path in (unpacked / _SOURCE, unpacked / _SOURCE.partition("/")[2]) if path.is_dir()
    )
    styles = [
        np.fromfile(source / "voices" / f"{voice.file}.bin", "<f4").reshape(_LENGTHS, _WIDTH)
        for voice in VOICES.values()
    ]
    stream = BytesIO()
    np.save(stream, np.stack(styles).astype(np.float16))
    model, _ = with_durations((source / "kokoro-quantized.onnx").read_bytes())
    write_bundle(target, {_NETWORK: model, _STYLES: stream.getvalue()})


class Kokoro:
    """The network and its voices, loaded."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            ModelProblem: when it is damaged.
        """
        with bundle_of_model(path, "the voices", CARD, _MEMBER_LIMIT) as bundle:
            self._session = session_of(bundle.read(_NETWORK))
            self._styles = np.load(BytesIO(bundle.read(_STYLES)), allow_pickle=False)
            if self._styles.shape != (len(VOICES), _LENGTHS, _WIDTH):
                raise ValueError("its voices are others")
        self._outputs = [entry.name for entry in self._session.get_outputs()]

    def sound(
        self, numbers: list[int], shares: dict[str, float], pace: float
    ) -> tuple[FloatArray, FloatArray]:
        """Samples (N, at RATE) of a text given in numbers, and how many _FRAMEs each number lasts."""
        length = min(max(len(numbers) - 2, 1), _LENGTHS) - 1
        total = sum(shares.values())
        style = sum(
            share / total * self._styles[_NAMES.index(name), length].astype(np.float32)
            for name, share in shares.items()
        )
        fed = {
            "input_ids": np.array([numbers], np.int64),
            "style": np.asarray(style, np.float32)[None],
            "speed": np.array([pace], np.float32),
        }
        samples, lasting = self._session.run(self._outputs, fed)
        return np.asarray(samples, np.float32).ravel(), np.asarray(lasting, np.float32).ravel()


def mixture(description: str) -> dict[str, float]:
    """The two voices that come nearest to a description, and their shares.

    Words for men, women, British, American and whispering voices leave only such voices.
    """
    shape, _ = described(description)
    allowed = set(_NAMES)
    for word in re.findall(r"[a-z]+", description.lower()):
        kinds = _KINDS.get(word)
        if kinds is not None:
            allowed = {name for name in allowed if VOICES[name].file.startswith(kinds)} or allowed
    far = {name: _distance(VOICES[name], shape) for name in sorted(allowed, key=_NAMES.index)}
    first, second = [*sorted(far, key=lambda name: far[name]), ""][:2]
    if not second:
        return {first: 1.0}
    share = far[second] / max(far[first] + far[second], 1e-6)
    return {first: share, second: 1.0 - share}


def _distance(voice: Voice, shape: VoiceShape) -> float:
    """How far a voice is from a shape; 1 is clearly heard."""
    pitch = _PLAIN.pitch * 2 ** (shape.pitch / 12)
    return float(
        np.sqrt(
            (12 * np.log2(voice.pitch / pitch) / 3.0) ** 2
            + ((voice.warmth - _PLAIN.warmth - 8.0 * shape.warmth) / 4.0) ** 2
            + 0.5 * (np.log(voice.seconds / _PLAIN.seconds * shape.pace) / 0.12) ** 2
            + 0.5 * ((voice.span - _PLAIN.span * shape.lively) / 3.0) ** 2
        )
    )


def speak(
    network: Kokoro, words: list[tuple[str, str]], shares: dict[str, float], shape: VoiceShape
) -> Spoken:
    """Speak one sentence.

    Args:
        network: the voices.
        words: (word or punctuation, phonemes), as Reader.sentence gives them.
        shares: voice -> share, as `mixture` gives them.
        shape: of it pace, pitch (which takes the vocal tract along) and warmth are used.
    """
    text, owners = spelled(words)
    numbers, places = numbers_of(text)
    if len(numbers) < 3:
        return Spoken(np.zeros(0, np.float32), ())
    # Played faster the voice rises: it speaks slower by as much before.
    higher = 2 ** (shape.pitch / 12)
    samples, lasting = network.sound(numbers, shares, float(np.clip(shape.pace / higher, 0.4, 2.5)))
    if abs(higher - 1) > 1e-3:
        places_now = np.arange(0, len(samples) - 1, higher)
        samples = np.interp(places_now, np.arange(len(samples)), samples).astype(np.float32)
    samples = _tilted(samples, shape.warmth)
    phones = phones_of(text, owners, places, lasting / higher, _FRAME)
    return Spoken(samples, tuple(as_heard(phones, samples)))


def _tilted(samples: FloatArray, warmth: float) -> FloatArray:
    """Warmth of 1 takes 4 dB an octave from what lies above 500 Hz, and gives it below."""
    from scipy import fft

    if abs(warmth) < 1e-3:
        return samples
    size = fft.next_fast_len(len(samples) + RATE // 10, True)
    octaves = np.log2(np.clip(np.fft.rfftfreq(size, 1 / RATE), 100.0, 8000.0) / 500.0)
    spectrum = fft.rfft(samples, size) * 10 ** (-warmth * 4.0 / 20 * octaves)
    return np.asarray(fft.irfft(spectrum, size)[: len(samples)], np.float32)
