"""Head movement as BVH, the skeleton format of motion capture: one joint, in centimetres and degrees.

Source: the format as Biovision's files are read by Blender: channels Xposition Yposition Zposition
Yrotation Xrotation Zrotation, applied in that order.
"""

from __future__ import annotations

import numpy as np

from nodes.sdk import FileProblem
from nodes.sdk.values import Motion
from nodes.sdk.values.arrays import FloatArray, host_array

_HEADER = """HIERARCHY
ROOT Head
{
\tOFFSET 0.0 0.0 0.0
\tCHANNELS 6 Xposition Yposition Zposition Yrotation Xrotation Zrotation
\tEnd Site
\t{
\t\tOFFSET 0.0 20.0 0.0
\t}
}
"""
_MOST_VALUES = 20_000_000
_AXES = {"X", "Y", "Z"}


def motion_as_bvh(motion: Motion) -> str:
    """The text of a BVH file with the head's rotation and translation. The face is lost."""
    from scipy.spatial.transform import Rotation

    angles = Rotation.from_rotvec(host_array(motion.rotation)).as_euler("YXZ", degrees=True)
    rows = np.concatenate([host_array(motion.translation) * 100.0, angles], axis=1)
    lines = [" ".join(f"{value:.6f}" for value in row) for row in rows]
    frame_time = 1.0 / motion.fps
    return f"{_HEADER}MOTION\nFrames: {len(rows)}\nFrame Time: {frame_time:.9f}\n" + "\n".join(lines) + "\n"


def motion_from_bvh(text: str, name: str) -> Motion:
    """The head of a BVH file: a joint whose name holds "head", else the root; its own channels only.

    Raises:
        FileProblem: when it is no such file.
    """
    hierarchy, found, motion = text.partition("MOTION")
    if not found or "HIERARCHY" not in hierarchy:
        raise _problem(name, "it has no HIERARCHY and MOTION")
    joints = _channels(hierarchy, name)
    lines = [line for line in motion.splitlines() if line.strip()]
    try:
        count = int(lines[0].partition(":")[2])
        frame_time = float(lines[1].partition(":")[2])
        width = sum(len(channels) for _, channels in joints)
        if not (count > 0 and width and count * width <= _MOST_VALUES and frame_time > 0):
            raise ValueError("its numbers of frames and channels make no sense")
        values = np.array(" ".join(lines[2:]).split(), np.float64)[: count * width].reshape(count, width)
    except (ValueError, IndexError) as error:
        raise _problem(name, str(error)) from error
    if not np.isfinite(values).all():
        raise _problem(name, "some of its values are no numbers")
    start = 0
    chosen: tuple[int, list[str]] | None = None
    for joint, channels in joints:
        if "head" in joint.lower() and any(c.endswith("rotation") for c in channels):
            chosen = (start, channels)
            break
        start += len(channels)
    first, channels = chosen or (0, joints[0][1])
    known = [channel for channel in channels if channel.lower().endswith(("rotation", "position"))]
    if len({channel.lower() for channel in known}) < len(known) or not _AXES.issuperset(
        channel[:-8].upper() for channel in known
    ):
        raise _problem(name, f"its channels are {' '.join(channels)[:80]}")
    return _as_motion(values[:, first : first + len(channels)], channels, 1.0 / frame_time)


def _channels(hierarchy: str, name: str) -> list[tuple[str, list[str]]]:
    joints, current = [], "root"
    for line in hierarchy.splitlines():
        words = line.split()
        if words[:1] in (["ROOT"], ["JOINT"]) and len(words) > 1:
            current = words[1]
        elif words[:1] == ["CHANNELS"]:
            joints.append((current, words[2:]))
    if not joints:
        raise _problem(name, "it has no channels")
    return joints


def _as_motion(values: FloatArray, channels: list[str], fps: float) -> Motion:
    from scipy.spatial.transform import Rotation

    count = len(values)
    order = [n for n, channel in enumerate(channels) if channel.lower().endswith("rotation")]
    rotation = np.zeros((count, 3))
    if order:
        axes = "".join(channels[n][0].upper() for n in order)
        rotation = Rotation.from_euler(axes, values[:, order], degrees=True).as_rotvec()
    translation = np.zeros((count, 3))
    for n, channel in enumerate(channels):
        if channel.lower().endswith("position"):
            translation[:, "XYZ".index(channel[0].upper())] = values[:, n] / 100.0
    return Motion(
        np.zeros((count, 52), np.float32),
        rotation.reshape(count, 3).astype(np.float32),
        (translation - translation[:1]).astype(np.float32),
        np.zeros((count, 2, 2), np.float32),
        fps,
    )


def _problem(name: str, why: str) -> FileProblem:
    return FileProblem(f"{name} is not a BVH file that can be read: {why}", hint="Export it again")
