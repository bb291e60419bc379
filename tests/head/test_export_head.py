"""Heads as files: with bones and animation, and their motion alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.document.graph import Graph, NodeInstance, Port
from app.engine.evaluate import Evaluator
from app.engine.exporting import export_node
from app.export.values import write_value
from nodes.head import _pose
from nodes.head._glb import head_glb
from nodes.head._materials import teeth_picture, teeth_uv
from nodes.head._moving import is_still, motion_of
from nodes.head._shape import neutral_vertices, parts_of
from nodes.head._texture import plain_texture
from nodes.head.export_head import export_head
from nodes.media import gltf_motion
from nodes.media.gltf_motion import eye_turns, looking_angles, motion_glb
from nodes.media.live_link import motion_from_csv
from nodes.sdk import Context, node
from nodes.sdk.errors import NodeError
from nodes.sdk.registry import Registry
from nodes.sdk.values import ARKIT_NAMES, HeadState, Motion
from tests.head.test_shape_edits import document_of

JAW = ARKIT_NAMES.index("jawOpen")


def a_motion(count: int = 6, fps: float = 25.0) -> Motion:
    coefficients = np.zeros((count, 52), np.float32)
    coefficients[:, JAW] = np.linspace(0, 1, count)
    rotation = np.zeros((count, 3), np.float32)
    rotation[:, 1] = np.linspace(0, 0.6, count)
    gaze = np.full((count, 2, 2), 0.2, np.float32)
    return Motion(coefficients, rotation, np.zeros((count, 3), np.float32), gaze, fps)


def floats(data: bytes, document: dict[str, Any], number: int) -> np.ndarray:
    entry = document["accessors"][number]
    view = document["bufferViews"][entry["bufferView"]]
    width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[entry["type"]]
    body = data[28 + int.from_bytes(data[12:16], "little") :]
    return np.frombuffer(body, np.float32, entry["count"] * width, view["byteOffset"]).reshape(-1, width)


def with_eyes(head: HeadState) -> HeadState:
    """The small head, two patches of it called its eyes."""
    parts = head.model.parts.copy()
    parts[:40], parts[40:80] = 1, 2
    model = replace(head.model, parts=parts, part_names=("skin", "eye_left", "eye_right"))
    return replace(head, model=model)


def test_a_motion_is_an_animation_of_keys_head_and_eyes(small_head: HeadState) -> None:
    motion = a_motion()
    data = head_glb(with_eyes(small_head), plain_texture(), motion)
    document = document_of(data)
    (animation,) = document["animations"]
    names = [document["nodes"][channel["target"]["node"]]["name"] for channel in animation["channels"]]
    paths = [channel["target"]["path"] for channel in animation["channels"]]
    assert list(zip(names, paths, strict=True)) == [
        ("head", "weights"),
        ("head_bone", "rotation"),
        ("eye_left", "rotation"),
        ("eye_right", "rotation"),
    ]
    weights, turns, eye, _ = (floats(data, document, sampler["output"]) for sampler in animation["samplers"])
    assert np.allclose(weights.reshape(6, 52), motion.coefficients)
    assert np.allclose(2 * np.arcsin(turns[:, 1]), motion.rotation[:, 1], atol=1e-5)
    assert np.allclose(np.linalg.norm(eye, axis=1), 1.0, atol=1e-5)
    times = floats(data, document, animation["samplers"][0]["input"]).ravel()
    assert np.allclose(times, np.arange(6) / 25.0)


def test_every_vertex_hangs_on_its_own_bone(small_head: HeadState) -> None:
    document = document_of(head_glb(with_eyes(small_head), plain_texture()))
    (skin,) = document["skins"]
    assert [document["nodes"][joint]["name"] for joint in skin["joints"]] == [
        "head_bone",
        "eye_left",
        "eye_right",
    ]
    (mesh,) = document["meshes"]
    assert [document["materials"][p["material"]]["name"] for p in mesh["primitives"]] == [
        "skin",
        "eye_left",
        "eye_right",
    ]
    assert all({"JOINTS_0", "WEIGHTS_0"} <= set(p["attributes"]) for p in mesh["primitives"])


def test_eyes_turn_to_the_gaze_whatever_the_looking_keys_do() -> None:
    from scipy.spatial.transform import Rotation

    weights = np.zeros((1, 52), np.float32)
    weights[0, ARKIT_NAMES.index("eyeLookOutLeft")] = 1.0
    gaze = np.array([[0.1, 0.3]], np.float32)
    by_keys = looking_angles(weights, 0)
    bones = Rotation.from_quat(eye_turns(gaze, by_keys)) * Rotation.from_quat(eye_turns(by_keys))
    assert np.allclose(bones.as_quat(), eye_turns(gaze), atol=1e-6)
    forward = Rotation.from_quat(eye_turns(gaze)).apply([0.0, 0.0, 1.0])[0]
    assert forward[0] > 0.25  # to the person's left, which is the viewer's right
    assert forward[1] > 0.05  # up


def test_looking_keys_mean_the_same_everywhere() -> None:
    assert (gltf_motion.LOOK_UP_DOWN, gltf_motion.LOOK_SIDEWAYS) == (_pose.LOOK_UP_DOWN, _pose.LOOK_SIDEWAYS)
    weights = np.random.default_rng(0).random((1, 52)).astype(np.float32)
    both = np.stack([looking_angles(weights, side)[0] for side in (0, 1)])
    assert np.allclose(both, _pose.gaze_from_coefficients(weights[0]))


def test_a_motion_alone_is_read_by_others(tmp_path: Path) -> None:
    import trimesh

    path = tmp_path / "motion.glb"
    path.write_bytes(motion_glb(a_motion()))
    (face,) = trimesh.load(path).geometry.values()
    assert len(face.faces) == 104
    document = document_of(path.read_bytes())
    assert document["meshes"][0]["extras"]["targetNames"] == list(ARKIT_NAMES)


def test_a_motion_of_no_frames_is_refused() -> None:
    with pytest.raises(NodeError, match="no frame"):
        motion_glb(a_motion(0))


def test_what_heads_do_is_their_motion(small_head: HeadState) -> None:
    heads = [
        replace(
            small_head, translation=np.array([0.01 * n, 0, -0.6], np.float32), gaze=small_head.gaze + n / 10
        )
        for n in range(4)
    ]
    motion = motion_of(heads, 30.0)
    assert np.allclose(motion.translation[:, 0], [0, 0.01, 0.02, 0.03])
    assert motion.translation[0].tolist() == [0, 0, 0]
    assert np.allclose(motion.gaze[:, 1, 1], [0, 0.1, 0.2, 0.3])
    assert not is_still(motion)
    assert is_still(motion_of([small_head] * 3, 30.0))
    with pytest.raises(NodeError, match="no head"):
        motion_of([], 30.0)


@pytest.mark.parametrize("name", ["head.csv", "head.glb"])
def test_a_head_that_moves_is_exported_with_its_motion(
    name: str, small_head: HeadState, tmp_path: Path
) -> None:
    @node(title="Talking", category="Test", reads=("frame",))
    def talking(*, context: Context) -> HeadState:
        """Open the jaw frame by frame."""
        expression = np.zeros(52, np.float32)
        expression[JAW] = context.frame / 10
        return replace(small_head, expression=expression)

    target = tmp_path / name
    _export(Graph().with_node("head", NodeInstance("talking")), talking, target, small_head)
    if name.endswith("csv"):
        read = motion_from_csv(target.read_text(), name)
        assert np.allclose(read.coefficients[:, JAW], np.arange(2, 7) / 10, atol=1e-6)
    else:
        (animation,) = document_of(target.read_bytes())["animations"]
        assert animation["channels"][0]["target"]["path"] == "weights"


def test_a_wired_motion_goes_before_the_heads_own(small_head: HeadState, tmp_path: Path) -> None:
    @node(title="Talking", category="Test")
    def talking() -> HeadState:
        """Hold the same head still."""
        return small_head

    @node(title="Recorded", category="Test")
    def recorded() -> Motion:
        """Give a recorded motion."""
        return a_motion(9)

    graph = Graph().with_node("head", NodeInstance("talking")).with_node("motion", NodeInstance("recorded"))
    target = tmp_path / "head.csv"
    graph = graph.with_node("out", NodeInstance("export_head", parameters={"path": str(target)}))
    graph = graph.with_link(Port("head", "out"), "out", "head").with_link(
        Port("motion", "out"), "out", "motion"
    )
    _export(graph, talking, None, small_head, "out", recorded)
    assert len(motion_from_csv(target.read_text(), "m").coefficients) == 9


def test_a_head_that_stands_still_gets_no_animation(small_head: HeadState, tmp_path: Path) -> None:
    @node(title="Talking", category="Test")
    def talking() -> HeadState:
        """Hold the same head still."""
        return small_head

    _export(Graph().with_node("head", NodeInstance("talking")), talking, tmp_path / "a.glb", small_head)
    assert "animations" not in document_of((tmp_path / "a.glb").read_bytes())


def test_one_head_is_a_motion_of_one_frame(small_head: HeadState, tmp_path: Path) -> None:
    write_value(small_head, tmp_path / "one.csv")
    assert len(motion_from_csv((tmp_path / "one.csv").read_text(), "one").coefficients) == 1


def _export(
    graph: Graph, kind: Any, target: Path | None, head: HeadState, name: str = "head", *more: Any
) -> None:
    registry = Registry()
    for entry in (kind, export_head, *more):
        registry.add(entry.spec)
    export_node(Evaluator(registry, device="cpu"), graph, name, target, 2, 6)


def test_teeth_are_drawn_tooth_by_tooth_where_the_models_rows_are(small_head: HeadState) -> None:
    parts = small_head.model.parts.copy()
    parts[200:240], parts[300:340] = 1, 2
    model = replace(small_head.model, parts=parts, part_names=("skin", "teeth_upper", "teeth_lower"))
    head, neutral = replace(small_head, model=model), neutral_vertices(small_head)
    rows = parts_of(model)
    upper, lower = (teeth_uv(head, neutral, row) for row in (rows.teeth_upper, rows.teeth_lower))
    assert upper[:, 1].min() >= 0.5 > lower[:, 1].max()
    for row, uv in ((rows.teeth_upper, upper), (rows.teeth_lower, lower)):
        assert np.corrcoef(neutral[row, 0], uv[:, 0])[0, 1] > 0.999
        assert np.allclose(uv[:, 0].mean(), 0.5, atol=0.2)
    picture = teeth_picture(plain_texture())
    middle = picture[len(picture) // 2 - 30].mean(axis=1)
    gaps = (middle[1:-1] < middle[:-2]) & (middle[1:-1] <= middle[2:]) & (middle[1:-1] > 0.1)
    assert gaps.sum() >= 8
