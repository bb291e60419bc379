"""A small network that hears phones: 10 ms steps, 120 ms of context on either side.

It was trained on synthesised speech alone (see packaging/train_phones.py), in many voices, rooms and
noises, and on what the careful ear heard in it. Being short-sighted and quick it serves live sound.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from nodes.sdk.values.arrays import FloatArray
from nodes.voice.phones import SYMBOLS

WEIGHTS = Path(__file__).resolve().parents[2] / "resources" / "speech" / "phone_net.npz"
RATE, STEP, WINDOW, SIZE, BANDS = 16000, 160, 400, 512, 40
#: Steps between the taps of each layer's five taps.
DILATIONS = (1, 2, 3)
#: Steps on either side that an answer depends on.
CONTEXT = 2 * sum(DILATIONS)
#: Steps over which this network's answers are averaged: it sees so little that it wavers.
FLICKER = 2.5
#: Rows that are few, and multiplications that are left to one thread.
_FEW, _ALONE = 64, 1 << 18
_LOWEST, _HIGHEST = 60.0, 7600.0


@cache
def _filters() -> FloatArray:
    """BANDS x bins triangular filters, even on the mel scale of O'Shaughnessy."""
    edges = 700 * (
        10 ** (np.linspace(*(2595 * np.log10(1 + np.array([_LOWEST, _HIGHEST]) / 700)), BANDS + 2) / 2595) - 1
    )
    bins = np.arange(SIZE // 2 + 1) * RATE / SIZE
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)


def features(signal: FloatArray) -> FloatArray:
    """T x BANDS: the logarithm of mel energies, one row per 10 ms."""
    from scipy import fft

    count = -(-len(signal) // STEP)
    before = (WINDOW - STEP) // 2
    padded = np.pad(signal, (before, WINDOW + STEP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::STEP][:count]
    emphasised = frames - 0.97 * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    power = np.abs(fft.rfft(emphasised * np.hanning(WINDOW).astype(np.float32), SIZE, axis=1)) ** 2
    return np.log(product(power, _filters().T) + 1e-6).astype(np.float32)


def normalised(rows: FloatArray) -> FloatArray:
    """Features freed of the microphone and the level: each band minus its mean where it is loud."""
    if not len(rows):
        return rows
    level = rows.mean(axis=1)
    loud = level >= np.percentile(level, 40)
    centre = rows[loud].mean(axis=0)
    spread = max(float(rows[loud].std()), 0.5)
    return np.asarray(np.clip((rows - centre) / spread, -4.0, 4.0), np.float32)


@cache
def stored_weights() -> dict[str, FloatArray]:
    """The network's weights by name, as float32."""
    with np.load(WEIGHTS, allow_pickle=False) as stored:
        return {name: stored[name].astype(np.float32) for name in stored.files}


def layer(rows: FloatArray, weight: FloatArray, bias: FloatArray, dilation: int) -> FloatArray:
    """A convolution over time with zeros around: T x in to T x out; weight out x in x 5."""
    taps = weight.shape[2]
    reach = (taps // 2) * dilation
    padded = np.pad(rows, ((reach, reach), (0, 0)))
    columns = np.concatenate(
        [padded[tap * dilation : tap * dilation + len(rows)] for tap in range(taps)], axis=1
    )
    return product(columns, weight.transpose(2, 1, 0).reshape(-1, weight.shape[0])) + bias


def product(rows: FloatArray, weight: FloatArray) -> FloatArray:
    """rows @ weight; few rows, as of live sound, are taken some at a time.

    Larger products are shared out to threads, and for small ones waiting for them takes longer than
    the work, many times so on a busy machine.
    """
    if len(rows) > _FEW:
        return rows @ weight
    each = max(_ALONE // weight.size, 1)
    stack = np.pad(rows, ((0, -len(rows) % each), (0, 0))).reshape(-1, each, rows.shape[1])
    return np.asarray((stack @ weight).reshape(-1, weight.shape[1])[: len(rows)], np.float32)


def posteriors(rows: FloatArray, weights: dict[str, FloatArray] | None = None) -> FloatArray:
    """T x phones (SYMBOLS): how likely each phone is at each step, from normalised features."""
    known = weights if weights is not None else stored_weights()
    signal = rows
    for number, dilation in enumerate(DILATIONS):
        signal = np.maximum(layer(signal, known[f"w{number}"], known[f"b{number}"], dilation), 0.0)
    return shares(product(signal, known["out"].T) + known["out_bias"])


def shares(logits: FloatArray) -> FloatArray:
    """Likelihoods that sum up to 1 in each row, from their unnormalised logarithms."""
    likely = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True), np.float32)


def phone_posteriors(signal: FloatArray) -> FloatArray:
    """T x len(SYMBOLS) for a signal (N, 16 kHz): how likely each phone is at each 10 ms."""
    if not len(signal):
        return np.zeros((0, len(SYMBOLS)), np.float32)
    return steadied(posteriors(normalised(features(signal))), FLICKER)


def steadied(likely: FloatArray, steps: float = 1.5) -> FloatArray:
    """Likelihoods without the flicker from step to step: no phone lasts less than some steps."""
    from scipy.ndimage import gaussian_filter1d

    return np.asarray(gaussian_filter1d(likely, steps, axis=0, mode="nearest"), np.float32)
