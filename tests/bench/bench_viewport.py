"""The 3D viewport: from a move of the mouse to the picture that shows it, in software without a card."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.bench.table import Row
from tests.bench.timing import settle, wait_until

SIZE = (1280, 800)
MOVES = 60
#: Moves by which the size of the picture has settled.
WARM_UP = 12
SPLATS = 150_000


def rows() -> list[Row]:
    """The figures of the viewport."""
    from PySide6.QtWidgets import QApplication

    from app.ui.theme import apply_theme

    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    apply_theme(application, "dark")
    return [*_surface(application), *_splats(application)]


def _surface(application: Any) -> list[Row]:
    """A surface as large as a fitted head, circled."""
    from app.ui.viewers.space_view import SpaceView

    view = SpaceView()
    view.resize(*SIZE)
    view.show()
    view.show_value(_ball(120))
    settle(application)
    if view.problem:
        return []
    moving = _moves(view, view.repaint)
    shown = f"{view.width() // view._coarse} x {view.height() // view._coarse} pixels while it moves"
    view._settle()
    started = time.perf_counter()
    view.repaint()
    full = 1000 * (time.perf_counter() - started)
    view.close_renderer()
    view.close()
    view.deleteLater()
    settle(application)
    return [
        Row(
            "mouse move to picture, head of 28,000 triangles at 1280x800",
            moving,
            "ms",
            33.0,
            "lower",
            beside=f"in full at rest: {full:.0f} ms",
            note=f"median of {MOVES - WARM_UP}, {shown}",
        )
    ]


def _splats(application: Any) -> list[Row]:
    """Splats drawn by the compute process, circled in a viewer of the whole size."""
    from app.document.graph import Graph, NodeInstance
    from app.ui.actions import Actions
    from app.ui.session import Session
    from app.ui.viewers.viewer import Viewer
    from nodes.gaussians.files.writing import splat_file
    from tests.bench.bench_splats import head_like

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "head.ply"
        path.write_bytes(splat_file(head_like(SPLATS), path.name))
        session = Session()
        viewer = Viewer(session, Actions(None, session))
        viewer.resize(*SIZE)
        viewer.show()
        arrived: list[Any] = []
        session.view_ready.connect(arrived.append)
        session.edit(
            "Build",
            lambda _: Graph().with_node("head", NodeInstance("load_splats", parameters={"path": str(path)})),
        )
        session.view_node("head")
        wait_until(application, lambda: any(event.preview.pixels is not None for event in arrived))
        wait_until(application, lambda: not session.requests.busy)
        view, scales = viewer.pages.space, []

        def shown() -> None:
            arrived.clear()
            wait_until(application, lambda: bool(arrived))
            view.repaint()
            scales.append(arrived[-1].preview.scale)
            # The answer is over only when the compute process says so; the hand is no faster than that.
            wait_until(application, lambda: not session.requests.busy)

        moving = _moves(view, shown)
        arrived.clear()
        session.requests.wish()
        started = time.perf_counter()
        wait_until(application, lambda: bool(arrived))
        full = 1000 * (time.perf_counter() - started)
        viewer.close_pages()
        viewer.close()
        viewer.deleteLater()
        session.close()
        session.deleteLater()
        settle(application)
    coarse = statistics.median(scales[WARM_UP:])
    return [
        Row(
            f"mouse move to picture, {SPLATS:,} splats in a viewer of 1280x800",
            moving,
            "ms",
            50.0,
            "lower",
            beside=f"in full at rest: {full:.0f} ms",
            note=f"median of {MOVES - WARM_UP}, 1/{coarse:.1f} size while it moves, by the compute process",
        )
    ]


def _moves(view: Any, shown: Callable[[], None]) -> float:
    """Median milliseconds from a move of the mouse until `shown` comes back, while the view is circled."""
    from PySide6.QtCore import QEvent, QPointF, Qt
    from PySide6.QtGui import QMouseEvent

    left, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

    def event(kind: QEvent.Type, x: float) -> QMouseEvent:
        place = QPointF(x, 300)
        return QMouseEvent(kind, place, place, left, left, keys)

    view.mousePressEvent(event(QEvent.Type.MouseButtonPress, 300))
    taken = []
    for number in range(1, MOVES + 1):
        started = time.perf_counter()
        view.mouseMoveEvent(event(QEvent.Type.MouseMove, 300 + 4 * number))
        shown()
        taken.append(1000 * (time.perf_counter() - started))
    view.mouseReleaseEvent(event(QEvent.Type.MouseButtonRelease, 300))
    return statistics.median(taken[WARM_UP:])


def _ball(rings: int) -> Any:
    """A ball of 2 x (rings - 1)^2 triangles, the size of a head."""
    from nodes.sdk.values import Mesh

    around, down = np.meshgrid(np.linspace(0, 2 * np.pi, rings), np.linspace(0.01, np.pi - 0.01, rings))
    places = np.stack([np.cos(around) * np.sin(down), np.cos(down), np.sin(around) * np.sin(down)], axis=-1)
    grid = np.arange(rings * rings).reshape(rings, rings)
    one = np.stack([grid[:-1, :-1], grid[1:, 1:], grid[1:, :-1]], axis=-1).reshape(-1, 3)
    other = np.stack([grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:]], axis=-1).reshape(-1, 3)
    triangles = np.concatenate([one, other]).astype(np.int32)
    return Mesh((0.12 * places).reshape(-1, 3).astype(np.float32), triangles)
