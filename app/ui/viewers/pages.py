"""The pages of a viewer: each kind of value has one that shows it best, and a table behind it."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QWidget

from app.engine.protocol import Preview
from app.ui.actions import Actions
from app.ui.viewers.picture import Picture
from app.ui.viewers.picture_view import PictureView
from app.ui.viewers.plot_view import PlotView
from app.ui.viewers.space_view import SpaceView
from app.ui.viewers.value_view import ValueView
from nodes.sdk.values import Audio, HeadState, Mesh, Motion, Splats

#: Values with a page of their own besides the table.
IN_SPACE = (HeadState, Mesh)
#: What is drawn by the compute process, and arrives as a picture.
SPLATS = Splats.socket_name
OVER_TIME = (Audio, Motion)


class Pages(QStackedWidget):
    """Attributes:
    as_table: show the table even for values that have a better page.
    """

    def __init__(self, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.as_table = False
        self.picture = PictureView(self)
        self.table = ValueView(self)
        self.plot = PlotView(self)
        self.space = SpaceView(self)
        for page in (self.picture, self.table, self.plot, self.space):
            self.addWidget(page)
        for widget in (self.picture, self.table.table, self.plot, self.space):
            actions.attach(widget, "viewer")

    def show_preview(self, preview: Preview | None, picture: Picture | None) -> None:
        """Bring the right page to the front.

        Args:
            preview: what is viewed, or None while nothing has come.
            picture: the picture to show for it, if there is one.
        """
        value = preview.value if preview is not None else None
        if preview is not None and preview.kind == SPLATS and not self.as_table:
            self.setCurrentWidget(self.space)
            self.space.show_splats(preview)
        elif preview is None or (picture is not None and (preview.pixels is not None or not self.as_table)):
            self.picture.show_picture(picture)
            self.setCurrentWidget(self.picture)
        elif isinstance(value, IN_SPACE) and not self.as_table:
            self.setCurrentWidget(self.space)
            self.space.show_value(value)
        elif isinstance(value, OVER_TIME) and not self.as_table:
            self.setCurrentWidget(self.plot)
            self.plot.show_value(value)
        else:
            self.table.show_value(preview.kind, preview.summary, value)
            self.setCurrentWidget(self.table)

    def has_two(self, preview: Preview | None, picture: Picture | None) -> bool:
        """Whether a value can be shown both as itself and as a table."""
        if preview is not None and preview.kind == SPLATS:
            return True
        if preview is None or preview.value is None:
            return False
        return picture is not None or isinstance(preview.value, IN_SPACE + OVER_TIME)

    def fit(self) -> None:
        """Show all of what the page in front shows."""
        page = self.currentWidget()
        if isinstance(page, PictureView | PlotView | SpaceView):
            page.fit()

    def zoom_by(self, factor: float) -> None:
        """Come nearer to what the page in front shows, or go back from it."""
        page = self.currentWidget()
        if isinstance(page, PictureView | PlotView | SpaceView):
            page.zoom_by(factor)

    def look_aside(self, right: int, down: int) -> None:
        """Look further to a side, by steps."""
        page = self.currentWidget()
        if isinstance(page, PictureView | PlotView | SpaceView):
            page.look_aside(right, down)
