"""Drawing: marks land on the face, the picture itself is left alone."""

import numpy as np
import pytest

from nodes.face.draw_faces import draw_faces
from nodes.face.show_parsing import show_parsing
from nodes.sdk import NodeError
from nodes.sdk.values import Face, Faces, Image, Parsing


def scene(channels=3, name="Zoë"):
    image = Image(np.full((120, 160, channels), 0.5, np.float32))
    points = np.array([[60, 50], [90, 50], [75, 65], [63, 80], [87, 80]], np.float32)
    face = Face(np.array([50, 35, 100, 95], np.float32), np.zeros((0, 3), np.float32), points, name=name)
    return image, Faces((face,), 160, 120)


def test_marks_are_drawn_and_the_input_stays():
    image, faces = scene()
    out = draw_faces(image, faces)
    assert np.array_equal(image.pixels, np.full_like(image.pixels, 0.5))
    changed = np.abs(out.pixels - 0.5).max(axis=2) > 0.05
    assert changed[35, 60] and changed[50, 60] and not changed[110, 150]


def test_a_name_at_the_corner_of_a_picture_is_written_inside_it_and_large_enough_to_read():
    image, faces = scene()
    face = Face(np.array([150, 0, 159, 9], np.float32), np.zeros((0, 3), np.float32),
                np.full((5, 2), 155, np.float32), name="Zoë")  # fmt: skip
    bare = {"boxes": False, "landmarks": False, "axes": False}
    written = np.abs(draw_faces(image, Faces((face,), 160, 120), **bare).pixels - 0.5).max(axis=2) > 0.2
    rows, columns = np.flatnonzero(written.any(axis=1)), np.flatnonzero(written.any(axis=0))
    assert np.ptp(rows) >= 6 and np.ptp(columns) >= 15
    plain = draw_faces(image, faces, **bare).pixels
    assert np.array_equal(plain, draw_faces(*scene(name="Zoe"), **bare).pixels)


def test_alpha_is_kept_and_nothing_on_is_nothing_drawn():
    image, faces = scene(4)
    out = draw_faces(image, faces, boxes=False, landmarks=False, axes=False, labels=False)
    assert np.array_equal(out.pixels, image.pixels)


def test_parsing_is_painted_over_its_picture_only():
    labels = np.zeros((4, 6), np.uint8)
    labels[1, 2] = 17
    image = Image(np.full((4, 6, 3), 0.5, np.float32))
    out = show_parsing(Parsing(labels), image, opacity=1.0).pixels
    assert np.allclose(out[0, 0], 0.5) and not np.allclose(out[1, 2], 0.5)
    assert show_parsing(Parsing(labels)).pixels.shape == (4, 6, 3)
    with pytest.raises(NodeError, match="different sizes"):
        show_parsing(Parsing(labels), Image(np.zeros((5, 6, 3), np.float32)))
