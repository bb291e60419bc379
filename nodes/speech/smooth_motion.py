from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Motion


@node(title="Smooth motion", category="Speech")
def smooth_motion(
    motion: Motion,
    *,
    seconds: Annotated[float, Slider(0.0, 1.0, unit="seconds")] = 0.06,
    mouth: Annotated[float, Slider(0.0, 1.0)] = 0.4,
    head: Annotated[float, Slider(0.0, 4.0)] = 1.5,
) -> Motion:
    """Calm a jittery motion without lag.

    **Seconds** is how far each moment looks to both sides. **Mouth** and **Head** scale that for
    mouth and head; eyes keep their jumps. Lips that touched still touch.
    """
    from nodes.voice.moving import smoothed

    return smoothed(motion, seconds, mouth=mouth, head=head)
