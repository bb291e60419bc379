from typing import Annotated, Literal

from nodes.sdk import Choice, Colour, Context, Slider, node
from nodes.sdk.values import Camera, Image, Mesh


@node(title="Render mesh", category="Mesh", reads=("proxy",))
def render_mesh(
    meshes: list[Mesh],
    camera: Camera | None = None,
    *,
    look: Annotated[
        Literal["as it is", "lit", "clay", "normals", "depth", "wireframe"], Choice()
    ] = "as it is",
    orbit: Annotated[float, Slider(-360.0, 360.0, unit="degrees", group="View", hard=False)] = 0.0,
    tilt: Annotated[float, Slider(-89.0, 89.0, unit="degrees", group="View")] = 0.0,
    zoom: Annotated[float, Slider(0.1, 10.0, group="View")] = 1.0,
    width: Annotated[int, Slider(16, 8192, unit="px", group="View")] = 512,
    height: Annotated[int, Slider(16, 8192, unit="px", group="View")] = 512,
    background: Annotated[tuple[float, float, float], Colour(group="View")] = (0.12, 0.12, 0.13),
    transparent: bool = False,
    context: Context,
) -> Image:
    """Draw meshes, with their textures, from a camera.

    **Look**: *as it is* shows texture or colours without any light, as photographed; *lit* puts a soft
    light on them; *clay*, *normals*, *depth* and *wireframe* show the shape. Normals are in the
    camera's frame; depth is bright where it is near.

    Without a camera the meshes are framed by their size, and **Orbit**, **Tilt** and **Zoom** move the
    view: keyframe Orbit from 0 to 360 for a turntable. A wired **Camera** (an *Orbit camera*, a
    *Turntable camera*) decides everything but the background. A thing that changes its size is framed
    anew in every frame; wire a camera with a set distance to hold still.

    Several meshes hide each other by depth. Limits: no shadows, no transparency of textures.
    """
    from nodes.camera._placing import framing_distance, middle_and_radius, shrunk
    from nodes.camera._placing import orbit as circled
    from nodes.mesh._drawing import draw_meshes, over

    if camera is None:
        middle, radius = middle_and_radius(meshes)
        reach = framing_distance(radius, 30.0) / zoom
        camera = circled(middle, reach, around=orbit, above=tilt, width=width, height=height)
    drawn = draw_meshes(meshes, shrunk(camera, context.proxy), look)
    return Image(drawn if transparent else over(drawn, background))
