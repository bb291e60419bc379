"""Motions mixed, smoothed, and set to another time."""

from __future__ import annotations

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray, host_array

#: The coefficients of the mouth: what speech moves.
MOUTH = np.array([name.startswith(("mouth", "jaw", "tongue")) or name == "cheekPuff" for name in ARKIT_NAMES])
#: An hour at 60 frames a second.
MOST_FRAMES = 216_000


def sampled(motion: Motion, places: FloatArray, fps: float) -> Motion:
    """The motion at places (in its own frames, blended; the ends hold), as a motion at `fps`."""
    last = len(motion.coefficients) - 1
    if last < 0:
        raise NodeError("the motion is empty", hint="Choose a motion that lasts")
    if len(places) > MOST_FRAMES:
        raise NodeError(f"the motion would have {len(places):,} frames", hint="Lower 'Fps', or cut it")
    at = np.clip(places, 0, last)
    low = np.floor(at).astype(np.int64)
    high = np.minimum(low + 1, last)

    def blend(values: FloatArray) -> FloatArray:
        values = host_array(values)
        share = (at - low).reshape(-1, *([1] * (values.ndim - 1)))
        return np.asarray(values[low] * (1 - share) + values[high] * share, np.float32)

    parts = (motion.coefficients, motion.rotation, motion.translation, motion.gaze)
    return Motion(*(blend(part) for part in parts), fps)


def resampled_motion(motion: Motion, fps: float, count: int | None = None) -> Motion:
    """The same motion at another frame rate; `count` frames, the last one held."""
    if fps == motion.fps and count in (None, len(motion.coefficients)):
        return motion
    length = max(round(motion.seconds * fps), 1) if count is None else count
    return sampled(motion, np.arange(length) * motion.fps / fps, fps)


def retimed(motion: Motion, *, fps: float, speed: float, start: float, end: float, backwards: bool) -> Motion:
    """A part of a motion (start..end seconds, end 0: all) at another speed and frame rate."""
    first = min(max(start, 0.0), motion.seconds)
    last = motion.seconds if end <= 0 else min(max(end, first), motion.seconds)
    count = round((last - first) / speed * fps)
    if count < 1:
        raise NodeError("nothing is left of the motion", hint="Lower 'Start', or raise 'End'")
    times = first + np.arange(count) / fps * speed
    if backwards:
        times = times[::-1]
    return sampled(motion, times * motion.fps, fps)


def smoothed(motion: Motion, seconds: float, *, mouth: float, head: float) -> Motion:
    """The motion smoothed over time by Gaussians of `seconds` (scaled for mouth and head).

    The lips keep their closures: where the gap was smallest it stays as small.
    """
    from scipy.ndimage import gaussian_filter1d, minimum_filter1d

    from nodes.voice.lips import lip_gap, with_gap

    def smooth(values: FloatArray, share: float) -> FloatArray:
        sigma = seconds * share * motion.fps
        values = host_array(values)
        if sigma < 0.05 or len(values) < 2:
            return values
        return gaussian_filter1d(values, sigma, axis=0, mode="nearest").astype(np.float32)

    own = host_array(motion.coefficients)
    result = np.where(MOUTH, smooth(own, mouth), smooth(own, 1.0)).astype(np.float32)
    if mouth > 0 and len(own) > 2:
        before, after = lip_gap(own), lip_gap(result)
        deepest = minimum_filter1d(before, 3, mode="nearest")
        # A closure is a short dip: take back what smoothing filled of it.
        fast = max(0.03 * motion.fps, 0.5)
        dip = gaussian_filter1d(np.where(deepest < 1.0, 1.0, 0.0), fast, mode="nearest")
        share = np.clip(dip * 2.0, 0.0, 1.0)
        gap = after + (np.minimum(after, np.maximum(deepest, 0.0)) - after) * share
        closing = gap < after - 0.2
        jaw = ARKIT_NAMES.index("jawOpen")
        kept = result.copy()
        kept[:, [jaw, ARKIT_NAMES.index("mouthClose")]] = 0.0
        shut = with_gap(kept, np.maximum(gap, 0.0), result[:, jaw])
        result[closing] = shut[closing]
    return Motion(
        result,
        smooth(motion.rotation, head),
        smooth(motion.translation, head),
        smooth(motion.gaze, 0.0),
        motion.fps,
    )


def mixed(first: Motion, second: Motion, *, mode: str, share: float) -> Motion:
    """Two motions in one, at the first one's frame rate, as long as the longer.

    Args:
        mode: "blend" (share 0 is the first, 1 the second), "add" (the first plus `share` of the
            second) or "mouth and rest" (the first one's mouth, `share` of the second's everything
            else, the rest of it the first one's).
    """
    count = max(len(first.coefficients), round(second.seconds * first.fps))
    one, two = resampled_motion(first, first.fps, count), resampled_motion(second, first.fps, count)

    def joined(a: FloatArray, b: FloatArray) -> FloatArray:
        if mode == "add":
            return a + share * b
        return a * (1 - share) + b * share

    coefficients = joined(one.coefficients, two.coefficients)
    if mode == "mouth and rest":
        coefficients = np.where(MOUTH, one.coefficients, coefficients)
    if mode == "add":
        coefficients = np.clip(coefficients, 0.0, np.maximum(1.0, one.coefficients))
    return Motion(
        coefficients.astype(np.float32),
        joined(one.rotation, two.rotation).astype(np.float32),
        joined(one.translation, two.translation).astype(np.float32),
        joined(one.gaze, two.gaze).astype(np.float32),
        first.fps,
    )
