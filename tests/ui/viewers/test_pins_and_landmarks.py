"""Pins and landmarks, dragged on the picture; handles of nodes inside of subgraphs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from app.document import commands as do
from app.document.graph import Graph, NodeInstance, Port
from app.document.subgraph import inner_at
from app.engine.protocol import Preview
from app.ui.looks import BACKING_SLOT, HAND_SLOT
from app.ui.session import Session
from app.ui.viewers.viewer import Viewer
from nodes.face._landmark_moves import read_moves
from nodes.image._pins import read_pins
from nodes.sdk.registry import default_registry
from nodes.sdk.values import Face, Faces
from tests.ui.conftest import session_on, settle
from tests.ui.fakes import FakeEngine
from tests.ui.viewers.conftest import SIZE, Drag, graph_of_tools, look_at

REGISTRY = default_registry()


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    graph = graph_of_tools(crop="crop_image", warp="pin_warp", mask="paint_mask")
    graph = graph.with_node("adjusted", NodeInstance("adjust_landmarks"))
    graph = graph.with_link(Port("faces", "out"), "adjusted", "faces")
    with session_on(qapp, graph) as made:
        yield made


def one_face() -> Faces:
    """A face of 478 points, 40 px between the corners of the eyes; point 61 stands at (100, 60)."""
    points = np.zeros((478, 3), np.float32)
    points[:, 0] = np.linspace(20, 60, 478)
    points[:, 1] = 90
    points[33, :2], points[263, :2], points[61, :2] = (80, 30), (120, 30), (100, 60)
    keys = points[[33, 263, 1, 61, 291], :2].copy()
    return Faces((Face(np.float32([20, 10, 180, 95]), points, keys),), *SIZE)


def show_faces(session: Session, engine: FakeEngine) -> None:
    """Answer what the hand asked for."""
    settle()
    wanted = [view for view in engine.looks[-1].views if view.slot == HAND_SLOT]
    assert wanted, "the hand asks for the faces that it works on"
    engine.show(wanted[0], Preview("Faces", "1 face", value=one_face()))
    settle()


def pins_of(session: Session, path: tuple[str, ...] = ()) -> np.ndarray:
    graph = inner_at(session.document.graph, path)
    pins = read_pins(str(graph.nodes["warp"].parameters.get("pins", "")))
    return np.concatenate([pins.rest, pins.place], axis=1) * SIZE[0]


# -- pins -----------------------------------------------------------------------------------------


def test_a_click_sticks_in_a_pin_where_it_is(viewer: Viewer, session: Session, drag: Drag) -> None:
    look_at(viewer, "warp", "warp")
    drag(viewer, (60, 40))
    assert pins_of(session) == pytest.approx(np.array([[60, 40, 60, 40]]), abs=1)


def test_sticking_in_and_pulling_is_one_step(viewer: Viewer, session: Session, drag: Drag) -> None:
    look_at(viewer, "warp", "warp")
    before = session.graph
    drag(viewer, (60, 40), (70, 45), (80, 50))
    assert pins_of(session) == pytest.approx(np.array([[60, 40, 80, 50]]), abs=1)
    session.undo()
    assert session.graph is before


def test_a_pin_is_pulled_again_by_where_it_is_now(viewer: Viewer, session: Session, drag: Drag) -> None:
    look_at(viewer, "warp", "warp")
    drag(viewer, (60, 40), (80, 50))
    drag(viewer, (80, 50), (90, 50))
    assert pins_of(session) == pytest.approx(np.array([[60, 40, 90, 50]]), abs=1.5)
    session.undo()
    assert pins_of(session) == pytest.approx(np.array([[60, 40, 80, 50]]), abs=1)


def test_shift_and_a_click_takes_a_pin_out(viewer: Viewer, session: Session, drag: Drag) -> None:
    look_at(viewer, "warp", "warp")
    drag(viewer, (60, 40))
    drag(viewer, (150, 60))
    drag(viewer, (60, 40), shift=True)
    assert pins_of(session) == pytest.approx(np.array([[150, 60, 150, 60]]), abs=1)
    drag(viewer, (20, 20), shift=True)
    assert len(pins_of(session)) == 1, "nothing is stuck in with Shift"


def test_at_half_strength_the_pin_is_under_the_hand(viewer: Viewer, session: Session, drag: Drag) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("warp", "strength", 0.5))
    look_at(viewer, "warp", "warp")
    drag(viewer, (60, 40), (70, 40))
    assert pins_of(session) == pytest.approx(np.array([[60, 40, 80, 40]]), abs=1.5)


def test_over_the_given_picture_pins_are_moved_without_pulling(
    viewer: Viewer, session: Session, drag: Drag
) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("warp", "pins", "3000 2000 4000 2000"))
    look_at(viewer, "photo", "warp")
    drag(viewer, (60, 40), (60, 50))
    assert pins_of(session) == pytest.approx(np.array([[60, 50, 80, 50]]), abs=1)


def test_pins_have_no_handles_over_other_pictures(viewer: Viewer) -> None:
    look_at(viewer, "crop", "warp")
    assert viewer.picture_view.tool is None


def test_text_that_is_no_pins_leaves_the_hand_free(viewer: Viewer, session: Session, drag: Drag) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("warp", "pins", "what"))
    look_at(viewer, "warp", "warp")
    drag(viewer, (60, 40))
    assert session.graph.nodes["warp"].parameters["pins"] == "what"


# -- landmarks ------------------------------------------------------------------------------------


def moved(session: Session) -> dict[int, tuple[float, float]]:
    text = str(session.graph.nodes["adjusted"].parameters.get("moves", ""))
    return read_moves(text).get("0", {})


def test_a_landmark_goes_with_the_hand_in_one_step(
    viewer: Viewer, session: Session, engine: FakeEngine, drag: Drag
) -> None:
    look_at(viewer, "photo", "adjusted")
    show_faces(session, engine)
    before = session.graph
    drag(viewer, (100, 60), (103, 60), (108, 64))
    # 8 pixels of the 40 between the corners of the eyes, and 4 downwards.
    assert moved(session)[61] == pytest.approx((0.2, -0.1), abs=0.02)
    session.undo()
    assert session.graph is before


def test_a_moved_landmark_is_grabbed_where_it_is_and_put_back(
    viewer: Viewer, session: Session, engine: FakeEngine, drag: Drag
) -> None:
    session.edit("Set", lambda graph: graph.with_parameter("adjusted", "moves", "0 61 2000 0"))
    look_at(viewer, "photo", "adjusted")
    show_faces(session, engine)
    drag(viewer, (108, 60), (112, 60))
    assert moved(session)[61] == pytest.approx((0.3, 0.0), abs=0.02)
    drag(viewer, (112, 60), shift=True)
    assert moved(session) == {}


def test_beside_the_landmarks_the_hand_pans(
    viewer: Viewer, session: Session, engine: FakeEngine, drag: Drag
) -> None:
    look_at(viewer, "photo", "adjusted")
    show_faces(session, engine)
    left = viewer.picture_view.framing.left
    drag(viewer, (160, 20), (150, 20))
    assert moved(session) == {}
    assert viewer.picture_view.framing.left < left


def test_viewed_landmarks_stand_on_the_picture_they_were_found_in(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    session.view_node("adjusted")
    settle()
    assert session.extras[BACKING_SLOT] == Port("photo", "out")


def test_the_hand_asks_for_faces_only_while_it_needs_them(viewer: Viewer, session: Session) -> None:
    look_at(viewer, "photo", "adjusted")
    assert session.extras[HAND_SLOT] == Port("faces", "out")
    session.select(("crop",))
    assert HAND_SLOT not in session.extras


# -- inside of subgraphs --------------------------------------------------------------------------


@pytest.fixture
def group(session: Session) -> str:
    """crop, warp and faces and adjusted in a subgraph."""
    names: list[str] = []

    def apply(graph: Graph) -> Graph:
        graph, name = do.group_nodes(graph, REGISTRY, ["crop", "warp", "faces", "adjusted"])
        names.append(name)
        return graph

    session.edit("Group", apply)
    settle()
    return names[0]


def test_handles_work_on_a_node_inside_of_a_subgraph(
    viewer: Viewer, session: Session, group: str, drag: Drag
) -> None:
    session.go_to((group,))
    before = session.document.graph
    look_at(viewer, f"{group}.warp", "warp")
    drag(viewer, (60, 40), (70, 45), (80, 50))
    assert pins_of(session, (group,)) == pytest.approx(np.array([[60, 40, 80, 50]]), abs=1)
    session.undo()
    assert session.document.graph is before


def test_a_crop_in_a_subgraph_has_its_frame_over_what_is_wired_in_from_outside(
    viewer: Viewer, session: Session, group: str, drag: Drag
) -> None:
    session.go_to((group,))
    look_at(viewer, "photo", "crop")
    drag(viewer, (0, 0), (20, 10), (40, 20))
    inside = inner_at(session.document.graph, (group,)).nodes["crop"].parameters
    assert inside["left"] == pytest.approx(40, abs=1)


def test_a_node_of_the_same_name_elsewhere_has_no_handles_here(
    viewer: Viewer, session: Session, group: str
) -> None:
    session.edit("Add", lambda graph: graph.with_node("crop", NodeInstance("crop_image")))
    look_at(viewer, f"{group}.crop", "crop")
    assert viewer.picture_view.tool is None


def test_landmarks_in_a_subgraph_are_dragged(
    viewer: Viewer, session: Session, engine: FakeEngine, group: str, drag: Drag
) -> None:
    session.go_to((group,))
    look_at(viewer, "photo", "adjusted")
    assert session.extras[HAND_SLOT] == Port(f"{group}.faces", "out")
    show_faces(session, engine)
    drag(viewer, (100, 60), (108, 64))
    assert moved(session)[61] == pytest.approx((0.2, -0.1), abs=0.02)


def promote(session: Session, group: str, node: str, parameter: str) -> None:
    session.edit_document("Promote", lambda graph: do.promote(graph, REGISTRY, (group,), node, parameter)[0])


def test_a_promoted_parameter_is_dragged_from_inside_and_from_outside(
    viewer: Viewer, session: Session, group: str, drag: Drag
) -> None:
    promote(session, group, "warp", "pins")
    session.go_to((group,))
    look_at(viewer, f"{group}.warp", "warp")
    drag(viewer, (60, 40), (80, 50))
    session.go_to(())
    look_at(viewer, f"{group}.warp", group)
    before = session.document.graph
    drag(viewer, (80, 50), (90, 50))
    assert pins_of(session, (group,)) == pytest.approx(np.array([[60, 40, 90, 50]]), abs=1.5)
    session.undo()
    assert session.document.graph is before


def test_a_subgraph_whose_parameters_are_not_shown_has_no_handles(
    viewer: Viewer, session: Session, group: str
) -> None:
    look_at(viewer, f"{group}.warp", group)
    assert viewer.picture_view.tool is None
    for parameter in ("left", "top", "width"):
        promote(session, group, "crop", parameter)
    look_at(viewer, "photo", group)
    assert viewer.picture_view.tool is None, "one part of the frame cannot be set from here"
