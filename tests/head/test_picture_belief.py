"""What the pixels of a picture tell of a head beyond its landmarks."""

from dataclasses import replace

import numpy as np
import pytest

from nodes.head._correction import FILE as CORRECTION
from nodes.head._correction import Fitted, correction_for, towards
from nodes.head._fit import Sight, fit_sights
from nodes.head._landmarks import landmark_basis
from nodes.head._picture_belief import (
    DOUBTS,
    FILE,
    PictureBelief,
    PictureRegressor,
    fit_numbers,
    regressor_for,
)
from nodes.head._picture_crop import CELLS, DIRECTIONS
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import Camera, HeadState
from tests.head.test_fit import seen_landmarks

GRADIENTS = CELLS * CELLS * DIRECTIONS
COUNT, NUMBERS, OUTPUTS = 4, 6, 4 + 56 + DOUBTS


def regressor(out_bias, **changes):
    """Two networks that say the same of every picture, but for their last bias."""
    weights = {
        "first": np.zeros((2, 5 + NUMBERS, 3), np.float32),
        "first_bias": np.zeros((2, 3), np.float32),
        "second": np.zeros((2, 3, 3), np.float32),
        "second_bias": np.zeros((2, 3), np.float32),
        "out": np.zeros((2, 3 + NUMBERS, OUTPUTS), np.float32),
        "out_bias": np.asarray(out_bias, np.float32),
    }
    plain = {
        "components": np.zeros((GRADIENTS, 5), np.float32),
        "usual": np.zeros(GRADIENTS, np.float32),
        "middle": np.zeros(NUMBERS),
        "spread": np.ones(NUMBERS),
        "shape_precision": 5.0 * np.eye(COUNT),
        "expression_spread": np.full(52, 0.1),
        "rotation_spread": np.full(3, 0.02),
        "focal_spread": np.array([0.2]),
        "least": np.zeros(52),
    }
    return PictureRegressor(weights=weights, **(plain | changes))


@pytest.fixture
def fit():
    return Fitted(
        np.arange(COUNT) * 0.1, np.full(52, 0.2), rotation_matrix([0.1, 0.3, 0]), np.zeros((468, 2))
    )


def believed(net, fit):
    return net.believed(np.zeros(GRADIENTS, np.float32), np.zeros(NUMBERS), fit, 6.0)


def test_networks_that_see_nothing_leave_the_fit_as_it_is(fit):
    found = believed(regressor(np.zeros((2, OUTPUTS))), fit)
    assert np.allclose(found.shape, fit.shape)
    assert np.allclose(found.expression, fit.expression)
    assert np.allclose(found.rotation, fit.rotation)
    assert found.log_focal == 6.0


def test_the_mean_of_the_networks_is_believed(fit):
    says = np.zeros((2, OUTPUTS))
    says[:, 0], says[:, COUNT + 55] = (0.2, 0.6), (0.1, 0.3)
    found = believed(regressor(says), fit)
    assert found.shape[0] == pytest.approx(0.4)
    assert found.log_focal == pytest.approx(6.2)


def test_a_doubtful_picture_is_believed_less_but_never_less_than_the_prior(fit):
    says = np.zeros((2, OUTPUTS))
    sure = believed(regressor(says), fit)
    says[:, -DOUBTS:] = 1.0
    doubtful = believed(regressor(says), fit)
    assert (np.diag(doubtful.shape_precision) < np.diag(sure.shape_precision)).all()
    assert np.linalg.eigvalsh(doubtful.shape_precision).min() >= 1.0
    assert (doubtful.rotation_spread > sure.rotation_spread).all()
    assert (doubtful.expression_spread > sure.expression_spread).all()


def test_faint_expressions_are_not_believed(fit):
    found = believed(regressor(np.zeros((2, OUTPUTS)), least=np.full(52, 0.3)), fit)
    assert not found.expression.any()


def test_what_the_picture_shows_goes_through_all_layers(fit):
    """The product as written out, for one network and random weights."""
    random = np.random.default_rng(6)
    net = regressor(random.normal(size=(2, OUTPUTS)))
    weights = {name: random.normal(size=part.shape).astype(np.float32) for name, part in net.weights.items()}
    net = replace(
        net, weights=weights, components=random.normal(size=(GRADIENTS, 5)).astype(np.float32) * 0.01
    )
    seen, numbers = random.random(GRADIENTS).astype(np.float32), random.normal(size=NUMBERS)
    expected = []
    for one in range(2):
        both = np.concatenate([seen @ net.components, numbers])
        first = np.maximum(both @ weights["first"][one] + weights["first_bias"][one], 0)
        second = np.maximum(first @ weights["second"][one] + weights["second_bias"][one], 0)
        expected.append(np.concatenate([second, numbers]) @ weights["out"][one] + weights["out_bias"][one])
    assert np.allclose(net.change(seen, numbers), np.mean(expected, axis=0), atol=1e-3)


def test_the_size_of_a_face_in_its_picture_says_nothing_of_the_head(fit):
    components, said, sure = np.zeros((1404, 3)), np.zeros(52), np.ones(468)
    large, larger = (fit_numbers(components, fit, said, pixels, sure) for pixels in (60.0, 600.0))
    assert np.array_equal(large, larger)


class TestFile:
    def test_it_belongs_to_one_model_and_its_correction_only(self):
        with np.load(CORRECTION, allow_pickle=False) as stored:
            name, count = str(stored["model"]), len(stored["turn"])
        correction = correction_for(name, count)
        assert regressor_for(name, correction) is not None
        assert regressor_for("another", correction) is None
        assert regressor_for(name, replace(correction, turn=correction.turn[::-1])) is None

    def test_it_is_small_and_sure_of_something(self):
        assert FILE.stat().st_size < 4_300_000
        with np.load(FILE, allow_pickle=False) as stored:
            assert np.linalg.eigvalsh(stored["shape_precision"]).min() > 1.0
            assert (stored["rotation_spread"] < 0.15).all()


@pytest.mark.models
def test_a_sure_belief_decides_identity_pose_and_lens(astronaut_fit):
    model = astronaut_fit.model
    head = HeadState(
        model,
        np.zeros(len(model.identity), np.float32),
        np.zeros(52, np.float32),
        np.zeros((2, 2), np.float32),
        np.array([0.0, 0.3, 0.0], np.float32),
        np.array([0.0, 0.0, -0.7], np.float32),
        Camera(768.0, 256.0, 256.0, 512, 512),
    )
    sight = Sight(seen_landmarks(head, 512, 512), np.zeros(52), (256.0, 256.0), 768.0)
    basis = landmark_basis(model)
    count = basis.turn.shape[1]
    shape = np.random.default_rng(1).normal(size=count) * 0.3
    belief = PictureBelief(
        shape, 1e7 * np.eye(count), np.zeros(52), np.full(52, 0.05), rotation_matrix([0.0, 0.35, 0.0]),
        np.full(3, 1e-4), float(np.log(900.0)), 1e-4,
    )  # fmt: skip
    found = fit_sights(model, [sight], beliefs=[belief])[0]
    assert np.allclose(basis.turn.T @ found.identity, shape, atol=0.02)
    assert found.focal == pytest.approx(900.0, rel=1e-2)
    along = towards(sight.centre, 900.0, sight.landmarks[:468, :2].mean(axis=0))
    assert np.allclose(rotation_matrix(found.rotation), along @ belief.rotation, atol=0.01)
    # the head is put where its landmarks are seen best
    assert np.abs(found.residuals).mean() < 6.0
