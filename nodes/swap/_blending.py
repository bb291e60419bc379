"""Colour and light of a picture given to what is laid into it."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.raster.ramps import smooth_step
from nodes.sdk.values.arrays import FloatArray

_EVEN = np.full(3, 1.0 / 3.0, np.float32)
#: In logarithms of sRGB values: how far skin may lie below and above the light that is fitted to it, how
#: far light may lie about a smooth surface, and how much light and hue may be changed.
_DARKER, _BRIGHTER = 0.12, 0.2
_ABOUT = 0.3
_MOST_PATTERN, _MOST_HUE = 0.8, 0.3
_LOCAL_HUE = 0.8
#: Logarithms below the light between which skin lies in a cast shadow, how much of that is lifted, how wide
#: a shadow's edge is, in widths of what counts as light, and how much of its stain goes.
_CAST, _LIFTED, _SHADOW_EDGE, _STAIN = (0.12, 0.8), 0.6, 0.12, 0.8
#: Below the light by this much and more, a pixel is ever less skin; how much of the gain what is not takes.
_DEEP, _OF_DEEP = (0.5, 1.1), 0.5
#: How much livelier in hue than the skin it is laid on a skin may be, and how little of its hue stays.
_LIVELIER, _CALMEST = 1.3, 0.4
#: Above the light by this much, less hue is changed.
_SHINE = 0.5


def lit_like(
    over: FloatArray,
    under: FloatArray,
    mask: FloatArray,
    sigma: float,
    tone: float,
    lips: FloatArray | None = None,
) -> FloatArray:
    """A picture with the light of another: its wide-scale brightness, and its mean colour.

    Args:
        over, under: H x W x 3, sRGB. mask: H x W, where both show skin.
        sigma: pixels; what is wider counts as light, what is finer as the skin's own.
        tone: 0..1, how much of its own mean colour `over` keeps.
        lips: H x W in 0..1, what is dark and red for what it is (lips, lids), not for a shadow; nothing
            when None.

    Brightness follows place by place, from what in both pictures is skin in light: brows, beards and
    shine are no light. Hue follows as a whole and within bounds, because hue differences between two
    faces are blood, make-up and hair rather than light.
    """
    import cv2

    height, width = mask.shape
    coarser = max(1, int(sigma / 3.0))
    size = (max(2, width // coarser), max(2, height // coarser))
    weight: Any = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    share = np.maximum(weight, 1e-4)[..., None]
    small = [
        np.asarray(cv2.resize(part * mask[..., None], size, interpolation=cv2.INTER_AREA) / share, np.float32)
        for part in (over, under)
    ]
    logs = [np.log(part + np.float32(0.03)) for part in small]
    found = [_light_of(part @ _EVEN, weight, sigma / coarser) for part in logs]
    (low_over, trust_over), (low_under, trust_under) = found
    both = np.minimum(trust_over, trust_under) + 1e-6
    change = low_under - low_over
    brighter = float((change * both).sum() / both.sum())
    pattern = np.clip(change - brighter, -_MOST_PATTERN, _MOST_PATTERN)
    tints = [part - (part @ _EVEN)[..., None] for part in logs]
    middles = [_middle(part, trust) for part, (_, trust) in zip(tints, found, strict=True)]
    hue = middles[1] - middles[0]
    hue *= min(1.0, _MOST_HUE / max(float(np.abs(hue).max()), 1e-6))
    # Tinted shade and varnish: what differs slowly is brought half the way.
    spread = cv2.GaussianBlur(both, (0, 0), sigma / coarser)[..., None] + 0.02
    turned = (tints[1] - middles[1]) - (tints[0] - middles[0])
    turned = (
        cv2.GaussianBlur(np.ascontiguousarray(turned * both[..., None]), (0, 0), sigma / coarser) / spread
    )
    local_hue = np.clip(_LOCAL_HUE * turned, -0.5 * _MOST_HUE, 0.5 * _MOST_HUE)
    calm = _calm(tints, found, middles, tone)
    whole = pattern + (1.0 - tone) * float(np.clip(brighter, -1.2, 1.2))
    tinted = local_hue + (1.0 - tone) * hue
    planes = np.dstack([whole, tinted, low_over]).astype(np.float32)
    large: Any = cv2.resize(planes, (width, height), interpolation=cv2.INTER_LINEAR)
    # Brows and beards are darker than skin for what they are: they take on less of its gain and hue.
    own = np.log(over + np.float32(0.03))
    level = own @ _EVEN
    depth = level - large[..., 4]
    # Cast shadows are darker than light that turns away, and lighter than hair: half of them is lifted.
    planes = np.dstack([depth, own - level[..., None] - middles[0]])
    planes = cv2.GaussianBlur(planes, (0, 0), _SHADOW_EDGE * sigma)
    shade, stain = planes[..., 0], planes[..., 1:]
    cast = np.clip((-shade - _CAST[0]) / 0.15, 0.0, 1.0) * np.clip((_CAST[1] + shade) / 0.25, 0.0, 1.0)
    if lips is not None:
        cast = cast * (1.0 - lips)
    lift = (-_LIFTED * (shade + _CAST[0]) * cast)[..., None]
    # What is lifted loses the stain of the shadow.
    unstained = np.clip(lift / 0.15, 0.0, 1.0)
    lift = lift - _STAIN * unstained * stain
    share = np.clip(1.0 + (depth + _DEEP[0]) / (_DEEP[1] - _DEEP[0]), 0.0, 1.0)[..., None]
    # Shine has the light's colour, not the skin's.
    shine = np.clip(1.0 - np.maximum(depth, 0.0) / _SHINE, 0.65, 1.0)[..., None]
    gain = np.exp(large[..., :1] * (_OF_DEEP + (1.0 - _OF_DEEP) * share) + large[..., 1:4] * (share * shine))
    own_tint = own - level[..., None] - middles[0]
    if lips is not None:
        own_tint = own_tint * (1.0 - lips)[..., None]
    lit = over * gain * np.exp(lift + (calm - 1.0) * share * (1.0 - _STAIN * unstained) * own_tint)
    # What the gain would burn out is bent instead of cut.
    burnt = lit > 0.8
    lit[burnt] = 0.8 + 0.2 * np.tanh((lit[burnt] - 0.8) / 0.2)
    result: FloatArray = np.clip(lit, 0.0, 1.0).astype(np.float32)
    return result


def _calm(
    tints: list[FloatArray],
    found: list[tuple[FloatArray, FloatArray]],
    middles: list[FloatArray],
    tone: float,
) -> float:
    """How much of the hue differences within one skin (blush, blotches) suits another, _CALMEST..1.

    Blush that is natural on tanned skin is paint on a pale one: no more than _LIVELIER times the
    differences that the other skin has stays.
    """
    spreads = [
        float(np.sqrt((((tint - middle) ** 2).mean(axis=2) * trust).sum() / max(float(trust.sum()), 1e-6)))
        for tint, (_, trust), middle in zip(tints, found, middles, strict=True)
    ]
    share = float(np.clip(_LIVELIER * spreads[1] / max(spreads[0], 1e-6), _CALMEST, 1.0))
    return share + tone * (1.0 - share)


def _light_of(light: FloatArray, weight: FloatArray, sigma: float) -> tuple[FloatArray, FloatArray]:
    """The smooth part of a logarithm of light (h x w), and how far each pixel is skin in that light.

    A quadratic surface by robust least squares, and what lies smoothly about it.
    """
    import cv2

    height, width = light.shape
    x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    rows = weight > 0.05
    if rows.sum() < 12:
        mean = float(light[rows].mean()) if rows.any() else 0.0
        return np.full_like(light, mean), weight
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=2).astype(np.float32)
    design, values, own = basis[rows], light[rows], weight[rows]
    trust = own.copy()
    # What lies far from the middle of all is doubted from the start: half a face may be a beard.
    start = values - np.median(values)
    trust = own / (1.0 + (start / 0.5) ** 2)
    pull = 1e-3 * len(values) * np.diag([0, 1, 1, 3, 3, 3]).astype(np.float32)
    for _ in range(6):
        weighted = design * trust[:, None]
        factors = np.linalg.solve(weighted.T @ design + pull, weighted.T @ values)
        miss = values - design @ factors
        scale = np.where(miss < 0, _DARKER, _BRIGHTER)
        trust = own / (1.0 + (miss / scale) ** 2) ** 2
    surface = basis @ factors
    full = np.zeros_like(light)
    full[rows] = trust
    rest = np.clip(light - surface, -_ABOUT, _ABOUT) * full
    rest = cv2.GaussianBlur(rest, (0, 0), sigma) / (cv2.GaussianBlur(full, (0, 0), sigma) + 0.02)
    return np.asarray(surface + rest, np.float32), full


def _middle(values: FloatArray, weight: FloatArray) -> FloatArray:
    """The weighted median of each of 3 planes."""
    flat, share = values.reshape(-1, 3), weight.ravel()
    found = np.zeros(3, np.float32)
    for k in range(3):
        order = np.argsort(flat[:, k])
        total = np.cumsum(share[order])
        found[k] = flat[order[min(int(np.searchsorted(total, 0.5 * total[-1])), len(order) - 1)], k]
    return found


def soft_mask(alpha: FloatArray, inwards: float) -> FloatArray:
    """A mask (H x W) whose edge falls off smoothly over `inwards` pixels inside of it."""
    import cv2

    inside = (alpha >= 0.5).astype(np.uint8)
    distance: Any = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    soft: FloatArray = smooth_step(distance / max(inwards, 1e-3)).astype(np.float32)
    return soft
