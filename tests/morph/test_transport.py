"""Entropic transport: marginals, known answers, both scales, bounded memory."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.transport.distance import transport_distance
from nodes.transport.sinkhorn import DENSE, solve


def _cloud(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 3)).astype(np.float32)


def test_the_plan_of_few_points_is_the_best_assignment():
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    first, second = _cloud(40, 1), _cloud(40, 2)
    targets, sent = solve(first, second, blur=0.005).carry(second)
    _, columns = linear_sum_assignment(cdist(first, second) ** 2)
    np.testing.assert_allclose(sent, 1.0, atol=1e-3)
    assert (np.linalg.norm(targets - second[columns], axis=1) < 0.02).mean() > 0.85


@pytest.mark.parametrize("count", [300, 3 * DENSE])
def test_a_shift_is_found_and_weight_is_kept(count):
    points = _cloud(count, 3)
    shift = np.float32([0.4, -0.1, 0.2])
    plan = solve(points, points + shift, blur=0.03)
    targets, sent = plan.carry(points + shift)
    np.testing.assert_allclose(sent, 1.0, atol=0.01)
    np.testing.assert_allclose((targets - points).mean(axis=0), shift, atol=0.01)


def test_two_scales_list_far_fewer_pairs_than_all():
    points = _cloud(6000, 4)
    plan = solve(points, _cloud(5000, 5), blur=0.02)
    assert len(plan.columns) < 0.2 * 6000 * 5000
    assert np.diff(plan.starts).min() > 0


def test_what_is_out_of_reach_stays_behind():
    first = np.concatenate([_cloud(200, 6), _cloud(50, 7) + np.float32([10, 0, 0])])
    _, sent = solve(first, _cloud(200, 8), blur=0.05, reach=0.5).carry(_cloud(200, 8))
    assert sent[:200].min() > 0.3
    assert sent[200:].max() < 0.01


def test_the_distance_of_a_shift_is_its_length_and_of_itself_nothing():
    points = _cloud(400, 9)
    shift = np.float32([0.3, 0.0, 0.4])
    assert transport_distance(points, points + shift, blur=0.05) == pytest.approx(0.5, abs=0.005)
    assert transport_distance(points, points, blur=0.05) < 0.01


def test_weights_count():
    ends = np.array([[0.0], [1.0]], np.float32)
    one, other = np.array([0.75, 0.25]), np.array([0.25, 0.75])
    found = transport_distance(ends, ends, one, other, blur=0.02)
    assert found == pytest.approx(np.sqrt(0.5), abs=0.02)


@pytest.mark.parametrize("bad", [np.zeros((0, 3)), np.full((3, 3), np.nan), np.zeros(3)])
def test_unusable_sets_are_refused(bad):
    with pytest.raises(ValueError, match="finite"):
        solve(bad, _cloud(5, 1))
    with pytest.raises(ValueError, match="weights"):
        solve(_cloud(5, 1), _cloud(5, 1), np.full(4, 0.25))
