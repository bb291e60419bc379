from dataclasses import replace

import numpy as np
import pytest

from nodes.camera._placing import orbit, shrunk
from nodes.gaussians.exact import exact_picture
from nodes.gaussians.harmonics import colour_to_harmonic
from nodes.gaussians.projection import view_matrix
from nodes.gaussians.render import Surface, render
from nodes.gaussians.shading import splat_normals
from nodes.sdk import NodeError
from nodes.sdk.context import Context, RunSettings
from nodes.sdk.values import Camera, Mesh, Splats
from nodes.splats.render_splats import render_splats
from tests.splats.conftest import cloud, psnr


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
@pytest.mark.parametrize("antialias", [False, True])
def test_the_fast_picture_equals_the_exact_one(
    ball: Splats, camera: Camera, degree: int, antialias: bool
) -> None:
    exact, through = exact_picture(ball, camera, antialias=antialias, degree=degree)
    fast = render(ball, camera, antialias=antialias, degree=degree)
    assert psnr(fast.colour, exact) > 60
    assert psnr(fast.alpha, 1 - through) > 60


def test_the_pictures_need_not_be_whole_tiles(ball: Splats, camera: Camera) -> None:
    odd = replace(camera, width=33, height=17, centre_x=16.0, centre_y=9.0)
    exact, _ = exact_picture(ball, odd)
    assert psnr(render(ball, odd).colour, exact) > 60


def _showing(splats: Splats, values: np.ndarray) -> Splats:
    """The same splats with other colours, which may be any numbers above 0."""
    return replace(splats, harmonics=colour_to_harmonic(values)[:, None])


def test_depth_and_normals_are_blended_as_colours_are(ball: Splats, camera: Camera) -> None:
    distance = (ball.positions @ view_matrix(camera)[2, :3] + view_matrix(camera)[2, 3])[:, None]
    depth, through = exact_picture(_showing(ball, np.repeat(distance, 3, axis=1)), camera)
    facing, _ = exact_picture(_showing(ball, splat_normals(ball, camera) / 2 + 0.5), camera)
    seen = through < 0.5
    drawn = render(ball, camera, shape=True)
    assert drawn.depth is not None and drawn.normals is not None
    assert np.abs(drawn.depth[seen] - depth[seen, 0] / (1 - through)[seen]).max() < 1e-3
    summed = 2 * facing - (1 - through)[..., None]
    length = np.linalg.norm(summed, axis=2)
    expected = summed / np.maximum(length, 1e-6)[..., None]
    # Where opposite normals cancel each other, what remains has no direction to speak of.
    assert np.abs(drawn.normals - expected)[seen & (length > 0.1)].max() < 0.02
    assert np.array_equal(drawn.colour, render(ball, camera).colour)


def test_a_plane_among_splats_shows_exactly_those_before_it(ball: Splats, camera: Camera) -> None:
    distance = ball.positions @ view_matrix(camera)[2, :3] + view_matrix(camera)[2, 3]
    size = (camera.height, camera.width)
    blue = np.zeros((*size, 3), np.float32)
    blue[..., 2] = 1
    plane = Surface(blue, np.ones(size, np.float32), np.full(size, 0.5, np.float32), blue)
    near = Splats(
        *(getattr(ball, name)[distance <= 0.5] for name in ("positions", "scales", "rotations", "opacities")),
        ball.harmonics[distance <= 0.5],
    )
    assert 100 < len(near.positions) < len(ball.positions) - 100
    colour, through = exact_picture(near, camera)
    assert psnr(render(ball, camera, surface=plane).colour, colour + through[..., None] * blue) > 60


def test_many_layers_are_blended_to_the_last_that_shows(camera: Camera) -> None:
    made = cloud(4000, seed=11)
    faint = replace(made, scales=made.scales * 4, opacities=np.full(4000, 0.03, np.float32))
    exact, through = exact_picture(faint, camera)
    drawn = render(faint, camera)
    assert through.min() < 1e-6
    assert psnr(drawn.colour, exact) > 70
    assert psnr(drawn.alpha, 1 - through) > 70


@pytest.mark.parametrize("count", [1, 15, 16, 17, 31])
def test_any_number_of_splats_is_drawn(count: int, camera: Camera) -> None:
    few = cloud(count, bands=4, seed=count)
    exact, _ = exact_picture(few, camera)
    drawn = render(few, camera)
    assert drawn.colour.max() > 0.05
    assert psnr(drawn.colour, exact) > 60


