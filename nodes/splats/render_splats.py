from typing import Annotated, Literal, NamedTuple

from nodes.sdk import Choice, Colour, Context, Slider, node
from nodes.sdk.values import Camera, Image, Mask, Mesh, Splats


class SplatRender(NamedTuple):
    image: Image
    alpha: Mask
    depth: Image
    normals: Image


@node(title="Render splats", category="Splats", reads=("proxy",))
def render_splats(
    splats: list[Splats],
    meshes: list[Mesh],
    camera: Camera | None = None,
    *,
    degree: Annotated[int, Slider(0, 3, label="Harmonics")] = 3,
    antialias: bool = False,
    background: Annotated[tuple[float, float, float], Colour()] = (0.0, 0.0, 0.0),
    transparent: bool = True,
    shape: bool = False,
    width: Annotated[int, Slider(16, 8192, unit="px", group="Without a camera")] = 512,
    height: Annotated[int, Slider(16, 8192, unit="px", group="Without a camera")] = 512,
    device: Annotated[Literal["as the run", "cpu"], Choice()] = "as the run",
    context: Context,
) -> SplatRender:
    """Render Gaussian splats, and meshes among them, from a camera.

    - Any number of splat sets and meshes may be wired in; they hide each other by depth. Meshes show
      their texture or colours as they are; bare ones are shaded like clay.
    - **Harmonics**: how finely colours change with the direction of view; 0 is the same from all
      sides and the fastest.
    - **Antialias**: for splats that were trained with it, or seen from much farther than they were
      made for; without it, thin things grow thicker with distance.
    - **Shape**: also work out *depth* (bright is near) and *normals* (in the camera's frame).
      It costs up to a third more than the picture alone.
    - **Transparent** off fills what is left open with **Background**.

    Without a camera the splats are framed from the front. While a slider moves the picture is drawn
    smaller, and again in full when it rests.

    Limits: splats are sorted by the depth of their centres, so large ones may pop when the camera
    turns. A splat is hidden by a mesh as a whole pixel column, not cut where it dips into it.

    Source: Kerbl et al. 2023 with opacity-aware bounds; antialiasing after Yu et al. 2024
    (Mip-Splatting). On a CUDA device gsplat does the same (Ye et al. 2025) where it is installed.
    """
    import numpy as np

    from nodes.camera._placing import framing_distance, middle_and_radius, orbit, shrunk
    from nodes.gaussians.merging import merged
    from nodes.gaussians.render import render
    from nodes.gaussians.surfaces import drawn_meshes

    if camera is None:
        middle, radius = middle_and_radius([*splats, *meshes])
        reach = framing_distance(radius, 30.0)
        camera = orbit(middle, reach, around=0.0, above=0.0, width=width, height=height)
    camera = shrunk(camera, context.proxy)
    surface = drawn_meshes(meshes, camera)
    drawn = render(
        merged(splats),
        camera,
        antialias=antialias,
        degree=degree,
        shape=shape,
        surface=surface,
        device="cpu" if device == "cpu" else context.device,
    )
    alpha = np.clip(drawn.alpha, 0.0, 1.0).astype(np.float32)
    share = alpha[..., None]
    if transparent:
        colour = np.where(share > 1e-4, drawn.colour / np.maximum(share, 1e-4), 0.0)
        pixels = np.concatenate([np.clip(colour, 0.0, 1.0), share], axis=2)
    else:
        pixels = np.clip(drawn.colour + (1.0 - share) * np.array(background, np.float32), 0.0, 1.0)
    blank = np.zeros((1, 1, 3), np.float32)
    depth = normals = Image(blank)
    if drawn.depth is not None and drawn.normals is not None:
        seen = alpha > 0.05
        near, far = (drawn.depth[seen].min(), drawn.depth[seen].max()) if seen.any() else (0.0, 1.0)
        grey = np.where(seen, (far - drawn.depth) / max(far - near, 1e-6), 0.0).astype(np.float32)
        depth = Image(np.repeat(grey[..., None], 3, axis=2))
        normals = Image(np.where(seen[..., None], drawn.normals * 0.5 + 0.5, 0.0).astype(np.float32))
    return SplatRender(Image(pixels.astype(np.float32)), Mask(alpha), depth, normals)
