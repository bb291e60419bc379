from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Context, Slider, Text, node
from nodes.sdk.values import Audio, Table


class Speech(NamedTuple):
    audio: Audio
    phones: Table


@node(title="Speak text", category="Speech", models=("english_reader", "voice_heart"))
def speak_text(
    words: str | None = None,
    *,
    text: Annotated[str, Text(multiline=True)] = "Hello. Nice to meet you.",
    voice: Literal[
        "Heart",
        "Alma (warm, older)",
        "Tom (man)",
        "Bruno (deep)",
        "Grandfather",
        "Kim (child)",
        "By description (many voices)",
        "Alloy (woman)",
        "Aoede (woman)",
        "Bella (woman)",
        "Heart, full (woman)",
        "Jessica (woman)",
        "Kore (woman)",
        "Nicole (woman)",
        "Nova (woman)",
        "River (woman)",
        "Sarah (woman)",
        "Sky (woman)",
        "Adam (man)",
        "Echo (man)",
        "Eric (man)",
        "Fenrir (man)",
        "Liam (man)",
        "Michael (man)",
        "Onyx (man)",
        "Puck (man)",
        "Santa (man)",
        "Alice (British woman)",
        "Emma (British woman)",
        "Isabella (British woman)",
        "Lily (British woman)",
        "Daniel (British man)",
        "Fable (British man)",
        "George (British man)",
        "Lewis (British man)",
    ] = "Heart",
    description: Annotated[str, Text()] = "",
    pace: Annotated[float, Slider(0.5, 2.0)] = 1.0,
    pitch: Annotated[float, Slider(-12.0, 12.0, unit="semitones")] = 0.0,
    lively: Annotated[float, Slider(0.0, 2.0)] = 1.0,
    pause: Annotated[float, Slider(0.0, 3.0, unit="seconds")] = 0.0,
    seed: Annotated[int, Slider(0, 9999)] = 0,
    context: Context,
) -> Speech:
    """Say a text, in English, and tell when each sound is made.

    Wire **audio** and **phones** into 'Speech to motion', and the audio into 'Export video'.

    - **Words**: a wired text comes before the one typed here. Numbers, sums, times and common
      abbreviations are read out; unknown words are read by their spelling.
    - **Voice**: the first six are one recorded voice, quick to speak, whose pitch, vocal tract,
      breath and colour are changed. The named ones after them are many recorded voices, which sound
      more natural and speak several times slower; they are fetched once, with
      `facewright models fetch voices_kokoro`. *By description* picks the two of them that come
      nearest to the description, and mixes them.
    - **Description**: words such as "old, warm, slow", "very deep man", "bright young British woman",
      "whispering child". It changes the chosen voice; words it does not know change nothing.
    - **Pace**, **Pitch**, **Lively** (how far the melody goes) come on top. With the many voices
      Pitch also changes the size of the speaker, and Lively and Seed do nothing.
    - **Pause**: more silence between sentences. **Seed**: another grain of the same voice.

    Limits: English only; words in other alphabets are left out. Far from their own pitch voices sound
    processed. No voice is that of a child or a very old person; descriptions come near.

    Source: hibari, a small student of Kokoro-82M, and Kokoro-82M itself (hexgrad 2025); reading after
    misaki's lexicon.
    """
    from nodes.voice.speaking import spoken_text

    sound, phones = spoken_text(
        words if words is not None else text,
        context,
        voice=voice,
        description=description,
        pace=pace,
        pitch=pitch,
        lively=lively,
        pause=pause,
        seed=seed,
    )
    return Speech(sound, phones)
