from typing import Annotated, Literal

from nodes.sdk import Choice, Colour, Context, Slider, node
from nodes.sdk.values import Image, Mesh


@node(title="Turntable sheet", category="Mesh")
def turntable_sheet(
    meshes: list[Mesh],
    *,
    views: Annotated[int, Slider(1, 64)] = 8,
    columns: Annotated[int, Slider(0, 32)] = 4,
    size: Annotated[int, Slider(32, 1024, unit="px")] = 256,
    tilt: Annotated[float, Slider(-89.0, 89.0, unit="degrees")] = 8.0,
    look: Annotated[Literal["as it is", "lit", "clay", "normals", "wireframe"], Choice()] = "as it is",
    gap: Annotated[int, Slider(0, 64, unit="px")] = 4,
    background: Annotated[tuple[float, float, float], Colour()] = (0.12, 0.12, 0.13),
    context: Context,
) -> Image:
    """Show a mesh from all sides on one picture.

    **Views** are spread evenly over a full turn, the front first. **Columns** 0 makes the sheet about
    square. For a turning film wire a *Turntable camera* into *Render mesh* instead.
    """
    from nodes.camera._placing import framing_distance, middle_and_radius, orbit
    from nodes.mesh._drawing import draw_meshes
    from nodes.mesh._sheets import sheet

    middle, radius = middle_and_radius(meshes)
    reach = framing_distance(radius, 30.0)
    pictures = []
    for number in range(views):
        context.progress(number / views, "Drawing views")
        camera = orbit(middle, reach, around=360.0 * number / views, above=tilt, width=size, height=size)
        pictures.append(draw_meshes(meshes, camera, look))
    return Image(sheet(pictures, columns, gap, background))
