from nodes.sdk import Context, node
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image, Mask


@node(title="Background plate", category="Edit", note="classical", edits="background")
def background_plate(image: Image, matte: Mask, *, context: Context) -> Image:
    """Take what a matte covers out of a picture and fill the place from what is around it.

    Wire 'Person matte' to get the place without the person: a plate to put behind 'Edit portrait'
    and 'Swap head'. What is not covered stays bit for bit. For a clip use 'Clip plate', which knows
    what the person uncovers.

    What lies level with a place is taken first, as ground and sky lie in layers, and what is filled has
    the grain of the picture.

    Limits: repeats what it sees and knows nothing of things: half a window does not become a whole
    one. Pictures above 1,400 pixels are filled at a smaller size. An all-covered picture has
    nothing to be filled from and is refused.

    Source: patch-based completion, coarse to fine (Wexler et al. 2007; Barnes et al. 2009), over a
    smooth continuation of slow changes of light.
    """
    import numpy as np

    from nodes.portrait.backdrop import covered, plate_of
    from nodes.portrait.belonging import require_size_of

    require_size_of(image, matte=matte)
    hole = covered(matte.alpha)
    if not hole.any():
        context.notice("the matte is empty: the picture stays as it is")
        return image
    if hole.all():
        raise NodeError("the matte covers the whole picture", hint="Leave some of the place uncovered")
    pixels = image.pixels.copy()
    pixels[..., :3] = plate_of(np.asarray(image.pixels, np.float32), matte.alpha)
    return Image(pixels, image.linear)
