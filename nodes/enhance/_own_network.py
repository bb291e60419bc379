"""A face restorer of the user's own: an ONNX file that takes a face and gives it back better."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nodes.face._onnx import threads
from nodes.sdk.errors import FileProblem, NodeError
from nodes.sdk.values.arrays import FloatArray

_LARGEST = 2 << 30
_USUAL_SIDE = 512
_LARGEST_SIDE = 2048


class OwnNetwork:
    """An opened network.

    Attributes:
        name: the file's name. sha256: of the file.
        side: of the square picture it takes, in pixels.
    """

    def __init__(self, path: Path, device: str) -> None:
        """Open a file.

        Raises:
            FileProblem: when it is too large or no ONNX network.
            NodeError: when it does not take a picture and give one.
        """
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as states

        if path.stat().st_size > _LARGEST:
            raise FileProblem(f"{path.name} is larger than 2 GB", hint="Choose a smaller network")
        with path.open("rb") as stream:
            self.sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        self.name = path.name
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4
        options.intra_op_num_threads = threads()
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        wanted = ["CUDAExecutionProvider"] if device.startswith("cuda") else []
        providers = [name for name in wanted if name in onnxruntime.get_available_providers()]
        try:
            session = onnxruntime.InferenceSession(
                str(path), options, providers=[*providers, "CPUExecutionProvider"]
            )
        except (states.Fail, states.InvalidProtobuf, states.InvalidGraph, states.NotImplemented) as error:
            raise FileProblem(
                f"{path.name} is no network that can be opened",
                hint="Choose an .onnx file; for .pth weights, export them to ONNX first",
            ) from error
        self._session = session
        pictures = [entry for entry in session.get_inputs() if len(entry.shape) == 4]
        if len(pictures) != 1 or pictures[0].shape[1] not in (3, "3") or not session.get_outputs():
            shapes = ", ".join(f"{entry.name} {entry.shape}" for entry in session.get_inputs())
            raise NodeError(
                f"{path.name} does not take one picture of 1 x 3 x S x S but {shapes}",
                hint="Choose a face restorer, such as an export of GFPGAN or CodeFormer",
            )
        self._picture = pictures[0]
        self._others = [entry for entry in session.get_inputs() if entry is not self._picture]
        height, width = (side if isinstance(side, int) else _USUAL_SIDE for side in self._picture.shape[2:])
        if height != width or not 16 <= height <= _LARGEST_SIDE:
            raise NodeError(f"{path.name} takes pictures of {width} x {height}", hint="It must be a square")
        self.side = height

    def __call__(self, face: FloatArray, *, signed: bool, fidelity: float) -> FloatArray:
        """A face, S x S x 3 sRGB in 0..1, through the network.

        Args:
            signed: whether the network counts colours from -1 to 1; else from 0 to 1.
            fidelity: what its inputs besides the picture are set to (CodeFormer's w).

        Raises:
            NodeError: when what comes out is no picture of a face.
        """
        seen = face * 2 - 1 if signed else face
        kind = np.float16 if "float16" in self._picture.type else np.float32
        fed: dict[str, Any] = {
            self._picture.name: np.ascontiguousarray(seen.transpose(2, 0, 1)[None], kind),
        }
        for entry in self._others:
            shape = [side if isinstance(side, int) else 1 for side in entry.shape]
            fed[entry.name] = np.full(shape, fidelity, np.float64 if "double" in entry.type else np.float32)
        made = np.asarray(self._session.run(None, fed)[0], np.float32)
        if made.ndim != 4 or made.shape[1] != 3 or not np.isfinite(made).all():
            raise NodeError(
                f"{self.name} does not give a picture but {' x '.join(map(str, made.shape))} numbers",
                hint="Choose a face restorer, such as an export of GFPGAN or CodeFormer",
            )
        picture = made[0].transpose(1, 2, 0)
        return np.clip((picture + 1) / 2 if signed else picture, 0.0, 1.0)


def own_network(path: Path, device: str) -> OwnNetwork:
    """The network in a file; kept open until another is asked for or the file changes."""
    stamp = path.stat()
    return _opened(path, device, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=1)
def _opened(path: Path, device: str, changed: int, size: int) -> OwnNetwork:
    return OwnNetwork(path, device)
