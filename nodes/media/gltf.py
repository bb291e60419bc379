"""Putting a glTF 2.0 file together: its binary part grows as accessors are asked for."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import numpy as np

from nodes.media.glb import pack_glb
from nodes.sdk.values.arrays import FloatArray, IntArray

_BYTE, _USHORT, _UINT, _FLOAT = 5121, 5123, 5125, 5126
_ARRAY, _ELEMENT = 34962, 34963


class GltfFile:
    """Collects buffer views, accessors and pictures; `packed` makes the .glb of them.

    Attributes:
        images: the entries of the document's "images".
    """

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._length = 0
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []
        self.images: list[dict[str, Any]] = []

    def vectors(self, array: FloatArray, *, bounds: bool = False, vertex: bool = True) -> int:
        """An accessor of N x 2, 3 or 4 numbers, or of N x 4 x 4 matrices.

        Args:
            bounds: write the least and the most of each column, as positions must have.
            vertex: whether it belongs to a mesh's vertices.
        """
        data = np.ascontiguousarray(array, np.float32)
        kind = "MAT4" if data.ndim == 3 else f"VEC{data.shape[1]}"
        entry = self._entry(data, _FLOAT, kind, _ARRAY if vertex else None)
        if bounds:
            entry |= {"min": data.min(axis=0).tolist(), "max": data.max(axis=0).tolist()}
        return self._added(entry)

    def numbers(self, array: FloatArray) -> int:
        """An accessor of N numbers, for animations."""
        data = np.ascontiguousarray(array, np.float32)
        entry = self._entry(data, _FLOAT, "SCALAR")
        return self._added(entry | {"min": [float(data.min())], "max": [float(data.max())]})

    def indices(self, triangles: IntArray) -> int:
        """An accessor of F x 3 vertex numbers."""
        small = triangles.max() < 65535
        data = np.ascontiguousarray(triangles.ravel(), np.uint16 if small else np.uint32)
        return self._added(self._entry(data, _USHORT if small else _UINT, "SCALAR", _ELEMENT))

    def joints(self, numbers: IntArray) -> int:
        """An accessor of N x 4 joints of a skin, up to 255."""
        data = np.ascontiguousarray(numbers, np.uint8)
        return self._added(self._entry(data, _BYTE, "VEC4", _ARRAY))

    def picture(self, pixels: FloatArray, name: str) -> int:
        """A PNG of H x W x 3 in 0..1; returns its place in `images`."""
        from PIL import Image as Pictures

        stream = BytesIO()
        Pictures.fromarray(np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8)).save(stream, "PNG")
        return self.png(stream.getvalue(), name)

    def png(self, data: bytes, name: str) -> int:
        """A PNG file's bytes; returns its place in `images`."""
        self.images.append({"bufferView": self._view(data), "mimeType": "image/png", "name": name})
        return len(self.images) - 1

    def packed(self, document: dict[str, Any]) -> bytes:
        """The bytes of the .glb file with this document."""
        body = b"".join(self._chunks)
        parts = {
            "buffers": [{"byteLength": len(body)}],
            "bufferViews": self._views,
            "accessors": self._accessors,
        }
        return pack_glb(document | parts, body)

    def _view(self, data: bytes, target: int | None = None) -> int:
        view: dict[str, Any] = {"buffer": 0, "byteOffset": self._length, "byteLength": len(data)}
        if target is not None:
            view["target"] = target
        padded = data + b"\0" * (-len(data) % 4)
        self._chunks.append(padded)
        self._length += len(padded)
        self._views.append(view)
        return len(self._views) - 1

    def _entry(
        self, data: np.ndarray[Any, Any], component: int, kind: str, target: int | None = None
    ) -> dict[str, Any]:
        view = self._view(data.tobytes(), target)
        return {"bufferView": view, "componentType": component, "count": len(data), "type": kind}

    def _added(self, entry: dict[str, Any]) -> int:
        self._accessors.append(entry)
        return len(self._accessors) - 1
