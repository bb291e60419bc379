from typing import Annotated

from nodes.sdk import Slider, Text, node
from nodes.sdk.values import Motion


@node(title="Edit motion", category="Speech")
def edit_motion(
    motion: Motion,
    *,
    curves: Annotated[str, Text(multiline=True)] = "",
    strength: Annotated[float, Slider(0.0, 2.0)] = 1.0,
) -> Motion:
    """Change the curves of a motion by hand: open a mouth wider, hold a blink, take back a nod.

    Select the node and open the curves (Ctrl+K). Tick the curves to see, then pull one where it
    should go: the change fades out to both sides within the reach set above the plot. Double-click
    sets a key without a change, drag keys to move them, Delete removes them. What came in is drawn
    dashed behind.

    - **Curves**: the changes as text, one curve a line: "jawOpen: 0.5 0.2, 1.2 0" adds 0.2 at half
      a second and nothing from 1.2 on. Coefficients count 0 to 1, head and eyes in degrees.
    - **Strength**: scales all changes.

    The changes lie over the motion: new words or another voice before this node keep them, at the
    same seconds. Coefficients stay between 0 and 1.

    Limits: the changes do not follow when the speech before them gets longer or shorter.

    Source: offset layer with monotone cubic keys (Fritsch and Carlson 1980).
    """
    from nodes.voice.editing import edited, read_offsets

    return edited(motion, read_offsets(curves), strength)
