import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodes.gaussians.files.reading import read_splats
from nodes.gaussians.files.writing import EXTENSIONS, splat_file
from nodes.gaussians.quaternions import matrices
from nodes.gaussians.render import render
from nodes.sdk import FileProblem, NodeError
from nodes.sdk.context import Context
from nodes.sdk.values import Camera, Splats
from nodes.splats.load_splats import load_splats
from tests.samples import sample
from tests.splats.conftest import cloud, psnr

#: How far a round trip may be off: metres, share of the size, radians, opacity, harmonics, the rest.
PRECISION = {
    "ply": (1e-7, 1e-5, 1e-3, 1e-5, 1e-6, 1e-6),
    "compressed.ply": (2e-4, 0.01, 0.004, 0.003, 0.02, 0.02),
    "splat": (1e-7, 1e-6, 0.02, 0.003, 0.01, None),
    "spz": (1e-6, 0.035, 0.004, 0.003, 0.02, 0.005),
    "v4.spz": (1e-6, 0.035, 0.004, 0.003, 0.02, 0.005),
    "ksplat": (1e-7, 1e-6, 1e-3, 0.003, 0.01, 1e-6),
    "packed.ksplat": (2e-6, 0.01, 2e-3, 0.003, 0.01, 1e-3),
    "small.ksplat": (2e-6, 0.01, 2e-3, 0.003, 0.01, 0.01),
    "sog": (1e-5, 0.05, 0.01, 0.003, 0.03, 0.03),
}


def write(folder: Path, extension: str, data: bytes) -> str:
    path = folder / f"splats.{extension}"
    path.write_bytes(data)
    return str(path)


def matched(before: Splats, after: Splats) -> Splats:
    """The splats read, in the order of those written: some formats sort."""
    from scipy.spatial import cKDTree

    rows = cKDTree(after.positions).query(before.positions)[1]
    assert len(set(rows.tolist())) == len(before.positions)
    names = ("positions", "scales", "rotations", "opacities", "harmonics")
    return Splats(*(getattr(after, name)[rows] for name in names))


def calm(bands: int) -> Splats:
    """Splats whose colours fit into 8 bits, in distinct places."""
    made = cloud(700, bands, seed=5)
    return Splats(
        made.positions, made.scales, made.rotations, made.opacities, np.clip(made.harmonics, -0.9, 0.9)
    )


@pytest.mark.parametrize("extension", EXTENSIONS)
@pytest.mark.parametrize("bands", [1, 4, 9, 16])
def test_a_round_trip_keeps_splats_to_the_precision_of_the_format(
    tmp_path: Path, extension: str, bands: int
) -> None:
    before = calm(bands)
    read = read_splats(write(tmp_path, extension, splat_file(before, f"a.{extension}")))
    after = matched(before, read)
    place, size, angle, opacity, colour, rest = PRECISION[extension]
    assert np.abs(after.positions - before.positions).max() <= place
    assert np.abs(after.scales / before.scales - 1).max() <= size
    turn = matrices(after.rotations) @ matrices(before.rotations).transpose(0, 2, 1)
    cosine = (np.trace(turn, axis1=1, axis2=2) - 1) / 2
    assert np.arccos(np.clip(cosine, -1, 1)).max() <= angle * 2 + 1e-3
    assert np.abs(after.opacities - before.opacities).max() <= opacity
    assert np.abs(after.harmonics[:, 0] - before.harmonics[:, 0]).max() <= colour
    kept = {"splat": 1, "ksplat": min(bands, 9)}.get(extension.rpartition(".")[2], bands)
    assert after.harmonics.shape[1] == kept
    if rest is not None and kept > 1:
        assert np.abs(after.harmonics[:, 1:] - before.harmonics[:, 1:kept]).max() <= rest


@pytest.mark.parametrize(
    "name",
    [
        "minimal-raw.spz",
        "minimal-v2.spz",
        "minimal-v3.spz",
        "minimal-v4.spz",
        "minimal.splat",
        "minimal.ksplat",
    ],
)
def test_small_files_of_other_programs_hold_their_four_splats(name: str) -> None:
    splats = read_splats(str(sample(f"splats/{name}")))
    assert {tuple(np.abs(place.round(3))) for place in splats.positions} == {
        (0, 0, 0), (1, 0, 0), (0, 0, 1), (1, 0, 1)
    }  # fmt: skip
    assert np.allclose(splats.scales, 0.1, rtol=0.04)
    assert np.allclose(splats.opacities, 0.9, atol=0.01)


def test_a_sog_folder_of_another_program_shows_its_figure(camera: Camera) -> None:
    path = str(sample("splats/playbot_lod2_sog"))
    splats = load_splats(path=path, upright="y down", context=Context())
    assert splats.positions.shape == (125000, 3) and splats.harmonics.shape[1] == 9
    assert render(splats, camera).alpha.mean() > 0.1
    assert np.array_equal(read_splats(path + "/meta.json").positions, read_splats(path).positions)


