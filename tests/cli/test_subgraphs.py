"""Subgraphs on the command line: their nodes and parameters go by their address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_render import brightness, picture


@pytest.fixture
def folded(write_graph: Callable[..., Path]) -> Path:
    """A picture that a subgraph brightens, and a writer inside of another subgraph."""
    lamp = {
        "nodes": {
            "image": {"kind": "subgraph_input", "parameters": {"type": "Image"}},
            "light": {"kind": "grade_image"},
            "lit": {"kind": "subgraph_output", "parameters": {"type": "Image"}},
        },
        "wires": [["image.out", "light.image"], ["light.out", "lit.in"]],
    }
    end = {
        "nodes": {
            "image": {"kind": "subgraph_input", "parameters": {"type": "Image"}},
            "export": {"kind": "export_video", "parameters": {"path": "film.mp4"}},
        },
        "wires": [["image.out", "export.image"]],
    }
    return write_graph(
        settings={"fps": 10, "first": 0, "last": 2},
        nodes={
            "plain": {"kind": "solid_image", "parameters": {"width": 32, "height": 16}},
            "lamp": {"kind": "subgraph", "graph": lamp, "promoted": {"amount": "light.exposure"}},
            "end": {"kind": "subgraph", "graph": end},
        },
        wires=[["plain.out", "lamp.image"], ["lamp.lit", "end.image"]],
    )


def test_a_graph_with_subgraphs_is_checked_and_rendered(run: Run, folded: Path) -> None:
    assert "nothing wrong" in run("check", folded).out
    assert run("render", folded, "--device", "cpu").status == 0
    assert len(brightness(folded.with_name("film.mp4"))) == 3


def test_inner_and_promoted_parameters_are_one(run: Run, folded: Path, tmp_path: Path) -> None:
    for name, address in (("inner", "lamp.light.exposure=2"), ("outer", "lamp.amount=2"), ("as_is", "")):
        given = ("--set", address) if address else ()
        assert run("eval", folded, "lamp.light.out", "-o", f"{name}.png", *given).status == 0
    means = {name: picture(tmp_path / f"{name}.png").mean() for name in ("inner", "outer", "as_is")}
    assert means["inner"] == means["outer"] > means["as_is"]


@pytest.mark.parametrize("port", ["lamp", "lamp.lit", "lamp.light", "lamp.light.out"])
def test_a_group_and_its_inside_give_the_same(run: Run, folded: Path, tmp_path: Path, port: str) -> None:
    assert run("eval", folded, port, "-o", "out.png").status == 0
    assert picture(tmp_path / "out.png").shape == (16, 32, 3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("eval", "a.graph", "lamp.dark.out", "-o", "x.png"), "it has no node 'lamp.dark'"),
        (("render", "a.graph", "--set", "lamp.dark.gain=1"), "there is no node 'dark'"),
        (("render", "a.graph", "--set", "plain.light.gain=1"), "there is no subgraph 'plain'"),
        (("render", "a.graph", "--set", "lamp.gain=1"), "'lamp' has no parameter 'gain'. There is amount"),
    ],
)
def test_wrong_addresses_say_what_is_there(
    run: Run, folded: Path, arguments: tuple[str, ...], words: str
) -> None:
    outcome = run(*arguments)
    assert outcome.status != 0 and words in outcome.err
