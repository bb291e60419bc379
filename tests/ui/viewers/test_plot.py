"""Sound and motion over time: what is drawn, switched, pointed at and dragged."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.ui.actions import Actions
from app.ui.theme import apply_theme, current_theme
from app.ui.viewers.plot_view import EMPTY, STILL, PlotView
from app.ui.viewers.traces import BLOCK, SILENCE, Wave, curve_of, worth_seeing
from app.ui.viewers.viewer import Viewer
from nodes.sdk.values import ARKIT_NAMES, Audio, Motion
from tests.ui.conftest import settle

RATE = 8000
JAW, BLINK, SMILE = (ARKIT_NAMES.index(name) for name in ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft"))


def a_motion(seconds: float = 4.0, *, nod: float = 0.0) -> Motion:
    """The jaw moves most, the eye half as much, the mouth's corner not at all."""
    count = round(seconds * 25)
    wave = np.sin(np.arange(count) / 5.0) ** 2
    coefficients = np.zeros((count, 52), np.float32)
    coefficients[:, JAW], coefficients[:, BLINK], coefficients[:, SMILE] = wave, wave / 2, 0.3
    rotation = np.zeros((count, 3), np.float32)
    rotation[:, 0] = nod * wave
    nowhere = np.zeros((count, 3), np.float32)
    return Motion(coefficients, rotation, nowhere, np.zeros((count, 2, 2), np.float32), 25.0)


def a_tone(amplitude: float = 0.5, seconds: float = 4.0, rate: int = RATE) -> Audio:
    times = np.arange(round(seconds * rate)) / rate
    return Audio((amplitude * np.sin(2 * np.pi * 220 * times)).astype(np.float32)[:, None], rate)


@pytest.fixture
def view(qapp: QApplication, qtbot: object) -> PlotView:
    apply_theme(qapp, "dark")
    view = PlotView()
    qtbot.addWidget(view)  # type: ignore[attr-defined]
    view.resize(640, 360)
    view.show()
    return view


def place(view: PlotView, seconds: float, value: float, pane: str = "upper") -> QPoint:
    """The pixel of the board's viewport where something is."""
    board = view.board
    assert board is not None
    settle()
    return board.mapFromScene(board.panes[pane].mapViewToScene(QPointF(seconds, value)))


def alike(one: QColor, other: QColor) -> bool:
    """Whether two colours are the same on a screen of 16 bits too."""
    return all(abs(a - b) <= 8 for a, b in zip(one.getRgb(), other.getRgb(), strict=True))


def has_colour(image: QImage, colour: QColor) -> bool:
    return any(
        alike(image.pixelColor(x, y), colour) for x in range(image.width()) for y in range(image.height())
    )


# -- sound ------------------------------------------------------------------------------------


def test_the_whole_sound_holds_its_peaks_and_a_near_view_every_sample() -> None:
    samples = np.zeros((40 * BLOCK * 50, 2), np.float32)
    samples[123_456, 1], samples[300_001, 0] = 0.9, -0.7
    wave = Wave(Audio(samples, 48000))
    x, low, high = wave.between(0.0, wave.seconds, 200)
    assert len(x) <= 201
    assert (high.max(), low.min()) == (pytest.approx(0.9), pytest.approx(-0.7))
    assert abs(x[int(high.argmax())] - 123_456 / 48000) < 2 * wave.seconds / 200
    peak = 123_456 / 48000
    x, low, high = wave.between(peak - 0.001, peak + 0.001, 400)
    assert np.allclose(np.diff(x), 1 / 48000), "single samples"
    assert x[int(high.argmax())] == pytest.approx(peak)


def test_a_view_half_way_in_keeps_the_peaks_too() -> None:
    samples = np.zeros((48000 * 20, 1), np.float32)
    samples[480_123] = 0.8
    x, _, high = Wave(Audio(samples, 48000)).between(9.5, 10.5, 500)
    assert high.max() == pytest.approx(0.8)
    assert x[int(high.argmax())] == pytest.approx(480_123 / 48000, abs=2 / 500)


def test_a_place_beside_the_sound_has_no_wave() -> None:
    wave = Wave(a_tone(seconds=1.0))
    assert all(not len(part) for part in wave.between(5.0, 6.0, 100))


def test_the_level_of_a_sine_lies_three_decibels_below_its_peak() -> None:
    seconds, level = Wave(a_tone(0.5)).level()
    inner = level[(seconds > 0.1) & (seconds < 3.9)]
    assert np.allclose(inner, 20 * np.log10(0.5) - 3.01, atol=0.1)


