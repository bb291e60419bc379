"""Motions in glTF files and in the program's own, there and back."""

from __future__ import annotations

import base64
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.export.values import write_value
from nodes.media.glb import pack_glb
from nodes.sdk import FileProblem, NodeError
from nodes.sdk.values import ARKIT_NAMES, Motion
from nodes.sdk.values.arrays import FloatArray
from nodes.speech.load_motion import load_motion
from tests.speech.motions import lively

JAW = ARKIT_NAMES.index("jawOpen")


def same(back: Motion, motion: Motion) -> None:
    assert back.fps == pytest.approx(motion.fps, rel=1e-4)
    np.testing.assert_allclose(back.coefficients, motion.coefficients, atol=1e-4)
    np.testing.assert_allclose(back.rotation, motion.rotation, atol=1e-4)
    np.testing.assert_allclose(back.translation, motion.translation, atol=1e-5)
    np.testing.assert_allclose(back.gaze, motion.gaze, atol=1e-4)


@pytest.mark.parametrize("fps", [24.0, 30.0, 60.0])
def test_a_motion_survives_a_glb_file_whole(tmp_path: Path, fps: float) -> None:
    motion = lively(3, fps=fps)
    write_value(motion, tmp_path / "face.glb")
    same(load_motion(path=str(tmp_path / "face.glb")), motion)


def test_a_motion_survives_the_program_s_own_file(tmp_path: Path) -> None:
    motion = lively(4)
    write_value(motion, tmp_path / "face.npz")
    back = load_motion(path=str(tmp_path / "face.npz"))
    np.testing.assert_array_equal(back.coefficients, motion.coefficients)
    assert load_motion(path=str(tmp_path / "face.npz"), fps=12.0).fps == 12


def test_a_glb_read_at_another_rate_lasts_as_long(tmp_path: Path) -> None:
    motion = lively(5, fps=30.0)
    write_value(motion, tmp_path / "face.glb")
    back = load_motion(path=str(tmp_path / "face.glb"), fps=60.0)
    assert back.fps == 60
    np.testing.assert_allclose(back.coefficients[::2], motion.coefficients, atol=1e-4)


def test_other_programs_see_the_shape_keys_by_name(tmp_path: Path) -> None:
    import trimesh

    write_value(lively(6), tmp_path / "face.glb")
    data = (tmp_path / "face.glb").read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    (mesh,) = document["meshes"]
    assert tuple(mesh["extras"]["targetNames"]) == ARKIT_NAMES
    assert len(mesh["primitives"][0]["targets"]) == 52
    assert all(accessor["count"] > 0 for accessor in document["accessors"])
    assert len(trimesh.load(tmp_path / "face.glb").geometry) == 1


def foreign(folder: Path, *, way: str = "LINEAR", weights: FloatArray | None = None, **changes: Any) -> Path:
    """A .gltf as other programs write it: the buffer inside, the head's joint above the mesh."""
    times = np.array([0.0, 0.5, 1.0], np.float32)
    keys = np.array([[0, 0], [1, 0.5], [0, 1]], np.float32) if weights is None else weights
    turns = np.array([[0, 0, 0, 1], [0, 0.38268343, 0, 0.92387953], [0, -0.38268343, 0, -0.92387953]])
    parts = [times.tobytes(), keys.astype("<f4").tobytes(), turns.astype("<f4").tobytes()]
    starts = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    document = {
        "asset": {"version": "2.0"},
        "nodes": [{"name": "Armature", "children": [1]}, {"name": "body", "mesh": 0}],
        "meshes": [{"primitives": [], "extras": {"targetNames": ["JAWOPEN", "smirk"]}}],
        "buffers": [{"byteLength": starts[-1]}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": start, "byteLength": len(part)}
            for start, part in zip(starts[:-1], parts, strict=True)
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "SCALAR"},
            {"bufferView": 1, "componentType": 5126, "count": keys.size, "type": "SCALAR"},
            {"bufferView": 2, "componentType": 5126, "count": 3, "type": "VEC4"},
        ],
        "animations": [
            {
                "samplers": [{"input": 0, "output": 1, "interpolation": way}, {"input": 0, "output": 2}],
                "channels": [
                    {"sampler": 0, "target": {"node": 1, "path": "weights"}},
                    {"sampler": 1, "target": {"node": 0, "path": "rotation"}},
                ],
            }
        ],
        **changes,
    }
    body = b"".join(parts)
    if "buffers" not in changes:
        uri = "data:application/octet-stream;base64," + base64.b64encode(body).decode()
        document["buffers"] = [{"byteLength": len(body), "uri": uri}]
    path = folder / "other.gltf"
    path.write_text(json.dumps(document))
    return path


