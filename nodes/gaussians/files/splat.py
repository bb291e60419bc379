"""The .splat format of antimatter15/splat: 32 bytes a splat, no header, no higher harmonics."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nodes.gaussians.files.checking import Progress, assembled, problem, require_count, silent
from nodes.gaussians.harmonics import colour_to_harmonic, harmonic_to_colour
from nodes.sdk.values import Splats

_ROW = np.dtype([("position", "<f4", 3), ("scale", "<f4", 3), ("colour", "u1", 4), ("rotation", "u1", 4)])


def read_splat(path: Path, *, skip: bool = False, progress: Progress = silent) -> Splats:
    """Splats of a .splat file. Raises FileProblem when it is damaged."""
    size = path.stat().st_size
    if size % _ROW.itemsize:
        raise problem(path, "size", f"is {size:,} bytes, which is no multiple of {_ROW.itemsize}")
    count = require_count(path, "size", size // _ROW.itemsize)
    rows = np.fromfile(path, _ROW, count)
    progress(0.5, "decoding")
    colours = rows["colour"].astype(np.float32) / 255
    return assembled(
        path,
        positions=rows["position"],
        scales=rows["scale"],
        rotations=(rows["rotation"].astype(np.float32) - 128) / 128,
        opacities=colours[:, 3],
        harmonics=colour_to_harmonic(colours[:, None, :3]),
        names={},
        skip=skip,
    )


def splat_bytes(splats: Splats) -> bytes:
    """A .splat file; the most visible splats first, as viewers that stream it expect."""
    order = np.argsort(-splats.opacities * splats.scales.prod(axis=1), kind="stable")
    rows = np.empty(len(order), _ROW)
    rows["position"] = splats.positions[order]
    rows["scale"] = splats.scales[order]
    colours = np.clip(harmonic_to_colour(splats.harmonics[order, 0]), 0, 1)
    rows["colour"][:, :3] = np.round(colours * 255)
    rows["colour"][:, 3] = np.round(np.clip(splats.opacities[order], 0, 1) * 255)
    rows["rotation"] = np.clip(np.round(splats.rotations[order] * 128 + 128), 0, 255)
    return rows.tobytes()
