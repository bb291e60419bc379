import numpy as np
import pytest

from nodes.camera._placing import look_at
from nodes.camera.orbit_camera import orbit_camera
from nodes.camera.place_camera import place_camera
from nodes.camera.turntable_camera import turntable_camera
from nodes.sdk.context import Context
from nodes.sdk.values import Camera, Mesh


def eye(camera: Camera) -> np.ndarray:
    rigid = camera.world_to_camera
    return -rigid[:3, :3].T @ rigid[:3, 3]


def seen(camera: Camera, point: np.ndarray) -> np.ndarray:
    local = camera.world_to_camera[:3, :3] @ point + camera.world_to_camera[:3, 3]
    return np.array(
        [
            camera.centre_x + camera.focal * local[0] / -local[2],
            camera.centre_y - camera.focal * local[1] / -local[2],
        ]
    )


@pytest.fixture
def box() -> Mesh:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 2) for z in (0, 1)], np.float32) + 5
    return Mesh(corners, np.array([[0, 1, 2]], np.int32))


@pytest.mark.parametrize("around", [0.0, 37.0, 180.0, -90.0])
@pytest.mark.parametrize("above", [0.0, 45.0, 90.0, -90.0])
def test_an_orbiting_camera_looks_at_the_middle(box: Mesh, around: float, above: float) -> None:
    camera = orbit_camera(None, box, around=around, above=above, width=300, height=200)
    assert np.allclose(seen(camera, np.array([5.5, 6, 5.5])), [150, 100], atol=1e-2)
    assert np.allclose(
        camera.world_to_camera[:3, :3] @ camera.world_to_camera[:3, :3].T, np.eye(3), atol=1e-5
    )
    assert np.linalg.det(camera.world_to_camera[:3, :3]) > 0


def test_the_whole_thing_is_in_the_picture(box: Mesh) -> None:
    for around in (0.0, 45.0, 130.0):
        camera = orbit_camera(None, box, around=around, above=20, width=300, height=200)
        places = np.array([seen(camera, corner) for corner in box.vertices])
        assert (places > 0).all() and (places < [300, 200]).all()


def test_front_is_plus_z_and_around_goes_to_plus_x() -> None:
    assert np.allclose(eye(orbit_camera(distance=2.0)), [0, 0, 2], atol=1e-5)
    assert np.allclose(eye(orbit_camera(distance=2.0, around=90)), [2, 0, 0], atol=1e-5)
    assert np.allclose(eye(orbit_camera(distance=2.0, above=90)), [0, 2, 0], atol=1e-5)


def test_up_is_up() -> None:
    camera = orbit_camera(distance=2.0, around=70, above=30)
    assert seen(camera, np.array([0, 0.1, 0]))[1] < seen(camera, np.array([0, -0.1, 0]))[1]


def test_a_turntable_comes_back_after_its_frames(box: Mesh) -> None:
    def at(frame: int) -> np.ndarray:
        return eye(turntable_camera(None, box, frames=60, start=10, context=Context(frame=frame)))

    assert np.allclose(at(0), at(60), atol=1e-4)
    steps = [np.linalg.norm(at(frame + 1) - at(frame)) for frame in range(60)]
    assert np.allclose(steps, steps[0], rtol=1e-3) and steps[0] > 0


def test_a_placed_camera_stands_where_it_is_put() -> None:
    camera = place_camera(x=1, y=2, z=3, target_x=0, target_y=1, target_z=0, roll=30, width=64, height=64)
    assert np.allclose(eye(camera), [1, 2, 3], atol=1e-5)
    assert np.allclose(seen(camera, np.array([0, 1, 0])), [32, 32], atol=1e-3)


def test_a_camera_inside_its_target_still_has_a_view() -> None:
    assert np.isfinite(look_at((1, 1, 1), (1, 1, 1))).all()


def test_a_camera_of_another_size_sees_every_point_at_the_same_share_of_the_picture() -> None:
    camera = place_camera(x=0.2, y=0.1, z=0.6, width=300, height=200)
    small = camera.resized(150, 100)
    assert (small.width, small.height) == (150, 100)
    point = np.array([0.05, -0.02, 0.1])
    assert np.allclose(2 * seen(small, point), seen(camera, point))
    assert np.array_equal(small.world_to_camera, camera.world_to_camera)
