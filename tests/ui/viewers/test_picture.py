"""Pixels made ready to be painted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.ui.viewers.picture import Picture
from tests.ui.fakes import picture


def test_the_painted_image_has_the_pixels(qapp) -> None:
    shown = Picture(picture())
    colour = QColor(shown.image().pixel(47, 31))
    assert (colour.red(), colour.green(), colour.blue()) == (255, 255, 128)


def test_a_channel_is_grey_of_that_channel(qapp) -> None:
    shown = Picture(picture())
    assert QColor(shown.image("red").pixel(47, 0)).getRgb()[:3] == (255, 255, 255)
    assert QColor(shown.image("green").pixel(47, 0)).getRgb()[:3] == (0, 0, 0)


def test_odd_widths_are_not_skewed(qapp) -> None:
    pixels = picture(width=47)
    pixels[:, 10] = 255
    image = Picture(pixels).image("luma")
    assert all(QColor(image.pixel(10, row)).red() == 255 for row in range(32))


def test_the_probe_reads_full_size_points_of_a_proxy() -> None:
    shown = Picture(picture(), scale=4.0)
    assert shown.size == (192, 128)
    assert shown.probe(191.5, 0) == (255, 0, 128, 255)
    assert shown.probe(192, 0) is None
    assert shown.probe(-0.5, 0) is None


def test_transparency_is_noticed() -> None:
    assert not Picture(picture()).transparent
    assert Picture(picture(alpha=200)).transparent


def test_anything_but_bytes_with_alpha_is_refused() -> None:
    with pytest.raises(ValueError, match="uint8"):
        Picture(np.zeros((4, 4, 3), np.uint8))
    with pytest.raises(ValueError, match="float32"):
        Picture(np.zeros((4, 4, 4), np.float32))
