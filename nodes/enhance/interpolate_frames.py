from typing import Annotated

from nodes.sdk import Around, Context, Slider, node
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Image

#: Frames looked at before and after: enough for the largest `times`.
_BEFORE, _AFTER = 7, 8


@node(
    title="Interpolate frames",
    category="Enhance",
    reads=("frame",),
    models=("frame_interpolator",),
    edits="frames",
)
def interpolate_frames(
    images: Annotated[list[Image], Around(_BEFORE, _AFTER)],
    *,
    times: Annotated[int, Slider(2, 8)] = 2,
    cut: Annotated[float, Slider(0.0, 1.0, label="Scene cut below")] = 0.2,
    context: Context,
) -> Image:
    """Make a clip smoother or slower: pictures are made between its own.

    Every picture whose frame number divides by **Times** is kept as it is; those between are made
    anew from their two neighbours. So set the project's rate to Times that of the clip, leave
    *Timing* of 'Load video' at *own speed* (it shows each picture Times times), and put this behind
    it: a clip of 25 pictures a second becomes one of 50, 100 or 200. For slow motion export at the
    clip's old rate with *Fps* of 'Export video'.

    - **Times**: 2, 4 and 8 are best; others need more steps and are a little softer.
    - **Scene cut below**: neighbours less alike than this (1 is the same picture) are taken for a
      cut and not mixed: the nearer one is shown. 0 mixes always.

    Limits: what moves further than about a tenth of the picture between two frames, or is hidden
    in one of them (a hand before a face, fast lips, blinking), smears or fades. Motion blur stays
    as long as it was. Pictures beyond 1920 x 1088 are moved by motion found at that size. Sixteen
    pictures are held in memory. On the processor a 512 px picture takes a few seconds.

    Source: RIFE, model HD v3 (Huang et al. 2022).
    """
    from nodes.enhance._between import between, likeness, repeats
    from nodes.enhance._rife import CARD, half_way, load_network
    from nodes.face._crops import plain_picture

    phase = context.frame % times
    if phase == 0:
        return images[_BEFORE]
    first, second = images[_BEFORE - phase], images[_BEFORE - phase + times]
    if first is second:
        return first
    held = images[_BEFORE - phase + 1 : _BEFORE - phase + times]
    if not all(repeats(first, picture) for picture in held):
        context.notice(
            f"the pictures in between are no repeats and are lost: the project's rate should be {times} "
            "times the clip's"
        )
    if (first.width, first.height, first.has_alpha, first.linear) != (
        second.width,
        second.height,
        second.has_alpha,
        second.linear,
    ):
        raise NodeError(
            f"neighbouring pictures differ: {first.width} x {first.height} and "
            f"{second.width} x {second.height}, or in alpha or light",
            hint="Put a 'Resize image' node in front",
        )
    if min(first.width, first.height) < 16:
        raise NodeError(
            f"pictures of {first.width} x {first.height} are too small to find motion in",
            hint="16 pixels a side are the least",
        )
    seen = [plain_picture(picture) for picture in (first, second)]
    if cut > 0 and likeness(*seen) < cut:
        context.notice("a scene cut: the nearer picture is shown")
        return first if phase * 2 < times else second
    network = context.model(
        CARD, lambda path: load_network(path, context.device), variant=f"on {context.device}"
    )
    pixels = between(
        first.pixels,
        second.pixels,
        phase / times,
        lambda one, two: half_way(network, one, two),
        lambda part: plain_picture(Image(part, first.linear)),
    )
    return Image(pixels, first.linear)
