"""Whether the inputs of a node belong to one picture."""

from __future__ import annotations

from nodes.sdk.errors import NodeError
from nodes.sdk.values import Camera, HeadState, Image, Mask, Parsing

#: The landmarks that an edit of a picture needs.
LANDMARKS = 468


def require_fitted_to(fit: HeadState, image: Image, whose: str = "the head") -> None:
    """Raise NodeError when a head was fitted to a picture of another size than this one.

    Args:
        whose: the head, as people say it.
    """
    if (image.width, image.height) != (fit.camera.width, fit.camera.height):
        raise NodeError(
            f"{whose} was fitted to a picture of {fit.camera.width} x {fit.camera.height} pixels, "
            f"this one has {image.width} x {image.height}",
            hint="Wire the same picture to 'Fit head' and here",
        )


def require_size_of(
    image: Image | Camera, whose: str = "the", **others: Image | Mask | Parsing | None
) -> None:
    """Raise NodeError when what was made of a picture has another size than the picture.

    Args:
        image: the picture, or the camera that took it. whose: its owner: "the target's".
        others: by their names; None is not wired.
    """
    for name, other in others.items():
        if other is not None and (other.width, other.height) != (image.width, image.height):
            raise NodeError(
                f"{whose} picture and its {name} have different sizes: {image.width} x {image.height} and "
                f"{other.width} x {other.height}",
                hint=f"Make the {name} from that same picture",
            )


def require_landmarks(fit: HeadState, whose: str = "the head") -> None:
    """Raise NodeError when a head knows no landmarks, as one that was not fitted to a picture."""
    if len(fit.landmarks) < LANDMARKS:
        raise NodeError(f"{whose} knows no landmarks", hint="Fit it to its picture with 'Fit head'")


def picture_of(fit: HeadState, whose: str) -> Image:
    """The picture a head was fitted to. Raises NodeError when it knows none, or no landmarks."""
    if fit.picture is None or len(fit.landmarks) < LANDMARKS:
        raise NodeError(f"{whose} knows no picture", hint="Wire a head from 'Fit head'")
    return fit.picture
