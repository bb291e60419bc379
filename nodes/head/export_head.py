from typing import Annotated

from nodes.sdk import File, node
from nodes.sdk.values import HeadState


@node(title="Export head", category="Output", writer="head")
def export_head(
    head: HeadState,
    *,
    path: Annotated[str, File("Head", ("glb", "obj", "ply"), mode="save")] = "",
) -> HeadState:
    """Write the head into a file that Blender, three.js and other programs open as it is.

    The head goes through unchanged. The file is written when the graph is rendered.

    - **glb**: the neutral head with 52 shape keys by their ARKit names, eyes that turn with the
    looking keys, teeth, tongue and texture; the present expression is set on the keys.
    - **obj**, **ply**: the surface as it stands, with its present expression.

    Units are metres, y up, facing +z.
    """
    return head
