"""Values as rows of text."""

from __future__ import annotations

import numpy as np

from app.ui.viewers.describe import ROW_LIMIT, describe
from nodes.sdk.values import Embedding, Face, Faces, Motion, Table


def a_face(**changes: object) -> Face:
    coefficients = np.zeros(52, np.float32)
    coefficients[24] = 0.8
    fields = {
        "box": np.array([10, 20, 110, 170], np.float32),
        "landmarks": np.zeros((478, 3), np.float32),
        "key_points": np.zeros((5, 2), np.float32),
        "score": 0.97,
        "coefficients": coefficients,
    }
    return Face(**(fields | changes))  # type: ignore[arg-type]


def test_a_table_keeps_its_columns_and_says_yes_for_true() -> None:
    columns, rows = describe(Table(("name", "kept"), (("Ann", True), (None, 0.5))))
    assert columns == ("name", "kept")
    assert rows == [("Ann", "yes"), ("", "0.5")]


def test_a_huge_table_is_cut_off() -> None:
    _, rows = describe(Table(("n",), tuple((number,) for number in range(ROW_LIMIT + 10))))
    assert len(rows) == ROW_LIMIT


def test_faces_show_box_confidence_and_strongest_expression() -> None:
    _, rows = describe(Faces((a_face(identity=3),), 640, 480))
    assert rows == [("#3", "97%", "10", "20", "100", "150", "478", "jawOpen 0.80")]


def test_motion_lists_its_liveliest_coefficients_first() -> None:
    coefficients = np.zeros((50, 52), np.float32)
    coefficients[:, 24] = np.linspace(0, 1, 50)
    zeros = np.zeros((50, 3), np.float32)
    motion = Motion(coefficients, zeros, zeros, np.zeros((50, 2, 2), np.float32), 25.0)
    _, rows = describe(motion)
    assert rows[0][0] == "2.00 s at 25 fps"
    assert rows[1] == ("jawOpen", "1.000", "0.500")


def test_plain_values_and_embeddings_have_a_row() -> None:
    assert describe(2.5) == (("Value",), [("2.5",)])
    _, rows = describe(Embedding(np.zeros(128, np.float32), "sface", "Ann"))
    assert ("Name", "Ann") in rows
