from typing import Annotated, Literal

from nodes.sdk import Slider, node
from nodes.sdk.values import Motion


@node(title="Mix motion", category="Speech")
def mix_motion(
    first: Motion,
    second: Motion,
    *,
    mode: Literal["blend", "add", "mouth and rest"] = "blend",
    share: Annotated[float, Slider(0.0, 2.0)] = 0.5,
) -> Motion:
    """Put two motions together.

    - *blend*: at a **Share** of 0 the first, at 1 the second, in between both.
    - *add*: the first, and as much of the second as Share says; for laying a nod or a smile over
      speech.
    - *mouth and rest*: the first one's mouth with the second one's brows, eyes and head; at a lower
      Share these are mixed with the first one's.

    The result has the first one's frame rate and lasts as long as the longer; the shorter holds its
    last frame.
    """
    from nodes.voice.moving import mixed

    return mixed(first, second, mode=mode, share=share if mode == "add" else min(share, 1.0))