def test_points_become_balls() -> None:
    splats = read_splats(str(sample("splats/garden.npz")))
    assert splats.positions.shape == (138766, 3)
    assert np.isfinite(splats.scales).all() and (splats.scales > 0).all()


def test_a_text_ply_of_coloured_points_is_read(tmp_path: Path) -> None:
    lines = ["ply", "format ascii 1.0", "element vertex 3", "property float x", "property float y"]
    lines += ["property float z", "property uchar red", "property uchar green", "property uchar blue"]
    lines += ["end_header", "0 0 0 255 0 0", "0.1 0 0 0 255 0", "0 0.1 0 0 0 255", ""]
    splats = read_splats(write(tmp_path, "ply", "\n".join(lines).encode()))
    assert np.allclose(splats.positions[1], [0.1, 0, 0])
    assert splats.harmonics[0, 0].argmax() == 0 and splats.harmonics[2, 0].argmax() == 2


def test_turning_upright_keeps_the_scene_rigid(tmp_path: Path) -> None:
    path = write(tmp_path, "ply", splat_file(cloud(50), "a.ply"))
    stored = load_splats(path=path, context=Context())
    down = load_splats(path=path, upright="y down", context=Context())
    up = load_splats(path=path, upright="z up", context=Context())
    assert np.allclose(down.positions, stored.positions * [1, -1, -1], atol=1e-7)
    assert np.allclose(up.positions[:, 1], stored.positions[:, 2], atol=1e-7)


def _refused(path: str, *words: str) -> None:
    with pytest.raises(FileProblem) as caught:
        read_splats(path)
    text = str(caught.value)
    assert Path(path).name in text and all(word in text for word in words), text


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_cut_file_is_refused_by_name(tmp_path: Path, extension: str) -> None:
    data = splat_file(calm(4), f"a.{extension}")
    # The last bytes of a gzip stream say nothing about the splats.
    for length in (1, 3, 10, 17, len(data) // 2 + 1, len(data) - 33):
        _refused(write(tmp_path, extension, data[:length]))


def _billions(extension: str) -> tuple[bytes, str]:
    data = bytearray(splat_file(cloud(20), f"a.{extension}"))
    many = struct.pack("<I", 4_000_000_000)
    if extension.endswith("ply"):
        return bytes(data).replace(b"element vertex 20", b"element vertex 4000000000"), "element vertex"
    if extension.endswith("ksplat"):
        data[16:20] = many
        return bytes(data), "splatCount"
    if extension == "v4.spz":
        data[8:12] = many
        return bytes(data), "numPoints"
    import gzip

    plain = bytearray(gzip.decompress(bytes(data)))
    plain[8:12] = many
    return gzip.compress(bytes(plain)), "numPoints"


@pytest.mark.parametrize("extension", ["ply", "compressed.ply", "spz", "v4.spz", "ksplat", "packed.ksplat"])
def test_billions_in_a_header_are_refused_before_memory_is_taken(tmp_path: Path, extension: str) -> None:
    data, field = _billions(extension)
    _refused(write(tmp_path, extension, data), field)


@pytest.mark.parametrize("count", [0, 10**9, -1, "many", 1.5, True, None])
def test_a_sog_with_an_impossible_count_is_refused(tmp_path: Path, count: object) -> None:
    import json

    path = tmp_path / "a.sog"
    path.write_bytes(splat_file(cloud(20), "a.sog"))
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    meta = json.loads(files["meta.json"])
    meta["count"] = count
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, json.dumps(meta) if name == "meta.json" else data)
    if count is True:
        return  # one splat of the twenty: harmless
    _refused(str(path), "count")


@pytest.mark.parametrize("name", ["../secret.webp", "/etc/passwd", "a\\b.webp", "", ".."])
def test_a_sog_cannot_name_files_outside_its_folder(tmp_path: Path, name: str) -> None:
    import json

    with zipfile.ZipFile(write(tmp_path, "sog", splat_file(cloud(9), "a.sog"))) as archive:
        archive.extractall(tmp_path)
    meta = json.loads((tmp_path / "meta.json").read_text())
    meta["quats"]["files"] = [name]
    (tmp_path / "meta.json").write_text(json.dumps(meta))
    _refused(str(tmp_path / "meta.json"), "quats.files")


@pytest.mark.parametrize(
    ("field", "column", "value"),
    [("x", 0, np.nan), ("x", 1, np.inf), ("scale_0", 7, np.inf), ("rot_0", None, 0.0), ("f_dc_0", 4, np.nan),
     ("opacity", 9, np.nan)],
)  # fmt: skip
def test_impossible_numbers_name_the_field_and_the_splat(
    tmp_path: Path, field: str, column: int | None, value: float
) -> None:
    data = splat_file(cloud(20), "a.ply")
    head = data.index(b"end_header\n") + 11
    rows = np.frombuffer(data[head:], "<f4").reshape(20, -1).copy()
    names = [line.split()[-1] for line in data[:head].decode().splitlines() if line.startswith("property")]
    if column is None:
        rows[13, [names.index(f"rot_{axis}") for axis in range(4)]] = value
    else:
        rows[13, names.index(field)] = value
    path = write(tmp_path, "ply", data[:head] + rows.tobytes())
    _refused(path, f"'{field}'", "splat 13")
    assert len(read_splats(path, skip=True).positions) == 19


