"""Pictures made ready for swapping heads, kept for the last few; and what they must be like."""

from __future__ import annotations

from typing import Any

from nodes.face._landmarks import LandmarkRuntime
from nodes.head._mixing import require_same_model
from nodes.head._shape import as_fitted
from nodes.portrait.backdrop import guessed_labels
from nodes.portrait.belonging import require_fitted_to, require_landmarks
from nodes.portrait.editing import Kept
from nodes.sdk.values import HeadState, Image, Parsing
from nodes.sdk.values.arrays import FloatArray
from nodes.swap._face import swapped
from nodes.swap._head import Body, Cut, body_of, cut_of
from nodes.swap._pose import between_axes, corrected

_bodies = Kept()
_cuts = Kept()
_guesses = Kept()
_turns = Kept(16)


def body_for(image: Image, fit: HeadState, parsing: Parsing, alpha: FloatArray, plate: Image | None) -> Body:
    """The target without its head."""
    made_from: tuple[Any, ...] = (image, fit, parsing, alpha, *(() if plate is None else (plate,)))
    body: Body = _bodies.get(made_from, lambda: body_of(image, fit, parsing, alpha, plate))
    return body


def cut_for(image: Image, fit: HeadState, parsing: Parsing, alpha: FloatArray) -> Cut:
    """The source's head, cut out."""
    cut: Cut = _cuts.get((image, fit, parsing, alpha), lambda: cut_of(image, fit, parsing, alpha))
    return cut


def labels_for(image: Image, fit: HeadState, alpha: FloatArray) -> Parsing:
    """Parts of a picture that was not parsed, by the fitted head."""
    labels: Parsing = _guesses.get((image, fit, alpha), lambda: Parsing(guessed_labels(fit, alpha)))
    return labels


def turn_for(
    image: Image,
    target: HeadState,
    source: HeadState,
    parsing: Parsing | None,
    source_parsing: Parsing | None,
    runtime: LandmarkRuntime,
) -> FloatArray | None:
    """3 x 3, between the axes of two heads, so that the swapped face is seen in the target's pose.

    Args:
        image: the target's picture. target: the head fitted to it. source: the other person's head.
        parsing, source_parsing: of the pictures. runtime: the landmarker.
    """
    other = as_fitted(source)

    def make() -> FloatArray | None:
        turn = between_axes(runtime, target, other)
        if turn is None:
            return None
        made = swapped(
            image, target, other, parsing, source_parsing,
            shape=1.0, tone=0.0, strength=1.0, softness=0.07, turn=turn,
        )  # fmt: skip
        return corrected(runtime, turn, target, made)

    found: FloatArray | None = _turns.get((target, other), make)
    return found


def require_pair(image: Image, target: HeadState, source: HeadState) -> None:
    """Raise NodeError when two fitted heads cannot be swapped in the target's picture."""
    require_fitted_to(target, image, "the target's head")
    require_same_model(target.model, source.model)
    require_landmarks(target, "the target's head")
