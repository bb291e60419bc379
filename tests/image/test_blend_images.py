"""Blending: formulas, alpha, sizes, and what must not change a bit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nodes.image._blend import MODES
from nodes.image.blend_images import blend_images
from nodes.media.colour import to_encoded, to_linear
from nodes.sdk.values import Image, Mask


def noise(height: int = 12, width: int = 17, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((height, width, channels)).astype(np.float32)


def flat(*colour: float, height: int = 4, width: int = 4) -> Image:
    return Image(np.tile(np.asarray(colour, np.float32), (height, width, 1)))


def soft(b: np.ndarray, s: np.ndarray) -> np.ndarray:
    curve = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (curve - b))


FORMULAS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "normal": lambda b, s: s,
    "multiply": lambda b, s: b * s,
    "screen": lambda b, s: 1 - (1 - b) * (1 - s),
    "overlay": lambda b, s: np.where(b <= 0.5, 2 * b * s, 1 - 2 * (1 - b) * (1 - s)),
    "soft light": soft,
    "difference": lambda b, s: np.abs(b - s),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("linear", [False, True])
def test_each_mode_follows_its_formula(mode: str, linear: bool) -> None:
    base, over = noise(), noise(seed=1)
    mixed = blend_images(Image(base), Image(over), mode=mode, opacity=0.6, linear_light=linear).pixels
    below, above = (to_linear(part) if linear else part for part in (base, over))
    expected = below + 0.6 * (FORMULAS[mode](below, above) - below)
    expected = to_encoded(expected.astype(np.float32)) if linear else expected
    assert np.allclose(mixed, expected, atol=2e-5)


@pytest.mark.parametrize("linear", [False, True])
def test_where_nothing_covers_the_base_every_bit_stays(linear: bool) -> None:
    base, over = noise(channels=4), Image(noise(channels=4, seed=1))
    mask = np.zeros((12, 17), np.float32)
    mask[:6] = 1
    for image in (Image(base), Image(base[..., :3].copy())):
        assert blend_images(image, over, opacity=0.0, linear_light=linear) is image
        mixed = blend_images(image, over, Mask(mask), linear_light=linear).pixels
        assert np.array_equal(mixed[6:], image.pixels[6:])
        assert not np.array_equal(mixed[:6], image.pixels[:6])


def test_inputs_are_left_alone() -> None:
    base, over = noise(), noise(channels=4, seed=1)
    copies = base.copy(), over.copy()
    blend_images(Image(base), Image(over), Mask(noise()[..., 0]), mode="screen", linear_light=True)
    assert np.array_equal(base, copies[0]) and np.array_equal(over, copies[1])


def test_the_alpha_of_both_pictures_is_composited() -> None:
    mixed = blend_images(flat(1, 0, 0, 0.5), flat(0, 0, 1, 0.5)).pixels[0, 0]
    # Porter and Duff: alpha 0.75, of which 0.5 is blue and 0.25 red.
    assert np.allclose(mixed, [1 / 3, 0, 2 / 3, 0.75], atol=1e-6)
    assert np.allclose(blend_images(flat(1, 0, 0), flat(0, 0, 1, 0.25)).pixels[0, 0], [0.75, 0, 0.25])
    assert np.allclose(
        blend_images(flat(1, 1, 1, 0.0), flat(0.2, 0.4, 0.6, 0.5)).pixels[0, 0], [0.2, 0.4, 0.6, 0.5]
    )


@pytest.mark.parametrize(
    ("sizing", "covered"),
    [
        ("fit", (slice(5, 15), slice(0, 20))),
        ("fill", (slice(0, 20), slice(0, 20))),
        ("stretch", (slice(0, 20), slice(0, 20))),
        ("as it is", (slice(8, 12), slice(6, 14))),
    ],
)
def test_an_upper_picture_of_another_size_is_placed_by_the_stated_rule(
    sizing: str, covered: tuple[slice, slice]
) -> None:
    base = flat(0, 0, 0, height=20, width=20)
    mixed = blend_images(base, flat(1, 1, 1, height=4, width=8), sizing=sizing).pixels[..., 0]
    expected = np.zeros((20, 20))
    expected[covered] = 1
    assert np.allclose(mixed, expected, atol=1e-6)


def test_a_mask_as_large_as_the_base_lies_on_the_base() -> None:
    mask = np.zeros((20, 20), np.float32)
    mask[:, :3] = 1
    base, over = flat(0, 0, 0, height=20, width=20), flat(1, 1, 1, height=4, width=8)
    mixed = blend_images(base, over, Mask(mask), sizing="fill").pixels[..., 0]
    assert np.allclose(mixed, mask, atol=1e-6)
    inner = np.zeros((4, 8), np.float32)
    inner[:, 4:] = 1
    mixed = blend_images(base, over, Mask(inner), sizing="as it is").pixels[..., 0]
    assert mixed[8:12, 10:14].min() == 1 and mixed.sum() == 16


def test_a_linear_base_stays_linear() -> None:
    mixed = blend_images(Image(noise(), linear=True), flat(1, 1, 1, height=12, width=17), opacity=0.5)
    assert mixed.linear
