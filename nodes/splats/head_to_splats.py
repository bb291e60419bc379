from typing import Annotated

from nodes.media.files import VIDEO_EXTENSIONS
from nodes.sdk import Context, File, NodeError, Slider, node
from nodes.sdk.values import HeadState, Mask, Parsing, Splats


@node(
    title="Head to splats",
    category="Splats",
    note="classical",
    edits="head",
    models=("anny_head", "face_detector", "face_landmarker", "face_parser", "portrait_matte"),
)
def head_to_splats(
    head: HeadState | None = None,
    parsing: Parsing | None = None,
    matte: Mask | None = None,
    more_heads: list[HeadState] | None = None,
    more_parsings: list[Parsing] | None = None,
    more_mattes: list[Mask] | None = None,
    *,
    detail: Annotated[int, Slider(5000, 300000, unit="splats")] = 60000,
    hair_thickness: Annotated[float, Slider(0.0, 60.0, unit="mm", group="Hair and clothes")] = 12.0,
    depth: Annotated[float, Slider(10.0, 250.0, unit="mm", group="Hair and clothes")] = 75.0,
    sharpen: Annotated[int, Slider(0, 100, unit="steps")] = 24,
    clip: Annotated[str, File("Video", VIDEO_EXTENSIONS, group="Clip")] = "",
    views: Annotated[int, Slider(1, 12, group="Clip", label="Frames of the clip")] = 5,
    context: Context,
) -> Splats:
    """Turn a fitted head and its photographs into a head of Gaussian splats that can be walked around.

    What the photograph shows becomes a splat for each pixel on the fitted surface. What it does not
    show comes from further photographs, is mirrored from the other side, or goes on smoothly; hair goes
    on around the head as strands. The splats hang on the head model, so an edited expression, gaze or
    pose moves them: put an expression editor, a motion or a tracker between *Fit head* and this node.
    Shoulders stay while the head turns.

    - **Parsing** (*Parse face* of the same photograph) tells hair from skin, **Matte** (*Person matte*)
      where the person ends. With them hair and clothes become a volume; without, the head is bald
      where the model is, and stops where the model stops.
    - **More heads**: fits of further photographs of the same person, best from the sides; **More
      parsings** and **More mattes** in the same order. All share one identity then; the first photo
      keeps the say about what it shows, in its light.
    - **Clip**: a video of the person in place of photographs. The sharpest frames from different sides
      are taken, as many as **Frames of the clip**, fitted and parsed. The wired head only moves it
      then, and may be of another clip or person; without one it looks as in its straightest frame.
    - **Detail**: about how many splats show the front; more than the photograph has pixels adds
      nothing.
    - **Hair thickness** is that over the skull where no outline tells it; **Depth** is half of how deep
      clothes beside the head are.
    - **Sharpen**: steps that fit the colours to the photographs; 0 is softer and quicker.

    Made once for each fit and kept; after that a frame takes a fraction of a second.

    Limits: what no photograph shows is a guess; the light stays as photographed; hair does not swing,
    and only the first photograph tells where it grows in front. Plaits, buns and hats become round.

    Source: triangle-bound splats after Qian et al. 2024 (GaussianAvatars); outline inflation; strands
    by the structure tensor (Bigun and Granlund 1987); harmonic filling on the mesh.
    """
    from nodes.gaussians.binding import posed
    from nodes.gaussians.heads import SplatHeadSettings
    from nodes.head._shape import as_fitted
    from nodes.splats._built import built, built_of_clip, driven, moved_like

    settings = SplatHeadSettings(detail, hair_thickness / 1000, depth / 1000, sharpen)
    if clip.strip():
        bound, fit = built_of_clip(clip, views, settings, context)
        return posed(bound, fit if head is None else driven(fit, head))
    if head is None:
        raise NodeError("there is no head", hint="Wire 'Fit head' in, or choose a clip")
    before = as_fitted(head)
    wired = [(before, parsing, matte)]
    fits = [as_fitted(one) for one in more_heads or []]
    for name, many in (("parsings", more_parsings), ("mattes", more_mattes)):
        if many and len(many) != len(fits):
            raise NodeError(
                f"there are {len(fits)} more heads and {len(many)} more {name}",
                hint="Wire one for every further head, in the same order, or none",
            )
    parsings, mattes = more_parsings or [None] * len(fits), more_mattes or [None] * len(fits)
    wired += list(zip(fits, parsings, mattes, strict=True))
    for number, (fit, *masks) in enumerate(wired):
        if fit.picture is None:
            continue
        size = (fit.picture.height, fit.picture.width)
        for name, mask in zip(("parsing", "matte"), masks, strict=True):
            if mask is not None and (mask.height, mask.width) != size:
                which = "" if number == 0 else f" of further photo {number}"
                raise NodeError(
                    f"the {name}{which} has another size than the photograph of the head",
                    hint="Make it of the picture that the head was fitted to",
                )
    bound, fit = built(wired, settings, context)
    return posed(bound, head if fit is before else moved_like(fit, before, head))
