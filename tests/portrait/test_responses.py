"""Response curves of a face and their inversion, on faces of known answers."""

import numpy as np

from nodes.portrait.responses import GROUPS, SIDE, Responses
from nodes.sdk.values import ARKIT_NAMES

INDEX = {name: number for number, name in enumerate(ARKIT_NAMES)}


def face(gain, base=None, spill=None):
    """A face whose coefficients answer with `gain` (52), and what is seen of it."""
    start = np.full(52, 0.05, np.float32) if base is None else base
    calls = []

    def trial(change):
        calls.append(change.copy())
        seen = start + gain * change
        if spill is not None:
            seen = seen + spill @ change
        return np.clip(seen, 0, 1).astype(np.float32)

    return Responses(trial, start), calls, trial


def asked(**values):
    change = np.zeros(52, np.float32)
    for name, value in values.items():
        change[INDEX[name]] = value
    return change


def test_every_coefficient_belongs_to_one_group_with_its_other_side():
    assert sorted(number for group in GROUPS for number in group) == list(range(52))
    for group in GROUPS:
        if len(group) == 2:
            assert {int(SIDE[number]) for number in group} == {1, 2}


def test_a_weak_face_is_moved_further_and_a_strong_one_less():
    for gain in (0.5, 1.0, 1.4):
        responses, _, trial = face(np.full(52, gain, np.float32))
        change = responses.solve(asked(mouthSmileLeft=0.5, mouthSmileRight=0.5))
        seen = trial(change)
        assert abs(seen[INDEX["mouthSmileLeft"]] - 0.55) < 0.06
        assert np.allclose(change[[INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]], 0.5 / gain, atol=0.12)


def test_sides_are_told_apart():
    gain = np.ones(52, np.float32)
    gain[INDEX["eyeBlinkLeft"]] = 0.6
    responses, _, _ = face(gain)
    change = responses.solve(asked(eyeBlinkLeft=0.4))
    assert change[INDEX["eyeBlinkLeft"]] > 0.5 and change[INDEX["eyeBlinkRight"]] == 0.0


def test_what_the_landmarker_cannot_see_is_moved_as_asked():
    responses, _, _ = face(np.zeros(52, np.float32))
    change = responses.solve(asked(cheekPuff=0.7, noseSneerLeft=-0.3))
    assert np.array_equal(change, asked(cheekPuff=0.7, noseSneerLeft=-0.3))


def test_a_coefficient_that_another_moves_along_is_pushed_less():
    spill = np.zeros((52, 52), np.float32)
    spill[INDEX["browOuterUpLeft"], INDEX["browInnerUp"]] = 0.5
    responses, _, trial = face(np.full(52, 0.8, np.float32), spill=spill)
    seen = trial(responses.solve(asked(browInnerUp=0.5, browOuterUpLeft=0.5)))
    assert abs(seen[INDEX["browInnerUp"]] - 0.55) < 0.08
    assert abs(seen[INDEX["browOuterUpLeft"]] - 0.55) < 0.08


def test_nothing_asked_tries_nothing():
    responses, calls, _ = face(np.ones(52, np.float32))
    assert not responses.solve(np.zeros(52, np.float32)).any() and not calls


def test_curves_are_tried_once():
    responses, calls, _ = face(np.ones(52, np.float32))
    first = responses.solve(asked(jawOpen=0.4))
    count = len(calls)
    assert np.array_equal(responses.solve(asked(jawOpen=0.4)), first) and len(calls) == count


def test_a_face_that_breaks_is_not_driven_beyond_its_best():
    def trial(change):
        level = float(change[INDEX["jawOpen"]])
        seen = np.zeros(52, np.float32)
        seen[INDEX["jawOpen"]] = 0.7 * level if level <= 0.9 else 0.05
        return seen

    responses = Responses(trial, np.zeros(52, np.float32))
    assert responses.solve(asked(jawOpen=1.0))[INDEX["jawOpen"]] <= 0.91


def test_a_small_change_of_what_is_asked_moves_the_head_a_little():
    rng = np.random.default_rng(1)
    responses, _, _ = face(rng.uniform(0.4, 1.5, 52).astype(np.float32))
    before = responses.solve(asked(jawOpen=0.400, mouthSmileLeft=0.3))
    after = responses.solve(asked(jawOpen=0.404, mouthSmileLeft=0.3))
    assert np.abs(after - before).max() < 0.03


def test_lips_that_answer_late_are_driven_until_they_do():
    """A landmarker sees nothing of a lip that rises a little, and all of it later."""
    start = np.full(52, 0.02, np.float32)
    rows = [INDEX["mouthUpperUpLeft"], INDEX["mouthUpperUpRight"]]

    def trial(change):
        seen = start + change
        seen[rows] = 0.02 + np.maximum(change[rows] - 0.5, 0.0)
        return np.clip(seen, 0, 1).astype(np.float32)

    change = Responses(trial, start).solve(asked(mouthUpperUpLeft=0.3, mouthUpperUpRight=0.3))
    assert abs(trial(change)[rows[0]] - 0.32) < 0.1


def test_what_was_seen_beside_the_curves_is_made_up_for():
    responses = face(np.ones(52, np.float32))[0]
    row = INDEX["jawOpen"]
    offset = np.zeros(52)
    offset[row] = -0.1
    plain, made_up = (responses.solve(asked(jawOpen=0.3), offset=part)[row] for part in (None, offset))
    assert 0.06 < made_up - plain < 0.12


def test_more_than_coefficients_can_be_predicted():
    """A tilt that a smile seems to give the head grows with it and goes with it."""
    start = np.zeros(55, np.float32)

    def trial(change):
        seen = start.copy()
        seen[:52] = np.clip(change, 0, 1)
        seen[52] = 0.1 * change[INDEX["jawOpen"]]
        return seen

    responses = Responses(trial, start)
    assert abs(responses.predicted(asked(jawOpen=0.4))[52] - 0.04) < 0.005
    assert responses.answer(asked(jawOpen=0.4)).shape == (52,)
    assert abs(responses.solve(asked(jawOpen=0.4))[INDEX["jawOpen"]] - 0.4) < 0.05
