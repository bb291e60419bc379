from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import HeadState


@node(title="Mix heads", category="Head", edits="shape")
def mix_heads(
    head: HeadState,
    other: HeadState,
    *,
    nose: Annotated[float, Slider(-1.0, 2.0, group="Take from the other")] = 0.0,
    eyes: Annotated[float, Slider(-1.0, 2.0, group="Take from the other")] = 0.0,
    brows: Annotated[float, Slider(-1.0, 2.0, group="Take from the other")] = 0.0,
    mouth: Annotated[float, Slider(-1.0, 2.0, group="Take from the other")] = 0.0,
    jaw: Annotated[float, Slider(-1.0, 2.0, group="Take from the other")] = 0.0,
    cheeks: Annotated[float, Slider(-1.0, 2.0, group="Take from the other")] = 0.0,
    forehead: Annotated[float, Slider(-1.0, 2.0, group="Take from the other")] = 0.0,
    skull: Annotated[float, Slider(-1.0, 2.0, group="Take from the other", label="Ears and skull")] = 0.0,
) -> HeadState:
    """Give a head parts of another head's shape: the nose of one, the jaw of another.

    Each slider takes a region over: 0 keeps the first head's, 1 is the other's, between them they
    blend, below 0 and above 1 they exaggerate. Regions fade into each other. Texture, expression,
    pose and photograph stay the first head's, so the result can be rendered over its photograph.

    Limits: both heads must be of the same model. Skin colour is not mixed; for faces in pictures
    use the swap nodes.

    Source: classical; soft regions around landmark groups, vertex-wise interpolation.
    """
    from nodes.head._mixing import mixed
    from nodes.head._regions import REST

    amounts = {
        "nose": nose,
        "eyes": eyes,
        "brows": brows,
        "mouth": mouth,
        "jaw": jaw,
        "cheeks": cheeks,
        "forehead": forehead,
        REST: skull,
    }
    return mixed(head, other, amounts)
