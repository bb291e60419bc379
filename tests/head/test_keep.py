"""Keeping what was derived from a fit."""

import gc
from dataclasses import replace

from nodes.head._keep import Keeper


def test_a_value_is_made_once_for_each_fit(small_head):
    made = []
    keep = Keeper(lambda fit: made.append(fit.translation.copy()) or len(made))
    assert keep(small_head) == keep(small_head) == 1
    assert keep(replace(small_head)) == 2


def test_a_value_goes_with_its_fit(small_head):
    keep = Keeper(lambda fit: object())
    fit = replace(small_head)
    keep(fit)
    assert len(keep) == 1
    del fit
    gc.collect()
    assert len(keep) == 0


def test_only_the_last_few_are_kept(small_head):
    made = []
    keep = Keeper(lambda fit: made.append(1), most=2)
    fits = [replace(small_head) for _ in range(3)]
    for fit in fits:
        keep(fit)
    assert len(keep) == 2
    keep(fits[2])
    assert len(made) == 3
    keep(fits[0])
    assert len(made) == 4
