from dataclasses import replace

import numpy as np
import pytest

from nodes.camera._placing import orbit
from nodes.gaussians.editing import turned
from nodes.gaussians.render import render
from nodes.raster.geometry import rotation_matrix
from nodes.sdk import NodeError
from nodes.sdk.values import Camera, Mask, Splats
from nodes.splats.edit_splats import edit_splats
from tests.splats.conftest import cloud, psnr


def test_an_idle_edit_changes_nothing(ball: Splats) -> None:
    edited = edit_splats([ball])
    assert all(
        np.array_equal(getattr(edited, name), getattr(ball, name))
        for name in ("positions", "harmonics", "scales")
    )


def test_turning_splats_equals_turning_the_camera_the_other_way(ball: Splats, camera: Camera) -> None:
    turn = rotation_matrix([0.3, -0.9, 0.5])
    rigid = camera.world_to_camera.copy()
    rigid[:3, :3] = rigid[:3, :3] @ turn.T
    there = render(turned(ball, turn), replace(camera, world_to_camera=rigid.astype(np.float32)))
    assert psnr(there.colour, render(ball, camera).colour) > 60


def test_moving_and_scaling_is_seen_by_the_camera(ball: Splats) -> None:
    near = orbit(np.zeros(3), 0.5, around=0, above=0, width=64, height=64)
    far = orbit(np.array([0.2, 0.1, -0.3]), 1.0, around=0, above=0, width=64, height=64)
    moved = edit_splats([ball], scale=2.0, shift_x=0.2, shift_y=0.1, shift_z=-0.3)
    assert psnr(render(moved, far).colour, render(ball, near).colour) > 60


def test_cutting_keeps_what_lies_in_the_region(ball: Splats) -> None:
    kept = edit_splats([ball], region="sphere", size_x=0.1, keep="only the region")
    assert 0 < len(kept.positions) < len(ball.positions)
    assert (np.linalg.norm(kept.positions, axis=1) <= 0.05).all()
    rest = edit_splats([ball], region="sphere", size_x=0.1, keep="all but the region")
    assert len(kept.positions) + len(rest.positions) == len(ball.positions)
    box = edit_splats(
        [ball], region="box", outside=True, size_x=0.1, size_y=9, size_z=9, keep="only the region"
    )
    assert (np.abs(box.positions[:, 0]) > 0.05).all() and len(box.positions)


def test_colours_change_only_in_the_region(ball: Splats) -> None:
    grey = edit_splats([ball], region="box", centre_x=5.0, size_x=10.0, saturation=0.0)
    inside = ball.positions[:, 0] >= 0
    assert np.allclose(np.ptp(grey.harmonics[inside], axis=2), 0, atol=1e-5)
    assert np.array_equal(grey.harmonics[~inside], ball.harmonics[~inside])


def test_brightness_multiplies_what_is_seen(camera: Camera) -> None:
    gentle = replace(cloud(500), harmonics=cloud(500).harmonics * 0.2)
    dark = edit_splats([gentle], brightness=0.5)
    assert np.allclose(render(dark, camera).colour, 0.5 * render(gentle, camera).colour, atol=1e-4)


def test_opacity_fades_to_nothing(ball: Splats, camera: Camera) -> None:
    assert render(edit_splats([ball], opacity=0.0), camera).alpha.max() == 0


def test_sets_of_different_degrees_become_one(camera: Camera) -> None:
    both = edit_splats([cloud(10, 1), cloud(20, 16)])
    assert len(both.positions) == 30 and both.harmonics.shape == (30, 16, 3)


def test_floaters_go_and_the_body_stays(ball: Splats) -> None:
    stray = replace(cloud(4), positions=np.float32([[2, 0, 0], [0, 3, 0], [0, 0, 4], [-5, 0, 0]]))
    clean = edit_splats([ball, stray], loneliest=5.0)
    assert np.abs(clean.positions).max() < 0.2
    assert len(clean.positions) > 0.97 * len(ball.positions)


def test_thinning_out_keeps_the_picture(camera: Camera) -> None:
    body = cloud(20000)
    smooth = replace(body, harmonics=np.sin(body.positions * 20)[:, None].astype(np.float32))
    fewer = edit_splats([smooth], thin_out=0.25)
    assert len(fewer.positions) == 5000
    assert psnr(render(fewer, camera).colour, render(smooth, camera).colour) > 26


def test_no_splats_is_said(ball: Splats) -> None:
    with pytest.raises(NodeError, match="no splats"):
        edit_splats([])
    empty = edit_splats(
        [ball], region="sphere", size_x=0.0, keep="only the region", thin_out=0.5, loneliest=3.0
    )
    assert len(empty.positions) == 0


def test_a_brush_cuts_what_the_camera_sees_under_it(ball: Splats, camera: Camera) -> None:
    stroke = np.zeros((camera.height, camera.width), np.float32)
    stroke[:, : camera.width // 2] = 1.0
    before = render(ball, camera).alpha
    cut = edit_splats([ball], Mask(stroke), camera, region="brush", keep="all but the region")
    after = render(cut, camera).alpha
    assert after[:, : camera.width // 2 - 8].sum() < 0.1 * before[:, : camera.width // 2 - 8].sum()
    right = np.s_[:, camera.width // 2 + 12 :]
    assert np.abs(after[right] - before[right]).mean() < 0.02
    kept = edit_splats([ball], Mask(stroke), camera, region="brush", keep="only the region")
    assert len(kept.positions) + len(cut.positions) == len(ball.positions)
    # A mask of another size is of the same picture.
    small = Mask(stroke[::2, ::2].copy())
    again = edit_splats([ball], small, camera, region="brush", keep="all but the region")
    assert abs(len(again.positions) - len(cut.positions)) < 0.05 * len(ball.positions)


def test_a_brush_that_does_not_go_through_leaves_what_is_behind(camera: Camera) -> None:
    front = np.linalg.inv(camera.world_to_camera)[:3, 2]
    sheet = cloud(4000)
    flat = sheet.positions - np.outer(sheet.positions @ front, front)
    solid = replace(
        sheet, opacities=np.full(4000, 0.95, np.float32), scales=np.full((4000, 3), 0.004, np.float32)
    )
    near = replace(solid, positions=(flat + 0.08 * front).astype(np.float32))
    far = replace(solid, positions=(flat - 0.08 * front).astype(np.float32))
    everywhere = Mask(np.ones((camera.height, camera.width), np.float32))
    left = edit_splats(
        [near, far], everywhere, camera, region="brush", keep="all but the region", through=False
    )
    behind = left.positions @ front < 0
    assert behind.sum() > 0.9 * len(far.positions) and (~behind).sum() < 0.1 * len(near.positions)


def test_a_brush_needs_its_mask_and_its_camera(ball: Splats, camera: Camera) -> None:
    with pytest.raises(NodeError, match="no mask"):
        edit_splats([ball], None, camera, region="brush")
    with pytest.raises(NodeError, match="no camera"):
        edit_splats([ball], Mask(np.ones((4, 4), np.float32)), region="brush")
