from typing import Annotated

from nodes.sdk import File, node
from nodes.sdk.values import Motion


@node(title="Save motion", category="Output", writer="motion")
def save_motion(
    motion: Motion,
    *,
    path: Annotated[str, File("Motion", ("csv", "glb", "bvh", "npz"), mode="save")] = "",
) -> Motion:
    """Write the motion into a file that other programs read.

    The motion goes through unchanged. The file is written when the graph is rendered.

    - **csv**: as the Live Link Face app writes it, for Unreal, Maya, Blender: 52 coefficients, head
      and eye angles. Head translation is not part of that format.
    - **glb**: everything, as an animation of 52 shape keys by their ARKit names, of the head and of
      both eyes, for Blender, three.js, Unity. It shows 52 bars; hand the animation to any face with
      shape keys of these names. ('Export head' writes a head that moves.)
    - **bvh**: the head's rotation and translation, for any animation program.
    - **npz**: everything, for this program.
    """
    return motion
