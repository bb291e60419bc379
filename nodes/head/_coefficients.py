"""The 52 ARKit coefficients as a block of sliders, shared by every node that takes an expression."""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

import numpy as np

from nodes.sdk import Slider
from nodes.sdk.values import ARKIT_NAMES
from nodes.sdk.values.arrays import FloatArray

_GROUPS = {"brow": "Brows", "eye": "Eyes", "cheek": "Cheeks and nose", "nose": "Cheeks and nose"}
_GROUPS |= {"jaw": "Jaw", "mouth": "Mouth", "tongue": "Mouth"}


def _group(name: str) -> str:
    return next(group for start, group in _GROUPS.items() if name.startswith(start))


#: One slider per coefficient, by its Apple name, in groups; 0 leaves the face as it is.
ExpressionSliders = TypedDict(  # type: ignore[misc]
    "ExpressionSliders",
    {name: Annotated[float, Slider(-1.0, 1.0, group=_group(name), label=name)] for name in ARKIT_NAMES},
)


def as_vector(sliders: dict[str, Any]) -> FloatArray:
    """Slider values by name as 52 float32 in the order of ARKIT_NAMES; what is missing is 0."""
    return np.array([float(sliders.get(name, 0.0)) for name in ARKIT_NAMES], np.float32)