def test_silence_lies_on_the_floor_of_the_level_and_a_moment_has_none() -> None:
    _, level = Wave(Audio(np.zeros((RATE, 1), np.float32), RATE)).level()
    assert np.all(level == SILENCE)
    assert not len(Wave(Audio(np.zeros((3, 1), np.float32), RATE)).level()[0])


def test_only_runs_at_full_scale_count_as_clipped() -> None:
    samples = np.zeros((RATE, 2), np.float32)
    samples[1000, 0] = 1.0
    samples[4000:4010, 1] = -1.0
    runs = Wave(Audio(samples, RATE)).clipped()
    assert np.allclose(runs, [[0.5, 0.50125]])
    samples[3 * BLOCK - 2 : 3 * BLOCK + 2, 0] = 1.0
    assert len(Wave(Audio(samples, RATE)).clipped()) == 2, "over the border of two blocks"
    assert not len(Wave(a_tone(0.9)).clipped())


def test_clipping_is_marked_in_the_colour_of_errors(view: PlotView) -> None:
    view.show_value(a_tone(0.9))
    settle()
    error = current_theme().colour("error")
    assert not has_colour(view.grab().toImage(), error)
    assert view.board is not None
    assert view.board.toolTip() == ""
    loud = a_tone(3.0)
    view.show_value(Audio(loud.samples.clip(-1, 1), loud.rate))
    settle()
    assert has_colour(view.grab().toImage(), error)
    assert "full scale" in view.board.toolTip()


def test_samples_that_are_no_numbers_leave_a_gap(view: PlotView) -> None:
    sound = a_tone(0.9)
    sound.samples[1000:1010], sound.samples[2000] = np.nan, np.inf
    view.show_value(sound)
    settle()
    assert view.board is not None
    assert view.board.panes["upper"].viewRange()[1] == pytest.approx([-1.05, 1.05])
    assert not view.grab().isNull()
    view.board.pointed.emit((0.126, 0.0, "upper"))


def test_zooming_in_shows_samples_that_the_whole_view_sums_up(view: PlotView) -> None:
    view.show_value(a_tone())
    settle()
    board = view.board
    assert board is not None
    across = np.diff(np.unique(board.wave_line.getData()[0])).min()
    assert across > 2 / RATE
    view.zoom_by(200)
    settle()
    near = np.diff(np.unique(board.wave_line.getData()[0])).min()
    assert near == pytest.approx(1 / RATE)
    view.fit()
    settle()
    assert board.seen() == pytest.approx((0.0, 4.0))


def test_the_sound_is_read_under_the_cursor(view: PlotView) -> None:
    said: list[str] = []
    view.probed.connect(said.append)
    view.show_value(a_tone())
    board = view.board
    assert board is not None
    board._on_mouse(board.mapToScene(place(view, 2.0, 0.1)))
    assert said[-1].startswith("2.0") or said[-1].startswith("1.9")
    assert "-9.0 dB" in said[-1]
    board._leave()
    assert said[-1] == ""


# -- motion -----------------------------------------------------------------------------------


def test_the_liveliest_curves_are_seen_first_and_the_head_where_it_turns() -> None:
    assert worth_seeing(a_motion()) == ["jawOpen", "eyeBlinkLeft"]
    assert worth_seeing(a_motion(nod=0.1)) == ["jawOpen", "eyeBlinkLeft", "headPitch"]


def test_the_legend_lists_every_curve_with_those_that_are_seen_first(view: PlotView) -> None:
    view.show_value(a_motion())
    assert view.legend is not None
    assert view.legend.names[:2] == ["jawOpen", "eyeBlinkLeft"]
    assert len(view.legend.names) == 52 + 3 + 4
    assert view.board is not None
    assert list(view.board.curves) == ["jawOpen", "eyeBlinkLeft"]


def test_a_tick_switches_a_curve_and_the_others_keep_their_colours(view: PlotView) -> None:
    view.show_value(a_motion())
    legend, board = view.legend, view.board
    assert legend is not None
    assert board is not None
    blink = board.curves["eyeBlinkLeft"].opts["pen"].color().name()
    legend.list.item(0).setCheckState(Qt.CheckState.Unchecked)
    assert list(board.curves) == ["eyeBlinkLeft"]
    assert board.curves["eyeBlinkLeft"].opts["pen"].color().name() == blink
    row = legend.names.index("headYaw")
    legend.list.item(row).setCheckState(Qt.CheckState.Checked)
    assert view.shown == ["eyeBlinkLeft", "headYaw"]
    assert legend.names[0] == "jawOpen", "the list stays as it is under the hand"


def test_what_was_ticked_holds_for_the_next_motion_until_the_liveliest_are_wanted(view: PlotView) -> None:
    view.show_value(a_motion())
    view.switch("mouthSmileLeft", True)
    view.show_value(a_motion())
    assert view.shown == ["jawOpen", "eyeBlinkLeft", "mouthSmileLeft"]
    assert view.legend is not None
    view.legend.liveliest.click()
    assert view.shown == ["jawOpen", "eyeBlinkLeft"]


