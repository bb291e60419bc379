from nodes.sdk import Context, node
from nodes.sdk.values import Image, Mask


@node(title="Person matte", category="Mask", models=("portrait_matte",))
def person_matte(image: Image, *, context: Context) -> Mask:
    """Cut people out of their background, softly, down to strands of hair.

    Wire it into 'Edit portrait', 'Swap head', 'Background plate' or any node that takes a mask.

    Limits: everyone in the picture is cut out together. What a person holds belongs to them only
    sometimes; fine things against a restless background are lost.

    Source: MODNet (Ke et al. 2022).
    """
    from nodes.face._crops import plain_picture
    from nodes.face._hair import load_matte
    from nodes.portrait.backdrop import person_alpha

    return Mask(person_alpha(load_matte(context), plain_picture(image)))
