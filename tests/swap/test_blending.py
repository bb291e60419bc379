"""Light and colour that come over, soft masks, and shapes brought onto one another."""

import numpy as np

from nodes.portrait.performing import similarity
from nodes.raster.geometry import rotation_matrix
from nodes.swap._blending import lit_like, soft_mask


def test_mean_colour_comes_over_and_detail_stays():
    rng = np.random.default_rng(0)
    detail = rng.normal(0, 0.02, (64, 64, 1)).astype(np.float32)
    over = np.clip(np.array([0.6, 0.5, 0.4], np.float32) + detail, 0, 1)
    under = np.full((64, 64, 3), [0.4, 0.3, 0.25], np.float32)
    lit = lit_like(over, under, np.ones((64, 64), np.float32), 20.0, 0.0)
    assert np.allclose(lit.mean(axis=(0, 1)), under.mean(axis=(0, 1)), atol=0.02)
    assert np.corrcoef(lit[..., 1].ravel(), detail.ravel())[0, 1] > 0.95


def test_a_side_in_shade_falls_into_shade():
    over = np.full((64, 64, 3), 0.5, np.float32)
    ramp = np.linspace(0.35, 0.65, 64, dtype=np.float32)
    under = np.broadcast_to(ramp[None, :, None], (64, 64, 3)).astype(np.float32)
    lit = lit_like(over, under, np.ones((64, 64), np.float32), 8.0, 0.0)
    assert lit[32, 8, 0] < 0.45 < 0.55 < lit[32, 56, 0]


def test_keeping_the_tone_keeps_the_mean():
    over = np.full((32, 32, 3), [0.6, 0.5, 0.4], np.float32)
    under = np.full((32, 32, 3), 0.3, np.float32)
    lit = lit_like(over, under, np.ones((32, 32), np.float32), 8.0, 1.0)
    assert np.allclose(lit, over, atol=0.01)


def test_a_soft_mask_falls_inside_only():
    mask = np.zeros((30, 30), np.float32)
    mask[5:25, 5:25] = 1
    soft = soft_mask(mask, 6.0)
    assert not soft[mask == 0].any() and soft[15, 15] == 1.0 and 0 < soft[6, 15] < 0.5


def test_similarity_finds_scale_turn_and_shift():
    rng = np.random.default_rng(2)
    points = rng.normal(size=(12, 3))
    turn = rotation_matrix(np.array([0.2, -0.3, 0.1]))
    scale, rotation, shift = similarity(points, 1.4 * points @ turn.T + [1.0, 2.0, 3.0])
    assert np.isclose(scale, 1.4) and np.allclose(rotation, turn) and np.allclose(shift, [1, 2, 3])


def lit_between(over, under, **changes):
    mask = np.ones(over.shape[:2], np.float32)
    return lit_like(over.astype(np.float32), under.astype(np.float32), mask, changes.get("sigma", 12.0), 0.0)


def test_a_blushed_face_dyes_another_only_within_bounds():
    over = np.full((64, 64, 3), [0.75, 0.65, 0.6])
    under = np.full((64, 64, 3), [0.8, 0.25, 0.25])
    lit = lit_between(over, under)
    ratio = lit[32, 32, 0] / lit[32, 32, 1]
    assert 0.75 / 0.65 < ratio < 1.9 < 0.8 / 0.25


def test_a_moustache_of_the_target_is_no_shadow():
    over = np.full((64, 64, 3), [0.6, 0.5, 0.45])
    under = np.full((64, 64, 3), [0.7, 0.6, 0.55])
    under[40:48, 20:44] = 0.08
    lit = lit_between(over, under)
    assert lit[44, 32].mean() > 0.93 * lit[20, 32].mean()


def test_brows_stay_dark_when_skin_becomes_bright():
    over = np.full((64, 64, 3), [0.35, 0.22, 0.17])
    over[20:24, 16:48] = [0.08, 0.05, 0.04]
    under = np.full((64, 64, 3), [0.85, 0.75, 0.7])
    lit = lit_between(over, under)
    assert lit[40, 32].mean() > 0.6 and lit[22, 32].mean() < 0.25
    assert lit[22, 32].max() - lit[22, 32].min() < 0.15


def test_the_sources_own_side_light_gives_way_to_the_targets():
    ramp = np.linspace(0.35, 0.75, 64)[None, :, None]
    over = np.broadcast_to(ramp, (64, 64, 3))
    under = over[:, ::-1]
    lit = lit_between(over, under)
    assert lit[32, 8, 0] > lit[32, 56, 0] + 0.15


def test_a_cast_shadow_is_lifted_and_lips_are_none():
    over = np.full((96, 96, 3), [0.7, 0.58, 0.5])
    over[30:70, 20:40] *= [0.62, 0.55, 0.45]
    under = np.full((96, 96, 3), [0.7, 0.58, 0.5])
    lips = np.zeros((96, 96), np.float32)
    shadow = over[50, 30].mean() / over[50, 70].mean()
    lit = lit_between(over, under, sigma=16.0)
    assert lit[50, 30].mean() / lit[50, 70].mean() > shadow + 0.1
    lips[25:75, 15:45] = 1.0
    everywhere = np.ones((96, 96), np.float32)
    kept = lit_like(over.astype(np.float32), under.astype(np.float32), everywhere, 16.0, 0.0, lips)
    assert kept[50, 30].mean() < lit[50, 30].mean() - 0.03


def test_blush_is_calmed_on_a_skin_that_has_none_and_kept_on_one_that_has_as_much():
    rows, columns = np.mgrid[:96, :96]
    blotch = np.exp(-(((rows - 48) ** 2 + (columns - 30) ** 2) / 200.0))[..., None]
    even = np.full((96, 96, 3), (0.8, 0.7, 0.65), np.float32)
    blushed = (even * np.exp(blotch * [0.2, -0.1, -0.1])).astype(np.float32)
    mask = np.ones((96, 96), np.float32)

    def redness(pixels):
        tint = pixels[..., 0] / pixels[..., 1]
        return float(tint[48, 30] - tint[48, 85])

    calmed = redness(lit_like(blushed, even, mask, 40.0, 0.0))
    kept = redness(lit_like(blushed, blushed, mask, 40.0, 0.0))
    own = redness(lit_like(blushed, even, mask, 40.0, 1.0))
    assert kept > 0.8 * redness(blushed)
    assert 0.15 * redness(blushed) < calmed < 0.75 * kept
    assert own > calmed
