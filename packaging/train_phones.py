"""Trains resources/speech/phone_net.npz on synthesised speech: python packaging/train_phones.py.

The program's own voice reads the documentation of Python's standard library in many pitches, sizes and
moods; noise, rooms and microphones are added. Nobody's recording is used. Needs torch and the
fetched voice. Goes on from the weights that are there; remove them to begin anew.

    python packaging/train_phones.py [SENTENCES] [MINUTES] [SEED]
"""

from __future__ import annotations

import importlib
import re
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nodes.sdk import Context
from nodes.voice import phone_net, reader, speaker
from nodes.voice.numbers import sentences
from nodes.voice.phones import SYMBOLS, per_frame
from nodes.voice.shape import VoiceShape
from nodes.voice.sound import resampled

MODULES = (
    "argparse", "asyncio", "calendar", "collections", "csv", "datetime", "decimal", "difflib", "email",
    "enum", "fractions", "functools", "getpass", "glob", "hashlib", "heapq", "html", "http", "imaplib",
    "inspect", "io", "ipaddress", "itertools", "json", "logging", "mailbox", "math", "mimetypes",
    "numbers", "optparse", "os", "pathlib", "pickle", "platform", "pprint", "queue", "random", "re",
    "sched", "shutil", "smtplib", "socket", "sqlite3", "statistics", "string", "subprocess", "tarfile",
    "tempfile", "textwrap", "threading", "timeit", "trace", "traceback", "turtle", "typing", "unittest",
    "urllib", "uuid", "wave", "weakref", "xml", "zipfile",
)  # fmt: skip
WIDTH = 80
#: Pieces in a batch, and their steps of 10 ms.
BATCH = (16, 256)


