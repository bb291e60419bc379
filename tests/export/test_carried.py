"""The graph that exported files carry."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from app.document.curve import Curve, Key
from app.document.graph import Graph, NodeInstance, Port
from app.export.carried import carried_graph, png_with_graph, text_to_carry
from app.export.render import export
from nodes.sdk.errors import FileProblem
from nodes.sdk.registry import Registry, default_registry
from nodes.sdk.values import Image


@pytest.fixture(scope="module")
def registry() -> Registry:
    return default_registry()


def a_graph(path: str = "demo:astronaut") -> Graph:
    curve = Curve((Key(0, 1.0), Key(10, 0.5)))
    graph = Graph().with_node("photo", NodeInstance("load_image", parameters={"path": path}))
    graph = graph.with_node("grade", NodeInstance("grade_image", parameters={"contrast": curve}))
    return graph.with_link(Port("photo", "out"), "grade", "image")


def a_frame(frame: int) -> Image:
    return Image(np.full((32, 48, 3), 0.1 + 0.05 * frame, np.float32))


@pytest.mark.parametrize("name", ["out.mp4", "out.mov", "out.mkv", "out.webm", "out.png"])
def test_a_graph_comes_back_from_the_file_that_carries_it(
    name: str, tmp_path: Path, registry: Registry
) -> None:
    graph = a_graph()
    text = text_to_carry(graph, registry, tmp_path)
    export(a_frame, tmp_path / name, 0, 2, carried=text)
    loaded = carried_graph(tmp_path / name, registry)
    assert not loaded.problems
    assert text_to_carry(loaded.graph, registry, tmp_path) == text
    assert loaded.graph.nodes["grade"].parameters == graph.nodes["grade"].parameters


def test_a_sixteen_bit_picture_carries_it_too(tmp_path: Path, registry: Registry) -> None:
    parameters = {"depth": "16 bit", "quality": 90}
    target = tmp_path / "deep.png"
    export(a_frame, target, 0, 0, parameters=parameters, carried=text_to_carry(a_graph(), registry, tmp_path))
    from nodes.media.pictures import read_picture

    assert "photo" in carried_graph(target, registry).graph.nodes
    assert abs(float(read_picture(str(target)).pixels.mean()) - 0.1) < 1e-3


def test_files_without_one_say_so(tmp_path: Path, registry: Registry) -> None:
    for name in ("plain.png", "plain.mp4"):
        export(a_frame, tmp_path / name, 0, 2)
        with pytest.raises(FileProblem, match="carries no graph"):
            carried_graph(tmp_path / name, registry)


def test_paths_become_relative_and_lead_nowhere_else(tmp_path: Path, registry: Registry) -> None:
    folder = tmp_path / "deep" / "er" / "still" / "on"
    folder.mkdir(parents=True)
    beside = text_to_carry(a_graph(str(folder / "me.png")), registry, folder)
    assert '"me.png"' in beside
    for far in ("/home/someone/private/me.png", "~/private/me.png", "C:\\Users\\someone\\me.png"):
        text = text_to_carry(a_graph(far), registry, folder)
        assert '"me.png"' in text
        assert "private" not in text and "someone" not in text


def test_unknown_nodes_give_no_paths_away_either(tmp_path: Path, registry: Registry) -> None:
    unknown = NodeInstance("from_elsewhere", extra={"parameters": {"file": "/home/someone/secret.bin"}})
    text = text_to_carry(Graph().with_node("x", unknown), registry, tmp_path)
    assert "someone" not in text


def test_passwords_in_addresses_stay_at_home(tmp_path: Path, registry: Registry) -> None:
    text = text_to_carry(a_graph("rtsp://me:hidden@camera/live"), registry, tmp_path)
    assert "hidden" not in text
    assert "rtsp://camera/live" in text


def test_a_bomb_of_text_is_refused(tmp_path: Path, registry: Registry) -> None:
    export(a_frame, tmp_path / "plain.png", 0, 0)
    bomb = png_with_graph((tmp_path / "plain.png").read_bytes(), "0" * (40 * 2**20))
    (tmp_path / "bomb.png").write_bytes(bomb)
    with pytest.raises(FileProblem):
        carried_graph(tmp_path / "bomb.png", registry)


def test_a_damaged_picture_is_refused(tmp_path: Path, registry: Registry) -> None:
    for number, data in enumerate(
        (b"", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 2**31))
    ):
        path = tmp_path / f"{number}.png"
        path.write_bytes(data)
        with pytest.raises(FileProblem):
            carried_graph(path, registry)
