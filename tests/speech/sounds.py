"""Sounds for tests, made on the spot."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nodes.sdk.values import Audio
from nodes.sdk.values.arrays import FloatArray


def tone(seconds: float = 1.0, rate: int = 16000, pitch: float = 440.0, channels: int = 1) -> Audio:
    """A sine of half the full scale."""
    times = np.arange(int(seconds * rate)) / rate
    wave: FloatArray = (0.5 * np.sin(2 * np.pi * pitch * times)).astype(np.float32)
    return Audio(np.repeat(wave[:, None], channels, axis=1), rate)


def write(path: Path, audio: Audio, codec: str) -> Path:
    """Encode a sound into a file of the kind that the path's name says."""
    import av

    layout = {1: "mono", 2: "stereo"}[audio.samples.shape[1]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=audio.rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(audio.samples.T, np.float32), format="fltp", layout=layout
        )
        frame.sample_rate = audio.rate
        frame.pts = 0
        resampler = av.AudioResampler(format=stream.format, layout=layout, rate=audio.rate)
        fifo = av.AudioFifo()
        for even in resampler.resample(frame):
            fifo.write(even)
        size = stream.codec_context.frame_size or 1024
        while (block := fifo.read(size, partial=True)) is not None:
            container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    return path
