from typing import Annotated

from nodes.sdk import Slider, node
from nodes.sdk.values import Camera


@node(title="Place camera", category="Camera")
def place_camera(
    *,
    x: Annotated[float, Slider(-10.0, 10.0, unit="m", group="Stands at", hard=False)] = 0.0,
    y: Annotated[float, Slider(-10.0, 10.0, unit="m", group="Stands at", hard=False)] = 0.0,
    z: Annotated[float, Slider(-10.0, 10.0, unit="m", group="Stands at", hard=False)] = 1.0,
    target_x: Annotated[float, Slider(-10.0, 10.0, unit="m", group="Looks at", hard=False)] = 0.0,
    target_y: Annotated[float, Slider(-10.0, 10.0, unit="m", group="Looks at", hard=False)] = 0.0,
    target_z: Annotated[float, Slider(-10.0, 10.0, unit="m", group="Looks at", hard=False)] = 0.0,
    roll: Annotated[float, Slider(-180.0, 180.0, unit="degrees")] = 0.0,
    field_of_view: Annotated[float, Slider(1.0, 120.0, unit="degrees", group="Lens")] = 30.0,
    width: Annotated[int, Slider(16, 8192, unit="px", group="Picture")] = 512,
    height: Annotated[int, Slider(16, 8192, unit="px", group="Picture")] = 512,
) -> Camera:
    """A camera that stands at a point and looks at another, in metres, y up.

    All numbers can be keyframed: two keys on *Stands at* make a dolly, two on the field of view a
    zoom. The field of view spans the shorter side of the picture.
    """
    from nodes.camera._placing import focal_of, look_at

    rigid = look_at((x, y, z), (target_x, target_y, target_z), roll)
    return Camera(focal_of(field_of_view, width, height), width / 2, height / 2, width, height, rigid)
