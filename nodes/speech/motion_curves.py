from typing import Annotated

from nodes.sdk import Text, node
from nodes.sdk.values import Motion, Table


@node(title="Motion curves", category="Speech")
def motion_curves(
    motion: Motion,
    *,
    names: Annotated[str, Text()] = "",
    moving_only: bool = True,
) -> Table:
    """Show a motion as numbers: one row a frame, one column a coefficient or angle.

    **Names** chooses by parts of names, such as "jaw, mouth" or "head"; empty takes all of them.
    **Moving only** leaves out what stands still. Angles are in radians.

    Write the table as CSV, edit it, and bring it back with 'Motion from curves'. To pull curves by
    hand in the program, use 'Edit motion'.
    """
    from nodes.voice.curves import motion_table

    return motion_table(motion, names, moving_only)
