from typing import Literal

from nodes.sdk import Context, node
from nodes.sdk.values import Audio, Table


@node(title="Audio curves", category="Speech")
def audio_curves(
    audio: Audio,
    *,
    voice: Literal["by loudness", "trained"] = "by loudness",
    context: Context,
) -> Table:
    """Show how loud and how high a voice is over time: a row for each hundredth of a second.

    Loudness is in decibels below full scale, pitch in hertz (0 where nobody speaks in a tone), voice
    is how likely somebody speaks, from 0 to 1.

    **Voice**: *by loudness* needs nothing, but takes music and noise for voice. *trained* tells them
    apart; it needs the voice detector, fetched once with `facewright models fetch voice_detector`.

    Source: Silero VAD (Silero Team 2021); pitch by autocorrelation (Boersma 1993).
    """
    from nodes.voice.curves import sound_table
    from nodes.voice.detector import CARD, VoiceDetector
    from nodes.voice.talking import check_length

    check_length(audio)
    if voice == "by loudness":
        return sound_table(audio)
    detector = context.model(CARD, VoiceDetector)
    return sound_table(audio, lambda signal: detector.speech(signal, context.check))
