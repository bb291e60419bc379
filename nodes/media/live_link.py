"""Facial motion as the CSV files of Epic's Live Link Face app.

One row a frame: a timecode HH:MM:SS:FF.mmm, the number of curves (61), the 52 ARKit coefficients,
then head and eye angles in radians. Head translation is not part of the format.
"""

from __future__ import annotations

import csv
from io import StringIO
from itertools import pairwise

import numpy as np

from nodes.sdk import FileProblem
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray, host_array

_SIDES = ("Left", "Right")
_EYE = ("Blink", "LookDown", "LookIn", "LookOut", "LookUp", "Squint", "Wide")
_MOUTH = (
    "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthRight",
    "mouthLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft",
    "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight", "mouthRollLower", "mouthRollUpper",
    "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft",
    "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight",
)  # fmt: skip
_FACE = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff",
    "cheekSquintLeft", "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip

#: The order of the file's 52 coefficients, by their ARKit names.
CURVES = (*(f"eye{name}{side}" for side in _SIDES for name in _EYE), *_MOUTH, *_FACE)
ANGLES = (
    "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll",
    "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip


def motion_as_csv(motion: Motion) -> str:
    """The text of a Live Link Face file. Head translation is lost."""
    order = [ARKIT_NAMES.index(name) for name in CURVES]
    curves = host_array(motion.coefficients)[:, order]
    gaze = host_array(motion.gaze)
    still = np.zeros(len(gaze), np.float32)
    eyes = [column for eye in (0, 1) for column in (gaze[:, eye, 1], gaze[:, eye, 0], still)]
    values = np.column_stack([curves, head_angles(host_array(motion.rotation)), *eyes])
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [name[0].upper() + name[1:] for name in CURVES]
    writer.writerow(["Timecode", "BlendShapeCount", *names, *ANGLES])
    for frame, row in enumerate(values):
        writer.writerow([timecode(frame, motion.fps), len(row), *(f"{number:.9f}" for number in row)])
    return text.getvalue()


def timecode(frame: int, fps: float) -> str:
    """HH:MM:SS:FF.mmm of a frame; the thousandths are the fraction of a frame, so 0 here."""
    per_second = max(round(fps), 1)
    seconds, rest = divmod(frame, per_second)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{rest:02d}.000"


def head_angles(vectors: FloatArray) -> FloatArray:
    """Yaw, pitch and roll of rotation vectors (T x 3 radians): T x 3 radians.

    The rotation is Ry(yaw) Rx(pitch) Rz(roll): yaw turns to the person's left, pitch down, roll
    counter-clockwise as the viewer sees it (right-handed about y up, x to the viewer's right and z
    towards the viewer).
    """
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_rotvec(vectors).as_euler("YXZ"), np.float32)


#: An hour at 60 frames a second.
_MOST_ROWS = 216_000


def motion_from_csv(text: str, name: str, fps: float = 0.0) -> Motion:
    """The motion in a Live Link Face file.

    Columns are found by their names, in any order; those that are missing are 0. The frame rate is
    read off the timecodes (the frame counter starts again each second) unless `fps` is given.

    Raises:
        FileProblem: when it is no such file, too long, or holds what is no number.
    """
    reader = csv.reader(StringIO(text))
    header = [column.strip().lower() for column in next(reader, [])]
    place = {column: number for number, column in enumerate(header)}
    if "timecode" not in place or not any(curve.lower() in place for curve in CURVES):
        raise FileProblem(f"{name} is not a Live Link Face file", hint="Its first line names the curves")
    rows = [row for row in reader if len(row) >= len(header)]
    if not rows or len(rows) > _MOST_ROWS:
        raise FileProblem(f"{name} has {len(rows):,} frames", hint="Between one and an hour's can be read")

    def column(title: str) -> FloatArray:
        number = place.get(title.lower())
        if number is None:
            return np.zeros(len(rows), np.float32)
        return np.array([float(row[number] or 0.0) for row in rows], np.float32)

    try:
        coefficients = np.stack([column(curve) for curve in ARKIT_NAMES], axis=1)
        angles = np.stack([column(angle) for angle in ANGLES], axis=1)
    except ValueError as error:
        raise FileProblem(f"{name} holds what is no number: {error}", hint="Export it again") from error
    if not (np.isfinite(coefficients).all() and np.isfinite(angles).all()):
        raise FileProblem(f"{name} holds values that are no numbers", hint="Export it again")
    gaze = np.stack([angles[:, [4, 3]], angles[:, [7, 6]]], axis=1)
    return Motion(
        coefficients,
        rotation_vectors(angles[:, :3]),
        np.zeros((len(rows), 3), np.float32),
        np.ascontiguousarray(gaze),
        fps if fps > 0 else _rate([row[place["timecode"]] for row in rows]),
    )


def rotation_vectors(angles: FloatArray) -> FloatArray:
    """The inverse of `head_angles`: T x 3 radians of yaw, pitch, roll to rotation vectors."""
    from scipy.spatial.transform import Rotation

    return np.asarray(Rotation.from_euler("YXZ", angles).as_rotvec(), np.float32)


def _rate(codes: list[str]) -> float:
    """Frames a second: one more than the highest frame counter, if it ever starts again; else 60."""
    counters = [code.split(":")[-1].partition(".")[0] for code in codes]
    numbers = [int(counter) for counter in counters if counter.isdigit()]
    starts_again = any(after < before for before, after in pairwise(numbers))
    if not starts_again:
        return 60.0
    return float(min(max(max(numbers) + 1, 10), 240))
