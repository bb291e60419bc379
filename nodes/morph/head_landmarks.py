from typing import Annotated, Literal

from nodes.sdk import Choice, node
from nodes.sdk.values import HeadState, Table


@node(title="Head landmarks", category="Morph")
def head_landmarks(
    head: HeadState,
    *,
    shape: Annotated[Literal["as posed", "with expression", "neutral"], Choice()] = "with expression",
) -> Table:
    """The 68 well-known places of a fitted head (brows, eyes, nose, lips, jaw), as guides for *Morph shapes*.

    **Shape** must be the same as in the *Head to mesh* that makes the mesh. The places are named "0"
    to "67" in iBUG's order, as 3D scans are usually marked.
    """
    from nodes.face._points68 import points_68
    from nodes.head._shape import expressed_vertices, landmark_points, neutral_vertices, world_vertices
    from nodes.morph._landmarks import table_of

    makers = {"as posed": world_vertices, "with expression": expressed_vertices, "neutral": neutral_vertices}
    places = points_68(landmark_points(head.model, makers[shape](head)))
    return table_of([(str(number), *map(float, place)) for number, place in enumerate(places)])
