import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numba import get_num_threads, set_num_threads

from nodes.camera._placing import orbit
from nodes.gaussians.carving import middle_and_reach, start_points
from nodes.gaussians.fitting import FitSettings, SplatFit
from nodes.gaussians.losses import signal_to_noise
from nodes.gaussians.render import render
from nodes.gaussians.shots import Photo
from nodes.gaussians.views import Y_DOWN, View, head_views, read_views
from nodes.head._shape import expressed_vertices, to_world, world_vertices
from nodes.raster.geometry import project
from nodes.raster.zbuffer import interpolate, rasterise
from nodes.sdk import Cancelled, FileProblem, NodeError
from nodes.sdk.context import Context
from nodes.sdk.values import Camera, HeadState, Image, Mask, Splats
from nodes.splats import _checkpoints
from nodes.splats.fit_splats import fit_splats
from tests.head.conftest import small_head, small_model
from tests.samples import sample
from tests.splats.conftest import cloud

__all__ = ["small_head", "small_model"]


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """One thread: for pictures this small, waiting for others takes longer than the work."""
    before = get_num_threads()
    set_num_threads(1)
    yield
    set_num_threads(before)


def scene() -> Splats:
    """A ball with a pattern on it."""
    made = cloud(1500, seed=3)
    outward = made.positions / np.linalg.norm(made.positions, axis=1, keepdims=True)
    pattern = np.sin(outward * 6) * 1.2
    return Splats(
        (0.1 * outward).astype(np.float32),
        np.full((1500, 3), 0.006, np.float32),
        made.rotations,
        np.full(1500, 0.95, np.float32),
        pattern[:, None].astype(np.float32),
    )


def camera(around: float, above: float) -> Camera:
    return orbit(np.zeros(3, np.float32), 0.5, around=around, above=above, width=64, height=64)


def view(around: float, above: float) -> View:
    drawn = render(scene(), camera(around, above))
    alpha = np.clip(drawn.alpha, 0, 1)[..., None]
    straight = np.where(alpha > 1e-3, drawn.colour / np.maximum(alpha, 1e-3), 0)
    pixels = np.concatenate([np.clip(straight, 0, 1), alpha], axis=2).astype(np.float32)
    return View(Image(pixels), camera(around, above))


@pytest.fixture(scope="module")
def views() -> list[View]:
    return [view(angle, 35 * np.sin(angle)) for angle in np.arange(0, 360, 30.0)]


def test_the_scene_is_found_where_the_cameras_look(views: list[View]) -> None:
    middle, reach = middle_and_reach(views)
    assert np.allclose(middle, 0, atol=1e-3) and 0.1 < reach < 0.2


def test_the_hull_is_where_the_outlines_meet(views: list[View]) -> None:
    points, colours = start_points(views, 2000)
    radius = np.linalg.norm(points, axis=1)
    assert 500 < len(points) <= 2000
    assert 0.085 < np.median(radius) < 0.13
    assert ((colours >= 0) & (colours <= 1)).all() and colours.std() > 0.1


def test_a_fit_shows_views_that_it_has_not_seen(views: list[View]) -> None:
    fit = SplatFit(views, FitSettings(steps=240, most=2500, degree=0, coarse=2))
    unseen = view(75.0, 10.0)
    target = unseen.image.pixels[..., :3] * unseen.image.pixels[..., 3:]
    before = signal_to_noise(render(fit.splats, unseen.camera).colour, target)
    fit.advance(240)
    after = signal_to_noise(render(fit.splats, unseen.camera).colour, target)
    assert after > before + 3 and after > 16
    assert 500 < len(fit.splats.positions) <= 2500


def test_a_fit_in_pieces_equals_one_in_one_go(views: list[View]) -> None:
    settings = FitSettings(steps=60, most=800, degree=1, coarse=2)
    whole, pieces = SplatFit(views, settings), SplatFit(views, settings)
    whole.advance(60)
    for _ in range(4):
        pieces.advance(15)
    assert np.array_equal(whole.splats.positions, pieces.splats.positions)


