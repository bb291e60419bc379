from typing import Annotated

from nodes.sdk import File, node
from nodes.sdk.values import Splats


@node(title="Export splats", category="Output", writer="splats")
def export_splats(
    splats: Splats,
    *,
    path: Annotated[str, File("Splats", ("ply", "splat", "spz", "ksplat", "sog", "json"), mode="save")] = "",
) -> Splats:
    """Write splats into a file that other splat programs open.

    The splats go through unchanged. The file is written when the graph is rendered; its name decides:

    - **ply**: as trained by 3D Gaussian splatting; nothing is lost, and every program reads it.
    - **compressed.ply**: PlayCanvas' packing, a quarter of the size.
    - **spz**: Niantic's packing (version 3), a tenth of the size; **v4.spz** is its newest version.
    - **sog**: PlayCanvas' pictures in one archive, the smallest; **meta.json**, in a folder of its own,
      writes the pictures beside it.
    - **splat**: for simple web viewers; colours look the same from all sides.
    - **ksplat**: for GaussianSplats3D, harmonics to degree 2, unpacked; **packed.ksplat** is half of
      the size, **small.ksplat** packs the harmonics once more.

    y is up in the file, as it is here.
    """
    return splats
