from typing import Annotated, Literal

from nodes.sdk import Choice, File, node
from nodes.sdk.values import Mesh


@node(title="Load mesh", category="Mesh")
def load_mesh(
    *,
    path: Annotated[str, File("Mesh", ("obj", "glb", "ply", "stl"))] = "",
    unit: Annotated[Literal["guess", "metres", "centimetres", "millimetres"], Choice()] = "guess",
    up: Annotated[Literal["y", "z"], Choice(label="Axis that points up")] = "y",
) -> Mesh:
    """Open a mesh: OBJ with its materials, GLB, PLY with colours, or STL.

    All parts of the file become one mesh with one texture; a picture named by an OBJ's material must
    lie beside the file. Equal points are welded. Polygons are split into triangles.

    - **Unit**: what one unit of the file is. *guess* takes things smaller than 3 for metres, smaller
      than 100 for centimetres, larger ones for millimetres.
    - **Axis that points up**: scanners and CAD programs often use z.

    Limits: no bones, animations or normal maps; parts with different pictures share one picture of at
    most 4096 px width. Files beyond 1 GB or 8 million vertices are refused.
    """
    from dataclasses import replace

    import numpy as np

    from nodes.mesh._reading import read_mesh

    mesh = read_mesh(path)
    vertices = mesh.vertices
    size = float(np.linalg.norm(np.ptp(vertices, axis=0)))
    guessed = 1.0 if size < 3 else 0.01 if size < 100 else 0.001
    factor = {"guess": guessed, "metres": 1.0, "centimetres": 0.01, "millimetres": 0.001}[unit]
    if up == "z":
        vertices = np.stack([vertices[:, 0], vertices[:, 2], -vertices[:, 1]], axis=1)
    return replace(mesh, vertices=(vertices * np.float32(factor)).astype(np.float32))
