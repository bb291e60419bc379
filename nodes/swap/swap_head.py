from typing import Annotated, Literal

from nodes.sdk import Around, Choice, Context, Slider, node
from nodes.sdk.values import Faces, HeadState, Image, Mask, Parsing


@node(
    title="Swap head",
    category="Swap",
    models=("portrait_matte", "face_landmarker"),
    note="classical",
    edits="identity",
)
def swap_head(
    image: Image,
    target: HeadState,
    source: HeadState,
    parsing: Parsing | None = None,
    source_parsing: Parsing | None = None,
    matte: Mask | None = None,
    source_matte: Mask | None = None,
    plate: Image | None = None,
    faces: Annotated[list[Faces] | None, Around(12, 12)] = None,
    *,
    size: Annotated[float, Slider(0.6, 1.6)] = 1.0,
    skin_tone: Annotated[float, Slider(0.0, 1.0)] = 0.0,
    light: Annotated[float, Slider(0.0, 1.0)] = 0.7,
    neck: Annotated[float, Slider(0.0, 1.0)] = 1.0,
    expression: Annotated[float, Slider(0.0, 1.0, group="Acting")] = 1.0,
    turn: Annotated[float, Slider(0.0, 1.0, group="Acting")] = 1.0,
    most_turn: Annotated[
        float, Slider(0.0, 60.0, unit="degrees", group="Acting", label="Turn at most")
    ] = 25.0,
    calibrate: bool = True,
    parse: bool = True,
    when_lost: Annotated[Literal["hold", "fade out", "fail"], Choice()] = "hold",
    context: Context,
) -> Image:
    """Put one person's whole head, with hair and ears, on another person's body.

    Body, clothes and background stay the target's, bit for bit where its head was not; the head
    comes from the source's photo, cut out to its strands, and acts as the target does. Wire the
    target's picture, the head fitted to it ('Fit head', or 'Track head' of a clip), and the head of
    the source's photo. One good photo of the source serves a whole clip.

    - **Parsing**, **Source parsing** (from 'Parse face'): tell hair, neck and clothes apart.
      **Parse**: pictures whose parsing is not wired are parsed here, if the face parser was fetched
      (it was trained on non-commercial data). Otherwise the jaw line tells them apart, and hair that
      falls below it stays behind.
    - **Acting**: how much of the target's **expression** and **turn** the new head takes over.
      It stays editable: put 'Edit expression' or 'Retarget motion' on the source's head, and their
      change is added. **Most turn** keeps it where the photo can follow.
    - **Size**: of the new head; 1 makes the faces equally large. The chin stays in its place.
    - **Skin tone**: 0 gives the new head the tone of the body; 1 keeps its own, and the neck takes
      it on. **Light**: how much the target's light from the side falls on it.
    - **Neck**: how much of the source's own neck comes along under the chin before it fades into
      the target's. Collars stay in front.
    - **Matte**, **Source matte** (from 'Person matte'): the cuts, when you have better ones.
    - **Plate**: the target's place without the person: for clips wire 'Clip plate', or every frame's
      background is filled in anew, which is slow and not steady.
    - **Calibrate**: as in 'Edit portrait'.
    - **Faces** (from 'Track faces' of the clip) tells when the target's face is lost; **When lost**
      then holds the last pose, fades back to the clip's own picture, or fails.

    Make your own decision whose head you may use, and keep a record of consent in the project's
    settings.

    Limits: what was behind the target's hair is guessed: the place from its surroundings, neck and
    shoulders from the skin and clothes that are seen of them. Hair that the source's picture cuts off
    ends in made-up tips. Colour follows the body within bounds, so that blush does not dye a head, and
    hair takes on little of it; very dark skin made very light looks flat. Hands before the target's
    face are lost. The two cameras' heights should be alike: beyond about 25 degrees the head is not
    turned further. Shadows that the old head threw on the neck stay.

    Source: classical: fitted head and grid warp as in 'Edit portrait', matte by MODNet (Ke et al.
    2022), background by patch-based completion (Barnes et al. 2009), colour by the medians of skin.
    """
    import numpy as np

    from nodes.face._hair import load_matte
    from nodes.face._landmarks import load_landmarker
    from nodes.head._shape import as_fitted
    from nodes.portrait.belonging import picture_of, require_size_of
    from nodes.portrait.editing import calibrated, person_of, witness_of
    from nodes.portrait.presence import seen_share, tell_if_cut, tell_if_small
    from nodes.swap._head import acting_like, transplanted
    from nodes.swap._labels import parsing_for
    from nodes.swap._pose import as_seen_by
    from nodes.swap._ready import body_for, cut_for, labels_for, require_pair

    fit = as_fitted(source)
    body_fit = as_fitted(target)
    require_pair(image, body_fit, fit)
    picture = picture_of(fit, "the source's head")
    require_size_of(image, "the target's", parsing=parsing, matte=matte, plate=plate)
    require_size_of(picture, "the source's", parsing=source_parsing, matte=source_matte)
    tell_if_cut(body_fit, context, "the target's face")
    tell_if_cut(fit, context, "the source's face")
    tell_if_small(fit, body_fit, context)
    share = seen_share(faces, target, when_lost, context)
    if share <= 0.0:
        return image
    alpha = person_of(image, load_matte(context)) if matte is None else matte.alpha
    source_alpha = person_of(picture, load_matte(context)) if source_matte is None else source_matte.alpha
    parsing = parsing_for(parsing, image, body_fit, "the target's", context, make=parse)
    parsing = parsing or labels_for(image, body_fit, alpha)
    source_parsing = parsing_for(source_parsing, picture, fit, "the source's", context, make=parse)
    source_parsing = source_parsing or labels_for(picture, fit, source_alpha)
    body = body_for(image, body_fit, parsing, alpha, plate)
    cut = cut_for(picture, fit, source_parsing, source_alpha)
    seen = as_seen_by(load_landmarker(context), target, source) if calibrate else target
    moved = acting_like(seen, source, expression=expression, turn=turn, most_turn=most_turn)
    if calibrate:
        witness = witness_of(fit, picture, load_landmarker(context))
        moved = calibrated(moved, witness, most=2.0, look=False)
    made = transplanted(
        body, body_fit, picture, source_parsing, cut, moved,
        size=size, tone=skin_tone, light=light, neck=neck,
    )  # fmt: skip
    pixels = image.pixels.copy()
    pixels[..., :3] += np.float32(share) * (made - pixels[..., :3])
    return Image(np.clip(pixels, 0.0, 1.0), image.linear)
