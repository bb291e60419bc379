"""Speech to train on: synthesised, aligned, and as rooms and microphones would give it.

The program's own voice reads the documentation of Python's standard library in many pitches, sizes and
moods. Nobody's recording is used.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator

import numpy as np

from nodes.sdk import Context
from nodes.voice import reader, speaker, sphinx
from nodes.voice.numbers import sentences
from nodes.voice.phones import INDEX, SILENCE, Phone, per_frame
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
#: A word of the aligner has at most this many phones.
_WORD = 12
#: An alignment that is off by more than this from what the voice says of itself is dropped.
_MOST_OFF = 0.08


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


def aligned(signal: np.ndarray, said: list[Phone]) -> list[Phone] | None:
    """Spoken phones where they are heard, to 10 ms; None when they are not found."""
    runs: list[list[str]] = [[]]
    for phone in said:
        if phone.symbol == SILENCE or len(runs[-1]) >= _WORD:
            runs.append([])
        if phone.symbol != SILENCE:
            runs[-1].append(phone.symbol)
    words = {"_".join(run): [run] for run in runs if run}
    found = sphinx.aligned(signal, ["_".join(run) for run in runs if run], words)
    if found is None:
        return None
    one, two = ([p.start for p in row if p.symbol != SILENCE] for row in (found, said))
    off = len(one) == len(two) and abs(float(np.median(np.subtract(one, two)))) > _MOST_OFF
    return None if off else found


def sentences_spoken(count: int, random: np.random.Generator) -> Iterator[tuple[np.ndarray, list[Phone]]]:
    """Signals (N, 16 kHz, clean) of spoken sentences, and their phones."""
    context = Context()
    reads = context.model(reader.CARD, reader.load_reader)
    network = context.model(speaker.CARD, speaker.VoiceNetwork)
    words = [word for word in reads._lexicon if word.isalpha() and word.islower() and 2 < len(word) < 11]
    for words_now in texts(count, random, words):
        said = speaker.speak(network, reads.sentence(words_now), voice(random), random)
        if len(said.samples) < speaker.RATE:
            continue
        signal = resampled(said.samples, speaker.RATE, 16000)
        signal = (0.5 / max(float(np.abs(signal).max()), 1e-6) * signal).astype(np.float32)
        phones = aligned(signal, list(said.phones))
        if phones is not None:
            yield signal, phones


def pieces(count: int, random: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pieces of 2 to 14 seconds as a microphone gives them, and the number of the phone each 10 ms."""
    signals: list[np.ndarray] = []
    numbers: list[np.ndarray] = []
    wanted = random.uniform(2, 14)
    for clean, phones in sentences_spoken(count, random):
        # Another speed of playing is another speaker.
        factor = random.uniform(0.88, 1.12) if random.random() < 0.6 else 1.0
        at = np.arange(int(len(clean) / factor)) * factor
        signal = np.interp(at, np.arange(len(clean)), clean)
        steps = len(signal) // 160
        moved = [Phone(p.symbol, p.start / factor, p.end / factor) for p in phones]
        pause = int(random.uniform(0, 60)) if random.random() < 0.5 else 0
        signals += [signal[: steps * 160] * 10 ** random.uniform(-0.3, 0.1), np.zeros(pause * 160)]
        numbers += [per_frame(moved, steps, 100.0), np.full(pause, INDEX[SILENCE], np.int32)]
        if sum(map(len, numbers)) < wanted * 100:
            continue
        if sum(map(len, numbers)) < 2900:
            yield _received(np.concatenate(signals), random), np.concatenate(numbers)
        signals, numbers, wanted = [], [], random.uniform(2, 14)


def _received(signal: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The signal with a room and noise, a telephone's band, and another level; each at times."""
    from scipy.signal import butter, sosfilt

    if random.random() < 0.85:
        signal = heard(signal, random)
    if random.random() < 0.3:
        signal = sosfilt(butter(4, random.uniform(3000, 7000), fs=16000, output="sos"), signal)
    level = 10 ** random.uniform(-1, -0.05) / max(float(np.abs(signal).max()), 1e-5)
    return (signal * level).astype(np.float32)