def texts(count: int, random: np.random.Generator, words: list[str]) -> list[list[str]]:
    """Sentences of the standard library's documentation, and rows of random words."""
    found = []
    for name in MODULES:
        module = importlib.import_module(name)
        for entry in [module, *vars(module).values()]:
            text = getattr(entry, "__doc__", None)
            if isinstance(text, str):
                plain = re.sub(r"[^A-Za-z0-9',.;:!?\s]", " ", text)
                found += [s for s in sentences(plain) if 4 <= len(s) <= 22 and all(len(w) < 14 for w in s)]
    random.shuffle(found)
    rows = [[*random.choice(words, int(random.integers(3, 10))).tolist(), "."] for _ in range(count // 2)]
    return found[: count - len(rows)] + rows


def voice(random: np.random.Generator) -> VoiceShape:
    """Anybody."""
    man = random.random() < 0.5
    return VoiceShape(
        pitch=float(random.normal(-11 if man else 0, 3)),
        size=float(np.clip(random.normal(1.17 if man else 1.0, 0.07), 0.8, 1.4)),
        warmth=float(random.uniform(-0.6, 0.6)),
        breath=float(random.choice([0.0, 0.0, 0.15, 0.4])),
        lively=float(random.uniform(0.5, 1.5)),
        pace=float(random.uniform(0.85, 1.6)),
    )


def heard(signal: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The signal through a room, a microphone and noise."""
    from scipy.signal import fftconvolve, lfilter

    if random.random() < 0.5:
        length = int(random.uniform(0.02, 0.3) * 16000)
        room = random.normal(0, 1, length) * np.exp(-np.linspace(0, 6, length))
        room *= random.uniform(0.1, 0.6) / np.sqrt((room**2).sum())
        signal = fftconvolve(signal, np.concatenate([[1.0], room]))[: len(signal)]
    tilt = random.uniform(-0.5, 0.5)
    signal = lfilter([1, tilt], [1], signal)
    noise = random.normal(0, 1, len(signal))
    noise = lfilter([1], [1, -random.uniform(0, 0.95)], noise)
    level = np.sqrt((signal**2).mean()) * 10 ** (-random.uniform(8, 45) / 20)
    return (signal + noise * level / noise.std()).astype(np.float32)


def material(count: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """(normalised features, phone numbers) of spoken sentences."""
    random = np.random.default_rng(seed)
    context = Context()
    reads = context.model(reader.CARD, reader.load_reader)
    network = context.model(speaker.CARD, speaker.VoiceNetwork)
    words = [word for word in reads._lexicon if word.isalpha() and word.islower() and 2 < len(word) < 11]
    result = []
    for words_now in texts(count, random, words):
        said = speaker.speak(network, reads.sentence(words_now), voice(random), random)
        if len(said.samples) < speaker.RATE:
            continue
        signal = heard(resampled(said.samples, speaker.RATE, 16000), random)
        rows = phone_net.normalised(phone_net.features(signal))
        result.append((rows, per_frame(said.phones, len(rows), 100.0)))
    return result


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1500
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    torch.set_num_threads(2)
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    torch.manual_seed(seed)
    started = time.monotonic()
    data = material(count, seed)
    sys.stdout.write(
        f"{sum(len(r) for r, _ in data) / 6000:.0f} minutes of speech, {time.monotonic() - started:.0f} s\n"
    )
    held = data[-len(data) // 12 :]
    data = data[: -len(held)]
    rows = np.concatenate([np.pad(r, ((30, 30), (0, 0))) for r, _ in data])
    labels = np.concatenate([np.pad(p, 30) for _, p in data])
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
        _take_up(net)
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    x, y = torch.from_numpy(rows), torch.from_numpy(labels).long()
    random = np.random.default_rng(seed + 1)
    begun, step = time.monotonic(), 0
    while (passed := (time.monotonic() - begun) / (60 * minutes)) < 1:
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * 0.5 * (1 + np.cos(np.pi * passed))
        at = random.integers(0, len(rows) - BATCH[1], BATCH[0])
        batch = torch.stack([x[a : a + BATCH[1]] for a in at]).transpose(1, 2)
        # Voices differ in level and colour by more than was spoken.
        batch = batch * (1 + 0.1 * torch.randn(BATCH[0], 1, 1)) + 0.15 * torch.randn(
            BATCH[0], phone_net.BANDS, 1
        )
        loss = nn.functional.cross_entropy(
            net(batch), torch.stack([y[a : a + BATCH[1]] for a in at]), label_smoothing=0.03
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        step += 1
        if step % 200 == 0:
            sys.stdout.write(f"{step} {float(loss.detach()):.3f} {_right(net, held):.3f}\n")
            sys.stdout.flush()
    weights = {}
    for number in range(len(phone_net.DILATIONS)):
        part = net[3 * number]
        weights[f"w{number}"], weights[f"b{number}"] = part.weight, part.bias
    weights["out"], weights["out_bias"] = net[-1].weight[:, :, 0], net[-1].bias
    phone_net.WEIGHTS.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        phone_net.WEIGHTS,
        **{name: value.detach().numpy().astype(np.float16) for name, value in weights.items()},
    )
    sys.stdout.write(
        f"{step} steps, right {_right(net, held):.3f}, {phone_net.WEIGHTS.stat().st_size} bytes\n"
    )


def _take_up(net: nn.Module) -> None:
    """Give the network the weights that are there."""
    known = phone_net.stored_weights()
    with torch.no_grad():
        for number in range(len(phone_net.DILATIONS)):
            net[3 * number].weight.copy_(torch.from_numpy(known[f"w{number}"]))
            net[3 * number].bias.copy_(torch.from_numpy(known[f"b{number}"]))
        net[-1].weight.copy_(torch.from_numpy(known["out"])[:, :, None])
        net[-1].bias.copy_(torch.from_numpy(known["out_bias"]))


def _right(net: nn.Module, held: list[tuple[np.ndarray, np.ndarray]]) -> float:
    net.eval()
    with torch.no_grad():
        hits = [(net(torch.from_numpy(r.T[None]))[0].argmax(0).numpy() == p).mean() for r, p in held]
    net.train()
    return float(np.mean(hits))


if __name__ == "__main__":
    main()
