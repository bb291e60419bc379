from typing import Annotated, Literal

from nodes.sdk import Choice, Colour, NodeError, Slider, Toggle, node
from nodes.sdk.values import Camera, Mask, Splats


@node(title="Edit splats", category="Splats")
def edit_splats(
    splats: list[Splats],
    brush: Mask | None = None,
    camera: Camera | None = None,
    *,
    region: Annotated[Literal["everything", "box", "sphere", "brush"], Choice(group="Region")] = "everything",
    outside: bool = False,
    through: Annotated[bool, Toggle(group="Region")] = True,
    centre_x: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Region", hard=False)] = 0.0,
    centre_y: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Region", hard=False)] = 0.0,
    centre_z: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Region", hard=False)] = 0.0,
    size_x: Annotated[float, Slider(0.0, 10.0, unit="m", group="Region", hard=False)] = 1.0,
    size_y: Annotated[float, Slider(0.0, 10.0, unit="m", group="Region", hard=False)] = 1.0,
    size_z: Annotated[float, Slider(0.0, 10.0, unit="m", group="Region", hard=False)] = 1.0,
    keep: Annotated[Literal["all", "only the region", "all but the region"], Choice(group="Cut")] = "all",
    tint: Annotated[tuple[float, float, float], Colour(group="Colour")] = (1.0, 1.0, 1.0),
    tint_amount: Annotated[float, Slider(0.0, 1.0, group="Colour")] = 0.0,
    brightness: Annotated[float, Slider(0.0, 4.0, group="Colour")] = 1.0,
    saturation: Annotated[float, Slider(0.0, 3.0, group="Colour")] = 1.0,
    opacity: Annotated[float, Slider(0.0, 4.0, group="Colour")] = 1.0,
    thickness: Annotated[float, Slider(0.05, 4.0, group="Colour")] = 1.0,
    faintest: Annotated[float, Slider(0.0, 0.5, group="Clean")] = 0.0,
    largest: Annotated[float, Slider(0.0, 20.0, unit="x usual", group="Clean")] = 0.0,
    loneliest: Annotated[float, Slider(0.0, 20.0, unit="x usual", group="Clean")] = 0.0,
    thin_out: Annotated[float, Slider(0.01, 1.0, group="Clean", label="Keep share")] = 1.0,
    turn_x: Annotated[float, Slider(-180.0, 180.0, unit="degrees", group="Move")] = 0.0,
    turn_y: Annotated[float, Slider(-180.0, 180.0, unit="degrees", group="Move")] = 0.0,
    turn_z: Annotated[float, Slider(-180.0, 180.0, unit="degrees", group="Move")] = 0.0,
    scale: Annotated[float, Slider(0.01, 10.0, group="Move", hard=False)] = 1.0,
    shift_x: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Move", hard=False)] = 0.0,
    shift_y: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Move", hard=False)] = 0.0,
    shift_z: Annotated[float, Slider(-5.0, 5.0, unit="m", group="Move", hard=False)] = 0.0,
) -> Splats:
    """Cut, recolour, clean, thin out and move splats; several sets become one.

    The steps happen in the order of the groups.

    - **Region**: a box, a ball (its radius is half of Size x), or what lies under a **brush** in which
      cutting and colours work; **Outside** turns it inside out.
    - **Brush**: a mask over the picture that **Camera** takes: wire *Render splats* into *Paint mask*,
      paint, and wire the mask and the same camera in here. **Through** works on all that lies under the
      brush; off, only on the surface that is seen there.
    - **Cut** keeps everything, only the region, or all but the region.
    - **Colour**: tint keeps light and dark; **Opacity** and **Thickness** are factors. Glints that
      depend on the view change along.
    - **Clean**: drop splats fainter than this; larger than so many times the usual large one; and
      those whose neighbours are so many times farther than usual (floaters: 3 to 6 is a good start).
      0 leaves that test out. **Keep share** below 1 merges neighbours until that share is left.
    - **Move**: turned about the origin (x, then y, then z), scaled, then shifted.

    Limits: a splat is in or out by its centre. Merging rounds off fine detail.

    Source: merging by moment matching along a Morton curve.
    """
    import numpy as np

    from nodes.gaussians import editing
    from nodes.gaussians.merging import merged
    from nodes.raster.geometry import rotation_matrix

    if not splats:
        raise NodeError("there are no splats to edit", hint="Wire a splat set in")
    edited = merged(splats)
    centre, size = np.array([centre_x, centre_y, centre_z]), np.array([size_x, size_y, size_z])
    if region == "box":
        rows = editing.inside_box(edited.positions, centre, size, np.eye(3))
    elif region == "brush":
        if brush is None or camera is None:
            raise NodeError(
                "the brush has no " + ("mask" if brush is None else "camera"),
                hint="Wire a painted mask into 'brush', and the camera of its picture into 'camera'",
            )
        rows = editing.under_brush(edited, brush.alpha, camera, through=through)
    elif region == "sphere":
        rows = editing.inside_sphere(edited.positions, centre, size_x / 2)
    else:
        rows = np.ones(len(edited.positions), bool)
    if outside:
        rows = ~rows
    if keep != "all":
        kept = rows if keep == "only the region" else ~rows
        edited, rows = editing.chosen(edited, kept), rows[kept]
    if (tint_amount, brightness, saturation) != (0.0, 1.0, 1.0):
        edited = editing.recoloured(
            edited, rows, tint=tint, amount=tint_amount, brightness=brightness, saturation=saturation
        )
    if (opacity, thickness) != (1.0, 1.0):
        edited = editing.faded(edited, rows, opacity, thickness)
    if faintest > 0 or largest > 0 or loneliest > 0:
        edited = editing.without_floaters(edited, faintest=faintest, largest=largest, lonely=loneliest)
    edited = editing.decimated(edited, thin_out)
    turn = np.eye(3)
    for axis, degrees in enumerate((turn_x, turn_y, turn_z)):
        turn = rotation_matrix(np.radians(degrees) * np.eye(3)[axis]) @ turn
    shift = np.array([shift_x, shift_y, shift_z])
    if scale != 1.0 or shift.any() or not np.array_equal(turn, np.eye(3)):
        edited = editing.moved(edited, turn, scale, shift)
    return edited
