from typing import Annotated, Literal

from nodes.sdk import Around, Choice, Context, Slider, node
from nodes.sdk.values import Faces, HeadState, Image, Parsing


@node(
    title="Swap face",
    category="Swap",
    models=("face_landmarker",),
    note="classical",
    edits="identity",
)
def swap_face(
    image: Image,
    target: HeadState,
    source: HeadState,
    parsing: Parsing | None = None,
    source_parsing: Parsing | None = None,
    faces: Annotated[list[Faces] | None, Around(12, 12)] = None,
    calibrate_on: HeadState | None = None,
    *,
    strength: Annotated[float, Slider(0.0, 1.0)] = 1.0,
    shape: Annotated[float, Slider(0.0, 1.0)] = 1.0,
    skin_tone: Annotated[float, Slider(0.0, 1.0)] = 0.0,
    softness: Annotated[float, Slider(0.02, 0.6)] = 0.07,
    parse: bool = True,
    calibrate: bool = True,
    when_lost: Annotated[Literal["hold", "fade out", "fail"], Choice()] = "hold",
    context: Context,
) -> Image:
    """Put one person's face on another person's head.

    The target keeps pose, expression, gaze, hair and light; shape and skin come from the source.
    Wire the target's picture with the head fitted to it ('Fit head', or 'Track head' for a clip),
    and a head fitted to the source's picture. One good frontal picture of the source serves a
    whole clip.

    - **Strength**: 0 gives the picture back, between them the faces mix.
    - **Shape**: how much of the source's nose, jaw and cheeks the head takes on.
    - **Skin tone**: 0 takes the target's tone, which joins best with neck and ears; 1 keeps the
      source's.
    - **Softness**: width of the join inside the face's outline.
    - **Parsing** (from 'Parse face' on the target's picture): hair, hands and glasses stay in front.
      **Source parsing** (of the source's picture) keeps the source's own fringe, hands and glasses
      from coming along as skin.
    - **Parse**: pictures whose parsing is not wired are parsed here, if the face parser was fetched (it
      was trained on non-commercial data). Otherwise the face's outline alone counts, and a fringe is
      painted over or comes along.
    - **Calibrate**: a nose or a brow of another shape looks like a head that nods. Switched on, the
      swapped face is looked at with the landmarker and nodded back to the target's pose.
      **Calibrate on**: for clips; wire a head fitted to one frame of the clip, and what was found on
      it serves all frames, which is twice as fast and steadier.
    - **Faces** (from 'Track faces' of the clip) tells when the target's face is lost; **When lost**
      then holds the last place, fades the swap out and in over half a second, or fails.

    Eyes and what is between the lips are the target's own, and so is the forehead where the source's
    hair hides its own. Where the source's picture does not show a side of the face, the other side is
    mirrored. Skin takes on the grain of the target's picture. Make your own decision whose face you may use,
    and keep a record of consent in the project's settings.

    Limits: light that changes slowly over the source's face gives way to the target's, but hard edges
    of shadow, beards, blush and make-up come along as skin. Very dark skin made very light, or the
    other way, looks flat: raise **Skin tone**. A beard of the target goes, but for its rim below the
    jaw. Beyond about 45 degrees of turn between the two pictures the skin is stretched.

    Source: classical. 3D texture transfer with shape from a fitted head model (as in Nirkin et al.
    2018), light as a quadratic surface by robust least squares and normalised convolution, pyramid
    blending (Burt and Adelson 1983).
    """
    from nodes.face._landmarks import load_landmarker
    from nodes.head._shape import as_fitted
    from nodes.portrait.belonging import picture_of, require_size_of
    from nodes.portrait.presence import seen_share, tell_if_cut, tell_if_small
    from nodes.swap._face import swapped
    from nodes.swap._labels import parsing_for
    from nodes.swap._ready import require_pair, turn_for

    fit, other = as_fitted(target), as_fitted(source)
    require_pair(image, fit, other)
    if source.texture is None:
        picture_of(other, "the source's head")
    require_size_of(image, "the target's", parsing=parsing)
    require_size_of(other.camera, "the source's", parsing=source_parsing)
    if strength <= 0:
        return image
    tell_if_cut(fit, context, "the target's face")
    tell_if_cut(other, context, "the source's face")
    tell_if_small(other, fit, context)
    strength *= seen_share(faces, fit, when_lost, context)
    if strength <= 0:
        return image
    parsing = parsing_for(parsing, image, fit, "the target's", context, make=parse)
    if other.picture is not None:
        source_parsing = parsing_for(
            source_parsing, other.picture, other, "the source's", context, make=parse
        )
    known = None
    if calibrate:
        model, place, parts = fit, image, parsing
        if calibrate_on is not None:
            model = as_fitted(calibrate_on)
            place = picture_of(model, "'Calibrate on'")
            parts = parsing_for(None, place, model, "the target's", context, make=parse)
        known = turn_for(place, model, source, parts, source_parsing, load_landmarker(context))
    pixels = swapped(
        image,
        fit,
        source,
        parsing,
        source_parsing,
        shape=shape,
        tone=skin_tone,
        strength=strength,
        softness=softness,
        turn=known,
    )
    return Image(pixels, image.linear)
