from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Choice, node
from nodes.sdk.values import HeadState, Image, Mask


class TextureParts(NamedTuple):
    """What 'Head texture' gives."""

    texture: Image
    seen: Mask


@node(title="Head texture", category="Head")
def head_texture(
    head: HeadState,
    *,
    size: Annotated[Literal["512", "1024", "2048"], Choice()] = "1024",
) -> TextureParts:
    """Unroll the photograph into the head's UV texture, to be painted on or exported.

    What the photograph shows is taken from it; what it hides is mirrored from the other side of
    the face where that is seen, and smoothed over from around elsewhere. Eyes and mouth are
    filled with skin: they are drawn apart.

    **seen** tells how well the photograph shows each texel: white is seen straight on, black was
    mirrored or guessed.

    Bring a painted texture back with 'Apply head texture'.

    Limits: light and shadow of the photograph stay in the texture. Hair in front of the face is
    painted onto it. The back of the head is a guess.

    Source: classical; projective texturing with a depth test, mirror completion, pull-push filling
    (Gortler et al. 1996).
    """
    from nodes.head._shape import as_fitted
    from nodes.head._texture import resized, texture_of

    texture = texture_of(as_fitted(head), int(size))
    return TextureParts(Image(resized(texture.pixels, int(size))), Mask(resized(texture.seen, int(size))))
