"""Values refuse arrays of the wrong shape, and know their size and where they live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nodes.sdk.values import (
    ARKIT_NAMES,
    Audio,
    Camera,
    Face,
    Faces,
    HeadModel,
    HeadState,
    Image,
    Mask,
    Mesh,
    Motion,
    Splats,
    Table,
)
from nodes.sdk.values.arrays import byte_size, host_array, to_host


def zeros(*shape: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    return np.zeros(shape, np.float32)


def head_model(vertices: int = 5, directions: int = 2) -> HeadModel:
    return HeadModel(
        name="made up",
        mean=zeros(vertices, 3),
        identity=zeros(directions, vertices, 3),
        identity_names=("wide", "long"),
        expression=zeros(52, vertices, 3),
        triangles=np.zeros((3, 3), np.int32),
        parts=np.zeros(3, np.int32),
        part_names=("skin",),
        uv=zeros(3, 3, 2),
        landmark_triangles=np.zeros((468, 3), np.int32),
        landmark_weights=zeros(468, 3),
        eye_centres=zeros(2, 3),
    )


def test_there_are_52_coefficients_in_apples_order() -> None:
    assert len(ARKIT_NAMES) == 52
    assert list(ARKIT_NAMES) == sorted(ARKIT_NAMES)


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: Image(zeros(4, 4)), r"Image\.pixels must have shape any x any x any"),
        (lambda: Image(zeros(4, 4, 2)), "3 or 4 channels, got 2"),
        (lambda: Mask(zeros(4, 4, 1)), r"Mask\.alpha"),
        (lambda: Audio(zeros(8), 16000), r"Audio\.samples"),
        (lambda: Audio(zeros(8, 1), 0), "above 0"),
        (lambda: Face(zeros(5), zeros(478, 3), zeros(5, 2)), r"Face\.box"),
        (lambda: Face(zeros(4), zeros(478, 2), zeros(5, 2)), r"Face\.landmarks"),
        (lambda: Camera(1, 0, 0, 4, 4, zeros(3, 4)), "world_to_camera"),
        (lambda: Mesh(zeros(4, 2), np.zeros((1, 3), np.int32)), r"Mesh\.vertices"),
        (lambda: Splats(zeros(2, 3), zeros(3, 3), zeros(2, 4), zeros(2), zeros(2, 1, 3)), "scales"),
        (lambda: Motion(zeros(4, 51), zeros(4, 3), zeros(4, 3), zeros(4, 2, 2), 25), "coefficients"),
        (lambda: Motion(zeros(4, 52), zeros(3, 3), zeros(4, 3), zeros(4, 2, 2), 25), "rotation"),
        (lambda: Motion(zeros(4, 52), zeros(4, 3), zeros(4, 3), zeros(4, 2, 2), float("nan")), "fps"),
        (lambda: Table(("a", "b"), ((1, 2), (3,))), "row 1 has 1 cells"),
    ],
)
def test_a_wrong_shape_is_named(make: Callable[[], object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        make()


def test_pictures_know_their_size_and_channels() -> None:
    image = Image(zeros(3, 5, 4))
    assert (image.width, image.height, image.has_alpha) == (5, 3, True)


def test_faces_are_a_sequence_and_may_be_none() -> None:
    face = Face(np.array([1, 2, 11, 32], np.float32), zeros(0, 3), zeros(5, 2))
    assert face.size == 30
    assert list(Faces((face,), 64, 64)) == [face]
    assert len(Faces()) == 0


def test_sound_and_motion_know_how_long_they_last() -> None:
    assert Audio(zeros(8000, 2), 16000).seconds == 0.5
    assert Motion(zeros(50, 52), zeros(50, 3), zeros(50, 3), zeros(50, 2, 2), 25).seconds == 2


def test_a_value_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        Image(zeros(2, 2, 3)).linear = True  # type: ignore[misc]


def test_an_array_that_appears_twice_is_counted_once() -> None:
    pixels = zeros(100, 100, 3)
    once = byte_size(Image(pixels))
    assert once >= pixels.nbytes
    assert byte_size((Image(pixels), Image(pixels))) < once + pixels.nbytes // 2


def test_what_is_on_the_host_already_is_handed_back_itself() -> None:
    model = head_model()
    state = HeadState(
        model, zeros(2), zeros(52), zeros(2, 2), zeros(3), zeros(3), Camera(500, 32, 32, 64, 64)
    )
    assert to_host(state) is state
    assert to_host([state])[0] is state


def test_tensors_are_brought_to_the_host_inside_nested_values() -> None:
    class Tensor:
        """Stands in for a tensor on another device."""

        shape = (2, 2, 3)

        def detach(self) -> Tensor:
            return self

        def cpu(self) -> Tensor:
            return self

        def numpy(self) -> np.ndarray[Any, Any]:
            return np.ones(self.shape, np.float32)

    image = Image(Tensor())  # type: ignore[arg-type]
    moved = to_host((image, "words"))
    assert isinstance(moved[0].pixels, np.ndarray)
    assert moved[0].pixels.sum() == 12
    assert moved[1] == "words"
    assert isinstance(image.pixels, Tensor), "the value itself is not changed"
    assert host_array(image.pixels).shape == (2, 2, 3)
