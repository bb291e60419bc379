"""Pictures pulled by pins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nodes.image._pins import Pins, moved, pins_text, read_pins, source_of
from nodes.image.pin_warp import pin_warp
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image

ROOT = Path(__file__).resolve().parents[2]
RANDOM = np.random.default_rng(3)


def dot(x: int, y: int, width: int = 200, height: int = 120) -> Image:
    """A soft white dot on black."""
    across, down = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    light = np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * 4.0**2))
    return Image(np.repeat(light[..., None], 3, axis=2).astype(np.float32))


def brightest(image: Image) -> tuple[float, float]:
    light = image.pixels[..., 0].astype(float) ** 4
    across, down = np.meshgrid(np.arange(image.width) + 0.5, np.arange(image.height) + 0.5)
    return float((light * across).sum() / light.sum()), float((light * down).sum() / light.sum())


def pin(*pins: tuple[float, float, float, float], width: int = 200) -> str:
    rows = np.array(pins, np.float64) / width
    return pins_text(Pins(rows[:, :2], rows[:, 2:]))


def test_what_lies_under_a_pin_goes_where_it_is_pulled() -> None:
    pulled = pin_warp(dot(80, 60), pins=pin((80, 60, 100, 50), (20, 20, 20, 20)))
    assert brightest(pulled) == pytest.approx((100, 50), abs=1.0)


def test_a_pin_that_is_not_pulled_holds_its_place() -> None:
    pulled = pin_warp(dot(80, 60), pins=pin((80, 60, 80, 60), (130, 60, 150, 60)), hold_border=False)
    assert brightest(pulled) == pytest.approx((80, 60), abs=1.0)


def test_half_the_strength_goes_half_the_way() -> None:
    pulled = pin_warp(dot(80, 60), pins=pin((80, 60, 100, 60)), strength=0.5)
    assert brightest(pulled) == pytest.approx((90, 60), abs=1.0)


def test_a_held_border_stays_where_it_is() -> None:
    picture = Image(RANDOM.random((120, 200, 3)).astype(np.float32))
    pulled = pin_warp(picture, pins=pin((100, 60, 120, 70)))
    # Right on the border pins; between them it gives a little.
    assert np.abs(pulled.pixels[0, 0] - picture.pixels[0, 0]).max() < 0.1
    smooth = dot(4, 60)
    assert brightest(pin_warp(smooth, pins=pin((100, 60, 110, 60)))) == pytest.approx((4, 60), abs=1.0)


def test_one_pin_alone_moves_everything_when_the_border_is_free() -> None:
    pulled = pin_warp(dot(30, 30), pins=pin((150, 90, 160, 95)), hold_border=False)
    assert brightest(pulled) == pytest.approx((40, 35), abs=0.5)


def test_without_pulled_pins_the_picture_is_the_very_same() -> None:
    picture = dot(10, 10)
    assert pin_warp(picture) is picture
    assert pin_warp(picture, pins="100 100 100 100") is picture
    assert pin_warp(picture, pins="100 100 900 100", strength=0.0) is picture


def test_a_pinned_picture_looks_the_same_at_another_size() -> None:
    pins = "4000 3000 5000 2500;1000 1000 1000 1000"
    large, small = pin_warp(dot(160, 120, 400, 240), pins=pins), pin_warp(dot(80, 60), pins=pins)
    x, y = brightest(small)
    assert brightest(large) == pytest.approx((2 * x, 2 * y), abs=1.5)


def test_pins_of_a_turn_turn_everything_and_keep_its_size() -> None:
    rest = RANDOM.random((5, 2))
    angle = 0.4
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = RANDOM.random((40, 2)) * 3 - 1
    assert np.allclose(moved(points, rest, rest @ turn, "shape", 1.0), points @ turn)
    assert np.allclose(moved(points, rest, 1.7 * rest @ turn, "angles", 1.0), 1.7 * points @ turn)


def test_every_pin_is_met_exactly() -> None:
    pins = Pins(RANDOM.random((9, 2)), RANDOM.random((9, 2)))
    assert np.allclose(moved(pins.rest, pins.rest, pins.place, "shape", 1.2), pins.place)
    assert np.allclose(source_of(pins.place, pins, "shape", 1.2), pins.rest)


def test_pins_survive_being_written_and_read() -> None:
    text = "4000 3000 5000 -2500;0 0 10 10"
    assert pins_text(read_pins(text)) == text
    assert len(read_pins("")) == 0


def test_alpha_and_linear_light_are_kept() -> None:
    rgba = Image(np.full((40, 60, 4), 0.5, np.float32), linear=True)
    pulled = pin_warp(rgba, pins="5000 3000 6000 3000")
    assert pulled.linear
    assert np.allclose(pulled.pixels, 0.5, atol=1e-5)
    bare = pin_warp(dot(100, 60), pins="5000 3000 5600 3000", hold_border=False, edge="transparent")
    assert bare.pixels[60, 0, 3] == 0


@pytest.mark.parametrize("text", ["1 2 3", "a b c d", "1 2 3 4;5", "1 2 3 4.5", "9999999 0 0 0"])
def test_text_that_is_no_pins_is_refused_with_a_way_out(text: str) -> None:
    with pytest.raises(NodeError) as caught:
        pin_warp(dot(1, 1), pins=text)
    assert "Pins" in caught.value.hint


def test_too_many_pins_are_refused_before_anything_is_made() -> None:
    with pytest.raises(NodeError):
        pin_warp(dot(1, 1), pins=";".join(["1 1 2 2"] * 600))
    with pytest.raises(NodeError):
        pin_warp(dot(1, 1), pins="1 1 2 2;" * 100_000)


def test_the_example_pulls_its_portrait_and_lets_go_again() -> None:
    from app.document.format import load
    from app.engine.evaluate import Evaluator
    from nodes.sdk.registry import default_registry

    registry = default_registry()
    graph = load(ROOT / "resources" / "graphs" / "pull_a_portrait.graph", registry).graph
    evaluator = Evaluator(registry, device="cpu")
    photo, first, pulled, last = (
        evaluator.value(graph, node, frame=frame).pixels
        for node, frame in (("photo", 0), ("pull", 0), ("pull", 24), ("pull", 48))
    )
    assert np.array_equal(first, photo)
    assert np.abs(pulled - photo).mean() > 0.005
    assert np.array_equal(last, photo)