def test_another_program_s_face_is_read_by_its_names(tmp_path: Path) -> None:
    motion = load_motion(path=str(foreign(tmp_path)), fps=4.0)
    np.testing.assert_allclose(motion.coefficients[:, JAW], [0, 0.5, 1, 0.5, 0], atol=1e-6)
    assert motion.coefficients.sum() == pytest.approx(2.0)
    turn = np.degrees(motion.rotation[:, 1])
    # The last key is the second one's opposite, which turns alike: the head holds still between them.
    np.testing.assert_allclose(turn, [0, 22.5, 45, 45, 45], atol=0.6)


def test_steps_hold_and_splines_pass_through_their_keys(tmp_path: Path) -> None:
    held = load_motion(path=str(foreign(tmp_path, way="STEP")), fps=4.0)
    np.testing.assert_allclose(held.coefficients[:, JAW], [0, 0, 1, 1, 0], atol=1e-6)
    spline = np.zeros((3, 3, 2), np.float32)
    spline[:, 1, 0] = (0.2, 0.6, 0.4)
    spline[:, [0, 2]] = 9.0
    read = load_motion(path=str(foreign(tmp_path, way="CUBICSPLINE", weights=spline)), fps=2.0)
    np.testing.assert_allclose(read.coefficients[:, JAW], [0.2, 0.6, 0.4], atol=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"animations": []},
        {"meshes": [{"primitives": [], "extras": {"targetNames": ["smirk", "grin"]}}]},
        {"buffers": [{"byteLength": 4}]},
        {"buffers": [{"byteLength": 4, "uri": "../elsewhere.bin"}]},
        {"buffers": [{"byteLength": 4, "uri": "data:;base64,AAAA"}]},
        {"accessors": [{"componentType": 5126, "count": 10**12, "type": "SCALAR"}] * 3},
        {"accessors": [{"componentType": 1, "count": 1, "type": "SCALAR"}] * 3},
        {"nodes": 7},
    ],
)
def test_gltf_files_without_a_readable_face_are_told(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = foreign(tmp_path, **changes)
    with pytest.raises(FileProblem) as caught:
        load_motion(path=str(path))
    assert "other.gltf" in str(caught.value)


@pytest.mark.parametrize("name", ["a.glb", "a.gltf", "a.npz"])
@pytest.mark.parametrize("data", [b"glTF", b"PK\x03\x04zip?", bytes(range(256)), b"[1, 2]"])
def test_files_of_other_kinds_are_told(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(FileProblem):
        load_motion(path=str(tmp_path / name))


def test_what_lies_behind_the_end_of_a_glb_is_told(tmp_path: Path) -> None:
    (tmp_path / "cut.glb").write_bytes(pack_glb({"asset": {"version": "2.0"}}, b"")[:-6])
    with pytest.raises(FileProblem):
        load_motion(path=str(tmp_path / "cut.glb"))


def test_other_values_in_the_program_s_own_file_are_told(tmp_path: Path) -> None:
    write_value("words", tmp_path / "words.npz")
    with pytest.raises(FileProblem, match="no motion"):
        load_motion(path=str(tmp_path / "words.npz"))


def test_an_empty_motion_makes_no_glb(tmp_path: Path) -> None:
    none = np.zeros((0, 3), np.float32)
    empty = Motion(np.zeros((0, 52), np.float32), none, none, np.zeros((0, 2, 2), np.float32), 30.0)
    with pytest.raises(NodeError, match="empty"):
        write_value(empty, tmp_path / "empty.glb")
