"""A motion as a glTF 2.0 animation: weights of 52 morph targets, the head's and the eyes' rotation.

`animation_of` animates the nodes of a file that has a face; `motion_glb` makes a file of a motion
alone, on a stand-in of 52 bars with the targets' names, from which the curves can be taken over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.media.gltf import GltfFile
from nodes.sdk import NodeError
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray, host_array

#: How far an eye turns for a looking coefficient of 1, in radians; the targets of a head do the same.
LOOK_UP_DOWN = np.radians(25.0)
LOOK_SIDEWAYS = np.radians(35.0)

_BAR, _RISE = 0.003, 0.02


def animation_of(
    file: GltfFile,
    motion: Motion,
    *,
    face: int,
    head: int,
    eyes: tuple[int, int] | None = None,
    looking_targets: bool = False,
) -> dict[str, Any]:
    """An entry for the document's "animations".

    Args:
        file: takes the samples.
        motion: T frames, at least one, of coefficients, rotation, translation (metres) and gaze.
        face: the node whose mesh has the 52 targets, in the order of ARKIT_NAMES.
        head: the node that turns and moves.
        eyes: the nodes of the left and the right eye, children of the head.
        looking_targets: whether the looking targets of the mesh turn the eyeballs already; the
            eyes' nodes then turn by what is missing to the gaze.
    """
    from scipy.spatial.transform import Rotation

    weights = np.asarray(host_array(motion.coefficients), np.float32)
    clock = file.numbers(np.arange(len(weights), dtype=np.float32) / motion.fps)
    samplers: list[dict[str, int]] = []
    channels: list[dict[str, Any]] = []

    def channel(node: int, path: str, output: int) -> None:
        channels.append({"sampler": len(samplers), "target": {"node": node, "path": path}})
        samplers.append({"input": clock, "output": output})

    channel(face, "weights", file.numbers(weights.ravel()))
    turns = Rotation.from_rotvec(np.asarray(host_array(motion.rotation), np.float64))
    channel(head, "rotation", file.vectors(_steady(turns.as_quat()), vertex=False))
    moves = np.asarray(host_array(motion.translation), np.float32)
    if moves.any():
        channel(head, "translation", file.vectors(moves, vertex=False))
    for side, eye in enumerate(eyes or ()):
        gaze = host_array(motion.gaze)[:, side]
        looks = looking_angles(weights, side) if looking_targets else None
        channel(eye, "rotation", file.vectors(_steady(eye_turns(gaze, looks)), vertex=False))
    return {"name": "motion", "samplers": samplers, "channels": channels}


def looking_angles(weights: FloatArray, side: int) -> FloatArray:
    """What looking coefficients (T x 52) ask of the left (0) or right eye: T x 2 radians, (pitch, yaw)."""
    word, outward = (("Left", 1.0), ("Right", -1.0))[side]
    at = {name: weights[:, ARKIT_NAMES.index(f"eyeLook{name}{word}")] for name in ("Up", "Down", "In", "Out")}
    pitch = LOOK_UP_DOWN * (at["Up"] - at["Down"])
    yaw = outward * LOOK_SIDEWAYS * (at["Out"] - at["In"])
    return np.stack([pitch, yaw], axis=1)


def eye_turns(gaze: FloatArray, looks: FloatArray | None = None) -> FloatArray:
    """T x 4 quaternions (x, y, z, w) of an eye that is to look along `gaze`, T x 2 radians.

    Args:
        looks: T x 2 radians that it turns anyway, which the quaternions leave to it; None for 0.
    """
    turn = _eye_rotation(gaze)
    if looks is not None:
        turn = turn * _eye_rotation(looks).inv()
    return np.asarray(turn.as_quat(), np.float32)


def _eye_rotation(angles: FloatArray) -> Any:
    from scipy.spatial.transform import Rotation

    angles = np.asarray(angles, np.float64)
    return Rotation.from_euler("YX", np.stack([angles[:, 1], -angles[:, 0]], axis=1))


def _steady(quaternions: FloatArray) -> FloatArray:
    """The same rotations, each on the side of its neighbour, so that viewers go the short way."""
    steady = np.array(quaternions, np.float32)
    flips = np.sign(np.einsum("tc,tc->t", steady[1:], steady[:-1]))
    steady[1:] *= np.cumprod(np.where(flips < 0, -1.0, 1.0))[:, None].astype(np.float32)
    return steady


def motion_glb(motion: Motion) -> bytes:
    """The bytes of a `.glb` file of a motion without a head.

    Its mesh "face" is a row of 52 bars; target number k, by its ARKit name, lifts bar k by 2 cm. The
    nodes "head", "eye_left" and "eye_right" turn.

    Raises:
        NodeError: when the motion holds no frame.
    """
    if not len(motion.coefficients):
        raise NodeError("the motion holds no frame", hint="Wire a motion that lasts")
    file = GltfFile()
    left = (np.arange(52) - 26) * _BAR * 1.4
    x = np.stack([left, left + _BAR, left + _BAR, left], axis=1)
    y = np.tile([0.0, 0.0, _BAR / 2, _BAR / 2], (52, 1))
    places = np.stack([x, y, np.zeros_like(x)], axis=2).reshape(-1, 3).astype(np.float32)
    first = 4 * np.arange(52)[:, None, None]
    triangles = (first + np.array([[0, 1, 2], [0, 2, 3]])).reshape(-1, 3)
    targets = []
    for number in range(52):
        lift = np.zeros_like(places)
        lift[4 * number + 2 : 4 * number + 4, 1] = _RISE
        targets.append({"POSITION": file.vectors(lift, bounds=True)})
    primitive = {
        "attributes": {"POSITION": file.vectors(places, bounds=True)},
        "indices": file.indices(triangles),
        "targets": targets,
    }
    weights = [float(value) for value in host_array(motion.coefficients)[0]]
    names = {"targetNames": list(ARKIT_NAMES)}
    document: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": "Facewright"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [
            {"name": "head", "children": [1, 2, 3]},
            {"name": "face", "mesh": 0},
            {"name": "eye_left", "translation": [0.032, 0.05, 0.0]},
            {"name": "eye_right", "translation": [-0.032, 0.05, 0.0]},
        ],
        "meshes": [{"name": "face", "primitives": [primitive], "weights": weights, "extras": names}],
        "animations": [animation_of(file, motion, face=1, head=0, eyes=(2, 3))],
    }
    return file.packed(document)