def test_a_word_narrows_the_legend(view: PlotView) -> None:
    view.show_value(a_motion())
    assert view.legend is not None
    QTest.keyClicks(view.legend.filter, "head")
    rows = view.legend.list
    left = [rows.item(row).text() for row in range(rows.count()) if not rows.item(row).isHidden()]
    assert left == ["headPitch", "headYaw", "headRoll"]


def test_angles_have_a_plot_of_their_own_in_degrees(view: PlotView) -> None:
    view.show_value(a_motion())
    board = view.board
    assert board is not None
    assert not board.lower_is_shown()
    turning = a_motion(nod=0.2)
    view.show_value(turning)
    assert board.lower_is_shown()
    drawn = board.curves["headPitch"].getOriginalDataset()[1]
    assert np.allclose(drawn, curve_of(turning, "headPitch"))
    assert drawn.max() == pytest.approx(np.degrees(0.2), rel=0.01)


def test_the_nearest_curve_is_read_under_the_cursor(view: PlotView) -> None:
    motion = a_motion()
    said: list[str] = []
    view.probed.connect(said.append)
    view.show_value(motion)
    view._on_pointed((1.0, 0.95 * float(motion.coefficients[25, JAW]), "upper"))
    assert said[-1] == f"1.000 s   jawOpen {motion.coefficients[25, JAW]:.3f}"
    view._on_pointed((1.0, 0.45 * float(motion.coefficients[25, JAW]), "upper"))
    assert "eyeBlinkLeft" in said[-1]


def test_a_motion_that_stands_still_says_so_until_a_curve_is_wanted(view: PlotView) -> None:
    still = a_motion()
    still.coefficients[:] = 0.3
    view.show_value(still)
    assert view.note.text() == STILL
    assert view.note.isVisible()
    view.switch("jawOpen", True)
    assert not view.note.isVisible()


# -- both -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", [None, *(Audio(np.zeros(shape, np.float32), RATE) for shape in ((0, 1), (9, 0))), a_motion(0.0)]
)
def test_without_content_it_says_that_it_is_empty(view: PlotView, value: object) -> None:
    view.show_value(a_tone())
    view.show_value(value)
    assert view.note.isVisible()
    assert view.note.text() == EMPTY
    assert view.board is not None
    assert not view.board.isVisible()
    view.show_value(a_tone())
    assert view.board.isVisible()
    assert not view.note.isVisible()


def test_a_sound_after_a_motion_leaves_no_curves_of_it(view: PlotView) -> None:
    view.show_value(a_motion(nod=0.2))
    view.show_value(a_tone())
    assert view.board is not None
    assert view.legend is not None
    assert list(view.board.curves) == ["level"]
    assert not view.legend.isVisible()
    view.show_value(a_motion())
    assert list(view.board.curves) == ["jawOpen", "eyeBlinkLeft"]
    assert view.board.wave_line.getData()[0] is None or not len(view.board.wave_line.getData()[0])


def test_what_is_in_view_stays_when_a_value_of_the_same_length_comes(view: PlotView) -> None:
    view.show_value(a_motion())
    board = view.board
    assert board is not None
    view.zoom_by(4)
    seen = board.seen()
    assert seen[1] - seen[0] == pytest.approx(1.0)
    view.show_value(a_motion(nod=0.1))
    assert board.seen() == pytest.approx(seen)
    view.show_value(a_motion(6.0))
    assert board.seen() == pytest.approx((0.0, 6.0))


@pytest.mark.parametrize("made", [a_tone, a_motion])
def test_the_same_value_again_is_not_drawn_anew(view: PlotView, made: Callable[..., Audio | Motion]) -> None:
    view.show_value(made())
    board = view.board
    assert board is not None
    before = dict(board.curves)
    view.show_value(made())
    assert board.curves == before
    view.show_value(made(seconds=2.0))
    assert board.curves != before


def test_one_cannot_look_past_the_ends(view: PlotView) -> None:
    view.show_value(a_motion())
    view.zoom_by(2)
    for _ in range(40):
        view.look_aside(1, 0)
    assert view.board is not None
    assert view.board.seen() == pytest.approx((2.0, 4.0))
    view.zoom_by(1e-9)
    assert view.board.seen() == pytest.approx((0.0, 4.0))


