"""Splat scenes made on the spot."""

from __future__ import annotations

import numpy as np
import pytest

from nodes.camera._placing import orbit
from nodes.sdk.values import Camera, Splats


def cloud(count: int, bands: int = 1, seed: int = 0) -> Splats:
    """Splats in a ball of 10 cm about the origin, of many shapes and all degrees of opacity."""
    random = np.random.default_rng(seed)
    quaternions = random.normal(size=(count, 4))
    quaternions /= np.linalg.norm(quaternions, axis=1, keepdims=True)
    places = random.normal(size=(count, 3))
    places *= (
        0.1 * random.uniform(0, 1, (count, 1)) ** (1 / 3) / np.linalg.norm(places, axis=1, keepdims=True)
    )
    harmonics = random.normal(size=(count, bands, 3)) * 0.15
    harmonics[:, 0] = random.uniform(-1.2, 1.2, (count, 3))
    return Splats(
        places.astype(np.float32),
        np.exp(random.normal(np.log(0.006), 0.6, (count, 3))).astype(np.float32),
        quaternions.astype(np.float32),
        random.uniform(0.05, 0.98, count).astype(np.float32),
        harmonics.astype(np.float32),
    )


@pytest.fixture
def ball() -> Splats:
    return cloud(3000, bands=16)


@pytest.fixture
def camera() -> Camera:
    return orbit(np.zeros(3, np.float32), 0.5, around=25.0, above=10.0, width=120, height=88)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(-10 * np.log10(np.mean((np.asarray(a, np.float64) - b) ** 2) + 1e-20))
