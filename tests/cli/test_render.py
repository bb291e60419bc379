"""`render` and `eval`: graphs to files, and what is said when that is not possible."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nodes.sdk.values import Image
from tests.cli.conftest import Run


def brightness(path: Path) -> list[float]:
    """The mean of every frame of a video."""
    import av

    with av.open(str(path)) as stream:
        return [float(frame.to_ndarray(format="rgb24").mean()) for frame in stream.decode(video=0)]


def picture(path: Path) -> np.ndarray:
    import cv2

    return cv2.imread(str(path))


def test_the_only_writer_is_rendered_beside_the_graph(run: Run, film: Path) -> None:
    outcome = run("render", film, "--device", "cpu")
    assert (outcome.status, outcome.err) == (0, "")
    target = film.with_name("film.mp4")
    assert outcome.out.startswith(f"wrote {target} (6 frames")
    means = brightness(target)
    assert len(means) == 6
    assert means == sorted(means)


def test_the_output_named_on_the_command_line_decides_the_format(
    run: Run, film: Path, tmp_path: Path
) -> None:
    assert run("render", film, "-o", "other.webm").status == 0
    assert len(brightness(tmp_path / "other.webm")) == 6
    assert run("render", film, "-o", "still.png").status == 0
    assert picture(tmp_path / "still.png").shape == (16, 32, 3)
    assert run("render", film, "-o", "f.##.png", "--frames", "2-4").status == 0
    assert sorted(path.name for path in tmp_path.glob("f.*.png")) == ["f.02.png", "f.03.png", "f.04.png"]


def test_any_node_can_be_rendered(run: Run, film: Path, tmp_path: Path) -> None:
    assert run("render", film, "--node", "plain", "-o", "plain.mp4", "--frames", "0-2").status == 0
    assert len(brightness(tmp_path / "plain.mp4")) == 3


def test_frames_and_rate_are_taken_from_the_command_line(run: Run, film: Path, tmp_path: Path) -> None:
    import av

    assert run("render", film, "--frames", "4-5", "--fps", "5", "-o", "x.mp4").status == 0
    with av.open(str(tmp_path / "x.mp4")) as stream:
        assert stream.streams.video[0].average_rate == 5
        assert stream.streams.video[0].frames == 2


def test_values_can_be_set_and_the_file_stays_as_it_is(run: Run, film: Path, tmp_path: Path) -> None:
    before = film.read_bytes()
    for name, value in (("dark", "-3"), ("bright", "3")):
        run("eval", film, "light.out", "-o", f"{name}.png", "--set", f"light.exposure={value}")
    assert picture(tmp_path / "dark.png").mean() < picture(tmp_path / "bright.png").mean()
    assert film.read_bytes() == before


def test_a_path_that_is_set_is_relative_to_the_working_folder(run: Run, film: Path, tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    deeper = film.rename(tmp_path / "deeper" / film.name)
    assert run("render", deeper, "--set", "export.path=here.mp4").status == 0
    assert (tmp_path / "here.mp4").exists()


def test_a_set_value_out_of_range_is_told_and_the_nearest_used(run: Run, film: Path) -> None:
    outcome = run("eval", film, "light.out", "-o", "a.png", "--set", "light.exposure=1e300")
    assert outcome.status == 0
    assert "note: --set light.exposure=1e300: out of its range; 5 is used" in outcome.err
    assert "note" not in run("eval", film, "light.out", "-o", "a.png", "--set", "light.exposure=2.50").err


def test_eval_takes_the_frame(run: Run, film: Path, tmp_path: Path) -> None:
    run("eval", film, "light.out", "-o", "dark.png", "--frame", "0")
    run("eval", film, "light", "-o", "bright.png", "--frame", "5")
    assert picture(tmp_path / "dark.png").mean() < picture(tmp_path / "bright.png").mean()


def test_eval_into_a_film_takes_the_range_of_the_graph(run: Run, film: Path, tmp_path: Path) -> None:
    assert run("eval", film, "light.out", "-o", "x.mp4").status == 0
    assert len(brightness(tmp_path / "x.mp4")) == 6


def test_a_mask_can_be_a_film(run: Run, write_graph: Callable[..., Path], tmp_path: Path) -> None:
    path = write_graph(
        settings={"first": 0, "last": 2},
        nodes={"c": {"kind": "checker_image"}, "m": {"kind": "mask_from_image"}},
        wires=[["c.out", "m.image"]],
    )
    assert run("eval", path, "m", "-o", "m.mp4").status == 0
    assert len(brightness(tmp_path / "m.mp4")) == 3


# -- what cannot be done ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("render", "none.graph"), "none.graph: there is no such file"),
        (("render", "a.graph", "--node", "nobody"), "it has no node 'nobody'. It has plain, light, export"),
        (("render", "a.graph", "--node", "light"), "node 'light' writes no file. Say -o OUT"),
        (("render", "a.graph", "-o", "no/x.mp4"), "there is no folder no. Make it first"),
        (("render", "a.graph", "-o", "."), "it is a folder"),
        (("render", "a.graph", "-o", "a.graph/x.mp4"), "a part of its path is not a folder"),
        (("render", "a.graph", "-o", "x.docx"), "x.docx"),
        (("render", "a.graph", "-o", "plain"), "written to 'plain'. Let the name end in .mp4"),
        (("render", "a.graph", "--set", "light.exposure=bright"), "cannot be 'bright'. It takes a number"),
        (
            ("render", "a.graph", "--set", "light.mood=1"),
            "'light' has no parameter 'mood'. There is exposure",
        ),
        (("render", "a.graph", "--set", "nobody.x=1"), "there is no node 'nobody'"),
        (("eval", "a.graph", "nobody.out", "-o", "x.png"), "it has no node 'nobody'"),
        (("eval", "a.graph", "light.none", "-o", "x.png"), "no output 'none'"),
        (("eval", "a.graph", "light.out", "-o", "x.wav"), "x.wav"),
        (("eval", "a.graph", "light.out", "-o", "x.mp4", "--frame", "1"), "one picture is no video"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_1(
    run: Run, film: Path, arguments: tuple[str, ...], words: str
) -> None:
    outcome = run(*arguments)
    assert outcome.status == 1, outcome.err
    assert outcome.line.startswith("facewright: error: ")
    assert words in outcome.line
    assert outcome.out == ""


def test_frames_out_of_reach_are_refused_at_once(run: Run, film: Path) -> None:
    outcome = run("render", film, "--frames", "0-99999999999999999999")
    assert outcome.status == 2
    assert "out of reach. The last that can be is 10,000,000" in outcome.line
    outcome = run("eval", film, "light", "-o", "a.png", "--frame", "99999999999999999999")
    assert outcome.status == 2
    assert "out of reach; the last is 10,000,000" in outcome.err


def test_a_graph_without_a_writer_says_how_to_go_on(run: Run, write_graph: Callable[..., Path]) -> None:
    path = write_graph(nodes={"c": {"kind": "checker_image"}})
    assert "no node writes a file. Say --node NAME -o OUT" in run("render", path).line


def test_several_writers_are_named(run: Run, write_graph: Callable[..., Path]) -> None:
    writers = {name: {"kind": "export_image"} for name in ("one", "two")}
    path = write_graph(nodes={"off": {"kind": "export_image", "disabled": True}, **writers})
    assert "several nodes write files. Choose with --node: one, two" in run("render", path).line


def test_a_writer_without_a_path_asks_for_one(run: Run, write_graph: Callable[..., Path]) -> None:
    path = write_graph(nodes={"end": {"kind": "export_image"}})
    assert (
        "node 'end' does not say which file to write. Say -o OUT, or set its 'path'"
        in run("render", path).line
    )


@pytest.mark.parametrize(
    ("nodes", "wires", "words"),
    [
        ({"d": {"kind": "dream"}}, [["d.x", "end.image"]], "dream"),
        ({}, [], "end: the input 'image' is not wired"),
        (
            {"p": {"kind": "load_image", "parameters": {"path": "gone.png"}}},
            [["p.out", "end.image"]],
            "gone.png",
        ),
        (
            {"p": {"kind": "load_image", "parameters": {"path": "a.graph"}}},
            [["p.out", "end.image"]],
            "a.graph",
        ),
        (
            {"c": {"kind": "checker_image"}},
            [["c.out", "end.image"], ["c.nothing", "end.image"]],
            "wire c.nothing -> end.image: 'c' has no output 'nothing'",
        ),
        (
            {"a": {"kind": "grade_image"}, "b": {"kind": "grade_image"}},
            [["a.out", "b.image"], ["b.out", "a.image"], ["b.out", "end.image"]],
            "the wires form a cycle",
        ),
        (
            {"m": {"kind": "mask_from_image"}},
            [["m.out", "end.image"]],
            "wire m.out -> end.image: the input takes an Image, not a Mask",
        ),
    ],
)
def test_a_graph_that_cannot_be_rendered_is_one_line_that_names_the_place(
    run: Run, write_graph: Callable[..., Path], nodes: dict[str, object], wires: list[object], words: str
) -> None:
    path = write_graph(nodes={**nodes, "end": {"kind": "export_image"}}, wires=wires)
    outcome = run("render", path, "-o", "x.png")
    assert outcome.status == 1, outcome.err
    assert words in outcome.line
    assert not path.with_name("x.png").exists()


def test_a_bomb_is_refused_quickly(run: Run, tmp_path: Path) -> None:
    nodes = ",".join(f'"n{number}":{{"kind":"view"}}' for number in range(300_000))
    (tmp_path / "bomb.graph").write_text(f'{{"format":"facewright.graph","version":1,"nodes":{{{nodes}}}}}')
    assert "more than the 200,000 that a graph may have" in run("render", "bomb.graph").line


def test_a_full_disk_is_one_line_and_costs_no_earlier_file(
    run: Run, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.png").write_bytes(b"earlier")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    outcome = run("render", film, "-o", "x.png")
    assert outcome.status == 1
    assert "the disk is full" in outcome.line
    assert (tmp_path / "x.png").read_bytes() == b"earlier"


def test_a_node_that_fails_is_named_with_its_reason(
    run: Run, film: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> Image:
        raise ZeroDivisionError("nothing to divide by")

    import nodes.image._grade as grade

    for name in [name for name, entry in vars(grade).items() if callable(entry) and not name.startswith("_")]:
        if getattr(getattr(grade, name), "__module__", "") == grade.__name__:
            monkeypatch.setattr(grade, name, broken)
    outcome = run("render", film, "-o", "x.png")
    assert outcome.status == 1
    assert outcome.line.startswith("facewright: error: light: ")


def test_an_unfinished_render_goes_on_where_it_stopped(run: Run, film: Path, tmp_path: Path) -> None:
    data = json.loads(film.read_text())
    data["settings"] = {"fps": 10, "first": 0, "last": 260}
    film.write_text(json.dumps(data))
    from app.export import stream

    calls: list[int] = []
    encode = stream.Encoder.write

    def stopping(self: object, image: Image) -> None:
        calls.append(1)
        if len(calls) == 200:
            raise KeyboardInterrupt
        encode(self, image)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(stream.Encoder, "write", stopping)
        outcome = run("render", film)
    assert outcome.status == 130
    assert "the same command goes on where this one stopped" in outcome.line
    assert not (tmp_path / "film.mp4").exists()
    assert run("render", film).status == 0
    assert len(brightness(tmp_path / "film.mp4")) == 261
    assert not (tmp_path / "film.mp4.parts").exists()


def test_the_graph_goes_into_the_file_unless_told_otherwise(run: Run, film: Path, tmp_path: Path) -> None:
    from app.export.carried import carried_graph
    from nodes.sdk.errors import FileProblem
    from nodes.sdk.registry import default_registry

    registry = default_registry()
    assert run("render", film, "-o", "with.mp4").status == 0
    assert set(carried_graph(tmp_path / "with.mp4", registry).graph.nodes) == set(
        json.loads(film.read_text("utf-8"))["nodes"]
    )
    assert run("render", film, "-o", "without.mp4", "--no-graph").status == 0
    with pytest.raises(FileProblem, match="carries no graph"):
        carried_graph(tmp_path / "without.mp4", registry)
