from typing import Annotated, Literal

from nodes.media.files import VIDEO_EXTENSIONS
from nodes.sdk import Choice, Context, File, NodeError, Slider, node
from nodes.sdk.values import HeadState, Mask, Splats


@node(
    title="Fit splats",
    category="Splats",
    note="classical",
    models=("anny_head", "face_detector", "face_landmarker", "face_parser", "portrait_matte"),
)
def fit_splats(
    start: Splats | None = None,
    heads: list[HeadState] | None = None,
    mattes: list[Mask] | None = None,
    *,
    views: Annotated[str, File("Camera file", ("json",))] = "",
    clip: Annotated[str, File("Video", VIDEO_EXTENSIONS)] = "",
    axes: Annotated[Literal["y up", "z up", "y down"], Choice(label="Axes of the file")] = "y up",
    frames: Annotated[int, Slider(4, 40, label="Frames of the clip")] = 12,
    steps: Annotated[int, Slider(50, 30000)] = 1500,
    splats: Annotated[int, Slider(500, 2000000, label="Most splats")] = 40000,
    degree: Annotated[int, Slider(0, 3, label="Harmonics")] = 1,
    coarse: Annotated[int, Slider(1, 8, label="Begin smaller by")] = 4,
    leave_out: Annotated[int, Slider(0, 50, label="Leave out every")] = 0,
    seed: Annotated[int, Slider(0, 9999)] = 0,
    device: Annotated[Literal["as the run", "cpu"], Choice()] = "as the run",
    context: Context,
) -> Splats:
    """Fit Gaussian splats to pictures of one thing from all sides whose cameras are known.

    Give one of three:

    - **Views**: a JSON file that lists pictures with their cameras: `transforms.json` as NeRF tools
      write it, or OpenCV cameras (`fx`, `fy`, `cx`, `cy`, `w2c`). Pictures with transparency are best:
      their outlines tell where to begin, and the background stays empty.
    - **Clip**: a video of a person who turns the head. **Frames of the clip** are chosen, the head is
      tracked in them, and its pose gives the cameras. It begins from *Head to splats* of the clip.
    - **Heads**: fitted photographs (*Fit head*), or frames, of a person, with **Mattes** in the same
      order or none. The splats then stand at the origin and face you.

    While it runs the viewer shows the first view as it stands.

    - **Steps**: each looks at one picture. 1500 give a good head; 5000 the last decibel.
    - **Most splats**: new ones grow where detail is missing, up to this number.
    - **Harmonics**: how finely colours may change with the direction of view.
    - **Begin smaller by**: the first steps see small pictures, which is faster and steadier.
    - **Leave out every** n-th picture of a camera file, to test the result on views that it has not
      seen; 0 uses all.
    - **Start**: go on from splats that are there instead of from the outlines.
    - **Device**: a run on a CUDA device fits there when gsplat is installed, otherwise on the
      processor, with a notice. It is the place for hundreds of thousands of splats and many steps.
      Fits of more than 6000 steps fade all splats now and then there, so that useless ones go.

    A fit that was stopped goes on where it was when it is asked for again with the same settings, also
    after the program was closed: it is kept each minute and when it stops.

    Limits: on two processor cores about ten minutes for 24 pictures of 512 px. On CUDA the fit is
    tested against a stand-in for gsplat only: its speed and quality on a graphics card are unmeasured
    in this version, and two runs may differ in the last digits. Cameras must be exact; there is no
    correction of exposure. In a clip the face has to hold still while the head turns: expressions
    blur. What no view shows stays as it began.

    Source: Kerbl et al. 2023 (3D Gaussian Splatting) with compiled analytic derivatives, on CUDA
    those of gsplat (Ye et al. 2025); start from the visual hull (Laurentini 1994).
    """
    from nodes.gaussians.fitting import FitSettings
    from nodes.gaussians.views import Y_DOWN, Z_UP
    from nodes.splats._checkpoints import path_of
    from nodes.splats._clip import views_of_clip
    from nodes.splats._fitting import fitted, state_of, views_of_file, views_of_heads

    given = [bool(views.strip()), bool(clip.strip()), bool(heads)]
    if sum(given) != 1:
        raise NodeError(
            "there are several kinds of views" if any(given) else "there are no views to fit to",
            hint="Give a camera file, a clip, or heads: one of the three",
        )
    settings = FitSettings(steps, splats, degree, coarse, seed)
    if clip.strip():
        found, begun = views_of_clip(clip, frames, splats, context)
        start = start or begun
    elif heads:
        found = views_of_heads(heads, mattes or [])
    else:
        turn = {"y up": None, "z up": Z_UP, "y down": Y_DOWN}[axes]
        found = views_of_file(views, turn, leave_out, context)
    kept = path_of(state_of(views or clip), axes, frames, settings, leave_out, state_of(found), start=start)
    where = "cpu" if device == "cpu" else context.device
    return fitted(found, settings, start, kept, context, where)