def _file(folder: Path, views: list[View], **changes: object) -> str:
    from PIL import Image as Pillow

    frames = []
    for number, one in enumerate(views):
        name = f"view_{number}.png"
        Pillow.fromarray(np.round(one.image.pixels * 255).astype(np.uint8)).save(folder / name)
        inverse = np.linalg.inv(one.camera.world_to_camera.astype(np.float64))
        frame: dict[str, object] = {"file_path": name, "fl_x": one.camera.focal, "w": 64, "h": 64}
        frames.append(frame | {"transform_matrix": inverse.tolist()} | changes)
    path = folder / "transforms.json"
    path.write_text(json.dumps({"frames": frames}))
    return str(path)


def test_camera_files_of_nerf_give_the_cameras_back(tmp_path: Path, views: list[View]) -> None:
    read = read_views(_file(tmp_path, views[:3]))
    for one, other in zip(views, read, strict=False):
        assert np.allclose(one.camera.world_to_camera, other.camera.world_to_camera, atol=1e-5)
        assert np.isclose(one.camera.focal, other.camera.focal) and other.image.has_alpha


def test_axes_of_the_file_turn_the_world_but_not_the_picture(tmp_path: Path, views: list[View]) -> None:
    path = _file(tmp_path, views[:1])
    plain, turned = read_views(path)[0], read_views(path, axes=Y_DOWN)[0]
    place = np.array([0.01, 0.02, 0.03])
    before = plain.camera.world_to_camera[:3] @ [*place, 1]
    assert np.allclose(before, turned.camera.world_to_camera[:3] @ [*(Y_DOWN @ place), 1], atol=1e-6)


def test_opencv_cameras_of_the_sample_look_at_one_point() -> None:
    views = read_views(str(sample("multiview/opencv_cameras.json")))
    middle, _ = middle_and_reach(views)
    for one in views:
        local = one.camera.world_to_camera[:3, :3] @ middle + one.camera.world_to_camera[:3, 3]
        assert local[2] < 0 and np.abs(local[:2]).max() < 0.02 * abs(local[2])


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"fl_x": "wide"}, "fx"),
        ({"fl_y": 5.0}, "square"),
        ({"transform_matrix": [[1, 0], [0, 1]]}, "transform_matrix"),
        ({"transform_matrix": np.zeros((4, 4)).tolist()}, "inverted"),
        ({"transform_matrix": (5 * np.eye(4)).tolist()}, "rotation"),
        ({"file_path": "gone.png"}, "gone.png"),
        ({"file_path": 7}, "file_path"),
    ],
)
def test_damaged_camera_files_are_refused(
    tmp_path: Path, views: list[View], changes: dict[str, object], word: str
) -> None:
    with pytest.raises(FileProblem, match=word):
        read_views(_file(tmp_path, views[:2], **changes))


def test_a_cancelled_fit_goes_on_where_it_stopped(tmp_path: Path, views: list[View]) -> None:
    path = _file(tmp_path, views)
    settings = {"views": path, "steps": 50, "splats": 600, "coarse": 2}
    straight = fit_splats(context=Context(), **settings)
    told: list[str] = []

    def stop_after(words: int) -> Context:
        told.clear()
        return Context(
            on_progress=lambda share, doing: told.append(doing),
            is_cancelled=lambda: sum("step" in text for text in told) >= words,
        )

    with pytest.raises(Cancelled):
        fit_splats(context=stop_after(25), **settings)
    resumed = fit_splats(context=stop_after(1000), **settings)
    assert sum("step" in text for text in told) <= 26
    assert np.array_equal(straight.positions, resumed.positions)


def test_a_stopped_fit_goes_on_after_the_program_was_closed(tmp_path: Path, views: list[View]) -> None:
    settings = FitSettings(steps=40, most=600, degree=1, coarse=2)
    whole, first, second = (SplatFit(views, settings) for _ in range(3))
    whole.advance(40)
    first.advance(17)
    kept = tmp_path / "fits" / "one.npz"
    _checkpoints.store(kept, first)
    assert _checkpoints.resume(kept, second) and second.done == 17
    second.advance(40)
    assert np.array_equal(whole.splats.positions, second.splats.positions)
    _checkpoints.forget(kept)
    assert not _checkpoints.resume(kept, second)


