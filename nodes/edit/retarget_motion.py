from typing import Annotated, Any, Literal

from nodes.sdk import Carry, Choice, Slider, node
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Faces, HeadState


@node(title="Retarget motion", category="Edit", sequential=True, edits="performance")
def retarget_motion(
    head: HeadState,
    driving: Faces,
    neutral: Faces | None = None,
    portrait: Faces | None = None,
    *,
    mode: Annotated[Literal["relative", "absolute"], Choice()] = "relative",
    strength: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    brows: Annotated[float, Slider(0.0, 2.0, group="Regions")] = 1.0,
    eyes: Annotated[float, Slider(0.0, 2.0, group="Regions")] = 1.0,
    gaze: Annotated[float, Slider(0.0, 2.0, group="Regions")] = 1.0,
    mouth: Annotated[float, Slider(0.0, 2.0, group="Regions")] = 1.0,
    cheeks: Annotated[float, Slider(0.0, 2.0, group="Regions")] = 1.0,
    turn: Annotated[float, Slider(0.0, 2.0, group="Head")] = 1.0,
    most_turn: Annotated[float, Slider(0.0, 60.0, unit="degrees", group="Head", label="Turn at most")] = 25.0,
    when_lost: Annotated[Literal["hold", "fade out", "fail"], Choice()] = "hold",
    previous: Any = None,
) -> Carry[HeadState]:
    """Let a person's performance move another person's head.

    Wire the head of a portrait ('Fit head') and the performer's faces ('Track faces' of a clip, or
    'Face landmarks' of a photo; the first face counts, 'Pick face' chooses another). The result is
    an edited head: change it further with 'Edit expression', show it with 'Edit portrait'.

    - **Mode**: *relative* takes over how the performer moves away from rest, and leaves the
      portrait's own character; *absolute* copies expression and pose as they are. Relative is
      right for nearly everything.
    - **Neutral**: the performer at rest, such as 'Face landmarks' of a chosen picture. Without it
      the first frame with a face counts as rest.
    - **Portrait**: the faces seen in the portrait, if you have them: makes *absolute* exact.
    - **Regions**: how much of each is taken over; 0 leaves it to the portrait.
    - **Turn**: of the head; **Turn at most** keeps it where a photograph can follow.
    - **When lost**: what happens while the performer's face is not seen: the last pose is held,
      fades back to rest within half a second or so, or the node fails.

    Movements are measured as a share of the room each face has, so that wide and narrow faces, and
    faces that smile already, move alike. Frames are computed in order.

    Limits: what the landmarker cannot see does not come along: puffed cheeks, sneers, the tongue.
    The head stays in its place; only turns come over.

    Source: classical; relative transfer as in Thies et al. 2016, "Face2Face", on ARKit coefficients.
    """
    from dataclasses import replace

    import numpy as np

    from nodes.head._pose import with_expression
    from nodes.portrait.retargeting import Strengths, relative_change, scaled_turn, turned_by
    from nodes.raster.geometry import rotation_matrix

    unmoved = (np.zeros(52, np.float32), np.eye(3, dtype=np.float32), None, None)
    change, angle, rest, rest_rotation = previous or unmoved
    own = np.clip(head.expression, 0.0, 1.0)
    if portrait is not None and len(portrait):
        own = portrait[0].coefficients
    if neutral is not None and len(neutral):
        rest, rest_rotation = neutral[0].coefficients, neutral[0].rotation
    if len(driving):
        face = driving[0]
        if rest is None or rest_rotation is None:
            rest, rest_rotation = face.coefficients, face.rotation
        factors = strength * Strengths(brows, eyes, gaze, mouth, cheeks).vector()
        if mode == "relative":
            move = relative_change(face.coefficients, rest, own)
            moved = face.rotation @ rest_rotation.T
        else:
            move = face.coefficients - own
            moved = face.rotation @ rotation_matrix(head.rotation).T
        change = (move * factors).astype(np.float32)
        angle = scaled_turn(moved, turn, float(np.radians(most_turn)))
    elif when_lost == "fail":
        raise NodeError(
            "the performer's face is not seen", hint="Set 'When lost' to hold, or choose another part"
        )
    elif when_lost == "fade out":
        change = (change * np.float32(0.8)).astype(np.float32)
        angle = scaled_turn(angle, 0.8, float(np.pi))
    state = with_expression(head, change)
    result = replace(state, rotation=turned_by(head.rotation, angle))
    return Carry(result, (change, angle, rest, rest_rotation))
