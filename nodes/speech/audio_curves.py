from nodes.sdk import node
from nodes.sdk.values import Audio, Table


@node(title="Audio curves", category="Speech")
def audio_curves(audio: Audio) -> Table:
    """Show how loud and how high a voice is over time: a row for each hundredth of a second.

    Loudness is in decibels below full scale, pitch in hertz (0 where nobody speaks in a tone), voice
    is how likely somebody speaks, from 0 to 1.

    Limits: voice is judged from loudness alone; music counts as voice.
    """
    from nodes.voice.curves import sound_table
    from nodes.voice.talking import check_length

    check_length(audio)
    return sound_table(audio)
