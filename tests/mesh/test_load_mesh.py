"""Reading meshes: what comes in is what was written, and damaged files are refused by name."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from nodes.mesh._reading import read_mesh
from nodes.mesh.load_mesh import load_mesh
from nodes.sdk.errors import FileProblem, NodeError
from nodes.sdk.values import Image, Mesh
from tests.samples import sample

CUBE = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nv 0 0 1\nv 1 0 1\nv 1 1 1\nv 0 1 1\n"


def _quad(**fields) -> Mesh:
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32), **fields)


def _textured() -> Mesh:
    uv = np.array([[[0, 0], [1, 0], [1, 1]], [[0, 0], [1, 1], [0, 1]]], np.float32)
    texture = Image(np.random.default_rng(1).random((8, 8, 3)).astype(np.float32))
    return _quad(uv=uv, texture=texture)


@pytest.mark.parametrize("extension", ["obj", "glb"])
def test_a_textured_mesh_comes_back_as_it_was_written(tmp_path, extension):
    from app.export.values import write_value

    path = tmp_path / f"quad.{extension}"
    mesh = _textured()
    write_value(mesh, path)
    found = load_mesh(path=str(path))
    corners = found.vertices[found.triangles].reshape(-1, 3)
    wanted = mesh.vertices[mesh.triangles].reshape(-1, 3)
    np.testing.assert_allclose(corners, wanted, atol=1e-6)
    np.testing.assert_allclose(found.uv, mesh.uv, atol=1e-5)
    np.testing.assert_allclose(found.texture.pixels, mesh.texture.pixels, atol=0.5 / 255 + 1e-6)


def test_colours_of_a_ply_come_back(tmp_path):
    from app.export.values import write_value

    colours = np.random.default_rng(0).random((4, 3)).astype(np.float32)
    write_value(_quad(colours=colours), tmp_path / "quad.ply")
    found = load_mesh(path=str(tmp_path / "quad.ply"))
    np.testing.assert_allclose(found.colours, colours, atol=0.5 / 255 + 1e-6)


def test_an_stl_is_welded(tmp_path):
    import trimesh

    trimesh.creation.box().export(tmp_path / "box.stl")
    found = load_mesh(path=str(tmp_path / "box.stl"))
    assert found.vertices.shape == (8, 3)
    assert found.triangles.shape == (12, 3)


def test_two_materials_share_one_texture(tmp_path):
    from PIL import Image as Pillow

    for name, colour in (("red", (255, 0, 0)), ("blue", (0, 0, 255))):
        Pillow.new("RGB", (16, 8), colour).save(tmp_path / f"{name}.png")
    (tmp_path / "two.mtl").write_text("newmtl a\nmap_Kd red.png\nnewmtl b\nmap_Kd blue.png\n")
    (tmp_path / "two.obj").write_text(
        "mtllib two.mtl\n"
        + CUBE
        + "vt 0 0\nvt 1 0\nvt 1 1\nusemtl a\nf 1/1 2/2 3/3\nusemtl b\nf 5/1 6/2 7/3\n"
    )
    from nodes.raster.sampling import sample_texture

    found = read_mesh(str(tmp_path / "two.obj"))
    seen = sample_texture(found.texture.pixels, found.uv.mean(axis=1))
    front = found.vertices[found.triangles][:, :, 2].mean(axis=1) < 0.5
    np.testing.assert_allclose(seen[front], [[1, 0, 0]], atol=1e-5)
    np.testing.assert_allclose(seen[~front], [[0, 0, 1]], atol=1e-5)


def test_units_and_the_upright_axis(tmp_path):
    (tmp_path / "a.obj").write_text("v 0 0 0\nv 0 0 200\nv 0 100 0\nf 1 2 3\n")
    path = str(tmp_path / "a.obj")
    np.testing.assert_allclose(load_mesh(path=path).vertices.max(), 0.2, atol=1e-6)
    turned = load_mesh(path=path, unit="metres", up="z").vertices
    np.testing.assert_allclose(sorted(turned.tolist()), [[0, 0, -100], [0, 0, 0], [0, 200, 0]])


def test_a_material_outside_the_folder_is_not_read(tmp_path):
    (tmp_path / "secret.mtl").write_text("newmtl a\nKd 1 0 0\n")
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "a.obj").write_text("mtllib ../secret.mtl\nusemtl a\n" + CUBE + "f 1 2 3\n")
    assert read_mesh(str(inner / "a.obj")).texture is None


PLY = "ply\nformat binary_little_endian 1.0\nelement vertex {count}\nproperty float x\nproperty float y\n" \
      "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"  # fmt: skip


def _glb(document: dict, binary: bytes = b"") -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    chunk = (
        struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    )
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunk)) + chunk


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.ply", PLY.format(count=2_000_000_000).encode() + b"\0" * 40, "vertex"),
        ("a.ply", PLY.format(count="many").encode(), "vertex"),
        ("a.ply", b"ply but no more", "header"),
        ("a.stl", b"\0" * 80 + struct.pack("<I", 4_000_000_000), "triangles"),
        ("a.stl", b"\0" * 30, "header"),
        ("a.glb", b"glTF" + struct.pack("<II", 2, 1 << 31) + struct.pack("<I4s", 1 << 30, b"JSON"), "chunk"),
        ("a.glb", _glb({"buffers": [{"byteLength": 4, "uri": "../../x.bin"}]}), "outside"),
        ("a.glb", _glb({"accessors": [{"count": 10**12}]}), "accessor 0"),
        ("a.glb", _glb({"bufferViews": [{"byteOffset": 0, "byteLength": 10**12}]}), "bufferView 0"),
        ("a.obj", b"v 0 0 nan\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "a.obj"),
        ("a.obj", b"v 0 0 0\nf 1 2 99\n", "a vertex .* not there"),
        ("a.obj", b"\xff\xfe\x00rubbish", "a.obj"),
        ("a.obj", b"v 0 0 0\n", "a.obj"),
    ],
)
def test_hostile_files_are_refused_by_name(tmp_path, name, data, words):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(FileProblem, match=words) as caught:
        read_mesh(str(path))
    assert name in str(caught.value)


@pytest.mark.parametrize("extension", ["ply", "glb", "stl", "obj"])
def test_any_damage_is_an_error_or_a_mesh_never_a_crash(tmp_path, extension):
    import trimesh

    path = tmp_path / f"box.{extension}"
    trimesh.creation.box().export(path)
    whole = path.read_bytes()
    random = np.random.default_rng(5)
    for _ in range(60):
        data = bytearray(whole[: random.integers(1, len(whole) + 1)])
        for place in random.integers(0, len(data), 4):
            data[place] = random.integers(0, 256)
        path.write_bytes(bytes(data))
        try:
            found = read_mesh(str(path))
        except (FileProblem, NodeError):
            continue
        assert np.isfinite(found.vertices).all()
        assert found.triangles.max() < len(found.vertices)


def test_the_scan_has_its_photograph():
    found = load_mesh(path=str(sample("heads/james.obj")))
    assert 0.2 < np.ptp(found.vertices[:, 1]) < 0.5
    assert found.texture.pixels.shape == (1600, 2400, 3)
    assert found.uv.min() >= 0
    assert found.uv.max() <= 1
