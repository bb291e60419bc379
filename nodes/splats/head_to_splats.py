from typing import Annotated

from nodes.sdk import NodeError, Slider, node
from nodes.sdk.values import HeadState, Mask, Parsing, Splats


@node(title="Head to splats", category="Splats", note="classical", edits="head")
def head_to_splats(
    head: HeadState,
    parsing: Parsing | None = None,
    matte: Mask | None = None,
    *,
    detail: Annotated[int, Slider(5000, 300000, unit="splats")] = 60000,
    hair_thickness: Annotated[float, Slider(0.0, 60.0, unit="mm", group="Hair and clothes")] = 12.0,
    depth: Annotated[float, Slider(10.0, 250.0, unit="mm", group="Hair and clothes")] = 75.0,
    sharpen: Annotated[int, Slider(0, 100, unit="steps")] = 24,
) -> Splats:
    """Turn a fitted head and its photograph into a head of Gaussian splats that can be walked around.

    What the photograph shows becomes a splat for each pixel on the fitted surface; the rest of the
    head is mirrored from the other side or smoothed over. The splats hang on the head model, so an
    edited expression, gaze or pose moves them: put an expression editor, a motion or a tracker
    between *Fit head* and this node. Shoulders stay while the head turns.

    - **Parsing** (of the same photograph) tells hair from skin, **Matte** where the person ends. With
      them hair and clothes become a volume; without, the head is bald where the model is, and stops
      where the model stops.
    - **Detail**: about how many splats show the front; more than the photograph has pixels adds
      nothing.
    - **Hair thickness** is that over the skull; **Depth** is half of how deep hair and clothes beside
      the head are.
    - **Sharpen**: steps that fit the colours to the photograph; 0 is softer and quicker.

    Made once for each fit and kept; after that a frame takes a fraction of a second.

    Limits: the back of the head is a guess from the front's colours; the light stays as photographed;
    hair does not swing. From far to the side, hair looks like the balloon it is.

    Source: triangle-bound splats after Qian et al. 2024 (GaussianAvatars); outline inflation.
    """
    from nodes.gaussians.binding import posed
    from nodes.gaussians.heads import SplatHeadSettings
    from nodes.head._shape import as_fitted
    from nodes.splats._built import built

    fit = as_fitted(head)
    if fit.picture is not None:
        size = (fit.picture.height, fit.picture.width)
        for name, mask in (("parsing", parsing), ("matte", matte)):
            if mask is not None and (mask.height, mask.width) != size:
                raise NodeError(
                    f"the {name} has another size than the photograph of the head",
                    hint="Make it of the picture that the head was fitted to",
                )
    settings = SplatHeadSettings(detail, hair_thickness / 1000, depth / 1000, sharpen)
    return posed(built(fit, parsing, matte, settings), head)
