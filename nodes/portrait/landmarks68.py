"""A second reader of faces: 68 points by a network that shares nothing with the 478 landmarks.

Edits are steered by one landmarker; what they reach is measured by this other one.

Network: four blocks of densely added depthwise convolutions, then one linear layer (the 68-point
net of face-api.js, MIT). The weights are published as 8-bit numbers with a scale and a minimum for
each tensor.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from nodes.sdk.errors import FileProblem
from nodes.sdk.values.arrays import FloatArray

CARD = "landmarks_68"
_SIDE = 112
_MEAN = np.array([122.782, 117.001, 104.298], np.float32)
_MODEL = ("model/face_landmark_68_model-weights_manifest.json", "model/face_landmark_68_model.bin")
_MOST_NUMBERS = 5_000_000


def build(carrier_folder: Path, output: Path) -> None:
    """Write the network's weights as `.npz` from the unpacked package.

    Raises:
        FileProblem: when the package is not the expected one.
    """
    try:
        folder = next(
            path for path in (carrier_folder, carrier_folder / "package") if (path / "model").is_dir()
        )
        manifest = json.loads((folder / _MODEL[0]).read_text("utf-8"))
        numbers = np.frombuffer((folder / _MODEL[1]).read_bytes(), np.uint8)
        tensors, at = {}, 0
        for entry in manifest[0]["weights"]:
            count = int(np.prod(entry["shape"]))
            if not 0 < count <= _MOST_NUMBERS:
                raise ValueError(entry["name"])
            scale, least = float(entry["quantization"]["scale"]), float(entry["quantization"]["min"])
            values = numbers[at : at + count].astype(np.float32) * scale + least
            tensors[entry["name"]] = values.reshape(entry["shape"]).astype(np.float32)
            at += count
    except (OSError, StopIteration, ValueError, KeyError, TypeError, IndexError) as error:
        raise FileProblem(
            "the package does not hold the expected landmark network",
            hint="The card names the version that does",
        ) from error
    np.savez_compressed(output, **tensors)


class Landmarks68:
    """The network, loaded."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as held:
            self._weights = {name: np.ascontiguousarray(held[name], np.float32) for name in held.files}

    def read(self, picture: FloatArray, box: FloatArray, rounds: int = 3) -> FloatArray:
        """68 x 2 pixels, in iBUG's order.

        Args:
            picture: H x W x 3, 0..1.
            box: left, top, right, bottom about where the face is, from a detector.
            rounds: looks; each but the first is cropped by what the one before saw.
        """
        centre, side = (box[:2] + box[2:]) / 2, float((box[2:] - box[:2]).max())
        points = np.zeros((68, 2), np.float32)
        for _ in range(rounds):
            points = self._look(picture, centre, side)
            low, high = points.min(axis=0), points.max(axis=0)
            centre, side = (low + high) / 2, 1.12 * float((high - low).max())
        return points

    def _look(self, picture: FloatArray, centre: FloatArray, side: float) -> FloatArray:
        import cv2

        scale = _SIDE / max(side, 1.0)
        matrix = np.array(
            [[scale, 0, _SIDE / 2 - scale * centre[0]], [0, scale, _SIDE / 2 - scale * centre[1]]]
        )
        part: Any = np.ascontiguousarray(picture[..., :3], np.float32)
        if scale < 0.6:
            part = cv2.GaussianBlur(part, (0, 0), 0.45 / scale)
        crop = cv2.warpAffine(part, matrix, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR)
        inputs = (np.clip(crop, 0, 1) * 255.0 - _MEAN) / 255.0
        found = self._net(inputs.astype(np.float32)).reshape(68, 2) * _SIDE
        return np.asarray((found - matrix[:, 2]) / scale, np.float32)

    def _net(self, x: FloatArray) -> FloatArray:
        """136 numbers of a crop, 112 x 112 x 3."""
        for number in range(4):
            name = f"dense{number}"
            total = self._first(x) if number == 0 else self._separable(x, f"{name}/conv0", 2)
            total = np.maximum(total, 0.0)
            for layer in (1, 2, 3):
                total = total + self._separable(np.maximum(total, 0.0), f"{name}/conv{layer}", 1)
            x = np.maximum(total, 0.0)
        pooled = x.mean(axis=(0, 1))
        return np.asarray(pooled @ self._weights["fc/weights"] + self._weights["fc/bias"], np.float32)

    def _first(self, x: FloatArray) -> FloatArray:
        """The one full convolution, 3 x 3 with stride 2."""
        kernel = self._weights["dense0/conv0/filters"]
        padded = np.pad(x, ((0, 1), (0, 1), (0, 0)))
        parts = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (0, 1))[::2, ::2]
        columns = parts.transpose(0, 1, 3, 4, 2).reshape(-1, kernel.shape[0] * kernel.shape[1] * 3)
        side = parts.shape[0]
        out = columns @ kernel.reshape(-1, kernel.shape[3]) + self._weights["dense0/conv0/bias"]
        return np.asarray(out.reshape(side, -1, kernel.shape[3]), np.float32)

    def _separable(self, x: FloatArray, name: str, stride: int) -> FloatArray:
        from nodes.portrait._depthwise import depthwise

        deep = depthwise(x, self._weights[f"{name}/depthwise_filter"][..., 0], stride)
        pointwise = self._weights[f"{name}/pointwise_filter"][0, 0]
        return np.asarray(deep @ pointwise + self._weights[f"{name}/bias"], np.float32)


#: Which of the 478 landmarks stand for the 68; the face's outline, which `measures` does not use, is 0.
AS_68 = (
    *(0,) * 17, 70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 98, 97, 2, 326, 327,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 78, 81, 13, 311, 308, 402, 14, 178,
)  # fmt: skip

#: What `measures` returns, in order.
MEASURES = (
    "mouth open", "mouth wide", "mouth corners", "left eye open", "right eye open", "left brow", "right brow",
)  # fmt: skip


def measures(points: FloatArray) -> FloatArray:
    """Seven movements of a face read off 68 points (68 x 2), free of size, place and roll.

    Heights are measured along the nose's bridge and as shares of its length, widths as shares of
    the eyes' distance: a turned head shortens both alike.
    """
    p = points.astype(np.float64)
    eyes = p[36:42].mean(axis=0), p[42:48].mean(axis=0)
    across = p[45] - p[36]
    width = max(float(np.linalg.norm(across)), 1e-6)
    along = across / width
    down = np.array([-along[1], along[0]])
    nose = max(float((p[33] - (eyes[0] + eyes[1]) / 2) @ down), 1e-6)

    def height(a: FloatArray, b: FloatArray) -> float:
        return float((np.asarray(b) - np.asarray(a)) @ down) / nose

    upper, lower = p[[61, 62, 63]].mean(axis=0), p[[67, 66, 65]].mean(axis=0)
    corners, lips = p[[48, 54]].mean(axis=0), p[[51, 57]].mean(axis=0)
    return np.array(
        [
            height(upper, lower),
            float(np.linalg.norm(p[54] - p[48])) / width,
            height(corners, lips) + 0.5 * height(corners, p[33]),
            height(p[[43, 44]].mean(axis=0), p[[47, 46]].mean(axis=0)),
            height(p[[37, 38]].mean(axis=0), p[[41, 40]].mean(axis=0)),
            height(p[22:27].mean(axis=0), eyes[1]),
            height(p[17:22].mean(axis=0), eyes[0]),
        ],
        np.float32,
    )
