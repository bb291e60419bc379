from typing import Annotated, Literal

from nodes.sdk import NodeError, Slider, node
from nodes.sdk.values import Audio, Motion


@node(title="Motion emotion", category="Speech", note="classical")
def motion_emotion(
    motion: Motion,
    audio: Audio | None = None,
    *,
    feeling: Literal[
        "from the voice", "by sliders", "happy", "sad", "angry", "afraid", "surprised", "disgusted"
    ] = "from the voice",
    amount: Annotated[float, Slider(0.0, 1.5)] = 0.6,
    valence: Annotated[float, Slider(-1.0, 1.0)] = 0.0,
    arousal: Annotated[float, Slider(-1.0, 1.0)] = 0.0,
    ease: Annotated[float, Slider(0.0, 5.0, unit="seconds")] = 0.5,
) -> Motion:
    """Put a feeling on a speaking face; what it says stays readable.

    - **Feeling**: *from the voice* guesses it from the wired **audio**; *by sliders* takes **Valence**
      (bad to good) and **Arousal** (calm to stirred); or one of six names. With *from the voice* the
      two sliders are added to the guess.
    - **Amount**: how strongly it shows. **Ease**: over how long it comes up.

    A stirred voice also opens the mouth wider and moves the head more. Lips still close on p, b, m.

    Limits: from the voice, only the span of the melody is judged: a flat voice is sad, a wide one
    glad, and anger is not told from plain speech. Only speech of some seconds tells anything.

    Source: prototypes of Ekman and Friesen 1978; signs in the voice after Scherer 2003.
    """
    from nodes.voice.emotion import FEELINGS, heard_feeling, pose_at, with_feeling
    from nodes.voice.sound import speech_signal

    if feeling == "from the voice":
        if audio is None:
            raise NodeError("no voice is wired", hint="Wire 'Audio', or choose a feeling by its name")
        good, stirred = heard_feeling(speech_signal(audio))
        valence, arousal = (min(max(v, -1.0), 1.0) for v in (good + valence, stirred + arousal))
    if feeling in FEELINGS:
        pose = FEELINGS[feeling]
        arousal = {"sad": -0.5, "happy": 0.4, "disgusted": 0.1}.get(feeling, 0.7)
    else:
        pose = pose_at(valence, arousal)
    return with_feeling(motion, pose * amount, arousal * min(amount, 1.0), ease)
