"""Icons: one-colour drawings in `resources/icons`, tinted by the theme."""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

ICONS = Path(__file__).resolve().parents[3] / "resources" / "icons"


def icon(name: str, purpose: str = "text") -> QIcon:
    """An icon in a colour of the theme in force, greyed out when disabled.

    Args:
        name: the file's name without ".svg".
        purpose: which colour of the theme it takes.
    """
    from app.ui.theme.theme import current_theme

    theme = current_theme()
    made = QIcon()
    for size in (16, 20, 32, 48):
        made.addPixmap(pixmap(name, size, theme.colours[purpose]))
        made.addPixmap(pixmap(name, size, theme.colours["text_off"]), QIcon.Mode.Disabled)
    return made


@cache
def pixmap(name: str, size: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """An icon drawn at a size in logical pixels."""
    drawn = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    _renderer(name, colour).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return drawn


@cache
def _renderer(name: str, colour: str) -> QSvgRenderer:
    """The drawing, read once for all sizes."""
    return QSvgRenderer(QByteArray(_tinted(name, colour)))


def tinted_file(name: str, colour: str) -> str:
    """The path of a tinted copy, for style sheets, which take files only."""
    data = _tinted(name, colour)
    folder = Path(tempfile.gettempdir()) / f"facewright-icons-{os.getuid() if hasattr(os, 'getuid') else 0}"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{name}-{hashlib.sha256(data).hexdigest()[:12]}.svg"
    if not path.exists():
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.write_bytes(data)
        part.replace(path)
    return path.as_posix()


def _tinted(name: str, colour: str) -> bytes:
    text = (ICONS / f"{name}.svg").read_text("utf-8")
    return text.replace("currentColor", colour).encode()
