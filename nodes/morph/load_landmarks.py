from typing import Annotated, Literal

from nodes.sdk import Choice, File, node
from nodes.sdk.values import Table


@node(title="Load landmarks", category="Morph")
def load_landmarks(
    *,
    path: Annotated[str, File("Landmarks", ("ljson", "json", "csv"))] = "",
    unit: Annotated[Literal["metres", "centimetres", "millimetres"], Choice()] = "millimetres",
    up: Annotated[Literal["y", "z"], Choice(label="Axis that points up")] = "y",
) -> Table:
    """Read named places on a mesh, as guides for *Morph shapes*.

    - **LJSON**, as landmarker.io writes it: 68 labelled points of a face get iBUG's numbers, others
      are named by their own number.
    - **JSON**: names and three numbers each, or a list of points.
    - **CSV** with the columns name, x, y, z.

    Choose the same **Unit** and axis as for the mesh. 68 points in iBUG's order match those of
    *Head landmarks*.
    """
    from nodes.morph._landmarks import read_landmarks, table_of

    factor = {"metres": 1.0, "centimetres": 0.01, "millimetres": 0.001}[unit]
    found = read_landmarks(path, factor)
    if up == "y":
        return found
    return table_of([(name, x, z, -y) for name, x, y, z in found.rows])
