"""The canvas widget: what the hands do becomes gestures, and gestures become edits of the document."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QGraphicsView, QToolTip, QWidget

from app.document.graph import Graph
from app.ui.actions import Actions
from app.ui.canvas import files
from app.ui.canvas.breadcrumb import Breadcrumb
from app.ui.canvas.commands import CanvasCommands
from app.ui.canvas.edge import EdgePan
from app.ui.canvas.editor import InlineEditor
from app.ui.canvas.geometry import HEADER, WIDTH
from app.ui.canvas.gestures.base import Gesture
from app.ui.canvas.gestures.choose import gesture_for
from app.ui.canvas.menu import open_menu
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.navigation import Navigation
from app.ui.canvas.results import Results
from app.ui.canvas.scene import GraphScene
from app.ui.canvas.wiring import Draft, Socket
from app.ui.palette import AddNodePalette
from app.ui.theme import current_theme


class GraphCanvas(QGraphicsView):
    """Shows and edits the graph of a session.

    Signals:
        graph_dropped: the path of a `.graph` file that was dropped on the canvas.
        media_dropped: the paths of other files that were dropped, and added.
    """

    graph_dropped = Signal(str)
    media_dropped = Signal(object)

    drag_distance = 4

    def __init__(self, session: Any, actions: Actions, parent: QWidget | None = None) -> None:
        """A canvas on a session.

        Args:
            session: holds the document and tells of its changes (`app.ui.session.Session`).
            actions: the keys; those of the canvas are bound to it.
            parent: the widget it lies in.
        """
        self.graph_scene = GraphScene(session.registry)
        super().__init__(self.graph_scene, parent)
        self.graph_scene.setParent(self)
        self.session = session
        self.actions_map = actions
        self._shown_place = (session.document, session.place.path)
        self._gesture: Gesture | None = None
        self._held = ""
        self._held_used = False
        self._hovered: str | None = None
        self._last_at = QPoint(-1, -1)
        self._editor: InlineEditor | None = None
        self._palette: AddNodePalette | None = None
        self._palette_for: tuple[QPointF, Socket | None, str] = (QPointF(), None, "")
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setOptimizationFlag(QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setAcceptDrops(True)
        self.viewport().setAcceptDrops(True)
        self.setMinimumSize(200, 120)
        self.setAccessibleName("Graph")
        self.navigation = Navigation(self)
        self.minimap = Minimap(self)
        self.breadcrumb = Breadcrumb(session, self)
        self._edge = EdgePan(self)
        self._results = Results(self)
        self.commands = CanvasCommands(self, actions)
        actions.attach(self, "canvas")
        session.graph_changed.connect(self._on_graph)
        session.selection_changed.connect(self._on_selection)
        self.graph_scene.show_graph(session.graph)
        self.navigation.frame(self.graph_scene.bounds())

    # -- what the rest of the program uses ----------------------------------------------------

    @property
    def graph(self) -> Graph:
        return self.graph_scene.graph

    @property
    def zoom(self) -> float:
        """How many pixels a canvas unit takes."""
        return self.transform().m11()

    def select(self, names: Iterable[str], backdrops: Iterable[str] = ()) -> None:
        """Select nodes and backdrops, and nothing else."""
        chosen = set(names)
        self.graph_scene.select_backdrops(backdrops)
        self.session.select(tuple(name for name in self.graph.nodes if name in chosen))
        self.graph_scene.select(chosen)

    def show_node(self, name: str) -> None:
        """Select a node and bring it into view; by its address also one inside of a subgraph."""
        if name not in self.graph_scene.nodes:
            name = self.session.reveal(name)
        if name in self.graph_scene.nodes:
            self.select([name])
            self.navigation.bring_in(self.graph_scene.bounds([name]))

    def frame_all(self) -> None:
        """Bring everything into view."""
        self.navigation.frame(self.graph_scene.bounds())

    def say(self, words: str) -> None:
        """Show a line in the status bar."""
        self.session.message.emit(words)

    def pan_by(self, step: QPoint) -> None:
        """Move what is shown by pixels."""
        self.navigation.pan_by(step)

    def cursor_point(self) -> QPointF:
        """Where the cursor was seen last on the canvas; the middle before it was seen."""
        room = self.viewport().rect()
        at = self._last_at if room.contains(self._last_at) else room.center()
        return self.mapToScene(at)

    # -- following the session ----------------------------------------------------------------

    def _on_graph(self, _before: Graph, after: Graph) -> None:
        if self._gesture is not None:
            self._end_gesture(cancel=True)
        place = (self.session.document, self.session.place.path)
        fresh = place != self._shown_place
        if fresh:
            if place[0] is not self._shown_place[0]:
                self._results.forget()
            self._shown_place = place
            self.graph_scene.show_graph(Graph())
        self.graph_scene.show_graph(after)
        if fresh:
            self._results.show_all()
        self.minimap.refresh()
        if fresh or not _before.nodes or not after.nodes:
            self.viewport().update()
        if fresh:
            self.frame_all()

    def _on_selection(self, names: tuple[str, ...]) -> None:
        self.graph_scene.select(names)

    # -- palette and inline editing -----------------------------------------------------------

    def open_palette(
        self, point: QPointF | None = None, fixed: Socket | None = None, behind: str = ""
    ) -> None:
        """Open the palette at a point of the canvas, or at the cursor.

        Args:
            point: where the new node goes.
            fixed: a socket that it is wired to; only kinds that fit it are shown.
            behind: a node that it is wired to if it fits.
        """
        if point is None:
            point = self.cursor_point()
        if self._palette is None:
            self._palette = AddNodePalette(self.session.registry, self)
            self._palette.chosen.connect(self._add_chosen)
        self._palette_for = (point, fixed, behind)
        fits = None
        if fixed is not None:
            draft = Draft.from_socket(self.graph, self.session.registry, fixed)
            fits = lambda spec: draft.accepts_kind(spec) is not None  # noqa: E731
        at = self.viewport().mapToGlobal(self.mapFromScene(point))
        self._palette.open_at(at, fits)

    @property
    def palette_popup(self) -> AddNodePalette | None:
        return self._palette

    def _add_chosen(self, kind: str) -> None:
        point, fixed, behind = self._palette_for
        if behind:
            self.commands.add_behind(kind, behind, point)
        else:
            self.commands.add(kind, point, fixed)

    def edit_text(self, area: QRectF, text: str, done: Any) -> None:
        """Let the user type over an area of the canvas; `done` gets the text unless Esc is pressed."""
        if self._editor is not None:
            self._editor.finish(keep=True)
        corner = self.mapFromScene(area.topLeft())
        size = (area.width() * self.zoom, area.height() * self.zoom)
        place = QRect(corner.x(), corner.y(), max(round(size[0]), 140), max(round(size[1]), 24))
        editor = InlineEditor(self.viewport(), place, text)
        self._editor = editor

        def finished(words: object) -> None:
            if self._editor is editor:
                self._editor = None
            if isinstance(words, str):
                done(words)
            self.setFocus()

        editor.finished.connect(finished)

    @property
    def text_editor(self) -> InlineEditor | None:
        return self._editor

    # -- mouse --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        at = event.position().toPoint()
        self._last_at = at
        if self._gesture is not None:
            # A second button during a gesture takes it back.
            self._end_gesture(cancel=True)
            return
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        QToolTip.hideText()
        if self._held:
            self._held_used = True
        self._gesture = gesture_for(self, at, event.button(), event.modifiers(), self._held)
        if self._gesture is not None and self._gesture.cursor is not None:
            self.viewport().setCursor(self._gesture.cursor)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        at = event.position().toPoint()
        self._last_at = at
        if self._gesture is None:
            self._hover(at)
            return
        self._gesture.move(at, event.modifiers())
        self._edge.watch(at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if self._gesture is None:
            return
        gesture = self._gesture
        gesture.move(event.position().toPoint(), event.modifiers())
        self._end_gesture()
        gesture.release(event.position().toPoint(), event.modifiers())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        if event.button() != Qt.MouseButton.LeftButton or self._held:
            self.mousePressEvent(event)
            return
        point = self.mapToScene(event.position().toPoint())
        item = self.graph_scene.node_at(point)
        backdrop = self.graph_scene.backdrop_at(point)
        if item is not None and point.y() - item.y() <= HEADER:
            self.commands.naming.rename(item.name)
        elif item is not None and item.instance.inner is not None:
            self.session.enter(item.name)
        elif item is not None:
            self.commands.view(getattr(self.session, "slot", 1), [item.name])
        elif backdrop is not None:
            self.commands.naming.rename_backdrop(backdrop.name)
        else:
            self.open_palette(point)

    def cancel_gesture(self) -> None:
        """Take back what the hand is doing."""
        self._end_gesture(cancel=True)

    def _end_gesture(self, *, cancel: bool = False) -> None:
        gesture, self._gesture = self._gesture, None
        self._edge.stop()
        self.viewport().unsetCursor()
        self._show_held_cursor()
        if cancel and gesture is not None:
            gesture.cancel()

    @property
    def gesture(self) -> Gesture | None:
        """What the pressed button is doing."""
        return self._gesture

    def _hover(self, at: QPoint) -> None:
        item = self.graph_scene.node_at(self.mapToScene(at))
        name = item.name if item else None
        if name != self._hovered:
            for changed, lit in ((self._hovered, False), (name, True)):
                if changed in self.graph_scene.nodes:
                    self.graph_scene.nodes[changed].set_hovered(lit)
            self._hovered = name

    def leaveEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        self._hover(QPoint(-10_000, -10_000))
        super().leaveEvent(event)

    def contextMenuEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        # The keyboard's menu key; the right button is a gesture.
        if event.reason() == event.Reason.Keyboard:
            open_menu(self, self.viewport().mapToGlobal(self.mapFromScene(self.cursor_point())))
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        self.navigation.wheel(event)
        if self._gesture is not None:
            self._gesture.move(event.position().toPoint(), event.modifiers())
        event.accept()

    def viewportEvent(self, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            item = self.graph_scene.node_at(self.mapToScene(event.pos()))
            if item is not None and self._gesture is None:
                QToolTip.showText(event.globalPos(), item.tooltip(), self.viewport())
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    # -- keys ---------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if event.key() == Qt.Key.Key_Escape and self._gesture is not None:
            self._end_gesture(cancel=True)
            return
        found = self.actions_map.find("canvas", event)
        if found in ("canvas.hold_pan", "canvas.hold_cut"):
            if not event.isAutoRepeat():
                # Some servers send a held key anew in the midst of a drag: that is no tap.
                self._held, self._held_used = found.rsplit("_", 1)[1], self._gesture is not None
                self._show_held_cursor()
            return
        # The arrows belong to the timeline: the scroll area must not take them.
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        if not self._held or event.isAutoRepeat():
            super().keyReleaseEvent(event)
            return
        tapped = self._held == "pan" and not self._held_used
        self._let_go()
        if tapped and "timeline.play" in self.actions_map:
            self.actions_map["timeline.play"].trigger()

    def focusOutEvent(self, event: Any) -> None:  # noqa: N802 - Qt's name
        self._let_go()
        super().focusOutEvent(event)

    def _let_go(self) -> None:
        self._held = ""
        if self._gesture is None:
            self.viewport().unsetCursor()

    def _show_held_cursor(self) -> None:
        shapes = {"pan": Qt.CursorShape.OpenHandCursor, "cut": Qt.CursorShape.CrossCursor}
        if self._held in shapes:
            self.viewport().setCursor(shapes[self._held])

    def focusNextPrevChild(self, _forward: bool) -> bool:  # noqa: N802 - Qt's name
        # Tab opens the palette.
        return False

    # -- files dropped on the canvas ----------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:  # noqa: N802 - Qt's name
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        graphs = [path for path in paths if files.is_graph(path)]
        media = [path for path in paths if path not in graphs]
        event.acceptProposedAction()
        if graphs:
            self.graph_dropped.emit(graphs[0])
        elif media:
            self.commands.add_files(media, self.mapToScene(event.position().toPoint()))
            self.media_dropped.emit(media)

    # -- painting and size --------------------------------------------------------------------

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802 - Qt's name
        self.navigation.paint_grid(painter, QRectF(rect))

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:  # noqa: N802 - Qt's name
        if self.graph.nodes or self.graph.backdrops:
            return
        painter.save()
        painter.resetTransform()
        theme = current_theme()
        font = QApplication.font()
        font.setPixelSize(15)
        painter.setFont(font)
        painter.setPen(QColor(theme.colour("text_dim")))
        key = (self.actions_map.keys("canvas.add") or ("",))[0]
        words = f"Press {key} to add a node\nor drop a photo, a clip or a .graph here"
        painter.drawText(self.viewport().rect(), Qt.AlignmentFlag.AlignCenter, words)
        painter.restore()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        super().resizeEvent(event)
        self.minimap.place()
        self.navigation.on_resize()

    def scrollContentsBy(self, dx: int, dy: int) -> None:  # noqa: N802 - Qt's name
        super().scrollContentsBy(dx, dy)
        if hasattr(self, "minimap"):
            self.minimap.update()
        if self._editor is not None:
            self._editor.finish(keep=True)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange) and hasattr(self, "minimap"):
            self.graph_scene.restyle()
            self.minimap.refresh()
            self.viewport().update()

    def title_area(self, name: str) -> QRectF:
        """Where a node's title stands on the canvas."""
        item = self.graph_scene.nodes[name]
        return QRectF(item.x(), item.y() + 2, WIDTH, HEADER - 6)
