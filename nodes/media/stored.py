"""Values that this program wrote as `.npz`."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from nodes.media.archives import DAMAGED
from nodes.sdk import FileProblem
from nodes.sdk.codec import decode

_MOST_BYTES = 1 << 30


def stored_value(path: Path) -> Any:
    """The value in a file. Nothing in it is ever run.

    Raises:
        FileProblem: when the file is damaged, too large unpacked, or none of this program's.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(entry.file_size for entry in packed.infolist()) > _MOST_BYTES:
                raise ValueError("it is too large")
        with np.load(path, allow_pickle=False) as stored:
            tree = json.loads(stored["tree"].tobytes().decode())
            count = sum(name.startswith("array_") for name in stored.files)
            return decode(tree, [stored[f"array_{number}"] for number in range(count)])
    except (*DAMAGED, TypeError, AttributeError) as error:
        reason = "an array is missing" if isinstance(error, KeyError) else error
        raise FileProblem(
            f"{path.name} holds no value of this program ({reason})",
            hint="Export it again, as .npz from Facewright",
        ) from error
