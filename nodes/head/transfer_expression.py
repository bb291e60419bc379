from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import HeadState


@node(title="Transfer expression", category="Head", edits="expression")
def transfer_expression(
    head: HeadState,
    source: HeadState,
    neutral: HeadState | None = None,
    *,
    strength: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    pose: Annotated[float, Slider(0.0, 1.5)] = 0.0,
    gaze: Annotated[float, Slider(0.0, 1.0)] = 1.0,
) -> HeadState:
    """Give a head the expression of another head, such as one tracked through a clip.

    Without **neutral** the source's coefficients replace the head's own. With it (the source at
    rest, for example its first frame) only what the source does beyond its rest is added: use this
    when two faces look different at rest, or when the head's own expression shall stay.

    - **Strength**: how much of the expression; above 1 exaggerates.
    - **Pose**: how much of the source's turn of the head: of its turn since *neutral* when that is
      wired, else towards its pose.
    - **Gaze**: how much of where the eyes look.

    Limits: coefficients carry over, not the way a person forms them. A big smile on a small mouth
    is a big smile.

    Source: classical; differences of ARKit coefficients.
    """
    from nodes.head._mixing import with_expression_of

    return with_expression_of(head, source, neutral, strength=strength, pose=pose, gaze=gaze)
