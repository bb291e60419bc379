"""Every value survives being taken apart and put together; damaged data is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nodes.sdk import values
from nodes.sdk.codec import decode, encode
from nodes.sdk.values import Audio, Camera, Face, Faces, HeadState, Image, Mask, Motion, Table
from tests.sdk.test_values import head_model, zeros

floats = st.floats(0, 1, width=32)
images = st.builds(
    Image,
    array_shapes(min_dims=2, max_dims=2, max_side=6).flatmap(
        lambda size: st.sampled_from([3, 4]).flatmap(
            lambda channels: arrays(np.float32, (*size, channels), elements=floats)
        )
    ),
    st.booleans(),
)
masks = st.builds(Mask, arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=6), elements=floats))
audio = st.builds(
    Audio,
    arrays(np.float32, st.tuples(st.integers(0, 9), st.integers(1, 2)), elements=floats),
    st.integers(1, 96000),
)
cells = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
tables = st.lists(st.text(max_size=5), max_size=4).flatmap(
    lambda columns: st.builds(
        Table, st.just(tuple(columns)), st.lists(st.tuples(*[cells] * len(columns)), max_size=4).map(tuple)
    )
)
faces = st.builds(
    Face,
    arrays(np.float32, (4,), elements=floats),
    arrays(np.float32, st.tuples(st.sampled_from([0, 478]), st.just(3)), elements=floats),
    arrays(np.float32, (5, 2), elements=floats),
    floats,
    identity=st.integers(-1, 9),
    name=st.text(max_size=5),
).map(lambda face: Faces((face, face), 640, 480))
plain = cells | st.dictionaries(st.text(max_size=4), st.integers(), max_size=3)
anything = st.one_of(images, masks, audio, tables, faces, plain)


def same(left: Any, right: Any) -> bool:
    """Equal, arrays by content and type, lists and tuples alike, and not-a-number equal to itself."""
    if isinstance(left, np.ndarray):
        return bool(left.dtype == right.dtype and np.array_equal(left, right, equal_nan=True))
    if dataclasses.is_dataclass(left):
        return type(left) is type(right) and all(
            same(getattr(left, field.name), getattr(right, field.name)) for field in dataclasses.fields(left)
        )
    if isinstance(left, tuple | list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and left == right


@settings(deadline=None)
@given(anything | st.lists(anything, max_size=3).map(tuple))
def test_a_value_survives_the_round_trip_through_json(value: Any) -> None:
    tree, found = encode(value)
    assert same(value, decode(json.loads(json.dumps(tree)), found))


def test_every_value_type_is_known() -> None:
    from nodes.sdk.codec import _TYPES

    kinds = {name for name in values.__all__ if isinstance(getattr(values, name), type)}
    assert set(_TYPES) == kinds


def test_a_fitted_head_with_its_reference_and_picture_survives() -> None:
    def state(**more: Any) -> HeadState:
        camera = Camera(500, 32, 32, 64, 64)
        return HeadState(model, zeros(2), zeros(52), zeros(2, 2), zeros(3), zeros(3), camera, **more)

    model = head_model()
    measured = state(picture=Image(zeros(4, 4, 3)))
    edited = state(reference=measured, error=0.01)
    tree, found = encode(edited)
    assert same(edited, decode(tree, found))


def test_an_array_that_appears_twice_is_stored_once() -> None:
    pixels = zeros(4, 4, 3)
    _, found = encode((Image(pixels), Image(pixels)))
    assert len(found) == 1


def test_several_outputs_come_back_as_a_tuple() -> None:
    class Pair(NamedTuple):
        first: Image
        second: int

    back = decode(*encode(Pair(Image(zeros(1, 1, 3)), 4)))
    assert isinstance(back, tuple)
    assert back[1] == 4


@pytest.mark.parametrize("value", [object(), {1: 2}, {"a": object()}, np.zeros(2, complex), b"bytes", {1, 2}])
def test_what_is_no_value_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        encode(value)


def test_a_look_alike_class_is_refused() -> None:
    @dataclasses.dataclass
    class Motion:
        fps: float

    with pytest.raises(TypeError, match="a Motion cannot be stored"):
        encode(Motion(25))


json_trees = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["array", "list", "map", "type", "fields"]), inner, max_size=2)
        | st.fixed_dictionaries(
            {
                "type": st.sampled_from(["Image", "Table", "Motion", "Path", "object"]),
                "fields": st.dictionaries(
                    st.sampled_from(["pixels", "linear", "columns", "rows", "fps"]), inner
                ),
            }
        )
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=300)
@given(json_trees)
def test_damaged_data_is_refused_and_never_crashes(tree: Any) -> None:
    try:
        decode(tree, [zeros(2, 2, 3)])
    except ValueError:
        return


def test_data_cannot_name_a_type_that_is_no_value() -> None:
    with pytest.raises(ValueError, match="unknown type 'Path'"):
        decode({"type": "Path", "fields": {}}, [])


def test_a_missing_array_is_refused() -> None:
    tree, found = encode(Motion(zeros(2, 52), zeros(2, 3), zeros(2, 3), zeros(2, 2, 2), 25))
    with pytest.raises(ValueError, match="refers to array"):
        decode(tree, found[:-1])
