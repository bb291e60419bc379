"""Attributes, mixing, transfer, textures, meshes and files of heads."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest

from nodes.head._attributes import MODEL_NAMES
from nodes.head._glb import head_glb
from nodes.head._mixing import mixed, with_attributes
from nodes.head._regions import REGIONS, region_weights
from nodes.head._shape import landmark_points, neutral_vertices
from nodes.head._texture import plain_texture, texture_for
from nodes.head.apply_head_texture import apply_head_texture
from nodes.head.head_attributes import head_attributes
from nodes.head.head_mesh import head_mesh
from nodes.head.head_texture import head_texture
from nodes.head.mix_heads import mix_heads
from nodes.head.transfer_expression import transfer_expression
from nodes.sdk.errors import NodeError
from nodes.sdk.values import ARKIT_NAMES, Image, Motion
from tests.head.rendering import rendered


@pytest.fixture
def other(small_head):
    random = np.random.default_rng(2)
    return replace(small_head, identity=random.normal(size=12).astype(np.float32))


def test_regions_share_every_vertex_out(small_model):
    total = sum(region_weights(small_model).values())
    assert set(region_weights(small_model)) == set(REGIONS)
    assert np.allclose(total, 1.0, atol=1e-5)


def test_taking_every_region_gives_the_other_head(small_head, other):
    everything = mixed(small_head, other, dict.fromkeys(REGIONS, 1.0))
    assert np.allclose(neutral_vertices(everything), neutral_vertices(other), atol=1e-6)


def test_taking_nothing_gives_the_same_head(small_head, other):
    assert mix_heads(small_head, other) is small_head


def test_taking_one_region_moves_each_vertex_by_its_share(small_head, other):
    result = mix_heads(small_head, other, nose=1.0)
    before, after, wanted = (neutral_vertices(head) for head in (small_head, result, other))
    share = region_weights(small_head.model)["nose"][:, None]
    assert np.allclose(after - before, share * (wanted - before), atol=1e-6)
    assert result.reference is small_head


def test_heads_of_different_models_do_not_mix(small_head, other):
    foreign = replace(other.model, name="another")
    with pytest.raises(NodeError, match="different models"):
        mix_heads(small_head, replace(other, model=foreign), nose=1.0)


def test_an_attribute_changes_its_own_coefficient_only(small_head):
    person = replace(small_head, identity=np.full(12, 0.3, np.float32))
    changed = with_attributes(person, {"component 4": 1.5})
    assert changed.identity[4] == pytest.approx(1.8)
    assert np.array_equal(np.delete(changed.identity, 4), np.delete(person.identity, 4))
    assert changed.reference is person and person.identity[4] == np.float32(0.3)


def test_an_attribute_the_model_does_not_have_is_named(small_head):
    with pytest.raises(NodeError, match="'nose-hump-decr-incr'"):
        head_attributes(small_head, nose_hump=1.0)


def test_expression_transfer_replaces_or_adds(small_head):
    smile, jaw = ARKIT_NAMES.index("mouthSmileLeft"), ARKIT_NAMES.index("jawOpen")

    def with_values(**values):
        expression = np.zeros(52, np.float32)
        for name, value in values.items():
            expression[ARKIT_NAMES.index(name)] = value
        return replace(small_head, expression=expression)

    target = with_values(mouthSmileLeft=0.5)
    source = with_values(jawOpen=0.8, mouthSmileLeft=0.2)
    rest = with_values(mouthSmileLeft=0.2)
    replaced = transfer_expression(target, source)
    assert replaced.expression[jaw] == pytest.approx(0.8) and replaced.expression[smile] == pytest.approx(0.2)
    added = transfer_expression(target, source, rest)
    assert added.expression[jaw] == pytest.approx(0.8) and added.expression[smile] == pytest.approx(0.5)
    half = transfer_expression(target, source, rest, strength=0.5)
    assert half.expression[jaw] == pytest.approx(0.4)


def test_pose_is_transferred_only_when_asked_for(small_head):
    source = replace(small_head, rotation=np.array([0, 0.3, 0], np.float32))
    assert np.allclose(transfer_expression(small_head, source).rotation, 0)
    turned = transfer_expression(small_head, source, small_head, pose=0.5)
    assert np.allclose(turned.rotation, [0, 0.15, 0], atol=1e-6)


def test_an_applied_texture_replaces_the_photographs(small_head):
    red = Image(np.broadcast_to(np.array([1, 0, 0], np.float32), (16, 16, 3)).copy())
    painted = apply_head_texture(small_head, red)
    pixels = rendered(painted, mode="on its own").pixels
    assert np.allclose(pixels[80, 80], [1, 0, 0, 1], atol=1e-5)


def test_transparent_paint_shows_what_is_below(small_head):
    clear = Image(np.zeros((16, 16, 4), np.float32))
    painted = apply_head_texture(small_head, clear)
    assert np.allclose(texture_for(painted).pixels, plain_texture().pixels[0, 0], atol=1e-5)


def test_a_head_without_a_photograph_has_an_even_texture(small_head):
    parts = head_texture(small_head, size="512")
    assert parts.texture.pixels.shape == (512, 512, 3) and parts.seen.alpha.shape == (512, 512)
    assert np.ptp(parts.texture.pixels, axis=(0, 1)).max() < 1e-5 and parts.seen.alpha.max() == 0


def test_meshes_come_neutral_with_expression_or_posed(small_head):
    head = replace(small_head, expression=np.full(52, 0.1, np.float32))
    neutral = head_mesh(head, shape="neutral", textured=False)
    assert np.array_equal(neutral.vertices, neutral_vertices(head)) and neutral.texture is None
    assert np.abs(head_mesh(head).vertices - neutral.vertices).max() > 1e-4
    assert head_mesh(head, shape="as posed").vertices[:, 2].max() < -0.4


def document_of(data):
    length = struct.unpack("<I", data[12:16])[0]
    return json.loads(data[20 : 20 + length])


def accessor(data, document, number):
    entry = document["accessors"][number]
    view = document["bufferViews"][entry["bufferView"]]
    body = data[28 + struct.unpack("<I", data[12:16])[0] :]
    values = np.frombuffer(body, np.float32, entry["count"] * 3, view["byteOffset"])
    return values.reshape(-1, 3)


def test_a_glb_has_52_targets_by_name_that_move_what_the_model_moves(small_head):
    data = head_glb(small_head, plain_texture())
    document = document_of(data)
    (mesh,) = document["meshes"]
    assert mesh["extras"]["targetNames"] == list(ARKIT_NAMES)
    assert all(len(primitive["targets"]) == 52 for primitive in mesh["primitives"])
    (primitive,) = mesh["primitives"]
    place = accessor(data, document, primitive["attributes"]["POSITION"])
    moved = accessor(data, document, primitive["targets"][24]["POSITION"])
    nearest = np.linalg.norm(small_head.model.mean[None] - place[:40, None], axis=2).argmin(axis=1)
    assert np.allclose(moved[:40], small_head.model.expression[24][nearest], atol=1e-5)


def test_a_glb_with_a_motion_is_animated(small_head):
    motion = Motion(
        np.random.default_rng(0).random((5, 52)).astype(np.float32),
        np.zeros((5, 3), np.float32),
        np.zeros((5, 3), np.float32),
        np.zeros((5, 2, 2), np.float32),
        25.0,
    )
    (animation,) = document_of(head_glb(small_head, plain_texture(), motion))["animations"]
    assert {channel["target"]["path"] for channel in animation["channels"]} == {"weights", "rotation"}


def test_trimesh_reads_the_glb(small_head, tmp_path):
    import trimesh

    path = tmp_path / "head.glb"
    path.write_bytes(head_glb(small_head, plain_texture()))
    (found,) = trimesh.load(path).geometry.values()
    assert len(found.faces) == len(small_head.model.triangles)
    assert np.allclose(
        found.bounds, [small_head.model.mean.min(axis=0), small_head.model.mean.max(axis=0)], atol=1e-5
    )


@pytest.mark.models
class TestFitted:
    def test_the_nose_is_the_other_ones_and_the_chin_stays(self, astronaut_fit):
        random = np.random.default_rng(4)
        identity = random.normal(size=astronaut_fit.identity.shape).astype(np.float32)
        other = replace(astronaut_fit, identity=identity)
        result = mix_heads(astronaut_fit, other, nose=1.0)
        before, after, wanted = (
            landmark_points(head.model, neutral_vertices(head)) for head in (astronaut_fit, result, other)
        )
        moved, asked = np.linalg.norm(after - before, axis=1), np.linalg.norm(wanted - before, axis=1)
        assert moved[4] > 0.7 * asked[4] and moved[152] < 0.2 * asked[152]

    def test_every_attribute_is_a_slider_of_the_model(self, astronaut_fit):
        assert set(MODEL_NAMES.values()) <= set(astronaut_fit.model.identity_names)

    def test_a_wider_nose_over_the_photograph_is_wider(self, astronaut_fit):
        from nodes.face.face_landmarks import face_landmarks
        from nodes.sdk.context import Context

        wide = rendered(head_attributes(astronaut_fit, nose_width=4.0, nostril_width=3.0))
        seen = face_landmarks(wide, context=Context())[0].landmarks
        before = astronaut_fit.landmarks

        def width(points):
            return np.linalg.norm(points[294, :2] - points[64, :2])

        assert width(seen) > 1.04 * width(before)

    def test_the_texture_shows_the_face_and_says_where_it_was_seen(self, astronaut_fit):
        parts = head_texture(astronaut_fit)
        assert parts.texture.pixels.shape == (1024, 1024, 3)
        assert 0.05 < (parts.seen.alpha > 0.5).mean() < 0.6

    def test_the_glb_has_eyes_teeth_and_tongue_apart(self, astronaut_fit):
        document = document_of(head_glb(astronaut_fit, texture_for(astronaut_fit)))
        names = {material["name"] for material in document["materials"]}
        assert {"skin", "eye_left", "eye_right", "teeth", "tongue"} <= names
        assert len(document["images"]) == 3
