from typing import Annotated, Literal

from nodes.sdk import Context, Slider, Text, node
from nodes.sdk.values import Audio, Motion, Table


@node(title="Speech to motion", category="Speech", edits="speech")
def speech_to_motion(
    audio: Audio,
    phones: Table | None = None,
    *,
    text: Annotated[str, Text(multiline=True)] = "",
    listening: Literal["careful", "quick", "live"] = "careful",
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
    speech; nothing was trained on faces. Phones without a text by Whisper's encoder (Radford et al.
    2022), or by a small network; both learnt phones from synthesised speech.
    """
    from nodes.voice.phones import from_table
    from nodes.voice.sound import remarks_on, speech_signal
    from nodes.voice.talking import check_length, motion_of, mouth_of

    check_length(audio)
    for words in remarks_on(audio):
        context.notice(words)
    signal = speech_signal(audio)
    mouth = {"intensity": intensity, "jaw": jaw, "lips": lips, "tongue": tongue}
    likely = None
    if phones is not None:
        said = tuple(from_table(phones))
    elif listening == "live" and not text.strip():
        from nodes.voice.live import followed

        return motion_of(followed(signal, mouth, context.progress), fps)
    else:
        from nodes.voice.hearing import doubts, hear

        heard = hear(
            signal,
            text,
            context,
            lambda share: context.progress(share, "Listening"),
            careful=listening == "careful",
        )
        for words in doubts(heard, text):
            context.notice(words)
        said, likely = heard.phones, heard.likely
    moved = mouth_of(signal, said, likely, smoothness=smoothness, loudness=loudness, **mouth)
    return motion_of(moved, fps)
