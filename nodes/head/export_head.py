from typing import Annotated

from nodes.sdk import File, node
from nodes.sdk.values import HeadState, Motion


@node(title="Export head", category="Output", writer="head")
def export_head(
    head: HeadState,
    motion: Motion | None = None,
    *,
    path: Annotated[str, File("Head", ("glb", "obj", "ply", "csv"), mode="save")] = "",
) -> HeadState:
    """Write the head into a file that Blender, three.js and other programs open as it is.

    The head goes through unchanged. The file is written when the graph is rendered.

    - **glb**: the neutral head with 52 shape keys by their ARKit names, eyes that turn with the
      looking keys, teeth, tongue and texture; with a **motion** wired in also as an animation.
    - **obj**, **ply**: the surface with its present expression; obj with the texture beside it.
    - **csv**: the motion (or the one expression) as Live Link Face writes it.

    Units are metres, y up, facing +z.
    """
    return head
