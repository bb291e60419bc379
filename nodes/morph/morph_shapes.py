from typing import Annotated, Literal

from nodes.sdk import Choice, Context, Slider, node
from nodes.sdk.values import Mesh, Table


@node(title="Morph shapes", category="Morph")
def morph_shapes(
    shapes: list[Mesh],
    guides: list[Table],
    *,
    amount: Annotated[float, Slider(0.0, 1.0)] = 0.5,
    ease: Annotated[Literal["even", "stop at each"], Choice()] = "even",
    colour: Annotated[float, Slider(0.0, 0.5, group="Matching")] = 0.1,
    direction: Annotated[float, Slider(0.0, 0.5, group="Matching")] = 0.12,
    relief: Annotated[float, Slider(0.0, 2.0, group="Matching")] = 0.6,
    turn: Annotated[Literal["as they stand", "turned to fit"], Choice(group="Matching")] = "as they stand",
    parts: Annotated[Literal["guess", "all of both", "what both have"], Choice(group="Matching")] = "guess",
    texture: Annotated[int, Slider(256, 4096, unit="px", group="Matching")] = 1024,
    context: Context,
) -> Mesh:
    """Turn one textured mesh into another, whatever their triangles: no correspondences are asked.

    Wire two shapes or more; **Amount** runs through all of them, 0 is the first and 1 the last, and
    both come out exactly as they went in. Keyframe it for a film. **Ease** *stop at each* rests at
    every shape.

    Both shapes are laid upon each other, optimal transport proposes where every place goes, and the
    surface follows as rigidly as it may. First the first mesh moves, then the second one,
    each learning the other's colours. What one shape has and the other has not (shoulders, the back of
    a head that was scanned from the front) shrinks into the surface or grows out of it.

    - **Colour**, **Direction**, **Relief**: how much a difference of colour, of the way the surface
      faces, and of its bumps and hollows counts against a match. At 0 it does not count.
    - **Turn**: *turned to fit* when one lies on its side; small turns only, up to about 60 degrees.
    - **Parts**: *all of both* sends every place somewhere; *what both have* leaves out what has no
      counterpart. *guess* takes all of both when both are closed, without open rims.
    - **Texture**: size of the blended texture.
    - **Guides**: for faces, wire a table of landmarks for every shape (*Head landmarks*,
      *Load landmarks*). Places of the same name then meet, which keeps eyes on eyes.

    The matching takes seconds and is done once; frames are fast. Limits: without guides features of
    unlike faces may cross-fade rather than move. Where a ring becomes a ball, a hole opens in it and
    closes along the way: the inside of the surface is seen. Shapes of
    more than 9,000 points are matched by 9,000 of them.

    Source: classical. Entropic transport in the log domain on two scales (Schmitzer 2019; unbalanced,
    Chizat et al. 2018) guiding as-rigid-as-possible registration (Sorkine and Alexa 2007), in the
    manner of robust optimal transport (Shen et al. 2021); Poisson interpolation (Xu et al. 2006).
    """
    from nodes.morph._keys import eased, fingerprint, guides_of, keep, segment
    from nodes.morph._pair import Matching, Pair
    from nodes.sdk.errors import NodeError

    solid = [shape for shape in shapes if len(shape.triangles) >= 4]
    if not shapes or len(solid) < len(shapes):
        raise NodeError("a shape to morph has no surface", hint="Wire meshes with triangles into 'shapes'")
    number, t = segment(amount, len(shapes))
    t = eased(t, ease)
    if len(shapes) == 1 or t <= 0.0:
        return shapes[number]
    if t >= 1.0:
        return shapes[number + 1]
    first, second = shapes[number], shapes[number + 1]
    places = guides_of(guides, number)
    matching = Matching(colour, direction, relief, turn == "turned to fit", parts, texture)
    parts = [
        part
        for mesh in (first, second)
        for part in (
            mesh.vertices,
            mesh.triangles,
            mesh.uv,
            mesh.colours,
            mesh.texture.pixels if mesh.texture is not None else None,
        )
    ]
    key = fingerprint("mesh", repr(matching), *parts, *(places or ()))
    pair = keep(
        key, lambda: Pair(first, second, matching, places, lambda share: context.progress(share, "Matching"))
    )
    return pair.at(t)
