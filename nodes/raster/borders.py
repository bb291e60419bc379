"""What OpenCV takes for what lies outside of a picture."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt


def mirror_border(picture: npt.NDArray[Any]) -> int:
    """OpenCV's border mode that mirrors a picture (H x W or H x W x C) at its outermost pixels.

    In OpenCV 5.0 cubic sampling with that mode never returns from a picture one pixel wide or high.
    There the mode that shows the outermost pixel twice stands in.
    """
    import cv2

    return cv2.BORDER_REFLECT if min(picture.shape[:2]) < 2 else cv2.BORDER_REFLECT_101
