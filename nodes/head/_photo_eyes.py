"""The eyes of a photograph: continued under the lids, and measured for the lids' motion."""

from __future__ import annotations

import numpy as np

from nodes.head._kernels import EYE_COLUMNS
from nodes.head._slit import Slit, inside
from nodes.sdk.values.arrays import FloatArray


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


def eye_table_of(photo: FloatArray, eyes: tuple[Slit, Slit], landmarks: FloatArray) -> FloatArray:
    """2 x EYE_COLUMNS for `draw_skin`: frames, reaches and irises, with nothing moved yet."""
    table = np.zeros((2, EYE_COLUMNS), np.float32)
    brows = ((336, 296, 334, 293, 300), (107, 66, 105, 63, 70))
    for row, (opening, brow, first) in enumerate(zip(eyes, brows, (473, 468), strict=True)):
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
