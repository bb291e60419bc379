from typing import Annotated, Literal

from nodes.sdk import Choice, Context, Slider, node
from nodes.sdk.values import Splats, Table


@node(title="Morph splats", category="Morph")
def morph_splats(
    splats: list[Splats],
    guides: list[Table] | None = None,
    *,
    amount: Annotated[float, Slider(0.0, 1.0)] = 0.5,
    ease: Annotated[Literal["even", "stop at each"], Choice()] = "even",
    colour: Annotated[float, Slider(0.0, 0.5, group="Matching")] = 0.1,
    turn: Annotated[Literal["as they stand", "turned to fit"], Choice(group="Matching")] = "as they stand",
    context: Context,
) -> Splats:
    """Turn one set of Gaussian splats into another: no correspondences are asked.

    Wire two sets or more; **Amount** runs through all of them, 0 is the first and 1 the last, and both
    come out exactly as they went in. Optimal transport proposes where every place goes; all splats of
    both sets ride along, turning and growing with their surroundings, while the one set fades into the
    other without letting the light through.

    - **Colour**: how much a difference of colour counts against a match.
    - **Turn**: *turned to fit* also looks for a turn of up to about 60 degrees.
    - **Guides**: a table of landmarks for every set (*Head landmarks*, *Load landmarks*); places of the
      same name then meet.

    A mesh takes part through *Mesh to splats*.

    Limits: both sets are drawn between the ends, so a frame costs the sum of both. Colours that depend
    on the view do not turn with the splats.

    Source: classical; as *Morph shapes*, on clouds.
    """
    from nodes.morph._clouds import CloudPair
    from nodes.morph._keys import eased, fingerprint, guides_of, keep, segment
    from nodes.morph._pair import Matching
    from nodes.sdk.errors import NodeError

    if not splats or any(len(part.positions) < 8 for part in splats):
        raise NodeError("a set of splats to morph is empty", hint="Wire sets of splats into 'splats'")
    number, t = segment(amount, len(splats))
    t = eased(t, ease)
    if len(splats) == 1 or t <= 0.0:
        return splats[number]
    if t >= 1.0:
        return splats[number + 1]
    first, second = splats[number], splats[number + 1]
    matching = Matching(colour=colour, turn=turn == "turned to fit")
    parts = [part for each in (first, second) for part in (each.positions, each.opacities, each.harmonics)]
    places = guides_of(guides or [], number)
    key = fingerprint("splats", repr(matching), *parts, *(places or ()))
    pair = keep(
        key,
        lambda: CloudPair(first, second, matching, lambda share: context.progress(share, "Matching"), places),
    )
    return pair.at(t)
