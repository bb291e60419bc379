"""Any value to a file by its extension, and back where another program can read it."""

from __future__ import annotations

import csv
import errno
import json
import struct
import wave
from pathlib import Path

import av
import numpy as np
import pytest
import trimesh

from app.export.atomic import writing
from app.export.surfaces import glb_bytes, vertex_normals
from app.export.values import extensions_for, write_value
from nodes.load.load_image import load_image
from nodes.media.colour import to_linear
from nodes.media.live_link import CURVES, head_angles
from nodes.media.stored import stored_value
from nodes.sdk import Context, FileProblem, NodeError
from nodes.sdk.values import (
    ARKIT_NAMES,
    Audio,
    Camera,
    Embedding,
    Face,
    Faces,
    HeadModel,
    HeadState,
    Image,
    Mask,
    Mesh,
    Motion,
    Splats,
    Table,
)
from tests.export.helpers import disk_with_room_for

chance = np.random.default_rng(11)


def numbers(*shape: int) -> np.ndarray:
    return chance.random(shape, np.float32)


def face() -> Face:
    return Face(numbers(4), numbers(478, 3), numbers(5, 2), coefficients=numbers(52), identity=3, name="Ann")


def head() -> HeadState:
    model = HeadModel(
        name="tiny", mean=numbers(5, 3), identity=numbers(2, 5, 3), identity_names=("wide", "tall"),
        expression=numbers(52, 5, 3), triangles=np.array([[0, 1, 2], [2, 3, 4]], np.int32),
        parts=np.zeros(2, np.int32), part_names=("skin",), uv=numbers(2, 3, 2),
        landmark_triangles=np.zeros((468, 3), np.int32),
        landmark_weights=np.full((468, 3), 1 / 3, np.float32), eye_centres=numbers(2, 3), licence="CC0-1.0",
    )  # fmt: skip
    camera = Camera(800.0, 256.0, 256.0, 512, 512)
    return HeadState(
        model, numbers(2), numbers(52), numbers(2, 2), numbers(3), numbers(3), camera, picture=picture()
    )


def picture() -> Image:
    return Image(numbers(6, 7, 3))


def motion() -> Motion:
    return Motion(numbers(4, 52), numbers(4, 3), numbers(4, 3), numbers(4, 2, 2), 30.0)


def square(**extras: object) -> Mesh:
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    return Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), **extras)


def textured() -> Mesh:
    plain = square()
    uv = plain.vertices[:, :2][plain.triangles].copy()
    uv[1] = uv[1] * 0.5  # a seam: corners of one vertex lie at two places
    return square(uv=uv, texture=picture())


VALUES = [
    picture(), Mask(numbers(6, 7)), Faces((face(),), 512, 512), head(), motion(), Audio(numbers(50, 2), 8000),
    Embedding(numbers(8), "net"), Table(("a", "b"), ((1, "x"), (None, "y, z"))), textured(), 2.5, "two words",
    Splats(numbers(3, 3), numbers(3, 3), numbers(3, 4), numbers(3), numbers(3, 4, 3)),
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_every_value_goes_into_each_file_that_is_said_to_fit(value: object, tmp_path: Path) -> None:
    assert "npz" in extensions_for(value)
    for extension in extensions_for(value):
        write_value(value, tmp_path / f"value.{extension}")
        assert (tmp_path / f"value.{extension}").stat().st_size > 0


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_does_not_fit_is_refused_with_what_does(value: object, tmp_path: Path) -> None:
    for name in ("value.xyz", "value", "value.wav" if not isinstance(value, Audio) else "value.png"):
        with pytest.raises(NodeError) as caught:
            write_value(value, tmp_path / name)
        assert name in str(caught.value)
        assert all(f".{extension}" in caught.value.hint for extension in extensions_for(value))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_an_archive_gives_the_same_value_back(value: object, tmp_path: Path) -> None:
    write_value(value, tmp_path / "value.npz")
    with np.load(tmp_path / "value.npz", allow_pickle=False) as stored:
        assert all(stored[name].dtype != object for name in stored.files)
    back = stored_value(tmp_path / "value.npz")
    write_value(back, tmp_path / "again.npz")
    assert type(back) is type(value)
    first, second = (tmp_path / name for name in ("value.npz", "again.npz"))
    with np.load(first) as one, np.load(second) as two:
        assert one.files == two.files
        assert all(np.array_equal(one[name], two[name]) for name in one.files)


def test_a_foreign_archive_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "other.npz", weights=np.zeros(3))
    with pytest.raises(FileProblem, match="no value of this program"):
        stored_value(tmp_path / "other.npz")


