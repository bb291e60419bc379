from typing import Annotated, Literal

from nodes.sdk import Around, Choice, Context, Slider, node
from nodes.sdk.values import Faces, HeadState, Image, Mask, Parsing


@node(
    title="Edit portrait",
    category="Edit",
    models=("face_landmarker", "portrait_matte"),
    note="classical",
    edits="expression",
)
def edit_portrait(
    image: Image,
    head: HeadState,
    parsing: Parsing | None = None,
    calibrate_on: HeadState | None = None,
    matte: Mask | None = None,
    plate: Image | None = None,
    faces: Annotated[list[Faces] | None, Around(12, 12)] = None,
    *,
    calibrate: bool = True,
    most: Annotated[float, Slider(1.0, 2.4, label="Strongest motion")] = 2.0,
    folds: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    background: Annotated[Literal["fill", "stretch"], Choice()] = "fill",
    when_lost: Annotated[Literal["hold", "fade out", "fail"], Choice()] = "hold",
    context: Context,
) -> Image:
    """Give a photographed person another expression, gaze or turn of the head.

    Wire the picture, and the head that 'Fit head' (or 'Track head') found in it after 'Edit
    expression', 'Retarget motion' or the like changed it. The picture itself is moved: skin, hair
    and background keep their pixels. An unchanged head gives the picture back bit for bit.

    - **Calibrate**: faces answer differently to the same slider. Switched on, a few edits are tried
      on this very face and looked at with the landmarker; then the head is moved just so far that
      the change you asked for is what can be measured in the picture. Without a turn of the head,
      the result is looked at as a whole and corrected once. The first frame takes a second or two
      longer for each group of sliders. Switched off, sliders move the head plainly. What 'Retarget
      motion' carries over from a performer's landmarks is moved as it is: only lids, gaze and turn
      are calibrated there.
    - **Strongest motion**: how far calibration may drive a slider of the head. Above 2 faces begin
      to look unlike themselves.
    - **Folds**: light and shadow follow the moved skin. 0 leaves the light as photographed.
    - **Parsing** (from 'Parse face'): keeps collar, clothes and background unmoved bit for bit by
      expressions, and glasses nearly so.
    - **Calibrate on**: for clips. Every frame of a tracked clip is a fit of its own, and trying
      edits on each of them is slow; wire a head fitted to one frame, and its calibration serves all.
      Frames are then not looked at one by one, so that nothing trembles.
    - **Background** of a turned head: *fill* cuts the person out, leaves background and clothes
      where they are and fills what opens up from what is around it; *stretch* lets the background
      bend along, as it always does for expressions.
    - **Matte** (from 'Person matte'): the cut, when you have a better one. **Plate** (from
      'Background plate', 'Clip plate' or a photo of the empty place): what is behind. Wire a plate
      for clips: filling every frame anew is slow and not steady.
    - **Faces** (from 'Track faces' of the clip): tells when the face is lost; **When lost** then
      holds the last edit, fades it out and in over half a second, or fails.

    Limits: a landmarker does not see puffed or squinted cheeks, sneers or the jaw's shift; these
    are moved as asked, uncalibrated. Closed lids are drawn from the skin around them, and painted or
    shadowed eyes may not look closed to a landmarker. Beyond about 20 degrees of turn the far cheek
    stretches. Teeth that the picture does not show are drawn, and so are neck and collar where the
    chin hid them. A face that the picture's border cuts moves as if it went on.

    Source: classical. Grid warp over the fitted head as in 'Render head'; response curves inverted
    by bounded least squares; light as ratio of spherical harmonics (Wen, Liu and Huang 2003);
    background by matting (MODNet, Ke et al. 2022) and patch-based completion (Barnes et al. 2009).
    """
    import numpy as np

    from nodes.face._hair import load_matte
    from nodes.face._landmarks import load_landmarker
    from nodes.head._shape import as_fitted
    from nodes.portrait.belonging import picture_of, require_fitted_to, require_landmarks, require_size_of
    from nodes.portrait.editing import (
        backdrop_of,
        calibrated,
        degrees_turned,
        drawn,
        eased,
        person_of,
        portrait_of,
        witness_of,
    )
    from nodes.portrait.presence import seen_share, tell_if_cut

    fit = as_fitted(head)
    require_fitted_to(fit, image)
    require_size_of(image, parsing=parsing, matte=matte, plate=plate)
    if head is fit:
        return image
    require_landmarks(fit)
    tell_if_cut(fit, context)
    share = seen_share(faces, fit, when_lost, context)
    if share <= 0.0:
        return image
    if calibrate:
        model = fit if calibrate_on is None else as_fitted(calibrate_on)
        picture = image if calibrate_on is None else picture_of(model, "'Calibrate on'")
        witness = witness_of(model, picture, load_landmarker(context))
        head = calibrated(head, witness, most=most, look=calibrate_on is None)
    head = eased(head, share)
    behind = None
    if background == "fill" and degrees_turned(head) > 1e-3:
        alpha = person_of(image, load_matte(context)) if matte is None else matte.alpha
        behind = backdrop_of(fit, image, alpha, parsing, plate)
    pixels = drawn(portrait_of(fit, image, parsing), head, folds=folds, behind=behind)
    if np.array_equal(pixels, image.pixels):
        return image
    return Image(pixels, image.linear)
