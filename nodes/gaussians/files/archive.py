"""Splats in .npz: those that the program itself writes, and plain point clouds with colours."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np

from nodes.gaussians.files.checking import MOST_SPLATS, Progress, assembled, problem, silent
from nodes.gaussians.files.points import splats_of_points
from nodes.media.archives import DAMAGED
from nodes.sdk.codec import decode
from nodes.sdk.values import Splats

_LARGEST = 1 << 32


def read_npz(path: Path, *, skip: bool = False, progress: Progress = silent) -> Splats:
    """Splats of an .npz of this program, or of points in `means3d` or `positions` with `colors`.

    Raises:
        FileProblem: when it holds neither, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST:
                raise problem(path, "archive", "unpacks to more than 4 GB")
        with np.load(path, allow_pickle=False) as stored:
            if "tree" in stored.files:
                return _own(path, stored, skip)
            name = next((name for name in ("means3d", "positions", "points") if name in stored.files), None)
            if name is None:
                raise problem(path, "positions", "is missing")
            places = stored[name]
            colours = stored["colors"] if "colors" in stored.files else np.full(places.shape, 0.5)
    except DAMAGED as error:
        raise problem(path, "archive", f"is damaged: {error}") from error
    progress(0.3, "spacing points")
    if (
        places.ndim != 2
        or places.shape[1:] != (3,)
        or places.dtype.kind != "f"
        or not 0 < len(places) <= MOST_SPLATS
    ):
        raise problem(path, name, f"has the shape {places.shape}")
    if not np.isfinite(places).all():
        raise problem(path, name, "holds a place that is not finite")
    if colours.shape != places.shape or colours.dtype.kind not in "uf":
        raise problem(path, "colors", f"has the shape {colours.shape}")
    if colours.dtype.kind == "u":
        colours = colours / np.iinfo(colours.dtype).max
    return splats_of_points(places.astype(np.float32), np.clip(np.nan_to_num(colours), 0, 1))


def _own(path: Path, stored: np.lib.npyio.NpzFile, skip: bool) -> Splats:
    try:
        tree = json.loads(stored["tree"].tobytes().decode())
        count = sum(name.startswith("array_") for name in stored.files)
        value = decode(tree, [stored[f"array_{number}"] for number in range(count)])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise problem(path, "tree", f"is damaged: {error}") from error
    if not isinstance(value, Splats) or value.harmonics.shape[1] not in (1, 4, 9, 16):
        raise problem(path, "tree", f"holds {type(value).__name__}, not splats")
    return assembled(
        path,
        positions=value.positions,
        scales=value.scales,
        rotations=value.rotations,
        opacities=value.opacities,
        harmonics=value.harmonics,
        names={},
        skip=skip,
    )
