from typing import Annotated, Literal

from nodes.sdk import Choice, NodeError, node
from nodes.sdk.values import Mask


@node(title="Combine masks", category="Mask")
def combine_masks(
    a: Mask,
    b: Mask,
    *,
    how: Annotated[Literal["add", "subtract", "intersect", "difference"], Choice()] = "add",
) -> Mask:
    """Join two masks into one.

    - **add**: what is in either.
    - **subtract**: what is in A but not in B.
    - **intersect**: what is in both.
    - **difference**: what is in one only.

    Soft edges stay soft: greater and smaller of the two values are taken, as for fuzzy sets (Zadeh
    1965). Both masks must have the same size.
    """
    from nodes.face._masks import combined

    if a.alpha.shape != b.alpha.shape:
        raise NodeError(
            f"the masks have different sizes, {a.width} x {a.height} and {b.width} x {b.height}",
            hint="Make both from the same picture, or resize one",
        )
    return Mask(combined(a.alpha, b.alpha, how))
