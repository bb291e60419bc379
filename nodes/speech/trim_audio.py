from typing import Annotated

from nodes.sdk import NodeError, Slider, node
from nodes.sdk.values import Audio


@node(title="Trim audio", category="Speech")
def trim_audio(
    audio: Audio,
    *,
    start: Annotated[float, Slider(0.0, 3600.0, unit="seconds")] = 0.0,
    end: Annotated[float, Slider(0.0, 3600.0, unit="seconds")] = 0.0,
    fade: Annotated[float, Slider(0.0, 2.0, unit="seconds")] = 0.01,
    gain: Annotated[float, Slider(-40.0, 40.0, unit="dB")] = 0.0,
) -> Audio:
    """Cut a piece out of a sound.

    **Start** and **End** in seconds; an End of 0 keeps everything up to the end. **Fade** takes the
    clicks off both cuts. **Gain** makes it louder or quieter; what would exceed full scale is cut
    off, so look at the waveform when you raise it.
    """
    import numpy as np

    from nodes.voice.sound import trimmed

    part = trimmed(audio, start, end, fade)
    if not len(part.samples):
        raise NodeError(
            f"nothing is left between {start:g} and {end:g} seconds of a sound of {audio.seconds:.1f}",
            hint="Lower 'Start', or raise 'End'",
        )
    louder = np.clip(part.samples * np.float32(10 ** (gain / 20)), -1.0, 1.0)
    return Audio(louder, part.rate) if gain else part
