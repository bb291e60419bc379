from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Choice, Context, Slider, node
from nodes.sdk.values import Faces, Image


class FaceCrop(NamedTuple):
    """Outputs of 'Crop face'."""

    image: Image
    faces: Faces


@node(title="Crop face", category="Face")
def crop_face(
    image: Image,
    faces: Faces,
    *,
    alignment: Annotated[Literal["FFHQ", "ArcFace", "box"], Choice()] = "FFHQ",
    size: Annotated[int, Slider(32, 2048, unit="px")] = 512,
    margin: Annotated[float, Slider(-0.5, 2)] = 0.0,
    context: Context,
) -> FaceCrop:
    """Cut the first face out of a picture, upright, as a square.

    - **Alignment**: *FFHQ* shows the whole head as generators and parsers expect it; *ArcFace* is
      the tight square of recognisers; *box* cuts along the picture's own axes.
    - **Size**: of the square, in pixels.
    - **Margin**: share of the side added all around.

    Also gives the face in the coordinates of the crop. Put the crop back with 'Paste face', with
    the same alignment and margin. Wire 'Pick face' to choose a face. Without a face the crop is
    transparent.

    Source: the alignments of FFHQ (Karras et al. 2019) and ArcFace (Deng et al. 2019).
    """
    import numpy as np

    from nodes.face._align import moved_face, square_of
    from nodes.face._crops import warp

    if not len(faces):
        context.notice("there is no face to crop: the result is transparent")
        return FaceCrop(Image(np.zeros((size, size, 4), np.float32)), Faces((), size, size))
    face = faces[0]
    to_crop = square_of(face, alignment, margin).to_crop(size)
    border = "zero" if image.has_alpha else "mirror"
    pixels = np.clip(warp(image.pixels, to_crop, size, size, border=border, smooth=True), 0.0, 1.0)
    return FaceCrop(Image(pixels, image.linear), Faces((moved_face(face, to_crop),), size, size))
