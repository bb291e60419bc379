from typing import Annotated, Literal

from nodes.sdk import Choice, Context, node
from nodes.sdk.values import Faces, Image, Parsing


@node(
    title="Parse face",
    category="Face",
    models=("face_parser", "face_detector", "face_landmarker"),
    note="trained on non-commercial data",
)
def parse_face(
    image: Image,
    faces: Faces | None = None,
    *,
    target: Annotated[Literal["largest", "all"], Choice()] = "largest",
    context: Context,
) -> Parsing:
    """Tell skin, brows, eyes, nose, lips, hair, neck, clothes and more apart, pixel by pixel.

    19 classes: background, skin, brows, eyes, glasses, ears, earrings, nose, mouth, lips, neck,
    necklace, cloth, hair, hat. Left and right are the person's own. Wire the result into 'Face
    mask' to make a mask of some of them.

    - **Faces**: which faces there are; found here when nothing is wired. Wire 'Pick face' to choose.
    - **Target**: only the *largest* of the wired faces, or *all* of them.

    The target's box guides: its face, hair and neck are kept wherever they reach, and people next to
    it are background. The picture may have any size; small faces are parsed at their own size.
    Without a face everything is background.

    Limits: hair in front of clothes of the same colour runs into them; use 'Hair matte' for
    strands. Hands in front of the face often count as skin. Beards are skin.

    The network was trained on CelebAMask-HQ, whose pictures may be used for non-commercial research
    only; the licence of your use is yours to judge.

    Source: BiSeNet (Yu et al. 2018) seen through the RoI tanh-polar warp (Lin et al. 2021).
    """
    from nodes.face._crops import plain_picture
    from nodes.face._parsing import load_parser, neighbours, parse
    from nodes.face._reading import read_picture

    picture = plain_picture(image)
    present = list(faces) if faces is not None else read_picture(picture, context)
    if faces is not None and not present:
        context.notice("there is no face to parse: everything is background")
    targets = present if target == "all" else present[:1]
    # One picked face comes alone, but the people beside it are still in the picture.
    others = neighbours(picture, targets, context) if len(present) == 1 else present[len(targets) :]
    return Parsing(parse(load_parser(context), picture, targets, others))
