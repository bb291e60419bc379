"""Super-resolution by Real-ESRGAN."""

from __future__ import annotations

import numpy as np

from nodes.enhance._tiles import tiled
from nodes.face._onnx import OnnxNetwork
from nodes.sdk.context import Context
from nodes.sdk.values.arrays import FloatArray

CARD = "real_esrgan_x2"
FACTOR = 2
#: The network folds pixels two by two first.
_MULTIPLE = 2
_TILE, _BORDER = 192, 16


def enlarged(picture: FloatArray, context: Context) -> FloatArray:
    """A picture (H x W x 3, sRGB) at twice its size."""
    network = context.model(CARD, lambda path: OnnxNetwork(path, device=context.device))

    def work(part: FloatArray) -> FloatArray:
        (made,) = network(np.ascontiguousarray(part.transpose(2, 0, 1)[None])).values()
        result: FloatArray = made[0].transpose(1, 2, 0)
        return result

    made = tiled(
        np.clip(picture, 0.0, 1.0),
        work,
        factor=FACTOR,
        tile=_TILE,
        border=_BORDER,
        multiple=_MULTIPLE,
        on_tile=lambda share: context.progress(share, "Enlarging"),
    )
    return np.clip(made, 0.0, 1.0, out=made)


def resized(pixels: FloatArray, width: int, height: int) -> FloatArray:
    """A picture (H x W or H x W x C) at another size, filtered when it shrinks."""
    import cv2

    if pixels.shape[:2] == (height, width):
        return pixels
    smaller = width < pixels.shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    made = cv2.resize(np.ascontiguousarray(pixels), (width, height), interpolation=way)
    return np.clip(made, 0.0, 1.0, out=made).astype(np.float32, copy=False)
