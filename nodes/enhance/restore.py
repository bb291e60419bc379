from typing import Annotated, Literal

from nodes.sdk import Choice, Context, File, Slider, node
from nodes.sdk.values import Faces, Image, Mask

#: A face is never made smaller than this square for the network: from less it invents grimaces.
_LEAST_SEEN = 80


@node(
    title="Restore faces",
    category="Enhance",
    models=("real_esrgan_x2",),
    note="classical, or your own network",
    edits="detail",
)
def restore(
    image: Image,
    faces: Faces,
    mask: Mask | None = None,
    *,
    method: Annotated[Literal["Real-ESRGAN", "sharpen", "own network"], Choice()] = "Real-ESRGAN",
    strength: Annotated[float, Slider(0.0, 1.0)] = 0.8,
    blur: Annotated[float, Slider(2.0, 8.0, unit="px")] = 2.0,
    detail: Annotated[float, Slider(0.0, 1.0)] = 0.25,
    smooth: Annotated[float, Slider(0.0, 1.0)] = 0.2,
    network: Annotated[str, File("Network", ("onnx",), group="Own network")] = "",
    colours: Annotated[Literal["-1 to 1", "0 to 1"], Choice(group="Own network")] = "-1 to 1",
    fidelity: Annotated[float, Slider(0.0, 1.0, group="Own network")] = 0.7,
    context: Context,
) -> Image:
    """Bring detail back into faces that are soft, noisy or badly compressed.

    Each face of **Faces** is cut out upright, worked on, and put back without a seam. Broad light
    and colour stay the picture's own, and so does all outside of the faces' ovals.

    - **Method**: *Real-ESRGAN* makes the face smaller until its blur is gone and lets the network
      enlarge it again; *sharpen* only raises detail that is there; *own network* hands the face to
      a file of yours.
    - **Strength**: how much of the result is taken. **Mask**: where (in the picture's coordinates).
    - **Blur**: how soft the face is, for Real-ESRGAN: larger makes it smaller first, and invents
      more. 2 suits a crisp clip, 4 an enlarged one.
    - **Detail**: raises what is left. **Smooth**: takes noise away first, keeping edges.
    - **Network**, **Colours**, **Fidelity**: an .onnx face restorer for FFHQ crops, such as an export
      of GFPGAN, RestoreFormer or CodeFormer (Fidelity is CodeFormer's w). Its checksum is shown on
      the node. Mind its licence: most forbid commercial use.

    Limits: no trained face restorer ships, since none is published under terms that allow it; a face
    that is only a smudge stays one. Invented detail is not evidence of what somebody looks like. Each
    frame of a clip is restored by itself: fine texture may shimmer.

    Source: guided filter (He et al. 2010), Real-ESRGAN (Wang et al. 2021), pyramid blending (Burt and
    Adelson 1983).
    """
    import numpy as np

    from nodes.enhance._own_network import own_network
    from nodes.enhance._restoring import face_shape, keeping_colours, sharpened, smoothed, through_half
    from nodes.enhance._upscaling import enlarged, resized
    from nodes.face._align import square_of
    from nodes.face._crops import warp
    from nodes.face._paste import pasted
    from nodes.media.files import existing_file
    from nodes.sdk.errors import NodeError

    if not len(faces):
        context.notice("there is no face to restore: the picture passes unchanged")
        return image
    if image.linear:
        raise NodeError("the picture is linear", hint="Convert it to sRGB first")
    opened = None
    if method == "own network":
        if not network.strip():
            raise NodeError("no network is chosen", hint="Set 'Network' to an .onnx file")
        opened = own_network(existing_file(network, "network"), context.device)
        context.notice(f"your own network {opened.name}, SHA-256 {opened.sha256[:16]}…")
    pixels = image.pixels
    for number, face in enumerate(faces.items):
        context.progress(number / len(faces), f"face {number + 1}")
        square = square_of(face, "FFHQ", 0.0)
        side = opened.side if opened else int(np.clip(round(square.size), 96, 1024))
        to_crop = square.to_crop(side)
        border = "zero" if image.has_alpha else "mirror"
        crop = np.clip(warp(pixels, to_crop, side, side, border=border, smooth=True), 0.0, 1.0)[..., :3]
        made = smoothed(crop, max(side // 128, 1), 0.12 * smooth) if smooth > 0 else crop
        if opened:
            made = opened(made, signed=colours == "-1 to 1", fidelity=fidelity)
            made = resized(made, side, side)
        elif method == "Real-ESRGAN":
            width = min(blur, max(side / _LEAST_SEEN, 1.0))
            if width < blur:
                context.notice(f"face {number + 1} is small: its blur is taken as {width:.1f} px")
            made = through_half(made, lambda part: enlarged(part, context), width)
        made = keeping_colours(sharpened(made, detail), crop)
        made = crop + np.float32(strength) * (made - crop)
        cover = face_shape(side)
        if mask is not None:
            scale = np.diag([image.width / mask.width, image.height / mask.height, 1.0])
            onto = np.vstack([to_crop, [0, 0, 1]]) @ scale
            cover = cover * np.clip(warp(mask.alpha, onto[:2], side, side), 0.0, 1.0)
        pixels = pasted(pixels, made, square, cover, blend="feather", match=False, keep_detail=True)
    return Image(pixels, image.linear)
