from typing import Annotated, Literal

from nodes.sdk import Context, Slider, node
from nodes.sdk.values import HeadState, Motion


@node(title="Apply motion", category="Edit", reads=("frame", "fps"), edits="performance")
def apply_motion(
    head: HeadState,
    motion: Motion,
    *,
    start: Annotated[float, Slider(-60.0, 600.0, unit="seconds")] = 0.0,
    speed: Annotated[float, Slider(0.1, 4.0)] = 1.0,
    after_end: Literal["rest", "hold", "loop"] = "rest",
    mouth: Annotated[float, Slider(0.0, 1.5)] = 1.0,
    face: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    turn: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    gaze: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    keep: Annotated[float, Slider(0.0, 1.0)] = 0.35,
    context: Context,
) -> HeadState:
    """Move a head as a motion says, at the timeline's frame.

    Put it between 'Fit head' and 'Render head'. The motion comes from 'Speech to motion', from a
    file, or from a clip; its frame rate need not be the project's.

    - **Start**: when on the timeline it begins. **Speed** changes speed without touching the sound.
    - **After end**: go back to *rest*, *hold* the last moment, or *loop*.
    - **Mouth**, **Face** (brows, lids, cheeks), **Turn** (of the head) and **Gaze**: how much of
      each is taken.
    - **Keep**: how much of the smile that the head already has stays while it talks.

    The mouth is replaced rather than added to: lips that were parted in the picture close on p, b
    and m, as far as this head's own shape needs. Brows, lids, turn and gaze are added.

    Limits: the same coefficient is not the same movement on two faces.
    """
    from nodes.voice.applying import applied, at_time

    seconds = (context.frame / context.fps - start) * speed
    moment = at_time(motion, seconds, after_end)
    return applied(head, moment, mouth=mouth, face=face, turn=turn, gaze=gaze, keep=keep)