def test_a_damaged_or_foreign_checkpoint_is_not_used(tmp_path: Path, views: list[View]) -> None:
    fit = SplatFit(views, FitSettings(steps=40, most=600, degree=1, coarse=2))
    fit.advance(3)
    kept = tmp_path / "one.npz"
    _checkpoints.store(kept, fit)
    assert not _checkpoints.resume(kept, SplatFit(views, FitSettings(steps=40, most=600, degree=2)))
    kept.write_bytes(kept.read_bytes()[:900])
    assert not _checkpoints.resume(kept, fit) and fit.done == 3
    kept.write_bytes(b"no archive")
    assert not _checkpoints.resume(kept, fit)


def test_few_checkpoints_are_kept(tmp_path: Path, views: list[View]) -> None:
    fit = SplatFit(views, FitSettings(steps=40, most=200, coarse=2))
    for number in range(6):
        _checkpoints.store(tmp_path / f"{number}.npz", fit)
    assert len(list(tmp_path.iterdir())) == 3 and (tmp_path / "5.npz").is_file()


def test_a_running_fit_shows_how_it_stands(tmp_path: Path, views: list[View]) -> None:
    shown: list[Image] = []
    context = Context(on_preview=shown.append)
    fit_splats(views=_file(tmp_path, views), steps=50, splats=600, coarse=2, context=context)
    assert shown and shown[0].has_alpha
    assert 0.05 < shown[0].pixels[..., 3].mean() < 0.95


def test_there_must_be_one_kind_of_views(tmp_path: Path, views: list[View]) -> None:
    with pytest.raises(NodeError, match="no views"):
        fit_splats(context=Context())
    with pytest.raises(NodeError, match="several kinds"):
        fit_splats(views=_file(tmp_path, views), clip="a.mp4", context=Context())


def test_heads_that_turn_are_cameras_around_one_that_stands_still(small_head: HeadState) -> None:
    heads = [turned_and_photographed(small_head, yaw) for yaw in (-0.5, -0.25, 0.0, 0.25, 0.5)]
    found = head_views([Photo(head) for head in heads])
    place = np.array([0.02, 0.01, 0.08])
    for head, one in zip(heads, found, strict=True):
        # The same place of the head is at the same colour of the cropped picture.
        there = project(one.camera, place[None].astype(np.float32))[0]
        want = project(head.camera, to_world(head, place[None].astype(np.float32)))[0]
        assert np.isclose(there[2], want[2], atol=1e-5)
        assert head.picture is not None
        colours = [
            picture[round(at[1] - 0.5), round(at[0] - 0.5), :3]
            for picture, at in ((one.image.pixels, there), (head.picture.pixels, want))
        ]
        assert np.abs(colours[0] - colours[1]).max() < 0.12
    splats = fit_splats(None, heads, steps=60, splats=800, coarse=2, degree=0, context=Context())
    assert np.abs(np.median(splats.positions, axis=0)).max() < 0.06


def turned_and_photographed(head: HeadState, yaw: float) -> HeadState:
    """A head with a pattern on it, turned, and a picture of that."""
    moved = replace(head, rotation=np.array([0.0, yaw, 0.0], np.float32))
    points = project(head.camera, world_vertices(moved))
    drawn = rasterise(points, head.model.triangles, 160, 160)
    colour = 0.5 + 0.4 * np.sin(interpolate(drawn, head.model.triangles, 30 * expressed_vertices(moved)))
    return replace(moved, picture=Image(np.where(drawn.covered[..., None], colour, 0).astype(np.float32)))


def test_heads_without_pictures_or_with_other_mattes_are_refused(small_head: HeadState) -> None:
    seen = turned_and_photographed(small_head, 0.1)
    with pytest.raises(NodeError, match="no picture"):
        fit_splats(None, [seen, small_head], context=Context())
    with pytest.raises(NodeError, match="two views"):
        fit_splats(None, [seen], context=Context())
    with pytest.raises(NodeError, match="1 mattes"):
        fit_splats(None, [seen, seen], [Mask(np.ones((160, 160), np.float32))], context=Context())
    with pytest.raises(NodeError, match="matte 2"):
        masks = [Mask(np.ones((size, size), np.float32)) for size in (160, 80)]
        fit_splats(None, [seen, seen], masks, context=Context())


def test_one_view_is_too_few(tmp_path: Path, views: list[View]) -> None:
    with pytest.raises(NodeError, match="two views"):
        fit_splats(views=_file(tmp_path, views[:1]), context=Context())
