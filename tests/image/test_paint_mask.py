"""Masks painted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.image._strokes import read_strokes, stroke_text
from nodes.image.paint_mask import paint_mask
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image


def picture(width: int = 200, height: int = 100) -> Image:
    return Image(np.zeros((height, width, 3), np.float32))


def test_a_stroke_paints_where_it_was_drawn() -> None:
    text = stroke_text(True, 0.05, [(0.2, 0.25), (0.6, 0.25)])
    alpha = paint_mask(picture(), strokes=text, soften=0.0).alpha
    assert alpha[50, 40:120].min() == 1.0
    assert alpha[50, 150] == 0.0
    assert abs(float((alpha > 0.5).sum()) / (80 * 20 + np.pi * 100) - 1) < 0.1


def test_erasing_takes_away_what_lies_below() -> None:
    text = ";".join((stroke_text(True, 0.1, [(0.5, 0.25)]), stroke_text(False, 0.05, [(0.5, 0.25)])))
    alpha = paint_mask(picture(), strokes=text, soften=0.0).alpha
    assert alpha[50, 100] == 0.0
    assert alpha[50, 115] == 1.0


def test_a_mask_fits_the_same_picture_at_another_size() -> None:
    text = stroke_text(True, 0.08, [(0.3, 0.2), (0.7, 0.3)])
    large = paint_mask(picture(400, 200), strokes=text).alpha
    small = paint_mask(picture(200, 100), strokes=text).alpha
    assert np.abs(large.reshape(100, 2, 200, 2).mean(axis=(1, 3)) - small).mean() < 0.01


def test_softened_edges_fade() -> None:
    text = stroke_text(True, 0.1, [(0.5, 0.25)])
    soft = paint_mask(picture(), strokes=text, soften=0.05).alpha
    assert 0.05 < soft[50, 120] < 0.95


def test_inverting_and_no_strokes() -> None:
    assert paint_mask(picture()).alpha.max() == 0.0
    assert paint_mask(picture(), invert=True).alpha.min() == 1.0


def test_what_is_no_list_of_strokes_is_refused() -> None:
    for text in ("hello", "+10", "+10 1", "+10 5 5; x", "+10 99999999 1"):
        with pytest.raises(NodeError, match="cannot be read"):
            read_strokes(text)
