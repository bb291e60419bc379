"""The panels around the graph, and how they share the window."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

#: Raised when the set of panels changes, so that an old arrangement is not forced on it.
LAYOUT_VERSION = 3
SIDE_WIDTH = 330
#: What menu, tools, timeline and status bar take of the window's height.
BARS = 150
VIEWER_SHARE = 0.56
#: Pixels in which curves can be told apart and pulled.
CURVES_HEIGHT = 230

Area = Qt.DockWidgetArea


class Docks:
    """Attributes:
    by_name: the docks, "viewer", "parameters", "variants", "help", "curves" and "timeline".
    """

    def __init__(self, window: QMainWindow, panels: dict[str, QWidget]) -> None:
        self._window = window
        #: Pixels of height that the viewer gave to the curves.
        self._lent = 0
        self.by_name = {name: self._dock(name, widget) for name, widget in panels.items()}
        for corner in (Qt.Corner.TopRightCorner, Qt.Corner.BottomRightCorner):
            window.setCorner(corner, Area.RightDockWidgetArea)
        window.setTabPosition(Area.RightDockWidgetArea, QTabWidget.TabPosition.North)
        self.above()

    def _dock(self, name: str, widget: QWidget) -> QDockWidget:
        dock = QDockWidget(name.capitalize(), self._window)
        dock.setObjectName(f"dock-{name}")
        dock.setWidget(widget)
        # No title while docked: the panel's own head says what it is. A floating one needs it.
        empty = QWidget(dock)
        dock.setTitleBarWidget(empty)
        dock.topLevelChanged.connect(
            lambda floating: dock.setTitleBarWidget(None if floating else empty)  # type: ignore[arg-type]
        )
        return dock

    # -- arrangements -------------------------------------------------------------------------

    def above(self) -> None:
        """The viewer above the graph."""
        self._place(Area.TopDockWidgetArea)
        self.share_room()

    def beside(self) -> None:
        """The viewer at the left of the graph."""
        self._place(Area.LeftDockWidgetArea)
        width = (self._window.width() - SIDE_WIDTH) // 2
        self._window.resizeDocks([self.by_name["viewer"]], [width], Qt.Orientation.Horizontal)

    def detached(self) -> None:
        """The viewer in a window of its own, for a second screen."""
        viewer = self.by_name["viewer"]
        viewer.show()
        viewer.setFloating(True)

    def share_room(self) -> None:
        """Give viewer and parameters the room they should have in a window of this size."""
        room = max(self._window.height() - BARS, 300)
        self._window.resizeDocks(
            [self.by_name["viewer"]], [round(room * VIEWER_SHARE)], Qt.Orientation.Vertical
        )
        self._window.resizeDocks([self.by_name["parameters"]], [SIDE_WIDTH], Qt.Orientation.Horizontal)

    def _place(self, viewer_area: Qt.DockWidgetArea) -> None:
        window, docks = self._window, self.by_name
        for dock in docks.values():
            dock.setFloating(False)
            dock.show()
        window.addDockWidget(viewer_area, docks["viewer"])
        window.addDockWidget(Area.RightDockWidgetArea, docks["parameters"])
        window.addDockWidget(Area.RightDockWidgetArea, docks["help"])
        window.addDockWidget(Area.RightDockWidgetArea, docks["variants"])
        window.addDockWidget(Area.BottomDockWidgetArea, docks["curves"])
        window.splitDockWidget(docks["curves"], docks["timeline"], Qt.Orientation.Vertical)
        docks["curves"].hide()
        window.tabifyDockWidget(docks["parameters"], docks["variants"])
        window.tabifyDockWidget(docks["variants"], docks["help"])
        docks["parameters"].raise_()

    # -- remembering --------------------------------------------------------------------------

    def state(self) -> QByteArray:
        return self._window.saveState(LAYOUT_VERSION)

    def restore(self, state: QByteArray) -> None:
        """Arrange as remembered, or as shipped when that does not fit this version."""
        if state.isEmpty() or not self._window.restoreState(state, LAYOUT_VERSION):
            self.share_room()

    def toggle(self, name: str) -> None:
        """Show a panel with the height it needs, or hide it."""
        dock, viewer, down = self.by_name[name], self.by_name["viewer"], Qt.Orientation.Vertical
        height = viewer.height()
        if dock.isVisible():
            dock.hide()
            self._window.resizeDocks([viewer], [height + self._lent], down)
            self._lent = 0
            return
        self.bring(name)
        if name == "curves" and not dock.isFloating():
            self._window.resizeDocks([dock], [CURVES_HEIGHT], down)
            if viewer.isVisible() and self._window.dockWidgetArea(viewer) == Area.TopDockWidgetArea:
                # Graph and viewer give of their room alike.
                self._lent = CURVES_HEIGHT // 3
                self._window.resizeDocks([viewer], [height - self._lent], down)

    def bring(self, name: str) -> None:
        """Show a panel, in front of those it shares a place with."""
        self.by_name[name].show()
        self.by_name[name].raise_()
