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
    remove_light: bool = True,
) -> TextureParts:
    """Unroll the photograph into the head's UV texture, to be painted on or exported.

    What the photograph shows is taken from it; what it hides is mirrored from the other side of
    the face where that is seen. The rest is smoothed over from around: skin from skin, and the
    scalp from the hair that is seen. Hair that hangs over the ears is left out. Eyes and mouth
    are filled with skin: they are drawn apart.

    - **Remove light**: divide by the light that 'Fit head' found, so that the skin can be lit anew.
      Turn it off to keep the photograph's own light and shadow.

    **seen** tells how well the photograph shows each texel: white is seen straight on, black was
    mirrored or guessed.

    Bring a painted texture back with 'Apply head texture'.

    Limits: the light is a smooth one; cast shadows and highlights stay in the texture. The head
    model has no statistics of skin: what neither side shows is smooth. Hair in front of the face,
    and what is behind a narrow neck, are painted onto it. The hairline at the back is the usual
    one. Sharp details stay as sharp as the
    photograph shows them.

    Source: classical; projective texturing with a depth test, division by second-order spherical
    harmonics, mirror completion, a membrane over the mesh (Laplace's equation), pull-push filling
    between the parts of the layout (Gortler et al. 1996).
    """
    from nodes.head._shape import as_fitted
    from nodes.head._texture import resized, texture_of

    texture = texture_of(as_fitted(head), int(size), unlit=remove_light)
    return TextureParts(Image(resized(texture.pixels, int(size))), Mask(resized(texture.seen, int(size))))
