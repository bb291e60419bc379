"""The eyes of a photograph: continued under the lids, and measured for the lids' motion."""

from __future__ import annotations

import numpy as np

from nodes.head._kernels import EYE_COLUMNS
from nodes.head._slit import Slit, inside
from nodes.sdk.values.arrays import FloatArray

#: The frame of an open eye, in half widths beyond the corners, above and below the opening.
_FRAME = (0.62, 0.52, 0.28)
#: How much the shade of skin takes of red, green and blue.
_SHADE = np.array([0.75, 1.1, 1.2])
#: The upper rows of the brows, the one on the picture's right first.
_BROWS = ((336, 296, 334, 293, 300), (107, 66, 105, 63, 70))


def eyeballs_of(photo: FloatArray, eyes: tuple[Slit, Slit], landmarks: FloatArray) -> FloatArray:
    """The picture with each eye continued under its lids: the iris by symmetry, else the nearest white."""
    import cv2

    height, width = photo.shape[:2]
    out = photo.copy()
    for opening, first in zip(eyes, (473, 468), strict=True):
        reach = int(opening.half_width * 1.6) + 3
        ox, oy = (float(value) for value in opening.frame[:2])
        left, top = max(int(ox) - reach, 0), max(int(oy) - reach, 0)
        right, bottom = min(int(ox) + reach, width), min(int(oy) + reach, height)
        if right - left < 3 or bottom - top < 3:
            continue
        seen = inside(opening, width, height, -0.6)[top:bottom, left:right]
        if seen.sum() < 6:
            continue
        patch = photo[top:bottom, left:right]
        _, labels = cv2.distanceTransformWithLabels(
            (~seen).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        order = np.zeros(labels.max() + 1, np.int64)
        order[labels[seen]] = np.flatnonzero(seen)
        nearest = patch.reshape(-1, 3)[order[labels]]
        nearest = cv2.GaussianBlur(nearest, (0, 0), max(0.06 * opening.half_width, 0.6))
        if len(landmarks) >= 478:
            centre = landmarks[first, :2]
            radius = float(np.linalg.norm(landmarks[first + 1 : first + 5, :2] - centre, axis=1).mean())
            x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
            far = np.hypot(x - centre[0], y - centre[1])
            mirrored = cv2.remap(
                patch,
                (2 * centre[0] - x - left - 0.5).astype(np.float32),
                (2 * centre[1] - y - top - 0.5).astype(np.float32),
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            )
            is_seen = cv2.remap(
                seen.astype(np.float32),
                (2 * centre[0] - x - left - 0.5).astype(np.float32),
                (2 * centre[1] - y - top - 0.5).astype(np.float32),
                cv2.INTER_LINEAR,
            )
            share = (np.clip((radius * 1.05 - far) / max(0.1 * radius, 0.5), 0, 1) * is_seen)[..., None]
            nearest = nearest + share * (mirrored - nearest)
        keep = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), 0.6)[..., None] * seen[..., None]
        out[top:bottom, left:right] = nearest + keep * (patch - nearest)
    return out


