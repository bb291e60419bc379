from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Audio, Motion


@node(title="Add life", category="Speech")
def add_life(
    motion: Motion,
    audio: Audio | None = None,
    *,
    blinks: Annotated[float, Slider(0.0, 60.0, unit="a minute")] = 16.0,
    gaze: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    head: Annotated[float, Slider(0.0, 3.0)] = 1.0,
    brows: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    breath: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    seed: Annotated[int, Slider(0, 9999)] = 0,
) -> Motion:
    """Let a face blink, look about, breathe and move its head; the lips are not touched.

    With the spoken **audio** wired, the head nods and the brows rise on stressed words, blinks fall
    into pauses, and breath is drawn before speaking. Without it the face just lives.

    - **Blinks**: how many a minute; people at rest blink about 16 times.
    - **Gaze**, **Head**, **Brows**, **Breath**: how much of each; 0 is none.
    - **Seed**: another number is another take of the same person.

    Limits: stress is judged from loudness and pitch, not from meaning; the face does not know whom
    it looks at.

    Source: classical; blink and glance statistics after Caffier et al. 2003 and Lee, Badler and
    Badler 2002.
    """
    from nodes.voice.life import RATE, Life, prosody_of, silent, with_life
    from nodes.voice.sound import speech_signal

    count = max(round(motion.seconds * RATE), 3)
    prosody = silent(count) if audio is None else prosody_of(speech_signal(audio), count)
    return with_life(motion, prosody, Life(blinks, gaze, head, brows, breath, seed))
