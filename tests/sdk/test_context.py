"""What a node may ask of its run."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes.sdk import Cancelled, Context, DeclarationError
from nodes.sdk.context import RunSettings


def test_only_what_was_declared_may_be_read() -> None:
    context = Context(frame=7, settings=RunSettings(fps=30, proxy=4), reads=frozenset({"frame"}))
    assert context.frame == 7
    for read in (lambda: context.fps, lambda: context.proxy):
        with pytest.raises(DeclarationError, match="without declaring it"):
            read()


def test_everything_declared_can_be_read() -> None:
    context = Context(frame=7, settings=RunSettings(fps=30, proxy=4, device="cuda"))
    assert (context.frame, context.fps, context.proxy, context.device) == (7, 30, 4, "cuda")


def test_progress_is_reported_within_its_bounds() -> None:
    told: list[tuple[float, str]] = []
    context = Context(on_progress=lambda fraction, doing: told.append((fraction, doing)))
    for fraction in (-1, 0.5, 2):
        context.progress(fraction, "fitting")
    assert told == [(0.0, "fitting"), (0.5, "fitting"), (1.0, "fitting")]


def test_a_cancelled_run_ends_at_the_next_progress() -> None:
    told: list[float] = []
    wanted = [True]
    context = Context(
        on_progress=lambda fraction, doing: told.append(fraction), is_cancelled=lambda: not wanted[0]
    )
    context.progress(0.1)
    wanted[0] = False
    with pytest.raises(Cancelled):
        context.progress(0.2)
    with pytest.raises(Cancelled):
        context.check()
    assert told == [0.1]


def test_models_are_loaded_for_the_runs_device_by_the_runs_source() -> None:
    class Source:
        def path(self, card: str) -> Path:
            return Path(card)

        def load(self, card, variant, device, loader):
            return loader(Path(card)), variant, device

    context = Context(models=Source(), settings=RunSettings(device="cuda"))
    assert context.model_path("net") == Path("net")
    assert context.model("net", str, variant="half") == ("net", "half", "cuda")
