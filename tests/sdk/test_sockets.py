"""Which wires fit, why others do not, and how sockets are told apart."""

from __future__ import annotations

import pytest

from nodes.sdk import values
from nodes.sdk.registry import default_registry
from nodes.sdk.sockets import CONVERSIONS, STYLES, UNKNOWN_STYLE, conversion, refusal, style_of


def test_equal_types_fit_without_a_conversion() -> None:
    assert refusal("Image", "Image") is None
    assert conversion("Image", "Image") is None


def test_a_declared_conversion_fits_and_names_its_node() -> None:
    assert refusal("Mask", "Image") is None
    assert conversion("Mask", "Image") == "image_from_mask"


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ("Mesh", "HeadState", "a HeadState socket does not take a Mesh"),
        ("Image", "Audio", "an Audio socket does not take an Image"),
    ],
)
def test_other_types_are_refused_with_a_sentence(start: str, end: str, reason: str) -> None:
    assert refusal(start, end) == reason


def test_every_conversion_is_a_node_from_and_to_these_types() -> None:
    registry = default_registry()
    for (start, end), node_id in CONVERSIONS.items():
        spec = registry.get(node_id)
        assert spec is not None, f"the node '{node_id}' does not exist"
        assert [socket.type_name for socket in spec.inputs if not socket.optional] == [start]
        assert [socket.type_name for socket in spec.outputs] == [end]


def test_every_value_type_has_a_look_of_its_own() -> None:
    names = {
        getattr(values, name).socket_name
        for name in values.__all__
        if hasattr(getattr(values, name), "socket_name")
    }
    assert names <= set(STYLES)
    assert len(set(STYLES.values())) == len(STYLES)
    assert style_of("Nothing") is UNKNOWN_STYLE
