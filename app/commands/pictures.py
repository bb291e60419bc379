"""What can be shown as the frames of a film."""

from __future__ import annotations

from typing import Any

import numpy as np

from nodes.sdk.errors import NodeError
from nodes.sdk.sockets import with_article
from nodes.sdk.values import Image, Mask
from nodes.sdk.values.arrays import host_array


def as_picture(value: Any) -> Image:
    """A picture, or a mask in grey.

    Raises:
        NodeError: when it is neither.
    """
    if isinstance(value, Image):
        return value
    if isinstance(value, Mask):
        return Image(np.repeat(host_array(value.alpha)[..., None], 3, axis=2))
    kind = type(value).__name__
    raise NodeError(f"{with_article(kind)} is no picture", hint="Render a node that gives pictures")
