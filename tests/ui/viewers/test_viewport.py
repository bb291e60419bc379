"""The 3D viewport: light, camera, and splats that the compute process draws."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.document.graph import Graph, NodeInstance
from app.engine.protocol import Preview, View
from app.ui.actions import Actions
from app.ui.session import Session
from app.ui.view_requests import FLUENT
from app.ui.viewers.light import FILL, KEY, PLACES, Light
from app.ui.viewers.orbit import Orbit
from app.ui.viewers.space_view import REST, SpaceView
from app.ui.viewers.viewer import Viewer
from nodes.sdk.values import Mesh
from tests.ui.conftest import session_on, settle
from tests.ui.fakes import FakeEngine

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
BOUNDS = (0.0, 0.1, 0.0, 0.2)


def a_ball() -> Mesh:
    """An octahedron of radius 1."""
    vertices = np.concatenate([np.eye(3), -np.eye(3)]).astype(np.float32)
    corners = [(x, y, z) for x in (0, 3) for y in (1, 4) for z in (2, 5)]
    # Mirrored sides turn the other way.
    triangles = [(x, y, z) if (x + y + z) % 2 else (x, z, y) for x, y, z in corners]
    return Mesh(vertices, np.array(triangles, np.int32))


# -- light ----------------------------------------------------------------------------------------


def test_the_studio_light_falls_from_above_left_of_the_camera() -> None:
    key, fill = Light().towards(Orbit(yaw=1.0, pitch=0.4))
    assert np.allclose(key, KEY / np.linalg.norm(KEY), atol=1e-6)
    assert np.allclose(fill, FILL / np.linalg.norm(FILL), atol=1e-6)


def test_a_light_that_goes_with_the_camera_falls_the_same_from_all_sides_and_a_fixed_one_does_not() -> None:
    front, side = Orbit(), Orbit(yaw=1.2)
    assert np.allclose(Light().towards(front)[0], Light().towards(side)[0])
    fixed = Light().fixed_in_world(front)
    assert np.allclose(fixed.towards(front)[0], Light().towards(front)[0], atol=1e-6)
    assert not np.allclose(fixed.towards(side)[0], Light().towards(side)[0], atol=0.1)


def test_fixing_the_light_and_letting_it_go_changes_nothing_at_that_moment() -> None:
    orbit = Orbit(yaw=0.7, pitch=-0.3)
    light = Light().turned(0.4, 0.2, orbit)
    assert np.allclose(light.fixed_in_world(orbit).towards(orbit)[0], light.towards(orbit)[0], atol=1e-6)
    back = light.fixed_in_world(orbit).following(orbit)
    assert not back.fixed
    assert np.allclose(back.towards(orbit)[0], light.towards(orbit)[0], atol=1e-6)


@pytest.mark.parametrize("fixed", [False, True])
def test_the_light_goes_where_the_hand_drags_it(fixed: bool) -> None:
    orbit = Orbit(yaw=2.0, pitch=0.5)
    light = Light()
    light = light.fixed_in_world(orbit) if fixed else light
    before = light.towards(orbit)[0]
    assert light.turned(0.3, 0.0, orbit).towards(orbit)[0][0] > before[0]
    assert light.turned(0.0, 0.3, orbit).towards(orbit)[0][1] > before[1]


def test_places_of_the_light_are_where_their_names_say() -> None:
    found = {name: Light().placed(*turn, Orbit()).towards(Orbit())[0] for name, turn in PLACES.items()}
    assert found["From the front"][2] > 0.95
    assert found["From above"][1] > 0.9
    assert found["From below"][1] < -0.7
    assert found["From the right"][0] > 0.6
    assert found["From behind"][2] < -0.6


def test_many_small_turns_do_not_wear_the_light_out() -> None:
    light, orbit = Light(), Orbit()
    for _ in range(500):
        light = light.turned(0.01, 0.02, orbit)
    assert np.linalg.norm(light.towards(orbit)[0]) == pytest.approx(1.0, abs=1e-6)


# -- the hand in the view -------------------------------------------------------------------------


@pytest.fixture
def view(qapp: QApplication, qtbot) -> Iterator[SpaceView]:
    made = SpaceView()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.show_value(a_ball())
    if made.problem:
        pytest.skip(made.problem)
    yield made
    made.close_renderer()


def drag(view: SpaceView, across: int, down: int, keys: Qt.KeyboardModifier = NONE, button=LEFT) -> None:
    start = QPoint(200, 150)
    QTest.mousePress(view, button, keys, start)
    # The position of the press is the first from which a step is counted.
    QTest.mouseMove(view, start + QPoint(across, down))
    QTest.mouseRelease(view, button, keys, start + QPoint(across, down))


def test_left_circles_middle_and_shift_pan_right_dollies(view: SpaceView) -> None:
    before = view.orbit
    drag(view, 40, 0)
    assert view.orbit.yaw != before.yaw
    assert view.orbit.target == before.target
    for keys, button in ((SHIFT, LEFT), (NONE, Qt.MouseButton.MiddleButton)):
        before = view.orbit
        drag(view, 30, 20, keys, button)
        assert view.orbit.target != before.target
        assert view.orbit.yaw == before.yaw
    before = view.orbit
    drag(view, 0, -50, NONE, Qt.MouseButton.RightButton)
    assert view.orbit.distance != before.distance


def test_ctrl_and_drag_turns_the_light_and_leaves_the_camera(view: SpaceView) -> None:
    orbit, picture = view.orbit, view.grab().toImage()
    drag(view, 80, 0, CTRL)
    QTest.qWait(2 * REST)
    assert view.orbit == orbit
    assert view.light != Light()
    assert view.grab().toImage() != picture


def test_keys_circle_the_camera_and_bring_it_nearer(view: SpaceView) -> None:
    before = view.orbit
    view.look_aside(1, 0)
    assert view.orbit.yaw > before.yaw, "looking further right the camera goes to the right"
    view.look_aside(-1, 1)
    assert view.orbit.yaw == pytest.approx(before.yaw)
    assert view.orbit.pitch < before.pitch
    view.zoom_by(1.3)
    assert view.orbit.distance < before.distance


def test_framing_keeps_the_side_and_shows_all(view: SpaceView) -> None:
    drag(view, 40, 10)
    yaw = view.orbit.yaw
    drag(view, 300, 200, SHIFT)
    view.fit()
    assert view.orbit.yaw == yaw
    assert view.orbit.target == pytest.approx((0, 0, 0), abs=1e-5)


def test_what_is_drawn_coarsely_while_the_hand_moves_is_fine_at_rest(view: SpaceView) -> None:
    view._coarse = 4
    start = QPoint(200, 150)
    QTest.mousePress(view, LEFT, NONE, start)
    QTest.mouseMove(view, start + QPoint(20, 0))
    view.repaint()
    assert view._image is not None
    assert view._image.width() == 100
    QTest.mouseRelease(view, LEFT, NONE, start)
    QTest.qWait(2 * REST)
    view.repaint()
    assert view._image is not None
    assert view._image.width() == 400


def test_pictures_that_take_long_get_coarser_and_finer_again(view: SpaceView) -> None:
    for _ in range(5):
        view._adapt(1.0)
    assert view._coarse == 4
    for _ in range(5):
        view._adapt(0.0001)
    assert view._coarse == 1


# -- splats ---------------------------------------------------------------------------------------


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    graph = Graph().with_node("cloud", NodeInstance("load_splats"))
    graph = graph.with_node("photo", NodeInstance("load_image"))
    with session_on(qapp, graph) as made:
        yield made


@pytest.fixture
def viewer(session: Session, qtbot) -> Iterator[Viewer]:
    made = Viewer(session, Actions(None, session))
    qtbot.addWidget(made)
    made.resize(700, 500)
    made.show()
    yield made
    made.close_pages()


def asked(engine: FakeEngine) -> View:
    """What the newest look asks for in the slot in front."""
    return next(view for view in engine.looks[-1].views if view.slot == 1)


def answer(engine: FakeEngine, pixels: np.ndarray | None = None, scale: float = 1.0) -> None:
    preview = Preview("Splats", "400 splats", pixels=pixels, scale=scale, bounds=None if pixels is not None else BOUNDS)  # fmt: skip # noqa: E501
    engine.show(asked(engine), preview)
    settle()
    engine.done(seconds=10 * FLUENT)
    settle()


def red(width: int = 70, height: int = 40) -> np.ndarray:
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., (0, 3)] = 255
    return pixels


def shown(session: Session, engine: FakeEngine) -> None:
    """Look at the splats until they are drawn."""
    session.view_node("cloud")
    settle()
    assert asked(engine).viewpoint is None, "nobody knows yet where they are"
    answer(engine)
    answer(engine, red())


def test_splats_are_drawn_from_where_the_viewport_looks(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    shown(session, engine)
    view = viewer.pages.space
    assert viewer.pages.currentWidget() is view
    viewpoint = asked(engine).viewpoint
    assert viewpoint is not None
    assert (viewpoint.width, viewpoint.height) == (view.width(), view.height())
    middle = np.array(viewpoint.matrix).reshape(4, 4) @ (*BOUNDS[:3], 1.0)
    assert middle[:2] == pytest.approx((0, 0), abs=1e-6)
    half = math.atan2(viewpoint.height / 2, viewpoint.focal)
    assert math.tan(half) * -middle[2] > BOUNDS[3] * 0.8, "all of them fit"
    colour = view.grab().toImage().pixelColor(view.width() // 2, view.height() // 2)
    assert (colour.red(), colour.green()) == (255, 0)


def test_a_drag_asks_coarsely_one_at_a_time_and_finely_at_rest(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    shown(session, engine)
    view, count = viewer.pages.space, len(engine.looks)
    size = view.size()
    QTest.mousePress(view, LEFT, NONE, QPoint(100, 100))
    for step in range(1, 6):
        QTest.mouseMove(view, QPoint(100 + 5 * step, 100))
        settle()
    assert len(engine.looks) == count + 1, "the next goes out when this one is answered"
    assert engine.looks[-1].proxy > 1
    answer(engine, red(), scale=4.0)
    assert len(engine.looks) == count + 2
    assert viewer.size_chip.isVisible()
    assert len(engine.looks) == count + 2, "to say that it is coarse asks for nothing"
    newest = asked(engine).viewpoint
    answer(engine, red(), scale=4.0)
    assert view.size() == size
    QTest.mouseRelease(view, LEFT, NONE, QPoint(125, 100))
    QTest.qWait(400)
    assert engine.looks[-1].proxy == 1
    assert asked(engine).viewpoint == newest == view.viewpoint()
    answer(engine, red())
    assert not viewer.size_chip.isVisible()


def test_moving_the_camera_is_no_edit(viewer: Viewer, session: Session, engine: FakeEngine) -> None:
    shown(session, engine)
    before = session.document.graph
    viewer.pages.space.front()
    assert session.document.graph is before


def test_other_values_are_asked_for_without_a_viewpoint(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    shown(session, engine)
    session.view_node("photo")
    settle()
    assert asked(engine).viewpoint is None
    session.view_node("cloud")
    settle()
    assert asked(engine).viewpoint is not None, "the camera stays where it was"


def test_the_table_and_the_places_of_splats_are_asked_for_as_values(
    viewer: Viewer, session: Session, engine: FakeEngine
) -> None:
    shown(session, engine)
    viewer.header.table.setChecked(True)
    settle()
    assert asked(engine).viewpoint is None
    assert viewer.pages.currentWidget() is viewer.pages.table
    viewer.header.table.setChecked(False)
    settle()
    assert asked(engine).viewpoint is not None
    viewer.pages.space.toggle_wireframe()
    settle()
    assert asked(engine).viewpoint is None


def test_lamps_are_offered_where_they_shine(viewer: Viewer, session: Session, engine: FakeEngine) -> None:
    shown(session, engine)
    assert viewer.header.wireframe.isVisible()
    assert not viewer.header.light.isVisible(), "splats bring their own light"
    engine.show(asked(engine), Preview("Mesh", "8 triangles", value=a_ball()))
    settle()
    assert viewer.header.light.isVisible()


def test_the_switch_of_the_light_says_whether_it_goes_with_the_camera(viewer: Viewer) -> None:
    action = viewer._actions["viewer.light"]
    assert action.isChecked()
    action.trigger()
    assert viewer.pages.space.light.fixed
    assert not action.isChecked()
    viewer.header.light_chosen.emit(*PLACES["From above"])
    assert viewer.pages.space.light.fixed
