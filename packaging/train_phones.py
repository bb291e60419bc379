"""Trains resources/speech/phone_net.npz on synthesised speech: python packaging/train_phones.py.

The small network learns the phones of the material, and what the careful ear made of them: likelihoods
say more than labels. Needs torch and the fetched voice and recogniser; train_ear.py comes before. Goes
on from the weights that are there; remove them to begin anew.

    python packaging/train_phones.py [SENTENCES] [MINUTES] [SEED]
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
from nodes.voice import ear, phone_net
from nodes.voice.phones import SYMBOLS

WIDTH = 128
#: Pieces in a batch, and their steps of 10 ms.
BATCH = (16, 250)
#: How much the ear's likelihoods count beside the labels.
TAUGHT = 0.6


def main() -> None:
    count, minutes, random = begin()
    context = Context()
    data = []
    for signal, numbers in pieces(count, random):
        spectra = phone_net.normalised(phone_net.features(signal))[: len(numbers)]
        likely = ear.phones_likely(signal, [(0, len(numbers))], context)[: len(numbers)]
        if len(numbers) > BATCH[1]:
            data.append((spectra, likely, numbers.astype(np.int64)))
    sys.stdout.write(f"{sum(len(n) for _, _, n in data) / 6000:.0f} minutes of speech\n")
    held, data = data[-len(data) // 12 :], data[: -len(data) // 12]
    net = _network()

    def loss() -> torch.Tensor:
        spectra, likely, numbers = _batch(data, random)
        told = net(spectra)
        taught = -(likely * torch.log_softmax(told, 1)).sum(1).mean()
        return TAUGHT * taught + (1 - TAUGHT) * nn.functional.cross_entropy(told, numbers)

    train(net, minutes, loss, lambda: _right(net, held), lambda: save(net))


def _network() -> nn.Sequential:
    layers: list[nn.Module] = []
    width = phone_net.BANDS
    for dilation in phone_net.DILATIONS:
        layers += [
            nn.Conv1d(width, WIDTH, 5, padding=2 * dilation, dilation=dilation),
            nn.ReLU(),
            nn.Dropout(0.1),
        ]
        width = WIDTH
    net = nn.Sequential(*layers, nn.Conv1d(width, len(SYMBOLS), 1))
    if phone_net.WEIGHTS.is_file():
        known = phone_net.stored_weights()
        with torch.no_grad():
            for name, value in _named(net).items():
                value.copy_(torch.from_numpy(known[name]).reshape(value.shape))
    return net


def _named(net: nn.Sequential) -> dict[str, torch.Tensor]:
    """The network's weights under the names of `nodes.voice.phone_net`."""
    named = {}
    for number in range(len(phone_net.DILATIONS)):
        part = net[3 * number]
        named |= {f"w{number}": part.weight, f"b{number}": part.bias}
    return named | {"out": net[-1].weight, "out_bias": net[-1].bias}


def _batch(
    data: list[tuple[np.ndarray, np.ndarray, np.ndarray]], random: np.random.Generator
) -> tuple[torch.Tensor, ...]:
    rows = []
    lengths = np.array([len(numbers) for _, _, numbers in data], np.float64)
    for number in random.choice(len(data), BATCH[0], p=lengths / lengths.sum()):
        spectra, likely, numbers = data[number]
        start = int(random.integers(0, len(numbers) - BATCH[1] + 1))
        part = slice(start, start + BATCH[1])
        rows.append((_another_voice(spectra[part], random).T, likely[part].T, numbers[part]))
    return stacked(rows)


def _another_voice(spectra: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Spectra of a longer or shorter vocal tract, another microphone and level."""
    bands = np.arange(phone_net.BANDS)
    at = np.clip(bands * random.uniform(0.92, 1.08) + random.uniform(-0.5, 0.5), 0, len(bands) - 1.001)
    low = at.astype(np.int64)
    moved = spectra[:, low] * (1 - (at - low)) + spectra[:, low + 1] * (at - low)
    colour = np.interp(bands, np.linspace(0, len(bands) - 1, 6), random.normal(0, 0.25, 6))
    grain = random.normal(0, 0.1, spectra.shape)
    return (moved * random.normal(1, 0.12) + colour + random.normal(0, 0.15) + grain).astype(np.float32)


def _right(net: nn.Sequential, held: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> float:
    net.eval()
    with torch.no_grad():
        hits = [
            (net(torch.from_numpy(s.T[None]))[0].argmax(0).numpy() == numbers).mean()
            for s, _, numbers in held
        ]
    net.train()
    return float(np.mean(hits))


def save(net: nn.Sequential) -> None:
    phone_net.WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    values = {name: value.detach().numpy().astype(np.float16) for name, value in _named(net).items()}
    np.savez_compressed(phone_net.WEIGHTS, **(values | {"out": values["out"][:, :, 0]}))


if __name__ == "__main__":
    main()
