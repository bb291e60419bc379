"""Export video."""

from typing import Annotated, Literal

from nodes.sdk import File, Slider, node
from nodes.sdk.values import Audio, Image


@node(title="Export video", category="Output", writer="video", any_size=True)
def export_video(
    image: Image,
    audio: Audio | None = None,
    *,
    path: Annotated[str, File("Video", ("mp4", "mov", "mkv", "webm"), mode="save")] = "",
    codec: Literal["h264", "h265", "prores 4444", "vp9"] = "h264",
    quality: Annotated[int, Slider(0, 100)] = 75,
    effort: Literal["fast", "balanced", "small file"] = "fast",
    fps: Annotated[float, Slider(0, 240, unit="frames/s")] = 0.0,
) -> Image:
    """Write the picture at every frame of the timeline into a video file.

    The picture goes through unchanged, so that a viewer may follow. The file is written when the
    graph is rendered, not while it is edited.

    Codec: *h264* plays everywhere (mp4, mov, mkv), *h265* is smaller, *prores 4444* is for editing
    and keeps alpha (mov, mkv), *vp9* is for the web and keeps alpha (webm, mkv). H.264 and H.265
    have no alpha: transparent pictures are laid over black.

    Quality: 75 is visually lossless for most pictures (H.264: CRF 18); 50 is good, 100 is huge.
    ProRes keeps its own high quality. Effort trades time against file size, hardly against looks.

    Frame rate: 0 takes the project's; another number changes how fast the same frames play.

    Audio: cut or left silent at the end to fit; AAC in mp4 and mov, Opus in webm and mkv, plain PCM
    with ProRes.

    Odd widths and heights get one column or row more (the last one repeated), since video needs
    even ones; nothing is cut. Colours are BT.709. A stopped export goes on where it stopped.
    """
    return image