def test_negative_scales_and_zero_quaternions_of_splat_files_are_refused(tmp_path: Path) -> None:
    data = bytearray(splat_file(cloud(5), "a.splat"))
    negative = data.copy()
    negative[12:16] = struct.pack("<f", -0.1)
    _refused(write(tmp_path, "splat", bytes(negative)), "scales", "splat 0")
    data[28:32] = bytes([128] * 4)
    _refused(write(tmp_path, "splat", bytes(data)), "rotations", "splat 0")


def test_a_gzip_bomb_stays_small(tmp_path: Path) -> None:
    import gzip
    import tracemalloc

    head = struct.pack("<IIIBBBB", 0x5053474E, 3, 10, 0, 12, 0, 0)
    path = write(tmp_path, "spz", gzip.compress(head + bytes(200_000_000), 9))
    tracemalloc.start()
    assert len(read_splats(path).positions) == 10
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_other_files_and_missing_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NodeError, match="no splat file is chosen"):
        read_splats(" ")
    with pytest.raises(FileProblem, match="does not exist"):
        read_splats(str(tmp_path / "none.ply"))
    with pytest.raises(FileProblem, match=r"meta\.json"):
        read_splats(str(tmp_path))
    _refused(write(tmp_path, "txt", b"words and more words"))
    _refused(write(tmp_path, "ply", b"no ply at all, not even close"))


SEEDS = {extension: splat_file(cloud(12, 4, seed=2), f"a.{extension}") for extension in EXTENSIONS}


@pytest.mark.parametrize("extension", EXTENSIONS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_random_damage_is_read_or_refused_but_never_crashes(
    tmp_path: Path, extension: str, data: st.DataObject
) -> None:
    bytes_ = bytearray(SEEDS[extension])
    # Headers are where damage does most; half of the hits go there.
    for _ in range(data.draw(st.integers(1, 6))):
        limit = len(bytes_) if data.draw(st.booleans()) else min(len(bytes_), 1500)
        place = data.draw(st.integers(0, limit - 1))
        bytes_[place] = data.draw(st.sampled_from([0, 1, 127, 128, 255, 57, 45]))
    if data.draw(st.booleans()):
        bytes_ = bytes_[: data.draw(st.integers(1, len(bytes_)))]
    path = write(tmp_path, extension, bytes(bytes_))
    try:
        splats = read_splats(path)
    except FileProblem as error:
        assert "splats." in str(error)
        return
    assert all(
        np.isfinite(getattr(splats, name)).all() for name in ("positions", "scales", "rotations", "harmonics")
    )
    assert (splats.scales > 0).all()


def test_packed_files_are_smaller() -> None:
    made = cloud(3000, 9)
    sizes = [len(splat_file(made, f"a.{kind}")) for kind in ("ksplat", "packed.ksplat", "small.ksplat")]
    assert sizes[1] < 0.62 * sizes[0] and sizes[2] < 0.8 * sizes[1]


def test_a_packed_scene_of_one_place_or_many_metres_comes_back(tmp_path: Path) -> None:
    wide = cloud(2000)
    wide = Splats(wide.positions * 300, wide.scales, wide.rotations, wide.opacities, wide.harmonics)
    read = read_splats(write(tmp_path, "packed.ksplat", splat_file(wide, "a.packed.ksplat")))
    assert np.abs(matched(wide, read).positions - wide.positions).max() < 60 / 10 / 65534 + 1e-5
    one = cloud(600)
    one = Splats(np.full_like(one.positions, 0.25), one.scales, one.rotations, one.opacities, one.harmonics)
    read = read_splats(write(tmp_path, "packed.ksplat", splat_file(one, "a.packed.ksplat")))
    assert np.allclose(read.positions, 0.25, atol=1e-4) and len(read.positions) == 600


def test_a_sog_folder_is_written_and_read(tmp_path: Path) -> None:
    from app.export.values import write_value

    made = calm(4)
    (tmp_path / "set").mkdir()
    write_value(made, tmp_path / "set" / "meta.json")
    read = read_splats(str(tmp_path / "set"))
    archive = read_splats(write(tmp_path, "sog", splat_file(made, "a.sog")))
    assert np.array_equal(read.positions, archive.positions)
    assert {path.suffix for path in (tmp_path / "set").iterdir()} == {".json", ".webp"}
    with pytest.raises(NodeError, match="no splats"):
        splat_file(cloud(0), "a.ply")


def test_the_picture_survives_every_format(tmp_path: Path, camera: Camera) -> None:
    before = calm(1)
    want = render(before, camera).colour
    for extension in EXTENSIONS:
        after = read_splats(write(tmp_path, extension, splat_file(before, f"a.{extension}")))
        assert psnr(render(after, camera).colour, want) > 30, extension