def test_faces_are_readable_by_name(tmp_path: Path) -> None:
    one = face()
    write_value(Faces((one,), 640, 480), tmp_path / "faces.json")
    text = (tmp_path / "faces.json").read_text("utf-8")
    tree = json.loads(text)
    assert (tree["width"], tree["faces"][0]["name"], tree["faces"][0]["identity"]) == (640, "Ann", 3)
    coefficients = tree["faces"][0]["coefficients"]
    assert list(coefficients) == list(ARKIT_NAMES)
    assert coefficients["jawOpen"] == pytest.approx(one.coefficients[ARKIT_NAMES.index("jawOpen")], abs=1e-6)
    assert np.allclose(tree["faces"][0]["landmarks"], one.landmarks, atol=1e-6)
    assert len(text.splitlines()) < 600  # a point a line, not a number a line


def test_a_head_is_readable_without_its_bulk(tmp_path: Path) -> None:
    state = head()
    write_value(state, tmp_path / "head.json")
    tree = json.loads((tmp_path / "head.json").read_text())
    assert tree["model"] == {"name": "tiny", "licence": "CC0-1.0"}
    assert set(tree["identity"]) == {"wide", "tall"}
    assert tree["gaze"]["right"]["yaw"] == pytest.approx(float(state.gaze[1, 1]), abs=1e-6)
    assert (tmp_path / "head.json").stat().st_size < 6000


def test_numbers_that_are_none_become_null(tmp_path: Path) -> None:
    write_value(Table(("a",), ((float("nan"),), (float("inf"),), (1.5,))), tmp_path / "t.json")
    assert json.loads((tmp_path / "t.json").read_text())["rows"] == [[None], [None], [1.5]]


def test_a_table_keeps_commas_and_quotes(tmp_path: Path) -> None:
    write_value(
        Table(("name", "value"), (('a "quoted", one', 1.25), ("\u00e9t\u00e9", None))), tmp_path / "t.csv"
    )
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["name", "value"],
            ['a "quoted", one', "1.25"],
            ["\u00e9t\u00e9", ""],
        ]


def test_motion_is_written_as_live_link_face_writes_it(tmp_path: Path) -> None:
    taken = motion()
    write_value(taken, tmp_path / "take.csv")
    with (tmp_path / "take.csv").open(newline="") as stream:
        header, *rows = list(csv.reader(stream))
    assert header[:4] == ["Timecode", "BlendShapeCount", "EyeBlinkLeft", "EyeLookDownLeft"]
    assert header[-9:-6] == ["HeadYaw", "HeadPitch", "HeadRoll"] and len(header) == 63
    assert [row[0] for row in rows] == [f"00:00:00:{frame:02d}.000" for frame in range(4)]
    jaw = [float(row[header.index("JawOpen")]) for row in rows]
    assert np.allclose(jaw, taken.coefficients[:, ARKIT_NAMES.index("jawOpen")], atol=1e-6)
    assert np.allclose(
        [float(row[header.index("LeftEyeYaw")]) for row in rows], taken.gaze[:, 0, 1], atol=1e-6
    )
    assert sorted(CURVES) == sorted(ARKIT_NAMES)


def test_head_angles_are_yaw_pitch_and_roll() -> None:
    assert np.allclose(
        head_angles(np.float32([[0, 0.3, 0], [0.2, 0, 0], [0, 0, -0.1]])), np.diag([0.3, 0.2, -0.1])
    )


def test_sound_is_a_wave_file(tmp_path: Path) -> None:
    samples = np.stack([np.linspace(-1.2, 1.2, 101), np.zeros(101)], axis=1).astype(np.float32)
    write_value(Audio(samples, 8000), tmp_path / "a.wav")
    with wave.open(str(tmp_path / "a.wav")) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (2, 8000, 101)
        read = np.frombuffer(sound.readframes(101), "<i2").reshape(-1, 2)
    assert np.allclose(read / 32767, np.clip(samples, -1, 1), atol=1e-4)


def test_words_are_a_text_file_with_one_end_of_line(tmp_path: Path) -> None:
    write_value("Zoë smiles.\nSo does Max.", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_bytes().decode("utf-8") == "Zoë smiles.\nSo does Max.\n"


def test_pictures_come_back(tmp_path: Path) -> None:
    linear = Image(numbers(6, 7, 4), linear=True)
    write_value(linear, tmp_path / "a.png")
    back = load_image(context=Context(), path=str(tmp_path / "a.png")).pixels
    assert np.allclose(to_linear(back[..., :3]), linear.pixels[..., :3], atol=0.006)
    assert np.allclose(back[..., 3], linear.pixels[..., 3], atol=0.003)
    write_value(linear, tmp_path / "a.exr")
    decoder = av.CodecContext.create("exr", "r")
    (frame,) = decoder.decode(av.Packet((tmp_path / "a.exr").read_bytes()))
    assert np.array_equal(frame.to_ndarray(), linear.pixels)


def test_one_picture_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="range of frames"):
        write_value(picture(), tmp_path / "a.mp4")


