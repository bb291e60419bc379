from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Context, Text, node
from nodes.sdk.values import Audio, Table


class Recognised(NamedTuple):
    phones: Table
    confidence: float


@node(title="Recognise phonemes", category="Speech", models=("whisper_tiny",))
def recognise_phonemes(
    audio: Audio,
    words: str | None = None,
    *,
    text: Annotated[str, Text(multiline=True)] = "",
    listening: Literal["quick", "careful"] = "quick",
    context: Context,
) -> Recognised:
    """Find out which sound is spoken when.

    With a **Text** (or wired **words**) in English, each of its sounds is found in the recording, to
    a few hundredths of a second: the best that lips can get. Without a text the sounds are
    recognised from the recording alone, which also works, roughly, for other languages and for
    singing.

    **Listening** matters without a text. *quick* recognises sounds as they come. *careful* writes
    down the English words first and finds their sounds in the recording, several times slower and
    far better for clear speech; it needs the speech recogniser (Whisper), fetched once.

    **phones** is a table of sounds (ARPABET), times in seconds, and how sure each one is. It may be
    edited as a CSV file. **confidence** is for the whole: below 0.5 the text does not fit the
    recording, or it is music, or noise; then the text is not used.

    Limits: the recogniser knows English sounds; noise and music make it guess. A text should hold
    every spoken word.

    Source: pocketsphinx (Huggins-Daines et al. 2006), Whisper (Radford et al. 2022).
    """
    from nodes.voice.hearing import hear
    from nodes.voice.phones import as_table
    from nodes.voice.sound import speech_signal

    heard = hear(
        speech_signal(audio),
        words if words is not None else text,
        context,
        lambda share: context.progress(share, "Listening"),
        careful=listening == "careful",
    )
    return Recognised(as_table(heard.phones), heard.confidence)
