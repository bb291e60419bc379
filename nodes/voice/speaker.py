"""The voice network: phonemes to sound, with the time of every phoneme.

The network (hibari, an 8 MB student of Kokoro-82M) says, for each 12.5 ms, how strong harmonics and
noise are over frequency, their phase, and the pitch. Sound is made from that here, so that pitch,
vocal tract, breath and warmth can be changed before there is any sound:

    S = exp(lh) e^{i pi tanh(theta)} STFT(pulses) + exp(ln) Z + exp(lr) e^{i phi}

with a Hann window of 1200 samples, a step of 300, and Z complex Gaussian noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nodes.face._protobuf import BYTES, Field, fields, submessage, write
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.network import session_of
from nodes.voice.phones import SILENCE, Phone
from nodes.voice.reader import arpabet_places
from nodes.voice.shape import VoiceShape, waver

CARD = "voice_heart"
RATE, STEP, WINDOW = 24000, 300, 1200
BINS = WINDOW // 2 + 1
#: What the network says of one frame lasts this many seconds.
FRAME = STEP / RATE
#: Its durations say when a phone is over; heard, each begins this much sooner (against an aligner).
_EARLY = 0.06
_LOUDEST = 7.0
_VOICED, _TOP = 40.0, 11000.0
#: A sentence of more phonemes takes gigabytes.
MOST_PHONEMES = 500

# fmt: off
#: Kokoro's phoneme alphabet: character -> number.
_ALPHABET = {
    ";": 1, ":": 2, ",": 3, ".": 4, "!": 5, "?": 6, "—": 9, "…": 10, "\"": 11, "(": 12, ")": 13, "“": 14,
    "”": 15, " ": 16, "̃": 17, "ʣ": 18, "ʥ": 19, "ʦ": 20, "ʨ": 21, "ᵝ": 22, "ꭧ": 23, "A": 24, "I": 25,
    "O": 31, "Q": 33, "S": 35, "T": 36, "W": 39, "Y": 41, "ᵊ": 42, "a": 43, "b": 44, "c": 45, "d": 46,
    "e": 47, "f": 48, "h": 50, "i": 51, "j": 52, "k": 53, "l": 54, "m": 55, "n": 56, "o": 57, "p": 58,
    "q": 59, "r": 60, "s": 61, "t": 62, "u": 63, "v": 64, "w": 65, "x": 66, "y": 67, "z": 68, "ɑ": 69,
    "ɐ": 70, "ɒ": 71, "æ": 72, "β": 75, "ɔ": 76, "ɕ": 77, "ç": 78, "ɖ": 80, "ð": 81, "ʤ": 82, "ə": 83,
    "ɚ": 85, "ɛ": 86, "ɜ": 87, "ɟ": 90, "ɡ": 92, "ɥ": 99, "ɨ": 101, "ɪ": 102, "ʝ": 103, "ɯ": 110,
    "ɰ": 111, "ŋ": 112, "ɳ": 113, "ɲ": 114, "ɴ": 115, "ø": 116, "ɸ": 118, "θ": 119, "œ": 120, "ɹ": 123,
    "ɾ": 125, "ɻ": 126, "ʁ": 128, "ɽ": 129, "ʂ": 130, "ʃ": 131, "ʈ": 132, "ʧ": 133, "ʊ": 135, "ʋ": 136,
    "ʌ": 138, "ɣ": 139, "ɤ": 140, "χ": 142, "ʎ": 143, "ʒ": 147, "ʔ": 148, "ˈ": 156, "ˌ": 157, "ː": 158,
    "ʰ": 162, "ʲ": 164, "↓": 169, "→": 171, "↗": 172, "↘": 173, "ᵻ": 177,
}
# fmt: on


class Spectra(NamedTuple):
    """What the network says: BINS x T each, pitch T in Hz (0 where unvoiced), durations in frames."""

    harmonics: FloatArray
    phase: FloatArray
    noise: FloatArray
    rest: FloatArray
    rest_phase: FloatArray
    pitch: FloatArray
    durations: FloatArray


@dataclass(frozen=True)
class Spoken:
    """Sound with its phones.

    Attributes:
        samples: N float32 at RATE.
        phones: with times in seconds.
    """

    samples: FloatArray
    phones: tuple[Phone, ...]


def with_durations(model: bytes) -> tuple[bytes, str]:
    """The network with the phonemes' durations as one more output, and that output's name.

    They are what the running sum of the graph adds up. Raises ValueError when there is no such sum.
    """
    graph = submessage(model, 7)
    for entry in fields(graph):
        if entry.number != 1 or not isinstance(entry.value, bytes):
            continue
        parts = list(fields(entry.value))
        if any(part.number == 4 and part.value == b"CumSum" for part in parts):
            name = next(part.value for part in parts if part.number == 1 and isinstance(part.value, bytes))
            body = graph + write([Field(12, BYTES, write([Field(1, BYTES, name)]))])
            top = [part._replace(value=body) if part.number == 7 else part for part in fields(model)]
            return write(top), name.decode()
    raise ValueError("it has no durations")


class VoiceNetwork:
    """The network, loaded."""

    def __init__(self, path: Path) -> None:
        """Load it.

        Raises:
            ModelProblem: when the file is not such a network.
        """
        try:
            model, durations = with_durations(path.read_bytes())
            self._session = session_of(model)
        except (ValueError, RuntimeError) as error:
            raise ModelProblem(
                f"the voice {path.name} cannot be read ({error})",
                hint=f"Fetch it again with: facewright models fetch {CARD}",
            ) from error
        self._outputs = ["lh", "theta", "ln", "lr", "phi", "f0", durations]

    def spectra(self, numbers: list[int], pace: float) -> Spectra:
        """Run the network on numbers as `numbers` gives them."""
        fed: dict[str, Any] = {
            "ids": np.array([numbers], np.int64),
            "speed": np.array([pace], np.float32),
        }
        *parts, durations = self._session.run(self._outputs, fed)
        lasting = np.asarray(durations, np.float64).reshape(-1)
        # The network counts durations in coarser steps than its frames.
        lasting *= parts[0].shape[2] / max(lasting.sum(), 1.0)
        return Spectra(*(part[0] for part in parts), lasting.astype(np.float32))


def speak(
    network: VoiceNetwork, words: list[tuple[str, str]], shape: VoiceShape, random: np.random.Generator
) -> Spoken:
    """Speak one sentence.

    Args:
        network: the voice.
        words: (word or punctuation, phonemes), as Reader.sentence gives them.
        shape: how the voice is changed.
        random: for the noise in the voice.
    """
    text, owners = spelled(words)
    numbers, places = numbers_of(text)
    if len(numbers) < 3:
        return Spoken(np.zeros(0, np.float32), ())
    spectra = network.spectra(numbers, shape.pace)
    samples = sound_of(reshaped(spectra, shape), random)
    phones = phones_of(text, owners, places, spectra.durations)
    return Spoken(samples, tuple(as_heard(phones, samples)))


def spelled(words: list[tuple[str, str]]) -> tuple[str, list[str]]:
    """The phonemes of a sentence in one string, and the word that each character belongs to."""
    text, owners = "", []
    for word, phonemes in words:
        if text and word[0].isalpha():
            text, owners = text + " ", [*owners, ""]
        text += phonemes
        owners += [word if word[0].isalpha() else ""] * len(phonemes)
    return text, owners


def numbers_of(phonemes: str) -> tuple[list[int], list[int]]:
    """The networks' numbers for a phoneme string, padded, and for each the place in the string."""
    known = [(place, _ALPHABET[c]) for place, c in enumerate(phonemes) if c in _ALPHABET]
    known = known[:MOST_PHONEMES]
    return [0, *(number for _, number in known), 0], [-1, *(place for place, _ in known), -1]


