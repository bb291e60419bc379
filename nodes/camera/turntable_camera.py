from typing import Annotated

from nodes.sdk import Context, Slider, node
from nodes.sdk.values import Camera, HeadState, Mesh, Splats


@node(title="Turntable camera", category="Camera", reads=("frame",))
def turntable_camera(
    splats: Splats | None = None,
    mesh: Mesh | None = None,
    head: HeadState | None = None,
    *,
    frames: Annotated[int, Slider(1, 10000, unit="frames")] = 120,
    turns: Annotated[float, Slider(-10.0, 10.0)] = 1.0,
    start: Annotated[float, Slider(-360.0, 360.0, unit="degrees")] = 0.0,
    above: Annotated[float, Slider(-89.0, 89.0, unit="degrees")] = 8.0,
    zoom: Annotated[float, Slider(0.1, 10.0)] = 1.0,
    field_of_view: Annotated[float, Slider(1.0, 120.0, unit="degrees", group="Lens")] = 30.0,
    width: Annotated[int, Slider(16, 8192, unit="px", group="Picture")] = 512,
    height: Annotated[int, Slider(16, 8192, unit="px", group="Picture")] = 512,
    context: Context,
) -> Camera:
    """A camera that walks evenly around whatever is wired in, one frame at a time.

    After **Frames** frames it has made **Turns** turns and goes on; frame 0 stands at **Start**
    (0 is the front), so a film of exactly that many frames loops without a jump. Negative turns go
    the other way round. For moves that slow down or rise, keyframe an *Orbit camera* instead.
    """
    from nodes.camera._placing import framing_distance, middle_and_radius, orbit

    middle, radius = middle_and_radius([splats, mesh, head])
    return orbit(
        middle,
        framing_distance(radius, field_of_view) / zoom,
        around=start + 360.0 * turns * context.frame / frames,
        above=above,
        field_of_view=field_of_view,
        width=width,
        height=height,
    )
