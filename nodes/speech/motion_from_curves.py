from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Motion, Table


@node(title="Motion from curves", category="Speech")
def motion_from_curves(
    curves: Table,
    motion: Motion | None = None,
    *,
    fps: Annotated[float, Slider(10.0, 240.0, unit="frames/s")] = 60.0,
) -> Motion:
    """Turn a table of curves, as 'Motion curves' gives it, into a motion.

    What the table does not hold comes from the wired **motion**, or stays 0. The rows need a column
    "seconds" that rises; it may have gaps, which are blended over.
    """
    from nodes.voice.curves import motion_from_table

    return motion_from_table(curves, motion, fps)