def as_heard(phones: list[Phone], samples: FloatArray) -> list[Phone]:
    """Phones moved to when they are heard; the last one ends with the sound, not with its silence."""
    moved = [
        Phone(p.symbol, max(p.start - _EARLY, 0.0), max(p.end - _EARLY, 0.0), 1.0, p.word) for p in phones
    ]
    level = np.abs(samples[: len(samples) // STEP * STEP]).reshape(-1, STEP).max(axis=1, initial=0.0)
    loud = np.flatnonzero(level > 0.03 * level.max(initial=0.0))
    last = max((n for n, phone in enumerate(moved) if phone.symbol != SILENCE), default=-1)
    if last >= 0 and len(loud):
        phone, total = moved[last], len(samples) / RATE
        end = float(min(max((loud[-1] + 1) * FRAME, phone.start + 0.04), phone.end))
        moved[last] = Phone(phone.symbol, phone.start, end, 1.0, phone.word)
        moved[last + 1 :] = [Phone(SILENCE, end, total)] if end < total else []
    return moved


def phones_of(
    text: str, owners: list[str], places: list[int], durations: FloatArray, frame: float = FRAME
) -> list[Phone]:
    """Phones with times from how long each character lasts, in frames of so many seconds.

    Marks of stress and length belong to the phone they stand at; spaces and punctuation are silence
    when they last, else part of the phone before.
    """
    ends = np.cumsum(durations) * frame
    starts = ends - np.asarray(durations) * frame
    heads = dict(arpabet_places(text))
    phones: list[Phone] = []
    pending: float | None = None
    for place, start, end in zip(places, starts.tolist(), ends.tolist(), strict=True):
        character = text[place] if place >= 0 else " "
        if place in heads:
            word = owners[place]
            phones.append(Phone(heads[place], start if pending is None else pending, end, 1.0, word))
            pending = None
        elif character in "ˈˌ":
            pending = start if pending is None else pending
        elif character in "ːʰʲ" or (character == "ɹ" and phones) or (end - start < 0.06 and phones):
            last = phones[-1]
            phones[-1] = Phone(last.symbol, last.start, end, last.confidence, last.word)
        elif phones and phones[-1].symbol == SILENCE:
            phones[-1] = Phone(SILENCE, phones[-1].start, end)
        else:
            phones.append(Phone(SILENCE, start, end))
    return phones


def reshaped(spectra: Spectra, shape: VoiceShape) -> Spectra:
    """The spectra of another voice: vocal tract, pitch, breath and warmth changed."""
    pitch = spectra.pitch.astype(np.float32)
    voiced = pitch > _VOICED
    if voiced.any():
        middle = np.exp(np.log(pitch[voiced]).mean())
        bent = middle * (np.maximum(pitch, 1.0) / middle) ** shape.lively * 2 ** (shape.pitch / 12)
        pitch = np.where(voiced, np.clip(bent * waver(len(pitch), FRAME, shape.tremble), 45, 700), 0.0)
    harmonics, phase, noise = spectra.harmonics, spectra.phase, spectra.noise
    rest, rest_phase = spectra.rest, spectra.rest_phase
    if abs(shape.size - 1) > 1e-3:
        source = np.clip(np.arange(BINS) * shape.size, 0, BINS - 1)
        low = source.astype(np.int64)
        share = (source - low)[:, None].astype(np.float32)
        high = np.minimum(low + 1, BINS - 1)
        harmonics, phase, noise, rest = (
            part[low] * (1 - share) + part[high] * share for part in (harmonics, phase, noise, rest)
        )
        # Phases cannot be blended; take the nearest.
        rest_phase = rest_phase[np.round(source).astype(np.int64)]
    octaves = np.log2(np.maximum(np.arange(BINS) * RATE / WINDOW, 100) / 500.0)
    tilt = (-shape.warmth * 4.0 / 8.686 * octaves)[:, None].astype(np.float32)
    # Breath: the harmonics fade into noise of their own colour, weak below, where breath is weak.
    breath = np.float32(shape.breath)
    quieter = np.log(np.maximum(1 - breath, 1e-3)) if breath else np.float32(0)
    airy = noise
    if breath:
        low_cut = 2.0 * np.exp(-np.arange(BINS) / 25.0)[:, None]
        airy = np.logaddexp(noise, harmonics + np.log(breath) - 0.8 - low_cut)
    return Spectra(
        harmonics + quieter + tilt,
        phase,
        airy + tilt,
        rest + quieter + tilt,
        rest_phase,
        pitch.astype(np.float32),
        spectra.durations,
    )


def sound_of(spectra: Spectra, random: np.random.Generator) -> FloatArray:
    """Samples at RATE: a pulse train through the harmonics, noise, and the rest (see the module)."""
    from scipy import fft

    count = spectra.harmonics.shape[1]
    hann = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
    padded = np.pad(pulses(spectra.pitch), WINDOW // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP][:count]
    whole = fft.rfft(frames * (hann / STEP), axis=1).T
    whole *= _strength(spectra.harmonics) * np.exp(1j * np.pi * np.tanh(spectra.phase))
    shape = spectra.noise.shape
    grain = random.standard_normal(shape, np.float32) + 1j * random.standard_normal(shape, np.float32)
    whole += _strength(spectra.noise) * grain
    whole += _strength(spectra.rest) * np.exp(1j * spectra.rest_phase)
    return _overlapped(fft.irfft(whole.T, WINDOW, axis=1).astype(np.float32) * hann, hann)


def _strength(logarithm: FloatArray) -> FloatArray:
    return np.exp(np.minimum(logarithm, _LOUDEST), dtype=np.float32)


def _overlapped(frames: FloatArray, window: FloatArray) -> FloatArray:
    """Windowed frames added up STEP apart, divided by the windows' summed squares."""
    count, laps = len(frames), WINDOW // STEP
    total = np.zeros((count + laps - 1, STEP), np.float32)
    weight = np.zeros_like(total)
    for lap in range(laps):
        part = slice(lap * STEP, (lap + 1) * STEP)
        total[lap : lap + count] += frames[:, part]
        weight[lap : lap + count] += window[part] ** 2
    even = (total / np.maximum(weight, 1e-8)).reshape(-1)
    return np.ascontiguousarray(even[WINDOW // 2 : WINDOW // 2 + count * STEP])


def pulses(pitch: FloatArray) -> FloatArray:
    """A pulse train that follows a pitch curve (one value a frame, 0 unvoiced): all harmonics below
    11 kHz at unit strength, sum cos(h t) = sin((H + 1/2) t) / (2 sin(t/2)) - 1/2.
    """
    centres = (np.arange(len(pitch)) + 0.5) * STEP - 0.5
    smooth = np.interp(np.arange(len(pitch) * STEP), centres, pitch)
    voiced = smooth > _VOICED
    smooth = np.maximum(smooth, _VOICED)
    turn = 2 * np.pi * np.modf(np.cumsum(smooth) / RATE)[0]
    most = np.floor(_TOP / smooth) + 0.5
    half = 2 * np.sin(turn / 2)
    flat = np.abs(half) <= 2e-3
    train = np.where(flat, most, np.sin(most * turn) / np.where(flat, 1.0, half)) - 0.5
    return np.where(voiced, train, 0.0).astype(np.float32)
