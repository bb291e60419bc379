"""Grain measured where a picture is calm, and given to what lacks it."""

import numpy as np

from nodes.raster.grain import grain_of, with_grain


def noisy(deviation, side=120, seed=0):
    draw = np.random.default_rng(seed).normal(0, deviation, (side, side, 3))
    return np.clip(0.5 + draw, 0, 1).astype(np.float32)


def left_half(side=120):
    mask = np.zeros((side, side), bool)
    mask[:, : side // 2] = True
    return mask


def test_a_smooth_part_takes_on_the_grain_of_the_rest():
    picture = noisy(0.03)
    smooth = left_half()
    picture[smooth] = 0.5
    made = with_grain(picture, smooth.astype(np.float32), grain_of(picture, ~smooth))
    inside, outside = made[20:100, 15:45].std(), made[20:100, 75:105].std()
    assert 0.7 < inside / outside < 1.3
    assert np.array_equal(made[~smooth], picture[~smooth])


def test_what_has_grain_already_gets_hardly_more():
    picture = noisy(0.03)
    made = with_grain(picture, np.ones((120, 120), np.float32), grain_of(picture, left_half()))
    assert made.std() < 1.25 * picture.std()


def test_a_pattern_is_no_grain():
    rows = np.arange(120)
    stripes = np.broadcast_to((0.5 + 0.4 * np.sign(np.sin(rows * np.pi / 6)))[:, None, None], (120, 120, 3))
    grain = grain_of(stripes.astype(np.float32), np.ones((120, 120), bool))
    flat = np.full((120, 120, 3), 0.5, np.float32)
    assert with_grain(flat, np.ones((120, 120), np.float32), grain).std() < 0.01


def test_coloured_grain_keeps_its_colour():
    draw = np.random.default_rng(1).normal(0, 0.03, (120, 120, 1)).astype(np.float32)
    picture = (0.5 + draw * [0.0, 0.0, 1.0]).astype(np.float32)
    flat = np.full_like(picture, 0.5)
    everywhere = np.ones((120, 120), np.float32)
    red, _, blue = with_grain(flat, everywhere, grain_of(picture, everywhere > 0)).std(axis=(0, 1))
    assert blue > 0.015 and red < 0.2 * blue


def test_too_small_a_part_tells_nothing_and_nothing_is_added():
    picture = noisy(0.05, 12)
    assert grain_of(picture, np.ones((12, 12), bool)) is None
    assert with_grain(picture, np.ones((12, 12), np.float32), None) is picture


def test_the_same_grain_twice():
    flat, share = np.full((90, 70, 3), 0.4, np.float32), np.ones((90, 70), np.float32)
    grain = grain_of(noisy(0.04), np.ones((120, 120), bool))
    assert np.array_equal(with_grain(flat, share, grain), with_grain(flat, share, grain))
