"""The soft alpha of hair: a parsed region refined to strands."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nodes.face._masks import guided
from nodes.face._onnx import OnnxNetwork
from nodes.sdk.context import Context
from nodes.sdk.values import PARSING_CLASSES
from nodes.sdk.values.arrays import ByteArray, FloatArray

CARD = "portrait_matte"
_HAIR = PARSING_CLASSES.index("hair")
_SHORT_SIDE = 512
_LONGEST = 1536


class PortraitMatte:
    """MODNet, loaded (Ke et al. 2022, "MODNet: Real-Time Trimap-Free Portrait Matting")."""

    def __init__(self, path: Path, device: str = "cpu") -> None:
        self._network = OnnxNetwork(path, device=device)

    def alpha(self, picture: FloatArray) -> FloatArray:
        """H x W, 0..1: the people of a picture against its background."""
        import cv2

        height, width = picture.shape[:2]
        scale = min(_SHORT_SIDE / min(height, width), _LONGEST / max(height, width))
        size = tuple(max(32, round(side * scale / 32) * 32) for side in (width, height))
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        inputs = np.clip(np.nan_to_num(small), 0, 1).transpose(2, 0, 1)[None] * 2 - 1
        (out,) = self._network(inputs.astype(np.float32)).values()
        matte = cv2.resize(out[0, 0], (width, height), interpolation=cv2.INTER_LINEAR)
        return np.clip(matte, 0.0, 1.0)


def load_matte(context: Context) -> PortraitMatte:
    """The matting network of this run, shared by all nodes."""
    return context.model(CARD, lambda path: PortraitMatte(path, context.device))


def has_hair(labels: ByteArray) -> bool:
    """Whether any pixel was parsed as hair."""
    return bool((labels == _HAIR).any())


def hair_alpha(
    picture: FloatArray, labels: ByteArray, reach: float, matte: PortraitMatte | None
) -> FloatArray:
    """The alpha of the hair, H x W.

    Deep inside the parsed hair it is 1, far from it 0. In the band between, the guided filter
    follows the strands; where the band meets the background, a portrait matte knows how much of a
    pixel is person at all.

    Args:
        picture: H x W x 3, 0..1.
        labels: H x W, parsed.
        reach: how far strands stand off, in pixels.
        matte: the matting network, or None for the guided filter alone.
    """
    import cv2

    result = np.zeros(labels.shape, np.float32)
    hair = (labels == _HAIR).astype(np.uint8)
    rows, columns = np.flatnonzero(hair.any(axis=1)), np.flatnonzero(hair.any(axis=0))
    if not len(rows):
        return result
    pad = int(reach * 3) + 8
    top, bottom = max(rows[0] - pad, 0), min(rows[-1] + pad + 1, hair.shape[0])
    left, right = max(columns[0] - pad, 0), min(columns[-1] + pad + 1, hair.shape[1])
    hair, part = hair[top:bottom, left:right], np.clip(picture[top:bottom, left:right], 0, 1)
    person = (labels[top:bottom, left:right] > 0).astype(np.float32)
    outside = cv2.distanceTransform(1 - hair, cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(hair, cv2.DIST_L2, 5)
    radius = max(2, round(reach * 0.6))
    soft = guided(hair.astype(np.float32), part, radius, 2e-4)
    alpha, certain = soft, hair.astype(np.float32)
    if matte is not None:
        share = soft / np.maximum(guided(person, part, radius, 2e-4), 0.05)
        people = matte.alpha(part)
        alpha = people * np.clip(share, 0.0, 1.0)
        # Parsed hair in the middle of what is surely background was a mistake.
        certain = certain * np.clip(people * 3.0, 0.0, 1.0)
        # Far from hair the share is only noise; within reach of it, stray strands count as hair.
        near = np.clip(1.5 - outside / max(reach, 1.0), 0.0, 1.0)
        skin = (person > 0) & (hair == 0)
        alpha = np.where(skin, np.minimum(alpha, soft), alpha) * near
    band = (outside <= reach * 1.5) & (inside <= reach)
    alpha = np.where(band, alpha, certain)
    result[top:bottom, left:right] = np.clip(alpha, 0.0, 1.0)
    return result
