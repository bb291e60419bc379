import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numba import get_num_threads, set_num_threads

from nodes.camera._placing import orbit
from nodes.gaussians.carving import middle_and_reach, start_points
from nodes.gaussians.fitting import FitSettings, SplatFit
from nodes.gaussians.losses import signal_to_noise
from nodes.gaussians.render import render
from nodes.gaussians.views import Y_DOWN, View, read_views
from nodes.sdk import Cancelled, FileProblem, NodeError
from nodes.sdk.context import Context
from nodes.sdk.values import Camera, Image, Splats
from nodes.splats.fit_splats import fit_splats
from tests.samples import sample
from tests.splats.conftest import cloud


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


def test_one_view_is_too_few(tmp_path: Path, views: list[View]) -> None:
    with pytest.raises(NodeError, match="two views"):
        fit_splats(views=_file(tmp_path, views[:1]), context=Context())