def test_damaged_splats_are_left_out(ball: Splats, camera: Camera) -> None:
    fields = {name: getattr(ball, name).copy() for name in ("positions", "scales", "rotations", "opacities")}
    fields["positions"][5, 1] = np.nan
    fields["positions"][6, 0] = np.inf
    fields["scales"][7, 2] = np.nan
    fields["rotations"][8, 3] = np.nan
    fields["opacities"][9] = np.nan
    fields["opacities"][10] = -1.0
    fields["opacities"][11] = 0.0
    whole = np.ones(len(ball.positions), bool)
    whole[5:12] = False
    others = Splats(*(getattr(ball, name)[whole] for name in fields), ball.harmonics[whole])
    drawn = render(Splats(**fields, harmonics=ball.harmonics), camera, shape=True)
    # Sums may be taken in another order, because the others have moved up.
    assert np.abs(drawn.colour - render(others, camera).colour).max() < 1e-5
    assert drawn.normals is not None and np.isfinite(drawn.normals).all()


def _one(place: tuple[float, float, float], colour: tuple[float, float, float], size: float = 0.02) -> Splats:
    return Splats(
        np.array([place], np.float32),
        np.full((1, 3), size, np.float32),
        np.array([[1, 0, 0, 0]], np.float32),
        np.array([0.99], np.float32),
        colour_to_harmonic(np.array([[colour]], np.float32)),
    )


def test_the_nearer_splat_hides_the_farther(camera: Camera) -> None:
    front = orbit(np.zeros(3), 0.5, around=0, above=0, width=64, height=64)
    red, green = _one((0, 0, 0.1), (1, 0, 0)), _one((0, 0, -0.1), (0, 1, 0))
    for order in ([red, green], [green, red]):
        picture = render_splats(order, [], front, context=Context()).image.pixels
        assert picture[32, 32, 0] > 0.9 and picture[32, 32, 1] < 0.1


def test_a_splat_lands_where_the_camera_projects_its_centre() -> None:
    view = orbit(np.array([0.02, 0.01, 0.0]), 0.5, around=40, above=-20, width=200, height=100)
    place = np.array([0.03, -0.02, 0.05])
    local = view.world_to_camera[:3, :3] @ place + view.world_to_camera[:3, 3]
    x = view.centre_x + view.focal * local[0] / -local[2]
    y = view.centre_y - view.focal * local[1] / -local[2]
    alpha = render(_one(tuple(place), (1, 1, 1), 0.004), view).alpha
    rows, columns = np.mgrid[:100, :200] + 0.5
    assert np.isclose((alpha * columns).sum() / alpha.sum(), x, atol=0.1)
    assert np.isclose((alpha * rows).sum() / alpha.sum(), y, atol=0.1)


def test_what_stands_behind_the_camera_is_not_drawn(camera: Camera) -> None:
    behind = _one((0, 0, 0), (1, 1, 1))
    eye = -camera.world_to_camera[:3, :3].T @ camera.world_to_camera[:3, 3]
    moved = replace(behind, positions=(2 * eye)[None].astype(np.float32))
    assert render(moved, camera).alpha.max() == 0


def test_nothing_renders_to_an_empty_picture(camera: Camera) -> None:
    drawn = render_splats([], [], camera, shape=True, context=Context())
    assert drawn.alpha.alpha.max() == 0 and drawn.image.pixels.shape == (88, 120, 4)
    assert np.isfinite(drawn.depth.pixels).all() and np.isfinite(drawn.normals.pixels).all()


def test_depth_is_the_distance_from_the_camera() -> None:
    front = orbit(np.zeros(3), 0.5, around=0, above=0, width=64, height=64)
    flat = replace(_one((0, 0, 0.1), (1, 1, 1)), scales=np.array([[0.05, 0.05, 1e-4]], np.float32))
    drawn = render(flat, front, shape=True)
    assert drawn.depth is not None and drawn.normals is not None
    assert np.isclose(drawn.depth[32, 32], 0.4, atol=1e-3)
    assert np.allclose(drawn.normals[32, 32], [0, 0, 1], atol=1e-3)


def test_a_wall_hides_what_is_behind_it_and_not_what_is_before(camera: Camera) -> None:
    front = orbit(np.zeros(3), 0.5, around=0, above=0, width=64, height=64)
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
    blue = np.tile(np.float32([0, 0, 1]), (4, 1))
    wall = Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), colours=blue)
    before = render_splats([_one((0, 0, 0.1), (1, 0, 0))], [wall], front, context=Context()).image.pixels
    behind = render_splats([_one((0, 0, -0.1), (1, 0, 0))], [wall], front, context=Context()).image.pixels
    assert before[32, 32, 0] > 0.9
    assert np.allclose(behind[32, 32], [0, 0, 1, 1], atol=0.01)
    assert np.allclose(before[1, 1], [0, 0, 1, 1], atol=0.01)


