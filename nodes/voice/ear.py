"""A careful ear: which phone sounds when, out of what Whisper's encoder hears.

A small network on top says phones every 10 ms; short-time spectra beside the encoder's 20 ms give it
the moment. It was trained on synthesised speech alone (packaging/train_ear.py); the voices of the
world come with the encoder.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from nodes.sdk import Context
from nodes.sdk.values.arrays import FloatArray
from nodes.voice import phone_net, whisper
from nodes.voice.phones import SYMBOLS

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "speech" / "ear.npz"
#: Longer sounds are heard in pieces of about this many seconds, cut where they are quietest.
PIECE = 15.0
#: Seconds that a piece hears of its neighbours.
_BESIDE = 0.6
#: The layers on top: name -> steps between its taps.
_LAYERS = (("first", 1), ("second", 2))


@cache
def stored_weights() -> dict[str, FloatArray]:
    """The network's weights by name, as float32."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def logits(heard: FloatArray, spectra: FloatArray, weights: dict[str, FloatArray]) -> FloatArray:
    """T x phones (SYMBOLS), unnormalised logarithms of how likely each is.

    Args:
        heard: at least T / 2 + 1 rows of Whisper's, every 20 ms.
        spectra: T x bands, normalised features of `phone_net`, every 10 ms.
        weights: as `stored_weights` gives them.
    """
    even = heard - heard.mean(axis=1, keepdims=True)
    even /= np.sqrt((even**2).mean(axis=1, keepdims=True) + 1e-5)
    inner = (even * weights["scale"] + weights["shift"]) @ weights["in"].T + weights["in_bias"]
    before, after = inner[:-1], inner[1:]
    # The middles of two steps of 10 ms lie a quarter and three quarters of the way to the next row.
    between = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
    signal = between.reshape(-1, inner.shape[1])[: len(spectra)]
    signal = signal + phone_net.layer(spectra, weights["spectra"], weights["spectra_bias"], 1)
    signal = np.maximum(signal, 0.0)
    for name, dilation in _LAYERS:
        signal = signal + np.maximum(
            phone_net.layer(signal, weights[name], weights[f"{name}_bias"], dilation), 0.0
        )
    return phone_net.layer(signal, weights["out"], weights["out_bias"], 1)


def phones_likely(
    signal: FloatArray,
    pieces: list[tuple[int, int]],
    context: Context,
    progress: Callable[[float], None] = lambda share: None,
) -> FloatArray:
    """T x len(SYMBOLS) for a signal (N, 16 kHz): how likely each phone is at each 10 ms.

    Args:
        signal: the sound.
        pieces: (first, last) steps that cover it, each well below half a minute.
        context: gives the encoder.
        progress: called with the share done; may raise to give up.

    Raises:
        ModelProblem: when the encoder was not fetched.
    """
    encoder = context.model(whisper.CARD, whisper.WhisperEncoder)
    spectra = phone_net.normalised(phone_net.features(signal))
    beside = round(_BESIDE * 100)
    parts = [np.zeros((0, len(SYMBOLS)), np.float32)]
    for number, (first, last) in enumerate(pieces):
        progress(number / len(pieces))
        start, end = max(first - beside, 0) // 2 * 2, min(last + beside, len(spectra))
        heard = encoder.heard(signal[start * phone_net.STEP : end * phone_net.STEP])
        told = logits(heard, spectra[start:end], stored_weights())
        parts.append(phone_net.shares(told)[first - start : last - start])
    return np.concatenate(parts)
