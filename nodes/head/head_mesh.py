from typing import Annotated, Literal

from nodes.sdk import Choice, node
from nodes.sdk.values import HeadState, Mesh


@node(title="Head to mesh", category="Head")
def head_mesh(
    head: HeadState,
    *,
    shape: Annotated[Literal["as posed", "with expression", "neutral"], Choice()] = "with expression",
    textured: bool = True,
) -> Mesh:
    """The surface of a head as a mesh, with UVs and texture.

    - **Shape**: *as posed* stands before the camera as in the photograph, *with expression* is the
      same at the origin facing forward, *neutral* is the head at rest.
    - **Textured**: unroll the photograph (or take an applied texture).

    Units are metres, y up. For a rig with all 52 expressions use 'Export head'.
    """
    from nodes.head._shape import expressed_vertices, neutral_vertices, world_vertices
    from nodes.head._texture import texture_for
    from nodes.sdk.values import Image

    makers = {"as posed": world_vertices, "with expression": expressed_vertices, "neutral": neutral_vertices}
    texture = Image(texture_for(head).pixels) if textured else None
    return Mesh(makers[shape](head), head.model.triangles, head.model.uv, texture)
