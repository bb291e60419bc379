"""A few kinds of nodes that do nothing, with every kind of socket and parameter."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from nodes.sdk import Colour, File, Slider, Text, node
from nodes.sdk.registry import Registry
from nodes.sdk.values import Audio, Image, Mask


@node(title="Picture", category="Test")
def picture(*, path: Annotated[str, File("Picture", ("png", "jpg"))] = "") -> Image:
    """A source with a file, for tests of documents."""
    raise NotImplementedError


@node(title="Grade", category="Test")
def grade(
    image: Image,
    *,
    gain: Annotated[float, Slider(0, 4)] = 1.0,
    steps: Annotated[int, Slider(1, 64)] = 8,
    soft: Annotated[float, Slider(0, 1, hard=False)] = 0.0,
    invert: bool = False,
    mode: Literal["film", "video"] = "film",
    tint: Annotated[tuple[float, float, float], Colour()] = (1.0, 1.0, 1.0),
    words: Annotated[str, Text()] = "",
) -> Image:
    """A filter with every kind of parameter, for tests of documents."""
    raise NotImplementedError


@node(title="Blend", category="Test")
def blend(base: Image, over: Image, matte: Mask | None = None) -> Image:
    """Two pictures into one, for tests of documents."""
    raise NotImplementedError


@node(title="Stack", category="Test")
def stack(layers: list[Image]) -> Image:
    """Any number of pictures into one, for tests of documents."""
    raise NotImplementedError


@node(title="Voice", category="Test")
def voice() -> Audio:
    """A sound, which no picture socket takes, for tests of documents."""
    raise NotImplementedError


class Split(NamedTuple):
    """What `split` gives."""

    picture: Image
    matte: Mask


@node(title="Split", category="Test")
def split(image: Image) -> Split:
    """One picture into two values, for tests of documents."""
    raise NotImplementedError


@node(title="Matte picture", category="Test")
def image_from_mask(mask: Mask) -> Image:
    """The conversion that stands between mask and picture, for tests of documents."""
    raise NotImplementedError


@node(title="Write", category="Test", writer="image")
def write(image: Image, *, path: Annotated[str, File("Picture", ("png",), mode="save")] = "") -> Image:
    """A writer, for tests of documents."""
    raise NotImplementedError


def _migrate(version: int, parameters: dict[str, Any]) -> dict[str, Any]:
    if version == 1:
        parameters["percent"] = parameters.pop("strength", 0.5) * 100
    if "explode" in parameters:
        raise KeyError("nothing helps")
    return parameters


@node(title="Changed", category="Test", version=2, migrate=_migrate)
def changed(image: Image, *, percent: Annotated[float, Slider(0, 200)] = 50.0) -> Image:
    """A node whose parameter changed its name and unit, for tests of documents."""
    raise NotImplementedError


@node(title="Needy", category="Test", models=("no_such_card",))
def needy(image: Image) -> Image:
    """A node that wants a model there is no card of, for tests of documents."""
    raise NotImplementedError


def registry(*without: str) -> Registry:
    """A registry of these kinds, except some."""
    found = Registry()
    for function in (picture, grade, blend, stack, split, image_from_mask, write, changed, needy, voice):
        if function.spec.id not in without:
            found.add(function.spec)
    return found
