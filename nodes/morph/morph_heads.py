from typing import Annotated, Literal

from nodes.sdk import Choice, Slider, Toggle, node
from nodes.sdk.values import HeadState


@node(title="Morph heads", category="Morph", edits="shape")
def morph_heads(
    heads: list[HeadState],
    *,
    amount: Annotated[float, Slider(0.0, 1.0)] = 0.5,
    ease: Annotated[Literal["even", "stop at each"], Choice()] = "even",
    shape: Annotated[bool, Toggle(group="What changes")] = True,
    expression: Annotated[bool, Toggle(group="What changes")] = True,
    texture: Annotated[bool, Toggle(group="What changes")] = True,
    pose: Annotated[bool, Toggle(group="What changes")] = True,
) -> HeadState:
    """Turn one fitted head into another, through any number of them.

    All heads are of the same model, so every place knows its counterpart: eyes stay eyes. **Amount**
    runs through all wired heads, 0 is the first and 1 the last; keyframe it for a film. **Ease** *stop
    at each* rests at every head.

    **What changes**: leave a part out to keep the first head's: its *texture* under another's shape, or
    its *pose* while the face changes. Expression includes gaze; pose includes the camera.

    View the result with *Render head* (*on its own*) or *Head to mesh*; rendered *over photo* it warps
    the first head's photograph. Hair is part of the texture only: it fades, it does not move. For
    meshes of other kinds use *Morph shapes*.
    """
    from nodes.morph._heads import between
    from nodes.morph._keys import eased, segment
    from nodes.sdk.errors import NodeError

    if not heads:
        raise NodeError("there is no head to morph", hint="Wire fitted heads into 'heads'")
    number, t = segment(amount, len(heads))
    t = eased(t, ease)
    if len(heads) == 1:
        return heads[0]
    base = heads[number]
    result = between(
        base,
        heads[number + 1],
        shape=t if shape else 0.0,
        expression=t if expression else 0.0,
        texture=t if texture else 0.0,
        pose=t if pose else 0.0,
    )
    kept = {"shape": shape, "expression": expression, "texture": texture, "pose": pose}
    if number and not all(kept.values()):
        # What does not change is the very first head's, not that of the pair's.
        shares = {name: 0.0 if changes else 1.0 for name, changes in kept.items()}
        result = between(result, heads[0], **shares)
    return result
