from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Camera, HeadState, Mesh, Splats


@node(title="Orbit camera", category="Camera")
def orbit_camera(
    splats: Splats | None = None,
    mesh: Mesh | None = None,
    head: HeadState | None = None,
    *,
    around: Annotated[float, Slider(-360.0, 360.0, unit="degrees", hard=False)] = 0.0,
    above: Annotated[float, Slider(-90.0, 90.0, unit="degrees")] = 0.0,
    roll: Annotated[float, Slider(-180.0, 180.0, unit="degrees")] = 0.0,
    zoom: Annotated[float, Slider(0.1, 10.0)] = 1.0,
    distance: Annotated[float, Slider(0.0, 20.0, unit="m", group="Lens", hard=False)] = 0.0,
    field_of_view: Annotated[float, Slider(1.0, 120.0, unit="degrees", group="Lens")] = 30.0,
    shift_x: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Target", hard=False)] = 0.0,
    shift_y: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Target", hard=False)] = 0.0,
    shift_z: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Target", hard=False)] = 0.0,
    width: Annotated[int, Slider(16, 8192, unit="px", group="Picture")] = 512,
    height: Annotated[int, Slider(16, 8192, unit="px", group="Picture")] = 512,
) -> Camera:
    """A camera that circles whatever is wired in, and looks at its middle.

    Every number can be keyframed, so this is also the camera for moves and fly-arounds.

    - **Around** turns it sideways about the vertical: 0 is the front, 90 shows the thing's own left
      side, 180 the back. **Above** raises it. **Roll** tips the picture.
    - **Zoom** 1 frames the whole thing; 2 comes twice as close.
    - **Distance** in metres fixes where it stands; at 0 the thing is framed by its size.
    - **Shift** moves the point looked at. With nothing wired that is the world's origin.

    The field of view spans the shorter side of the picture. A few stray splats do not count for the
    framing; but a thing that changes its size changes the framing, unless the distance is set.
    """
    import numpy as np

    from nodes.camera._placing import framing_distance, middle_and_radius, orbit

    middle, radius = middle_and_radius([splats, mesh, head])
    target = middle + np.array([shift_x, shift_y, shift_z], np.float32)
    reach = distance if distance > 0 else framing_distance(radius, field_of_view)
    return orbit(
        target,
        reach / zoom,
        around=around,
        above=above,
        roll=roll,
        field_of_view=field_of_view,
        width=width,
        height=height,
    )
