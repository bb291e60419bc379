"""What every reader shares: bounds before allocation, and splats checked field by field."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from nodes.gaussians.quaternions import normalised
from nodes.sdk import FileProblem
from nodes.sdk.values import Splats
from nodes.sdk.values.arrays import FloatArray

logger = logging.getLogger(__name__)

#: More splats than this are refused: they would take 5 GB with all harmonics.
MOST_SPLATS = 20_000_000
#: Harmonics beyond this are damage, not colour.
_WILDEST = 1e4
#: Metres; what lies beyond is damage.
_FARTHEST = 1e7

Progress = Callable[[float, str], None]


def silent(fraction: float, doing: str = "") -> None:
    """A progress that nobody watches."""


def problem(
    path: Path, field: str, what: str, hint: str = "Export the splats again, or choose another file"
) -> FileProblem:
    """A clear line about one field of a splat file."""
    return FileProblem(f"{path}: '{field}' {what}", hint=hint)


def require_count(path: Path, field: str, count: int) -> int:
    """A number of splats that a header promises, when it is one that can be read at all."""
    if count > MOST_SPLATS:
        raise problem(path, field, f"promises {count:,} splats; at most {MOST_SPLATS:,} can be read")
    if count < 1:
        raise problem(path, field, "says that there are no splats")
    return count


def require_bytes(path: Path, field: str, have: int, need: int) -> None:
    """Raise unless the file is long enough for what its header promises."""
    if have < need:
        raise problem(path, field, f"asks for {need:,} bytes, but only {max(have, 0):,} are there")


def assembled(
    path: Path,
    *,
    positions: np.ndarray,
    scales: np.ndarray,
    rotations: np.ndarray,
    opacities: np.ndarray,
    harmonics: np.ndarray,
    names: Mapping[str, str],
    skip: bool = False,
) -> Splats:
    """Splats of what a file holds, with linear scales and opacities, checked.

    Args:
        names: what the file calls positions, scales, rotations, opacities and harmonics.
        skip: leave damaged splats out instead of refusing the file.

    Raises:
        FileProblem: names the file, the field and the first splat that is damaged.
    """
    with np.errstate(all="ignore"):
        bad = {
            "positions": ~(np.abs(positions) < _FARTHEST).all(axis=1),
            "scales": ~((scales >= 0) & (scales < _FARTHEST)).all(axis=1),
            "rotations": ~(
                np.isfinite(rotations).all(axis=1) & (np.abs(rotations).max(axis=1, initial=0) > 1e-12)
            ),
            "opacities": ~((opacities >= 0) & (opacities <= 1)),
            "harmonics": ~(np.abs(harmonics) < _WILDEST).all(axis=(1, 2)),
        }
    says = {
        "positions": "is not a finite place",
        "scales": "is negative or not finite",
        "rotations": "is a rotation of length zero or not finite",
        "opacities": "is outside 0 to 1",
        "harmonics": "is not a finite colour",
    }
    damaged = np.logical_or.reduce(list(bad.values()))
    if damaged.any():
        if not skip:
            field = next(name for name, rows in bad.items() if rows.any())
            first = int(np.argmax(bad[field]))
            raise problem(
                path, names.get(field, field), f"of splat {first} {says[field]}", "Turn on 'Skip damaged'"
            )
        if damaged.all():
            raise problem(path, "splats", "are damaged, every one of them")
        logger.info("%s: %d damaged splats left out", path, int(damaged.sum()))
        kept = ~damaged
        positions, scales, rotations = positions[kept], scales[kept], rotations[kept]
        opacities, harmonics = opacities[kept], harmonics[kept]
    return Splats(
        np.ascontiguousarray(positions, np.float32),
        np.maximum(np.asarray(scales, np.float32), np.float32(1e-9)),
        normalised(np.asarray(rotations, np.float32)),
        np.ascontiguousarray(opacities, np.float32),
        np.ascontiguousarray(harmonics, np.float32),
    )


def sigmoid(values: FloatArray) -> FloatArray:
    """The logistic function, without overflow."""
    return (0.5 * (1.0 + np.tanh(0.5 * np.asarray(values, np.float32)))).astype(np.float32)


def logit(values: FloatArray) -> FloatArray:
    """The inverse of `sigmoid`, bounded at both ends."""
    inside = np.clip(np.asarray(values, np.float64), 1e-7, 1 - 1e-7)
    return np.log(inside / (1 - inside)).astype(np.float32)


def degree_of(bands: int) -> int:
    """The degree of 1, 4, 9 or 16 harmonics."""
    return {1: 0, 4: 1, 9: 2, 16: 3}[bands]
