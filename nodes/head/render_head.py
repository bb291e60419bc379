from typing import Annotated, Literal

from nodes.sdk import Choice, Colour, Context, Slider, node
from nodes.sdk.values import Camera, HeadState, Image

_FULL_SIZE = Context()


@node(title="Render head", category="Head", reads=("proxy",), edits="head")
def render_head(
    head: HeadState,
    camera: Camera | None = None,
    *,
    mode: Annotated[
        Literal["over photo", "on its own", "clay", "wireframe", "normals", "depth", "uv"], Choice()
    ] = "over photo",
    method: Annotated[Literal["quick", "physically based"], Choice()] = "quick",
    orbit: Annotated[float, Slider(-180.0, 180.0, unit="degrees", group="View")] = 0.0,
    tilt: Annotated[float, Slider(-80.0, 80.0, unit="degrees", group="View")] = 0.0,
    background: Annotated[tuple[float, float, float], Colour(group="View")] = (0.0, 0.0, 0.0),
    transparent: bool = True,
    light: Annotated[Literal["as drawn", "lamp"], Choice(group="Light")] = "as drawn",
    lamp_side: Annotated[float, Slider(-180.0, 180.0, unit="degrees", group="Light")] = 40.0,
    lamp_height: Annotated[float, Slider(-90.0, 90.0, unit="degrees", group="Light")] = 35.0,
    lamp_strength: Annotated[float, Slider(0.0, 4.0, group="Light")] = 1.0,
    lamp_softness: Annotated[float, Slider(0.0, 1.0, group="Light")] = 0.3,
    lamp_colour: Annotated[tuple[float, float, float], Colour(group="Light")] = (1.0, 1.0, 1.0),
    ambient: Annotated[float, Slider(0.0, 1.0, group="Light")] = 0.3,
    context: Context = _FULL_SIZE,
) -> Image:
    """Render a fitted head: over its photograph with all its edits, or by itself.

    **Mode**

    - *over photo*: the photograph itself, moved. Skin, hair and background follow the face without
      tearing; lids close, lips part over teeth and tongue, eyes look. An unedited head gives back
      the photograph pixel for pixel. What does not depend on the edit is worked out once for each
      fit and kept (for the last four), so the frames of a clip are fast.
    - *on its own*: the head with the photograph as its texture; unseen parts are mirrored or
      smoothed over. Light stays as photographed.
    - *clay*, *wireframe*, *normals*, *depth*, *uv*: views of the shape. Normals are in the camera's
      frame; depth is bright where it is near.

    **Method**: *quick* is for work and for clips. *physically based* draws *on its own* and *clay*
    with glossy eyes and lips under a lamp with shadows (pyrender, needs OpenGL).

    **Light**: *as drawn* keeps the photograph's light on the skin; *lamp* puts one lamp up, Lamp
    side to the viewer's right and Lamp height above, as wide as Lamp softness; Ambient is the light
    of the room. The light in the photograph stays on the skin underneath: take it out with 'Head
    texture' first where it disturbs.

    **Orbit** and **Tilt** turn the head before the camera in all modes but *over photo*. For a
    turntable wire a 'Turntable camera', or keyframe Orbit from -180 to 180. With **Transparent**
    off, **Background** fills what the head leaves open. A wired **Camera** replaces the photograph's
    own, except *over photo*.

    While a slider moves the picture may be drawn smaller; full size follows when it rests.

    Limits of *over photo*: the background near the head bends with it; beyond about 20 degrees of
    turn the far cheek and the hair stretch. Teeth that the photograph does not show are drawn.
    Hair does not fall, glasses bend with the face, and the light does not change.

    Source: classical. A z-buffered grid warp of the fitted head with screened bi-Laplacian
    extension around it; lids and lips as curves; pull-push texture completion (Gortler 1996).
    Physically based: the metallic-roughness material of glTF 2.0.
    """
    import numpy as np

    from nodes.head._lamp import CLAY, Lamp, lit
    from nodes.head._own import (
        View,
        draw_clay,
        draw_depth,
        draw_normals,
        draw_textured,
        draw_uv,
        draw_wireframe,
        orbited,
    )
    from nodes.head._shape import as_fitted
    from nodes.head._smaller import shrunk_camera, smaller_fit
    from nodes.head._texture import texture_for
    from nodes.sdk.errors import NodeError

    if mode == "over photo" and method == "quick":
        from nodes.head._photo import photo_layers
        from nodes.head._photo_frame import render_over_photo

        fit = smaller_fit(as_fitted(head), context.proxy)
        return Image(render_over_photo(photo_layers(fit), head))
    state, seen_by = orbited(head, orbit, tilt), shrunk_camera(camera or head.camera, context.proxy)
    lamp = Lamp(lamp_side, lamp_height, lamp_strength, ambient, lamp_softness, lamp_colour)
    textured = mode == "on its own"
    if method == "physically based":
        if mode not in ("on its own", "clay"):
            raise NodeError(
                f"'{mode}' is not drawn physically based",
                hint="Set 'Mode' to 'on its own' or 'clay', or 'Method' to 'quick'",
            )
        from nodes.head._physical import physical_picture

        drawn = physical_picture(state, seen_by, texture_for(head) if textured else None, lamp)
    else:
        view = View(state, seen_by)
        shapes = {
            "clay": draw_clay,
            "wireframe": draw_wireframe,
            "normals": draw_normals,
            "depth": draw_depth,
            "uv": draw_uv,
        }
        drawn = draw_textured(view, texture_for(head)) if textured else shapes[mode](view)
        if light == "lamp" and mode in ("on its own", "clay"):
            if not textured:
                drawn = np.dstack([np.full_like(drawn[..., :3], CLAY), drawn[..., 3]])
            drawn = lit(drawn, draw_normals(view), lamp)
    if transparent:
        return Image(drawn)
    alpha = drawn[..., 3:]
    return Image(
        (drawn[..., :3] * alpha + np.float32(1.0 - alpha) * np.array(background, np.float32)).astype(
            np.float32
        )
    )
