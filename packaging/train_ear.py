"""Trains resources/speech/ear.npz on synthesised speech: python packaging/train_ear.py.

A small network on top of Whisper's encoder learns which phone sounds at each 10 ms. Needs torch and the
fetched voice and recogniser.

    python packaging/train_ear.py [SENTENCES] [MINUTES] [SEED]
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from speech_to_train_on import pieces
from speech_training import begin, stacked, train

from nodes.sdk import Context
from nodes.voice import ear, phone_net, whisper
from nodes.voice.phones import SYMBOLS

WIDTH, DROPPED = 96, 0.25
#: Pieces in a batch, and their steps of 10 ms.
BATCH = (16, 300)
#: How often the spectra are withheld, so that the encoder is what is leant on.
WITHHELD = 0.3


class Ear(nn.Module):
    """The network of `nodes.voice.ear`, to be trained."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(whisper.WIDTH)
        self.enter = nn.Linear(whisper.WIDTH, WIDTH)
        self.spectra = nn.Conv1d(phone_net.BANDS, WIDTH, 5, padding=2)
        self.first = nn.Conv1d(WIDTH, WIDTH, 5, padding=2)
        self.second = nn.Conv1d(WIDTH, WIDTH, 5, padding=4, dilation=2)
        self.out = nn.Conv1d(WIDTH, len(SYMBOLS), 3, padding=1)
        self.drop = nn.Dropout(DROPPED)

    def forward(self, heard: torch.Tensor, spectra: torch.Tensor) -> torch.Tensor:
        inner = self.enter(self.drop(self.norm(heard))).transpose(1, 2)
        before, after = inner[:, :, :-1], inner[:, :, 1:]
        between = torch.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], 3).flatten(2)
        signal = torch.relu(between[:, :, : spectra.shape[1]] + self.spectra(spectra.transpose(1, 2)))
        for layer in (self.first, self.second):
            signal = torch.relu(layer(self.drop(signal))) + signal
        return self.out(self.drop(signal))


def main() -> None:
    count, minutes, random = begin()
    encoder = Context().model(whisper.CARD, whisper.WhisperEncoder)
    data = []
    for signal, numbers in pieces(count, random):
        spectra = phone_net.normalised(phone_net.features(signal))
        data.append((encoder.heard(signal), spectra[: len(numbers)], numbers.astype(np.int64)))
    sys.stdout.write(f"{sum(len(n) for _, _, n in data) / 6000:.0f} minutes of speech\n")
    held, data = data[-len(data) // 15 :], [d for d in data[: -len(data) // 15] if len(d[2]) > BATCH[1]]
    net = Ear()

    def loss() -> torch.Tensor:
        heard, spectra, numbers = _batch(data, random)
        # Voices differ in level and colour by more than was spoken.
        spectra = spectra * (1 + 0.1 * torch.randn(BATCH[0], 1, 1))
        spectra = spectra + 0.15 * torch.randn(BATCH[0], 1, phone_net.BANDS)
        if random.random() < WITHHELD:
            spectra = torch.zeros_like(spectra)
        return nn.functional.cross_entropy(net(heard, spectra), numbers, label_smoothing=0.05)

    train(net, minutes, loss, lambda: _right(net, held), lambda: save(net))


def _batch(
    data: list[tuple[np.ndarray, np.ndarray, np.ndarray]], random: np.random.Generator
) -> tuple[torch.Tensor, ...]:
    rows = []
    for number in random.integers(0, len(data), BATCH[0]):
        heard, spectra, numbers = data[number]
        start = int(random.integers(0, (len(numbers) - BATCH[1]) // 2 + 1)) * 2
        part = slice(start, start + BATCH[1])
        rows.append((heard[start // 2 : (start + BATCH[1]) // 2 + 1], spectra[part], numbers[part]))
    return stacked(rows)


def _right(net: Ear, held: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> float:
    weights = stored(net)
    hits = [(ear.logits(heard, spectra, weights).argmax(1) == n).mean() for heard, spectra, n in held]
    return float(np.mean(hits))


def stored(net: Ear) -> dict[str, np.ndarray]:
    """The weights under the names of `nodes.voice.ear`."""
    layers = {"in": net.enter, "spectra": net.spectra, "first": net.first, "second": net.second}
    named = {"scale": net.norm.weight, "shift": net.norm.bias}
    for name, layer in (layers | {"out": net.out}).items():
        named |= {name: layer.weight, f"{name}_bias": layer.bias}
    return {name: value.detach().numpy() for name, value in named.items()}


def save(net: Ear) -> None:
    ear.WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(ear.WEIGHTS, **{n: v.astype(np.float16) for n, v in stored(net).items()})


if __name__ == "__main__":
    main()
