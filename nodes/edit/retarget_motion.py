from typing import Annotated, Any, Literal

from nodes.sdk import Carry, Choice, Slider, node
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Faces, HeadState

#: How far a performance may drive the levels of a head's surface.
_LEVELS = (-0.4, 1.2)
#: How much of a movement that a face has no room for is shown all the same: of one that grows (a
#: smile on a smile soon looks like another person) and of one that goes (lips that draw together).
_BEYOND = (0.5, 0.4)


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
    calm: Annotated[float, Slider(0.0, 1.0)] = 0.5,
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
    - **Calm**: keeps the trembling of what was read off the performer out of the portrait. 0 takes
      over every frame as it is; at 1 small movements get lost.
    - **When lost**: what happens while the performer's face is not seen: the last pose is held,
      fades back to rest within half a second or so, or the node fails.

    Movements are measured as a share of the room each face has, so that wide and narrow faces, and
    faces that smile already, move alike. Lips, chin and brows follow the performer's landmarks, in
    the size of the portrait's own mouth: what coefficients are blind to comes along. 'Edit portrait'
    moves the surface just so and calibrates lids, gaze and turn. Frames are computed in order.

    Limits: what the landmarker cannot see does not come along: puffed cheeks, sneers, the tongue.
    The head stays in its place; only turns come over. *Absolute* knows coefficients only.

    Source: classical; relative transfer as in Thies et al. 2016, "Face2Face", on ARKit coefficients
    and, for the surface, on landmarks (Weise et al. 2011).
    """
    from dataclasses import replace

    import numpy as np

    from nodes.head._pose import with_expression
    from nodes.portrait.performing import ON_SURFACE, unexplained
    from nodes.portrait.retargeting import (
        Strengths,
        calmed,
        calmed_turn,
        relative_change,
        scaled_turn,
        together,
        turned_by,
    )
    from nodes.raster.geometry import rotation_matrix

    nothing = np.zeros(52, np.float32)
    change, carried, angle, rest = previous or (nothing, nothing, np.eye(3, dtype=np.float32), None)
    own = np.clip(head.expression, 0.0, 1.0)
    if portrait is not None and len(portrait):
        own = portrait[0].coefficients
    if neutral is not None and len(neutral):
        rest = neutral[0]
    if len(driving):
        face = driving[0]
        rest = face if rest is None else rest
        factors = strength * Strengths(brows, eyes, gaze, mouth, cheeks).vector()
        if mode == "relative":
            move = relative_change(face.coefficients, rest.coefficients, own)
            moved = face.rotation @ rest.rotation.T
            shown = nothing
            if min(len(face.landmarks), len(rest.landmarks)) >= 468:
                seen = face.coefficients - rest.coefficients
                more = unexplained(head, face.landmarks, rest.landmarks, rest.rotation, seen)
                beyond = np.where(seen > 0, *_BEYOND) * (seen - move)
                move = move + more + np.where(ON_SURFACE, beyond, 0.0)
                shown = np.where(ON_SURFACE, move, 0.0)
        else:
            move, shown = face.coefficients - own, nothing
            moved = face.rotation @ rotation_matrix(head.rotation).T
        wanted, turned = move * factors, scaled_turn(moved, turn, float(np.radians(most_turn)))
        if previous is not None:
            wanted, turned = calmed(change, wanted, calm), calmed_turn(angle, turned, calm)
        change, angle = wanted.astype(np.float32), turned
        carried = np.where(shown == 0.0, nothing, change)
    elif when_lost == "fail":
        raise NodeError(
            "the performer's face is not seen", hint="Set 'When lost' to hold, or choose another part"
        )
    elif when_lost == "fade out":
        change, carried = change * np.float32(0.8), carried * np.float32(0.8)
        angle = scaled_turn(angle, 0.8, float(np.pi))
    state = with_expression(head, np.where(carried == 0.0, change, 0.0).astype(np.float32))
    lowest, highest = (limit - head.expression for limit in _LEVELS)
    carried = np.clip(carried, np.minimum(lowest, 0.0), np.maximum(highest, 0.0)).astype(np.float32)
    result = replace(
        state,
        expression=state.expression + carried,
        carried=carried,
        gaze=together(head.gaze, state.gaze),
        rotation=turned_by(head.rotation, angle),
    )
    return Carry(result, (change, carried, angle, rest))
