"""Morphs between sets of splats."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.morph.morph_splats import morph_splats
from nodes.sdk import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Splats


def _shell(count: int, stretch: tuple[float, float, float], level: float, bands: int = 1) -> Splats:
    """Opaque splats on an ellipsoid (Fibonacci lattice)."""
    height = 1 - 2 * (np.arange(count) + 0.5) / count
    angle = np.arange(count) * np.pi * (3 - np.sqrt(5))
    across = np.sqrt(1 - height**2)
    points = np.stack([across * np.cos(angle), height, across * np.sin(angle)], axis=1) * stretch
    harmonics = np.zeros((count, bands, 3), np.float32)
    harmonics[:, 0] = level
    turns = np.tile(np.float32([1, 0, 0, 0]), (count, 1))
    return Splats(
        points.astype(np.float32),
        np.full((count, 3), 0.01, np.float32),
        turns,
        np.full(count, 0.9, np.float32),
        harmonics,
    )


@pytest.fixture(scope="module")
def shells() -> list[Splats]:
    return [_shell(1500, (0.1, 0.1, 0.1), 0.5), _shell(2000, (0.2, 0.1, 0.1), -0.5, 4)]


def test_the_ends_are_the_inputs_themselves(shells):
    assert morph_splats(shells, amount=0.0, context=Context()) is shells[0]
    assert morph_splats(shells, amount=1.0, context=Context()) is shells[1]


def test_both_sets_lie_on_the_shape_between(shells):
    middle = morph_splats(shells, amount=0.5, context=Context())
    assert len(middle.positions) == 3500
    for part in (middle.positions[:1500], middle.positions[1500:]):
        size = np.percentile(np.abs(part), 99, axis=0)
        np.testing.assert_allclose(size, [0.15, 0.1, 0.1], rtol=0.12)
    np.testing.assert_allclose(np.linalg.norm(middle.rotations, axis=1), 1.0, atol=1e-4)
    assert middle.scales.min() > 0


def test_nothing_shines_through_while_one_fades_into_the_other(shells):
    for amount in (0.2, 0.5, 0.8):
        found = morph_splats(shells, amount=amount, context=Context()).opacities
        through = (1 - found[0]) * (1 - found[-1])
        assert through == pytest.approx(0.1, abs=0.01)


def test_near_an_end_the_other_set_is_unseen(shells):
    near = morph_splats(shells, amount=1e-3, context=Context())
    np.testing.assert_allclose(near.positions[:1500], shells[0].positions, atol=1e-3)
    assert near.opacities[1500:].max() < 1e-3


def test_an_empty_set_is_refused():
    with pytest.raises(NodeError, match="empty"):
        morph_splats([], context=Context())
