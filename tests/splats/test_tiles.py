from dataclasses import replace

import numpy as np
import pytest
from numba import get_num_threads, set_num_threads

from nodes.gaussians.projection import (
    CENTRE_X,
    CENTRE_Y,
    DEPTH,
    FAINTEST,
    FORM_A,
    FORM_B,
    FORM_C,
    OPACITY,
    TILE,
    project_splats,
)
from nodes.gaussians.render import render
from nodes.gaussians.tiles import TileLists, tile_lists
from nodes.sdk.values import Camera, Splats
from tests.splats.conftest import cloud


@pytest.fixture
def many() -> Splats:
    """Enough for every way of sorting: some tiles get few, some many."""
    near = cloud(6000, seed=2)
    return replace(near, scales=near.scales * np.linspace(0.3, 3, 6000, dtype=np.float32)[:, None])


def _members(lists: TileLists, tile: int) -> list[int]:
    return lists.members[lists.starts[tile] : lists.starts[tile + 1]].tolist()


def test_a_tiles_splats_come_nearest_first_and_once(many: Splats, camera: Camera) -> None:
    projected = project_splats(many, camera)
    lists = tile_lists(projected, camera.width, camera.height)
    lengths = np.diff(lists.starts)
    assert lengths.min() < 48 < lengths.max()
    for tile in range(lists.columns * lists.rows):
        members = _members(lists, tile)
        assert (np.diff(projected.records[members, DEPTH]) >= 0).all()
        assert len(set(members)) == len(members)


def test_every_splat_that_colours_a_pixel_is_in_its_tile(many: Splats, camera: Camera) -> None:
    projected = project_splats(many, camera)
    lists = tile_lists(projected, camera.width, camera.height)
    records = projected.records[projected.visible].astype(np.float64)
    numbers = np.flatnonzero(projected.visible)
    for row, column in ((3, 60), (40, 60), (41, 33), (87, 70), (44, 119)):
        dx = column + 0.5 - records[:, CENTRE_X]
        dy = row + 0.5 - records[:, CENTRE_Y]
        power = records[:, FORM_A] * dx * dx + records[:, FORM_B] * dx * dy + records[:, FORM_C] * dy * dy
        seen = numbers[records[:, OPACITY] * np.exp(-power) > FAINTEST * 1.001]
        tile = row // TILE * lists.columns + column // TILE
        assert set(seen.tolist()) <= set(_members(lists, tile))


def test_depths_that_lie_far_apart_are_sorted_too(camera: Camera) -> None:
    random = np.random.default_rng(4)
    made = cloud(400, seed=4)
    eye = -camera.world_to_camera[:3, :3].T @ camera.world_to_camera[:3, 3]
    # Along the line of sight, so that all fall on the same tiles.
    far = np.geomspace(0.05, 5000, 400).astype(np.float32)[random.permutation(400), None]
    ahead = -camera.world_to_camera[2, :3]
    spread = replace(made, positions=(eye + far * ahead).astype(np.float32), scales=made.scales * far)
    projected = project_splats(spread, camera)
    lists = tile_lists(projected, camera.width, camera.height)
    tile = camera.height // 2 // TILE * lists.columns + camera.width // 2 // TILE
    members = _members(lists, tile)
    assert len(members) > 48
    assert (np.diff(projected.records[members, DEPTH]) >= 0).all()


def test_the_number_of_threads_changes_nothing(many: Splats, camera: Camera) -> None:
    before = get_num_threads()
    try:
        set_num_threads(1)
        alone = render(many, camera, shape=True)
    finally:
        set_num_threads(before)
    together = render(many, camera, shape=True)
    for name in ("colour", "alpha", "depth", "normals"):
        assert np.array_equal(getattr(alone, name), getattr(together, name))
