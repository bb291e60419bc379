from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Motion


@node(title="Motion style", category="Speech", note="classical")
def motion_style(
    motion: Motion,
    style: Motion,
    *,
    mouth: Annotated[float, Slider(0.0, 1.0)] = 0.7,
    face: Annotated[float, Slider(0.0, 1.0)] = 1.0,
    head: Annotated[float, Slider(0.0, 1.0)] = 1.0,
    seed: Annotated[int, Slider(0, 9999)] = 0,
) -> Motion:
    """Let one motion move in the manner of another, such as speech in the manner of a clip.

    The manner is taken from **style** (tracked from a video, or loaded): how far and how fast each
    part of the face goes, left and right apart, its pose at rest, and how the head moves. What the
    first motion does not move at all is drawn anew in that manner; **Seed** draws another take.

    - **Mouth**, **Face**, **Head**: how much of the manner each takes. Lips still close on p, b, m.

    Use a style clip of at least some seconds; ten or more are better.

    Limits: manners, not gestures: a wink in the clip becomes liveliness of that eye.

    Source: classical; moments and spectra of the reference.
    """
    from nodes.voice.style import style_of, styled

    return styled(motion, style_of(style), mouth=mouth, face=face, head=head, seed=seed)
