"""Identity embeddings: aligned crops through a face recogniser, and what their cosines mean.

The recogniser is SFace (Zhong et al. 2021, "SFace: Sigmoid-Constrained Hypersphere Loss for Robust
Face Recognition"); the alignment is the five-point template of ArcFace (Deng et al. 2019); that
the distance of embeddings answers verification, recognition and clustering alike is FaceNet's idea
(Schroff et al. 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nodes.face._crops import similarity, warp
from nodes.face._onnx import OnnxNetwork
from nodes.sdk.context import Context
from nodes.sdk.values import Face
from nodes.sdk.values.arrays import FloatArray

CARD = "face_embedder"
RESOLUTION = 112
DIMENSIONS = 128
#: Faces in one call: on a graphics card many together are faster, on a processor they are not.
_BATCH_GPU, _BATCH_CPU = 16, 1

#: Where the five points lie in a 112 px crop: the person's right eye, left eye, nose, mouth corners.
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]],
    np.float32,
)


class Embedder:
    """The recogniser, loaded.

    Attributes:
        on_gpu: True when the graphics card runs it.
    """

    def __init__(self, path: Path, device: str = "cpu") -> None:
        self._network = OnnxNetwork(path, device=device, free_axes={"data": {0: "batch"}}, relax=True)
        self.on_gpu = self._network.on_gpu

    def embed(self, crops: FloatArray, *, mirrored: bool = True) -> FloatArray:
        """N x 128 unit vectors of N x 112 x 112 x 3 aligned crops (RGB, 0..1).

        Args:
            crops: the faces.
            mirrored: average over the crop and its mirror image, which removes some of what is only
                pose or light from one side; takes twice the time.
        """
        result = np.zeros((len(crops), DIMENSIONS), np.float32)
        most = _BATCH_GPU if self.on_gpu else _BATCH_CPU
        for start in range(0, len(crops), most):
            part = crops[start : start + most]
            count = len(part)
            seen = np.concatenate([part, part[:, :, ::-1]]) if mirrored else part
            (vectors,) = self._network(seen.transpose(0, 3, 1, 2).astype(np.float32) * 255.0).values()
            vectors = _unit(vectors)
            if mirrored:
                vectors = _unit(vectors[:count] + vectors[count:])
            result[start : start + count] = vectors
        return result


def _unit(vectors: FloatArray) -> FloatArray:
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    result: FloatArray = (vectors / lengths).astype(np.float32)
    return result


def aligned_crop(picture: FloatArray, face: Face) -> FloatArray:
    """112 x 112 x 3: the face with its five points where the recogniser expects them."""
    crop = warp(picture, similarity(face.key_points, TEMPLATE), RESOLUTION, RESOLUTION)
    return np.clip(np.nan_to_num(crop, nan=0.0), 0.0, 1.0)


def embeddings(
    embedder: Embedder, picture: FloatArray, faces: Sequence[Face], *, mirrored: bool = True
) -> FloatArray:
    """N x 128 unit vectors, one per face of a picture (see Embedder.embed)."""
    if not faces:
        return np.zeros((0, DIMENSIONS), np.float32)
    return embedder.embed(np.stack([aligned_crop(picture, face) for face in faces]), mirrored=mirrored)


def load_embedder(context: Context) -> Embedder:
    """The recogniser of this run, shared by all nodes."""
    return context.model(CARD, lambda path: Embedder(path, context.device))
