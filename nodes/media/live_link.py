"""Facial motion as the CSV files of Epic's Live Link Face app.

One row a frame: a timecode HH:MM:SS:FF.mmm, the number of curves (61), the 52 ARKit coefficients,
then head and eye angles in radians. Head translation is not part of the format.
"""

from __future__ import annotations

import csv
from io import StringIO

import numpy as np

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
