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

    - **glb**: the neutral head with 52 shape keys by their ARKit names, teeth, tongue and texture; the
      present expression is set on the keys. The looking keys turn the eyes, and so do their bones; a
      third bone turns the head. What moves becomes an animation of keys and bones.
    - **csv**: only the motion, as the Live Link Face app writes it (Unreal, Maya, Blender).
    - **obj**, **ply**: the surface as it stands, with its present expression.

    The motion is the one wired to **Motion**; without one it is what the head itself does over the
    rendered frames, as after 'Track head' or with keyframes. A head that stands still gets none.

    Units are metres, y up, facing +z; the first frame stands at the origin.

    Limits: shape keys add up in straight lines, so eyes that look far aside by keys alone shrink a
    little; programs that know no skins show the head without its bones' turns.
    """
    return head
