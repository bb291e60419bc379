"""Pens, brushes and fonts of the canvas, made once for each theme."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QApplication

from app.ui.canvas.geometry import SOCKET
from app.ui.theme import Theme, current_theme
from nodes.sdk.sockets import SocketStyle, style_of

#: Below these zoom factors shadows, then labels and round corners, then single wires, then everything
#: but coloured blocks are left out.
SHADOWS_FROM = 0.85
LABELS_FROM = 0.62
CURVES_FROM = 0.45
BLOCKS_BELOW = 0.28


class Paints:
    """What the items of the canvas paint with."""

    def __init__(self, theme: Theme, family: str) -> None:
        self.theme = theme
        self.node = QBrush(theme.colour("node"))
        self.missing = QBrush(theme.colour("node_missing"))
        self.missing_hatch = QBrush(_faded(theme.colour("error"), 40), Qt.BrushStyle.BDiagPattern)
        self.outline = QPen(theme.colour("node_line"), 1.0)
        self.missing_outline = QPen(theme.colour("error"), 1.2, Qt.PenStyle.DashLine)
        self.selected = QPen(theme.colour("select"), 2.0)
        self.hovered = QPen(theme.colour("text_dim"), 1.4)
        self.failed = QPen(theme.colour("error"), 2.0)
        self.shadow = QBrush(_faded(theme.colour("shadow"), 60))
        self.text = QPen(theme.colour("text"))
        self.dim = QPen(theme.colour("text_dim"))
        self.off = QPen(theme.colour("text_off"))
        self.note = QPen(theme.colour("warning"))
        self.notice = QBrush(theme.colour("warning"))
        self.error = QBrush(theme.colour("error"))
        self.error_pen = QPen(theme.colour("error"))
        self.good = QBrush(theme.colour("good"))
        self.grey = QBrush(theme.colour("text_off"))
        self.cached = QPen(theme.colour("good"), 1.5)
        self.progress = QBrush(theme.colour("accent"))
        self.progress_back = QBrush(_faded(theme.colour("shadow"), 90))
        self.white = QPen(QColor("#ffffff"), 1.5)
        self.veil = QBrush(_faded(theme.colour("canvas"), 115))
        self.strike = QPen(theme.colour("text_dim"), 2.0)
        self.line = QPen(theme.colour("line"), 1.0)
        self.title_font = _font(family, 12, bold=True)
        self.label_font = _font(family, 11)
        self.small_font = _font(family, 10)
        self.title_metrics = QFontMetricsF(self.title_font)
        self.label_metrics = QFontMetricsF(self.label_font)
        self.small_metrics = QFontMetricsF(self.small_font)
        self._on_dark = (QPen(QColor("#f0f0f0")), QPen(QColor("#c4c4c8")))
        self._on_light = (QPen(QColor("#1c1c1e")), QPen(QColor("#45454a")))
        self._headers: dict[str, QBrush] = {}
        self._sockets: dict[tuple[str, str], QBrush] = {}
        self._wires: dict[tuple[str, float], QPen] = {}

    def header(self, category: str, own: str = "") -> QBrush:
        """A node's header: its own colour, else its category's."""
        key = own or category
        if key not in self._headers:
            colour = QColor(own) if own else self.theme.category(category)
            self._headers[key] = QBrush(colour if colour.isValid() else self.theme.category(""))
        return self._headers[key]

    def on_header(self, category: str, own: str = "") -> tuple[QPen, QPen]:
        """Pens for a title and for what stands under it that can be read on a header."""
        return self._on_light if self.header(category, own).color().lightnessF() > 0.5 else self._on_dark

    def socket(self, type_name: str) -> QBrush:
        return self._brush(socket_style(type_name).colour)

    def _brush(self, colour: str) -> QBrush:
        key = (colour, "")
        if key not in self._sockets:
            self._sockets[key] = QBrush(readable(QColor(colour), self.theme))
        return self._sockets[key]

    def wire(self, colour: str, width: float) -> QPen:
        """A pen for a wire; width 0 is one pixel at any zoom."""
        key = (colour, width)
        if key not in self._wires:
            pen = QPen(readable(QColor(colour), self.theme), width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap if width == 0 else Qt.PenCapStyle.RoundCap)
            self._wires[key] = pen
        return self._wires[key]


def paints() -> Paints:
    """The paints for the theme in force."""
    app = QApplication.instance()
    family = app.font().family() if isinstance(app, QApplication) else ""
    return _made(current_theme().name, family)


@cache
def _made(_theme: str, family: str) -> Paints:
    return Paints(current_theme(), family)


def socket_style(type_name: str) -> SocketStyle:
    """How a type of socket is drawn."""
    return style_of(type_name)


def readable(colour: QColor, theme: Theme) -> QColor:
    """A socket's colour as it can be seen on the theme's ground."""
    if theme.dark:
        return colour
    hue, saturation = max(colour.hslHueF(), 0.0), min(1.0, colour.hslSaturationF() * 1.1)
    return QColor.fromHslF(hue, saturation, colour.lightnessF() * 0.68)


@cache
def socket_path(shape: str, radius: float = SOCKET) -> QPainterPath:
    """The outline of a socket about 0."""
    path = QPainterPath()
    corners = {
        "diamond": [(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)],
        "triangle": [(-0.95, -1.1), (1.2, 0), (-0.95, 1.1)],
        "hexagon": [(-0.6, -1.04), (0.6, -1.04), (1.2, 0), (0.6, 1.04), (-0.6, 1.04), (-1.2, 0)],
        "square": [(-0.92, -0.92), (0.92, -0.92), (0.92, 0.92), (-0.92, 0.92)],
    }.get(shape)
    if corners is None:
        path.addEllipse(QPointF(0, 0), radius, radius)
    else:
        path.addPolygon(QPolygonF([QPointF(x * radius, y * radius) for x, y in corners]))
        path.closeSubpath()
    return path


def _font(family: str, pixels: int, *, bold: bool = False) -> QFont:
    font = QFont(family)
    font.setPixelSize(pixels)
    if bold:
        font.setWeight(QFont.Weight.DemiBold)
    # Text keeps its proportions while the canvas is zoomed.
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _faded(colour: QColor, alpha: int) -> QColor:
    faded = QColor(colour)
    faded.setAlpha(alpha)
    return faded
