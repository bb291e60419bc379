"""Sound and motion over time, with the playhead."""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.ui.theme import current_theme
from nodes.sdk.values import ARKIT_NAMES, Audio, Motion
from nodes.sdk.values.arrays import FloatArray

MARGIN = 14.0
CURVES = 8
#: After Okabe and Ito: told apart by colour-blind eyes.
COLOURS = ("#e69f00", "#56b4e9", "#2fc49a", "#f0e442", "#4f93d8", "#e8784a", "#dd92bb", "#c8c8c8")


def envelope(samples: FloatArray, columns: int) -> FloatArray:
    """The lowest and highest sample of each of `columns` equal parts: columns x 2."""
    mono = np.asarray(samples, np.float32).mean(axis=1) if samples.ndim == 2 else samples
    if not len(mono) or columns < 1:
        return np.zeros((max(columns, 0), 2), np.float32)
    starts = np.linspace(0, len(mono), columns, endpoint=False).astype(np.int64)
    low = np.minimum.reduceat(mono, starts)
    high = np.maximum.reduceat(mono, starts)
    return np.stack([low, high], axis=1)


def liveliest(motion: Motion, count: int = CURVES) -> list[int]:
    """The coefficients that move most, by their range; those that stand still are left out."""
    if not len(motion.coefficients):
        return []
    ranges = motion.coefficients.max(axis=0) - motion.coefficients.min(axis=0)
    order = np.argsort(-ranges, kind="stable")[:count]
    return [int(index) for index in order if ranges[index] > 0.01]


class PlotView(QWidget):
    """A waveform, or the liveliest expression coefficients."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName("Plot")
        self._value: Audio | Motion | None = None
        self._seconds = 0.0
        self._wave: FloatArray | None = None

    def show_value(self, value: Any) -> None:
        self._value = value if isinstance(value, Audio | Motion) else None
        self._wave = None
        self.update()

    def show_time(self, seconds: float) -> None:
        self._seconds = seconds
        self.update()

    def fit(self) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        theme = current_theme()
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.colour("field"))
        area = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN - 12)
        value = self._value
        if value is None or value.seconds <= 0:
            painter.setPen(theme.colour("text_dim"))
            painter.drawText(QRectF(self.rect()), Qt.AlignmentFlag.AlignCenter, "It is empty")
            return
        self._paint_seconds(painter, area, value.seconds)
        if isinstance(value, Audio):
            self._paint_wave(painter, area, value)
        else:
            self._paint_curves(painter, area, value)
        share = self._seconds / value.seconds
        if 0 <= share <= 1:
            x = area.left() + area.width() * share
            painter.setPen(QPen(theme.colour("select"), 1.5))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_seconds(self, painter: QPainter, area: QRectF, seconds: float) -> None:
        theme = current_theme()
        steps = (0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300)
        step = next((step for step in steps if area.width() * step / seconds >= 70), 600)
        second = 0.0
        while second <= seconds:
            x = area.left() + area.width() * second / seconds
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            painter.setPen(theme.colour("text_dim"))
            painter.drawText(QPointF(x + 3, area.bottom() + 14), f"{second:g} s")
            second += step

    def _paint_wave(self, painter: QPainter, area: QRectF, audio: Audio) -> None:
        columns = max(int(area.width()), 1)
        if self._wave is None or len(self._wave) != columns:
            self._wave = envelope(audio.samples, columns)
        painter.setPen(QPen(QColor(COLOURS[2]), 1))
        middle, reach = area.center().y(), area.height() / 2
        for column, (low, high) in enumerate(self._wave):
            x = area.left() + column + 0.5
            painter.drawLine(QPointF(x, middle - high * reach), QPointF(x, middle - low * reach + 1))

    def _paint_curves(self, painter: QPainter, area: QRectF, motion: Motion) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = liveliest(motion)
        length = len(motion.coefficients)
        step = max(length // max(int(area.width()), 1), 1)
        frames = np.arange(0, length, step)
        x = area.left() + area.width() * frames / max(length - 1, 1)
        legend = area.top() + 12
        for number, index in enumerate(chosen):
            colour = QColor(COLOURS[number % len(COLOURS)])
            y = area.bottom() - area.height() * np.clip(motion.coefficients[frames, index], 0, 1)
            painter.setPen(QPen(colour, 1.6))
            painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in zip(x, y, strict=True)]))
            painter.fillRect(QRectF(area.right() - 150, legend - 8, 10, 10), colour)
            painter.setPen(current_theme().colour("text"))
            painter.drawText(QPointF(area.right() - 134, legend + 1), ARKIT_NAMES[index])
            legend += 16
        if not chosen:
            painter.setPen(current_theme().colour("text_dim"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "Nothing moves in it")
