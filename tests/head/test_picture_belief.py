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
    Look,
    PictureBelief,
    PictureRegressor,
    View,
    fit_numbers,
    in_bytes,
    regressor_for,
    stored_look,
)
from nodes.head._picture_crop import SIDE
from nodes.head._picture_points import FEATURES, features_at, gradients_of
from nodes.raster.geometry import rotation_matrix
from nodes.sdk.values import Camera, HeadState
from tests.head.test_fit import seen_landmarks

COUNT, NUMBERS, POINTS, HIDDEN = 4, 6, 5, 24
CHANGES = COUNT + 56
OUTPUTS = CHANGES + DOUBTS


def look(out_bias, numbers=NUMBERS, ways_bias=None):
    """Networks that say the same of every picture, but for their last bias."""
    out_bias = np.asarray(out_bias, np.float32)
    count = len(out_bias)
    shapes = {
        "points": (POINTS, FEATURES, 2),
        "first": (POINTS * 2 + numbers, HIDDEN),
        "second": (HIDDEN, HIDDEN),
        "out": (HIDDEN + numbers, OUTPUTS),
        "ways": (HIDDEN + numbers, 2 * POINTS),
    }
    weights = {name: np.zeros((count, *shape), np.float32) for name, shape in shapes.items()}
    for name, width in (("first", HIDDEN), ("second", HIDDEN), ("ways", 2 * POINTS)):
        weights[f"{name}_bias"] = np.zeros((count, width), np.float32)
    weights["points_bias"] = np.zeros((count, POINTS, 2), np.float32)
    weights["out_bias"] = out_bias
    if ways_bias is not None:
        weights["ways_bias"][:] = np.asarray(ways_bias, np.float32).ravel()
    plain = np.zeros((POINTS, FEATURES), np.float32)
    return Look(weights, plain, plain + 1, np.zeros(numbers, np.float32), np.ones(numbers, np.float32))


def regressor(*looks, **changes):
    plain = {
        "shape_precision": 5.0 * np.eye(COUNT),
        "expression_spread": np.full(52, 0.1),
        "rotation_spread": np.full(3, 0.02),
        "focal_spread": np.array([0.2]),
        "least": np.zeros(52),
    }
    return PictureRegressor(looks=looks, **(plain | changes))


def with_random_weights(plain, seed):
    random = np.random.default_rng(seed)
    weights = {
        name: (0.3 * random.normal(size=part.shape)).astype(np.float32)
        for name, part in plain.weights.items()
    }
    return replace(plain, weights=weights)


@pytest.fixture
def fit():
    return Fitted(
        np.arange(COUNT) * 0.1, np.full(52, 0.2), rotation_matrix([0.1, 0.3, 0]), np.zeros((468, 2))
    )


@pytest.fixture(scope="module")
def view():
    random = np.random.default_rng(4)
    brightness = np.kron(random.random((16, 16)), np.ones((SIDE // 16, SIDE // 16))).astype(np.float32)
    points = random.uniform(20, SIDE - 20, (POINTS, 2)).astype(np.float32)
    return View(gradients_of(brightness), points, np.ones(POINTS, np.float32), random.normal(size=NUMBERS))


def test_networks_that_see_nothing_leave_the_fit_as_it_is(view, fit):
    found = regressor(look(np.zeros((2, OUTPUTS)))).believed(view, fit, 6.0)
    assert np.allclose(found.shape, fit.shape)
    assert np.allclose(found.expression, fit.expression)
    assert np.allclose(found.rotation, fit.rotation)
    assert found.log_focal == 6.0


def test_the_mean_of_the_networks_is_believed(view, fit):
    says = np.zeros((2, OUTPUTS))
    says[:, 0], says[:, COUNT + 55] = (0.2, 0.6), (0.1, 0.3)
    found = regressor(look(says)).believed(view, fit, 6.0)
    assert found.shape[0] == pytest.approx(0.4)
    assert found.log_focal == pytest.approx(6.2)


def test_a_second_look_adds_to_the_first_and_its_doubts_count(view):
    first, second = np.zeros((1, OUTPUTS)), np.zeros((1, OUTPUTS))
    first[0, 0], second[0, 0] = 0.5, 0.25
    first[0, -1], second[0, -1] = 9.0, 0.3
    found = regressor(look(first), look(second, NUMBERS + CHANGES)).change(view)
    assert found[0] == pytest.approx(0.75)
    assert found[-1] == pytest.approx(0.3)


def test_a_second_look_goes_where_the_first_found_the_points(view):
    ways = np.array([[3.0, -2.0]] * POINTS)
    nothing = np.zeros((1, OUTPUTS))
    second = with_random_weights(look(nothing, NUMBERS + CHANGES), 3)
    twice = regressor(look(nothing, ways_bias=ways), second).change(view)
    moved = replace(view, points=view.points + ways)
    assert np.allclose(twice, regressor(look(nothing), second).change(moved), atol=1e-5)
    assert not np.allclose(twice, regressor(look(nothing), second).change(view), atol=1e-3)


def test_a_doubtful_picture_is_believed_less_but_never_less_than_the_prior(view, fit):
    says = np.zeros((2, OUTPUTS))
    sure = regressor(look(says)).believed(view, fit, 6.0)
    says[:, -DOUBTS:] = 1.0
    doubtful = regressor(look(says)).believed(view, fit, 6.0)
    assert (np.diag(doubtful.shape_precision) < np.diag(sure.shape_precision)).all()
    assert np.linalg.eigvalsh(doubtful.shape_precision).min() >= 1.0
    assert (doubtful.rotation_spread > sure.rotation_spread).all()
    assert (doubtful.expression_spread > sure.expression_spread).all()


def test_faint_expressions_are_not_believed(view, fit):
    found = regressor(look(np.zeros((2, OUTPUTS))), least=np.full(52, 0.3)).believed(view, fit, 6.0)
    assert not found.expression.any()


def test_what_the_points_show_goes_through_all_layers(view):
    """The product as written out, for two networks of random weights."""
    net = with_random_weights(look(np.zeros((2, OUTPUTS))), 6)
    seen = features_at(view.gradients, view.points, view.seen)
    expected = []
    for one in range(2):
        part = {name: values[one].astype(np.float64) for name, values in net.weights.items()}
        own = [seen[p] @ part["points"][p] + part["points_bias"][p] for p in range(POINTS)]
        values = np.concatenate([np.maximum(np.concatenate(own), 0), view.numbers])
        for name in ("first", "second"):
            values = np.maximum(values @ part[name] + part[f"{name}_bias"], 0)
        expected.append(np.concatenate([values, view.numbers]) @ part["out"] + part["out_bias"])
    assert np.allclose(regressor(net).change(view), np.mean(expected, axis=0), atol=1e-3)


def test_weights_of_eight_bits_are_near_the_weights():
    weights = np.random.default_rng(1).normal(size=(2, 30, 7)) * np.logspace(-3, 1, 7)
    whole, column = in_bytes(weights)
    assert whole.dtype == np.int8
    assert (np.abs(whole * column - weights).max(axis=1) <= 0.51 * column[:, 0]).all()
    assert not (in_bytes(np.zeros((3, 2)))[0]).any()


def test_a_stored_look_says_where_its_arrays_belong():
    stored = stored_look(1, look(np.zeros((2, OUTPUTS))))
    assert {"usual_1", "middle_1", "first_1_whole", "first_1_column", "first_bias_1"} <= set(stored)


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
