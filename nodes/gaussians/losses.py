"""How far a picture is from another, with derivatives, and the scores that papers report."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values.arrays import FloatArray

# Wang et al. 2004: an 11 px Gaussian window and two constants against division by nothing.
WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2


def _blurred(picture: FloatArray) -> FloatArray:
    import cv2

    return cv2.GaussianBlur(picture, (WINDOW, WINDOW), SIGMA, borderType=cv2.BORDER_REFLECT)


def structural_similarity(picture: FloatArray, target: FloatArray) -> tuple[float, FloatArray]:
    """Mean SSIM (Wang et al. 2004) of H x W x C pictures in 0..1, and its derivative by the first."""
    mean, other = _blurred(picture), _blurred(target)
    square = mean * mean
    both, other_square = mean * other, other * other
    variance = _blurred(picture * picture) - square
    other_variance = _blurred(target * target) - other_square
    covariance = _blurred(picture * target) - both
    top1, top2 = 2 * both + C1, 2 * covariance + C2
    low1, low2 = square + other_square + C1, variance + other_variance + C2
    similar = top1 * top2 / (low1 * low2)
    by_mean = 2 * other * top2 / (low1 * low2) - 2 * mean * similar / low1
    by_variance = -similar / low2
    by_covariance = 2 * top1 / (low1 * low2)
    derivative = (
        _blurred(by_mean - 2 * mean * by_variance - other * by_covariance)
        + 2 * picture * _blurred(by_variance)
        + target * _blurred(by_covariance)
    )
    return float(similar.mean()), (derivative / similar.size).astype(np.float32)


def photo_loss(picture: FloatArray, target: FloatArray, share: float = 0.2) -> tuple[float, FloatArray]:
    """(1 - share) L1 + share (1 - SSIM), as Kerbl et al. 2023 train with, and its derivative."""
    difference = picture - target
    loss = (1 - share) * float(np.abs(difference).mean())
    derivative = np.sign(difference) * np.float32((1 - share) / difference.size)
    if share > 0:
        similar, by_picture = structural_similarity(picture, target)
        loss += share * (1 - similar)
        derivative -= np.float32(share) * by_picture
    return loss, derivative


def signal_to_noise(picture: FloatArray, target: FloatArray) -> float:
    """PSNR in decibels of pictures in 0..1."""
    error = float(np.mean((np.asarray(picture, np.float64) - target) ** 2))
    return float(-10 * np.log10(max(error, 1e-12)))
