import numpy as np
import pytest
from numba import njit

from nodes.gaussians.lanes import (
    WIDTH,
    bits_within,
    choose,
    floor,
    inverse,
    lanes,
    larger,
    largest,
    logarithm,
    lowest_bit,
    read,
    read_all,
    read_fours,
    read_rows,
    read_threes,
    root,
    smaller,
    totals,
    write,
    write_rows,
)


@pytest.fixture
def pair() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    return random.normal(size=40).astype(np.float32), random.normal(size=40).astype(np.float32)


@njit
def _each(first, second, at, out):  # type: ignore[no-untyped-def]
    x, y = read(first, at), read(second, at)
    write(out[0], 0, x + y)
    write(out[1], 0, x - y)
    write(out[2], 0, x * y)
    write(out[3], 0, np.float32(2.0) * x)
    write(out[4], 0, smaller(x, y))
    write(out[5], 0, larger(x, y))
    write(out[6], 0, choose(x, y, lanes(np.float32(1.0)), y))
    write(out[7], 0, floor(x))
    write(out[8], 0, root(x * x))
    write(out[9], 0, inverse(y))
    write(out[10], 0, read_all(first, at))
    write(out[11], 0, logarithm(x * x + y * y))
    return bits_within(x, y), largest(x)


def test_every_lane_is_worked_out_on_its_own(pair: tuple[np.ndarray, np.ndarray]) -> None:
    out = np.zeros((12, WIDTH), np.float32)
    bits, most = _each(*pair, 7, out)
    x, y = (values[7 : 7 + WIDTH] for values in pair)
    expected = [
        x + y,
        x - y,
        x * y,
        2 * x,
        np.minimum(x, y),
        np.maximum(x, y),
        np.where(x <= y, 1, y),
        np.floor(x),
        np.abs(x),
        1 / y,
        np.full(WIDTH, x[0]),
        np.log(x * x + y * y),
    ]
    for found, wanted in zip(out, expected, strict=True):
        assert np.allclose(found, wanted, rtol=1e-6, atol=3e-6)
    assert [int(bits) >> lane & 1 for lane in range(WIDTH)] == (x <= y).astype(int).tolist()
    assert most == x.max()


@njit
def _logarithms(values, out):  # type: ignore[no-untyped-def]
    for first in range(0, len(values), WIDTH):
        write(out, first, logarithm(read(values, first)))


def test_logarithms_hold_over_all_opacities() -> None:
    values = np.geomspace(1e-6, 1.0, 4096).astype(np.float32)
    found = np.empty_like(values)
    _logarithms(values, found)
    assert np.abs(found - np.log(values.astype(np.float64))).max() < 3e-6


@njit
def _nothing_is_less(value, out):  # type: ignore[no-untyped-def]
    x = lanes(value)
    write(out, 0, choose(x, x, lanes(np.float32(1.0)), lanes(np.float32(0.0))))
    return bits_within(x, x)


def test_what_is_not_a_number_fails_every_comparison() -> None:
    out = np.ones(WIDTH, np.float32)
    assert _nothing_is_less(np.float32(np.nan), out) == 0
    assert not out.any()


@njit
def _copied(rows, members, out):  # type: ignore[no-untyped-def]
    columns = read_rows(rows, members, 0)
    write_rows(out, 1, columns)
    found = np.empty(WIDTH, np.float32)
    write(found, 0, columns[2])
    sums = np.empty(WIDTH, np.float32)
    write(sums, 0, totals(columns))
    return found, sums


def test_rows_become_columns_and_rows_again() -> None:
    random = np.random.default_rng(5)
    rows = random.normal(size=(30, WIDTH)).astype(np.float32)
    members = random.permutation(30)[:WIDTH].astype(np.int32)
    out = np.zeros((WIDTH + 2, WIDTH), np.float32)
    column, sums = _copied(rows, members, out)
    assert np.array_equal(out[1:-1], rows[members])
    assert not out[0].any() and not out[-1].any()
    assert np.array_equal(column, rows[members, 2])
    assert np.allclose(sums, rows[members].sum(axis=0), atol=1e-5)


@njit
def _columns(threes, fours, first, out):  # type: ignore[no-untyped-def]
    x, y, z = read_threes(threes, first)
    a, b, c, d = read_fours(fours, first)
    write(out[0], 0, x)
    write(out[1], 0, y)
    write(out[2], 0, z)
    write(out[3], 0, a)
    write(out[4], 0, b)
    write(out[5], 0, c)
    write(out[6], 0, d)


def test_narrow_rows_become_columns() -> None:
    random = np.random.default_rng(6)
    threes = random.normal(size=(25, 3)).astype(np.float32)
    fours = random.normal(size=(25, 4)).astype(np.float32)
    out = np.zeros((7, WIDTH), np.float32)
    _columns(threes, fours, 9, out)
    assert np.array_equal(out[:3].T, threes[9:25])
    assert np.array_equal(out[3:].T, fours[9:25])


@njit
def _bits(word):  # type: ignore[no-untyped-def]
    found = []
    while word:
        found.append(lowest_bit(word))
        word &= word - np.uint64(1)
    return found


def test_bits_are_found_in_order() -> None:
    assert _bits(np.uint64(1 << 63 | 1 << 17 | 1)) == [0, 17, 63]
