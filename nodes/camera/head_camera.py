from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Camera, HeadState


@node(title="Head camera", category="Camera")
def head_camera(head: HeadState, *, scale: Annotated[float, Slider(0.05, 8.0)] = 1.0) -> Camera:
    """The camera that took the photograph of a fitted head.

    Wire it into a render to lay splats or meshes exactly over the photograph. **Scale** makes the
    picture larger or smaller without changing the view.
    """
    camera = head.camera
    if scale == 1.0:
        return camera
    width, height = max(round(camera.width * scale), 1), max(round(camera.height * scale), 1)
    return camera.resized(width, height)
