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
    listening: Literal["careful", "quick"] = "careful",
    context: Context,
) -> Recognised:
    """Find out which sound is spoken when.

    With a **Text** (or wired **words**) in English, each of its sounds is found in the recording, to
    a few hundredths of a second: the best that lips can get. Without a text the sounds are
    recognised from the recording alone, which also works, roughly, for other languages and for
    singing.

    **Listening** matters without a text. *careful* uses the speech recogniser (Whisper), fetched
    once; it knows many voices. *quick* needs nothing and mishears more. Where a text is not known,
    wire the sound straight into 'Speech to motion': it also uses what was nearly heard, which a
    table cannot hold.

    **phones** is a table of sounds (ARPABET), times in seconds, and how sure each one is. It may be
    edited as a CSV file. **confidence** is for the whole: a text that fits has 0.5 and more. Below
    that it is not used and the node says so. Without a text, music and noise have less than 0.5 too;
    quick listening takes much music for speech.

    Limits: the sounds are those of English; noise and music make it guess. A text should hold every
    spoken word.

    Source: alignment by pocketsphinx (Huggins-Daines et al. 2006); Whisper's encoder (Radford et al.
    2022) with a small network on top that learnt phones from synthesised speech.
    """
    from nodes.voice.hearing import doubts, hear
    from nodes.voice.phones import as_table
    from nodes.voice.sound import remarks_on, speech_signal

    said = words if words is not None else text
    heard = hear(
        speech_signal(audio),
        said,
        context,
        lambda share: context.progress(share, "Listening"),
        careful=listening == "careful",
    )
    for remark in (*remarks_on(audio), *doubts(heard, said)):
        context.notice(remark)
    return Recognised(as_table(heard.phones), heard.confidence)
