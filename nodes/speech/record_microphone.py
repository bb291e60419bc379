from typing import Annotated

from nodes.sdk import Context, NodeError, Slider, Text, node
from nodes.sdk.values import Audio


@node(title="Record microphone", category="Speech")
def record_microphone(
    *,
    seconds: Annotated[float, Slider(0.5, 120.0, unit="seconds")] = 5.0,
    device: Annotated[str, Text()] = "",
    take: Annotated[int, Slider(0, 999)] = 0,
    context: Context,
) -> Audio:
    """Record from the microphone.

    Recording begins when **Take** is set to a number above 0 and the node is looked at; it lasts as
    long as **Seconds** says. The next number records anew; an earlier take is kept as long as the
    program remembers it. To keep a take for good, write it to a wav file and load that.

    **Device**: part of the microphone's name; empty takes the system's own choice.

    Without a microphone the node says so and nothing else stops.
    """
    from nodes.voice.microphone import record

    if take < 1:
        raise NodeError("nothing was recorded yet", hint="Set 'Take' to 1 and speak")
    return record(seconds, device, lambda share: context.progress(share, "Recording"))
