"""Sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from nodes.sdk.values.arrays import FloatArray, require_shape


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound.

    Attributes:
        samples: N x channels, float32 in -1..1.
        rate: samples a second.
    """

    socket_name: ClassVar[str] = "Audio"
    samples: FloatArray
    rate: int

    def __post_init__(self) -> None:
        require_shape("Audio.samples", self.samples, (None, None))
        if self.rate <= 0:
            raise ValueError(f"Audio.rate must be above 0, got {self.rate}")

    @property
    def seconds(self) -> float:
        return float(self.samples.shape[0] / self.rate)
