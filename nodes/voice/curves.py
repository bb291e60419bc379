"""Motions and sounds as tables of numbers over time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nodes.sdk import NodeError
from nodes.sdk.values import ARKIT_NAMES, Audio, Motion, Table
from nodes.sdk.values.arrays import FloatArray, host_array
from nodes.voice.moving import MOST_FRAMES

ANGLES = ("headPitch", "headYaw", "headRoll", "eyeLeftPitch", "eyeLeftYaw", "eyeRightPitch", "eyeRightYaw")
_MOST_CELLS = 4_000_000


def motion_table(motion: Motion, names: str, moving_only: bool) -> Table:
    """Columns: seconds, then coefficients and angles (radians), one row a frame.

    Args:
        motion: the motion.
        names: parts of names, separated by commas; empty takes all.
        moving_only: leave out what stands still.

    Raises:
        NodeError: when no curve has such a name, or the table would be huge.
    """
    count = len(motion.coefficients)
    gaze = host_array(motion.gaze).reshape(count, 4)
    values = np.concatenate([host_array(motion.coefficients), host_array(motion.rotation), gaze], axis=1)
    wanted = [part.strip().lower() for part in names.split(",") if part.strip()]
    columns = [
        (name, number)
        for number, name in enumerate((*ARKIT_NAMES, *ANGLES))
        if not wanted or any(part in name.lower() for part in wanted)
    ]
    if not columns:
        raise NodeError(
            f"no curve is called '{names}'", hint="Use parts of ARKit's names, such as 'jaw, brow'"
        )
    if moving_only and count:
        columns = [(name, n) for name, n in columns if np.ptp(values[:, n]) > 1e-3]
    if count * (len(columns) + 1) > _MOST_CELLS:
        raise NodeError(
            "the table would have millions of cells", hint="Cut the motion, or choose fewer curves"
        )
    times = np.arange(count) / motion.fps
    chosen = np.column_stack([times, *(values[:, n] for _, n in columns)])
    return Table(("seconds", *(name for name, _ in columns)), _rows(chosen))


def motion_from_table(table: Table, base: Motion | None, fps: float) -> Motion:
    """The motion that a table's curves describe; what it does not hold comes from `base`, or is 0.

    Raises:
        NodeError: when there is no time, too little of it, or a cell is no number.
    """
    if "seconds" not in table.columns or len(table.rows) < 2:
        raise NodeError("the table holds no curves", hint="It needs a column 'seconds' and two rows or more")
    try:
        values = np.array(table.rows, np.float64)
    except (TypeError, ValueError) as error:
        raise NodeError("the table has cells that are no numbers", hint="Correct them") from error
    times = values[:, table.columns.index("seconds")]
    if not np.isfinite(values).all() or (np.diff(times) <= 0).any():
        raise NodeError("the table's times do not rise", hint="Sort its rows by 'seconds'")
    count = round((times[-1] - times[0]) * fps) + 1
    if count > MOST_FRAMES:
        raise NodeError(f"the motion would have {count:,} frames", hint="Lower 'Fps', or cut the table")
    at = np.arange(count) / fps
    flat = np.zeros((count, 59), np.float32)
    translation = np.zeros((count, 3), np.float32)
    if base is not None:
        from nodes.voice.moving import resampled_motion

        same = resampled_motion(base, fps, count)
        flat[:, :52], flat[:, 52:55] = same.coefficients, same.rotation
        flat[:, 55:], translation = same.gaze.reshape(count, 4), same.translation
    for number, name in enumerate((*ARKIT_NAMES, *ANGLES)):
        if name in table.columns:
            flat[:, number] = np.interp(at, times - times[0], values[:, table.columns.index(name)])
    gaze = flat[:, 55:].reshape(count, 2, 2).copy()
    return Motion(np.clip(flat[:, :52], 0.0, 1.0), flat[:, 52:55].copy(), translation, gaze, fps)


def sound_table(audio: Audio, voice: Callable[[FloatArray], FloatArray] | None = None) -> Table:
    """Seconds, loudness (dB below full scale), pitch (Hz, 0 where unvoiced) and voice (0..1), each 10 ms.

    Args:
        audio: the sound.
        voice: signal (N, 16 kHz) to T x 0..1, who speaks; None judges by loudness.
    """
    from nodes.voice.sound import speech_signal
    from nodes.voice.sound_features import RATE, loudness, pitch, voice_activity

    signal = speech_signal(audio)
    level = 8.6859 * loudness(signal)
    hertz, sure = pitch(signal)
    active = (voice or voice_activity)(signal)
    tone = np.where((sure > 0.5) & (active > 0.5), hertz, 0.0)
    return Table(
        ("seconds", "loudness", "pitch", "voice"),
        _rows(np.column_stack([np.arange(len(level)) / RATE, level, tone, active])),
    )


def _rows(values: FloatArray) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, np.round(values.astype(np.float64), 5).tolist()))