def test_a_surface_behind_shines_through_in_proportion() -> None:
    front = orbit(np.zeros(3), 0.5, around=0, above=0, width=32, height=32)
    half = replace(_one((0, 0, 0), (1, 0, 0), 0.2), opacities=np.array([0.5], np.float32))
    ones = np.ones((32, 32), np.float32)
    green = np.zeros((32, 32, 3), np.float32)
    green[..., 1] = 1
    drawn = render(half, front, surface=Surface(green, ones, ones * 2, green))
    assert np.allclose(drawn.colour[16, 16], [0.5, 0.5, 0], atol=0.01)
    assert np.isclose(drawn.alpha[16, 16], 1, atol=1e-3)


def test_the_edge_of_a_mesh_has_no_halo_before_splats() -> None:
    front = orbit(np.zeros(3), 0.5, around=0, above=0, width=64, height=64)
    sheet = _one((0, 0, -0.2), (1, 0, 0), 0.5)
    red = Splats(
        np.repeat(sheet.positions, 4, axis=0),
        np.repeat(sheet.scales, 4, axis=0),
        np.repeat(sheet.rotations, 4, axis=0),
        np.repeat(sheet.opacities, 4, axis=0),
        np.repeat(sheet.harmonics, 4, axis=0),
    )
    corners = np.array([[-1, -1, 0], [0.07, -1, 0], [-0.05, 1, 0], [-1, 1, 0]], np.float32)
    blue = np.tile(np.float32([0, 0, 1]), (4, 1))
    wall = Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), colours=blue)
    drawn = render_splats(
        [red], [wall], front, background=(0, 1, 0), transparent=False, shape=True, context=Context()
    )
    pixels, alone = drawn.image.pixels, render_splats([red], [], front, context=Context())
    # Along the slanted edge some pixels are covered in part; behind them red shows, not the background.
    partly = (pixels[..., 2] > 0.1) & (pixels[..., 2] < 0.9)
    assert partly.sum() > 20
    assert pixels[..., 1].max() < 0.02
    assert np.allclose(pixels[partly][:, 0] + pixels[partly][:, 2], 1, atol=0.02)
    assert (drawn.alpha.alpha >= alone.alpha.alpha - 1e-4).all()


def test_background_fills_what_is_left_open(camera: Camera) -> None:
    drawn = render_splats(
        [cloud(5)], [], camera, background=(0.2, 0.4, 0.6), transparent=False, context=Context()
    )
    assert drawn.image.pixels.shape[2] == 3
    assert np.allclose(drawn.image.pixels[0, 0], [0.2, 0.4, 0.6], atol=1e-3)


def test_a_proxy_shows_the_same_view_smaller(ball: Splats, camera: Camera) -> None:
    full = render_splats([ball], [], camera, transparent=False, context=Context()).image.pixels
    quick = Context(settings=RunSettings(proxy=4))
    small = render_splats([ball], [], camera, transparent=False, context=quick).image.pixels
    assert small.shape == (22, 30, 3)
    assert np.abs(full.reshape(22, 4, 30, 4, 3).mean(axis=(1, 3)) - small).mean() < 0.05
    assert shrunk(camera, 1) is camera


def test_without_a_camera_the_splats_are_framed(ball: Splats) -> None:
    far = replace(ball, positions=ball.positions + np.float32([3, -2, 7]))
    alpha = render_splats([far], [], width=64, height=64, context=Context()).alpha.alpha
    assert alpha[32, 32] > 0.5 and alpha[0, 0] < 0.05 and alpha.mean() > 0.2


def test_too_large_pictures_are_refused(ball: Splats, camera: Camera) -> None:
    with pytest.raises(NodeError, match="cannot be drawn"):
        render(ball, replace(camera, width=1 << 20, height=1 << 20))


def test_inputs_stay_as_they_were(ball: Splats, camera: Camera) -> None:
    before = [array.copy() for array in (ball.positions, ball.scales, ball.harmonics)]
    render_splats([ball], [], camera, shape=True, context=Context())
    for old, new in zip(before, (ball.positions, ball.scales, ball.harmonics), strict=True):
        assert np.array_equal(old, new)