def test_the_wheel_zooms_around_the_cursor(view: PlotView, turn: Callable[..., None]) -> None:
    view.show_value(a_motion())
    board = view.board
    assert board is not None
    values = board.panes["upper"].viewRange()[1]
    turn(view, place(view, 1.0, 0.5))
    first, last = board.seen()
    assert last - first < 3.9
    assert (1.0 - first) / (last - first) == pytest.approx(0.25, abs=0.01), "the cursor's second stays"
    assert board.panes["upper"].viewRange()[1] == pytest.approx(values)
    turn(view, place(view, 1.0, 0.5), Qt.KeyboardModifier.ShiftModifier)
    assert board.seen() == pytest.approx((first, last))
    low, high = board.panes["upper"].viewRange()[1]
    assert high - low < values[1] - values[0]


@pytest.fixture
def turn() -> Callable[..., None]:
    def turned(
        view: PlotView, at: QPoint, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        assert view.board is not None
        viewport = view.board.viewport()
        event = QWheelEvent(
            QPointF(at),
            QPointF(viewport.mapToGlobal(at)),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            keys,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(viewport, event)
        settle()

    return turned


def drag(view: PlotView, start: QPoint, end: QPoint) -> None:
    assert view.board is not None
    viewport = view.board.viewport()
    QTest.mouseMove(viewport, start)
    settle()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for share in (0.3, 0.6, 1.0):
        QTest.qWait(30)  # drags are told at most sixty times a second
        QTest.mouseMove(viewport, (QPointF(start) + (QPointF(end) - QPointF(start)) * share).toPoint())
        settle()
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, end)
    settle()


def test_dragging_the_playhead_seeks(view: PlotView) -> None:
    sought: list[float] = []
    view.sought.connect(sought.append)
    view.show_value(a_motion())
    view.show_time(1.0)
    drag(view, place(view, 1.0, 0.5), place(view, 3.0, 0.5))
    assert sought[-1] == pytest.approx(3.0, abs=0.05)
    assert view.board is not None
    assert view.board.seen() == pytest.approx((0.0, 4.0)), "the plot itself stays"


def test_dragging_the_plot_moves_it(view: PlotView) -> None:
    sought: list[float] = []
    view.sought.connect(sought.append)
    view.show_value(a_motion())
    view.zoom_by(4)
    assert view.board is not None
    first, last = view.board.seen()
    drag(view, place(view, first + 0.7, 0.5), place(view, first + 0.4, 0.5))
    assert view.board.seen() == pytest.approx((first + 0.3, last + 0.3), abs=0.03)
    assert not sought


def test_the_playhead_hides_outside_of_the_value(view: PlotView) -> None:
    view.show_value(a_motion())
    view.show_time(9.0)
    assert view.board is not None
    assert not view.board.playheads["upper"].isVisible()
    view.show_time(2.0)
    assert view.board.playheads["upper"].isVisible()
    assert view.board.playheads["upper"].value() == 2.0


def test_another_theme_dresses_the_plot(view: PlotView, qapp: QApplication) -> None:
    view.show_value(a_tone())
    for name in ("light", "dark"):
        theme = apply_theme(qapp, name)
        settle()
        corner = view.grab().toImage().pixelColor(1, 1)
        assert alike(corner, theme.colour("field"))


def test_in_the_viewer_the_playhead_sets_the_frame_and_f_shows_all(session, tmp_path) -> None:
    viewer = Viewer(session, Actions(tmp_path / "keys.json"))
    viewer.pages.plot.show_value(a_motion())
    viewer.pages.plot.sought.emit(2.0)
    assert session.frame == round(2.0 * session.graph.settings.fps)
    board = viewer.pages.plot.board
    assert board is not None
    assert board.playheads["upper"].value() == pytest.approx(2.0)
    viewer.pages.setCurrentWidget(viewer.pages.plot)
    viewer.pages.plot.zoom_by(8)
    QTest.keyClick(viewer.pages.plot, Qt.Key.Key_F)
    assert board.seen() == pytest.approx((0.0, 4.0))
    viewer.pages.plot.probed.emit("1.000 s")
    assert viewer.probe.text() == "1.000 s"
    viewer.close_pages()
    viewer.deleteLater()
    settle()


def test_the_library_behind_it_is_loaded_for_the_first_plot_and_brings_nothing_heavy() -> None:
    script = (
        "import sys; from PySide6.QtWidgets import QApplication; app = QApplication([]);"
        "from app.ui.viewers.plot_view import PlotView; view = PlotView();"
        "assert 'pyqtgraph' not in sys.modules;"
        "import numpy; from nodes.sdk.values import Audio;"
        "view.show_value(Audio(numpy.zeros((100, 1), numpy.float32), 100));"
        "assert 'pyqtgraph' in sys.modules;"
        "sys.stdout.write(' '.join(m for m in ('torch', 'scipy', 'numba', 'cv2', 'PIL') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
