"""The declaration: a typed function is a node, and a bad signature is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, Unpack

import pytest

from nodes.sdk import (
    Around,
    Carry,
    Colour,
    Context,
    DeclarationError,
    File,
    NodeSpec,
    Slider,
    Text,
    node,
)
from nodes.sdk.values import Faces, Image, Mask


class Halves(NamedTuple):
    left: Image
    right: Mask


class Sliders(TypedDict):
    jawOpen: Annotated[float, Slider(0, 1, group="Mouth")]
    size: Annotated[float, Slider(2, 5)]


def declare(function: Callable[..., Any], **options: Any) -> NodeSpec:
    """The spec of a function declared as a node."""
    declared = node(title="Title", category="Test", **options)(function)
    assert declared is function, "the function stays callable as written"
    return function.spec  # type: ignore[attr-defined, no-any-return]


def test_sockets_parameters_and_help_come_from_the_signature() -> None:
    def sharpen(
        picture: Image,
        extra: list[Faces],
        mask: Mask | None = None,
        *,
        context: Context,
        strength: Annotated[float, Slider(0, 2, unit="x", group="Look")] = 1.0,
        rounds: Annotated[int, Slider(1, 9)] = 2,
        mode: Literal["soft", "hard"] = "soft",
        invert: bool = False,
        path: Annotated[str, File("Picture", ("png",))] = "",
        words: Annotated[str, Text()] = "hello",
        tint: Annotated[tuple[float, float, float], Colour()] = (1.0, 1.0, 1.0),
    ) -> Image:
        """Sharpen a picture, a little or a lot."""
        return picture

    spec = declare(sharpen, version=3, reads=("frame",), models=("net",), note="classical")
    assert (spec.id, spec.version, spec.note, spec.models) == ("sharpen", 3, "classical", ("net",))
    assert spec.help == "Sharpen a picture, a little or a lot."
    assert spec.takes_context
    assert [(socket.name, socket.type_name) for socket in spec.inputs] == [
        ("picture", "Image"),
        ("extra", "Faces"),
        ("mask", "Mask"),
    ]
    assert [socket.optional for socket in spec.inputs] == [False, False, True]
    assert [socket.many for socket in spec.inputs] == [False, True, False]
    assert {entry.name: entry.kind for entry in spec.parameters} == {
        "strength": "float",
        "rounds": "int",
        "mode": "choice",
        "invert": "bool",
        "path": "file",
        "words": "text",
        "tint": "colour",
    }
    strength = spec.parameter("strength")
    assert strength is not None
    assert (strength.default, strength.group, strength.label) == (1.0, "Look", "Strength")
    assert [(socket.name, socket.type_name) for socket in spec.outputs] == [("out", "Image")]
    assert spec.input("mask") is spec.inputs[2]
    assert spec.output("other") is None
    assert spec.parameter("other") is None


def test_a_named_tuple_declares_several_outputs() -> None:
    def split(picture: Image) -> Halves:
        """Split a picture into two halves."""
        raise NotImplementedError

    assert [(socket.name, socket.type_name) for socket in declare(split).outputs] == [
        ("left", "Image"),
        ("right", "Mask"),
    ]


def test_a_window_of_frames_is_one_wire() -> None:
    def smooth(pictures: Annotated[list[Image], Around(2, 1)]) -> Image:
        """Average the frames around this one."""
        raise NotImplementedError

    (socket,) = declare(smooth).inputs
    assert socket.around == Around(2, 1)
    assert not socket.many


def test_a_sequential_node_carries_a_state_and_hides_it() -> None:
    def track(picture: Image, *, previous: Any = None) -> Carry[Faces]:
        """Follow the faces from frame to frame."""
        raise NotImplementedError

    spec = declare(track, sequential=True)
    assert spec.sequential
    assert [socket.name for socket in spec.inputs] == ["picture"]
    assert spec.parameters == ()
    assert spec.outputs[0].type_name == "Faces"


def test_a_shared_block_of_sliders_defaults_to_the_value_nearest_zero() -> None:
    def edit(picture: Image, **sliders: Unpack[Sliders]) -> Image:
        """Edit with a block of sliders."""
        return picture

    spec = declare(edit)
    assert [(entry.name, entry.default) for entry in spec.parameters] == [("jawOpen", 0.0), ("size", 2.0)]
    assert spec.parameters[0].label == "Jaw open"


def no_docstring(picture: Image) -> Image:
    raise NotImplementedError


def untyped_input(picture) -> Image:  # type: ignore[no-untyped-def]
    """Its input has no type at all."""


def foreign_input(picture: dict[str, int]) -> Image:
    """Its input cannot travel on a wire."""
    raise NotImplementedError


def input_with_default(picture: Image, other: Image = None) -> Image:  # type: ignore[assignment]
    """Its input has a default but is not optional."""
    raise NotImplementedError


def several_types(picture: Image | Mask) -> Image:
    """Its input takes two types."""
    raise NotImplementedError


def star_inputs(*pictures: Image) -> Image:
    """Its inputs are written with a star."""
    raise NotImplementedError


def window_of_one(picture: Annotated[Image, Around(1, 1)]) -> Image:
    """Its window is not a list."""
    raise NotImplementedError


def no_default(picture: Image, *, strength: Annotated[float, Slider(0, 1)]) -> Image:
    """Its parameter has no default."""
    raise NotImplementedError


def unbounded(picture: Image, *, strength: float = 1.0) -> Image:
    """Its number has no slider."""
    raise NotImplementedError


def upside_down(picture: Image, *, strength: Annotated[float, Slider(2, 1)] = 1.5) -> Image:
    """Its slider ends before it starts."""
    raise NotImplementedError


def default_outside(picture: Image, *, strength: Annotated[float, Slider(0, 1)] = 1.5) -> Image:
    """Its default lies outside its slider."""
    raise NotImplementedError


def default_no_choice(picture: Image, *, mode: Literal["a", "b"] = "c") -> Image:  # type: ignore[assignment]
    """Its default is no choice."""
    raise NotImplementedError


def foreign_parameter(picture: Image, *, extra: list[int] = []) -> Image:  # noqa: B006
    """Its parameter can be shown by no control."""
    raise NotImplementedError


def plain_block(picture: Image, **sliders: float) -> Image:
    """Its block is not a TypedDict."""
    raise NotImplementedError


def no_return(picture: Image):  # type: ignore[no-untyped-def]
    """It does not say what it returns."""


def returns_nothing(picture: Image) -> None:
    """It returns nothing that could travel."""


def foreign_output(picture: Image) -> dict[str, int]:
    """It returns what cannot travel on a wire."""
    raise NotImplementedError


def secret_state(picture: Image, *, previous: Any = None) -> Image:
    """It carries a state without saying so."""
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (no_docstring, "no docstring"),
        (untyped_input, "argument 'picture' has no type"),
        (foreign_input, "input 'picture' is of no value type"),
        (input_with_default, "input 'other' has a default"),
        (several_types, "optional input 'picture' must be"),
        (star_inputs, r"'\*pictures' is not allowed"),
        (window_of_one, "asks for a window"),
        (no_default, "parameter 'strength' has no default"),
        (unbounded, "number 'strength' has no Slider"),
        (upside_down, "low 2 >= high 1"),
        (default_outside, r"default 1\.5 of 'strength' lies outside"),
        (default_no_choice, "default of 'mode' does not fit"),
        (foreign_parameter, "'extra' has a type that no control can show"),
        (plain_block, r"'\*\*sliders' must be Unpack of a TypedDict"),
        (no_return, "no return type"),
        (returns_nothing, "no return type"),
        (foreign_output, "output is of no value type"),
        (secret_state, "a sequential node, and no other"),
    ],
)
def test_a_signature_that_breaks_the_contract_is_refused(
    function: Callable[..., Any], complaint: str
) -> None:
    with pytest.raises(DeclarationError, match=complaint) as caught:
        declare(function)
    assert function.__name__ in caught.value.where


def test_reading_what_a_run_does_not_offer_is_refused() -> None:
    def plain(picture: Image) -> Image:
        """A node that reads the time of day."""
        return picture

    with pytest.raises(DeclarationError, match="clock"):
        declare(plain, reads=("clock",))


def test_an_input_and_a_parameter_may_not_share_a_name() -> None:
    def clash(size: Image, **sliders: Unpack[Sliders]) -> Image:
        """Its input is called as one of its sliders."""
        return size

    with pytest.raises(DeclarationError, match="share a name"):
        declare(clash)


def test_what_a_node_does_to_people_is_one_of_the_known_words() -> None:
    @node(title="Smile", category="Test", edits="expression")
    def smile(image: Image) -> Image:
        """Pretend to make people smile."""
        return image

    assert smile.spec.edits == "expression"
    with pytest.raises(DeclarationError, match="edits 'magic' is none of expression"):

        @node(title="Magic", category="Test", edits="magic")
        def magic(image: Image) -> Image:
            """Pretend to do magic to people."""
            return image
