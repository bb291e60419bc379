from typing import Any

from nodes.sdk import Carry, node
from nodes.sdk.values import Image, Mask


@node(title="Clip plate", category="Edit", sequential=True, note="classical", edits="background")
def clip_plate(image: Image, matte: Mask, *, previous: Any = None) -> Carry[Image]:
    """The place behind a person of a clip, learned from the frames in which it is seen.

    Wire the clip and its 'Person matte'; the result goes into **Plate** of 'Edit portrait' and
    'Swap head'. Every pixel is the median of the frames so far that show it without a person; what
    no frame has shown yet is filled from around it. Frames are computed in order, in bounded memory:
    at most nine are kept, spread over the clip.

    Limits: the camera must stand still. The plate gets better while the person moves; at the start
    of the clip much of it is filled in. Changes are eased in over a few frames.

    Source: temporal median of unoccluded pixels; patch-based completion (Barnes et al. 2009).
    """
    import numpy as np

    from nodes.portrait.belonging import require_size_of
    from nodes.portrait.clip_plates import ClipPlate, at, with_frame

    require_size_of(image, matte=matte)
    picture = np.ascontiguousarray(image.pixels[..., :3], np.float32)
    state = with_frame(None if previous is None else ClipPlate(*previous), picture, matte.alpha)
    return Carry(Image(at(state, picture, matte.alpha), image.linear), tuple(state))
