"""One Euro: still at rest, quick in motion, exact at the start."""

import numpy as np

from nodes.face._smoothing import Tuning, one_euro

TUNING = Tuning(rest=1.0, eager=30.0, rate=4.0)


def run(values, tuning=TUNING, unit=100.0):
    memory, out = None, []
    for value in values:
        smooth, memory = one_euro(memory, value, 1 / 25, tuning, unit)
        out.append(smooth)
    return np.array(out)


def test_the_first_value_passes_unchanged():
    value = np.ones((5, 3), np.float32)
    assert np.array_equal(run([value])[0], value)


def test_trembling_at_rest_shrinks():
    noise = np.random.default_rng(0).normal(0, 0.3, (200, 40, 3)).astype(np.float32)
    assert run(noise)[50:].std() < 0.6 * noise[50:].std()


def test_fast_motion_is_followed_within_a_frame():
    position = (np.arange(60, dtype=np.float32) * 12.0)[:, None, None] * np.ones((1, 4, 2), np.float32)
    behind = (position[-1] - run(position)[-1]).max() / 12.0
    assert behind < 1.0


def test_a_step_is_reached():
    values = [np.zeros((3, 2), np.float32)] * 5 + [np.full((3, 2), 50, np.float32)] * 40
    assert np.abs(run(values)[-1] - 50).max() < 0.1


def test_rows_are_filtered_by_their_own_speed():
    still = np.zeros((60, 1, 2), np.float32)
    still[1::2] = 0.2
    moving = (np.arange(60, dtype=np.float32) * 20)[:, None, None] * np.ones((1, 1, 2), np.float32)
    out = run(np.concatenate([still, moving], axis=1))
    assert np.ptp(out[30:, 0]) < 0.1
    assert moving[-1, 0, 0] - out[-1, 1, 0] < 20


def test_another_shape_starts_anew():
    _, memory = one_euro(None, np.zeros((4, 3), np.float32), 0.04, TUNING)
    value = np.ones((6, 3), np.float32)
    assert np.array_equal(one_euro(memory, value, 0.04, TUNING)[0], value)
