from typing import Annotated, Literal

from nodes.sdk import Choice, Context, NodeError, Slider, node
from nodes.sdk.values import Faces, Image, Mask


@node(title="Paste face", category="Face")
def paste_face(
    image: Image,
    crop: Image,
    faces: Faces,
    mask: Mask | None = None,
    *,
    alignment: Annotated[Literal["FFHQ", "ArcFace", "box"], Choice()] = "FFHQ",
    margin: Annotated[float, Slider(-0.5, 2)] = 0.0,
    blend: Annotated[Literal["seamless", "feather"], Choice()] = "seamless",
    feather: Annotated[float, Slider(0.005, 0.5)] = 0.1,
    match_colours: bool = False,
    keep_detail: bool = True,
    context: Context,
) -> Image:
    """Put a crop of 'Crop face' back where it was cut, without a seam.

    Wire the same *Faces* and set the same **Alignment** and **Margin** as in 'Crop face'. Pixels
    that the crop does not reach stay exactly as they are. Without a face the picture passes.

    - **Mask**: which part of the crop to use, in the crop's own coordinates; all of it but a soft
      border when nothing is wired.
    - **Blend**: *seamless* mixes wide differences widely and fine detail sharply, which hides
      differences in light (pyramid blending, Burt & Adelson 1983); *feather* mixes by the mask.
    - **Feather**: width of the soft border, as a share of the side.
    - **Keep detail**: puts back only what was changed, so that pores and grain finer than the crop
      stay. Turn it off when the crop holds another face, or the old one's detail shines through.
    - **Match colours**: gives the crop the colours of what it replaces (Reinhard et al. 2001).
    """
    import numpy as np

    from nodes.face._align import square_of
    from nodes.face._crops import warp
    from nodes.face._paste import edge_mask, pasted

    if not len(faces):
        context.notice("there is no face to paste over: the picture passes unchanged")
        return image
    if crop.linear != image.linear:
        raise NodeError("picture and crop are not both linear or both sRGB", hint="Convert one of them first")
    if crop.width != crop.height:
        raise NodeError(
            f"the crop is {crop.width} x {crop.height}, not square",
            hint="Use the crop of 'Crop face', changed but not trimmed",
        )
    alpha = edge_mask(crop.width, feather)
    if mask is not None:
        scale = crop.width / max(mask.width, 1)
        to_size = np.array([[scale, 0, 0], [0, crop.height / max(mask.height, 1), 0]])
        alpha = alpha * np.clip(warp(mask.alpha, to_size, crop.width, crop.height, border="edge"), 0, 1)
    if crop.has_alpha:
        alpha = alpha * crop.pixels[..., 3]
    square = square_of(faces[0], alignment, margin)
    pixels = pasted(
        image.pixels,
        np.ascontiguousarray(crop.pixels[..., :3]),
        square,
        alpha.astype(np.float32),
        blend=blend,
        match=match_colours,
        keep_detail=keep_detail,
    )
    return Image(pixels, image.linear)
