from typing import Annotated

from nodes.sdk import Context, Slider, Toggle, node
from nodes.sdk.values import PARSING_CLASSES, Mask, Parsing

_PARTS: dict[str, tuple[str, ...]] = {
    "skin": ("skin",),
    "nose": ("nose",),
    "brows": ("left brow", "right brow"),
    "eyes": ("left eye", "right eye"),
    "lips": ("upper lip", "lower lip"),
    "inner_mouth": ("mouth",),
    "ears": ("left ear", "right ear"),
    "glasses": ("glasses",),
    "hair": ("hair",),
    "hat": ("hat",),
    "neck": ("neck",),
    "cloth": ("cloth",),
    "jewellery": ("earring", "necklace"),
}


@node(title="Face mask", category="Mask")
def face_mask(
    parsing: Parsing,
    *,
    skin: Annotated[bool, Toggle(group="Face")] = True,
    nose: Annotated[bool, Toggle(group="Face")] = True,
    brows: Annotated[bool, Toggle(group="Face")] = True,
    eyes: Annotated[bool, Toggle(group="Face")] = True,
    lips: Annotated[bool, Toggle(group="Face")] = True,
    inner_mouth: Annotated[bool, Toggle(group="Face")] = True,
    ears: Annotated[bool, Toggle(group="Face")] = False,
    glasses: Annotated[bool, Toggle(group="Around")] = False,
    hair: Annotated[bool, Toggle(group="Around")] = False,
    hat: Annotated[bool, Toggle(group="Around")] = False,
    neck: Annotated[bool, Toggle(group="Around")] = False,
    cloth: Annotated[bool, Toggle(group="Around")] = False,
    jewellery: Annotated[bool, Toggle(group="Around")] = False,
    grow: Annotated[float, Slider(-100, 100, unit="px", group="Edge")] = 0.0,
    feather: Annotated[float, Slider(0, 200, unit="px", group="Edge")] = 1.5,
    context: Context,
) -> Mask:
    """Make a mask of chosen parts of a parsed face.

    Switch on the parts that belong to the mask; the default is the face without ears.

    - **Grow**: moves the edge outwards, or inwards when negative.
    - **Feather**: softens the edge to about twice this width, after growing.

    Wire 'Hair matte' instead when single strands matter.
    """
    from nodes.face._masks import feathered, grown, of_classes

    chosen = {
        "skin": skin,
        "nose": nose,
        "brows": brows,
        "eyes": eyes,
        "lips": lips,
        "inner_mouth": inner_mouth,
        "ears": ears,
        "glasses": glasses,
        "hair": hair,
        "hat": hat,
        "neck": neck,
        "cloth": cloth,
        "jewellery": jewellery,
    }
    names = [name for part, wanted in chosen.items() if wanted for name in _PARTS[part]]
    alpha = of_classes(parsing.labels, [PARSING_CLASSES.index(name) for name in names])
    if not alpha.any():
        context.notice("none of these parts was parsed: the mask is empty")
    return Mask(feathered(grown(alpha, grow), feather))
