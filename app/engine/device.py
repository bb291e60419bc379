"""Where tensors live: the graphics card when there is one, else the processor."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

from nodes.sdk.errors import FacewrightError


@cache
def resolve_device(wanted: str = "auto") -> str:
    """ "cpu" or "cuda". Imports torch only where a driver for a card is installed.

    Raises:
        FacewrightError: when "cuda" is wanted and there is no card that torch can use.
    """
    if wanted not in ("auto", "cpu", "cuda"):
        raise FacewrightError(f"there is no device '{wanted}'", hint="Say auto, cpu or cuda")
    if wanted == "cpu" or (wanted == "auto" and not _has_driver()):
        return "cpu"
    import torch

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise FacewrightError(
            "there is no graphics card that can compute", hint="Compute on the processor: --device cpu"
        )
    return "cpu"


def _has_driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True
