from typing import Annotated

from nodes.sdk import File, node
from nodes.sdk.values import Mesh


@node(title="Export mesh", category="Output", writer="mesh")
def export_mesh(
    mesh: Mesh,
    *,
    path: Annotated[str, File("Mesh", ("glb", "obj", "ply"), mode="save")] = "",
) -> Mesh:
    """Write the mesh into a file that other programs open as it is.

    The mesh goes through unchanged. The file is written when the graph is rendered.

    - **glb**: with texture or colours, in one file.
    - **obj**: with its material and picture beside it.
    - **ply**: with the colours of its points; textures do not go into PLY.

    Units are metres, y up.
    """
    return mesh
