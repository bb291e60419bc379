"""A fit to a smaller picture: what a quick look at an edit is drawn from."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from nodes.head._fit import eye_distance
from nodes.head._keep import Keeper
from nodes.sdk.values import Camera, HeadState, Image
from nodes.sdk.values.arrays import FloatArray

#: Eyes closer together than this, in pixels, show too little of an edit.
_SMALLEST_UNIT = 20.0


def shrunk_picture(pixels: FloatArray, factor: int) -> FloatArray:
    """H x W x C to H // factor x W // factor x C; each pixel is the mean of factor x factor."""
    height, width = (side // factor for side in pixels.shape[:2])
    blocks = pixels[: height * factor, : width * factor].reshape(height, factor, width, factor, -1)
    return np.ascontiguousarray(blocks.mean(axis=(1, 3)), np.float32)


def shrunk_camera(camera: Camera, factor: int) -> Camera:
    """The camera of a picture that is `factor` times smaller."""
    return replace(
        camera,
        focal=camera.focal / factor,
        centre_x=camera.centre_x / factor,
        centre_y=camera.centre_y / factor,
        width=camera.width // factor,
        height=camera.height // factor,
    )


def _shrunk(fit: HeadState, factor: int) -> HeadState:
    picture = fit.picture
    if picture is not None:
        picture = Image(shrunk_picture(np.asarray(picture.pixels), factor), linear=picture.linear)
    # Landmarks are pixels, their depth too.
    return replace(
        fit,
        picture=picture,
        camera=shrunk_camera(fit.camera, factor),
        landmarks=(fit.landmarks / np.float32(factor)).astype(np.float32),
    )


_keepers = {factor: Keeper(partial(_shrunk, factor=factor)) for factor in (2, 4, 8)}


def smaller_fit(fit: HeadState, proxy: int) -> HeadState:
    """The fit to a picture that is `proxy` times smaller, kept as long as the fit is in use.

    Faces that would get too small to judge shrink less, or not at all.

    Args:
        proxy: 1, 2, 4 or 8.
    """
    if fit.picture is None or len(fit.landmarks) < 468:
        return fit
    while proxy > 1 and eye_distance(fit.landmarks) < _SMALLEST_UNIT * proxy:
        proxy //= 2
    return _keepers[proxy](fit) if proxy > 1 else fit
