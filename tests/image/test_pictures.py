"""The small picture nodes: masks, size, crop, movement, colour."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.image.checker_image import checker_image
from nodes.image.crop_image import crop_image
from nodes.image.grade_image import grade_image
from nodes.image.image_from_mask import image_from_mask
from nodes.image.mask_from_image import mask_from_image
from nodes.image.resize_image import resize_image
from nodes.image.solid_image import solid_image
from nodes.image.transform_image import transform_image
from nodes.media.colour import as_bytes, as_words, to_encoded, to_linear
from nodes.sdk import NodeError
from nodes.sdk.registry import default_registry
from nodes.sdk.sockets import CONVERSIONS
from nodes.sdk.values import Image, Mask


def noise(height: int = 16, width: int = 24, channels: int = 3) -> Image:
    return Image(np.random.default_rng(5).random((height, width, channels)).astype(np.float32))


def smooth(height: int = 64, width: int = 64) -> Image:
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return Image(np.stack([rows / height, columns / width, 0.5 + 0.4 * np.sin(rows / 9)], axis=2))


def test_the_declared_conversions_are_nodes_of_those_types() -> None:
    for (source, target), node_id in CONVERSIONS.items():
        spec = default_registry().get(node_id)
        assert spec is not None
        assert [socket.type_name for socket in spec.inputs] == [source]
        assert [socket.type_name for socket in spec.outputs] == [target]


def test_a_mask_survives_the_way_through_a_picture() -> None:
    mask = Mask(noise().pixels[..., 0])
    assert np.allclose(mask_from_image(image_from_mask(mask)).alpha, mask.alpha, atol=1e-6)
    coloured = image_from_mask(mask, look="colour with alpha", colour=(0.1, 0.2, 0.3))
    assert np.array_equal(mask_from_image(coloured).alpha, mask.alpha)


def test_the_channels_of_a_mask() -> None:
    image = noise(channels=4)
    for number, channel in enumerate(("red", "green", "blue", "alpha")):
        assert np.array_equal(mask_from_image(image, channel=channel).alpha, image.pixels[..., number])
    assert np.allclose(mask_from_image(image, channel="red", invert=True).alpha, 1 - image.pixels[..., 0])
    opaque = Image(np.concatenate([noise().pixels, np.ones((16, 24, 1), np.float32)], axis=2))
    assert np.allclose(mask_from_image(opaque).alpha, opaque.pixels[..., :3] @ [0.2126, 0.7152, 0.0722])
    assert mask_from_image(noise(), channel="alpha").alpha.min() == 1


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({"width": 12, "height": 12, "sizing": "fit"}, (12, 8)),
        ({"width": 12, "height": 12, "sizing": "fill"}, (12, 12)),
        ({"width": 12, "height": 12, "sizing": "stretch"}, (12, 12)),
        ({"width": 48, "height": 0}, (48, 32)),
        ({"width": 0, "height": 8}, (12, 8)),
        ({"width": 0, "height": 0}, (24, 16)),
        ({"by": "scale", "scale": 0.25}, (6, 4)),
    ],
)
def test_sizes_follow_the_stated_rule(parameters: dict[str, object], size: tuple[int, int]) -> None:
    result = resize_image(noise(), **parameters)
    assert (result.width, result.height) == size


def test_shrinking_averages_and_transparent_colour_does_not_bleed() -> None:
    assert np.allclose(
        resize_image(noise(), by="scale", scale=0.5).pixels[0, 0], noise().pixels[:2, :2].mean((0, 1))
    )
    half = np.zeros((8, 8, 4), np.float32)
    half[:, :5] = (1, 0, 0, 1)
    half[:, 5:, 1] = 1  # green, but transparent
    small = resize_image(Image(half), width=4, height=4).pixels
    assert np.allclose(small[:, 2], [1, 0, 0, 0.5]) and small[:, 3, 3].max() == 0


def test_growing_stays_inside_the_range() -> None:
    large = resize_image(
        checker_image(width=16, height=16, square=4, first=(1, 1, 1), second=(0, 0, 0)), width=99
    )
    assert large.pixels.min() >= 0 and large.pixels.max() <= 1


def test_cropping_beyond_the_edge_adds_nothing_but_margin() -> None:
    image = noise()
    assert np.array_equal(crop_image(image, left=3, top=2, width=5, height=4).pixels, image.pixels[2:6, 3:8])
    wider = crop_image(image, left=-2, top=-1, width=30, height=20).pixels
    assert np.array_equal(wider[1:17, 2:26], image.pixels)
    assert wider[0].max() == 0 and wider[:, 26:].max() == 0
    assert crop_image(image).pixels.shape == image.pixels.shape
    with pytest.raises(NodeError, match="nothing is left of"):
        crop_image(image, left=24)


def test_standing_still_changes_no_bit() -> None:
    image = noise()
    assert transform_image(image) is image
    assert grade_image(image) is image
    assert resize_image(image, width=24, height=16).pixels is image.pixels


def test_turning_by_a_right_angle_goes_counter_clockwise() -> None:
    image = smooth()
    assert np.allclose(transform_image(image, rotate=90).pixels, np.rot90(image.pixels), atol=1e-4)


def test_moving_flipping_and_the_edges() -> None:
    image = smooth()
    moved = transform_image(image, move_x=5, move_y=-3, edge="transparent").pixels
    assert np.allclose(moved[:61, 5:, :3], image.pixels[3:, :59], atol=1e-4)
    assert moved[:, :4, 3].max() == 0
    assert transform_image(image, move_x=9).pixels[:, :8].max() == 0
    repeated = transform_image(image, move_x=9, edge="repeat").pixels
    assert np.allclose(repeated[:, 3], image.pixels[:, 0], atol=1e-4)
    flipped = transform_image(image, flip="both").pixels
    assert np.array_equal(flipped, image.pixels[::-1, ::-1])


def test_exposure_is_counted_in_stops_of_light() -> None:
    image = Image(np.full((4, 4, 3), 0.4, np.float32))
    brighter = grade_image(image, exposure=1.0).pixels
    assert np.allclose(to_linear(brighter), 2 * to_linear(image.pixels), atol=1e-5)


def test_saturation_and_white_balance_keep_luminance() -> None:
    image = Image(0.2 + 0.5 * noise().pixels)
    weights = np.array([0.2126, 0.7152, 0.0722], np.float32)
    grey = grade_image(image, saturation=0.0).pixels
    assert np.allclose(grey[..., 0], grey[..., 2], atol=1e-5)
    assert np.allclose(to_linear(grey) @ weights, to_linear(image.pixels) @ weights, atol=1e-4)
    flat = Image(np.full((2, 2, 3), 0.5, np.float32))
    warm = grade_image(flat, temperature=0.8, tint=-0.4).pixels
    assert warm[0, 0, 0] > warm[0, 0, 2]
    assert np.allclose(to_linear(warm) @ weights, to_linear(flat.pixels) @ weights, atol=1e-4)


def test_grading_stays_under_its_mask_and_keeps_alpha() -> None:
    image, mask = noise(channels=4), np.zeros((16, 24), np.float32)
    mask[:, 12:] = 1
    graded = grade_image(image, Mask(mask), exposure=-1, contrast=1.4, gamma=1.2, lift=0.1).pixels
    assert np.array_equal(graded[:, :12], image.pixels[:, :12])
    assert not np.allclose(graded[:, 12:, :3], image.pixels[:, 12:, :3])
    assert np.array_equal(graded[..., 3], image.pixels[..., 3])


def test_encoding_and_decoding_are_inverse() -> None:
    numbers = np.linspace(0, 1, 4097, dtype=np.float32)
    assert np.allclose(to_encoded(to_linear(numbers)), numbers, atol=1e-6)
    assert abs(float(to_linear(np.float32([0.5]))[0]) - 0.21404) < 1e-4


def test_plain_pictures() -> None:
    assert np.allclose(solid_image(colour=(0.1, 0.2, 0.3), width=5, height=3).pixels[2, 4], [0.1, 0.2, 0.3])
    assert solid_image(opacity=0.5).has_alpha
    board = checker_image(width=8, height=8, square=4, first=(1, 1, 1), second=(0, 0, 0)).pixels[..., 0]
    assert np.array_equal(board[::4, ::4], [[1, 0], [0, 1]])


def test_pictures_as_whole_numbers_round_clip_and_swallow_what_is_no_number() -> None:
    odd = np.array([[-np.inf, -0.1, 0.0, 0.5, 1.0, 1.1, 1e30, np.inf, np.nan]], np.float32)
    assert as_bytes(odd).tolist() == [[0, 0, 0, 128, 255, 255, 255, 255, 0]]
    assert as_words(odd).tolist() == [[0, 0, 0, 32768, 65535, 65535, 65535, 65535, 0]]
    every = np.arange(256, dtype=np.uint8).reshape(4, 16, 4)
    assert np.array_equal(as_bytes(every / np.float32(255)), every)
