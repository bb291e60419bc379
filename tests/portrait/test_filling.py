"""Holes filled with what surrounds them."""

import numpy as np

from nodes.portrait.filling import filled, plainness


def striped(side=96):
    rows = np.arange(side)
    picture = np.empty((side, side, 3), np.float32)
    picture[:] = (0.5 + 0.4 * np.sign(np.sin(rows * np.pi / 6)))[:, None, None]
    return picture


def middle_hole(side=96, reach=14):
    hole = np.zeros((side, side), bool)
    hole[side // 2 - reach : side // 2 + reach, side // 2 - reach : side // 2 + reach] = True
    return hole


def test_a_pattern_goes_on_through_the_hole():
    picture, hole = striped(), middle_hole()
    broken = np.where(hole[..., None], 0.5, picture).astype(np.float32)
    assert np.abs(filled(broken, hole) - picture)[hole].mean() < 0.06


def test_pixels_outside_stay_bit_for_bit():
    rng = np.random.default_rng(1)
    picture, hole = rng.random((80, 70, 3)).astype(np.float32), np.zeros((80, 70), bool)
    hole[20:40, 30:50] = True
    assert np.array_equal(filled(picture, hole)[~hole], picture[~hole])


def test_what_lay_in_the_hole_does_not_matter():
    picture, hole = striped(), middle_hole()
    other = np.where(hole[..., None], 0.9, picture).astype(np.float32)
    assert np.array_equal(filled(picture, hole)[hole], filled(other, hole)[hole])


def test_a_slow_change_of_light_goes_on():
    ramp = np.linspace(0.2, 0.8, 96, dtype=np.float32)
    picture = np.broadcast_to(ramp[None, :, None], (96, 96, 3)).astype(np.float32)
    hole = middle_hole(reach=20)
    assert np.abs(filled(picture, hole) - picture)[hole].max() < 0.06


def test_only_allowed_places_are_copied():
    picture = np.full((96, 96, 3), 0.2, np.float32)
    picture[:, 60:] = 0.9
    hole = middle_hole()
    allowed = np.zeros((96, 96), bool)
    allowed[:, :34] = True
    assert filled(picture, hole, allowed)[hole].max() < 0.3


def test_nothing_known_gives_the_mean_and_no_hole_gives_the_picture():
    picture = striped(40)
    everything = np.ones((40, 40), bool)
    assert np.allclose(filled(picture, everything), picture.mean(axis=(0, 1)), atol=1e-5)
    assert filled(picture, ~everything) is picture


def test_the_fill_has_the_grain_of_the_picture_and_no_streaks():
    draw = np.random.default_rng(4).normal(0, 0.03, (128, 128, 3))
    picture = np.clip(0.5 + draw, 0, 1).astype(np.float32)
    hole = middle_hole(128, 30)
    made = filled(picture, hole)[36:92, 36:92]
    assert 0.65 < made.std() / picture.std() < 1.4
    across, down = np.abs(np.diff(made, axis=1)).mean(), np.abs(np.diff(made, axis=0)).mean()
    assert 0.7 < across / down < 1.4
    columns, rows = made.mean(axis=0).std(), made.mean(axis=1).std()
    assert max(columns, rows) < 3.5 * 0.03 / np.sqrt(56)


def test_what_lies_in_layers_goes_on_level():
    picture = np.full((128, 128, 3), 0.3, np.float32)
    picture[:40] = [0.3, 0.5, 0.8]
    picture[60:70] = [0.7, 0.3, 0.2]
    picture += np.random.default_rng(2).normal(0, 0.01, picture.shape).astype(np.float32)
    hole = np.zeros((128, 128), bool)
    hole[10:120, 50:86] = True
    made = filled(np.where(hole[..., None], 0.0, picture).astype(np.float32), hole)
    assert np.abs(made - picture)[hole].mean() < 0.06


def test_a_wall_in_soft_light_is_continued_without_steps():
    rows, columns = np.mgrid[:120, :160].astype(np.float32)
    light = 0.5 + 0.3 * columns / 160 - 0.2 * rows / 120
    wall = np.repeat(light[..., None], 3, axis=2)
    hole = np.hypot(rows - 60, columns - 80) < 35
    painted = np.where(hole[..., None], 0.1, wall).astype(np.float32)
    found = filled(painted, hole)
    assert np.abs(found - wall).max() < 0.06
    assert max(np.abs(np.diff(found, axis=axis)).max() for axis in (0, 1)) < 0.03


def test_stripes_are_not_smoothed_away():
    columns = np.arange(160)[None, :, None]
    striped = np.broadcast_to(0.5 + 0.3 * np.sign(np.sin(columns / 3.0)), (120, 160, 3)).astype(np.float32)
    hole = np.zeros((120, 160), bool)
    hole[40:80, 50:110] = True
    painted = np.where(hole[..., None], 0.5, striped).astype(np.float32)
    assert plainness(painted, hole, ~hole)[hole].max() < 0.05
    assert filled(painted, hole)[hole].std() > 0.2
