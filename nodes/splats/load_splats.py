from typing import Annotated, Literal

from nodes.sdk import Choice, Context, File, node
from nodes.sdk.values import Splats


@node(title="Load splats", category="Splats")
def load_splats(
    *,
    path: Annotated[str, File("Splats", ("ply", "splat", "spz", "ksplat", "sog", "npz", "json"))] = "",
    upright: Annotated[
        Literal["as stored", "y down", "z up"], Choice(label="Axes of the file")
    ] = "as stored",
    skip_damaged: bool = False,
    context: Context,
) -> Splats:
    """Open a file of Gaussian splats, or of coloured points.

    It reads the `.ply` of 3D Gaussian splatting with harmonics to degree 3, PlayCanvas' compressed
    `.ply`, `.splat`, `.ksplat`, Niantic's `.spz` (versions 2 to 4), SOG (choose the `meta.json` of
    the folder, or a `.sog`), `.npz`, and point clouds with colours, whose points become round splats.

    - **Axes of the file**: here y is up. Most trained scenes have *y down*, because cameras count
      so; some have *z up*. Files do not say which; if a scene stands on its head, choose another.
    - **Skip damaged**: leave out splats with impossible numbers instead of refusing the file.

    Limits: at most 20 million splats. Units are what the file's author chose, often not metres.
    """
    import numpy as np

    from nodes.gaussians.editing import turned
    from nodes.gaussians.files.reading import read_splats

    splats = read_splats(path, skip=skip_damaged, progress=context.progress)
    if upright == "y down":
        return turned(splats, np.diag([1.0, -1.0, -1.0]))
    if upright == "z up":
        return turned(splats, np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]))
    return splats