def test_other_programs_read_our_meshes(tmp_path: Path) -> None:
    coloured = square(colours=np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], np.float32))
    for extension in ("obj", "ply", "glb"):
        write_value(coloured, tmp_path / f"a.{extension}")
        found = trimesh.load(tmp_path / f"a.{extension}", force="mesh")
        assert found.area == pytest.approx(1.0) and len(found.faces) == 2
    ply = trimesh.load(tmp_path / "a.ply")
    order = np.lexsort(ply.vertices.T[::-1])
    assert np.array_equal(
        ply.visual.vertex_colors[order][:, :3], [[255, 0, 0], [255] * 3, [0, 255, 0], [0, 0, 255]]
    )


def test_a_texture_travels_with_its_mesh_and_lies_the_right_way_up(tmp_path: Path) -> None:
    mesh = textured()
    write_value(mesh, tmp_path / "a.glb")
    (found,) = trimesh.load(tmp_path / "a.glb").geometry.values()
    assert len(found.vertices) == 5  # the seam's moved vertex is doubled
    stored = np.asarray(found.visual.material.baseColorTexture)
    assert np.abs(stored / 255 - mesh.texture.pixels).max() < 0.003
    corners = {
        (*np.round(v, 3), *np.round(t, 3)) for v, t in zip(found.vertices, found.visual.uv, strict=True)
    }
    wanted = {
        (*np.round(mesh.vertices[vertex], 3), *np.round(place, 3))
        for row, places in zip(mesh.triangles, mesh.uv, strict=True)
        for vertex, place in zip(row, places, strict=True)
    }
    assert corners == wanted
    write_value(mesh, tmp_path / "b.obj")
    assert {path.name for path in tmp_path.glob("b.*")} == {"b.obj", "b.mtl", "b.png"}
    assert trimesh.load(tmp_path / "b.obj").visual.material.image is not None


def test_a_glb_is_aligned_and_complete() -> None:
    data = glb_bytes(textured())
    magic, version, length = struct.unpack("<4sII", data[:12])
    assert (magic, version, length) == (b"glTF", 2, len(data))
    (size,) = struct.unpack("<I", data[12:16])
    tree = json.loads(data[20 : 20 + size])
    assert size % 4 == 0 and all(view["byteOffset"] % 4 == 0 for view in tree["bufferViews"])
    assert sum(view["byteLength"] for view in tree["bufferViews"]) <= tree["buffers"][0]["byteLength"]


def test_normals_point_out_of_the_visible_side() -> None:
    assert np.allclose(vertex_normals(square().vertices, square().triangles), [0, 0, 1])


def test_a_head_becomes_the_mesh_it_stands_for(tmp_path: Path) -> None:
    from nodes.head._shape import world_vertices

    state = head()
    write_value(state, tmp_path / "head.ply")
    found = trimesh.load(tmp_path / "head.ply", process=False)
    assert np.allclose(found.vertices, world_vertices(state), atol=1e-5)


def test_splats_are_written_in_the_common_layout(tmp_path: Path) -> None:
    splats = VALUES[-1]
    write_value(splats, tmp_path / "a.ply")
    data = (tmp_path / "a.ply").read_bytes()
    header, body = data.split(b"end_header\n", 1)
    names = [line.split()[-1] for line in header.decode().splitlines() if line.startswith("property float")]
    table = np.frombuffer(body, "<f4").reshape(3, len(names))
    column = {name: table[:, number] for number, name in enumerate(names)}
    assert np.allclose(column["x"], splats.positions[:, 0])
    assert np.allclose(np.exp(column["scale_2"]), splats.scales[:, 2], rtol=1e-4)
    assert np.allclose(1 / (1 + np.exp(-column["opacity"])), splats.opacities, atol=1e-4)
    assert np.allclose(column["f_rest_4"], splats.harmonics[:, 2, 1])  # all of red first, then green


@pytest.mark.parametrize("extension", ["png", "wav", "json", "npz", "glb", "obj"])
def test_a_full_disk_costs_no_earlier_file(tmp_path: Path, extension: str) -> None:
    value = {
        "png": Image(numbers(90, 90, 3)), "wav": Audio(numbers(9000, 1), 8000),
        "json": Faces((face(),), 9, 9), "npz": Image(numbers(90, 90, 3)), "glb": textured(), "obj": square(),
    }[extension]  # fmt: skip
    path = tmp_path / f"a.{extension}"
    path.write_bytes(b"earlier")
    with disk_with_room_for(40), pytest.raises(FileProblem, match="disk is full"):
        write_value(value, path)
    assert path.read_bytes() == b"earlier"
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_a_folder_that_takes_no_files_is_not_called_missing(tmp_path: Path) -> None:
    with (
        pytest.raises(FileProblem, match="cannot be written: its folder takes no files"),
        writing(tmp_path / "a.png"),
    ):
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="nowhere does not exist"):
        write_value(2.5, tmp_path / "nowhere" / "a.json")
