"""Values as the interface shows them."""

from __future__ import annotations

import numpy as np
import pytest

from app.engine.evaluate import Evaluator
from app.engine.preview import preview_of, shrink, thumbnail_of, to_rgba8
from app.engine.protocol import View
from nodes.sdk.values import ARKIT_NAMES, Audio, Faces, Image, Mask, Table
from tests.engine import kit


def test_srgb_pixels_are_rounded_and_clipped() -> None:
    row = np.array([[[-1.0, 0.0, 0.5], [1.0, 2.0, np.nan]]], np.float32)
    assert to_rgba8(row).tolist() == [[[0, 0, 128, 255], [255, 255, 0, 255]]]


def test_linear_pixels_are_encoded() -> None:
    row = np.array([[[0.0, 0.0031308, 0.2140411], [1.0, 0.5, np.nan]]], np.float32)
    assert to_rgba8(row, linear=True)[..., :3].tolist() == [[[0, 10, 127], [255, 188, 0]]]


@pytest.mark.parametrize("linear", [False, True])
def test_alpha_is_kept_straight_and_never_encoded(linear: bool) -> None:
    pixels = np.zeros((40, 3, 4), np.float32)
    pixels[..., 3] = np.linspace(0, 1, 40)[:, None]
    alpha = to_rgba8(pixels, linear=linear)[:, 0, 3].astype(int)
    assert np.abs(alpha - np.round(np.linspace(0, 255, 40))).max() <= 1


def test_a_mask_is_shown_grey() -> None:
    shown = preview_of(Mask(np.full((3, 5), 0.2, np.float32)))
    assert shown.kind == "Mask"
    assert shown.pixels is not None
    assert shown.pixels.shape == (3, 5, 4)
    assert shown.pixels[0, 0].tolist() == [51, 51, 51, 255]


def test_shrinking_keeps_the_mean_and_tells_the_factor() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.random((400, 640, 3), np.float32)
    small, step = shrink(pixels, 160)
    assert step == 4
    assert small.shape == (100, 160, 3)
    assert np.allclose(small, pixels.reshape(100, 4, 160, 4, 3).mean((1, 3)), atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (3, 2000), (161, 160), (999, 1001)])
def test_a_limit_is_kept_for_any_size(size: tuple[int, int]) -> None:
    shown = preview_of(Image(np.full((*size, 3), 0.5, np.float32)), limit=160)
    assert shown.pixels is not None
    assert min(shown.pixels.shape[:2]) >= 1
    assert max(shown.pixels.shape[:2]) <= 160
    assert np.all(shown.pixels[..., :3] == 128)
    assert shown.scale == -(-max(size) // 160)


def test_a_picture_at_proxy_says_how_much_smaller_it_is() -> None:
    shown = preview_of(Image(np.zeros((100, 200, 3), np.float32)), full_size=(800, 400))
    assert shown.scale == 4


def test_thumbnails_are_small_and_only_of_pictures() -> None:
    small = thumbnail_of(Image(np.zeros((1080, 1920, 4), np.float32)))
    assert small is not None
    assert max(small.shape[:2]) <= 160
    assert thumbnail_of(Table(("a",))) is None
    assert thumbnail_of(2.0) is None


def test_other_values_arrive_as_they_are_with_a_line_that_sums_them_up() -> None:
    assert len(ARKIT_NAMES) == 52
    assert preview_of(Faces()).summary == "no face"
    shown = preview_of(Audio(np.zeros((8000, 1), np.float32), 16000))
    assert shown.summary == "0.50 s, 16000 Hz, 1 channel"
    assert shown.value is not None
    assert shown.pixels is None


def test_values_that_are_too_large_stay_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.preview.LARGEST_VALUE", 1000)
    shown = preview_of(Audio(np.zeros((8000, 1), np.float32), 16000))
    assert shown.value is None
    assert shown.summary


def test_a_quick_look_goes_through_nodes_that_take_any_size_only() -> None:
    evaluator = Evaluator(kit.registry())
    graph = kit.graph(
        {"small": "proxy_picture", "film": "export_video", "bright": "brighten"},
        {"film": {"image": "small"}, "bright": {"image": "small"}},
    )
    assert evaluator.suits_proxy(graph, (View(1, "small"),), 0)
    assert evaluator.suits_proxy(graph, (View(1, "film"),), 0)
    assert not evaluator.suits_proxy(graph, (View(1, "bright"),), 0)
    assert not evaluator.suits_proxy(graph, (View(1, "small"), View(2, "bright")), 0)


def test_what_follows_no_smaller_picture_is_of_no_concern() -> None:
    graph = kit.graph({"full": "picture", "bright": "brighten"}, {"bright": {"image": "full"}})
    assert Evaluator(kit.registry()).suits_proxy(graph, (View(1, "bright"),), 0)
