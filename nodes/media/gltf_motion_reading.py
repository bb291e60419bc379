"""Facial motion out of glTF 2.0 files, of this program or another: morph weights, head and eyes.

Source: glTF 2.0 specification (Khronos), sections 3.6 (buffers), 3.11 (animations) and 4 (GLB).
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nodes.sdk import FileProblem
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray

_TYPES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
#: Component type -> (dtype, what the largest number stands for when normalised).
_COMPONENTS: dict[int, tuple[str, float]] = {
    5120: ("<i1", 127.0), 5121: ("<u1", 255.0), 5122: ("<i2", 32767.0), 5123: ("<u2", 65535.0),
    5125: ("<u4", 4294967295.0), 5126: ("<f4", 1.0),
}  # fmt: skip
#: An hour at 60 frames a second.
_MOST_FRAMES, _MOST_BYTES = 216_000, 1 << 30


class _Curve(NamedTuple):
    """A channel: moments in seconds, and T x width values at them."""

    times: FloatArray
    values: FloatArray
    stepped: bool


def motion_from_gltf(path: Path, fps: float = 0.0) -> Motion:
    """The motion in a `.glb` or `.gltf` file: the first animation that moves ARKit's morph targets.

    The head is the node whose weights move, or, where that one stands still, the nearest node above
    it or one called head; eyes are nodes whose names hold "eye" and "left" or "right".

    Args:
        path: the file; a `.gltf` may carry its buffer inside or beside it.
        fps: frames a second to read it at; 0 takes the file's own spacing of keys.

    Raises:
        FileProblem: when it is no such file, or has no such animation.
    """
    try:
        document, body = _opened(path)
        return _motion(document, _Reader(document, body, path), path.name, fps)
    except (KeyError, IndexError, TypeError, AttributeError, struct.error, binascii.Error) as error:
        raise _problem(path.name, f"it is incomplete ({error})") from error
    except ValueError as error:
        raise _problem(path.name, str(error)) from error


def _motion(document: dict[str, Any], reader: _Reader, name: str, fps: float) -> Motion:
    chosen = _animation(document)
    if chosen is None:
        raise FileProblem(
            f"{name} has no animation of a face", hint="It needs morph targets by the 52 ARKit names"
        )
    animation, face, names = chosen
    curves = {
        (channel["target"].get("node"), channel["target"]["path"]): reader.curve(
            animation["samplers"][channel["sampler"]], channel["target"]["path"], len(names)
        )
        for channel in animation["channels"]
        if channel["target"]["path"] in ("weights", "rotation", "translation")
    }
    weights = curves[face, "weights"]
    end = max(float(curve.times[-1]) for curve in curves.values())
    rate = fps if fps > 0 else _rate(weights.times)
    count = max(round(end * rate) + 1, 1)
    if count > _MOST_FRAMES:
        raise FileProblem(f"{name} has {count:,} frames", hint="At most an hour's can be read")
    times = np.arange(count) / rate
    places = {key.lower(): place for place, key in enumerate(ARKIT_NAMES)}
    coefficients = np.zeros((count, 52), np.float32)
    moved = _sampled(weights, times)
    for column, key in enumerate(names):
        if key.lower() in places:
            coefficients[:, places[key.lower()]] = moved[:, column]
    nodes = document["nodes"]
    head = _head_of(nodes, face, curves)
    rotation = translation = np.zeros((count, 3), np.float32)
    if (head, "rotation") in curves:
        rotation = _turned(curves[head, "rotation"], times).as_rotvec()
    if (head, "translation") in curves:
        translation = _sampled(curves[head, "translation"], times)
    gaze = np.zeros((count, 2, 2), np.float32)
    for number, node in enumerate(nodes):
        title = str(node.get("name", "")).lower()
        side = 0 if "left" in title else 1 if "right" in title else None
        if "eye" in title and side is not None and (number, "rotation") in curves:
            # The roll of an eye is nothing a gaze could keep.
            angles = _turned(curves[number, "rotation"], times).as_euler("YXZ")
            gaze[:, side] = angles[:, [1, 0]] * [-1.0, 1.0]
    return Motion(coefficients, np.asarray(rotation, np.float32), translation, gaze, rate)


def _animation(document: dict[str, Any]) -> tuple[dict[str, Any], int, list[str]] | None:
    known = {name.lower() for name in ARKIT_NAMES}
    nodes, meshes = document.get("nodes", []), document.get("meshes", [])
    for animation in document.get("animations", []):
        for channel in animation["channels"]:
            node = channel["target"].get("node")
            if channel["target"]["path"] != "weights" or node is None or "mesh" not in nodes[node]:
                continue
            names = meshes[nodes[node]["mesh"]].get("extras", {}).get("targetNames", [])
            if any(str(name).lower() in known for name in names):
                return animation, node, [str(name) for name in names]
    return None


def _head_of(nodes: list[dict[str, Any]], face: int, curves: dict[tuple[int, str], _Curve]) -> int | None:
    above = {child: number for number, node in enumerate(nodes) for child in node.get("children", [])}
    node: int | None = face
    for _ in range(len(nodes)):
        if node is None or (node, "rotation") in curves:
            break
        node = above.get(node)
    if node is not None:
        return node
    titled = (n for n, entry in enumerate(nodes) if "head" in str(entry.get("name", "")).lower())
    return next((n for n in titled if (n, "rotation") in curves), None)


def _rate(times: FloatArray) -> float:
    """Keys a second, when they lie evenly; else 60."""
    gaps = np.diff(times)
    if not len(gaps) or gaps.max() > 1.5 * np.median(gaps) or np.median(gaps) <= 0:
        return 60.0
    return float(np.clip(round(len(gaps) / float(times[-1] - times[0]), 3), 1.0, 240.0))


def _sampled(curve: _Curve, times: FloatArray) -> FloatArray:
    after = np.clip(np.searchsorted(curve.times, times, "right"), 1, max(len(curve.times) - 1, 1))
    after = np.minimum(after, len(curve.times) - 1)
    before = np.maximum(after - 1, 0)
    gap = np.maximum(curve.times[after] - curve.times[before], 1e-9)
    share = np.clip((times - curve.times[before]) / gap, 0.0, 1.0)[:, None]
    if curve.stepped:
        share = np.floor(share)
    return np.asarray(curve.values[before] * (1 - share) + curve.values[after] * share, np.float32)


def _turned(curve: _Curve, times: FloatArray) -> Any:
    from scipy.spatial.transform import Rotation

    values = curve.values.astype(np.float64)
    # A quaternion and its opposite turn alike: neighbours on opposite sides would blend to nothing.
    flips = np.cumprod([1.0, *(-1.0 if one @ two < 0 else 1.0 for one, two in pairwise(values))])
    return Rotation.from_quat(_sampled(curve._replace(values=values * flips[:, None]), times))


class _Reader:
    """Numbers out of a glTF file."""

    def __init__(self, document: dict[str, Any], body: bytes | None, path: Path) -> None:
        self._document, self._body, self._path = document, body, path
        self._buffers: dict[int, bytes] = {}

    def curve(self, sampler: dict[str, Any], path: str, targets: int) -> _Curve:
        times = self._numbers(sampler["input"]).reshape(-1).astype(np.float64)
        values = self._numbers(sampler["output"])
        if not len(times) or not np.isfinite(times).all() or (np.diff(times) < 0).any():
            raise ValueError("its times are in no order")
        width = {"weights": targets, "rotation": 4, "translation": 3}[path]
        way = sampler.get("interpolation", "LINEAR")
        keys = values.reshape(len(times), 3 if way == "CUBICSPLINE" else 1, width)
        # Of a spline's key the value stands between its tangents.
        values = keys[:, keys.shape[1] // 2]
        if not np.isfinite(values).all():
            raise ValueError("some of its values are no numbers")
        return _Curve(times, values, way == "STEP")

    def _numbers(self, number: int) -> FloatArray:
        accessor = self._document["accessors"][number]
        kind, most = _COMPONENTS[accessor["componentType"]]
        width, count = _TYPES[accessor["type"]], int(accessor["count"])
        if not 0 <= count * width <= _MOST_FRAMES * 52 * 3:
            raise ValueError("it is too long")
        if "sparse" in accessor:
            raise ValueError("its animation is stored sparsely")
        if "bufferView" not in accessor:
            return np.zeros((count, width), np.float32)
        view = self._document["bufferViews"][accessor["bufferView"]]
        if view.get("byteStride"):
            raise ValueError("its animation is interleaved")
        start = int(view.get("byteOffset", 0)) + int(accessor.get("byteOffset", 0))
        values = np.frombuffer(self._buffer(view["buffer"]), kind, count * width, start).astype(np.float32)
        if accessor.get("normalized"):
            values = np.maximum(values / most, -1.0)
        return values.reshape(count, width)

    def _buffer(self, number: int) -> bytes:
        if number not in self._buffers:
            self._buffers[number] = self._opened(self._document["buffers"][number].get("uri"))
        return self._buffers[number]

    def _opened(self, uri: str | None) -> bytes:
        if uri is None:
            if self._body is None:
                raise ValueError("its buffer is missing")
            return self._body
        if uri.startswith("data:"):
            return base64.b64decode(uri.partition(",")[2], validate=True)
        beside = self._path.parent / uri
        if "/" in uri or "\\" in uri or not beside.is_file():
            raise ValueError(f"its buffer {uri} does not lie beside it")
        if beside.stat().st_size > _MOST_BYTES:
            raise ValueError(f"its buffer {uri} is too large")
        return beside.read_bytes()


def _opened(path: Path) -> tuple[dict[str, Any], bytes | None]:
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError("it is too large")
    data = path.read_bytes()
    body = None
    if data[:4] == b"glTF":
        length = struct.unpack_from("<I", data, 12)[0]
        text, rest = data[20 : 20 + length], data[20 + length :]
        if len(rest) >= 8:
            body = rest[8 : 8 + struct.unpack_from("<I", rest)[0]]
    else:
        text = data
    document = json.loads(text.decode("utf-8"))
    if not isinstance(document, dict):
        raise ValueError("it holds no glTF document")
    return document, body


def _problem(name: str, why: str) -> FileProblem:
    return FileProblem(f"{name} is not a glTF file that can be read: {why}", hint="Export it again")
