"""Splats as the interface sees them: drawn by the compute process."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.protocol import View, Viewpoint, ViewReady
from app.engine.seen import MOST_PIXELS, drawn
from nodes.sdk.values import Splats
from tests.engine import kit
from tests.engine.conftest import Engine

GRAPH = kit.graph({"cloud": "cloud"})
BLUE = (0.0, 0.0, 1.0)


def from_the_front(width: int = 160, height: int = 120, distance: float = 0.4) -> Viewpoint:
    """Looks at the origin from +z, blue behind."""
    matrix = np.eye(4)
    matrix[2, 3] = -distance
    return Viewpoint(tuple(matrix.ravel()), 1.2 * height, width, height, BLUE)


def seen(engine: Engine, viewpoint: Viewpoint | None, proxy: int = 1) -> ViewReady:
    request = engine.client.look(GRAPH, (View(1, "cloud", viewpoint=viewpoint),), 0, proxy=proxy)
    engine.done(request)
    return engine.until(ViewReady, lambda event: event.request == request)


def test_without_a_viewpoint_splats_come_as_they_are_with_their_place(engine: Engine) -> None:
    preview = seen(engine, None).preview
    assert isinstance(preview.value, Splats)
    assert preview.pixels is None
    assert preview.bounds is not None
    assert preview.bounds[:3] == pytest.approx((0, 0, 0), abs=0.01), "the stray one does not count"
    assert 0.04 < preview.bounds[3] < 0.1


def test_with_a_viewpoint_they_come_as_a_picture_from_there(engine: Engine) -> None:
    preview = seen(engine, from_the_front()).preview
    assert preview.kind == "Splats"
    assert preview.value is None, "they need not cross with every picture"
    assert preview.pixels is not None
    assert preview.pixels.shape == (120, 160, 4)
    assert preview.scale == 1
    middle, corner = preview.pixels[60, 80], preview.pixels[3, 3]
    assert middle[0] > 200
    assert middle[2] < 60
    assert tuple(corner[:3]) == (0, 0, 255)


def test_while_the_hand_moves_they_are_drawn_coarsely_although_they_are_at_hand(engine: Engine) -> None:
    seen(engine, None)
    answer = seen(engine, from_the_front(), proxy=4)
    assert answer.preview.pixels is not None
    assert answer.preview.pixels.shape == (30, 40, 4)
    assert (answer.preview.scale, answer.proxy) == (4, 4)
    full = seen(engine, from_the_front())
    assert full.preview.pixels is not None
    mean = full.preview.pixels.reshape(30, 4, 40, 4, 4).mean(axis=(1, 3))
    assert np.abs(mean - answer.preview.pixels).mean() < 12, "the same view, only coarser"


def test_a_picture_for_a_large_screen_stays_within_bounds() -> None:
    splats = kit.cloud()
    found = drawn(splats, from_the_front(4000, 3000), 1, "cpu")
    assert found.pixels is not None
    assert found.pixels.shape[0] * found.pixels.shape[1] <= 1.01 * MOST_PIXELS
    assert found.scale == pytest.approx(4000 / found.pixels.shape[1])


def test_no_splats_at_all_are_an_empty_picture() -> None:
    none = kit.cloud()
    empty = Splats(*(getattr(none, name)[:0] for name in ("positions", "scales", "rotations", "opacities", "harmonics")))  # fmt: skip # noqa: E501
    found = drawn(empty, from_the_front(), 1, "cpu")
    assert found.pixels is not None
    assert np.all(found.pixels[..., :3] == (0, 0, 255))
