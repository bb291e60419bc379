"""Load video."""

from typing import Annotated, Literal

from nodes.media.files import VIDEO_EXTENSIONS
from nodes.sdk import Context, File, Slider, node
from nodes.sdk.values import Image


@node(title="Load video", category="Load", reads=("frame", "fps"))
def load_video(
    *,
    path: Annotated[str, File("Video", VIDEO_EXTENSIONS)] = "",
    timing: Literal["own speed", "frame by frame"] = "own speed",
    offset: Annotated[int, Slider(-100_000, 100_000, unit="frames", hard=False)] = 0,
    after_end: Literal["hold", "loop", "bounce"] = "hold",
    context: Context,
) -> Image:
    """Open a clip; the timeline's frame decides which of its pictures comes out.

    Timing: with *own speed* a second of the clip lasts a second of the project, whatever the two
    frame rates are; frames are shown twice or left out where needed, never blended. With *frame by
    frame* frame 100 of the timeline is frame 100 of the clip.

    Offset: begins the clip at this one of its frames; negative numbers let it start later.

    After end: *hold* keeps the last picture (and the first one before the start), *loop* begins
    again, *bounce* plays back and forth.

    Every frame is found exactly, also in clips whose frames last unequally long. Phone clips are
    turned upright. Alpha of ProRes 4444 and VP9 is kept. A damaged frame is replaced by the one
    before it.

    Limits: the colours are taken as standard video (BT.709, or BT.601 for small untagged clips);
    HDR clips look flat. Interlaced clips are not deinterlaced, pixels that are not square are shown
    square. Frames up to 67 megapixels.
    """
    from nodes.media.video_pool import clips

    frame, fps = context.frame, context.fps
    with clips.reader(path) as reader:
        index = reader.index
        number = (frame if timing == "frame by frame" else index.number_at(frame / fps)) + offset
        inside = index.inside(number, after_end)
        image = Image(reader.frame(inside))
        if inside in reader.damaged:
            context.notice("the clip is damaged here: a neighbouring frame is shown")
        return image
