from typing import Annotated, Literal

from nodes.sdk import Choice, Context, File, Slider, node
from nodes.sdk.values import Splats


@node(title="Fit splats", category="Splats", note="classical")
def fit_splats(
    start: Splats | None = None,
    *,
    views: Annotated[str, File("Camera file", ("json",))] = "",
    axes: Annotated[Literal["y up", "z up", "y down"], Choice(label="Axes of the file")] = "y up",
    steps: Annotated[int, Slider(50, 30000)] = 1500,
    splats: Annotated[int, Slider(500, 500000, label="Most splats")] = 40000,
    degree: Annotated[int, Slider(0, 3, label="Harmonics")] = 1,
    coarse: Annotated[int, Slider(1, 8, label="Begin smaller by")] = 4,
    leave_out: Annotated[int, Slider(0, 50, label="Leave out every")] = 0,
    seed: Annotated[int, Slider(0, 9999)] = 0,
    context: Context,
) -> Splats:
    """Fit Gaussian splats to calibrated pictures of one scene, from all sides.

    **Views** is a JSON file that lists pictures with their cameras: `transforms.json` as NeRF tools
    write it, or OpenCV cameras (`fx`, `fy`, `cx`, `cy`, `w2c`). Pictures with transparency are best:
    their outlines tell where to begin, and the background stays empty.

    - **Steps**: each looks at one picture. 1500 give a good head; 5000 the last decibel.
    - **Most splats**: new ones grow where detail is missing, up to this number.
    - **Harmonics**: how finely colours may change with the direction of view.
    - **Begin smaller by**: the first steps see small pictures, which is faster and steadier.
    - **Leave out every** n-th picture, to test the result on views that it has not seen; 0 uses all.
    - **Start**: go on from splats that are there instead of from the outlines.

    A fit that was cancelled goes on where it stopped when it is asked for again with the same
    settings, as long as the program runs.

    Limits: on two processor cores about ten minutes for 24 pictures of 512 px. Cameras must be exact;
    there is no correction of exposure.

    Source: Kerbl et al. 2023 (3D Gaussian Splatting) with compiled analytic derivatives; start from
    the visual hull (Laurentini 1994).
    """
    from nodes.gaussians.views import Y_DOWN, Z_UP
    from nodes.splats._fitting import fitted

    turn = {"y up": None, "z up": Z_UP, "y down": Y_DOWN}[axes]
    return fitted(views, turn, start, (steps, splats, degree, coarse, seed), leave_out, context)
