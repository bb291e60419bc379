"""How far points lie inside polygons, and which pixels lie in a slit."""

import cv2
import numpy as np

from nodes.head._slit import EYE_LEFT, beyond, inside, slit


def test_distances_are_those_of_the_polygon_test():
    rng = np.random.default_rng(4)
    angle = np.sort(rng.uniform(0, 2 * np.pi, 24))
    polygon = np.column_stack([50 + 30 * np.cos(angle), 40 + 20 * np.sin(angle)]).astype(np.float32)
    points = rng.uniform(0, 100, (300, 2)).astype(np.float32)
    wanted = [cv2.pointPolygonTest(polygon.reshape(-1, 1, 2), (float(x), float(y)), True) for x, y in points]
    assert np.allclose(beyond(polygon, points), wanted, atol=1e-3)


def test_a_slit_at_the_border_is_cut_and_one_outside_is_empty():
    points = np.zeros((478, 2), np.float32)
    across = np.linspace(-20.0, 20.0, 9)
    points[[EYE_LEFT[0], EYE_LEFT[3]], 0] = across[[0, -1]]
    for row, sign in ((EYE_LEFT[1], -1.0), (EYE_LEFT[2], 1.0)):
        points[list(row)] = np.column_stack([across[1:-1], sign * 6.0 * np.cos(across[1:-1] / 13.0)])
    at_border = inside(slit(points + 0.0, EYE_LEFT), 60, 40)
    assert at_border[0, 0] and not at_border[:, 25:].any()
    whole = inside(slit(points + np.array([30, 20]), EYE_LEFT), 60, 40)
    assert whole[20, 30] and whole.sum() > 3 * at_border.sum()
    assert not inside(slit(points - np.array([400, 0]), EYE_LEFT), 60, 40).any()
