from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Motion


@node(title="Retime motion", category="Speech")
def retime_motion(
    motion: Motion,
    *,
    start: Annotated[float, Slider(0.0, 3600.0, unit="seconds")] = 0.0,
    end: Annotated[float, Slider(0.0, 3600.0, unit="seconds")] = 0.0,
    speed: Annotated[float, Slider(0.1, 10.0)] = 1.0,
    fps: Annotated[float, Slider(0.0, 240.0, unit="frames/s")] = 0.0,
    backwards: bool = False,
) -> Motion:
    """Cut a motion, change its speed, its direction or its frame rate.

    **Start** and **End** in seconds of the motion; an End of 0 keeps everything. **Fps** 0 keeps the
    motion's own frame rate. Frames in between are blended.
    """
    from nodes.voice.moving import retimed

    rate = fps if fps >= 1 else motion.fps
    return retimed(motion, fps=rate, speed=speed, start=start, end=end, backwards=backwards)
