from typing import Annotated, NamedTuple

from nodes.sdk import Context, NodeError, Slider, Text, node
from nodes.sdk.values import Audio, Motion


class Live(NamedTuple):
    motion: Motion
    audio: Audio
    delay: float


@node(title="Live mouth", category="Speech", edits="speech")
def live_mouth(
    *,
    seconds: Annotated[float, Slider(0.5, 120.0, unit="seconds")] = 5.0,
    device: Annotated[str, Text()] = "",
    take: Annotated[int, Slider(0, 999)] = 0,
    intensity: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    jaw: Annotated[float, Slider(0.0, 2.0, group="Mouth")] = 1.0,
    lips: Annotated[float, Slider(0.0, 2.0, group="Mouth")] = 1.0,
    tongue: Annotated[float, Slider(0.0, 2.0, group="Mouth")] = 1.0,
    fps: Annotated[float, Slider(10.0, 240.0, unit="frames/s")] = 60.0,
    context: Context,
) -> Live:
    """Move a mouth while somebody speaks into the microphone.

    Works as 'Record microphone' does: it begins when **Take** is set to a number above 0 and the
    node is looked at, and lasts **Seconds**; the next number begins anew. The mouth is worked out
    while the sound arrives, each moment about a quarter of a second after it was spoken; **delay**
    is the longest that any moment of this take waited for its answer, in seconds. **audio** is what
    was said, and **motion** stands at its time, so that both can go into 'Export video'.

    **Intensity**, **Jaw**, **Lips** and **Tongue** as in 'Speech to motion'. To make a recorded file
    move in the same way, choose *live* as the 'Listening' of 'Speech to motion'.

    Limits: hears less well than careful listening, which knows what comes next. A busy machine
    answers later; the delay tells.

    Source: a small network that learnt phones from synthesised speech; dominance blending of visemes
    (Cohen and Massaro 1993).
    """
    from nodes.voice.live import Follower
    from nodes.voice.microphone import record
    from nodes.voice.talking import motion_of

    if take < 1:
        raise NodeError("nothing was recorded yet", hint="Set 'Take' to 1 and speak")
    follower = Follower({"intensity": intensity, "jaw": jaw, "lips": lips, "tongue": tongue})
    audio = record(
        seconds, device, lambda share: context.progress(share, "Listening"), follower.hear, block=0.02
    )
    return Live(motion_of(follower.finished(audio.seconds), fps), audio, follower.delay)
