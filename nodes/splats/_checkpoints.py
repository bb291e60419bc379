"""Fits that were stopped, kept on disk so that they go on where they were, even after a restart."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import Any

import numpy as np

from nodes.gaussians.fitting import SplatFit
from nodes.media.archives import DAMAGED
from nodes.sdk.models import data_folder
from nodes.sdk.values import Splats
from nodes.sdk.whole import written_whole

logger = logging.getLogger(__name__)

#: Fits that are kept at most; the oldest goes first.
_MOST = 3
_LARGEST = 2 << 30


def path_of(*what: Any, start: Splats | None = None) -> Path:
    """Where the fit of these settings is kept: by what it is made from."""
    digest = hashlib.blake2b(repr(what).encode(), digest_size=12)
    if start is not None:
        for array in (start.positions, start.scales, start.opacities, start.harmonics):
            digest.update(np.ascontiguousarray(array).tobytes())
    return data_folder() / "fits" / f"{digest.hexdigest()}.npz"


def store(path: Path, fit: SplatFit) -> None:
    """Keep a fit under way. A disk that is full is no reason to end it."""
    try:
        with written_whole(path) as stream:
            np.savez(stream, **fit.state())  # type: ignore[arg-type]
        for old in sorted(path.parent.glob("*.npz"), key=lambda one: one.stat().st_mtime)[:-_MOST]:
            old.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("a fit cannot be kept at %s: %s", path, error)


def resume(path: Path, fit: SplatFit) -> bool:
    """Go on from what is kept; False when there is nothing that fits."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return False
        with np.load(path, allow_pickle=False) as stored:
            fit.resume(stored)
    except DAMAGED as error:
        logger.warning("the fit kept at %s is not used: %s", path, error)
        return False
    return True


def forget(path: Path) -> None:
    """The fit is done: nothing is kept of it."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("the fit kept at %s stays there: %s", path, error)
