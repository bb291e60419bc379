from typing import Annotated

from nodes.sdk import Context, Slider, Text, node
from nodes.sdk.values import Audio, Motion, Table


@node(title="Speech to motion", category="Speech", edits="speech")
def speech_to_motion(
    audio: Audio,
    phones: Table | None = None,
    *,
    text: Annotated[str, Text(multiline=True)] = "",
    intensity: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    smoothness: Annotated[float, Slider(0.3, 3.0)] = 1.0,
    loudness: Annotated[float, Slider(0.0, 3.0)] = 1.0,
    jaw: Annotated[float, Slider(0.0, 2.0, group="Mouth")] = 1.0,
    lips: Annotated[float, Slider(0.0, 2.0, group="Mouth")] = 1.0,
    tongue: Annotated[float, Slider(0.0, 2.0, group="Mouth")] = 1.0,
    fps: Annotated[float, Slider(10.0, 240.0, unit="frames/s")] = 60.0,
    context: Context,
) -> Motion:
    """Make a mouth say what a voice says.

    Wire the **phones** of 'Speak text' or 'Recognise phonemes'. Without them the sound is listened
    to here; a **Text** of what is said makes that far better.

    - **Intensity**: how far the mouth goes; 0.7 is a mumbler, 1.4 a stage actor.
    - **Smoothness**: 1 as people speak; less is crisper, more is lazier. Lips close on p, b and m
      either way.
    - **Loudness**: how much further loud words open the mouth.
    - **Jaw**, **Lips**, **Tongue** scale each apart: with less jaw the lips do more of it.

    The lips touch on p, b, m, the lower lip meets the teeth on f, v, lips go round on w, oo, oh. The
    result moves the mouth only; 'Add life' adds blinks, gaze and the head, 'Motion style' a manner.

    Limits: the mouth of an average speaker; sounds that the recogniser mishears look misheard.

    Source: dominance blending of visemes (Cohen and Massaro 1993) with openings measured on real
    speech; classical, nothing was trained on faces.
    """
    from nodes.voice.phones import from_table
    from nodes.voice.sound import speech_signal
    from nodes.voice.talking import check_length, motion_of, mouth_of

    check_length(audio)
    signal = speech_signal(audio)
    if phones is None:
        from nodes.voice.hearing import hear

        said = hear(signal, text, context, lambda share: context.progress(share, "Listening")).phones
    else:
        said = tuple(from_table(phones))
    mouth = mouth_of(
        signal,
        said,
        intensity=intensity,
        smoothness=smoothness,
        loudness=loudness,
        jaw=jaw,
        lips=lips,
        tongue=tongue,
    )
    return motion_of(mouth, fps)
