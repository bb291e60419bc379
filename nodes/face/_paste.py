"""Putting a changed crop back into its picture without a seam."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from nodes.face._crops import Crop, invert, warp
from nodes.raster.ramps import smooth_step
from nodes.sdk.values.arrays import FloatArray

_LEVELS = 5


def edge_mask(resolution: int, feather: float) -> FloatArray:
    """R x R: 1 inside, falling smoothly to 0 at the border over a share of the side."""
    ramp = (np.arange(resolution) + 0.5) / resolution
    ramp = np.minimum(ramp, 1 - ramp) / max(feather, 1e-6)
    ramp = smooth_step(ramp)
    result: FloatArray = np.minimum(ramp[:, None], ramp[None, :]).astype(np.float32)
    return result


def pasted(
    picture: FloatArray,
    crop: FloatArray,
    square: Crop,
    mask: FloatArray,
    *,
    blend: str,
    match: bool,
    keep_detail: bool,
) -> FloatArray:
    """The picture with a crop in its place; a new array, pixels outside the crop bit for bit the same.

    Args:
        picture: H x W x 3 or 4, float32.
        crop: R x R x 3, the changed crop.
        square: where it was cut.
        mask: R x R, how much of the crop is used.
        blend: "feather" mixes by the mask; "seamless" mixes wide scales widely and fine ones
            sharply (Burt & Adelson 1983), so that differences in light leave no edge.
        match: first give the crop the mean and spread of colour of what it replaces
            (Reinhard et al. 2001), where the mask is.
        keep_detail: put back only what was changed in the crop, so that detail which the crop was
            too small to hold stays, and an unchanged crop changes nothing.
    """
    resolution = crop.shape[0]
    to_crop = square.to_crop(resolution)
    left, top, right, bottom = _bounds(square, picture.shape[1], picture.shape[0])
    if right <= left or bottom <= top:
        return picture
    # Cut in the very way of 'Crop face', so that an unchanged crop differs from it nowhere.
    border = "zero" if picture.shape[2] == 4 else "mirror"
    under = warp(picture, to_crop, resolution, resolution, border=border, smooth=True)
    under = np.clip(under[..., :3], 0.0, 1.0)
    if match:
        crop = matched(crop, under, mask)
    if blend == "seamless":
        crop = multiband(under, crop, mask)
        # The pyramid has mixed already; only the square's border still needs fading.
        mask = np.maximum(mask, edge_mask(resolution, 0.06) * (mask > 0.002))
    width, height = right - left, bottom - top
    inverse = invert(to_crop)
    inverse[:, 2] -= (left, top)
    cover = np.clip(warp(mask, inverse, width, height), 0.0, 1.0)[..., None]
    result = picture.copy()
    window = result[top:bottom, left:right, :3]
    if keep_detail:
        window += warp(crop - under, inverse, width, height, border="edge") * cover
        np.clip(window, 0.0, 1.0, out=window)
    else:
        window += (warp(crop, inverse, width, height, border="edge") - window) * cover
    return result


def _bounds(square: Crop, width: int, height: int) -> tuple[int, int, int, int]:
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
    places = square.points_to_picture(corners, 1)
    low, high = np.floor(places.min(axis=0)).astype(int), np.ceil(places.max(axis=0)).astype(int)
    return (
        int(np.clip(low[0], 0, width)),
        int(np.clip(low[1], 0, height)),
        int(np.clip(high[0], 0, width)),
        int(np.clip(high[1], 0, height)),
    )


def matched(crop: FloatArray, under: FloatArray, mask: FloatArray) -> FloatArray:
    """The crop with the mean and spread of colour that the picture has where the mask is."""
    weight = mask[..., None] + 1e-6
    total = weight.sum()

    def moments(values: FloatArray) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
        mean = (values * weight).sum(axis=(0, 1)) / total
        spread = np.sqrt((((values - mean) ** 2) * weight).sum(axis=(0, 1)) / total)
        return mean, spread

    mean, spread = moments(crop)
    wanted_mean, wanted_spread = moments(under)
    gain = np.clip(wanted_spread / np.maximum(spread, 1e-4), 0.5, 2.0)
    return np.clip((crop - mean) * gain + wanted_mean, 0.0, 1.0).astype(np.float32)


def multiband(under: FloatArray, over: FloatArray, mask: FloatArray) -> FloatArray:
    """Two pictures joined along a mask, every band of detail over a width that suits it."""
    import cv2

    levels = min(_LEVELS, max(1, int(np.log2(max(min(mask.shape), 2))) - 2))
    masks = [mask]
    for _ in range(levels):
        masks.append(cv2.pyrDown(masks[-1]))
    low_under, low_over = under, over
    bands = []
    for level in range(levels):
        size = (low_under.shape[1], low_under.shape[0])
        next_under, next_over = cv2.pyrDown(low_under), cv2.pyrDown(low_over)
        detail_under = low_under - cv2.pyrUp(next_under, dstsize=size)
        detail_over = low_over - cv2.pyrUp(next_over, dstsize=size)
        bands.append(detail_under + (detail_over - detail_under) * masks[level][..., None])
        low_under, low_over = next_under, next_over
    result = low_under + (low_over - low_under) * masks[levels][..., None]
    for band in reversed(bands):
        result = cv2.pyrUp(result, dstsize=(band.shape[1], band.shape[0])) + band
    return np.clip(result, 0.0, 1.0).astype(np.float32)
