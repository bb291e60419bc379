"""Light on surfaces: its spherical harmonics, and colours as light in full precision."""

from __future__ import annotations

import numpy as np

from nodes.sdk.values.arrays import FloatArray

#: What linear red, green and blue add to luminance, and encoded ones to luma (ITU-R BT.709).
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
#: The same in single precision, as pictures have.
LUMA = LUMINANCE.astype(np.float32)


def light_basis(normals: FloatArray) -> FloatArray:
    """N x 9: the real spherical harmonics to order two of unit normals (N x 3), without their constants."""
    x, y, z = np.asarray(normals, np.float64).T
    return np.column_stack([np.ones_like(x), x, y, z, x * y, y * z, x * z, x * x - y * y, 3.0 * z * z - 1.0])


def to_linear(colours: FloatArray) -> FloatArray:
    """sRGB to linear light, clipped to 0..1."""
    low = np.clip(colours, 0.0, 1.0)
    return np.where(low <= 0.04045, low / 12.92, ((low + 0.055) / 1.055) ** 2.4)


def to_encoded(light: FloatArray) -> FloatArray:
    """Linear light to sRGB, clipped to 0..1."""
    low = np.clip(light, 0.0, 1.0)
    return np.where(low <= 0.0031308, low * 12.92, 1.055 * np.power(low, 1 / 2.4) - 0.055)
