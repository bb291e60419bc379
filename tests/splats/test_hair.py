"""The hull of hair about a head, and the strands on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nodes.camera._placing import orbit
from nodes.gaussians.binding import posed
from nodes.gaussians.heads import SplatHeadSettings, splat_head
from nodes.gaussians.hull import axes, cells, hair_hull
from nodes.gaussians.render import render
from nodes.gaussians.shots import Photo, shot_of
from nodes.gaussians.strands import directions, strand_light, surface_normals
from nodes.head._shape import world_vertices
from nodes.raster.geometry import project
from nodes.raster.zbuffer import rasterise
from nodes.sdk.values import PARSING_CLASSES, HeadState, Image
from tests.head.conftest import small_head, small_model

__all__ = ["small_head", "small_model"]

_HAIR, _SKIN = PARSING_CLASSES.index("hair"), PARSING_CLASSES.index("skin")


@pytest.fixture
def haired(small_head: HeadState) -> Photo:
    """The small head with a cap of hair that stands off the skull, brown, before a green ground."""
    points = project(small_head.camera, world_vertices(small_head))
    head = rasterise(points, small_head.model.triangles, 160, 160).covered
    rows, columns = np.mgrid[:160, :160]
    cap = (np.hypot(rows - 70, columns - 80) < 52) & (rows < 66)
    labels = np.where(head, _SKIN, 0).astype(np.uint8)
    labels[cap] = _HAIR
    pixels = np.full((160, 160, 3), (0.1, 0.8, 0.1), np.float32)
    pixels[head] = (0.8, 0.6, 0.5)
    pixels[cap] = np.array([0.4, 0.25, 0.15]) * (1 + 0.2 * np.sin(columns[cap]))[:, None]
    matte = (head | cap).astype(np.float32)
    return Photo(replace(small_head, picture=Image(np.clip(pixels, 0, 1))), labels, matte)


def test_places_and_cells_of_the_hull_belong_together() -> None:
    origin, direction = axes()
    places = origin + 0.09 * direction
    row, column, radius = cells(places.reshape(-1, 3).astype(np.float64))
    rows, columns = np.indices(origin.shape[:2])
    assert np.abs(row.reshape(rows.shape) - rows).max() < 0.01
    away = np.abs((column.reshape(rows.shape) - columns + 100) % 200 - 100)
    assert away.max() < 0.01 and np.allclose(radius, 0.09, atol=1e-5)


def test_hair_reaches_as_far_as_its_outline_and_grows_behind(haired: Photo) -> None:
    shot = shot_of(haired, 12000)
    hull = hair_hull([shot], 0.012)
    there = hull.grows > 0.5
    high = there & (hull.places()[..., 1] > 0.02)
    assert shot.outside(hull.places()[high]).mean() < 0.06
    # At the sides it stands off as the picture shows, and behind there is some, too.
    places = hull.places()[there]
    assert np.abs(places[:, 0]).max() > 0.085
    assert places[:, 2].min() < shot.local[:, 2].min()
    assert (hull.radius >= hull.inner).all()
    normals = surface_normals(hull.places())
    assert np.einsum("stk,stk->st", normals, axes()[1]).min() > 0


def test_the_head_is_haired_and_closed_from_behind_and_has_none_of_the_ground(haired: Photo) -> None:
    made = posed(splat_head([haired], SplatHeadSettings(detail=12000, sharpen=4)), haired.fit)
    for around in (0, 60, 120, 180, 240, 300):
        middle = haired.fit.translation + np.float32([0, 0.06, 0])
        view = orbit(middle, 0.6, around=around, above=0, width=96, height=96)
        drawn = render(made, view)
        solid = drawn.alpha > 0.9
        assert solid[40:56, 40:56].all(), around
        colour = drawn.colour[solid]
        assert (colour[:, 1] > colour[:, 0] + 0.1).mean() < 0.01, around
        if around in (120, 180, 240):
            # Brown, not skin.
            assert np.median(drawn.colour[40:56, 40:56, 0]) < 0.6


def test_splats_behind_do_not_stand_before_the_face(haired: Photo) -> None:
    made = posed(splat_head([haired], SplatHeadSettings(detail=12000)), haired.fit)
    drawn = render(made, haired.fit.camera)
    assert haired.labels is not None
    face = haired.labels == _SKIN
    assert np.abs(drawn.colour[face].mean(axis=0) - [0.8, 0.6, 0.5]).max() < 0.03


def test_the_way_of_strands_is_read_from_the_picture() -> None:
    rows, columns = np.mgrid[:64, :64].astype(float)
    for angle in (0.0, 0.5, 1.2):
        across = -np.sin(angle) * columns + np.cos(angle) * rows
        picture = np.repeat((0.5 + 0.4 * np.sin(across))[..., None], 3, axis=2).astype(np.float32)
        found, clear = directions(picture, np.ones((64, 64), bool), 3.0)
        apart = (found[32, 32] - angle + np.pi / 2) % np.pi - np.pi / 2
        assert abs(apart) < 0.05 and clear[32, 32] > 0.9
    _, even = directions(np.full((64, 64, 3), 0.5, np.float32), np.ones((64, 64), bool), 3.0)
    assert even.max() < 0.1


def test_strands_are_long_down_and_thin_across() -> None:
    light = strand_light((120, 160))
    assert light.std() == pytest.approx(1.0, abs=0.01)
    down = np.mean(light[1:] * light[:-1])
    across = np.mean(light[:, 1:] * light[:, :-1])
    assert down > 0.8 and down > across + 0.1
