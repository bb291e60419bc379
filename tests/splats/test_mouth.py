"""The inside of the mouth of splat heads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nodes.gaussians.binding import SurfaceSplats
from nodes.gaussians.mouth import BEFORE, gums, inside_mouth, mouth_light, with_teeth_above
from nodes.sdk.values import HeadModel
from tests.head.conftest import small_model

__all__ = ["small_model"]


@pytest.fixture
def toothed(small_model: HeadModel) -> HeadModel:
    """The small model with a square for each row of teeth, and a mouth behind them."""
    squares = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * [0.02, 0.005, 0.0]
    middles = np.array([[0.0, 0.0, 0.08], [0.0, -0.012, 0.08], [0.0, -0.005, 0.07]])
    vertices = [squares + middle for middle in middles]
    count = len(small_model.mean)
    corners = np.array([[0, 1, 2], [0, 2, 3]])
    added = np.concatenate([corners + count + 4 * number for number in range(3)])
    mean = np.concatenate([small_model.mean, *vertices]).astype(np.float32)

    def widened(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, np.zeros((len(values), 12, 3), np.float32)], axis=1)

    return replace(
        small_model,
        mean=mean,
        identity=widened(small_model.identity),
        expression=widened(small_model.expression),
        triangles=np.concatenate([small_model.triangles, added]).astype(np.int32),
        parts=np.concatenate([small_model.parts, [1, 1, 2, 2, 3, 3]]).astype(np.int32),
        part_names=("skin", "teeth_upper", "teeth_lower", "mouth"),
        uv=np.concatenate([small_model.uv, np.zeros((6, 3, 2), np.float32)]),
    )


def splats_on(model: HeadModel, triangle: int, colours: np.ndarray) -> SurfaceSplats:
    count = len(colours)
    return SurfaceSplats(
        np.full(count, triangle, np.int32),
        np.full((count, 2), 0.3, np.float32),
        np.tile(np.float32([[0.1, 0], [0, 0.1]]), (count, 1, 1)),
        np.zeros(count, np.float32),
        np.full(count, 1e-3, np.float32),
        colours.astype(np.float32),
        np.ones(count, np.float32),
    )


def places_of(model: HeadModel, local: np.ndarray, splats: SurfaceSplats) -> np.ndarray:
    corners = local[model.triangles[splats.triangles]]
    weights = np.column_stack([splats.weights, 1 - splats.weights.sum(axis=1)])
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    return np.einsum("nk,nkc->nc", weights, corners) + splats.lift[:, None] * normal


def test_light_splats_in_the_mouth_hang_on_the_upper_teeth_and_dark_ones_stay(toothed: HeadModel) -> None:
    mouth = len(toothed.triangles) - 2
    before = splats_on(toothed, mouth, np.array([[0.9, 0.85, 0.8], [0.2, 0.05, 0.05]]))
    after = with_teeth_above(toothed, toothed.mean, before, np.array([0.9, 0.85, 0.8]))
    parts = toothed.parts[after.triangles]
    assert parts.tolist() == [1, 3]
    # Nothing moves until the mouth does.
    gap = places_of(toothed, toothed.mean, after) - places_of(toothed, toothed.mean, before)
    assert np.allclose(gap, [[0, 0, BEFORE], [0, 0, 0]], atol=1e-6)
    opened = toothed.mean.copy()
    opened[-4:] -= [0, 0.03, 0]
    moved = places_of(toothed, opened, after) - places_of(toothed, toothed.mean, after)
    assert np.allclose(moved[0], 0, atol=1e-6) and np.allclose(moved[1], [0, -0.03, 0], atol=1e-6)


def test_heads_without_teeth_keep_their_splats(small_model: HeadModel) -> None:
    before = splats_on(small_model, 5, np.ones((2, 3)))
    assert with_teeth_above(small_model, small_model.mean, before, np.ones(3)) is before


def test_gums_are_away_from_where_the_rows_meet(toothed: HeadModel) -> None:
    upper = np.nonzero(toothed.parts == 1)[0][0]
    places = np.array([[0.0, -0.004, 0.08], [0.0, 0.0049, 0.08]])
    assert gums(toothed, toothed.mean, np.full(2, upper), places).tolist() == [False, True]


def test_it_is_darker_farther_back(toothed: HeadModel) -> None:
    places = np.array([[0, 0, 0.08], [0, 0, 0.05], [0, 0, 0.0]])
    light = mouth_light(toothed, toothed.mean, places)
    assert light[0] >= light[1] >= light[2] and light[2] == pytest.approx(0.4)
    assert inside_mouth(toothed, np.array([0, len(toothed.triangles) - 1])).tolist() == [False, True]
