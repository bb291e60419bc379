from typing import Annotated

from nodes.sdk import Context, Slider, Text, node
from nodes.sdk.values import Faces


@node(title="Adjust landmarks", category="Face")
def adjust_landmarks(
    faces: Faces,
    *,
    moves: Annotated[str, Text(multiline=True)] = "",
    strength: Annotated[float, Slider(0, 1)] = 1.0,
    spread: Annotated[float, Slider(0, 0.6)] = 0.12,
    context: Context,
) -> Faces:
    """Move landmarks of faces by hand, where they were read wrongly or should be elsewhere.

    Select the node while the picture or this node is in the viewer, and drag points; Shift and a click
    puts one back. Every drag can be undone by itself. What works by landmarks follows: masks, crops
    of faces, the fitted head.

    **Strength**: how much of the moves is carried out; keyframe it to let them come and go.

    **Spread**: how far neighbouring points go along, as a share of the width of the eyes. With 0 a
    point moves alone.

    **Moves**: what was moved, as text in ten-thousandths of that width, in the plane of the head. On a
    clip a move stays on the face as it turns and comes nearer. It belongs to the person when faces
    are tracked ('Track faces'), else to the first, second ... largest face of each frame.

    Limits: expression coefficients and the head's direction stay as they were read. On a face seen from
    the side, points move along the profile only. 'Moves' for faces that are not there do nothing.
    """
    from nodes.face._landmark_moves import moved_faces, read_moves

    wanted = read_moves(moves)
    if not len(faces):
        context.notice("there is no face to adjust")
    if not wanted or strength == 0:
        return faces
    if any(not len(face.landmarks) for face in faces):
        context.notice("faces without landmarks cannot be adjusted: use 'Face landmarks'")
    return moved_faces(faces, wanted, spread, strength)
