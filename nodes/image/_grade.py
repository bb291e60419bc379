"""Colour correction in linear light and on the encoded picture."""

from __future__ import annotations

import numpy as np

from nodes.media.colour import to_encoded, to_linear
from nodes.raster.light import LUMA
from nodes.sdk.values.arrays import FloatArray

#: Contrast turns about photographic middle grey, 18 % of white, sRGB-encoded.
MIDDLE_GREY = np.float32(0.4614)


def white_balance(temperature: float, tint: float) -> FloatArray:
    """Gains of linear R, G, B that warm (temperature > 0) and shift to magenta (tint > 0).

    A simple gain model, not a chromatic adaptation; luminance of grey stays as it was.
    """
    gains = np.array([1 + 0.3 * temperature, 1 - 0.2 * tint, 1 - 0.3 * temperature], np.float32)
    return gains / np.float32(gains @ LUMA)


def grade(
    colour: FloatArray,
    *,
    exposure: float,
    temperature: float,
    tint: float,
    contrast: float,
    saturation: float,
    gamma: float,
    lift: float,
) -> FloatArray:
    """An sRGB-encoded H x W x 3 picture, corrected; 0..1.

    Exposure (stops), white balance and saturation work on linear light, contrast, lift and gamma on
    the encoded numbers. Neutral settings are skipped, so that they change no bit.
    """
    result = colour
    if exposure or temperature or tint or saturation != 1.0:
        light = to_linear(result)
        light *= white_balance(temperature, tint) * np.float32(2.0**exposure)
        if saturation != 1.0:
            grey = (light @ LUMA)[..., None]
            light = grey + (light - grey) * np.float32(saturation)
        result = to_encoded(np.clip(light, 0, 1))
    if contrast != 1.0:
        result = (result - MIDDLE_GREY) * np.float32(contrast) + MIDDLE_GREY
    if lift:
        result = result + np.float32(lift) * (1 - result)
    if gamma != 1.0:
        result = np.power(np.clip(result, 0, 1), np.float32(1.0 / gamma))
    return np.clip(result, 0, 1) if result is not colour else colour
