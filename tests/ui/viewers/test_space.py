"""Heads and meshes in space, sound and motion over time."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.ui.viewers.orbit import STEEPEST, Orbit
from app.ui.viewers.surfaces import surface_of, vertex_normals
from app.ui.viewers.traces import Wave, liveliest
from nodes.sdk.values import Audio, Image, Mesh, Motion, Splats


def a_square(**more: object) -> Mesh:
    vertices = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return Mesh(vertices, triangles, **more)  # type: ignore[arg-type]


def test_normals_point_to_the_side_from_which_triangles_turn_counter_clockwise() -> None:
    square = a_square()
    assert np.allclose(vertex_normals(square.vertices, square.triangles), [0, 0, 1])


def test_a_vertex_without_triangles_has_no_direction_and_no_nan() -> None:
    normals = vertex_normals(np.zeros((3, 3), np.float32), np.zeros((0, 3), np.int32))
    assert np.all(normals == 0)


def test_a_textured_mesh_gets_a_vertex_for_each_corner() -> None:
    uv = np.zeros((2, 3, 2), np.float32)
    texture = Image(np.ones((2, 2, 3), np.float32))
    surface = surface_of(a_square(uv=uv, texture=texture))
    assert surface is not None
    assert len(surface.positions) == 6
    assert surface.texture.dtype == np.uint8


def test_faint_splats_are_left_out() -> None:
    count = 4
    splats = Splats(
        np.zeros((count, 3), np.float32),
        np.ones((count, 3), np.float32),
        np.tile(np.float32([1, 0, 0, 0]), (count, 1)),
        np.float32([0.0, 0.05, 0.5, 1.0]),
        np.zeros((count, 1, 3), np.float32),
    )
    surface = surface_of(splats)
    assert surface is not None
    assert len(surface.positions) == 2
    assert np.allclose(surface.colours, 0.5)


def test_values_without_a_surface_have_none() -> None:
    assert surface_of(3.0) is None


def seen(orbit: Orbit, point: tuple[float, float, float], aspect: float = 1.0) -> tuple[float, float]:
    clip = orbit.projection(aspect) @ orbit.view() @ np.array([*point, 1.0], np.float32)
    return float(clip[0] / clip[3]), float(clip[1] / clip[3])


def test_the_camera_starts_in_front_with_y_up_and_x_to_the_right() -> None:
    orbit = Orbit.framing(np.zeros(3, np.float32), 1.0)
    assert seen(orbit, (0, 0, 0)) == pytest.approx((0, 0), abs=1e-6)
    assert seen(orbit, (0.5, 0, 0))[0] > 0
    assert seen(orbit, (0, 0.5, 0))[1] > 0


@pytest.mark.parametrize("aspect", [0.5, 1.0, 2.5])
def test_framing_keeps_the_ball_in_view(aspect: float) -> None:
    orbit = Orbit.framing(np.zeros(3, np.float32), 1.0, yaw=0.7, pitch=0.3)
    for point in np.eye(3) * 0.8:
        x, y = seen(orbit, tuple(point), aspect)
        assert abs(x) < 1
        assert abs(y) < 1


def test_dragging_to_the_right_turns_the_front_to_the_right() -> None:
    orbit = Orbit.framing(np.zeros(3, np.float32), 1.0).turned(0.3, 0.0)
    assert seen(orbit, (0, 0, 0.5))[0] > 0


def test_the_pitch_stops_before_the_poles() -> None:
    assert Orbit().turned(0, 99).pitch == STEEPEST
    assert Orbit().turned(0, -99).pitch == -STEEPEST


def test_panning_moves_the_picture_with_the_hand() -> None:
    orbit = Orbit.framing(np.zeros(3, np.float32), 1.0)
    before, after = seen(orbit, (0, 0, 0)), seen(orbit.panned(0.25, 0.0), (0, 0, 0))
    assert after[0] - before[0] == pytest.approx(0.5, abs=1e-5)


def test_coming_nearer_never_reaches_the_target() -> None:
    assert Orbit().nearer(1e12).distance > 0


def test_the_envelope_holds_every_peak() -> None:
    samples = np.zeros((44100, 1), np.float32)
    samples[12345] = 0.9
    samples[30000] = -0.7
    seconds, low, high = Wave(Audio(samples, 44100)).between(0.0, 1.0, 200)
    assert len(seconds) == len(low) == len(high)
    assert 190 <= len(seconds) <= 201
    assert high.max() == pytest.approx(0.9)
    assert low.min() == pytest.approx(-0.7)


def test_short_and_empty_sound_has_an_envelope() -> None:
    assert not len(Wave(Audio(np.zeros((0, 1), np.float32), 44100)).between(0.0, 1.0, 10)[0])
    seconds, low, high = Wave(Audio(np.ones((3, 2), np.float32), 44100)).between(0.0, 1.0, 10)
    assert len(seconds) == 3
    assert np.all(low == 1)
    assert np.all(high == 1)


def test_the_liveliest_coefficients_come_first_and_still_ones_never() -> None:
    coefficients = np.zeros((10, 52), np.float32)
    coefficients[:, 3] = np.linspace(0, 0.2, 10)
    coefficients[:, 24] = np.linspace(0, 1, 10)
    zeros = np.zeros((10, 3), np.float32)
    motion = Motion(coefficients, zeros, zeros, np.zeros((10, 2, 2), np.float32), 25.0)
    assert liveliest(motion) == [24, 3]


def test_a_mesh_is_drawn_where_it_stands(qapp) -> None:
    from app.ui.viewers.surface_renderer import GraphicsError, SurfaceRenderer

    try:
        renderer = SurfaceRenderer()
    except GraphicsError as error:
        pytest.skip(str(error))
    surface = surface_of(a_square(colours=np.tile(np.float32([1, 0, 0]), (4, 1))))
    assert surface is not None
    renderer.show(surface)
    orbit = Orbit.framing(surface.centre, surface.radius)
    pixels = renderer.draw(orbit, 200, 100, wireframe=False, background=(0, 0, 1))
    renderer.close()
    assert pixels.shape == (100, 200, 4)
    middle, corner = pixels[50, 100], pixels[2, 2]
    assert middle[0] > 120
    assert middle[2] < 60
    assert tuple(corner[:3]) == (0, 0, 255)
    assert math.isclose(float(pixels[:, 60:140, 0].mean()), float(pixels[::-1, 60:140, 0].mean()))


def test_sound_and_motion_paint(qapp, qtbot) -> None:
    from app.ui.viewers.plot_view import PlotView

    view = PlotView()
    qtbot.addWidget(view)
    view.resize(400, 200)
    view.show_value(Audio(np.sin(np.linspace(0, 300, 22050, dtype=np.float32))[:, None], 22050))
    view.show_time(0.5)
    first = view.grab().toImage()
    view.show_time(0.9)
    assert view.grab().toImage() != first, "the playhead is drawn"
