from typing import Annotated, Literal

from nodes.sdk import Context, File, node
from nodes.sdk.values import Audio


@node(title="Load audio", category="Speech")
def load_audio(
    *,
    path: Annotated[
        str,
        File(
            "Sound",
            ("wav", "mp3", "m4a", "aac", "ogg", "opus", "flac", "aiff", "wma", "mp4", "mov", "mkv", "webm"),
        ),
    ] = "",
    channels: Literal["as they are", "mono"] = "as they are",
    rate: Literal["as it is", "16000", "44100", "48000"] = "as it is",
    level: bool = False,
    context: Context,
) -> Audio:
    """Open a sound file, or the sound track of a clip.

    **Channels**: more than two are mixed down; *mono* mixes to one.

    **Rate**: samples a second. Leave it as it is, unless another program asks for a certain one.

    **Level** brings quiet and loud recordings to the same loudness without clipping.

    A file that breaks off gives what came before. Limits: the first sound track, the first hour.
    """
    from dataclasses import replace

    from nodes.voice.sound import levelled, read_sound, resampled

    audio = read_sound(path, lambda share: context.progress(share, "Reading sound"))
    if channels == "mono":
        audio = replace(audio, samples=audio.samples.mean(axis=1, keepdims=True))
    if rate != "as it is":
        audio = Audio(resampled(audio.samples, audio.rate, int(rate)), int(rate))
    return levelled(audio, -20.0) if level else audio