def lids_of(skin: FloatArray, eyes: tuple[Slit, Slit], landmarks: FloatArray) -> FloatArray:
    """The skin with lids in place of what frames open eyes: lashes, liner, shaded folds, the corners.

    Args:
        skin: H x W x 3, the photo without eyes. eyes: their openings. landmarks: of the photo.

    Lids are continued from the skin around the socket in light: brows, lashes and deep shade count
    little. They have the bulge of an eyeball behind them, and the grain of that skin.
    """
    import cv2

    from nodes.head._texture import smooth_fill
    from nodes.raster.grain import grain_of, with_grain

    height, width = skin.shape[:2]
    out = skin.copy()
    for opening, brow in zip(eyes, _BROWS, strict=True):
        ox, oy, ux, uy, half = (float(value) for value in opening.frame)
        reach = round(2.6 * half) + 4
        left, top = max(int(ox) - reach, 0), max(int(oy) - reach, 0)
        right, bottom = min(int(ox) + reach, width), min(int(oy) + reach, height)
        if right - left < 4 or bottom - top < 4:
            continue
        x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
        a = ((x - ox) * ux + (y - oy) * uy) / half
        b = ((x - ox) * uy - (y - oy) * ux) / half
        at = np.linspace(-1.0, 1.0, len(opening.upper))
        upper = np.interp(np.clip(a, -1, 1), at, opening.upper)
        lower = np.interp(np.clip(a, -1, 1), at, opening.lower)
        # How far outside the socket's frame a pixel lies, 1 at its rim.
        beside = np.maximum(np.abs(a) - 1.0, 0.0) / _FRAME[0]
        over, below = np.maximum(b - upper, 0.0) / _FRAME[1], np.maximum(lower - b, 0.0) / _FRAME[2]
        frame = np.hypot(beside, np.maximum(over, below)) < 1.0
        patch = out[top:bottom, left:right]
        ring = ~frame & (np.hypot(a / 2.1, b / 1.5) < 1.0)
        light = patch.mean(axis=2)
        if ring.sum() < 12:
            continue
        # Brows and deep shade are not what a lid looks like when it comes down.
        usual = float(np.median(light[ring]))
        known = np.clip((light / max(usual, 1e-3) - 0.4) / 0.5, 0.04, 0.98) * ring
        line = np.round((landmarks[list(brow), :2] - (left, top)) * 16).astype(np.int32)
        hairs = np.zeros(light.shape, np.uint8)
        cv2.polylines(hairs, [line], False, 1, max(1, round(0.4 * half)), shift=4)
        known = np.where(hairs > 0, 0.02 * known, known)
        filled = smooth_fill(patch, known.astype(np.float32))
        filled = cv2.GaussianBlur(filled, (0, 0), max(0.12 * half, 0.6))
        # Rounded by the eyeball: shade towards the corners and in the fold, light on the middle.
        bulge = 0.98 - 0.10 * np.clip(np.abs(a), 0.0, 1.2) ** 2 - 0.07 * np.exp(-(((b - upper) / 0.10) ** 2))
        # Skin in shade is redder, not greyer.
        filled = np.clip(filled * bulge[..., None] ** _SHADE, 0.0, 1.0).astype(np.float32)
        share = cv2.GaussianBlur(frame.astype(np.float32), (0, 0), max(0.06 * half, 0.6))
        made = patch + share[..., None] * (filled - patch)
        out[top:bottom, left:right] = with_grain(made, frame.astype(np.float32), grain_of(patch, ring))
    return out


def eye_table_of(photo: FloatArray, eyes: tuple[Slit, Slit], landmarks: FloatArray) -> FloatArray:
    """2 x EYE_COLUMNS for `draw_skin`: frames, reaches and irises, with nothing moved yet."""
    table = np.zeros((2, EYE_COLUMNS), np.float32)
    for row, (opening, brow, first) in enumerate(zip(eyes, _BROWS, (473, 468), strict=True)):
        ox, oy, ux, uy, half = opening.frame
        table[row, :5] = opening.frame
        offset = landmarks[list(brow), :2] - (ox, oy)
        to_brow = np.median(offset[:, 0] * uy - offset[:, 1] * ux) / half - opening.upper.max()
        table[row, 7] = np.clip(0.85 * to_brow, 0.35, 1.2)
        table[row, 8] = 0.55
        if len(landmarks) >= 478:
            table[row, 11:13] = landmarks[first, :2]
            around = landmarks[first + 1 : first + 5, :2] - landmarks[first, :2]
            table[row, 13] = np.linalg.norm(around, axis=1).mean()
        else:
            table[row, 11:13] = (ox, oy)
            table[row, 13] = 0.4 * half
        table[row, 14:17] = _lash_tone(photo, opening)
    return table


def _lash_tone(photo: FloatArray, opening: Slit) -> FloatArray:
    """The colour of the upper lid's edge, 3: dark lashes, or the shaded rim where there are none."""
    at = np.linspace(-0.6, 0.6, 25)
    samples = np.linspace(-1.0, 1.0, len(opening.upper))
    ox, oy, ux, uy, half = (float(value) for value in opening.frame)
    tones = []
    for rise in (0.02, 0.06, 0.10):
        b = np.interp(at, samples, opening.upper) + rise
        x = np.clip(ox + half * (at * ux + b * uy), 0, photo.shape[1] - 1).astype(int)
        y = np.clip(oy + half * (at * uy - b * ux), 0, photo.shape[0] - 1).astype(int)
        tones.append(photo[y, x])
    found = np.concatenate(tones)
    dark = found[found.mean(axis=1) <= np.quantile(found.mean(axis=1), 0.3)]
    return np.median(dark, axis=0) * 0.85
