from typing import Annotated

from nodes.sdk import NodeError, Slider, node
from nodes.sdk.values import Mesh, Splats


@node(title="Mesh to splats", category="Splats")
def mesh_to_splats(
    mesh: Mesh,
    *,
    count: Annotated[int, Slider(500, 500000, unit="splats")] = 60000,
) -> Splats:
    """Cover a textured mesh with Gaussian splats.

    The splats lie flat on the surface, evenly spread, in its colours. Then it can stand among splats,
    be edited as they are, and morph into splats: wire it and a splat set into *Morph splats*, in any
    order.

    - **Count**: more shows finer texture; about as many as the pixels the mesh will cover.

    Limits: colours as they are, without light; edges are as soft as a splat is wide.
    """
    import numpy as np

    from nodes.gaussians.from_mesh import mesh_splats

    if not len(mesh.triangles) or not np.isfinite(mesh.vertices).all():
        raise NodeError("the mesh has no surface", hint="Wire in a mesh with triangles")
    try:
        return mesh_splats(mesh, count)
    except ValueError as error:
        raise NodeError("the mesh has no surface", hint="Wire in a mesh with triangles") from error
