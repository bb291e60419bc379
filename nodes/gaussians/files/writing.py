"""One door to all writers of splat files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import Splats
from nodes.sdk.values.arrays import to_host

#: What `splat_file` writes; "compressed.ply" is PlayCanvas' kind of PLY.
EXTENSIONS = (
    "ply", "compressed.ply", "splat", "spz", "v4.spz", "ksplat", "packed.ksplat", "small.ksplat", "sog",
)  # fmt: skip


def splat_file(splats: Splats, name: str) -> bytes:
    """The bytes of a splat file, in the format that its name ends with.

    `.ply` and `.ksplat` keep float32; the others round. `.splat` has no higher harmonics, `.ksplat`
    stops at degree 2. `.v4.spz` is the fourth version of the format, `.packed.ksplat` and `.small.ksplat`
    are its levels 1 and 2.

    Raises:
        NodeError: when there are no splats, or the name ends with none of EXTENSIONS.
    """
    from nodes.gaussians.files import ksplat, ply, sog, splat, spz

    writers: dict[str, Callable[[Splats], bytes]] = {
        ".compressed.ply": ply.compressed_bytes,
        ".ply": ply.trained_bytes,
        ".splat": splat.splat_bytes,
        ".packed.ksplat": partial(ksplat.ksplat_bytes, level=1),
        ".small.ksplat": partial(ksplat.ksplat_bytes, level=2),
        ".ksplat": ksplat.ksplat_bytes,
        ".v4.spz": partial(spz.spz_bytes, version=4),
        ".spz": spz.spz_bytes,
        ".sog": sog.sog_bytes,
    }
    writer = next((writer for end, writer in writers.items() if name.lower().endswith(end)), None)
    if writer is None:
        raise NodeError(f"splats cannot be written to '{name}'", hint=f"These fit: {', '.join(EXTENSIONS)}")
    return writer(_writable(splats))


def sog_folder(splats: Splats) -> dict[str, bytes]:
    """The files of a SOG folder by name, `meta.json` last.

    Raises:
        NodeError: when there are no splats.
    """
    from nodes.gaussians.files.sog import sog_files

    return sog_files(_writable(splats))


def _writable(splats: Splats) -> Splats:
    if not len(splats.positions):
        raise NodeError("there are no splats to write", hint="Look at what is wired in")
    host = to_host(splats)
    # Sizes of nothing have no logarithm.
    return replace(host, scales=np.maximum(host.scales, np.float32(1e-12)))
